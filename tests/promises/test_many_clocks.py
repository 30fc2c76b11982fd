"""Several schedulers at once publish each day once, and mail it once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from live_newsroom import DAY, HOUR, LiveNewsroom, until, utc

BEGIN = date(2026, 3, 1)


class Ticker:
    """A process that ticks when it is told."""

    def __init__(self, live: LiveNewsroom) -> None:
        script = Path(__file__).with_name("ticking.py")
        self.process = subprocess.Popen(
            [sys.executable, script, live.home, live.database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def tell(self, now: datetime) -> None:
        """Let it tick."""
        assert self.process.stdin
        self.process.stdin.write(now.isoformat() + "\n")

    def hear(self) -> str:
        """Wait until the tick has ended; return the days that it published."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the process ended"
        return line.strip()


@contextmanager
def three_tickers(live: LiveNewsroom) -> Iterator[list[Ticker]]:
    tickers = [Ticker(live) for _ in range(3)]
    try:
        assert [ticker.hear() for ticker in tickers] == ["ready"] * 3
        yield tickers
    finally:
        for ticker in tickers:
            ticker.process.kill()
            ticker.process.communicate()


@pytest.mark.parametrize(
    ("database_url", "ticks", "apart"),
    [
        pytest.param("postgresql", 24, 6 * HOUR, id="postgresql-6 days"),
        *(
            pytest.param(kind, 200, apart, id=f"{kind}-{days} days", marks=pytest.mark.chaos)
            for kind in ("sqlite", "postgresql")
            for apart, days in ((4 * HOUR, 33), (DAY, 200))
        ),
    ],
    indirect=["database_url"],
)
def test_three_processes_that_tick_at_the_same_moments_publish_each_day_once(live, ticks, apart):
    readers = live.prepare(BEGIN, readers=2)
    first = utc(2026, 3, 1, 6)
    instants = [first + apart * number for number in range(ticks)]
    wanted = [BEGIN + DAY * number for number in range((instants[-1] - first).days + 1)]

    published: list[str] = []
    with three_tickers(live) as tickers:
        for now in instants:
            for ticker in tickers:
                ticker.tell(now)
            for ticker in tickers:
                published += ticker.hear().split()

    assert sorted(published) == [str(day) for day in wanted], "no two processes think that they published one day"
    assert live.days() == wanted
    assert [issue.number for issue in live.issues()] == list(range(1, len(wanted) + 1))
    assert live.mailed_days() == wanted
    assert set(Counter(each.state for each in live.deliveries())) == {"sent"}
    assert all(live.outbox().days(reader) == [str(day) for day in wanted] for reader in readers)


@pytest.mark.chaos
def test_three_schedulers_started_together_catch_up_and_cross_the_same_instants_without_a_double(live):
    """
    Forty missed days, two transactions' worth, and then the instants of four editions.

    All three are live when the clock, the barrier here, is moved past each instant.
    """
    readers = live.prepare(BEGIN)
    today = BEGIN + 40 * DAY
    others = {f"edition-{minute}": f"06:{minute}" for minute in (20, 35, 50)}
    for slug, at in others.items():
        live.add_edition(slug, today, at, readers)
    morning = datetime.combine(today, time(6), utc(2026, 1, 1).tzinfo)

    live.clock.show(morning - timedelta(seconds=20))
    parts = [live.start("schedule") for _ in range(3)]
    until(lambda: len(live.days()) >= 40, "the days that were missed")
    until(lambda: all("clock ticks" in part.said() for part in parts), "three clocks")
    for minute in (1, 21, 36, 51):
        live.clock.show(morning + timedelta(minutes=minute))
        live.await_ticks()
    until(lambda: all(live.days(slug) for slug in others), "the other editions' issues")
    until(lambda: not live.undone(), "the mail")

    assert [part.stop() for part in parts] == [0, 0, 0], "a scheduler that is told to end ends well"
    assert live.days() == [BEGIN + DAY * number for number in range(41)]
    assert [issue.number for issue in live.issues()] == list(range(1, 42))
    assert live.mailed_days() == [today]
    assert [(live.days(slug), live.mailed_days(slug)) for slug in others] == [([today], [today])] * 3
    assert Counter(live.outbox().files.values()) == {1: len(readers) * 4}
    assert all("Traceback" not in part.said() for part in parts)
    assert live.holds() == []
