"""An audience with hours of its own: what freezing it takes."""

from __future__ import annotations

from datetime import time
from uuid import uuid4

import pytest
from rooms import START, Room, at, entry
from sqlalchemy import true

from newsletter.delivery import mailings
from newsletter.models import Issue
from newsletter.store import tables
from newsletter.store.bulk import insert_rows

READERS = 600


def subscribe(room: Room, hours: int) -> None:
    """Make readers who chose so many different hours."""
    numbers = range(1, READERS + 1)
    with room.store.transaction() as connection:
        subscribers = [
            {"id": each, "address": f"{each}@example.org", "folded": f"{each}", "state": "good"} for each in numbers
        ]
        insert_rows(connection, tables.subscribers, subscribers)
        subscription = {"edition_id": 1, "state": "active", "cadence": "daily", "format": "html", "zone": "Asia/Tokyo"}
        subscriptions = [
            {
                **subscription,
                "id": each,
                "subscriber_id": each,
                "uid": uuid4(),
                "hour": time(each % hours // 60, each % hours % 60),
            }
            for each in numbers
        ]
        insert_rows(connection, tables.subscriptions, subscriptions)


def work_of_freezing(room: Room, issue: Issue, day: str) -> int:
    """Return how much SQLite does to freeze all readers for another mailing, in steps of its machine."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 10

    with room.store.transaction() as connection:
        mailing = mailings.make(connection, 1, "issue", day, issue.uid, 1, at(0))
        assert mailing is not None, "it is a new one"
        raw = connection.connection.driver_connection
        raw.set_progress_handler(count, 10)
        audience = mailings.freeze_audience(connection, mailing, true(), mailings.Hours(since=at(0), zone="UTC"), at(0))
        raw.set_progress_handler(None, 0)
    assert audience == READERS
    return steps


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_freezing_readers_of_many_hours_takes_little_more_than_those_of_one(room: Room) -> None:
    """Readers times hours would be hours of work for a million; PostgreSQL joins by a hash."""
    room.add(entry("only"))
    issue = room.press.publish(None, START, at(0))
    subscribe(room, 1)
    with_one_hour = work_of_freezing(room, issue, "2026-03-08")
    with room.store.transaction() as connection:
        for table in (tables.deliveries, tables.subscriptions, tables.subscribers):
            connection.execute(table.delete())
    subscribe(room, 300)
    assert work_of_freezing(room, issue, "2026-03-09") < 3 * with_one_hour
