"""Readers for a benchmark, by the hundred thousand, and a mailing to them that can be sent again and again."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid5

from databases import keep_silent
from rooms import START, Room, an_edition, at, entry
from sqlalchemy import text

from newsletter.store import Store
from newsletter.store import tables as our
from newsletter.store.bulk import insert_rows
from newsletter.store.schema import upgrade

SPACE = UUID(int=2)
#: About 10 kB as it goes out.
BODY = "Plain words, said in a sentence of some length, so that a message has its ten thousand bytes.[^1] " * 6


def subscribe(store: Store, number: int, wishes: dict[str, Any] | None = None) -> None:
    """Make so many readers; *wishes* is of every subscription, a list in turn."""
    kept = {name: value if isinstance(value, list) else [value] for name, value in (wishes or {}).items()}
    for start in range(1, number + 1, 50_000):
        numbers = range(start, min(number + 1, start + 50_000))
        with store.transaction() as connection:
            insert_rows(
                connection,
                our.subscribers,
                [
                    {"id": each, "address": f"reader-{each}@r{each % 7}.example", "folded": f"{each}", "state": "good"}
                    for each in numbers
                ],
            )
            insert_rows(
                connection,
                our.subscriptions,
                [
                    {
                        "id": each,
                        "subscriber_id": each,
                        "edition_id": 1,
                        "state": "active",
                        "cadence": "daily",
                        "format": "html",
                        "uid": uuid5(SPACE, str(each)),
                        **{name: values[each % len(values)] for name, values in kept.items()},
                    }
                    for each in numbers
                ],
            )


def prepared(store: Store, folder: Path, number: int, wishes: dict[str, Any] | None = None) -> Room:
    """Make a newsroom with readers and one entry."""
    keep_silent()
    upgrade(store)
    room = Room(store, folder / "outbox")
    room.open(an_edition())
    room.add(entry("only", body=BODY))
    subscribe(store, number, wishes)
    return room


def queued(store: Store, folder: Path, number: int) -> tuple[int, float]:
    """Make a mailing to so many new readers; return how long one message is, and how many seconds publishing took."""
    room = prepared(store, folder, number)
    begun = perf_counter()
    room.press.tick(at(START))
    seconds = perf_counter() - begun
    (work,) = room.claim(at(0), 1)
    queue_again(store)
    return len(room.press.sending.composing.message(work)), seconds


def queue_again(store: Store) -> None:
    """Make a mailing that was sent one that is to be sent."""
    with store.transaction() as connection:
        connection.execute(text("UPDATE mailings SET closed_at = NULL"))
        connection.execute(
            text(
                "UPDATE deliveries SET state = 'queued', attempts = 0, owner = NULL, lease_until = NULL, reply = NULL, "
                "frozen_number = NULL, address = NULL, format = NULL, message_id = NULL, sent_at = NULL, "
                "signed_by = NULL"
            )
        )
        if not store.is_sqlite:
            connection.execute(text("ANALYZE"))
