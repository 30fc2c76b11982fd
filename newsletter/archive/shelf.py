"""What the picker needs of each entry, read from the store: all at first, then only what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from newsletter.archive.editions import get_id, id_of
from newsletter.archive.rows import moment
from newsletter.models import Edition, Kind, Status
from newsletter.store.engine import change_number
from newsletter.store.tables import entries, entry_groups, entry_tags, groups, issues, revisions, tags
from scheduler.shelf import Shelf, ShelfEntry


@dataclass(frozen=True, slots=True)
class Shelved:
    """A shelf, the edition it is for, and the change number up to which it is true."""

    edition: Edition
    change: int
    shelf: Shelf


def open_shelf(connection: Connection, edition: Edition, known: Shelved | None = None) -> Shelved:
    """Return *edition*'s shelf as it is now, made anew, or out of the *known* one and what changed since."""
    change = change_number(connection)
    if known is None or known.edition != edition:
        return Shelved(edition, change, Shelf.of(_spines(connection, edition)))
    if known.change != change:
        for spine in _spines(connection, edition, entries.c.changed > known.change):
            known.shelf.put(spine)
    return Shelved(edition, change, known.shelf)


def shelf_around(connection: Connection, edition: Edition, day: date) -> Shelf:
    """Return *edition*'s shelf for filling a past *day*: each entry with its publication nearest to that day."""
    nearest: dict[UUID, date] = {}
    printed = (
        select(entries.c.uid, issues.c.day)
        .join(issues, issues.c.entry_id == entries.c.id)
        .where(issues.c.edition_id == get_id(connection, edition.slug))
    )
    for uid, published in connection.execute(printed):
        known = nearest.get(uid)
        if known is None or abs(published - day) < abs(known - day):
            nearest[uid] = published
    return Shelf.of(replace(spine, last_published=nearest.get(spine.uid)) for spine in _spines(connection, edition))


def _spines(connection: Connection, edition: Edition, where: ColumnElement[bool] | None = None) -> Iterator[ShelfEntry]:
    # Asked entry by entry: few have changed since the last look, and of each there are few issues.
    last_published = (
        select(func.max(issues.c.day))
        .where(issues.c.entry_id == entries.c.id, issues.c.edition_id == id_of(edition.slug))
        .scalar_subquery()
        .label("last_published")
    )
    statement = (
        select(
            entries.c.uid,
            entries.c.slug,
            entries.c.status,
            revisions.c.id,
            revisions.c.kind,
            revisions.c.country,
            revisions.c.ideology,
            revisions.c.language,
            revisions.c.event_year,
            revisions.c.event_month,
            revisions.c.event_day,
            last_published,
        )
        .select_from(entries)
        .join(revisions, and_(revisions.c.entry_id == entries.c.id, revisions.c.number == entries.c.revision))
    )
    if where is None:
        # What was never published and can't be is not on the shelf; what changed must be looked at.
        where = or_(entries.c.status == Status.READY, last_published.is_not(None))
    rows = connection.execute(statement.where(where)).all()
    named = _grouped(connection, [row.id for row in rows])
    tagged = _tagged(connection, edition, [row.id for row in rows])
    for row in rows:
        yield ShelfEntry(
            uid=row.uid,
            slug=row.slug,
            event_date=moment(row.event_year, row.event_month, row.event_day),
            kind=Kind(row.kind),
            country=row.country,
            ideology=row.ideology,
            groups=tuple(named.get(row.id, ())),
            last_published=row.last_published,
            ready=row.status == Status.READY
            and row.language == edition.language
            and row.kind in edition.kinds
            and row.kind != Kind.REPORT
            and (tagged is None or row.id in tagged),
        )


#: Up to this many revisions are asked for by number; for more, reading all is faster.
_FEW = 500


def _grouped(connection: Connection, wanted: Sequence[int]) -> dict[int, list[str]]:
    statement = (
        select(entry_groups.c.revision_id, groups.c.slug)
        .join(groups, groups.c.id == entry_groups.c.group_id)
        .order_by(entry_groups.c.revision_id, entry_groups.c.position)
    )
    if len(wanted) <= _FEW:
        statement = statement.where(entry_groups.c.revision_id.in_(wanted))
    named: dict[int, list[str]] = {}
    for revision_id, slug in connection.execute(statement):
        named.setdefault(revision_id, []).append(slug)
    return named


def _tagged(connection: Connection, edition: Edition, wanted: Sequence[int]) -> set[int] | None:
    """Return the revisions, the *wanted* ones at least, that have one of the edition's tags; `None`: it takes any."""
    if not edition.tags:
        return None
    statement = (
        select(entry_tags.c.revision_id)
        .join(tags, tags.c.id == entry_tags.c.tag_id)
        .where(tags.c.slug.in_(edition.tags))
    )
    if len(wanted) <= _FEW:
        statement = statement.where(entry_tags.c.revision_id.in_(wanted))
    return set(connection.scalars(statement))
