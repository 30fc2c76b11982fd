"""The clock with real threads, and with a wall clock that is set; its guard with plain readings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from servers.missing import missing

from scheduler.clock import Clock, ClockGuard, Reading, before_last_instant, read_clocks

ROOT = Path(__file__).parents[2]
LIBFAKETIME = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketimeMT.so.1"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Ticks:
    """What a clock calls: it keeps the instants, and can be waited for."""

    def __init__(self, work=lambda _: None) -> None:
        self.seen: list[datetime] = []
        self._work = work
        self._more = threading.Condition()

    def __call__(self, now: datetime) -> None:
        with self._more:
            self.seen.append(now)
            self._more.notify_all()
        self._work(now)

    def reach(self, number: int, seconds: float = 10) -> bool:
        """Wait until there were *number* ticks; say whether there were."""
        with self._more:
            return self._more.wait_for(lambda: len(self.seen) >= number, seconds)

    def more(self, number: int = 2) -> bool:
        """Wait for *number* more ticks."""
        return self.reach(len(self.seen) + number)


@contextmanager
def running(tick, **options):
    clock = Clock(tick, **{"seconds": 0.02, **options})
    clock.start()
    try:
        yield clock
    finally:
        assert clock.stop()


def fail(now: datetime) -> None:
    raise RuntimeError("the database is away")


def test_it_ticks_at_once_and_again_and_again():
    ticks = Ticks()
    before = datetime.now(UTC)
    with running(ticks, seconds=3_600):
        assert ticks.reach(1)
    with running(ticks) as clock:
        assert ticks.more(5)

    assert before <= ticks.seen[0]
    assert ticks.seen == sorted(ticks.seen)
    assert all(now.tzinfo is UTC for now in ticks.seen)
    assert clock.last_tick_at == ticks.seen[-1]


def test_a_tick_that_fails_is_logged_and_the_clock_goes_on(capsys):
    ticks = Ticks(fail)
    with running(ticks) as clock:
        assert ticks.reach(3)

    assert clock.last_tick_at is None
    assert "the database is away" in capsys.readouterr().out


def test_one_tick_runs_at_a_time():
    running_now, most = [], []

    def work(now: datetime) -> None:
        running_now.append(now)
        most.append(len(running_now))
        threading.Event().wait(0.1)
        running_now.pop()

    ticks = Ticks(work)
    with running(ticks):
        assert ticks.reach(4)

    assert set(most) == {1}


def test_it_stops_after_its_patience_though_a_tick_takes_long():
    leave = threading.Event()
    ticks = Ticks(lambda _: leave.wait(10))
    clock = Clock(ticks, seconds=0.02)
    clock.start()
    assert ticks.reach(1)
    began = time.monotonic()

    assert not clock.stop(patience=0.2), "the tick goes on"
    assert clock.stopping
    assert time.monotonic() - began < 5
    leave.set()
    assert clock.stop(), "it has ended"
    assert len(ticks.seen) == 1


def test_after_it_has_stopped_it_ticks_no_more():
    ticks = Ticks()
    with running(ticks):
        assert ticks.reach(2)
    seen = len(ticks.seen)
    threading.Event().wait(0.1)

    assert len(ticks.seen) == seen


def test_a_clock_that_never_started_can_be_stopped():
    assert Clock(Ticks()).stop()


def test_a_signal_can_stop_the_one_who_waits_for_it():
    ticks = Ticks()
    with running(ticks) as clock:
        before = signal.signal(signal.SIGUSR1, lambda *_: clock.stop())
        try:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            clock.join()
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert ticks.seen


@pytest.mark.parametrize("step", [timedelta(days=-1), timedelta(hours=-1, minutes=-1), timedelta(days=3_650)])
def test_a_wall_clock_that_is_set_neither_stops_the_ticks_nor_floods_them(step):
    """APScheduler alone sleeps through a step back, and makes up for each tick that a step forward skips."""
    ticks, told = Ticks(), []

    def alarm(now: datetime, fault: str) -> None:
        told.append((now, fault, now in ticks.seen))

    with running(ticks, alarm=alarm):
        assert ticks.more()
        with time_machine.travel(datetime.now(UTC) + step):
            began = time.monotonic()
            assert ticks.more(5)
            assert time.monotonic() - began > 0.05, "a tick each 0.02 s, no more"
        assert ticks.more()

    assert len(told) == 2, "set, and set again to what it was"
    now, fault, ticked_before = told[0]
    assert fault.startswith(f"the clock was set {'back' if step < timedelta() else 'forward'} by ")
    assert now in ticks.seen
    assert not ticked_before, "the alarm comes before the tick"


def test_while_the_alarm_fails_there_is_no_tick_and_it_is_told_again():
    ticks, alarms = Ticks(), Ticks(fail)
    with running(ticks, alarm=lambda now, _: alarms(now)):
        assert ticks.reach(2)
        with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
            assert alarms.reach(3)
            wrong = [now for now in ticks.seen if now >= alarms.seen[0]]

    assert wrong == []


def test_without_an_alarm_a_fault_is_logged(capsys):
    ticks = Ticks()
    with running(ticks):
        assert ticks.reach(1)
        with time_machine.travel(datetime.now(UTC) + timedelta(days=2, minutes=1)):
            assert ticks.more()

    assert "the clock was set forward by 2 days" in capsys.readouterr().out


# The guard


def guard() -> ClockGuard:
    return ClockGuard(anchor=Reading(wall=NOON, steady=100))


def reading(*, wall: timedelta, steady: timedelta) -> Reading:
    """Return a reading so long after the anchor, by either clock."""
    return Reading(wall=NOON + wall, steady=100 + steady.total_seconds())


HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("wall", "steady", "fault"),
    [
        (SECOND, SECOND, None),
        (timedelta(days=30), timedelta(days=30), None),
        (HOUR, timedelta(), None),
        (-HOUR, timedelta(), None),
        (HOUR + SECOND, timedelta(), "forward by 1 hour while we ran: it now says 2026-11-22 13:00 UTC"),
        (-HOUR - SECOND, timedelta(), "back by 1 hour while we ran: it now says 2026-11-22 10:59 UTC"),
        (timedelta(days=8), HOUR, "forward by 7 days while we ran: it now says 2026-11-30 12:00 UTC"),
        (timedelta(), timedelta(hours=3), "back by 3 hours while we ran: it now says 2026-11-22 12:00 UTC"),
    ],
)
def test_a_wall_clock_that_parts_from_the_steady_one_by_more_than_an_hour_is_a_fault(wall, steady, fault):
    assert guard().fault(reading(wall=wall, steady=steady)) == (fault and f"the clock was set {fault}")


def test_small_steps_add_up():
    steps = [reading(wall=timedelta(minutes=25 * number), steady=SECOND * number) for number in range(1, 4)]

    assert [guard().fault(step) is not None for step in steps] == [False, False, True]


def test_a_fault_that_was_told_is_where_the_next_is_measured_from():
    jumped = reading(wall=timedelta(days=1), steady=SECOND)
    after = guard().anchored(jumped)

    assert after.fault(jumped) is None
    assert after.fault(reading(wall=timedelta(days=1) + HOUR, steady=HOUR)) is None
    assert after.fault(reading(wall=HOUR, steady=HOUR)) is not None


def test_the_steady_clock_moves_with_the_wall_clock_of_a_sound_machine():
    anchor = read_clocks()
    threading.Event().wait(0.05)
    later = read_clocks()

    assert later.wall.tzinfo is UTC
    assert later.steady > anchor.steady
    assert ClockGuard(anchor=anchor).fault(later) is None


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        (NOON, None),
        (NOON + timedelta(days=30), None),
        (NOON - timedelta(seconds=60), None),
        (
            NOON - timedelta(seconds=61),
            "the clock says 2026-11-22 11:58 UTC, 1 minute before the last instant on record, 2026-11-22 12:00 UTC",
        ),
        (
            NOON - timedelta(days=3),
            "the clock says 2026-11-19 12:00 UTC, 3 days before the last instant on record, 2026-11-22 12:00 UTC",
        ),
    ],
)
def test_an_instant_before_the_last_on_record_is_a_fault_but_for_what_hosts_differ(now, fault):
    assert before_last_instant(now, NOON) == fault


def test_without_a_record_no_instant_is_a_fault():
    assert before_last_instant(NOON, None) is None


def test_a_narrower_tolerance_can_be_asked_for():
    assert before_last_instant(NOON - SECOND, NOON, timedelta()) is not None
    assert before_last_instant(NOON - SECOND, NOON, timedelta()).count("less than a minute before") == 1


# A live process whose clock is set


LIVE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from scheduler.clock import Clock
clock = Clock(
    lambda now: print("tick", now.date(), flush=True),
    alarm=lambda now, fault: print("fault", fault, flush=True),
    seconds=0.2,
)
clock.start()
sys.stdin.read()
clock.stop()
"""


def test_a_clock_that_is_set_under_a_live_process_is_told_and_ticks_go_on(tmp_path):
    """With libfaketime; it leaves `CLOCK_BOOTTIME` alone when told not to fake the monotonic clock."""
    if not LIBFAKETIME.exists():
        missing("libfaketime", install="apt-get install libfaketime")
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    environment = {
        **os.environ,
        "LD_PRELOAD": str(LIBFAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-c", LIVE, str(ROOT)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        today = process.stdout.readline()
        told = []
        for step, direction in [("+8d\n", "forward"), ("-1d\n", "back")]:
            offset.write_text(step)
            told.append(next(line for line in process.stdout if line.startswith("fault")))
            assert f"set {direction} by" in told[-1]
            assert process.stdout.readline().startswith("tick")
            assert process.stdout.readline().startswith("tick")
        process.stdin.close()
        assert process.wait(5) == 0

    assert today.startswith("tick")
    assert "by 8 days" in told[0]
    assert "by 9 days" in told[1] or "by 8 days" in told[1]
