"""What is printed of issues: the day's mail, frozen once, and the feeds that readers poll."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta

from newsletter.archive import documents, editions, issues
from newsletter.models import Correction, Edition, Issue, PartialDate, Publisher
from newsletter.render import feeds, words
from newsletter.render.links import Format, Links
from newsletter.render.mail import issue_mail
from newsletter.render.message import Imprint, freeze
from newsletter.store import Connection
from newsletter.store.engine import change_number, raise_change_number, remember, remembered

#: How many issues a feed lists: never less than the newest month, which has no archive document yet.
FEED_LENGTH = 31
#: The forms of archive documents: JSON Feed pages in its own, RSS leads to those in Atom.
_ARCHIVED: tuple[Format, ...] = ("atom", "json")
#: Raised when a renderer changes, so that cached documents are printed anew.
_PRINTER = "2"
_PRINTED = "printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a mail carries beside its issue: notes of corrections, and issues that readers missed, or how many more."""

    corrections: tuple[Correction, ...] = ()
    missed: tuple[Issue, ...] = ()
    more_missed: int = 0


def links_of(edition: Edition, every: Sequence[Edition], publisher: Publisher) -> Links:
    """Return the addresses of an edition; the first one has the site's root."""
    first = not every or every[0].slug == edition.slug
    return Links(publisher.base_url, None if first else edition.slug)


def mail_of(issue: Issue, edition: Edition, links: Links, publisher: Publisher, carried: Carried) -> bytes:
    """Return the bytes of an issue's mail, with holes for what differs from reader to reader."""
    letter = issue_mail(
        issue,
        edition=edition,
        publisher=publisher,
        links=links,
        corrections=carried.corrections,
        missed=carried.missed,
        more_missed=carried.more_missed,
    )
    imprint = Imprint(
        uid=issue.uid,
        edition=edition,
        publisher=publisher,
        links=links,
        page=links.issue(issue.day),
        kind="issue",
        key=issue.day.isoformat(),
    )
    return freeze(letter, imprint)


def print_documents(connection: Connection, publisher: Publisher, now: datetime) -> None:
    """Print the feeds and archive documents whose issues, edition or publisher changed since they were printed."""
    every = editions.every(connection)
    for edition in every:
        edition_id = editions.get_id(connection, edition.slug)
        known = documents.stamps(connection, edition_id)
        links = links_of(edition, every, publisher)
        read: dict[date | None, feeds.Feed] = {}
        for sheet in _sheets(connection, edition, links):
            stamp = f"{sheet.stamp} {_settings(publisher, edition)}"
            if known.get(sheet.name) != stamp:
                # The three forms of the feed say the same of the same issues.
                if sheet.first not in read:
                    read[sheet.first] = sheet.feed(connection, edition, publisher, links)
                body = feeds.FORMATS[sheet.form](read[sheet.first])
                printed = documents.Print(
                    name=sheet.name, media_type=feeds.MEDIA_TYPES[sheet.form], body=body, stamp=stamp
                )
                documents.keep(connection, edition_id, printed, now)
    remember(connection, _PRINTED, _stamp(raise_change_number(connection), publisher))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """A document to print: the feed, or the archive document of the month that begins on *first* (RFC 5005)."""

    name: str
    form: Format
    stamp: str
    first: date | None = None
    #: The pages of the archive documents beside it.
    previous: str | None = None
    next: str | None = None

    def feed(self, connection: Connection, edition: Edition, publisher: Publisher, links: Links) -> feeds.Feed:
        """Return what it prints."""
        month = self.first
        found = (
            issues.newest(connection, edition.slug, FEED_LENGTH)
            if month is None
            else issues.between(connection, edition.slug, month, _last_of(month))[::-1]
        )
        return feeds.Feed(
            edition=edition,
            publisher=publisher,
            links=links,
            title=edition.title if month is None else _title(edition, month),
            issues=tuple(found),
            updated=max((issue.updated_at for issue in found), default=_midnight(edition.since)),
            page=None if month is None else links.month(month.year, month.month),
            uid=edition.uid if month is None else None,
            is_archive=month is not None,
            previous_archive=self.previous,
            next_archive=self.next,
        )


def _sheets(connection: Connection, edition: Edition, links: Links) -> list[_Sheet]:
    """Return the feeds of an edition and its archive documents: every month but the newest, which may still grow."""
    months = issues.months(connection, edition.slug)

    def page(at: int) -> str | None:
        return links.month(months[at].year, months[at].month) if 0 <= at < len(months) - 1 else None

    newest = hashlib.sha256("\n".join(month.stamp for month in months).encode()).hexdigest()[:16]
    feeds_of_all = [
        _Sheet(name=f"feed.{form}", form=form, stamp=newest, previous=page(len(months) - 2)) for form in feeds.FORMATS
    ]
    return feeds_of_all + [
        _Sheet(
            name=f"archive/{month.year:04}/{month.month:02}/feed.{form}",
            form=form,
            stamp=f"{month.stamp} {page(at - 1)} {page(at + 1)}",
            first=month.first,
            previous=page(at - 1),
            next=page(at + 1),
        )
        for at, month in enumerate(months[:-1])
        for form in _ARCHIVED
    ]


def _title(edition: Edition, month: date) -> str:
    return f"{edition.title}, {words.long_date(PartialDate(month.year, month.month), edition.language)}"


def _midnight(day: date) -> datetime:
    """Return an instant for a feed in which nothing has been published yet."""
    return datetime.combine(day, time(), UTC)


def _last_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def is_stale(connection: Connection, publisher: Publisher) -> bool:
    """Say whether something changed since documents were printed: the archive, a setting, or a renderer."""
    return remembered(connection, _PRINTED) != _stamp(change_number(connection), publisher)


def _stamp(change: int, publisher: Publisher) -> str:
    return f"{change} {_settings(publisher)}"


def _settings(publisher: Publisher, edition: Edition | None = None) -> str:
    """Return what documents depend on beside issues, as a short hash."""
    of_edition = (edition.title, edition.language, edition.uid, edition.since, edition.schedules) if edition else ()
    return hashlib.sha256(repr((_PRINTER, astuple(publisher), of_edition)).encode()).hexdigest()[:16]
