"""What readers are to get, and when, by the words of the product alone: nothing here asks the code that sends it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_HALF = timedelta(minutes=30)
_DAY = timedelta(days=1)
_MOST_LATE = timedelta(hours=12)
_FOREVER = date.max


@cache
def shown(zone: str, year: int) -> dict[datetime, list[datetime]]:
    """
    Return at which instants the clocks of a zone show each full and half hour of a year, read off one after the other.

    What they skip is shown as much later as they are put forward.
    """
    table: dict[datetime, list[datetime]] = defaultdict(list)
    instant, there = datetime(year, 1, 1, tzinfo=UTC) - 10 * _DAY, ZoneInfo(zone)
    expected = None
    while instant < datetime(year + 1, 1, 11, tzinfo=UTC):
        clock = instant.astimezone(there).replace(tzinfo=None, fold=0)
        skipped = expected
        while skipped is not None and skipped < clock:
            table[skipped].append(instant + (skipped - expected))
            skipped += _HALF
        table[clock].append(instant)
        expected, instant = clock + _HALF, instant + _HALF
    return table


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a reader gets the edition; without an hour as soon as an issue is published."""

    address: str
    hour: time | None = None
    zone: str = "UTC"
    weekdays: bool = False
    text: bool = False


@dataclass(frozen=True, kw_only=True, order=True)
class Got:
    """A mail that a reader got: the issue's day, its date, when it came, in which form, and how often corrected."""

    address: str
    day: date
    dated: datetime
    at: datetime
    text: bool
    corrected: bool


@dataclass(kw_only=True)
class Reader:
    """A reader as they stand; mail comes again from the day *silent_until*."""

    wish: Wish
    silent_until: date = date.min


@dataclass(kw_only=True)
class Held:
    """Days, or everything (no *first*), that are held since one instant until another."""

    first: date | None
    last: date | None
    since: datetime
    until: datetime | None = None

    def keeps_empty(self, day: date, due: datetime) -> bool:
        if self.first is not None and self.last is not None and not self.first <= day <= self.last:
            return False
        return self.since <= due and (self.until is None or due < self.until)

    def stops(self, days: set[date]) -> bool:
        if self.until is not None:
            return False
        return self.first is None or self.last is None or any(self.first <= day <= self.last for day in days)


@dataclass(kw_only=True)
class Waiting:
    reader: str
    day: date
    due: datetime


@dataclass(kw_only=True)
class Expected:
    """An edition, its readers, and the mail that they get."""

    year: int
    #: From which day on it is published where, and at what hour.
    schedule: list[tuple[date, str, time]]
    readers: dict[str, Reader] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)
    #: Days by the mail that has to link them, since they were not mailed.
    missed: dict[date, set[date]] = field(default_factory=dict)
    #: Notes by the mail that has to carry them.
    notes: dict[date, set[str]] = field(default_factory=dict)
    holds: list[Held] = field(default_factory=list)
    published: list[date] = field(default_factory=list)
    corrected: set[date] = field(default_factory=set)
    _empty: set[date] = field(default_factory=set)
    _waiting: list[Waiting] = field(default_factory=list)
    _opened: dict[tuple[str, date], datetime] = field(default_factory=dict)
    _unmailed: set[date] = field(default_factory=set)
    _to_carry: set[str] = field(default_factory=set)

    # What people do

    def join(self, _now: datetime, name: str, wish: Wish) -> None:
        self.readers[name] = Reader(wish=wish)

    def prefer(self, _now: datetime, name: str, **changed: object) -> None:
        self.readers[name].wish = replace(self.readers[name].wish, **changed)

    def pause(self, _now: datetime, name: str, until: date) -> None:
        self.readers[name].silent_until = until

    def leave(self, _now: datetime, name: str) -> None:
        self.readers[name].silent_until = _FOREVER

    def hold(self, now: datetime, first: date | None = None, last: date | None = None) -> None:
        self.holds.append(Held(first=first, last=last, since=now))

    def release(self, now: datetime, first: date | None = None, last: date | None = None) -> None:
        for held in self.holds:
            if (held.first, held.last) == (first, last):
                held.until = held.until or now

    def correct(self, _now: datetime, day: date, note: str) -> None:
        self.corrected.add(day)
        self._to_carry.add(note)

    def move(self, _now: datetime, zone: str, hour: time) -> None:
        self.schedule.append((self.published[-1] + _DAY, zone, hour))

    # What follows

    def tick(self, now: datetime) -> None:
        """Publish and send what is due."""
        due = list(self._due(now))
        for day, instant in due:
            if any(held.keeps_empty(day, instant) for held in self.holds):
                self._empty.add(day)
                continue
            self.published.append(day)
            if (day, instant) == due[-1] and now - instant <= _MOST_LATE:
                self._open(day, instant, now)
            else:
                self._unmailed.add(day)
        self._waiting = [waiting for waiting in self._waiting if not self._is_done(waiting, now)]

    def _due(self, now: datetime) -> Iterator[tuple[date, datetime]]:
        day = max([*self.published, *self._empty, self.schedule[0][0] - _DAY]) + _DAY
        while (instant := self._instants(day)[0]) <= now:
            yield day, instant
            day += _DAY

    def _where(self, day: date) -> tuple[str, time]:
        return next((zone, hour) for first, zone, hour in reversed(self.schedule) if first <= day)

    def _instants(self, day: date) -> list[datetime]:
        zone, hour = self._where(day)
        return shown(zone, self.year)[datetime.combine(day, hour)]

    def _open(self, day: date, instant: datetime, now: datetime) -> None:
        self.missed[day], self._unmailed = self._unmailed, set()
        self.notes[day], self._to_carry = self._to_carry, set()
        for name, reader in self.readers.items():
            if reader.silent_until > day or (reader.wish.weekdays and day.weekday() >= 5):
                continue
            due = now if reader.wish.hour is None else self._first(instant, reader.wish.zone, reader.wish.hour)
            self._opened[name, day] = due
            self._waiting.append(Waiting(reader=name, day=day, due=due))

    def _first(self, since: datetime, zone: str, hour: time) -> datetime:
        days = [since.date() + number * _DAY for number in range(-2, 4)]
        instants = [each for day in days for each in shown(zone, self.year)[datetime.combine(day, hour)]]
        return min(each for each in instants if each >= since)

    def _is_done(self, waiting: Waiting, now: datetime) -> bool:
        """Send what waits, if it is due and may go; say whether nothing is left to do."""
        if waiting.due > now:
            return False
        newer = [
            due
            for (name, day), due in self._opened.items()
            if name == waiting.reader and day > waiting.day and due <= now
        ]
        if now - waiting.due > _MOST_LATE or any(due > waiting.due for due in newer):
            return True
        today = now.astimezone(ZoneInfo(self._where(self.published[-1])[0])).date()
        if any(held.stops({waiting.day, today}) for held in self.holds):
            return False
        reader = self.readers[waiting.reader]
        if reader.silent_until <= waiting.day:
            corrected = waiting.day in self.corrected
            self.got.append(
                Got(
                    address=reader.wish.address,
                    day=waiting.day,
                    dated=waiting.due,
                    at=now,
                    text=reader.wish.text,
                    corrected=corrected,
                )
            )
        return True
