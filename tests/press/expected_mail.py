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
_WEEK = timedelta(days=7)
_MOST_LATE = timedelta(hours=12)
#: So many issues a digest tells; those before it links.
_TOLD = 14
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
    """How a reader gets the edition: its digest of a *weekday* (Monday 1), or each issue; without an hour at once."""

    address: str
    hour: time | None = None
    zone: str = "UTC"
    weekdays: bool = False
    weekday: int | None = None
    text: bool = False


@dataclass(frozen=True, kw_only=True, order=True)
class Got:
    """
    A mail that a reader got: of which day, its date, when it came, in which form, and what is in it.

    It tells the issues of *days*, those of *corrected* as they were put right, and carries *notes*. Of a digest also
    what it has *linked*.
    """

    address: str
    kind: str
    day: date
    dated: datetime
    at: datetime
    text: bool
    days: tuple[date, ...]
    linked: tuple[date, ...] = ()
    corrected: tuple[date, ...] = ()
    notes: tuple[str, ...] = ()


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
    kind: str
    day: date
    due: datetime


@dataclass(frozen=True, kw_only=True)
class Correction:
    day: date
    note: str
    at: datetime


@dataclass(kw_only=True)
class Digest:
    """A digest of a weekday: its issues' days, what it links and notes, and what became of it."""

    day: date
    opened: datetime
    #: How much was published by then.
    published: int
    days: list[date]
    linked: list[date]
    notes: set[str]
    audience: int = 0
    sent: int = 0
    late: bool = False

    @property
    def is_news(self) -> bool:
        """Say whether it reached anybody, so that the next one starts where it ended."""
        return self.sent > 0 or self.audience == 0


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
    #: In the order of publication.
    published: list[date] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    _corrections: list[Correction] = field(default_factory=list)
    _withdrawn: set[date] = field(default_factory=set)
    _empty: set[date] = field(default_factory=set)
    _waiting: list[Waiting] = field(default_factory=list)
    _opened: dict[tuple[str, str], list[tuple[date, datetime]]] = field(default_factory=lambda: defaultdict(list))
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

    def correct(self, now: datetime, day: date, note: str) -> None:
        self._corrections.append(Correction(day=day, note=note, at=now))
        self._to_carry.add(note)

    def withdraw(self, _now: datetime, day: date) -> None:
        self._withdrawn.add(day)
        self._unmailed.discard(day)

    def fill(self, _now: datetime, day: date) -> None:
        """Publish a day that was held; it is old, so nobody is mailed."""
        self.published.append(day)
        self._unmailed.add(day)

    def move(self, _now: datetime, zone: str, hour: time) -> None:
        self.schedule.append((max(self.published) + _DAY, zone, hour))

    # What follows

    def tick(self, now: datetime) -> None:
        """Publish and send what is due."""
        due = list(self._due(now))
        for day, instant in due:
            if self._keeps_empty(day, instant):
                self._empty.add(day)
                continue
            self.published.append(day)
            if (day, instant) == due[-1] and now - instant <= _MOST_LATE:
                self._open(day, instant, now)
            else:
                self._unmailed.add(day)
        self._open_digests(now)
        self._waiting = [waiting for waiting in self._waiting if not self._is_done(waiting, now)]

    def _due(self, now: datetime) -> Iterator[tuple[date, datetime]]:
        day = max([*self.published, *self._empty, self.schedule[0][0] - _DAY]) + _DAY
        while (instant := self._instants(day)[0]) <= now:
            yield day, instant
            day += _DAY

    def _keeps_empty(self, day: date, instant: datetime) -> bool:
        return any(held.keeps_empty(day, instant) for held in self.holds)

    def _where(self, day: date) -> tuple[str, time]:
        return next((zone, hour) for first, zone, hour in reversed(self.schedule) if first <= day)

    def _instants(self, day: date) -> list[datetime]:
        zone, hour = self._where(day)
        return shown(zone, self.year)[datetime.combine(day, hour)]

    def _open(self, day: date, instant: datetime, now: datetime) -> None:
        self.missed[day], self._unmailed = self._unmailed, set()
        self.notes[day], self._to_carry = self._to_carry, set()
        for name, reader in self.readers.items():
            if reader.wish.weekday is None and not (reader.wish.weekdays and day.weekday() >= 5):
                self._queue(name, "issue", day, instant, now)

    def _open_digests(self, now: datetime) -> None:
        """Open the digest of each day that came due, up to so late, where anybody reads one of that weekday."""
        for number in range(-2, 3):
            day = now.date() + number * _DAY
            if day < self.schedule[0][0] or any(digest.day == day for digest in self.digests):
                continue
            instant = self._instants(day)[0]
            if not instant <= now <= instant + _MOST_LATE or self._keeps_empty(day, instant):
                continue
            readers = [name for name in self.readers if self._reads(name, day)]
            digest = self._digest(day, now)
            if readers and digest.days:
                self.digests.append(digest)
                digest.audience = sum(self._queue(name, "digest", day, instant, now) for name in readers)

    def _reads(self, name: str, day: date) -> bool:
        reader = self.readers[name]
        return reader.wish.weekday == day.isoweekday() and reader.silent_until < _FOREVER

    def _digest(self, day: date, now: datetime) -> Digest:
        """Return the digest of what was published since the previous one of that weekday, in day order."""
        earlier = [each for each in self.digests if each.day.isoweekday() == day.isoweekday() and each.is_news]
        before = earlier[-1] if earlier else None
        days = self.published[before.published :] if before else [each for each in self.published if each > day - _WEEK]
        since = before.opened if before else now - _WEEK
        return Digest(
            day=day,
            opened=now,
            published=len(self.published),
            days=sorted(each for each in days if each not in self._withdrawn),
            linked=before.days if before and before.late else [],
            notes={each.note for each in self._corrections if since < each.at <= now},
        )

    def _queue(self, name: str, kind: str, day: date, instant: datetime, now: datetime) -> bool:
        """Let a mail wait for a reader, unless they pause; say whether it does."""
        reader = self.readers[name]
        if reader.silent_until > day:
            return False
        due = now if reader.wish.hour is None else self._first(instant, reader.wish.zone, reader.wish.hour)
        self._opened[name, kind] = [*self._opened[name, kind][-9:], (day, due)]
        self._waiting.append(Waiting(reader=name, kind=kind, day=day, due=due))
        return True

    def _first(self, since: datetime, zone: str, hour: time) -> datetime:
        days = [since.date() + number * _DAY for number in range(-2, 4)]
        instants = [each for day in days for each in shown(zone, self.year)[datetime.combine(day, hour)]]
        return min(each for each in instants if each >= since)

    def _is_done(self, waiting: Waiting, now: datetime) -> bool:
        """Send what waits, if it is due and may go; say whether nothing is left to do."""
        if waiting.due > now:
            return False
        digest = next((each for each in self.digests if waiting.kind == "digest" and each.day == waiting.day), None)
        newer = [due for day, due in self._opened[waiting.reader, waiting.kind] if day > waiting.day and due <= now]
        if now - waiting.due > _MOST_LATE or any(due > waiting.due for due in newer):
            if digest:
                digest.late = True
            return True
        today = now.astimezone(ZoneInfo(self._where(max(self.published))[0])).date()
        if any(held.stops({waiting.day, today}) for held in self.holds):
            return False
        days = [each for each in (digest.days if digest else [waiting.day]) if each not in self._withdrawn]
        if self.readers[waiting.reader].silent_until <= waiting.day and days:
            self._send(waiting, digest, days, now)
        return True

    def _send(self, waiting: Waiting, digest: Digest | None, days: list[date], now: datetime) -> None:
        wish = self.readers[waiting.reader].wish
        told, before = days[-_TOLD:], days[:-_TOLD]
        carried = digest.notes if digest else self.notes[waiting.day]
        beside = [each for each in self._corrections if each.day in told]
        if digest:
            digest.sent += 1
            before = [each for each in digest.linked if each not in self._withdrawn] + before
        self.got.append(
            Got(
                address=wish.address,
                kind=waiting.kind,
                day=waiting.day,
                dated=waiting.due,
                at=now,
                text=wish.text,
                days=tuple(told),
                linked=tuple(before),
                corrected=tuple(sorted({each.day for each in beside})),
                notes=tuple(sorted(carried | {each.note for each in beside})),
            )
        )
