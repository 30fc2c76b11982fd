"""
Three schedulers on one database, started together, killed and started again at random, for many days.

The clock crosses due instants by hours and days while all of them are dead, and by minutes while
they live: a live clock that jumps further is a fault by design.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from live_newsroom import DAY, HOUR, LiveNewsroom, Part, until, utc

BEGIN = date(2026, 3, 1)
HELD = BEGIN + 2 * DAY
DUE = utc(2026, 3, 1, 6)
MINUTE = timedelta(minutes=1)
#: What is left of the hour that a live clock may be set by, with a margin for the machine's own slowness.
LIVE_MINUTES = 50


class Storm:
    """Kills and starts processes of a newsroom, and moves its clock, as the dice say."""

    def __init__(self, live: LiveNewsroom, dice: random.Random) -> None:
        self.live = live
        self.dice = dice
        self.parts: list[Part] = []
        self.kills = 0
        self.caught_sending = 0

    def start_together(self) -> None:
        self.parts = [self.live.start("schedule") for _ in range(3)]

    def rage(self, strokes: int, patience: float = 1.5) -> None:
        """Once one of them ticks, let minutes pass, kill and start again; in the end kill all, some while they send."""
        until(lambda: any("clock ticks" in part.said() for part in self.parts), "a clock that ticks")
        minutes = LIVE_MINUTES
        for stroke in range(strokes):
            if stroke % 2 == 0:
                step = min(self.dice.randint(5, 20), minutes)
                minutes -= step
                self.live.clock.advance(step * MINUTE)
            else:
                place = self.dice.randrange(3)
                self.parts[place].kill()
                self.parts[place] = self.live.start("schedule")
                self.kills += 1
            time.sleep(self.dice.uniform(0, 0.7))
        self.await_letters(self.dice.randint(1, 30), patience)
        for part in self.dice.sample(self.parts, 3):
            part.kill()
            self.kills += 1
        self.caught_sending += bool(self.live.undone())

    def await_letters(self, number: int, patience: float) -> None:
        """Wait until so many more letters have gone out, or some seconds: there may be none to send."""
        folder = self.live.home / "outbox" / "new"
        enough, end = sum(1 for _ in folder.glob("*")) + number, time.monotonic() + patience
        while time.monotonic() < end and sum(1 for _ in folder.glob("*")) < enough:
            time.sleep(0.002)

    def settle(self) -> None:
        """Let one process alone end what the dead left undone, once their leases are over."""
        self.live.clock.advance(5 * MINUTE)
        part = self.live.start_ticking()
        day = (next_due(self.live.clock.now()) - DAY).date()
        until(lambda: day == HELD or day in self.live.days(), f"the issue of {day}")
        until(lambda: not self.live.undone(), "the mail that the dead left")
        part.kill()


def assert_sound(live: LiveNewsroom, readers: list[str], *, gap: date) -> None:
    """Whatever happened: each day has one issue but the held one, and nobody was sent one twice."""
    days = live.days()
    last = days[-1]
    assert days == [day for day in (BEGIN + number * DAY for number in range((last - BEGIN).days + 1)) if day != gap]
    issues = live.issues()
    assert [issue.number for issue in issues] == list(range(1, len(days) + 1))
    assert max(Counter(issue.mailed for issue in issues)) == 1
    assert {hold.origin for hold in live.holds()} == {"editor"}, "no step was a fault of the clock"

    deliveries = live.deliveries()
    assert {each.state for each in deliveries} <= {"sent", "suppressed"}
    assert Counter(each.day for each in deliveries) == {day: len(readers) for day in live.mailed_days()}
    letterbox = {reader: Counter(live.outbox().days(reader)) for reader in readers}
    for each in deliveries:
        files = letterbox[each.address].pop(str(each.day), 0)
        # One who died between the file and the ledger, and was late when it was seen: the file is there.
        assert files == 1 if each.state == "sent" else files <= 1, (each, files)
    assert not any(letterbox.values()), "nobody was sent what the ledger does not know"

    assert "nothing is wrong" in live.command("check")
    assert not any("Traceback" in part.said() for part in live.parts)


def finish(live: LiveNewsroom, storm: Storm) -> None:
    """Let three processes live in peace through one more day, and end well."""
    live.clock.show(next_due(live.clock.now()) - MINUTE)
    storm.start_together()
    until(lambda: all("clock ticks" in part.said() for part in storm.parts), "three clocks")
    live.clock.advance(2 * MINUTE)
    until(lambda: live.clock.now().date() in live.days() and not live.undone(), "the last day's mail")
    assert [part.stop() for part in storm.parts] == [0, 0, 0]


def next_due(now: datetime) -> datetime:
    """Return the first due instant after *now*."""
    return DUE + ((now - DUE) // DAY + 1) * DAY


def test_three_schedulers_killed_at_random_publish_and_mail_each_day_once(live):
    """The short form: a storm about a due instant, settled, and three days later three that catch up together."""
    readers = live.prepare(BEGIN, readers=60)
    live.clock.show(DUE - HOUR)
    live.command("hold", str(HELD), "--reason", "a day of mourning")
    storm = Storm(live, random.Random(20260301))

    live.clock.show(DUE - 3 * MINUTE)
    storm.start_together()
    storm.rage(strokes=2, patience=20)
    storm.settle()
    live.clock.advance(3 * DAY)
    finish(live, storm)

    assert_sound(live, readers, gap=HELD)
    assert live.mailed_days() == [BEGIN, BEGIN + 4 * DAY]
    assert {each.state for each in live.deliveries()} == {"sent"}, "each reader has each issue that was mailed"


@pytest.mark.chaos
def test_two_minutes_of_kills_at_random(live):
    """The long form: storms at any hour, most of them not settled before the clock leaps on."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    readers = live.prepare(BEGIN, readers=400)
    live.clock.show(DUE - HOUR)
    live.command("hold", str(HELD), "--reason", "a day of mourning")
    storm = Storm(live, dice)

    end = time.monotonic() + 120
    while time.monotonic() < end:
        storm.start_together()
        storm.rage(dice.randint(0, 6), patience=dice.choice([0, 1, 8]))
        if dice.random() < 0.3:
            storm.settle()
        # Often to just before a due instant, so that it is crossed by the living; else by hours and days.
        if dice.random() < 0.5:
            live.clock.show(next_due(live.clock.now()) + dice.randrange(3) * DAY - dice.randint(1, 20) * MINUTE)
        else:
            live.clock.advance(dice.uniform(1, 60) * HOUR)
    finish(live, storm)

    print(f"{len(live.days())} days, {storm.kills} kills, {storm.caught_sending} storms that caught somebody sending")
    print(Counter(each.state for each in live.deliveries()))
    assert len(live.days()) > 7
    assert_sound(live, readers, gap=HELD)
