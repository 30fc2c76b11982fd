"""
A walk through what readers see, some entries at a time, as it stood when the walk began.

Lists put an entry where its newest issue stands, so an issue that shows an entry once more moves it to the front,
behind whoever walks. A walk knows the number of the newest issue when it began (`number` only rises): what was
published since is left out, and what moved since stands where it was. So every entry comes once, whatever is published
meanwhile. What readers see of it is as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from newsletter.archive.catalogue import FEW, Catalogue, Listed, Search
from newsletter.archive.shown_rows import place_of_day, place_of_report, places, stands_at
from newsletter.models import IssueState, Kind
from newsletter.store.tables import entries, issues, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """
    Where a walk is: behind the entry of the issue of *day*, or behind the report *uid*, which ended on *event*.

    *began* is the number of the newest issue then. A walk by rank marks which of the entries, in the order of lists,
    were *given*. All of it is public.
    """

    began: int
    day: date | None = None
    event: int = 0
    uid: UUID | None = None
    given: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """Some entries, where the walk goes on if there is more, and how many there are in all if they were counted."""

    entries: tuple[Listed, ...]
    on: Mark | None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A walk through *catalogue* at *now*, through what *search* looks for: all of it if it looks for nothing."""

    catalogue: Catalogue
    now: datetime
    search: Search

    def newest(self, mark: Mark | None, *, most: int) -> Walked:
        """Walk in the order of lists: newest issue first, then reports, the newest event first."""
        began = mark.began if mark else self._newest_number()
        moved = self._moved(began) if mark else {}
        first, last = places(self.catalogue.edition_id)
        below = self._place(mark) if mark else last + 1
        found = self.catalogue.places(self.search, first=first, last=below - 1, most=most + len(moved) + 1)
        stops = [(place, place) for place in found if place not in moved]
        stops += [(then, place) for place, then in moved.items() if then and then < below and self._matches(place)]
        stops.sort(reverse=True)
        listed = self.catalogue.read([place for _, place in stops[:most]])
        if len(stops) <= most:
            return Walked(entries=listed, on=None)
        day, event = stands_at(stops[most - 1][0])
        return Walked(entries=listed, on=Mark(began=began, day=day, event=event, uid=listed[-1].entry.uid))

    def best(self, mark: Mark | None, *, most: int) -> Walked | None:
        """Walk through the best first; `None` if there are too many to be ranked."""
        first, last = places(self.catalogue.edition_id)
        # Of what was few when it began, there may be more now.
        most_found = 2 * FEW if mark else FEW
        found = self.catalogue.places(self.search, first=first, last=last, most=most_found + 1)
        if not mark and len(found) > FEW:
            return None
        began = mark.began if mark else self._newest_number()
        moved = self._moved(began) if mark else {}
        # Where each stood then says which it is: that order stays.
        those = sorted(((moved.get(place, place) or 0, place) for place in found), reverse=True)
        bits = {place: 1 << at for at, (then, place) in enumerate(those) if then}
        if self.search.query and len(found) > 1:
            found = self.catalogue.best(self.search, found)
        given = (mark.given if mark else None) or 0
        ahead = [place for place in found if place in bits and not bits[place] & given]
        page = ahead[:most]
        given |= sum(bits[place] for place in page)
        on = Mark(began=began, given=given) if len(ahead) > most else None
        return Walked(entries=self.catalogue.read(page), on=on, count=len(bits))

    def _newest_number(self) -> int:
        ours = (issues.c.edition_id == self.catalogue.edition_id) & (issues.c.published_at <= self.now)
        # Both rise together, and of instants there is an index with the edition.
        newest = select(issues.c.number).where(ours).order_by(issues.c.published_at.desc()).limit(1)
        return self.catalogue.connection.scalar(newest) or 0

    def _moved(self, began: int) -> Mapping[int, int | None]:
        """Return the places of what was published since, with the place that each had; none for what is new."""
        edition_id = self.catalogue.edition_id
        since = select(issues.c.entry_id).where(
            issues.c.edition_id == edition_id,
            issues.c.number > began,
            issues.c.published_at <= self.now,
            issues.c.state == IssueState.PUBLISHED,
        )
        before = (
            select(func.max(issues.c.day))
            .where(
                issues.c.entry_id == shown.c.entry_id,
                issues.c.edition_id == edition_id,
                issues.c.number <= began,
                issues.c.state == IssueState.PUBLISHED,
            )
            .scalar_subquery()
        )
        columns = (shown.c.id, shown.c.kind, shown.c.event_to, shown.c.entry_id, before.label("day"))
        where = (shown.c.entry_id.in_(since), shown.c.edition_id == edition_id, self.catalogue.seen())
        moved: dict[int, int | None] = {}
        for row in self.catalogue.connection.execute(select(*columns).where(*where)):
            if row.day:
                moved[row.id] = place_of_day(edition_id, row.day)
            else:
                is_report = row.kind == Kind.REPORT
                moved[row.id] = place_of_report(edition_id, row.event_to, row.entry_id) if is_report else None
        return moved

    def _matches(self, place: int) -> bool:
        return bool(self.catalogue.places(self.search, first=place, last=place, most=1))

    def _place(self, mark: Mark) -> int:
        edition_id = self.catalogue.edition_id
        if mark.day:
            return place_of_day(edition_id, mark.day)
        entry_id = self.catalogue.connection.scalar(select(entries.c.id).where(entries.c.uid == mark.uid)) or 0
        return place_of_report(edition_id, mark.event, entry_id)
