"""Entries and their revisions: add, revise, find."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, func, insert, select, update

from newsletter.archive import shown
from newsletter.archive.rows import ENTRY_COLUMNS, moment, read_entries, revision_row, source_rows
from newsletter.errors import NewsletterError
from newsletter.imports.likeness import Seen
from newsletter.models import Entry, Kind, Status
from newsletter.store.bulk import insert_rows, is_one_of, reserved_ids
from newsletter.store.engine import raise_change_number
from newsletter.store.tables import (
    entries,
    entry_groups,
    entry_tags,
    groups,
    issues,
    redirects,
    revisions,
    sources,
    tags,
)
from newsletter.text import slugify


class NoSuchEntry(NewsletterError):
    """No entry has this slug or uid."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no entry {name!r}: expected a slug or uid, as `daily-dose pick` or its page shows it")
        self.name = name


def newest(where: ColumnElement[bool] | None = None) -> Select[Any]:
    """Select entries at their newest revision, as editors see them."""
    statement = (
        select(*ENTRY_COLUMNS)
        .select_from(entries)
        .join(revisions, (revisions.c.entry_id == entries.c.id) & (revisions.c.number == entries.c.revision))
    )
    return statement if where is None else statement.where(where)


def at_revision(number: ColumnElement[int]) -> Select[Any]:
    """Select entries at the revision whose number is the column *number*."""
    return (
        select(*ENTRY_COLUMNS)
        .select_from(entries)
        .join(revisions, (revisions.c.entry_id == entries.c.id) & (revisions.c.number == number))
    )


def find(connection: Connection, name: str) -> Entry | None:
    """Return the entry with this slug (an old one too) or uid, at its newest revision."""
    entry_id = find_id(connection, name)
    if entry_id is None:
        return None
    return read_entries(connection, newest(entries.c.id == entry_id))[0]


def of_uid(connection: Connection, uid: UUID) -> Entry:
    """Return the entry with this uid, which is there, at its newest revision."""
    return read_entries(connection, newest(entries.c.uid == uid))[0]


def find_id(connection: Connection, name: str) -> int | None:
    """Return the id of the entry with this slug (an old one too) or uid."""
    found = connection.scalar(select(entries.c.id).where(entries.c.slug == name))
    if found is None:
        found = connection.scalar(select(redirects.c.entry_id).where(redirects.c.slug == name))
    if found is None:
        try:
            found = connection.scalar(select(entries.c.id).where(entries.c.uid == UUID(name)))
        except ValueError:
            return None
    return found


def get_id(connection: Connection, name: str) -> int:
    """Return the id of the entry with this slug or uid; raise `NoSuchEntry` if there is none."""
    found = find_id(connection, name)
    if found is None:
        raise NoSuchEntry(name)
    return found


def get(connection: Connection, name: str) -> Entry:
    """Return the entry with this slug or uid at its newest revision; raise `NoSuchEntry` if there is none."""
    return read_entries(connection, newest(entries.c.id == get_id(connection, name)))[0]


def slug_of(connection: Connection, entry_id: int) -> str:
    """Return an entry's slug."""
    return str(connection.scalar(select(entries.c.slug).where(entries.c.id == entry_id)))


def every(connection: Connection, at_once: int = 500) -> Iterator[Entry]:
    """Yield every entry at its newest revision, in the order of their uids."""
    last: UUID | None = None
    while True:
        statement = newest(entries.c.uid > last if last else None).order_by(entries.c.uid).limit(at_once)
        batch = read_entries(connection, statement)
        yield from batch
        if len(batch) < at_once:
            return
        last = batch[-1].uid


def seen(connection: Connection) -> Iterator[Seen]:
    """Yield of every entry what an import compares."""
    names = ("country", "place", "killed", "killed_most", "injured", "body")
    statement = (
        select(
            entries.c.uid,
            entries.c.slug,
            revisions.c.kind,
            revisions.c.event_year,
            revisions.c.event_month,
            revisions.c.event_day,
            *(revisions.c[name] for name in names),
        )
        .select_from(entries)
        .join(revisions, (revisions.c.entry_id == entries.c.id) & (revisions.c.number == entries.c.revision))
        .order_by(entries.c.id)
        .execution_options(yield_per=1000)
    )
    for row in connection.execute(statement):
        yield Seen(
            uid=row.uid,
            slug=row.slug,
            kind=Kind(row.kind),
            event_date=moment(row.event_year, row.event_month, row.event_day),
            **{name: getattr(row, name) for name in names},
        )


def with_body(connection: Connection, beginning: str) -> str:
    """Return the slug of the first entry one of whose revisions begins so; raise `NoSuchEntry` if there is none."""
    found: str | None = connection.scalar(
        select(entries.c.slug)
        .join(revisions, revisions.c.entry_id == entries.c.id)
        .where(revisions.c.body.startswith(beginning, autoescape=True))
        .order_by(entries.c.id)
        .limit(1)
    )
    if found is None:
        raise NoSuchEntry(beginning)
    return found


def headlines(connection: Connection, uids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the headlines of entries at their newest revisions."""
    if not uids:
        return {}
    newest_of = (revisions.c.entry_id == entries.c.id) & (revisions.c.number == entries.c.revision)
    statement = select(entries.c.uid, revisions.c.headline).join(revisions, newest_of)
    return dict(connection.execute(statement.where(is_one_of(connection, entries.c.uid, uids))).all())


def count(connection: Connection) -> int:
    """Return how many entries there are."""
    return connection.scalar(select(func.count()).select_from(entries)) or 0


def add(connection: Connection, new: Sequence[Entry], now: datetime) -> list[Entry]:
    """
    Add entries with new uids; return them as they were kept.

    A slug that is taken gets the entry's date or uid behind it, and an entry without a source is a draft.
    """
    if not new:
        return []
    taken = taken_slugs(connection, [slug for entry in new for slug in spellings(entry)])
    kept = []
    for entry in new:
        slug = free_slug(entry, taken)
        taken.add(slug)
        status = entry.status if entry.sources else Status.DRAFT
        kept.append(replace(entry, slug=slug, status=status))
    insert_entries(connection, kept, now)
    return kept


def insert_entries(connection: Connection, new: Sequence[Entry], now: datetime) -> None:
    """Insert entries just as they are, each with one revision."""
    write_entries(connection, new, now)
    shown.follow(connection)


def write_entries(connection: Connection, new: Sequence[Entry], now: datetime) -> None:
    """Insert entries as `insert_entries` does, for who lets what readers see follow later."""
    changed = raise_change_number(connection)
    rows = [
        {
            "uid": entry.uid,
            "slug": entry.slug,
            "status": str(entry.status),
            "origin": entry.origin,
            "guessed": list(entry.guessed),
            "revision": entry.revision,
            "published_revision": None,
            "changed": changed,
        }
        for entry in new
    ]
    ids = reserved_ids(connection, entries, len(rows))
    insert_rows(connection, entries, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    insert_revisions(connection, list(zip(ids, new, strict=True)), now)


def insert_revisions(connection: Connection, new: Sequence[tuple[int, Entry]], now: datetime) -> None:
    """Insert a revision for each pair of an entry's id and its content."""
    ids = reserved_ids(connection, revisions, len(new))
    rows = [
        {"id": number, "entry_id": entry_id, **revision_row(entry, now)}
        for number, (entry_id, entry) in zip(ids, new, strict=True)
    ]
    insert_rows(connection, revisions, rows)
    group_ids = _ids_of(connection, groups, {group.slug: {"name": group.name} for _, e in new for group in e.groups})
    tag_ids = _ids_of(connection, tags, {tag: {} for _, entry in new for tag in entry.tags})
    of_groups = []
    of_tags = []
    of_sources = []
    for revision_id, (_, entry) in zip(ids, new, strict=True):
        of_sources += source_rows(entry, revision_id)
        of_groups += [
            {
                "revision_id": revision_id,
                "position": position,
                "group_id": group_ids[group.slug],
                "attribution": str(group.attribution),
            }
            for position, group in enumerate(entry.groups)
        ]
        of_tags += [
            {"revision_id": revision_id, "position": position, "tag_id": tag_ids[tag]}
            for position, tag in enumerate(entry.tags)
        ]
    for table, its_rows in ((sources, of_sources), (entry_groups, of_groups), (entry_tags, of_tags)):
        insert_rows(connection, table, its_rows)


def revise(connection: Connection, entry: Entry, now: datetime) -> Entry:
    """Add *entry*'s content as a new revision of the entry with its uid; return it with its new number."""
    row = connection.execute(
        select(entries.c.id, entries.c.revision, entries.c.slug).where(entries.c.uid == entry.uid).with_for_update()
    ).one()
    revised = replace(entry, revision=row.revision + 1, status=entry.status if entry.sources else Status.DRAFT)
    if revised.slug != row.slug:
        revised = replace(revised, slug=free_slug(revised, taken_slugs(connection, spellings(revised), but=row.id)))
    # The slug that is free may be the one that it has.
    if revised.slug != row.slug:
        connection.execute(redirects.delete().where(redirects.c.slug == revised.slug))
        connection.execute(insert(redirects).values(slug=row.slug, entry_id=row.id))
    insert_revisions(connection, [(row.id, revised)], now)
    connection.execute(
        update(entries)
        .where(entries.c.id == row.id)
        .values(
            slug=revised.slug,
            status=str(revised.status),
            guessed=list(revised.guessed),
            revision=revised.revision,
            changed=raise_change_number(connection),
        )
    )
    shown.follow(connection)
    return revised


def set_status(connection: Connection, entry_id: int, status: Status) -> None:
    """Move an entry on, or back."""
    changed = raise_change_number(connection)
    connection.execute(update(entries).where(entries.c.id == entry_id).values(status=str(status), changed=changed))
    shown.follow(connection)


def spellings(entry: Entry) -> tuple[str, ...]:
    """Return the slugs that *entry* may have, the best first: its own, with its date, with its uid."""
    beginning = slugify(entry.slug)  # so that none is longer than a slug may be, and would be cut when it is read
    dated = (f"{beginning}-{entry.event_date}",) if entry.event_date else ()
    return (entry.slug, *dated, f"{beginning}-{entry.uid.hex[:8]}", f"{beginning}-{entry.uid}")


def taken_slugs(connection: Connection, wanted: Iterable[str], but: int = 0) -> set[str]:
    """Return which of *wanted* are another entry's slug, now or once (entry *but*'s own aside)."""
    names = set(wanted)
    taken: set[str] = set()
    for table, owner in ((entries, entries.c.id), (redirects, redirects.c.entry_id)):
        statement = select(table.c.slug).where(is_one_of(connection, table.c.slug, names), owner != but)
        taken |= set(connection.scalars(statement))
    return taken


def free_slug(entry: Entry, taken: Collection[str]) -> str:
    """Return the first spelling of *entry*'s slug that is free."""
    return next(slug for slug in spellings(entry) if slug not in taken)


def _ids_of(connection: Connection, table: Table, wanted: dict[str, dict[str, str]]) -> dict[str, int]:
    """Return the ids of rows by slug, adding those that are not there yet; in a transaction that writes."""
    statement = select(table.c.slug, table.c.id).where(is_one_of(connection, table.c.slug, wanted))
    there = dict(connection.execute(statement).all())
    new = sorted(wanted.keys() - there.keys())
    added = dict(zip(new, reserved_ids(connection, table, len(new)) if new else (), strict=True))
    insert_rows(connection, table, [{"id": added[slug], "slug": slug, **wanted[slug]} for slug in new])
    return there | added


def known(connection: Connection, new: Sequence[Entry]) -> dict[UUID, str]:
    """Return the slugs of those of *new* whose uids are here already."""
    uids = [entry.uid for entry in new]
    statement = select(entries.c.uid, entries.c.slug).where(is_one_of(connection, entries.c.uid, uids))
    return dict(connection.execute(statement).all())


def is_published(connection: Connection, entry_id: int) -> bool:
    """Say whether any edition published the entry, whatever became of the issue."""
    return connection.scalar(select(issues.c.id).where(issues.c.entry_id == entry_id).limit(1)) is not None
