"""
The clock: APScheduler as a plain tick, and the guard that tells a wrong clock.

The tick decides nothing. It calls a function with the instant it is; what is due is read from the
database (`scheduler.due`), so that a tick too many or too few does no harm. Its state is in
memory only: a job store is never shared between processes.

Nothing here calls `time.sleep`: waiting on an event can be ended by `stop`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

import structlog
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from scheduler.steady import read_steady

#: How far the wall clock may part from the steady one, and a host's clock from another's.
MOST_DRIFT = timedelta(hours=1)
#: How far before the last recorded instant *now* may lie: several hosts write to one database, and
#: clocks that NTP keeps differ by much less than a minute.
HOSTS_DIFFER = timedelta(seconds=60)
#: How long two looks may lie apart that count as one.
_ONE_MOMENT_SECONDS = 1.0
#: How long a signal may have to wait until it is acted on.
_LOOK_SECONDS = 0.5

_log = structlog.get_logger(__name__)

Tick = Callable[[datetime], object]
Alarm = Callable[[datetime, str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What two clocks showed at one moment: *wall* aware in UTC, *steady* in seconds since the start."""

    wall: datetime
    steady: float


def read_clocks() -> Reading:
    """Read the wall clock and the steady clock."""
    while True:
        steady = read_steady()
        wall = datetime.now(UTC)
        # Who was put to sleep between the two looks has clocks that seem to have parted: he looks again.
        if read_steady() - steady <= _ONE_MOMENT_SECONDS:
            return Reading(wall=wall, steady=steady)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockGuard:
    """
    The judge of a running process's clocks.

    The *anchor* is the reading that both clocks are compared with from then on: the process's
    first, and after each fault the reading that showed it.
    """

    anchor: Reading

    def fault(self, reading: Reading) -> str | None:
        """Return, in words, how far the wall clock has parted from the steady one, or `None` if it has not."""
        passed = timedelta(seconds=reading.steady - self.anchor.steady)
        drift = reading.wall - self.anchor.wall - passed
        if abs(drift) <= MOST_DRIFT:
            return None
        direction = "forward" if drift > timedelta() else "back"
        shown = f"{reading.wall:%Y-%m-%d %H:%M} UTC"
        return f"the clock was set {direction} by {_span(drift)} while we ran: it now says {shown}"

    def anchored(self, reading: Reading) -> ClockGuard:
        """Return the guard that compares with *reading* from now on."""
        return replace(self, anchor=reading)


def before_last_instant(now: datetime, last: datetime | None, tolerance: timedelta = HOSTS_DIFFER) -> str | None:
    """
    Return, in words, that *now* lies before the last recorded instant, or `None` if it does not.

    Up to *tolerance* before is no fault: another host's clock may be that far ahead of ours.
    """
    if last is None or now >= last - tolerance:
        return None
    return (
        f"the clock says {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {_span(last - now)} before "
        f"the last instant on record, {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )


class Clock:
    """
    A tick every *seconds*, the first at once, each with the instant it is (aware, UTC).

    One tick runs at a time; one that is still running lets the next pass. What a tick raises is
    logged, and the clock goes on. Before each tick the guard looks at the clocks: a fault is told
    to *alarm*, which has to see to it that nothing is published; if that fails there is no tick,
    and the fault is told again at the next.
    """

    def __init__(self, tick: Tick, *, alarm: Alarm | None = None, seconds: float = 30) -> None:
        #: When a tick last ended without an error.
        self.last_tick_at: datetime | None = None
        self._tick = tick
        self._alarm = alarm
        self._reading = read_clocks()
        self._guard = ClockGuard(anchor=self._reading)
        self._ticking = threading.Lock()
        #: Set by `stop`: what is in the middle of long work does well to look.
        self.stopping = False
        # A plain event may not be set by a signal that interrupts the thread which waits on it.
        self._stopped: SimpleQueue[None] = SimpleQueue()
        self._scheduler = _SteadyScheduler(timedelta(seconds=seconds))
        self._scheduler.add_job(self._run, _Every(timedelta(seconds=seconds)))

    def now(self) -> datetime:
        """
        Return the instant it is: that of the newest tick, and what the steady clock counted since.

        Who works for long in a tick, or was paused in it, asks this: nobody has set that clock meanwhile.
        """
        return self._reading.wall + timedelta(seconds=read_steady() - self._reading.steady)

    def start(self) -> None:
        """Begin to tick, in a thread of its own."""
        self._scheduler.start()

    def join(self) -> None:
        """Wait until `stop` is called; a signal may call it."""
        # The kernel may hand a signal to any thread, but Python acts on it in the main one: that wakes to look.
        while True:
            with suppress(Empty):
                return self._stopped.get(timeout=_LOOK_SECONDS)

    def stop(self, patience: float = 5) -> bool:
        """
        Start no more ticks; wait *patience* seconds for one that runs, and say whether it has ended.

        A tick that has not ended goes on: it is a transaction, and ends or is rolled back.
        """
        self.stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._stopped.put(None)
        ended = self._ticking.acquire(timeout=patience)
        if ended:
            self._ticking.release()
        return ended

    def _run(self) -> None:
        with self._ticking:
            if self.stopping:
                return
            try:
                self._look(read_clocks())
            except Exception:  # noqa: BLE001 -- an edge: the clock outlives whatever a tick raises
                _log.exception("tick failed")

    def _look(self, reading: Reading) -> None:
        """Tell a fault of the clocks, if there is one; then tick."""
        self._reading = reading
        fault = self._guard.fault(reading)
        if fault is not None:
            _log.error("clock fault", fault=fault)
            if self._alarm is not None:
                self._alarm(reading.wall, fault)
            self._guard = self._guard.anchored(reading)
        self._tick(reading.wall)
        self.last_tick_at = reading.wall


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """
    A trigger that fires at once, and again a period after each time it is asked.

    `IntervalTrigger` counts every period that a clock set forward has skipped, one by one.
    """

    def __init__(self, period: timedelta) -> None:
        self.period = period

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the wall time at which the job is due next."""
        return now if previous is None else now + self.period


class _SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler has no types
    """
    A scheduler that a clock set back does not put to sleep.

    APScheduler waits until the wall clock shows a job's time, which is a day away after a step of
    a day back. Here the wait is never longer than the period, by the steady clock, and a job whose
    time lies further ahead than that is due now.
    """

    def __init__(self, period: timedelta) -> None:
        # That a tick is passed while one still runs is as it should be, and no warning.
        quiet = logging.getLogger(__name__)
        quiet.setLevel(logging.ERROR)
        super().__init__(
            logger=quiet,
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self._period = period

    def _process_jobs(self) -> float:
        now = datetime.now(UTC)
        for job in self.get_jobs():
            if job.next_run_time > now + self._period:
                job.modify(next_run_time=now)
        longest = self._period.total_seconds()
        wait: float | None = super()._process_jobs()
        return longest if wait is None else min(wait, longest)


def _span(length: timedelta) -> str:
    """Say a length of time in its largest unit: "3 days", "1 hour"."""
    seconds = round(abs(length).total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return "less than a minute"
