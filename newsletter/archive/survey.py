"""
Surveys of what readers see: by when it happened, for sitemaps, and one by its number.

It asks `shown`, as the catalogue does, of the same instant; what will be seen later is in none of its
counts and lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, extract, func, or_, select, tuple_

from newsletter.archive.catalogue import Catalogue
from newsletter.archive.editions import id_of
from newsletter.archive.reading import View
from newsletter.archive.shown_rows import places
from newsletter.facets import Facet, Value
from newsletter.models import Entry, IssueState
from newsletter.store.tables import entries, issues, revisions, shown, shown_facets

#: The order in which things happened: what is not known of a date comes before what is.
_ORDER = (
    func.coalesce(shown.c.event_year, 0),
    func.coalesce(shown.c.event_month, 0),
    func.coalesce(shown.c.event_day, 0),
    shown.c.entry_id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A page as a sitemap names it: what of, and when readers last saw it change, if that is known."""

    of: date | str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What readers see of an edition at an instant, in other orders than the catalogue's."""

    view: View
    catalogue: Catalogue

    @classmethod
    def of(cls, view: View) -> Survey:
        """Survey what *view* sees."""
        return cls(view=view, catalogue=view.catalogue())

    # By when it happened

    def years(self) -> list[Value]:
        """Return the years in which something happened, the earliest first; what lasted is counted in each."""
        return sorted(self.catalogue.values(Facet.YEAR), key=lambda value: value.slug)

    def undated(self) -> int:
        """Return of how many entries the date is not known."""
        return self.view.connection.scalar(select(func.count()).where(self._seen, shown.c.event_year.is_(None))) or 0

    def months(self, year: int | None) -> list[tuple[int, int, int]]:
        """Return how many entries of a year (no year: undated) began in each year and month, in order; 0: unknown."""
        began, month = _ORDER[:2]
        counted = self._of_year(select(began, month, func.count()), year).group_by(began, month).order_by(began, month)
        return [(row[0], row[1], row[2]) for row in self.view.connection.execute(counted)]

    def of_year(self, year: int | None, *, most: int, skip: int = 0) -> list[Entry]:
        """Return a year's entries (no year: undated ones) in the order in which they happened."""
        ids = self._of_year(select(shown.c.id), year).order_by(*_ORDER).limit(most).offset(skip)
        return [listed.entry for listed in self.catalogue.read(self.view.connection.scalars(ids).all())]

    def around(self, entry: Entry) -> tuple[Entry | None, Entry | None]:
        """Return what happened just before and just after *entry*; nothing around one without a date."""
        if entry.event_date is None:
            return None, None
        number = self.view.connection.scalar(select(entries.c.id).where(entries.c.uid == entry.uid)) or 0
        at = (entry.event_date.year, entry.event_date.month, entry.event_date.day, number)
        years = [int(value.slug) for value in self.years()]
        before = [year for year in reversed(years) if year <= at[0]]
        after = [year for year in years if year >= at[0]]
        return self._nearest(at, before, later=False), self._nearest(at, after, later=True)

    def _nearest(self, at: Sequence[int], years: Sequence[int], *, later: bool) -> Entry | None:
        """Return the nearest entry on one side; a year may hold nothing but what began before it."""
        key = tuple_(*_ORDER)
        order = _ORDER if later else [column.desc() for column in _ORDER]
        beyond = key > tuple(at) if later else key < tuple(at)
        for year in years:
            statement = self._of_year(select(shown.c.id), year).where(shown.c.event_year == year, beyond)
            found = self.view.connection.scalar(statement.order_by(*order).limit(1))
            if found is not None:
                return self.catalogue.read([found])[0].entry
        return None

    def facets(self) -> list[Value]:
        """Return every value of every facet, in an order that stays."""
        values = [value for facet in Facet for value in self.catalogue.values(facet)]
        return sorted(values, key=lambda value: (value.facet, value.slug))

    # One by its number

    def total(self) -> int:
        """Return how many entries readers see."""
        return self.catalogue.total()

    def entry(self, number: int) -> Entry | None:
        """Return one of all that readers see, by a number below `total`."""
        for value in self.catalogue.values(Facet.KIND):
            if number < value.count:
                found = self.catalogue.listed(Facet.KIND, value.slug, most=1, skip=number)
                return found[0].entry if found else None
            number -= value.count
        return None

    # Sitemaps

    def issues(self, year: int) -> list[Changed]:
        """Return the standing issues of a year, in order."""
        days = issues.c.day.between(date(year, 1, 1), date(year, 12, 31))
        found = select(issues.c.day, issues.c.updated_at).where(self._stands, days).order_by(issues.c.day)
        return [Changed(of=row.day, at=row.updated_at) for row in self.view.connection.execute(found)]

    def first_shown(self, year: int) -> list[Changed]:
        """Return the entries that an issue of *year* was the first to show, by slug; each issue of one changes it."""
        found = (
            select(entries.c.slug, func.max(issues.c.updated_at).label("at"))
            .select_from(shown)
            .join(entries, entries.c.id == shown.c.entry_id)
            .join(issues, issues.c.entry_id == shown.c.entry_id)
            .where(self._seen, self._stands, shown.c.first_day.between(date(year, 1, 1), date(year, 12, 31)))
            .group_by(entries.c.slug)
            .order_by(entries.c.slug)
        )
        return [Changed(of=row.slug, at=row.at) for row in self.view.connection.execute(found)]

    def unprinted(self, *, most: int, skip: int = 0) -> list[Changed]:
        """Return the entries that readers see though no issue printed them, in the order of lists."""
        found = (
            select(entries.c.slug, revisions.c.created_at)
            .select_from(shown)
            .join(entries, entries.c.id == shown.c.entry_id)
            .join(revisions, revisions.c.id == shown.c.revision_id)
            .where(self._seen, shown.c.first_day.is_(None))
            .order_by(shown.c.id.desc())
            .limit(most)
            .offset(skip)
        )
        return [Changed(of=row.slug, at=row.created_at) for row in self.view.connection.execute(found)]

    def unprinted_count(self) -> int:
        """Return how many entries readers see though no issue printed them."""
        return self.view.connection.scalar(select(func.count()).where(self._seen, shown.c.first_day.is_(None))) or 0

    def months_changed(self) -> list[Changed]:
        """Return the first day of each month that has issues, withdrawn ones too, with when one of it last changed."""
        year, month = extract("year", issues.c.day), extract("month", issues.c.day)
        found = select(year, month, func.max(issues.c.updated_at)).where(self._published).group_by(year, month)
        rows = self.view.connection.execute(found.order_by(year, month))
        return [Changed(of=date(int(row[0]), int(row[1]), 1), at=row[2]) for row in rows]

    # What is seen

    @property
    def _seen(self) -> ColumnElement[bool]:
        now, (first, last) = self.view.now, places(self.catalogue.edition_id)
        return and_(
            shown.c.id.between(first, last),
            shown.c.seen_from <= now,
            or_(shown.c.seen_until.is_(None), shown.c.seen_until > now),
        )

    @property
    def _published(self) -> ColumnElement[bool]:
        return and_(issues.c.edition_id == id_of(self.view.edition.slug), issues.c.published_at <= self.view.now)

    @property
    def _stands(self) -> ColumnElement[bool]:
        return and_(self._published, issues.c.state == IssueState.PUBLISHED)

    def _of_year(self, statement: Select[*tuple[Any, ...]], year: int | None) -> Select[*tuple[Any, ...]]:
        if year is None:
            return statement.select_from(shown).where(self._seen, shown.c.event_year.is_(None))
        return (
            statement.select_from(shown)
            .join(shown_facets, shown_facets.c.shown_id == shown.c.id)
            .where(self._seen, shown_facets.c.facet == Facet.YEAR, shown_facets.c.value == f"{year:04}")
        )
