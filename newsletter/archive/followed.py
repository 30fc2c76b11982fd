"""
What readers can follow by itself: the issues of each facet, by what those issues show now.

All of an edition's issues are gone through at once: what each shows, and a mark that differs whenever what a
reader sees of it does. So what a document is made of is never kept a second time, and can't be wrong.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, String, null, select, type_coerce

from newsletter.archive.editions import id_of
from newsletter.facets import Facet, Value
from newsletter.models import Kind
from newsletter.render.calendar import Event
from newsletter.store.bulk import is_one_of
from newsletter.store.tables import entry_groups, entry_tags, groups, issues, revisions, tags


class Mark(NamedTuple):
    """An issue by its id; *seen* differs whenever what a reader sees of it does."""

    issue_id: int
    day: date
    withdrawn: bool
    seen: str


def stamp(marks: Iterable[Mark]) -> str:
    """Return a text that differs whenever what a reader sees of these issues does."""
    return hashlib.sha256("\n".join(mark.seen for mark in marks).encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """The issues of an edition, and those of each facet, the newest first."""

    issues: Sequence[Mark]
    #: By value, which says how many of them were not withdrawn.
    values: Mapping[Value, Sequence[Mark]]

    def months(self) -> list[tuple[date, list[Mark]]]:
        """Return the first day of each month that has issues, with them, the newest first."""
        months = groupby(self.issues, key=lambda mark: mark.day.replace(day=1))
        return [(first, list(marks)) for first, marks in months]

    def standing(self) -> list[Value]:
        """Return each value that an issue stands in, with how many do: what was withdrawn names nobody any more."""
        return [value for value in self.values if value.count]


#: A value's facet, slug and name.
_Key = tuple[Facet, str, str]
#: The facets of which an entry has one value at most, in the order in which they are selected.
_OWN = (Facet.KIND, Facet.COUNTRY, Facet.IDEOLOGY)


def cuts(connection: Connection, edition: str, now: datetime | None = None) -> Cuts:
    """Return what an edition's issues show; those alone that were published by *now*, if it is given."""
    # Plain tuples, which ten years of issues go through a dozen times faster.
    of_revisions: dict[int, list[_Key]] = defaultdict(list)
    for revision_id, slug, name in connection.execute(_groups(edition)).all():
        of_revisions[revision_id].append((Facet.GROUP, slug, name))
    for revision_id, slug in connection.execute(_tags(edition)).all():
        of_revisions[revision_id].append((Facet.TAG, slug, ""))
    every: list[Mark] = []
    values: dict[_Key, list[Mark]] = defaultdict(list)
    for number, day, published, updated, withdrawn, revision_id, *own in connection.execute(_shown(edition, now)).all():
        if now is not None and published > now:
            continue
        keys = of_revisions.get(revision_id, [])
        names = [name for facet, _, name in keys if facet is Facet.GROUP]
        mark = Mark(number, day, withdrawn is not None, f"{number} {revision_id} {updated} {withdrawn} {names}")
        every.append(mark)
        for facet, slug in zip(_OWN, own, strict=True):
            if slug:
                values[facet, slug, ""].append(mark)
        for key in keys:
            values[key].append(mark)
    return Cuts(issues=every, values={_value(key, marks): marks for key, marks in values.items()})


def _value(key: _Key, marks: Sequence[Mark]) -> Value:
    facet, slug, name = key
    return Value(facet=facet, slug=slug, name=name, count=sum(not mark.withdrawn for mark in marks))


def events(connection: Connection, edition: str, most: int) -> list[Event]:
    """Return the newest issues as a calendar shows them, the newest first."""
    rows = connection.execute(
        select(
            issues.c.uid,
            issues.c.day,
            issues.c.due_at,
            issues.c.published_at,
            issues.c.updated_at,
            issues.c.caught_up,
            issues.c.withdrawn_at,
            issues.c.notice,
            *(revisions.c[name] for name in _IN_A_CALENDAR),
        )
        .join(revisions, _SHOWN)
        .where(issues.c.edition_id == id_of(edition))
        .order_by(issues.c.day.desc())
        .limit(most)
    )
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> Event:
    when = {
        "uid": row.uid,
        "day": row.day,
        "published": row.due_at if row.caught_up else row.published_at,
        "updated": row.updated_at,
    }
    if row.withdrawn_at is not None:
        return Event(**when, notice=row.notice)
    return Event(**when, kind=Kind(row.kind), **{name: getattr(row, name) for name in _IN_A_CALENDAR if name != "kind"})


def group_names(connection: Connection, slugs: Sequence[str]) -> Mapping[str, str]:
    """Return the names of groups by their slugs."""
    statement = select(groups.c.slug, groups.c.name).where(is_one_of(connection, groups.c.slug, slugs))
    return dict(connection.execute(statement).all()) if slugs else {}


def _shown(edition: str, now: datetime | None) -> Select[Any]:
    return (
        select(
            issues.c.id,
            issues.c.day,
            issues.c.published_at if now else null(),
            # As they are kept: to make instants of all would take as long as all the rest.
            type_coerce(issues.c.updated_at, String),
            type_coerce(issues.c.withdrawn_at, String),
            revisions.c.id,
            revisions.c.kind,
            revisions.c.country,
            revisions.c.ideology,
        )
        .join(revisions, _SHOWN)
        .where(issues.c.edition_id == id_of(edition))
        .order_by(issues.c.day.desc())
    )


def _groups(edition: str) -> Select[Any]:
    return (
        select(entry_groups.c.revision_id, groups.c.slug, groups.c.name)
        .join(groups, groups.c.id == entry_groups.c.group_id)
        .join(revisions, revisions.c.id == entry_groups.c.revision_id)
        .join(issues, _SHOWN)
        .where(issues.c.edition_id == id_of(edition))
        .distinct()
    )


def _tags(edition: str) -> Select[Any]:
    return (
        select(entry_tags.c.revision_id, tags.c.slug)
        .join(tags, tags.c.id == entry_tags.c.tag_id)
        .join(revisions, revisions.c.id == entry_tags.c.revision_id)
        .join(issues, _SHOWN)
        .where(issues.c.edition_id == id_of(edition))
        .distinct()
    )


_SHOWN = (revisions.c.entry_id == issues.c.entry_id) & (revisions.c.number == issues.c.shown_revision)
#: What a calendar shows of an entry.
_IN_A_CALENDAR = ("kind", "headline", "language", "content_note", "place", "country")
