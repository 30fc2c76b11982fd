"""
The documents of an edition that there are to print: its feeds, those of its facets, and the lists of both.

Each has a stamp, which tells what it would be printed from: what has the stamp that it was printed with is as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial

from newsletter.archive import followed, issues
from newsletter.archive.followed import Cuts, Mark, stamp
from newsletter.facets import Facet, Value
from newsletter.models import Edition, Issue, PartialDate, Publisher
from newsletter.render import calendar, feeds, following, opml, words
from newsletter.render.following import FOLLOWED
from newsletter.render.links import FOLDERS, Format, Links
from newsletter.store import Connection

#: How many issues a feed lists: never less than the newest month, which has no archive document yet.
FEED_LENGTH = 31
#: How many that of a facet lists.
FACET_LENGTH = 20
#: How many the calendar holds: a year. Ten years would be a megabyte for programs that ask every hour.
CALENDAR_LENGTH = 366
#: The forms of archive documents: JSON Feed pages in its own, RSS leads to those in Atom.
_ARCHIVED: tuple[Format, ...] = ("atom", "json")
#: How many issues are kept while facets are printed, which share them.
_MOST_KEPT = 600


@dataclass(slots=True, kw_only=True)
class Reading:
    """Whose documents are printed, and the issues that were read for them."""

    connection: Connection
    edition: Edition
    publisher: Publisher
    links: Links
    #: The title and the addresses of each further edition.
    others: Sequence[tuple[str, Links]] = ()
    _issues: dict[int, Issue] = field(default_factory=dict)

    def issues(self, marks: Sequence[Mark]) -> tuple[Issue, ...]:
        """Return the issues of *marks*, in their order."""
        ids = [mark.issue_id for mark in marks]
        missing = [number for number in ids if number not in self._issues]
        if missing:
            if len(self._issues) > _MOST_KEPT:
                self._issues.clear()
                missing = ids
            self._issues |= issues.those(self.connection, missing)
        return tuple(self._issues[number] for number in ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A document to print: under which *name*, from what (*stamp*), and how."""

    name: str
    media_type: str
    stamp: str
    write: Callable[[Reading], bytes]


def sheets(reading: Reading, known: Collection[str]) -> Iterator[Sheet]:
    """
    Yield every document of an edition; *known* are the names of those that were printed once.

    The feed of a facet that every issue has left, by a correction, is printed empty: who follows it hears of it there.
    """
    cuts = followed.cuts(reading.connection, reading.edition.slug)
    months = cuts.months()
    yield from _main(reading, cuts, months)
    yield from _archived(reading, months)
    values: dict[Value, Sequence[Mark]] = dict.fromkeys(_emptied(reading, cuts, known), ())
    values |= cuts.values
    for value, marks in values.items():
        yield from _of_value(value, marks[:FACET_LENGTH])
    yield from _lists(reading, cuts)


Months = Sequence[tuple[date, Sequence[Mark]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """The pages of the archive documents beside a document, and whether it is one of them."""

    is_archive: bool = False
    previous: str | None = None
    next: str | None = None


def _main(reading: Reading, cuts: Cuts, months: Months) -> Iterator[Sheet]:
    """Yield the feeds of the whole edition."""
    marks = cuts.issues[:FEED_LENGTH]
    beside = _Beside(previous=_page(reading, months, 1))
    feed = partial(_feed, marks=marks, title=reading.edition.title, archive=beside)
    for form in feeds.FORMATS:
        yield _sheet(f"feed.{form}", form, f"{stamp(marks)} {beside}", feed)


def _archived(reading: Reading, months: Months) -> Iterator[Sheet]:
    """Yield the archive documents (RFC 5005): every month but the newest, which may still grow."""
    for at, (first, marks) in enumerate(months[1:], start=1):
        beside = _Beside(is_archive=True, previous=_page(reading, months, at + 1), next=_page(reading, months, at - 1))
        feed = partial(_of_month, first=first, marks=marks, beside=beside)
        for form in _ARCHIVED:
            name = f"archive/{first.year:04}/{first.month:02}/feed.{form}"
            yield _sheet(name, form, f"{stamp(marks)} {beside}", feed)


def _of_month(reading: Reading, *, first: date, marks: Sequence[Mark], beside: _Beside) -> feeds.Feed:
    month = words.long_date(PartialDate(first.year, first.month), reading.edition.language)
    return _feed(
        reading,
        marks,
        title=f"{reading.edition.title}, {month}",
        page=reading.links.month(first.year, first.month),
        archive=beside,
    )


def _of_value(value: Value, marks: Sequence[Mark]) -> Iterator[Sheet]:
    """Yield the feeds of a facet's value."""

    def feed(reading: Reading) -> feeds.Feed:
        return _feed(
            reading,
            marks,
            title=following.title(value, reading.edition),
            description=following.description(value, reading.edition),
            page=reading.links.facet(value.facet, value.slug),
        )

    for form in feeds.FORMATS:
        name = f"{FOLDERS[value.facet]}/{value.slug}/feed.{form}"
        yield _sheet(name, form, f"{stamp(marks)} {value.name}", feed)


def _lists(reading: Reading, cuts: Cuts) -> Iterator[Sheet]:
    """Yield the list of feeds, and the calendar."""
    listed = cuts.standing()
    told = [*sorted(f"{value.facet} {value.slug} {value.name}" for value in listed), *map(str, reading.others)]
    yield Sheet(
        name="feeds.opml",
        media_type=opml.MEDIA_TYPE,
        stamp=hashlib.sha256("\n".join(told).encode()).hexdigest()[:24],
        write=lambda reading: opml.opml(
            following.in_order(listed, reading.edition),
            edition=reading.edition,
            links=reading.links,
            others=reading.others,
        ),
    )
    yield Sheet(
        name="calendar.ics",
        media_type=calendar.MEDIA_TYPE,
        stamp=stamp(cuts.issues[:CALENDAR_LENGTH]),
        write=lambda reading: calendar.calendar(
            followed.events(reading.connection, reading.edition.slug, CALENDAR_LENGTH),
            edition=reading.edition,
            publisher=reading.publisher,
            links=reading.links,
        ),
    )


def _sheet(name: str, form: Format, stamp: str, feed: Callable[[Reading], feeds.Feed]) -> Sheet:
    write = feeds.FORMATS[form]
    return Sheet(name=name, media_type=feeds.SERVED_AS[form], stamp=stamp, write=lambda reading: write(feed(reading)))


def _feed(
    reading: Reading,
    marks: Sequence[Mark],
    *,
    title: str,
    description: str = words.MOTTO,
    page: str | None = None,
    archive: _Beside | None = None,
) -> feeds.Feed:
    found = reading.issues(marks)
    # An instant for a feed in which there is nothing.
    began = datetime.combine(reading.edition.since, time(), UTC)
    return feeds.Feed(
        edition=reading.edition,
        publisher=reading.publisher,
        links=reading.links,
        title=title,
        description=description,
        issues=found,
        updated=max((issue.updated_at for issue in found), default=began),
        page=page,
        uid=None if page else reading.edition.uid,
        is_archive=archive is not None and archive.is_archive,
        previous_archive=archive.previous if archive else None,
        next_archive=archive.next if archive else None,
    )


def _page(reading: Reading, months: Months, at: int) -> str | None:
    """Return the page of a month that has an archive document, by its place among them all, the newest first."""
    return reading.links.month(months[at][0].year, months[at][0].month) if 0 < at < len(months) else None


def _emptied(reading: Reading, cuts: Cuts, known: Collection[str]) -> Iterator[Value]:
    """Yield the values that have a feed and no issue any more."""
    facets = {FOLDERS[facet]: facet for facet in FOLLOWED}
    there = {(value.facet, value.slug) for value in cuts.values}
    places = [name.split("/")[:2] for name in known if name.endswith("/feed.atom")]
    left = sorted({(facets[folder], slug) for folder, slug in places if folder in facets} - there)
    names = followed.group_names(reading.connection, [slug for facet, slug in left if facet is Facet.GROUP])
    for facet, slug in left:
        yield Value(facet=facet, slug=slug, name=names.get(slug, "") if facet is Facet.GROUP else "")
