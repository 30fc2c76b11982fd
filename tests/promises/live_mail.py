"""A live newsroom with many readers, whose mail goes to relays that keep what they take; and counts of what arrived."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from live_newsroom import DAY, HOUR, PATIENCE, LiveNewsroom, Part, until, utc
from servers.smtp_sink import SmtpSink
from sqlalchemy import func, select

from newsletter.archive import editions
from newsletter.delivery import mailings
from newsletter.store import Store, tables
from newsletter.store.bulk import insert_rows
from newsletter.store.engine import APPLICATION_ID

BEGIN = date(2026, 5, 10)
DUE = utc(2026, 5, 10, 6)
#: The most messages in flight in these tests, on a relay of which nothing else is said.
CONNECTIONS, WINDOW = 4, 5
IN_FLIGHT = CONNECTIONS * WINDOW
#: The short form is on one of the databases where that is enough; the long one on both.
SHORT_ON_SQLITE, SHORT_ON_POSTGRESQL = (
    pytest.mark.parametrize(
        "database_url",
        [name if name == short else pytest.param(name, marks=pytest.mark.chaos) for name in ("sqlite", "postgresql")],
        indirect=True,
    )
    for short in ("sqlite", "postgresql")
)
#: What is still to be done; `unknown` is so only while another attempt is planned.
_WAITING = ("queued", "claimed", "sending", "deferred")
_MESSAGE_ID = re.compile(rb"^Message-ID: (<.*>)$", re.MULTILINE)
_SPACE = UUID(int=3)


def reader(number: int) -> str:
    """Return the address of a reader, from 1 on."""
    return f"reader-{number:05}@r{number % 7}.example"


class LiveMail(LiveNewsroom):
    """A live newsroom that mails one day's issue to so many readers."""

    def begin(self, readers: int, *, sent_by: SmtpSink | None = None, **settings: str) -> list[str]:
        """Subscribe readers, and let it be shortly after the first day's hour; return their addresses."""
        usual = {
            "lease": "2s",
            "unknown_after": "1s",
            "retry_after": "1s",
            "smtp_connections": str(CONNECTIONS),
            "smtp_window": str(WINDOW),
            "smtp_url": sent_by.url if sent_by else "outbox:",
        }
        self.set(**usual | settings)
        with self.opened() as room:
            with room.store.transaction() as connection:
                editions.start(connection, "daily-dose", BEGIN)
            room.desk.set_edition("daily-dose", {"zone": "UTC", "time": "06:00"}, DUE - DAY)
            _subscribe(room.store, readers)
        self.clock.show(DUE + HOUR)
        return [reader(number) for number in range(1, readers + 1)]

    def publish(self) -> None:
        """Publish the day, and freeze who is sent it."""
        with self.opened() as room:
            room.press.tick(self.clock.now())

    # Processes.

    def crash_at(self, point: str, times: int) -> Part:
        """
        Run a process that is killed when it reaches *point* for the time of that number; fail if it never is.

        It goes on until then: what the one before had claimed is only taken up when that lease is over.
        """
        self.set(crash=f"{point}:{times}")
        part = self.start("schedule")
        del self.extra["DAILY_DOSE_CRASH"]
        until(lambda: not part.runs(), f"a process that dies at {point}")
        assert part.process.returncode == -signal.SIGKILL, (point, "was not reached", part.said())
        return part

    def settle(self, patience: float = PATIENCE) -> None:
        """Let one process do what is left to do, and end it."""
        part = self.start("schedule")
        until(lambda: (part.ticks() and not self.waiting()) or not part.runs(), "the mail that waits", patience)
        assert part.stop() == 0, part.said()

    def await_silence(self, sink: SmtpSink) -> None:
        """Wait until a relay has taken nothing new for so long as it would have taken several messages."""
        seen, since = number_taken(sink), time.monotonic()
        while time.monotonic() < since + 4:
            time.sleep(0.2)
            if (taken := number_taken(sink)) != seen:
                seen, since = taken, time.monotonic()

    def pause_aside(self, part: Part) -> None:
        """Let a process stand still (SIGSTOP) where it keeps nobody from the database."""
        part.pause()
        while self._is_locked():
            part.resume()
            part.pause()

    # Looks.

    def _is_locked(self) -> bool:
        """Say whether somebody is in the midst of a transaction that writes."""
        with self._store.reading() as connection:
            if self.kind != "sqlite":
                return not connection.scalar(select(func.pg_try_advisory_xact_lock(APPLICATION_ID)))
        with closing(sqlite3.connect(self.home / "daily-dose.db", timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def states(self) -> Counter[str]:
        """Return how many deliveries are in each state; together they are the audience."""
        column = tables.deliveries.c.state
        with self._store.reading() as connection:
            assert mailings.unbalanced(connection) == []
            return Counter(dict(connection.execute(select(column, func.count()).group_by(column)).all()))

    def waiting(self) -> int:
        """Return how many deliveries are still to be sent, or sent again."""
        columns = tables.deliveries.c
        planned = columns.state.in_(_WAITING) | ((columns.state == "unknown") & columns.ready_at.is_not(None))
        with self._store.reading() as connection:
            return connection.scalar(select(func.count()).select_from(tables.deliveries).where(planned)) or 0

    def in_flight(self) -> Counter[str]:
        """Return how many messages each run has marked as leaving, of which it has said nothing since."""
        columns = tables.deliveries.c
        of_owner = select(columns.owner, func.count()).where(columns.state == "sending").group_by(columns.owner)
        with self._store.reading() as connection:
            return Counter(dict(connection.execute(of_owner).all()))

    def addresses_in(self, *states: str) -> set[str]:
        """Return the readers whose delivery is in one of these states."""
        return {each.address for each in self.deliveries() if each.state in states}

    def delivery_rows(self) -> list[Any]:
        """Return the ledger's rows as they are."""
        return self._rows(select(tables.deliveries))

    def subscriber_states(self) -> Counter[str]:
        """Return how many subscribers are in each state."""
        return Counter(row.state for row in self._rows(select(tables.subscribers.c.state)))

    def leavers(self) -> list[str]:
        """Return the addresses whose subscription is left, in order."""
        subscriptions, people = tables.subscriptions, tables.subscribers
        left = select(people.c.address).join(subscriptions, subscriptions.c.subscriber_id == people.c.id)
        return sorted(row.address for row in self._rows(left.where(subscriptions.c.state == "left")))

    def assert_whole(self) -> None:
        """Fail if the database is damaged."""
        if self.kind == "sqlite":
            with closing(Store(self.database_url)) as store, store.reading() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def _subscribe(store: Store, number: int) -> None:
    """Make so many readers at once, as an import would make them one by one."""
    numbers = range(1, number + 1)
    with store.transaction() as connection:
        people = [{"id": each, "address": reader(each), "folded": reader(each), "state": "good"} for each in numbers]
        insert_rows(connection, tables.subscribers, people)
        common = {"edition_id": 1, "state": "active", "cadence": "daily", "format": "html"}
        wishes = [{"id": each, "subscriber_id": each, "uid": uuid5(_SPACE, str(each)), **common} for each in numbers]
        insert_rows(connection, tables.subscriptions, wishes)


class Arrived:
    """What relays took: every copy of every reader's message."""

    def __init__(self, *sinks: SmtpSink) -> None:
        self.mails: dict[str, list[bytes]] = {}
        for sink in sinks:
            # Of what a relay was at when it was killed it has the beginning.
            for recipient, mail in [(each, mail) for _, each, mail in sink.taken() if mail.rstrip().endswith(b"--")]:
                self.mails.setdefault(recipient, []).append(mail)

    @property
    def copies(self) -> Counter[str]:
        """How many copies each reader has."""
        return Counter({recipient: len(mails) for recipient, mails in self.mails.items()})

    @property
    def duplicates(self) -> int:
        """How many copies there are beside the first."""
        return self.copies.total() - len(self.mails)

    def assert_nobody_is_left_out(self, readers: Iterable[str]) -> None:
        """Fail unless every reader has it, and nobody else."""
        assert set(self.mails) == set(readers)

    def assert_copies_are_equal(self) -> None:
        """Fail unless the copies of a reader's message are the same bytes, with a Message-ID of no other reader's."""
        ids = {recipient: {_message_id(mail) for mail in mails} for recipient, mails in self.mails.items()}
        assert [recipient for recipient, mails in self.mails.items() if len(set(mails)) != 1] == []
        assert [recipient for recipient, found in ids.items() if len(found) != 1] == []
        assert len(set.union(set(), *ids.values())) == len(self.mails)


def number_taken(sink: SmtpSink) -> int:
    """Return how many messages a relay has in its folder, those of which it has only the beginning included."""
    return sum(1 for _ in Path(sink.folder).iterdir())


def _message_id(mail: bytes) -> bytes:
    found = _MESSAGE_ID.search(mail)
    assert found is not None, mail[:500]
    return found[1]
