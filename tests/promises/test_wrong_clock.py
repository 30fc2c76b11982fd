"""A clock that can't be believed holds everything until an editor says go on; nothing is published or mailed twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest
from live_newsroom import DAY, HOUR, LiveNewsroom, until, utc
from servers.ports import free_port

from newsletter.store.engine import remember

chaos = pytest.mark.chaos
SQLITE, POSTGRESQL = "sqlite", "postgresql"
TODAY = date(2026, 5, 10)
MORNING = utc(2026, 5, 10, 6)
MINUTE = timedelta(minutes=1)

JUMPS = {"an hour on": HOUR + MINUTE, "a day on": DAY, "an hour back": -HOUR}
ORDINARY = {("an hour on", SQLITE, "run"), ("an hour back", POSTGRESQL, "schedule")}


def begin(live: LiveNewsroom, *words: str) -> list[str]:
    """Let the service publish and mail today's issue; return the readers. A second edition follows at 06:40."""
    readers = live.prepare(TODAY)
    live.add_edition("evening", TODAY, "06:40", readers)
    live.extra["DAILY_DOSE_PORT"] = str(free_port())
    live.clock.show(MORNING - MINUTE)
    live.start_ticking(*words)
    live.clock.show(MORNING + MINUTE)
    until(lambda: live.mailed_days() == [TODAY] and not live.undone(), "today's issue and its mail")
    return readers


def plan(live: LiveNewsroom, readers: list[str]) -> str:
    """Pin an entry to tomorrow, and let an editor's hold keep back the mail of a third edition; return the entry."""
    now = live.clock.now()
    live.add_edition("kept", TODAY, "12:00", readers)
    with live.opened() as room:
        slug = room.press.outlook.pick(None, TODAY + 9 * DAY, now).entry
        room.desk.enqueue(None, slug, now, day=TODAY + DAY)
        room.press.hold("kept", (TODAY, TODAY), now)
        room.press.publish("kept", TODAY, now, early=True, force=True)
    assert len(live.undone()) == len(readers)
    return slug


def held(live: LiveNewsroom) -> str:
    """Wait until everything is held by the clock, with one hold; return the reason that is told."""

    def everything() -> list[object]:
        return [hold for hold in live.holds() if hold.edition_id is None]

    until(everything, "a hold")
    (hold,) = everything()
    assert (hold.first, hold.last, hold.origin) == (None, None, "clock")
    return hold.reason


@pytest.mark.parametrize(
    ("database_url", "jump", "word"),
    [
        pytest.param(database, jump, word, marks=[] if (jump, database, word) in ORDINARY else chaos)
        for jump in JUMPS
        for database in (SQLITE, POSTGRESQL)
        for word in ("schedule", "run")
    ],
    indirect=["database_url"],
)
def test_a_live_clock_that_is_set_wrong_holds_everything_until_it_is_right_and_released(live, jump, word):
    readers = begin(live, word)
    (part,) = live.parts
    pinned = plan(live, readers)

    live.clock.advance(JUMPS[jump])
    reason = held(live)
    live.await_ticks()  # under the hold
    assert live.days() == [TODAY], "no second issue, none of tomorrow"
    assert live.days("evening") == [], "what came due by the wrong clock is not published"
    with live.opened() as room:
        problems = room.press.outlook.overview(None, live.clock.now()).problems
    assert any(reason in problem and "release --all" in problem for problem in problems), problems
    assert len(live.undone()) == len(readers), "no mail is given up, and none sent"

    live.clock.advance(-JUMPS[jump])
    live.await_ticks()  # which see it come right, under the hold still
    assert len(live.holds()) == 2
    assert live.days("evening") == []
    assert json.loads(live.command("release", "--all", "--json")) == {"released": 1, "empty": {}}
    live.command("release", str(TODAY), "--edition", "kept")
    live.clock.show(MORNING + 40 * MINUTE + timedelta(seconds=1))
    until(lambda: live.mailed_days("evening") == [TODAY] and not live.undone(), "the next issue, by the same process")
    with live.opened() as room:
        assert [(line.day, line.waiting.slug) for line in room.desk.line(None)] == [(TODAY + DAY, pinned)]

    assert part.runs()
    assert live.holds() == [], "the clock is believed again"
    assert live.days() == live.mailed_days() == [TODAY]
    assert {reader: live.outbox().days(reader) for reader in readers} == {
        reader: [str(TODAY)] * 3 for reader in readers
    }
    assert set(live.outbox().files.values()) == {1}
    assert part.stop() == 0


@pytest.mark.parametrize("database_url", [SQLITE, pytest.param(POSTGRESQL, marks=chaos)], indirect=True)
@pytest.mark.parametrize("back", [2 * MINUTE, pytest.param(3 * DAY, marks=chaos)], ids=["minutes", "days"])
def test_a_restart_before_the_last_recorded_instant_holds_everything(live, back):
    """The dead battery of a host's clock: the first tick tells it."""
    readers = begin(live, "schedule")
    live.parts[0].kill()

    live.clock.advance(-back)
    part = live.start("schedule")
    reason = held(live)
    assert "before the last instant on record" in reason
    assert part.runs(), "it goes on, for who looks at its log"

    live.clock.advance(back + DAY)  # right again, and the next morning
    live.await_ticks()
    assert live.days() == [TODAY], "it is held until an editor says go on"
    with live.opened() as room:
        assert room.press.release(None, None, live.clock.now()) == 1
    part.kill()
    live.clock.advance(DAY)
    live.start_ticking()
    until(lambda: len(live.days()) > 1 and not live.undone(), "the day after")

    days = [TODAY, TODAY + 2 * DAY]  # the one that came due under the hold stays empty
    assert live.days() == live.mailed_days() == days
    assert all(live.outbox().days(reader) == [str(day) for day in days] for reader in readers)
    assert live.holds() == []


@pytest.mark.parametrize("database_url", [SQLITE], indirect=True)
def test_a_wall_clock_set_by_less_than_an_hour_is_no_fault(live):
    """A host that NTP puts right by 59 minutes publishes what that brings due; seconds back are its own affair."""
    live.prepare(TODAY)
    live.clock.show(MORNING - 58 * MINUTE)
    part = live.start_pausable()
    until(part.ticks, "a clock")

    live.clock.advance(59 * MINUTE)
    until(lambda: live.mailed_days() == [TODAY] and not live.undone(), "today's issue and its mail")
    live.stop_after(part, "ticked")
    live.clock.advance(timedelta(seconds=-50))
    live.stop_after(part, "ticked")
    assert live.last_instant() > live.clock.now(), "it ticked before the last instant on record"

    assert live.days() == [TODAY]
    assert live.holds() == []


def test_the_steady_clock_does_not_follow_the_wall_clock(wall_clock):
    """What the guard compares with (`CLOCK_BOOTTIME` here) stays real while libfaketime moves the wall clock."""
    script = (
        "import sys, json; from scheduler.clock import read_clocks\n"
        "for _ in sys.stdin: r = read_clocks(); print(json.dumps([r.wall.timestamp(), r.steady]), flush=True)"
    )
    readings = []
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**wall_clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        for jump in (timedelta(0), 400 * DAY, -800 * DAY):
            wall_clock.advance(jump)
            before = time.clock_gettime(time.CLOCK_BOOTTIME)
            process.stdin.write("\n")
            process.stdin.flush()
            wall, steady = json.loads(process.stdout.readline())
            assert before <= steady <= time.clock_gettime(time.CLOCK_BOOTTIME)
            assert abs(wall - wall_clock.now().timestamp()) < 30
            readings.append((wall, steady))
        process.stdin.close()

    walls = [(wall - readings[0][0]) / DAY.total_seconds() for wall, _ in readings]
    assert [round(days) for days in walls] == [0, 400, -400]


@pytest.mark.parametrize("database_url", [SQLITE, pytest.param(POSTGRESQL, marks=chaos)], indirect=True)
def test_a_tick_that_was_kept_waiting_while_the_clock_was_put_right_is_no_fault(live):
    """A process that waited for the database holds an old instant: the clock is right all the same."""
    live.prepare(TODAY)
    live.clock.show(MORNING - 30 * MINUTE)
    part = live.start_pausable()
    until(part.ticks, "a clock")

    live.stop_after(part, "clocks-read")
    with live.opened() as room, room.store.transaction() as connection:
        part.resume()  # it waits for this transaction now
        live.clock.advance(20 * MINUTE)
        remember(connection, "last_instant", live.clock.now().isoformat())  # as another process does
    live.await_ticks()

    assert live.holds() == []
    live.clock.advance(11 * MINUTE)
    until(lambda: live.mailed_days() == [TODAY], "today's issue")
    assert "held" not in part.said()
