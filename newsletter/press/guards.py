"""What must be true before anything is published or sent: a clock, and a database, that can be believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from newsletter.archive import plans
from newsletter.delivery import generations
from newsletter.delivery.generations import Witness
from newsletter.models import Hold
from newsletter.press import refusals
from newsletter.press.outlook import LAST_TICK
from newsletter.store import Connection, Store
from newsletter.store.engine import remember, remembered
from scheduler.clock import before_last_instant

_log = structlog.get_logger(__name__)

_LAST_INSTANT = "last_instant"


class Guards:
    """Hold everything when the clock, or the database that *witness* (`None`: nobody) knows, can't be believed."""

    def __init__(self, store: Store, witness: Witness | None) -> None:
        self._store = store
        self._witness = witness

    def let_tick(self, now: datetime, look: Callable[[], datetime] | None = None) -> bool:
        """
        Record a tick's instant; say whether it may do its work, and hold everything where the clock is wrong.

        *look* reads the clock again, which tells a fault from an instant that grew old in a process that stood still.
        """
        self._check_database(now)
        fault = self._record(now, tick=True)
        if fault and (look is None or self._record(look()) is not None):
            self.alarm(now, fault)
        return fault is None

    def check(self, now: datetime) -> None:
        """Hold everything and raise `WrongClock` if *now* (UTC) lies before the last recorded instant."""
        self._check_database(now)
        fault = self._record(now)
        if fault:
            self._hold_for_the_clock(now, fault)
            raise refusals.WrongClock(fault)

    def alarm(self, now: datetime, fault: str) -> None:
        """Hold everything, because the clock can't be believed, and log it."""
        self._hold_for_the_clock(now, fault)
        _log.error("everything is held", reason=fault, mend="set the clock right, then `daily-dose release --all`")

    def release_restored(self, now: datetime) -> int:
        """
        Let a restored database send, on a human's word; return how many holds were lifted.

        Holds that an editor set stay. What came due meanwhile stays empty.
        """
        seen = self._witness.seen() if self._witness else None
        with self._store.transaction() as connection:
            lifted = plans.release_all(connection, now, ("restored",))
            own = generations.adopt(connection, seen) if lifted else None
        if own is not None and self._witness is not None:
            self._witness.see(own)
        return lifted

    def _record(self, now: datetime, *, tick: bool = False) -> str | None:
        """Record that it is *now*, and that it is a *tick*'s instant, or say in words why that can't be."""
        with self._store.transaction() as connection:
            last = _last_instant(connection)
            fault = before_last_instant(now, last)
            if fault is None:
                believe(connection, max(now, last or now))
                if tick:
                    remember(connection, LAST_TICK, now.isoformat())
        return fault

    def _hold_for_the_clock(self, now: datetime, fault: str) -> None:
        with self._store.transaction() as connection:
            # What comes due until the release stays empty, whatever instant a wrong clock takes it for.
            since = min(_last_instant(connection) or now, now)
            plans.hold(connection, Hold(edition=None, first=None, last=None, since=since, reason=fault, origin="clock"))

    def _check_database(self, now: datetime) -> None:
        """Hold everything if this database was set back or copied since it last sent mail."""
        fault = self._fault_of_database()
        if fault is None:
            return
        held = Hold(edition=None, first=None, last=None, since=now, reason=fault, origin="restored")
        with self._store.transaction() as connection:
            new = plans.hold(connection, held)
        if new:
            _log.error("everything is held", reason=fault, mend="make sure of it, then `daily-dose release --restored`")

    def _fault_of_database(self) -> str | None:
        """Say why the witness does not vouch for this database, if so; a new one gets a name, and its witness."""
        if self._witness is None:
            return None
        own, seen = generations.compared(self._witness, self._store)
        if generations.is_new(own, seen):
            with self._store.transaction() as connection:
                # Of several processes that start at once the first one names it.
                seen = own = generations.generation(connection) or generations.adopt(connection, None)
            self._witness.see(own)
        return generations.fault(own, seen)


def believe(connection: Connection, now: datetime) -> None:
    """Let *now* be the last recorded instant, whatever was."""
    remember(connection, _LAST_INSTANT, now.isoformat())


def wrong_clock(connection: Connection, now: datetime) -> str | None:
    """Say in words why it can't be *now*, if so."""
    return before_last_instant(now, _last_instant(connection))


def _last_instant(connection: Connection) -> datetime | None:
    last = remembered(connection, _LAST_INSTANT)
    return datetime.fromisoformat(last) if last else None
