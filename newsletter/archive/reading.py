"""
What readers may see, and nothing else.

An edition's readers see the issues whose instant of publication is past, the revisions that those
issues show, and the reports of the edition's language. A `View` has no way to ask for more: what
was never published, what is queued or pinned and what is to come look just like what never was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, extract, func, literal, select

from newsletter.archive import corrections, issues
from newsletter.archive.catalogue import Catalogue, Search
from newsletter.archive.editions import id_of
from newsletter.archive.entries import at_revision
from newsletter.archive.rows import read_entries
from newsletter.archive.walking import Walk
from newsletter.models import Correction, Edition, Entry, Issue, IssueState, Kind, Status, Withdrawal
from newsletter.render.squares import Line, Year
from newsletter.store.tables import entries, entry_tags, redirects, revisions, tags
from newsletter.store.tables import issues as printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entry as its page shows it, with what was wrong, and the issues it appeared in, the newest first."""

    entry: Entry
    corrections: tuple[Correction, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What the readers of an edition may see at an instant (UTC)."""

    connection: Connection
    edition: Edition
    now: datetime

    # Issues

    def issue(self, day: date) -> Issue | None:
        """Return the issue of *day*; a withdrawn one too, of which only the notice is to be shown."""
        found = issues.find(self.connection, self.edition.slug, day)
        return found if found is not None and found.published_at <= self.now else None

    def latest(self, *, standing: bool = False) -> Issue | None:
        """Return the issue of the newest day; of the newest that was not withdrawn if *standing*."""
        newest = select(func.max(printed.c.day)).where(self._stands if standing else self._seen)
        day = self.connection.scalar(newest)
        return self.issue(day) if day is not None else None

    def issues(self, first: date, last: date, *, most: int) -> list[Issue]:
        """Return the newest issues of the days from *first* to *last*, withdrawn ones too, the newest first."""
        within = select(printed.c.day).where(self._seen, printed.c.day.between(first, last))
        days = self.connection.scalars(within.order_by(printed.c.day.desc()).limit(most)).all()
        return issues.on(self.connection, self.edition.slug, days)[::-1]

    def lines(self, first: date, last: date) -> list[Line]:
        """Return a line for each issue from *first* to *last*, in day order."""
        return [_line(row) for row in self.connection.execute(self._lines(printed.c.day.between(first, last)))]

    def newest_lines(self, most: int) -> list[Line]:
        """Return a line for each of the newest issues, the newest first."""
        newest = self._lines().order_by(None).order_by(printed.c.day.desc()).limit(most)
        return [_line(row) for row in self.connection.execute(newest)]

    def around(self, day: date) -> tuple[Line | None, Line | None]:
        """Return the lines of the issues before and after *day*."""
        before = self._lines(printed.c.day < day).order_by(None).order_by(printed.c.day.desc()).limit(1)
        after = self._lines(printed.c.day > day).limit(1)
        found = [self.connection.execute(statement).first() for statement in (before, after)]
        previous, following = (_line(row) if row is not None else None for row in found)
        return previous, following

    def years(self) -> list[Year]:
        """Return the years that have issues, the newest first, with how many each month has."""
        year, month = extract("year", printed.c.day), extract("month", printed.c.day)
        counted = select(year, month, func.count()).where(self._seen).group_by(year, month)
        counts: dict[int, list[int]] = {}
        for of_year, of_month, issues_then in self.connection.execute(counted):
            counts.setdefault(int(of_year), [0] * 12)[int(of_month) - 1] = issues_then
        return [Year(year=year, counts=tuple(counts[year])) for year in sorted(counts, reverse=True)]

    def first_hidden(self) -> datetime | None:
        """Return the instant at which the next issue that is already in the store may be seen, if there is one."""
        hidden = select(func.min(printed.c.published_at)).where(self._ours, printed.c.published_at > self.now)
        found: datetime | None = self.connection.scalar(hidden)
        return found

    # Entries

    def entry(self, slug: str) -> Shown | Withdrawal | None:
        """
        Return what stands under an entry's slug, old or new: the entry, or the notice in its place.

        An entry is shown at the newest revision that one of its standing issues shows.
        """
        named = select(entries.c.id).where(entries.c.slug == slug)
        once = select(redirects.c.entry_id).where(redirects.c.slug == slug)
        # No entry has the id 0: what is not there is asked for in the same steps, and takes the same time.
        entry_id = self.connection.scalar(named.union_all(once)) or 0
        rows = self.connection.execute(self._lines_of(entry_id)).all()
        standing = [row for row in rows if row.state == IssueState.PUBLISHED]
        if standing:
            return self._published(entry_id, standing, tuple(_line(row) for row in rows))
        if rows:
            newest = max(rows, key=lambda row: row.withdrawn_at)
            return Withdrawal(withdrawn_at=newest.withdrawn_at, notice=newest.notice)
        report = at_revision(_READ_AT).where(entries.c.id == entry_id, self._is_report)
        found = read_entries(self.connection, report)
        return Shown(entry=found[0]) if found else None

    def on(self, month: int, day: int) -> list[Entry]:
        """Return what happened on a day of the year, the earliest year first."""
        return self.catalogue().on(month, day)

    def same_day(self, entry: Entry, most: int = 5) -> list[Entry]:
        """Return other entries of the event's day of the year, at most so many; none if the day is not known."""
        at = entry.event_date.exact if entry.event_date else None
        if at is None:
            return []
        found = self.catalogue().in_brief().on(at.month, at.day, most + 1)
        return [other for other in found if other.uid != entry.uid][:most]

    def corrections(self) -> list[Correction]:
        """Return the corrections and slips of what is shown, the newest first."""
        found = corrections.public(self.connection, self.edition.slug)
        shown = (
            select(entries.c.slug)
            .join(printed, printed.c.entry_id == entries.c.id)
            .where(self._stands, entries.c.slug.in_({correction.entry for correction in found}))
        )
        slugs = set(self.connection.scalars(shown))
        return [correction for correction in found if correction.entry in slugs]

    # By facets and words

    def catalogue(self) -> Catalogue:
        """Return the same by facets and by words."""
        return Catalogue.of(self.connection, self.edition.slug, self.now)

    def walk(self, search: Search) -> Walk:
        """Return a walk through what is looked for: all entries if nothing is."""
        return Walk(catalogue=self.catalogue(), now=self.now, search=search)

    # What may be seen

    @property
    def _ours(self) -> ColumnElement[bool]:
        return printed.c.edition_id == id_of(self.edition.slug)

    @property
    def _seen(self) -> ColumnElement[bool]:
        return and_(self._ours, printed.c.published_at <= self.now)

    @property
    def _stands(self) -> ColumnElement[bool]:
        return and_(self._seen, printed.c.state == IssueState.PUBLISHED)

    def _lines(self, *where: ColumnElement[bool]) -> Select[Any]:
        """Select what lists say of issues, in day order, with what an entry's page needs of them."""
        shown = (revisions.c.entry_id == printed.c.entry_id) & (revisions.c.number == printed.c.shown_revision)
        return (
            select(
                printed.c.day,
                printed.c.state,
                printed.c.revision,
                printed.c.shown_revision,
                printed.c.withdrawn_at,
                printed.c.notice,
                revisions.c.kind,
                revisions.c.headline,
                revisions.c.language,
            )
            .join(revisions, shown)
            .where(self._seen, *where)
            .order_by(printed.c.day)
        )

    def _published(self, entry_id: int, standing: list[Row[Any]], lines: tuple[Line, ...]) -> Shown:
        number = max(row.shown_revision for row in standing)
        first_printed = min(row.revision for row in standing)
        entry = read_entries(self.connection, at_revision(literal(number)).where(entries.c.id == entry_id))[0]
        notes = corrections.of_entries(self.connection, [entry_id]).get(entry_id, [])
        # A note on what no standing issue printed would correct what nobody can read.
        due = tuple(noted.correction for noted in notes if first_printed < noted.revision <= number)
        return Shown(entry=entry, corrections=due, lines=lines)

    def _lines_of(self, entry_id: int) -> Select[Any]:
        """Select the lines of an entry's issues, the newest first."""
        return self._lines(printed.c.entry_id == entry_id).order_by(None).order_by(printed.c.day.desc())

    @property
    def _is_report(self) -> ColumnElement[bool]:
        """What makes a revision a report that this edition's readers may see though no issue printed it."""
        condition = and_(
            revisions.c.kind == Kind.REPORT,
            entries.c.status == Status.READY,
            revisions.c.language == self.edition.language,
        )
        if not self.edition.tags:
            return condition
        tagged = exists().where(
            entry_tags.c.revision_id == revisions.c.id,
            tags.c.id == entry_tags.c.tag_id,
            tags.c.slug.in_(self.edition.tags),
        )
        return and_(condition, tagged)


#: The number of the revision of a report that readers see.
_READ_AT = func.coalesce(entries.c.published_revision, entries.c.revision)


def _line(row: Row[Any]) -> Line:
    if row.state == IssueState.WITHDRAWN:
        return Line(day=row.day)
    return Line(day=row.day, kind=Kind(row.kind), headline=row.headline, language=row.language)
