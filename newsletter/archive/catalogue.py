"""
The catalogue: what an edition's readers see, by facets and by words.

It asks `shown`, which is kept for this (`newsletter.archive.shown`), and says just what `View` says.
What will be seen from an instant to come is in none of its lists and counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from newsletter.archive import search_index
from newsletter.archive.rows import ENTRY_COLUMNS, brief_entries_of, entries_of
from newsletter.archive.shown_rows import earliest, latest, places
from newsletter.facets import Facet, Value
from newsletter.models import Entry, PartialDate
from newsletter.queries import Query
from newsletter.store.bulk import is_one_of
from newsletter.store.tables import editions, entries, group_names, groups, revisions, shown, shown_counts, shown_facets

#: So many matches are counted, and ranked; of more the newest come first, since ranking reads every one of them.
FEW = 100
#: So many entries are read by their numbers one by one.
_PAGE = 50
#: A range of more years narrows too little to be worth a word for each.
_MOST_YEARS = 60

_NOTHING = Query(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """
    An entry in a list, at the revision that readers see.

    *day* is that of its newest issue, none for a report that no issue printed; *place* is where a
    list goes on: the entries behind it have lower ones.
    """

    entry: Entry
    day: date | None
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    What is looked for: words, and facets that narrow; from *first* to *last* the event can have been.

    Words are what a person typed. Of several values every one must be had.
    """

    query: Query = _NOTHING
    facets: tuple[tuple[Facet, str], ...] = ()
    first: PartialDate | None = None
    last: PartialDate | None = None

    def __bool__(self) -> bool:
        return bool(self.query or self.facets or self.first or self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What a search found: a page of it, and whether there is *more* behind.

    *count* is how many there are in all, none if there are more than `FEW`; few are ranked, more
    come newest first.
    """

    entries: tuple[Listed, ...]
    count: int | None
    more: bool


_LISTED = (
    select(*ENTRY_COLUMNS, shown.c.id, shown.c.newest_day)
    .select_from(shown)
    .join(entries, entries.c.id == shown.c.entry_id)
    .join(revisions, revisions.c.id == shown.c.revision_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """
    What readers see of an edition at an instant.

    *hidden* are rows whose instant is to come, *passing* those in whose place something else comes
    later, with their facets: hardly ever is there one of either.
    """

    connection: Connection
    edition_id: int
    hidden: Mapping[int, Sequence[Sequence[str]]]
    passing: Mapping[int, Sequence[Sequence[str]]]
    reads: Callable[[Connection, Sequence[Any]], list[Entry]] = entries_of

    @classmethod
    def of(cls, connection: Connection, edition: str, now: datetime) -> Catalogue:
        """Open the catalogue of an edition (by its slug) at an instant."""
        to_come = and_(shown.c.seen_until.is_(None), shown.c.seen_from > now)
        passing = and_(shown.c.seen_until > now, shown.c.seen_from <= now)
        odd = and_(shown.c.edition_id == editions.c.id, or_(to_come, passing))
        found = connection.execute(
            select(editions.c.id.label("edition_id"), shown.c.id, shown.c.facets, shown.c.seen_until)
            .select_from(editions)
            .outerjoin(shown, odd)
            .where(editions.c.slug == edition)
        ).all()
        rows = [row for row in found if row.id is not None]
        return cls(
            connection=connection,
            edition_id=found[0].edition_id if found else 0,
            hidden={row.id: row.facets for row in rows if row.seen_until is None},
            passing={row.id: row.facets for row in rows if row.seen_until is not None},
        )

    def in_brief(self) -> Catalogue:
        """Return the same with entries that have no sources, groups and tags: lists name none, and are read faster."""
        return replace(self, reads=brief_entries_of)

    # Values

    def values(self, facet: Facet) -> list[Value]:
        """Return the values of a facet with how many entries have each, the most frequent first."""
        return self.named(self.counted(facet))

    def named(self, values: Sequence[Value]) -> list[Value]:
        """Return values with the names that groups have."""
        slugs = [value.slug for value in values if value.facet is Facet.GROUP]
        if not slugs:
            return list(values)
        named = select(groups.c.slug, groups.c.name).where(is_one_of(self.connection, groups.c.slug, slugs))
        names = dict(self.connection.execute(named).all())
        return [replace(value, name=names[value.slug]) if value.slug in names else value for value in values]

    def counted(self, facet: Facet) -> list[Value]:
        """Return what `values` returns, groups without their names."""
        counted = select(shown_counts.c.value, shown_counts.c.entries).where(
            shown_counts.c.edition_id == self.edition_id, shown_counts.c.facet == facet
        )
        counts: dict[str, int] = dict(self.connection.execute(counted).all())
        for slug, more in self._exceptions(facet).items():
            counts[slug] = counts.get(slug, 0) + more
        found = [Value(facet=facet, slug=slug, count=count) for slug, count in counts.items() if count]
        return sorted(found, key=lambda value: (-value.count, value.slug))

    def value(self, facet: Facet, slug: str) -> Value | None:
        """Return a value of a facet; `None` if no entry that readers see has it."""
        counted = select(shown_counts.c.entries).where(
            shown_counts.c.edition_id == self.edition_id,
            shown_counts.c.facet == facet,
            shown_counts.c.value == slug,
        )
        count = (self.connection.scalar(counted) or 0) + self._exceptions(facet).get(slug, 0)
        if not count:
            return None
        name = ""
        if facet is Facet.GROUP:
            name = self.connection.scalar(select(groups.c.name).where(groups.c.slug == slug)) or ""
        return Value(facet=facet, slug=slug, count=count, name=name)

    def beside(self, facet: Facet, slug: str) -> tuple[Value | None, Value | None]:
        """Return the values before and after one, in the order of their slugs."""
        if self.hidden or self.passing:
            slugs = sorted(value.slug for value in self.counted(facet))
            before, after = [each for each in slugs if each < slug][-1:], [each for each in slugs if each > slug][:1]
        else:
            its = shown_counts.c.value
            ours = select(its).where(shown_counts.c.edition_id == self.edition_id, shown_counts.c.facet == facet)
            before = list(self.connection.scalars(ours.where(its < slug).order_by(its.desc()).limit(1)))
            after = list(self.connection.scalars(ours.where(its > slug).order_by(its).limit(1)))
        previous, following = (self.value(facet, found[0]) if found else None for found in (before, after))
        return previous, following

    def other_names(self, group: str) -> list[str]:
        """Return the other names of a group, by its slug."""
        names = (
            select(group_names.c.name)
            .join(groups, groups.c.id == group_names.c.group_id)
            .where(groups.c.slug == group, group_names.c.name != groups.c.name)
        )
        return sorted(self.connection.scalars(names), key=str.casefold)

    def total(self) -> int:
        """Return how many entries readers see: each is of one kind."""
        return sum(value.count for value in self.counted(Facet.KIND))

    def _exceptions(self, facet: Facet) -> dict[str, int]:
        """Return what is to be added to a facet's counts at this instant."""
        more: dict[str, int] = {}
        for rows, number in ((self.hidden, -1), (self.passing, 1)):
            for facets in rows.values():
                for name, slug in facets:
                    if name == facet:
                        more[slug] = more.get(slug, 0) + number
        return more

    # Lists

    def listed(
        self, facet: Facet, slug: str, *, most: int, skip: int = 0, after: int | None = None
    ) -> tuple[Listed, ...]:
        """
        Return entries that have a value of a facet: newest issue first, then reports, the newest event first.

        *after* is the place of the last one of the page before: however long the list, that costs
        nothing; *skip* so many.
        """
        first, last = places(self.edition_id)
        of_value = shown_facets.c.shown_id
        statement = (
            select(of_value)
            .where(
                shown_facets.c.facet == facet,
                shown_facets.c.value == slug,
                of_value.between(first, last if after is None else after - 1),
                self._seen(shown_facets.c.passing.is_(False), of_value),
            )
            .order_by(of_value.desc())
            .limit(most)
            .offset(skip)
        )
        return self.read(self.connection.scalars(statement).all())

    def everything(self, *, most: int, after: int | None = None) -> tuple[Listed, ...]:
        """Return all entries that readers see, in the same order, *most* at a time."""
        first, last = places(self.edition_id)
        statement = (
            select(shown.c.id)
            .where(
                shown.c.id.between(first, last if after is None else after - 1),
                self._seen(shown.c.seen_until.is_(None), shown.c.id),
            )
            .order_by(shown.c.id.desc())
            .limit(most)
        )
        return self.read(self.connection.scalars(statement).all())

    def on(self, month: int, day: int, most: int | None = None) -> list[Entry]:
        """Return what happened on a day of the year, the earliest year first, *most* of it at most."""
        statement = _LISTED.where(
            shown.c.event_month == month,
            shown.c.event_day == day,
            shown.c.edition_id == self.edition_id,
            self._seen(shown.c.seen_until.is_(None), shown.c.id),
        )
        rows = self.connection.execute(statement.order_by(shown.c.event_year, entries.c.slug).limit(most)).all()
        return self.reads(self.connection, rows)

    def read(self, ids: Sequence[int]) -> tuple[Listed, ...]:
        """Return what stands at these places, in their order."""
        if not ids:
            return ()
        # A page of them in SQLAlchemy's own words, which it has at hand.
        few = shown.c.id.in_(ids) if len(ids) <= _PAGE else is_one_of(self.connection, shown.c.id, ids)
        rows = self.connection.execute(_LISTED.where(few)).all()
        found = {
            row.id: Listed(entry=entry, day=row.newest_day, place=row.id)
            for row, entry in zip(rows, self.reads(self.connection, rows), strict=True)
        }
        return tuple(found[number] for number in ids)

    def _seen(self, stands: ColumnElement[bool], number: ColumnElement[int]) -> ColumnElement[bool]:
        """Return what makes a row one that is seen: it *stands* and is not hidden, or it is passing."""
        if self.passing:
            stands = or_(stands, number.in_(self.passing.keys()))
        return and_(stands, number.not_in(self.hidden.keys())) if self.hidden else stands

    # Search

    def search(self, search: Search, *, most: int = 20, skip: int = 0) -> Found:
        """
        Return what has every word and facet that is looked for; nothing if nothing is.

        Up to `FEW` are ranked by how well they match and counted; of more the newest come first.
        """
        if not search:
            return Found(entries=(), count=0, more=False)
        wanted, among = self._wanted(search)
        ids = self._newest(wanted, among, most=FEW + 1)
        if len(ids) > FEW:
            page = ids[skip : skip + most + 1]
            if skip + most + 1 > len(ids):
                page = self._newest(wanted, among, most=most + 1, skip=skip)
            return Found(entries=self.read(page[:most]), count=None, more=len(page) > most)
        if search.query and len(ids) > 1:
            ids = self.best(search, ids)
        return Found(entries=self.read(ids[skip : skip + most]), count=len(ids), more=len(ids) > skip + most)

    def places(self, search: Search, *, first: int, last: int, most: int) -> list[int]:
        """Return the places from *first* to *last* of what is looked for, the newest first; all if nothing is."""
        wanted, among = self._wanted(search)
        return self._newest(wanted, replace(among, first=first, last=last), most=most)

    def best(self, search: Search, those: Sequence[int]) -> list[int]:
        """Return the places of what is looked for, a few that match, the best first."""
        return search_index.best(self.connection, search.query.terms, those)

    def seen(self) -> ColumnElement[bool]:
        """Return what makes a row of `shown` one that is seen."""
        return self._seen(shown.c.seen_until.is_(None), shown.c.id)

    def _wanted(self, search: Search) -> tuple[search_index.Wanted, search_index.Among]:
        first, last = places(self.edition_id)
        wanted = search_index.Wanted(
            terms=search.query.terms,
            facets=[(str(facet), slug) for facet, slug in search.facets],
            years=_years(search),
        )
        among = search_index.Among(
            first=first,
            last=last,
            event_from=earliest(search.first) if search.first else None,
            event_to=latest(search.last) if search.last else None,
            hidden=self.hidden.keys(),
            passing=self.passing.keys(),
        )
        return wanted, among

    def _newest(self, wanted: search_index.Wanted, among: search_index.Among, *, most: int, skip: int = 0) -> list[int]:
        """Return what matches, the newest first; a range alone is asked of the rows themselves."""
        if wanted.terms or wanted.facets or wanted.years:
            return search_index.newest(self.connection, wanted, among, most=most, skip=skip)
        statement = select(shown.c.id).where(
            shown.c.id.between(among.first, among.last), self._seen(shown.c.seen_until.is_(None), shown.c.id)
        )
        if among.event_from is not None:
            statement = statement.where(shown.c.event_to >= among.event_from)
        if among.event_to is not None:
            statement = statement.where(shown.c.event_from <= among.event_to)
        return list(self.connection.scalars(statement.order_by(shown.c.id.desc()).limit(most).offset(skip)))


def _years(search: Search) -> Sequence[str]:
    """Return the years of a range, one of which an event in it must have; none if they are too many to be named."""
    if search.first is None or search.last is None or not 0 <= search.last.year - search.first.year < _MOST_YEARS:
        return ()
    return [f"{year:04}" for year in range(search.first.year, search.last.year + 1)]
