"""Ten years of a service on plain values: what happens to it is drawn, what must hold is checked day by day."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_samples import a_hold, an_edition, starter_archive

from newsletter.models import Edition, Hold, Pick, Rule, Schedule
from scheduler.calendar import due_at, edition_day, is_publication_day
from scheduler.due import DueDay, days_due
from scheduler.picker import Shelf, ShelfEntry, Waiting, choose

BEGIN = date(2010, 3, 1)  # Apia loses its day in the second year
YEARS = timedelta(days=3_652)
LATE = timedelta(hours=12)
TICK = timedelta(hours=7)
SELDOM = timedelta(days=9)
BY_EDITOR = {Rule.PINNED, Rule.QUEUED, Rule.RERUN}
ZONES = ["UTC", "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe", "America/Nuuk", "Asia/Tehran"]


@dataclass
class Service:
    """What a database would hold, and the verbs that editors and the clock have."""

    edition: Edition
    archive: dict[UUID, ShelfEntry]
    now: datetime
    issues: dict[date, tuple[Pick, DueDay]] = field(default_factory=dict)
    pins: dict[date, Waiting] = field(default_factory=dict)
    queue: list[Waiting] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shelf = Shelf.of(self.archive.values())

    @property
    def newest(self) -> date | None:
        return next(reversed(self.issues), None)

    @property
    def today(self) -> date:
        return edition_day(self.edition, self.now)

    def run(self, days: int) -> None:
        end = self.now + timedelta(days=days)
        while self.now < end:
            # Under a hold on everything nothing happens, and each look goes over every day since.
            self.now += SELDOM if any(hold.first is None and not hold.until for hold in self.holds) else TICK
            self.tick()

    def tick(self) -> None:
        today, newest = self.today, self.newest or BEGIN
        for day in sorted(day for day in self.pins if newest < day <= today and self.is_held(day)):
            self.queue.insert(0, self.pins.pop(day))
        for due in days_due(self.edition, self.newest, self.holds, self.now, LATE):
            pick = choose(self.shelf, self.edition, due.day, pins=self.pins, queue=self.queue, missed=due.missed)
            if pick is not None:
                self.publish(pick, due)

    def publish(self, pick: Pick, due: DueDay) -> None:
        assert due.day not in self.issues, "one issue a day"
        assert due.due_at <= self.now
        assert not self.is_held(due.day)
        pin = self.pins.get(due.day)
        assert pin is None or pin.obstacle or pick.uid == pin.uid, "a ready pin is honoured"
        assert pick.rule is not Rule.QUEUED or (not due.missed and pick.uid in {each.uid for each in self.queue})
        if pick.rule is Rule.QUEUED:
            self.queue = [each for each in self.queue if each.uid != pick.uid]
        self.issues[due.day] = (pick, due)
        self.archive[pick.uid] = replace(self.archive[pick.uid], last_published=due.day)
        self.shelf.published(pick.uid, due.day)

    def is_held(self, day: date) -> bool:
        if not is_publication_day(self.edition, day):
            return False
        return any(hold.covers(self.edition, day, due_at(self.edition, day)) for hold in self.holds)

    # What may happen, each drawn with a random number generator of its own.

    def down(self, chance: random.Random) -> None:
        self.now += timedelta(hours=chance.choice([1, 11, 13, 30, 80, 700]))

    def pin(self, chance: random.Random) -> None:
        for _ in range(4):
            self.pins.setdefault(self.today + timedelta(days=chance.randrange(1, 60)), self.waiting(chance))

    def enqueue(self, chance: random.Random) -> None:
        self.queue += [self.waiting(chance) for _ in range(chance.randrange(1, 9))]

    def hold(self, chance: random.Random) -> None:
        first = self.today + timedelta(days=chance.randrange(15))
        some = a_hold(first, first + timedelta(days=chance.randrange(9)), since=self.now)
        self.holds.append(chance.choice([some, a_hold(since=self.now)]))

    def release(self, _: random.Random) -> None:
        self.holds = [hold if hold.until else replace(hold, until=self.now) for hold in self.holds]

    def move(self, chance: random.Random) -> None:
        """Change zone and hour, from the day after the newest issue."""
        first = max(self.edition.schedules[-1].from_day, (self.newest or self.edition.since) + timedelta(days=1))
        at = time(chance.randrange(24), chance.randrange(60))
        schedule = Schedule(from_day=first, zone=ZoneInfo(chance.choice(ZONES)), time=at)
        kept = [each for each in self.edition.schedules if each.from_day < first]
        self.edition = replace(self.edition, schedules=(*kept, schedule))

    def retire(self, chance: random.Random) -> None:
        self.change(chance, ready=False)

    def restore(self, _: random.Random) -> None:
        for uid in [uid for uid, entry in self.archive.items() if not entry.ready]:
            self.archive[uid] = replace(self.archive[uid], ready=True)
            self.shelf.put(self.archive[uid])

    def change(self, chance: random.Random, **fields) -> None:
        uid = chance.choice(list(self.archive))
        self.archive[uid] = replace(self.archive[uid], **fields)
        self.shelf.put(self.archive[uid])

    def restart(self, chance: random.Random) -> None:
        self.shelf = Shelf.of(chance.sample(list(self.archive.values()), len(self.archive)))

    def waiting(self, chance: random.Random) -> Waiting:
        entry = chance.choice(list(self.archive.values()))
        return Waiting(uid=entry.uid, slug=entry.slug, obstacle=chance.choice([None, None, None, "is a draft"]))


EVENTS = ["down", "pin", "enqueue", "hold", "release", "release", "move", "retire", "restore", "restart"]


@settings(max_examples=4)
@given(
    events=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 60)), min_size=40, max_size=150),
    chance=st.randoms(use_true_random=False),
    rest_days=st.sampled_from([20, 60, 120, 200]),
    size=st.sampled_from([12, 60, 188]),
    days=st.sampled_from([frozenset(range(7)), frozenset(range(7)), frozenset({0, 2, 5})]),
)
def test_ten_years_keep_what_was_promised(events, chance, rest_days, size, days):
    archive = {entry.uid: entry for entry in starter_archive()[:size]}
    edition = an_edition(since=BEGIN, rest_days=rest_days, days=days)
    service = Service(edition=edition, archive=archive, now=datetime.combine(BEGIN, time(3), UTC))
    end = service.now + YEARS
    for name, length in events:
        getattr(service, name)(chance)
        service.run(length)
    service.release(chance)
    service.run(max(0, (end - service.now).days))

    assert list(service.issues) == sorted(service.issues), "in order"
    for day, pin in service.pins.items():
        if pin.obstacle is None and day <= service.newest and is_publication_day(service.edition, day):
            assert service.issues[day][0].uid == pin.uid, "every ready pin of a day that was not held"
    history: dict[UUID, list[tuple[date, Rule]]] = {}
    for day, (pick, _) in service.issues.items():
        history.setdefault(pick.uid, []).append((day, pick.rule))
    for published in history.values():
        for (earlier, _), (later, rule) in pairwise(published):
            assert rule in BY_EDITOR or (later - earlier).days >= rest_days, "rested"
            assert rule is not Rule.RERUN or (later - earlier).days >= 30
