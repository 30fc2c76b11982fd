"""Proofs: what an issue, printed or to come, looks like in each form; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from email import message_from_bytes, policy
from typing import Literal
from uuid import UUID, uuid5

from newsletter.archive import editions, entries, issues
from newsletter.models import Edition, Entry, Issue, IssueState, Pick, Publisher, Rule
from newsletter.press.printing import Carried, links_of, mail_of
from newsletter.render import feeds, pages
from newsletter.render.box import box_page
from newsletter.render.links import Links
from newsletter.render.message import fill
from newsletter.store import Connection
from newsletter.store.engine import Store
from scheduler.calendar import due_at, edition_day, has_day

Form = Literal["html", "text", "eml", "rss", "atom", "json", "page", "box"]

#: The reader of a proof.
READER = "reader@example.org"
#: Our own namespace for ids of issues that are not published: none of them is ever kept.
_PROOFS = UUID("6f0c2f44-3f6b-4d1c-9a55-1c1f9b0b8f0e")


class Proofs:
    """Renders what is or would be, by the renderers that publish."""

    def __init__(self, store: Store, publisher: Publisher, pick: Callable[[str, date, datetime], Pick]) -> None:
        self._store = store
        self._publisher = publisher
        self._pick = pick

    def proof(self, slug: str | None, name: date | str, form: Form, now: datetime) -> bytes:
        """
        Return a day's issue, or an entry as if it were today's, in a form.

        Raises `NoSuchEntry`, and for a day without an issue what the pick raises.
        """
        with self._store.reading() as connection:
            edition = editions.get(connection, slug)
            issue, frozen = self._issue(connection, edition, name, now)
            links = links_of(edition, editions.every(connection), self._publisher)
        if form in ("html", "text", "eml"):
            mail = frozen or mail_of(issue, edition, links, self._publisher, Carried()).whole
            return _part(mail, issue, form)
        if form == "page":
            return pages.issue_page(issue, edition=edition, publisher=self._publisher, links=links).encode()
        if form == "box":
            return box_page(issue, edition=edition, publisher=self._publisher, links=links).encode()
        writers = {"rss": feeds.rss, "atom": feeds.atom, "json": feeds.json_feed}
        return writers[form](_feed(issue, edition, self._publisher, links))

    def _issue(
        self, connection: Connection, edition: Edition, name: date | str, now: datetime
    ) -> tuple[Issue, bytes | None]:
        if isinstance(name, str):
            return _would_be(edition, edition_day(edition, now), entries.get(connection, name), now), None
        printed = issues.find(connection, edition.slug, name)
        if printed is not None:
            return printed, issues.frozen_mail(connection, printed)
        pick = self._pick(edition.slug, name, now)
        issue = _would_be(edition, name, entries.get(connection, str(pick.uid)), now)
        return replace(issue, rule=pick.rule, reason=pick.reason), None


def _would_be(edition: Edition, day: date, entry: Entry, now: datetime) -> Issue:
    instant = due_at(edition, day) if has_day(day, edition.schedule_on(day).zone) else now
    return Issue(
        uid=uuid5(_PROOFS, f"{edition.slug}:{day}:{entry.uid}"),
        edition=edition.slug,
        day=day,
        number=0,
        state=IssueState.PUBLISHED,
        rule=Rule.PINNED,
        reason="a proof",
        subject=entry.headline,
        entry=entry,
        due_at=instant,
        published_at=instant,
        updated_at=instant,
    )


def _feed(issue: Issue, edition: Edition, publisher: Publisher, links: Links) -> feeds.Feed:
    return feeds.Feed(
        edition=edition,
        publisher=publisher,
        links=links,
        title=edition.title,
        issues=(issue,),
        updated=issue.updated_at,
        uid=edition.uid,
    )


def _part(mail: bytes, issue: Issue, form: str) -> bytes:
    host = issue.uid.hex
    filled = fill(mail, to=READER, message_id=f"<{host}@example.org>", date=issue.shown_at, leave="example")
    if form == "eml":
        return filled
    kind = "html" if form == "html" else "plain"
    part = message_from_bytes(filled, policy=policy.default).get_body((kind,))
    assert part is not None, "a mail has both parts"
    return str(part.get_content()).encode()
