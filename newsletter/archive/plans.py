"""What editors plan: pins, the queue and holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, select, update

from newsletter.archive.editions import get_id, id_of
from newsletter.errors import NewsletterError
from newsletter.models import Edition, Hold, Kind, Status
from newsletter.store.engine import raise_change_number
from newsletter.store.tables import editions, entries, holds, pins, queue, revisions
from scheduler.calendar import edition_day
from scheduler.picker import Traits, Waiting


class AlreadyPlanned(NewsletterError):
    """The day has a pin, or the entry stands in the queue already."""


class NotPlanned(NewsletterError):
    """The entry is neither pinned nor queued."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"{slug!r} is neither pinned nor in the queue: see `daily-dose queue list`")


def pinned(connection: Connection, edition: Edition) -> dict[date, Waiting]:
    """Return what is pinned, by day."""
    rows = connection.execute(
        _waiting(pins.c.day)
        .join(pins, pins.c.entry_id == entries.c.id)
        .where(pins.c.edition_id == id_of(edition.slug))
        .order_by(pins.c.day)
    ).all()
    return {row.day: _as_waiting(edition, row) for row in rows}


def queued(connection: Connection, edition: Edition) -> list[Waiting]:
    """Return the queue, its head first."""
    rows = connection.execute(
        _waiting(queue.c.position)
        .join(queue, queue.c.entry_id == entries.c.id)
        .where(queue.c.edition_id == id_of(edition.slug))
        .order_by(queue.c.position)
    ).all()
    return [_as_waiting(edition, row) for row in rows]


def queue_notes(connection: Connection, edition_id: int) -> dict[str, str]:
    """Return what the queue says of its entries, by slug."""
    rows = connection.execute(
        select(entries.c.slug, queue.c.note)
        .join(queue, queue.c.entry_id == entries.c.id)
        .where(queue.c.edition_id == edition_id, queue.c.note.is_not(None))
    )
    return {row.slug: row.note for row in rows}


def pin(connection: Connection, edition_id: int, day: date, entry_id: int) -> None:
    """Fix an entry to a day; raise `AlreadyPlanned` if the day has another. It leaves the queue."""
    there = connection.execute(
        select(pins.c.entry_id, entries.c.slug)
        .join(entries, entries.c.id == pins.c.entry_id)
        .where(pins.c.edition_id == edition_id, pins.c.day == day)
    ).first()
    if there is not None and there.entry_id == entry_id:
        return
    if there is not None:
        raise AlreadyPlanned(f"{day} is pinned to {there.slug!r}: remove that first (`daily-dose queue remove`)")
    raise_change_number(connection)
    connection.execute(insert(pins).values(edition_id=edition_id, day=day, entry_id=entry_id))
    connection.execute(delete(queue).where(queue.c.edition_id == edition_id, queue.c.entry_id == entry_id))


def unpin(connection: Connection, edition_id: int, day: date) -> int | None:
    """Take a day's pin away; return the id of the entry that had it."""
    raise_change_number(connection)
    return connection.scalar(
        delete(pins).where(pins.c.edition_id == edition_id, pins.c.day == day).returning(pins.c.entry_id)
    )


def enqueue(
    connection: Connection, edition_id: int, entry_id: int, *, at: int | None = None, note: str | None = None
) -> None:
    """Put an entry at the end of the queue, or at place *at* (0 is the head); move it if it is there."""
    line = [row for row in _line(connection, edition_id) if row != entry_id]
    line.insert(len(line) if at is None else max(0, at), entry_id)
    raise_change_number(connection)
    known = connection.execute(
        update(queue)
        .where(queue.c.edition_id == edition_id, queue.c.entry_id == entry_id)
        .values(note=func.coalesce(note, queue.c.note))
    ).rowcount
    if not known:
        connection.execute(insert(queue).values(edition_id=edition_id, entry_id=entry_id, position=0, note=note))
    _number(connection, edition_id, line)


def dequeue(connection: Connection, edition_id: int, entry_id: int) -> bool:
    """Take an entry out of the queue; say whether it stood there."""
    raise_change_number(connection)
    gone = connection.execute(
        delete(queue).where(queue.c.edition_id == edition_id, queue.c.entry_id == entry_id)
    ).rowcount
    _number(connection, edition_id, _line(connection, edition_id))
    return bool(gone)


def forget_plan(connection: Connection, edition_id: int, entry_id: int) -> bool:
    """Take an entry out of the queue and from every day it is pinned to; say whether it was anywhere."""
    gone = connection.execute(delete(pins).where(pins.c.edition_id == edition_id, pins.c.entry_id == entry_id)).rowcount
    return dequeue(connection, edition_id, entry_id) or bool(gone)


def _line(connection: Connection, edition_id: int) -> list[int]:
    return list(
        connection.scalars(select(queue.c.entry_id).where(queue.c.edition_id == edition_id).order_by(queue.c.position))
    )


def _number(connection: Connection, edition_id: int, line: list[int]) -> None:
    for position, entry_id in enumerate(line):
        connection.execute(
            update(queue)
            .where(queue.c.edition_id == edition_id, queue.c.entry_id == entry_id, queue.c.position != position)
            .values(position=position)
        )


def holding(connection: Connection) -> list[Hold]:
    """Return every hold, the lifted ones too: they still say which days are to stay empty."""
    rows = connection.execute(
        select(holds, editions.c.slug.label("edition"))
        .outerjoin(editions, editions.c.id == holds.c.edition_id)
        .order_by(holds.c.id)
    )
    return [
        Hold(
            edition=row.edition,
            first=row.first,
            last=row.last,
            since=row.since,
            until=row.until,
            reason=row.reason,
            origin=row.origin,
        )
        for row in rows
    ]


def alarms(holding: Sequence[Hold]) -> list[Hold]:
    """Return the holds of a guard that nobody has lifted: the clock can't be believed, or the database was restored."""
    return [hold for hold in holding if hold.until is None and hold.origin != "editor"]


def keep_back(edition: Edition, day: date, holding: Sequence[Hold], now: datetime) -> bool:
    """Say whether the mail of *day*'s issue waits at *now*: everything is held, or today is, or the day itself."""
    return any(
        hold.until is None and hold.covers(edition, each, now)
        for hold in holding
        for each in (day, edition_day(edition, now))
    )


def hold(connection: Connection, held: Hold) -> bool:
    """Set a hold; setting the same one again changes nothing. Say whether it is new."""
    edition_id = get_id(connection, held.edition) if held.edition else None
    same = and_(
        holds.c.edition_id.is_not_distinct_from(edition_id),
        holds.c.first.is_not_distinct_from(held.first),
        holds.c.last.is_not_distinct_from(held.last),
        holds.c.origin == held.origin,
        holds.c.until.is_(None),
    )
    if connection.scalar(select(holds.c.id).where(same).limit(1)) is not None:
        return False
    raise_change_number(connection)
    connection.execute(
        insert(holds).values(
            edition_id=edition_id,
            first=held.first,
            last=held.last,
            since=held.since,
            until=held.until,
            reason=held.reason,
            origin=held.origin,
        )
    )
    return True


def release_all(connection: Connection, now: datetime, origins: tuple[str, ...]) -> int:
    """Lift every hold on everything that one of *origins* set; return how many there were."""
    raise_change_number(connection)
    return connection.execute(
        update(holds)
        .where(holds.c.until.is_(None), holds.c.first.is_(None), holds.c.origin.in_(origins))
        .values(until=now)
    ).rowcount


def release_days(connection: Connection, edition_id: int, first: date, last: date, now: datetime) -> int:
    """
    Lift the holds of an edition on the days from *first* to *last*; return how many holds were touched.

    A hold that reaches further keeps its other days.
    """
    touched = connection.execute(
        select(holds).where(
            holds.c.until.is_(None),
            holds.c.edition_id == edition_id,
            holds.c.first <= last,
            holds.c.last >= first,
        )
    ).all()
    if touched:
        raise_change_number(connection)
    one_day = date.resolution
    for row in touched:
        rest = {key: value for key, value in row._asdict().items() if key != "id"}
        connection.execute(delete(holds).where(holds.c.id == row.id))
        parts = [
            {**rest, "last": first - one_day},
            {**rest, "first": max(row.first, first), "last": min(row.last, last), "until": now},
            {**rest, "first": last + one_day},
        ]
        connection.execute(insert(holds), [part for part in parts if part["first"] <= part["last"]])
    return len(touched)


def _waiting(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            entries.c.uid,
            entries.c.slug,
            entries.c.status,
            *(revisions.c[name] for name in ("language", "kind", "country", "ideology")),
            *columns,
        )
        .select_from(entries)
        .join(revisions, and_(revisions.c.entry_id == entries.c.id, revisions.c.number == entries.c.revision))
    )


def _as_waiting(edition: Edition, row: Row[Any]) -> Waiting:
    # What is on the shelf brings its groups too; a draft is not, and these do for it.
    traits = Traits(kind=Kind(row.kind), country=row.country, ideology=row.ideology)
    return Waiting(uid=row.uid, slug=row.slug, obstacle=_obstacle(edition, row), traits=traits)


def _obstacle(edition: Edition, row: Row[Any]) -> str | None:
    """Say why *edition* can't take an entry now, if so. An editor's choice may be of any kind."""
    if row.status != Status.READY:
        return f"is not ready ({row.status})"
    if row.language != edition.language:
        return f"is in another language ({row.language})"
    return None
