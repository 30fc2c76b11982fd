"""
Lives of a newsroom: what editors do and what befalls the service, played on a real database, and what must stay true.

As a program it plays ten years and prints every pick: `python tests/press/lives.py ADDRESS FOLDER SEED`.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from rooms import MAX_LATE, Room, an_edition, at, starter

from newsletter.archive import issues
from newsletter.errors import NewsletterError
from newsletter.models import Edition, Issue, Rule, Status
from newsletter.store import Store
from scheduler.calendar import due_at, edition_day, is_publication_day

RERUN_DAYS = 30
ZONES = ("UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/Berlin", "Africa/Cairo", "Asia/Kathmandu")
HOURS = ("00:00", "02:30", "06:00", "23:59")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Some *hours* pass, then somebody does an *act*; *which*, *ahead* and *days* say on what."""

    hours: float
    act: str = "nothing"
    which: int = 0
    ahead: int = 0
    days: int = 1


@dataclass
class Held:
    """A hold as the tests remember it: *first* and *last* are `None` for everything."""

    first: date | None
    last: date | None
    set_at: datetime
    released: list[tuple[date, date, datetime]] = field(default_factory=list)

    def includes(self, day: date) -> bool:
        return self.first is None or self.first <= day <= self.last

    def until(self, day: date) -> datetime | None:
        """Return when *day* was released from it."""
        return min((when for first, last, when in self.released if first <= day <= last), default=None)


class Life:
    """A room, what was done in it, and the checks after every tick."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.now = at(0)
        self.picks: dict[date, tuple[str, Rule]] = {}
        self.holds: list[Held] = []
        self.acts: dict[str, Callable[[Step], object]] = {
            "nothing": lambda _: None,
            "restart": lambda _: room.restart(),
            "pin": lambda step: room.desk.enqueue(None, self.slug(step), self.now, day=self.day(step)),
            "queue": lambda step: room.desk.enqueue(None, self.slug(step), self.now),
            "unplan": lambda step: room.desk.remove(None, self.slug(step)),
            "hold": self.hold,
            "hold all": lambda _: self.hold_all(),
            "release": self.release,
            "release all": lambda _: self.release_all(),
            "force": self.force,
            "early": lambda _: room.press.publish(None, self.today, self.now, early=True),
            "zone": lambda step: self.change({"zone": ZONES[step.which % len(ZONES)]}),
            "hour": lambda step: self.change({"time": HOURS[step.which % len(HOURS)]}),
            "retire": lambda step: room.set_status(self.slug(step), Status.RETIRED),
            "ready": lambda step: room.set_status(self.slug(step), Status.READY),
            "correct": lambda step: room.press.correct(None, self.slug(step), f"Note {step.days}.", self.now),
            "withdraw": lambda step: room.press.withdraw(None, self.day(step, -1), "A notice.", self.now),
        }

    # Acts

    @property
    def edition(self) -> Edition:
        return self.room.desk.edition(None)

    @property
    def today(self) -> date:
        return edition_day(self.edition, self.now)

    def change(self, values: dict[str, str]) -> None:
        self.room.desk.set_edition("daily-dose", values, self.now)

    def slug(self, step: Step) -> str:
        return starter()[step.which % len(starter())].slug

    def day(self, step: Step, direction: int = 1) -> date:
        return self.today + direction * timedelta(days=step.ahead)

    def hold(self, step: Step) -> None:
        first, last = self.day(step), self.day(step) + timedelta(days=step.days - 1)
        self.room.press.hold(None, (first, last), self.now)
        self.holds.append(Held(first, last, self.now))

    def hold_all(self) -> None:
        self.room.press.hold(None, None, self.now)
        self.holds.append(Held(None, None, self.now))

    def release(self, step: Step) -> None:
        first, last = self.day(step), self.day(step) + timedelta(days=step.days - 1)
        self.room.press.release(None, (first, last), self.now)
        for held in self.holds:
            if held.first is not None:
                held.released.append((first, last, self.now))

    def release_all(self) -> None:
        self.room.press.release(None, None, self.now)
        for held in self.holds:
            if held.first is None:
                held.released.append((date.min, date.max, self.now))

    def force(self, step: Step) -> None:
        day = self.day(step, -1)
        filled = day not in self.picks
        issue = self.room.press.publish(None, day, self.now, force=True)
        if filled:
            self.check_rest(issue)
            self.picks[issue.day] = (issue.entry.slug, issue.rule)

    # Playing

    def play(self, steps: Iterable[Step]) -> Life:
        """Play steps, with a tick after each; check what must stay true."""
        for step in steps:
            self.now += timedelta(hours=step.hours)
            with suppress(NewsletterError):
                self.acts[step.act](step)
            if step.act in ("early", "force"):
                self.see_what_came()
            pinned = {line.day: line.waiting for line in self.room.desk.line(None) if line.day}
            made = self.room.press.tick(self.now)
            for issue in made:
                pin = pinned.get(issue.day)
                if pin is not None and pin.obstacle is None:
                    assert (issue.entry.slug, issue.rule) == (pin.slug, Rule.PINNED), f"{issue.day} has its pin"
            self.check_mailed(made)
            self.note(made)
        self.check_the_end()
        return self

    def check_mailed(self, made: Sequence[Issue]) -> None:
        """Check that a tick mailed its newest day alone, while it was fresh, and that no other took from the queue."""
        for issue in made:
            with self.room.store.reading() as connection:
                kept = issues.get(connection, "daily-dose", issue.day)
            fresh = issue is made[-1] and self.now - kept.due_at <= MAX_LATE
            assert kept.mailed is fresh, f"{issue.day} at {self.now}"
            assert fresh or kept.rule is not Rule.QUEUED, "what was missed never spends the queue"

    def see_what_came(self) -> None:
        """Note what came with a day that an editor asked for: the days that were missed before it."""
        newest = max(self.picks, default=self.edition.since)
        with self.room.store.reading() as connection:
            since = newest - timedelta(days=60)
            self.note(issues.between(connection, "daily-dose", since, self.today + timedelta(days=1)))

    def note(self, made: Iterable[Issue]) -> None:
        """Check issues that nobody forced, and remember them."""
        for issue in made:
            if issue.day in self.picks:
                continue
            assert not self.is_held(issue), f"{issue.day} is held"
            assert not (issue.caught_up and issue.rule is Rule.QUEUED), "what was missed never spends the queue"
            self.check_rest(issue)
            self.picks[issue.day] = (issue.entry.slug, issue.rule)

    def is_held(self, issue: Issue) -> bool:
        for held in self.holds:
            until = held.until(issue.day)
            if held.includes(issue.day) and (until is None or held.set_at <= issue.due_at < until):
                return True
        return False

    def check_rest(self, issue: Issue) -> None:
        before = [abs((issue.day - day).days) for day, (slug, _) in self.picks.items() if slug == issue.entry.slug]
        nearest = min(before, default=10_000)
        if issue.rule in (Rule.ANNIVERSARY, Rule.ROTATION):
            assert nearest >= self.edition.rest_days, f"{issue.entry.slug} rests on {issue.day}"
        if issue.rule is Rule.RERUN:
            assert nearest >= RERUN_DAYS, f"{issue.entry.slug} was published within {RERUN_DAYS} days of {issue.day}"

    def check_the_end(self) -> None:
        edition, kept = self.edition, self.room.issues()
        assert [issue.day for issue in kept] == sorted(self.picks), "every issue was seen, once"
        assert sorted(issue.number for issue in kept) == list(range(1, len(kept) + 1))
        assert len({issue.published_at for issue in kept}) == len(kept)
        with self.room.store.reading() as connection:
            assert issues.altered(connection) == []
        for line in self.room.desk.line(None):
            if line.day in self.picks:
                assert line.waiting.obstacle is not None, f"the pin of {line.day} was taken"
        for missing in self.gaps(edition):
            due = due_at(edition, missing)
            assert any(
                held.includes(missing) and ((until := held.until(missing)) is None or due < until)
                for held in self.holds
            ), f"{missing} was held"

    def gaps(self, edition: Edition) -> Iterator[date]:
        newest = max(self.picks, default=edition.since)
        for number in range((newest - edition.since).days):
            day = edition.since + timedelta(days=number)
            if day not in self.picks and is_publication_day(edition, day):
                yield day

    def told(self) -> list[list[str]]:
        """Return every pick, as JSON has it."""
        return [[str(day), slug, str(rule)] for day, (slug, rule) in sorted(self.picks.items())]


def settle(store: Store, folder: Path) -> Room:
    """Return a room with the starter archive and one edition, in an empty database."""
    room = Room(store, folder)
    room.open(an_edition())
    room.add(*starter())
    room.subscribe("reader@example.org")
    return room


#: What happens in the years of a newsroom, by how often.
USUAL = {
    "nothing": 30, "restart": 6, "pin": 14, "queue": 10, "unplan": 2, "hold": 5, "hold all": 1, "release": 3,
    "release all": 6, "force": 3, "early": 2, "zone": 2, "hour": 2, "retire": 2, "ready": 4, "correct": 2,
    "withdraw": 1,
}  # fmt: skip
#: Hours between two ticks: a day mostly, and weeks of downtime.
PAUSES = (24, 24, 24, 30, 72, 24 * 7, 24 * 14, 24 * 30, 24 * 40)


def usual_steps(seed: int, days: int) -> Iterator[Step]:
    """Yield the steps of so many days, the same for a seed in any process."""
    chance = random.Random(seed)
    passed = 0.0
    while passed < days * 24:
        step = Step(
            hours=chance.choice(PAUSES) + chance.choice((-1, 0, 0, 1)),
            act=chance.choices(list(USUAL), list(USUAL.values()))[0],
            which=chance.randrange(1000),
            ahead=chance.randrange(40),
            days=chance.randrange(1, 10),
        )
        passed += step.hours
        yield step


def main() -> None:
    address, folder, seed, days = sys.argv[1:]
    store = Store(address)
    life = Life(settle(store, Path(folder))).play(usual_steps(int(seed), int(days)))
    print(json.dumps(life.told()))


if __name__ == "__main__":
    main()
