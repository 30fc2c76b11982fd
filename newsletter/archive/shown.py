"""
Keeps `shown` true: the rows of what readers see, the facets they are found by, and the words of the search.

`follow` is called by whatever changes what readers see, in its transaction. It looks at the entries
that changed since it last looked, by their change numbers, and at all of them where it must: when
nothing was kept yet, or this program keeps something else than the one before it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text

from newsletter.archive import search_index
from newsletter.archive.rows import ENTRY_COLUMNS, entries_of
from newsletter.archive.shown_rows import Printed, Ready, Stretch, Text, ready, stretches
from newsletter.models import Entry, Kind, Status
from newsletter.store.bulk import insert_rows, is_one_of
from newsletter.store.engine import change_number, remember, remembered
from newsletter.store.tables import (
    editions,
    entries,
    entry_groups,
    entry_tags,
    group_names,
    groups,
    issues,
    revisions,
    shown,
    shown_counts,
    shown_facets,
    tags,
)

#: Raised when what is kept of an entry changes, so that all of it is kept anew.
_KEEPER = 1
_KEPT = "shown"
#: Entries looked at together, and counts.
_AT_ONCE = 500
#: Up to here SQLAlchemy's own way to insert is the faster one.
_FEW_ROWS = 50
_KEY = ("facet", "value", "shown_id")
_ITS_KEY = tuple(f"its_{name}" for name in _KEY)


class Taken(NamedTuple):
    """Which reports an edition's readers see: of its language, with one of its tags if it has any."""

    language: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """What `shown` is true for."""

    change: int
    keeper: int
    editions: Mapping[int, Taken]

    @classmethod
    def read(cls, text: str | None) -> _State:
        change, keeper, kept = json.loads(text) if text else (0, 0, [])
        return cls(change, keeper, {edition: Taken(language, tuple(tags)) for edition, language, tags in kept})

    def __str__(self) -> str:
        kept = [[edition, taken.language, taken.tags] for edition, taken in self.editions.items()]
        return json.dumps([self.change, self.keeper, kept])


def is_behind(connection: Connection) -> bool:
    """Say whether readers may see something else than what is kept: after an upgrade, above all."""
    known = _State.read(remembered(connection, _KEPT))
    newer = select(entries.c.id).where(entries.c.changed > known.change).limit(1)
    return known.keeper != _KEEPER or connection.scalar(newer) is not None


def follow(connection: Connection) -> None:
    """Keep what readers see since what changed last, in the transaction that changed it."""
    known = _State.read(remembered(connection, _KEPT))
    change = change_number(connection)
    if (known.change, known.keeper) == (change, _KEEPER):
        return  # this transaction has called it already
    now = _State(change, _KEEPER, _taken(connection))
    if known.keeper != _KEEPER:
        _forget(connection)
        changed: Collection[int] = connection.scalars(select(entries.c.id).order_by(entries.c.id)).all()
    else:
        changed = set(connection.scalars(select(entries.c.id).where(entries.c.changed > known.change)))
        if known.editions != now.editions:
            changed |= _reports_of_all(connection)
    those = sorted(changed)
    for start in range(0, len(those), _AT_ONCE):
        _renew(connection, those[start : start + _AT_ONCE], now.editions)
    remember(connection, _KEPT, str(now))


def _taken(connection: Connection) -> dict[int, Taken]:
    rows = connection.execute(select(editions.c.id, editions.c.language, editions.c.tags).order_by(editions.c.id))
    return {row.id: Taken(row.language, tuple(sorted(row.tags))) for row in rows}


def _forget(connection: Connection) -> None:
    for table in (shown, shown_facets, shown_counts):
        connection.execute(delete(table))
    search_index.clear(connection)


def _reports_of_all(connection: Connection) -> set[int]:
    return set(connection.scalars(select(revisions.c.entry_id).where(revisions.c.kind == Kind.REPORT)))


# What readers see of some entries


def _renew(connection: Connection, entry_ids: Sequence[int], taken: Mapping[int, Taken]) -> None:
    """Keep what readers of every edition see of some entries; what is kept already stays."""
    those = select(shown).where(is_one_of(connection, shown.c.entry_id, entry_ids))
    known = {row["id"]: row for row in connection.execute(those).mappings()}
    wanted = {each.id: each for each in _wanted(connection, entry_ids, taken)}
    same = {number for number, each in wanted.items() if number in known and each.row == dict(known[number])}
    gone = [row for number, row in known.items() if number not in same]
    _take_away(connection, [_Gone(*(row[name] for name in _Gone._fields)) for row in gone])
    _put(connection, [each for number, each in wanted.items() if number not in same])


def _wanted(connection: Connection, entry_ids: Sequence[int], taken: Mapping[int, Taken]) -> list[Ready]:
    """Return the rows that say what readers see of some entries."""
    printed = _printed(connection, entry_ids)
    reports = _reports(connection, entry_ids, taken)
    seen: list[tuple[int, int, Stretch]] = [
        (edition_id, entry_id, stretch)
        for edition_id, entry_id in sorted(printed.keys() | reports.keys())
        for stretch in stretches(printed.get((edition_id, entry_id), ()), reports.get((edition_id, entry_id)))
    ]
    read = _at_revisions(connection, {(entry_id, stretch.revision) for _, entry_id, stretch in seen})
    found = []
    for edition_id, entry_id, stretch in seen:
        revision_id, entry, text = read[entry_id, stretch.revision]
        found.append(ready(edition_id, entry_id, revision_id, stretch, entry, text))
    return found


def _printed(connection: Connection, entry_ids: Sequence[int]) -> dict[tuple[int, int], list[Printed]]:
    """Return the issues of some entries, by edition and entry."""
    rows = connection.execute(
        select(
            issues.c.edition_id,
            issues.c.entry_id,
            issues.c.day,
            issues.c.published_at,
            issues.c.state,
            issues.c.shown_revision,
        ).where(is_one_of(connection, issues.c.entry_id, entry_ids))
    )
    found: dict[tuple[int, int], list[Printed]] = {}
    for edition_id, entry_id, *printed in rows:
        found.setdefault((edition_id, entry_id), []).append(Printed(*printed))
    return found


def _reports(
    connection: Connection, entry_ids: Sequence[int], taken: Mapping[int, Taken]
) -> dict[tuple[int, int], int]:
    """Return those of some entries that editions show without an issue, by edition, with the revision they show."""
    number = func.coalesce(entries.c.published_revision, entries.c.revision)
    rows = connection.execute(
        select(entries.c.id, revisions.c.id.label("revision_id"), revisions.c.number, revisions.c.language)
        .join(revisions, (revisions.c.entry_id == entries.c.id) & (revisions.c.number == number))
        .where(
            is_one_of(connection, entries.c.id, entry_ids),
            revisions.c.kind == Kind.REPORT,
            entries.c.status == Status.READY,
        )
    ).all()
    if not rows:
        return {}
    tagged: dict[int, set[str]] = {}
    its_tags = (
        select(entry_tags.c.revision_id, tags.c.slug)
        .join(tags, tags.c.id == entry_tags.c.tag_id)
        .where(is_one_of(connection, entry_tags.c.revision_id, [row.revision_id for row in rows]))
    )
    for revision_id, slug in connection.execute(its_tags):
        tagged.setdefault(revision_id, set()).add(slug)
    return {
        (edition_id, row.id): row.number
        for row in rows
        for edition_id, takes in taken.items()
        if row.language == takes.language
        and (not takes.tags or not tagged.get(row.revision_id, set()).isdisjoint(takes.tags))
    }


def _at_revisions(
    connection: Connection, wanted: Collection[tuple[int, int]]
) -> dict[tuple[int, int], tuple[int, Entry, Text]]:
    """Return entries at revisions (by id and number), with the revision's id and what the search keeps of it."""
    if not wanted:
        return {}
    of_entries = is_one_of(connection, revisions.c.entry_id, sorted({entry_id for entry_id, _ in wanted}))
    rows = [
        row
        for row in connection.execute(
            select(*ENTRY_COLUMNS, revisions.c.entry_id)
            .join(revisions, revisions.c.entry_id == entries.c.id)
            .where(of_entries)
        )
        if (row.entry_id, row.number) in wanted
    ]
    names = _other_names(connection, [row.revision_id for row in rows])
    return {
        (row.entry_id, row.number): (row.revision_id, entry, Text.of(entry, names.get(row.revision_id, ())))
        for row, entry in zip(rows, entries_of(connection, rows), strict=True)
    }


def _other_names(connection: Connection, revision_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the other names of the groups that revisions name, by revision."""
    found: dict[int, list[str]] = {}
    rows = connection.execute(
        select(entry_groups.c.revision_id, group_names.c.name)
        .join(groups, groups.c.id == entry_groups.c.group_id)
        .join(group_names, group_names.c.group_id == groups.c.id)
        .where(is_one_of(connection, entry_groups.c.revision_id, revision_ids))
    )
    for revision_id, name in sorted(map(tuple, rows)):
        found.setdefault(revision_id, []).append(name)
    return found


# Rows come and go


class _Gone(NamedTuple):
    """What of a row of `shown` must be known to take it away."""

    id: int
    edition_id: int
    facets: list[list[str]]
    seen_until: datetime | None


def _take_away(connection: Connection, rows: Sequence[_Gone]) -> None:
    if not rows:
        return
    ids = [row.id for row in rows]
    search_index.remove(connection, ids)
    # One by one, by the whole key: each database finds it by that.
    one = delete(shown_facets).where(*(shown_facets.c[name] == bindparam(f"its_{name}") for name in _KEY))
    keys = [dict(zip(_ITS_KEY, (*each, row.id), strict=True)) for row in rows for each in row.facets]
    connection.execute(one, keys)
    connection.execute(delete(shown).where(is_one_of(connection, shown.c.id, ids)))
    lost = Counter(
        (row.edition_id, facet, value) for row in rows if row.seen_until is None for facet, value in row.facets
    )
    _count(connection, {key: -number for key, number in lost.items()})


def _put(connection: Connection, those: Sequence[Ready]) -> None:
    if not those:
        return
    _insert(connection, shown, [each.row for each in those])
    of_facets = [
        {"facet": facet, "value": value, "shown_id": each.id, "passing": each.passing}
        for each in those
        for facet, value in each.facets
    ]
    _insert(connection, shown_facets, of_facets)
    search_index.add(connection, [(each.id, each.text) for each in those])
    _count(
        connection,
        Counter(
            (each.row["edition_id"], facet, value) for each in those if not each.passing for facet, value in each.facets
        ),
    )


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, few of them as most changes have, or very many."""
    if len(rows) < _FEW_ROWS:
        connection.execute(insert(table), rows)  # which SQLAlchemy has at hand
    else:
        insert_rows(connection, table, rows)


_ADD = text(
    "INSERT INTO shown_counts (edition_id, facet, value, entries) VALUES (:edition_id, :facet, :value, :more) "
    "ON CONFLICT (edition_id, facet, value) DO UPDATE SET entries = shown_counts.entries + excluded.entries"
)
_DROP = text(
    "DELETE FROM shown_counts WHERE edition_id = :edition_id AND facet = :facet AND value = :value AND entries = 0"
)


def _count(connection: Connection, more: Mapping[tuple[int, str, str], int]) -> None:
    """Add to how many entries values have, or take from it; drop those that no entry has any more."""
    if more:
        connection.execute(_ADD, [_named(key) | {"more": number} for key, number in more.items()])
    fewer = [_named(key) for key, number in more.items() if number < 0]
    if fewer:
        connection.execute(_DROP, fewer)


def _named(key: tuple[int, str, str]) -> dict[str, Any]:
    return dict(zip(("edition_id", "facet", "value"), key, strict=True))
