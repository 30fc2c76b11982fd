"""
The shelf: what the picker needs to know of each entry, in compact arrays.

One shelf serves one edition: it holds the entries that the edition takes, and when the edition
last published each. 100,000 of them are built in about a second and answer a pick in milliseconds.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import chain, islice
from uuid import UUID

from newsletter.models import Kind, PartialDate

#: The ordinal that stands for "never published": before that of any day.
NEVER = 0

_KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What readers would see repeated if an entry followed another that shares it; *groups* are slugs."""

    kind: Kind | None = None
    country: str | None = None
    ideology: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfEntry:
    """
    An entry as the picker sees it; *groups* are slugs.

    *last_published* is its newest day in the edition; to fill a day in the past, give the
    publication nearest to that day. An entry that is not *ready* is never picked (it is retired,
    or a draft again); it is kept so that the days after it know what was published lately.
    """

    uid: UUID
    slug: str
    kind: Kind
    event_date: PartialDate | None = None
    country: str | None = None
    ideology: str | None = None
    groups: tuple[str, ...] = ()
    last_published: date | None = None
    ready: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """
    A pinned or queued entry; *obstacle* says why it cannot be published now ("is a draft").

    *traits* are wanted of what is not on the shelf: a draft, or what the edition takes only when
    an editor says so.
    """

    uid: UUID
    slug: str
    obstacle: str | None = None
    traits: Traits = Traits()


class Shelf:
    """
    Entries by *slot*, a number that indexes the arrays below.

    What has waited longest comes first: `order` and each list of `days` hold slots by (last
    published, a fixed hash of the uid), which is the same order in every process. They hold what
    rules 3 to 5 may pick: ready entries that are no reports.
    """

    def __init__(self) -> None:
        self.uids: list[UUID] = []
        self.slugs: list[str] = []
        #: The last day on which the event can have been, as YYYYMMDD (YYYYMM99, YYYY9999); 0 if undated.
        self.events = array("l")
        #: The ordinal of the day of last publication, or `NEVER`.
        self.last = array("l")
        #: The position in `known_traits` of an entry's traits: entries alike share it.
        self.traits = array("l")
        self.known_traits: list[Traits] = []
        #: What occurs among the known traits.
        self.kinds: set[Kind] = set()
        self.countries: set[str | None] = set()
        self.ideologies: set[str | None] = set()
        self.groups: set[tuple[str, ...]] = set()
        self.order: list[int] = []
        #: The same by month and day of the event, as MMDD (no day of the calendar, if it is not known).
        self.days: dict[int, list[int]] = {}
        self._hashes = array("Q")
        self._kinds = bytearray()
        self._listed = bytearray()
        self._slots: dict[UUID, int] = {}
        self._codes: dict[tuple[int, str | None, str | None, tuple[str, ...]], int] = {}
        self._printed: dict[int, set[int]] = {}

    @classmethod
    def of(cls, entries: Iterable[ShelfEntry]) -> Shelf:
        """Return a shelf that holds *entries*."""
        shelf = cls()
        for entry in {entry.uid: entry for entry in entries}.values():
            shelf._store(entry)
        # Twice by one key each: two passes in C are faster than one that makes a pair for each slot.
        for slot in sorted(sorted(range(len(shelf.uids)), key=shelf._hashes.__getitem__), key=shelf.last.__getitem__):
            shelf._print(slot)
            if shelf._listed[slot]:
                shelf.order.append(slot)
                shelf.days.setdefault(shelf.events[slot] % 10_000, []).append(slot)
        return shelf

    def copy(self) -> Shelf:
        """Return a shelf that holds the same and can be changed by itself."""
        other = Shelf()
        for name, value in vars(self).items():
            setattr(other, name, value.copy() if isinstance(value, (list, dict, set, bytearray)) else value[:])
        other.days = {day: line.copy() for day, line in self.days.items()}
        other._printed = {day: slots.copy() for day, slots in self._printed.items()}
        return other

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, uid: object) -> bool:
        return uid in self._slots

    def put(self, entry: ShelfEntry) -> None:
        """Set *entry* on the shelf, in the place of what has its uid."""
        self.remove(entry.uid)
        self._list(self._store(entry))

    def remove(self, uid: UUID) -> None:
        """Take an entry off the shelf, and what was published of it; no error if it is not there."""
        slot = self._slots.pop(uid, None)
        if slot is not None:
            self._unlist(slot)
            self._listed[slot] = False

    def published(self, uid: UUID, day: date) -> None:
        """Record that the entry *uid*, which is on the shelf, was published for *day*."""
        slot = self._slots[uid]
        if day.toordinal() > self.last[slot]:
            self._unlist(slot)
            self.last[slot] = day.toordinal()
            self._list(slot)

    def slot(self, uid: UUID) -> int | None:
        """Return the slot of the entry *uid*, or `None` if it is not on the shelf."""
        return self._slots.get(uid)

    def traits_on(self, day: date) -> list[Traits]:
        """Return the traits of what was published for *day*, and not again since."""
        return [self.known_traits[self.traits[slot]] for slot in self._printed.get(day.toordinal(), ())]

    def traits_of(self, waiting: Waiting) -> Traits:
        """Return the traits of a pinned or queued entry."""
        slot = self.slot(waiting.uid)
        return waiting.traits if slot is None else self.known_traits[self.traits[slot]]

    def rested(self, line: list[int], day: date, rest_days: int, kinds: frozenset[Kind]) -> Iterator[int]:
        """
        Yield the slots of *line* that *day* may pick, the longest unpublished first.

        That is what is of one of *kinds*, whose event was before *day* or has no date, and which
        was published at least *rest_days* before *day*, or after it, or never. *line* is `order`
        or a list of `days`.
        """
        return self._open(self._between(line, day, rest_days, NEVER), day, kinds)

    def printed(self, day: date, rest_days: int, kinds: frozenset[Kind]) -> Iterator[int]:
        """Yield what `rested` yields of `order`, without what was never published."""
        return self._open(self._between(self.order, day, rest_days, NEVER + 1), day, kinds)

    def _between(self, line: list[int], day: date, rest_days: int, first: int) -> Iterator[int]:
        """Yield the slots of *line* published from the ordinal *first* on, but not within *rest_days* of *day*."""
        ordinal = day.toordinal()
        start, before, after = (
            bisect_left(line, bound, key=self.last.__getitem__)
            for bound in (first, ordinal - rest_days + 1, max(ordinal + rest_days, ordinal + 1))
        )
        return chain(islice(line, start, before), line[after:])

    def _open(self, slots: Iterable[int], day: date, kinds: frozenset[Kind]) -> Iterator[int]:
        """Yield those of *slots* that are of one of *kinds* and whose event was before *day*, or has no date."""
        today = (day.year * 100 + day.month) * 100 + day.day
        taken = bytes(kind in kinds for kind in _KINDS)
        events, codes = self.events, self._kinds
        return (slot for slot in slots if events[slot] < today and taken[codes[slot]])

    def _store(self, entry: ShelfEntry) -> int:
        """Write *entry* into a new slot and return it, to be listed."""
        slot = len(self.uids)
        self._slots[entry.uid] = slot
        self.uids.append(entry.uid)
        self.slugs.append(entry.slug)
        self.events.append(_latest(entry.event_date))
        self.last.append(entry.last_published.toordinal() if entry.last_published else NEVER)
        self.traits.append(self._code(entry))
        self._hashes.append(int.from_bytes(blake2b(entry.uid.bytes, digest_size=8).digest(), "big"))
        self._kinds.append(_KINDS.index(entry.kind))
        self._listed.append(entry.ready and entry.kind is not Kind.REPORT)
        return slot

    def _code(self, entry: ShelfEntry) -> int:
        """Return the position of an entry's traits in `known_traits`."""
        key = (_KINDS.index(entry.kind), entry.country, entry.ideology, entry.groups)
        code = self._codes.setdefault(key, len(self.known_traits))
        if code == len(self.known_traits):
            self.known_traits.append(
                Traits(kind=entry.kind, country=entry.country, ideology=entry.ideology, groups=entry.groups)
            )
            self.kinds.add(entry.kind)
            self.countries.add(entry.country)
            self.ideologies.add(entry.ideology)
            self.groups.add(entry.groups)
        return code

    def _place(self, slot: int) -> tuple[int, int]:
        """Return what lists of slots are ordered by."""
        return self.last[slot], self._hashes[slot]

    def _lines(self, slot: int) -> tuple[list[int], list[int]]:
        """Return the lists that hold *slot* when it is listed."""
        return self.order, self.days.setdefault(self.events[slot] % 10_000, [])

    def _list(self, slot: int) -> None:
        """Put *slot* into the lists that it belongs to, each at its place."""
        self._print(slot)
        if self._listed[slot]:
            for line in self._lines(slot):
                insort(line, slot, key=self._place)

    def _unlist(self, slot: int) -> None:
        """Take *slot* out of the lists that it is in."""
        self._printed.get(self.last[slot], set()).discard(slot)
        if self._listed[slot]:
            for line in self._lines(slot):
                del line[bisect_left(line, self._place(slot), key=self._place)]

    def _print(self, slot: int) -> None:
        """Note under its day of last publication what was published."""
        if self.last[slot] != NEVER:
            self._printed.setdefault(self.last[slot], set()).add(slot)


def _latest(event: PartialDate | None) -> int:
    """Return the last day that *event* can mean, as `Shelf.events` has it."""
    return (event.year * 100 + (event.month or 99)) * 100 + (event.day or 99) if event else 0
