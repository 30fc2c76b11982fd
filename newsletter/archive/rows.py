"""How an entry's revision becomes rows, and rows an entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from newsletter.models import Attribution, Entry, Kind, NamedGroup, PartialDate, Source, Status
from newsletter.store.bulk import is_one_of
from newsletter.store.tables import entries, entry_groups, entry_tags, groups, revisions, sources, tags

#: Fields of a revision that are columns of the same name.
PLAIN = (
    "headline", "body", "speaker", "speaker_role", "country", "place", "latitude", "longitude", "claimed",
    "ideology", "attack_type", "killed", "killed_at_least", "killed_most", "injured", "injured_at_least",
    "injured_most", "toll_note", "content_note", "language", "translation_of",
)  # fmt: skip

ENTRY_COLUMNS = (
    entries.c.uid,
    entries.c.slug,
    entries.c.status,
    entries.c.origin,
    entries.c.guessed,
    revisions.c.id.label("revision_id"),
    revisions.c.number,
    revisions.c.kind,
    revisions.c.event_year,
    revisions.c.event_month,
    revisions.c.event_day,
    revisions.c.end_year,
    revisions.c.end_month,
    revisions.c.end_day,
    *(revisions.c[name] for name in PLAIN),
)


def revision_row(entry: Entry, created_at: datetime) -> dict[str, Any]:
    """Return the columns of *entry*'s revision, but for its entry's id."""
    row: dict[str, Any] = {name: getattr(entry, name) for name in PLAIN}
    row |= {"number": entry.revision, "created_at": created_at, "kind": str(entry.kind)}
    for prefix, moment in (("event", entry.event_date), ("end", entry.event_end)):
        row[f"{prefix}_year"] = moment.year if moment else None
        row[f"{prefix}_month"] = (moment.month or None) if moment else None
        row[f"{prefix}_day"] = (moment.day or None) if moment else None
    return row


def source_rows(entry: Entry, revision_id: int) -> list[dict[str, Any]]:
    """Return a row for each of *entry*'s sources, in order."""
    return [
        {
            "revision_id": revision_id,
            "position": position,
            "raw": source.raw,
            "author": source.author,
            "title": source.title,
            "publisher": source.publisher,
            "published": str(source.published) if source.published else None,
            "url": source.url,
        }
        for position, source in enumerate(entry.sources)
    ]


def read_entries(connection: Connection, statement: Select[Any]) -> list[Entry]:
    """
    Return the entries that *statement* selects, in its order.

    The statement must select `ENTRY_COLUMNS` of entries joined to the revision that is wanted.
    """
    rows = connection.execute(statement).all()
    return entries_of(connection, rows)


def entries_of(connection: Connection, rows: Sequence[Any]) -> list[Entry]:
    """Return an entry for each row (of any statement) that holds `ENTRY_COLUMNS`, with sources, groups and tags."""
    ids = [row.revision_id for row in rows]
    of_sources = _children(connection, ids, select(sources).order_by(sources.c.position), sources.c.revision_id)
    of_groups = _children(
        connection,
        ids,
        select(entry_groups.c.revision_id, groups.c.slug, groups.c.name, entry_groups.c.attribution)
        .join(groups, groups.c.id == entry_groups.c.group_id)
        .order_by(entry_groups.c.position),
        entry_groups.c.revision_id,
    )
    of_tags = _children(
        connection,
        ids,
        select(entry_tags.c.revision_id, tags.c.slug)
        .join(tags, tags.c.id == entry_tags.c.tag_id)
        .order_by(entry_tags.c.position),
        entry_tags.c.revision_id,
    )
    return [
        _entry(row, *(children.get(row.revision_id, ()) for children in (of_sources, of_groups, of_tags)))
        for row in rows
    ]


def brief_entries_of(_connection: Connection, rows: Sequence[Any]) -> list[Entry]:
    """Return what `entries_of` returns, without sources, groups and tags."""
    return [_entry(row, (), (), ()) for row in rows]


def _children(
    connection: Connection, ids: Sequence[int], statement: Select[Any], key: ColumnElement[int]
) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    if not ids:
        return found
    for row in connection.execute(statement.where(is_one_of(connection, key, ids))):
        found.setdefault(row.revision_id, []).append(row)
    return found


def _entry(
    row: Row[Any], its_sources: Iterable[Row[Any]], its_groups: Iterable[Row[Any]], its_tags: Iterable[Row[Any]]
) -> Entry:
    return Entry(
        uid=row.uid,
        slug=row.slug,
        kind=Kind(row.kind),
        status=Status(row.status),
        origin=row.origin,
        guessed=tuple(row.guessed),
        revision=row.number,
        event_date=moment(row.event_year, row.event_month, row.event_day),
        event_end=moment(row.end_year, row.end_month, row.end_day),
        groups=tuple(
            NamedGroup(slug=group.slug, name=group.name, attribution=Attribution(group.attribution))
            for group in its_groups
        ),
        tags=tuple(tag.slug for tag in its_tags),
        sources=tuple(
            Source(
                raw=source.raw,
                author=source.author,
                title=source.title,
                publisher=source.publisher,
                published=PartialDate.parse(source.published) if source.published else None,
                url=source.url,
            )
            for source in its_sources
        ),
        **{name: getattr(row, name) for name in PLAIN},
    )


def moment(year: int | None, month: int | None, day: int | None) -> PartialDate | None:
    """Return a date as precise as its columns are."""
    return PartialDate(year, month or 0, day or 0) if year else None
