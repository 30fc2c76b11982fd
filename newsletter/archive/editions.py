"""Editions and their schedules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, ScalarSelect, delete, insert, select, update

from newsletter.archive import shown
from newsletter.errors import NewsletterError
from newsletter.models import Edition, Kind, Schedule
from newsletter.store.engine import raise_change_number
from newsletter.store.tables import edition_schedules, editions


class NoSuchEdition(NewsletterError):
    """No edition has this slug."""

    def __init__(self, slug: str, known: Sequence[str]) -> None:
        super().__init__(f"no edition {slug!r}: expected one of {', '.join(known) or '(none yet: run `init`)'}")


def every(connection: Connection) -> list[Edition]:
    """Return every edition, the first one first."""
    return [_edition(connection, row) for row in connection.execute(select(editions).order_by(editions.c.id))]


def find(connection: Connection, slug: str | None) -> Edition | None:
    """Return the edition with this slug, or the first one for no slug."""
    statement = select(editions).order_by(editions.c.id).limit(1)
    row = connection.execute(statement if slug is None else statement.where(editions.c.slug == slug)).first()
    return _edition(connection, row) if row else None


def get(connection: Connection, slug: str | None) -> Edition:
    """Return the edition with this slug, or the first one; raise `NoSuchEdition` if there is none."""
    found = find(connection, slug)
    if found is None:
        raise NoSuchEdition(slug or "daily-dose", [edition.slug for edition in every(connection)])
    return found


def get_id(connection: Connection, slug: str) -> int:
    """Return an edition's id; raise `NoSuchEdition` if there is none."""
    found = connection.scalar(select(editions.c.id).where(editions.c.slug == slug))
    if found is None:
        raise NoSuchEdition(slug, [edition.slug for edition in every(connection)])
    return int(found)


def is_first(connection: Connection, slug: str) -> bool:
    """Say whether an edition is the first one, which has the site's root."""
    first = select(editions.c.slug).order_by(editions.c.id).limit(1)
    return connection.scalar(first) in (None, slug)


def id_of(slug: str) -> ScalarSelect[int]:
    """Return an edition's id as a part of another statement."""
    return select(editions.c.id).where(editions.c.slug == slug).scalar_subquery()


def lock(connection: Connection, slug: str) -> int:
    """
    Return an edition's id, and let no other transaction that asks for the lock pass before this one ends.

    SQLite has one writer at a time anyway; PostgreSQL locks the row.
    """
    found = connection.scalar(select(editions.c.id).where(editions.c.slug == slug).with_for_update())
    if found is None:
        raise NoSuchEdition(slug, [edition.slug for edition in every(connection)])
    return int(found)


def add(connection: Connection, edition: Edition) -> None:
    """Add an edition with its schedules."""
    raise_change_number(connection)
    assert edition.uid is not None, "an edition's feed id is minted before it is kept"
    edition_id = connection.scalar(
        insert(editions).values(uid=edition.uid, **_columns(edition)).returning(editions.c.id)
    )
    assert edition_id is not None
    _schedule(connection, edition_id, edition.schedules)
    shown.follow(connection)


def keep(connection: Connection, edition: Edition) -> None:
    """Keep an edition's new values and schedules under its slug."""
    raise_change_number(connection)
    edition_id = get_id(connection, edition.slug)
    connection.execute(update(editions).where(editions.c.id == edition_id).values(_columns(edition)))
    connection.execute(delete(edition_schedules).where(edition_schedules.c.edition_id == edition_id))
    _schedule(connection, edition_id, edition.schedules)
    shown.follow(connection)


def start(connection: Connection, slug: str, since: date) -> None:
    """Set an edition's first day."""
    raise_change_number(connection)
    connection.execute(update(editions).where(editions.c.slug == slug).values(since=since))


def _columns(edition: Edition) -> dict[str, Any]:
    return {
        "slug": edition.slug,
        "title": edition.title,
        "language": edition.language,
        "sender": edition.sender,
        "days": sorted(edition.days),
        "rest_days": edition.rest_days,
        "kinds": sorted(map(str, edition.kinds)),
        "tags": sorted(edition.tags),
        "since": edition.since,
    }


def _schedule(connection: Connection, edition_id: int, schedules: Sequence[Schedule]) -> None:
    connection.execute(
        insert(edition_schedules),
        [
            {
                "edition_id": edition_id,
                "from_day": schedule.from_day,
                "zone": schedule.zone.key,
                "time": schedule.time,
            }
            for schedule in schedules
        ],
    )


def _edition(connection: Connection, row: Row[Any]) -> Edition:
    schedules = connection.execute(
        select(edition_schedules).where(edition_schedules.c.edition_id == row.id).order_by(edition_schedules.c.from_day)
    )
    return Edition(
        uid=row.uid,
        slug=row.slug,
        title=row.title,
        language=row.language,
        sender=row.sender,
        days=frozenset(row.days),
        rest_days=row.rest_days,
        kinds=frozenset(map(Kind, row.kinds)),
        tags=frozenset(row.tags),
        since=row.since,
        schedules=tuple(
            Schedule(from_day=schedule.from_day, zone=ZoneInfo(schedule.zone), time=schedule.time)
            for schedule in schedules
        ),
    )
