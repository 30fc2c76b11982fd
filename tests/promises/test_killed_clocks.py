"""
Three schedulers on one database, started together, killed, paused and started again at random, for many days.

The clock crosses due instants by hours and days while all of them are dead, and by minutes while
they live: a live clock that jumps further is a fault by design.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from live_newsroom import DAY, HOUR, LiveNewsroom, Part, until, utc

BEGIN = date(2026, 3, 1)
HELD = BEGIN + 2 * DAY
DUE = utc(2026, 3, 1, 6)
MINUTE = timedelta(minutes=1)
#: What is left of the hour that a live clock may be set by, with a margin for the machine's own slowness.
LIVE_MINUTES = 50


@dataclass(kw_only=True, slots=True)
class Tally:
    """What a storm has done: a check that nothing was done to proves nothing."""

    started: int = 0
    kills: int = 0
    pauses: int = 0
    crossed_alive: int = 0
    crossed_dead: int = 0
    caught_sending: int = 0


class Storm:
    """Kills, pauses and starts processes of a newsroom, and moves its clock, as the dice say."""

    def __init__(self, live: LiveNewsroom, dice: random.Random) -> None:
        self.live = live
        self.dice = dice
        self.parts: list[Part] = []
        self.tally = Tally()

    # Time.

    def pass_time(self, span: timedelta) -> None:
        """Move the clock, and count the due instants that it crosses; some are crossed without us, by real time."""
        before = due_by(self.live.clock.now())
        self.live.clock.advance(span)
        crossed = due_by(self.live.clock.now())
        if not any(part.runs() for part in self.parts):
            self.tally.crossed_dead += crossed - before
        self.tally.crossed_alive = crossed - self.tally.crossed_dead

    # Processes.

    def start(self) -> Part:
        self.tally.started += 1
        return self.live.start("schedule")

    def start_together(self) -> None:
        """Start three, and wait until one of them ticks."""
        self.parts = [self.start() for _ in range(3)]
        until(lambda: any(part.ticks() for part in self.parts), "a clock that ticks")

    def kill(self, part: Part) -> None:
        part.kill()
        self.tally.kills += 1

    def stroke(self, kind: str, step: timedelta) -> None:
        """Let minutes pass over the living, kill one and start it again, or let minutes pass while one stands still."""
        place = self.dice.randrange(3)
        if kind == "time":
            self.pass_time(step)
        elif kind == "kill":
            self.kill(self.parts[place])
            self.parts[place] = self.start()
        else:
            self.parts[place].pause()
            self.tally.pauses += 1
            self.pass_time(step)
            time.sleep(self.dice.uniform(0, 1))
            self.parts[place].resume()
        time.sleep(self.dice.uniform(0, 0.7))

    def rage(self, strokes: Sequence[str], *, letters: int, patience: float) -> None:
        """Strike; in the end kill all, some while they send: when so many more letters lie in the outbox, or late."""
        minutes = LIVE_MINUTES
        before = self.live.letters()
        for kind in strokes:
            step = min(self.dice.randint(5, 20), minutes)
            minutes -= 0 if kind == "kill" else step
            self.stroke(kind, step * MINUTE)
        end = time.monotonic() + patience
        while time.monotonic() < end and self.live.letters() < before + letters:
            time.sleep(0.002)
        for part in self.dice.sample(self.parts, 3):
            self.kill(part)
        self.tally.caught_sending += bool(self.live.undone())

    def settle(self) -> None:
        """Let one process alone end what the dead left undone, once their leases are over."""
        self.pass_time(5 * MINUTE)
        part = self.live.start_ticking()
        day = (next_due(self.live.clock.now()) - DAY).date()
        until(lambda: day == HELD or day in self.live.days(), f"the issue of {day}")
        until(lambda: not self.live.undone(), "the mail that the dead left")
        assert part.stop() == 0

    def finish(self) -> None:
        """Let three processes live in peace through one more day, and end well."""
        self.pass_time(next_due(self.live.clock.now()) - MINUTE - self.live.clock.now())
        self.start_together()
        until(lambda: all(part.ticks() for part in self.parts), "three clocks")
        self.pass_time(2 * MINUTE)
        until(
            lambda: self.live.clock.now().date() in self.live.days() and not self.live.undone(), "the last day's mail"
        )
        assert [part.stop() for part in self.parts] == [0, 0, 0]


def due_by(now: datetime) -> int:
    """Return how many days are due by *now*."""
    return max((now - DUE) // DAY + 1, 0)


def next_due(now: datetime) -> datetime:
    """Return the first due instant after *now*."""
    return DUE + due_by(now) * DAY


def begin(live: LiveNewsroom, readers: int) -> list[str]:
    """Subscribe readers, hold a day, and set the clock to before the first day is due."""
    addresses = live.prepare(BEGIN, readers=readers)
    live.clock.show(DUE - 3 * MINUTE)
    with live.opened() as room:
        room.press.hold(None, (HELD, HELD), DUE - HOUR, "a day of mourning")
    return addresses


def assert_sound(live: LiveNewsroom, readers: list[str]) -> None:
    """Whatever happened: each day that was crossed has one issue but the held one, and nobody was sent one twice."""
    crossed = [BEGIN + number * DAY for number in range(due_by(live.clock.now()))]
    assert HELD in crossed
    assert live.days() == [day for day in crossed if day != HELD]
    issues = live.issues()
    assert [issue.number for issue in issues] == list(range(1, len(crossed)))
    assert max(issue.mailed for issue in issues) == 1
    assert {hold.origin for hold in live.holds()} == {"editor"}, "no step was a fault of the clock"

    deliveries = live.deliveries()
    assert {each.state for each in deliveries} <= {"sent", "suppressed"}
    assert Counter(each.day for each in deliveries) == {day: len(readers) for day in live.mailed_days()}
    files = Counter((reader, page[-10:].replace("/", "-")) for reader, page in live.outbox().files.elements())
    for each in deliveries:
        found = files.pop((each.address, str(each.day)), 0)
        # One who died between the file and the ledger, and was late when it was seen: the file is there.
        assert found == 1 if each.state == "sent" else found <= 1, (each, found)
    assert not files, "nobody was sent what the ledger does not know"

    with live.opened() as room:
        assert room.press.faults(live.clock.now()) == []
    assert not any("Traceback" in part.said() for part in live.parts)


def test_three_schedulers_killed_and_paused_about_a_due_instant_publish_and_mail_each_day_once(live):
    """The short form: three catch up with three days together, a storm crosses the fourth, and one settles it."""
    readers = begin(live, readers=40)
    storm = Storm(live, random.Random(20260301))

    storm.pass_time(3 * DAY)
    storm.start_together()
    storm.rage(["time", "kill", "pause"], letters=10, patience=20)
    storm.settle()

    tally = storm.tally
    assert (tally.started, tally.kills, tally.pauses, tally.crossed_alive, tally.crossed_dead) == (4, 4, 1, 1, 3)
    assert live.mailed_days() == [BEGIN + 3 * DAY]
    assert {each.state for each in live.deliveries()} == {"sent"}, "each reader has each issue that was mailed"
    assert_sound(live, readers)


@pytest.mark.chaos
def test_two_minutes_of_kills_at_random(live, capsys):
    """The long form: storms at any hour, most of them not settled before the clock leaps on."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    readers = begin(live, readers=400)
    storm = Storm(live, dice)

    end = time.monotonic() + 120
    while time.monotonic() < end:
        storm.start_together()
        strokes = dice.choices(["time", "kill", "pause"], k=dice.randint(1, 6))
        storm.rage(strokes, letters=dice.randint(1, 300), patience=dice.choice([0, 1, 8]))
        if dice.random() < 0.3:
            storm.settle()
        # Often to just before a due instant, so that it is crossed by the living; else by hours and days.
        now = live.clock.now()
        if dice.random() < 0.7:
            storm.pass_time(next_due(now) + dice.randrange(10) * DAY - dice.randint(1, 15) * MINUTE - now)
        else:
            storm.pass_time(dice.uniform(1, 240) * HOUR)
    storm.finish()

    tally = storm.tally
    with capsys.disabled():
        states = dict(Counter(each.state for each in live.deliveries()))
        print(f"\n{live.kind}, seed {seed}: {tally}; {len(live.days())} issues, {states}")
    assert min(tally.kills, tally.crossed_alive + tally.crossed_dead) >= 20, tally
    assert min(tally.pauses, tally.crossed_alive, tally.crossed_dead, tally.caught_sending) >= 1, tally
    assert_sound(live, readers)
    assert "nothing is wrong" in live.command("check")
