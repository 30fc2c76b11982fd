"""How a digest is made: opened once, frozen, and frozen again where what it holds was put right or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5

import structlog

from newsletter.archive import corrections, editions, issues, plans
from newsletter.delivery import digests, mailings
from newsletter.models import Edition, Issue, Publisher
from newsletter.press.printing import links_of
from newsletter.render.digest import digest_mail
from newsletter.render.message import Imprint, freeze, freeze_text
from newsletter.store import Connection
from scheduler.due import DueDigest, digests_due

_log = structlog.get_logger(__name__)

#: No digest that is due is further back, in whichever zone.
_BACK = timedelta(days=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What is needed to make digests, beside the caller's transaction."""

    publisher: Publisher
    max_late: timedelta

    def due(self, connection: Connection, edition: Edition, now: datetime) -> list[DueDigest]:
        """Return the digests to open at *now*."""
        edition_id = editions.get_id(connection, edition.slug)
        opened = digests.opened(connection, edition_id, now.date() - _BACK)
        due = digests_due(edition, opened, plans.holding(connection), now, self.max_late)
        chosen = digests.weekdays(connection, edition_id) if due else ()
        return [each for each in due if each.day.isoweekday() in chosen]

    def open(self, connection: Connection, edition: Edition, due: DueDigest, now: datetime) -> None:
        """Open a digest of what was published since the one before it, once; of nothing there is none."""
        edition_id = editions.get_id(connection, edition.slug)
        days = digests.days_to_hold(connection, edition_id, due)
        if not days:
            return
        held = issues.on(connection, edition.slug, days)
        hours = mailings.Hours(since=due.due_at, zone=edition.schedule_on(due.day).zone.key)
        uids = [issue.uid for issue in held]
        mailing_id = digests.open_digest(connection, edition_id, due, uids, hours=hours, now=now)
        if mailing_id is None:
            return
        opened = digests.Digest(id=mailing_id, edition=edition.slug, key=due.key, opened_at=now)
        digests.freeze(connection, mailing_id, self._bytes(connection, opened, held), now)
        _log.info("digest opened", edition=edition.slug, week=due.key, issues=len(held))

    def freeze_again(self, connection: Connection, those: Sequence[Issue], now: datetime) -> int:
        """Give what is not yet sent of digests that hold *those* issues their newest text; return how many get it."""
        again = 0
        for digest in digests.holding(connection, [issue.uid for issue in those]):
            if count := digests.unclaimed(connection, digest.id):
                self._freeze(connection, digest, now)
                again += count
        return again

    def take_back(self, connection: Connection, those: Sequence[Issue], now: datetime) -> int:
        """
        Take *those* issues, withdrawn by now, out of digests; return how many deliveries have other bytes, or none.

        What was claimed and comes back is sent without them too, so a digest that is not done is always frozen again.
        """
        changed = 0
        for digest in digests.holding(connection, [issue.uid for issue in those]):
            if digests.days_held(connection, digest.id):
                self._freeze(connection, digest, now)
                changed += digests.unclaimed(connection, digest.id)
            else:
                changed += digests.stop(connection, digest.id, "withdrawn")
        return changed

    def _freeze(self, connection: Connection, digest: digests.Digest, now: datetime) -> None:
        held = issues.on(connection, digest.edition, digests.days_held(connection, digest.id))
        digests.freeze(connection, digest.id, self._bytes(connection, digest, held), now)

    def _bytes(self, connection: Connection, digest: digests.Digest, held: Sequence[Issue]) -> digests.Bytes:
        """Return the digest's mail, with holes for what differs from reader to reader."""
        edition = editions.get(connection, digest.edition)
        edition_id = editions.get_id(connection, edition.slug)
        links = links_of(edition, editions.every(connection), self.publisher)
        missed = digests.days_missed(connection, edition_id, digest.key)
        since = digests.notes_since(connection, edition_id, digest.key, digest.opened_at)
        letter = digest_mail(
            held,
            edition=edition,
            publisher=self.publisher,
            links=links,
            corrections=corrections.between(connection, edition.slug, since, digest.opened_at),
            missed=issues.on(connection, edition.slug, missed) if missed else (),
        )
        assert edition.uid is not None, "the store names it"
        newest = held[-1].day
        imprint = Imprint(
            uid=uuid5(edition.uid, f"digest {digest.key}"),
            edition=edition,
            publisher=self.publisher,
            links=links,
            page=links.month(newest.year, newest.month),
            kind="digest",
            key=digest.key,
        )
        return digests.Bytes(whole=freeze(letter, imprint), text=freeze_text(letter, imprint))
