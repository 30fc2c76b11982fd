"""
The rotation: among what has rested, the entry with the best score.

A score is counted in days of waiting. What an entry repeats of the days around takes days off it,
and so does an anniversary of its own that it is kept for; the numbers below say how many days
longer than another it has to wait to be taken all the same.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice

from newsletter.fields import country_name
from newsletter.models import Edition, Kind
from scheduler.calendar import dates_of_year, days_from
from scheduler.shelf import NEVER, Shelf, Traits, Waiting

#: How many rested entries a rule compares: those that have waited longest. It bounds the work of a
#: day in the worst of archives; the others have waited no longer, and have their turn later.
LOOK = 2_000

#: Who has waited longer has waited this long; so has who was never published.
LONGEST_WAIT = 365
#: An entry repeats what was published, or is pinned, so many days before and after the day.
AROUND = 3
REPEATED_GROUP = 120
REPEATED_COUNTRY = 90
REPEATED_IDEOLOGY = 40
REPEATED_KIND = 20
#: More than waiting and repeats can outweigh: an entry whose anniversary is near is taken only if
#: nothing else has rested, and then the one whose anniversary is furthest.
KEPT = 1_000
KEPT_PER_DAY = 10
#: Still more: what an editor has pinned to a later day, or put in line.
BOOKED = 10_000


class Scores:
    """The scores of a shelf's entries for one day."""

    def __init__(
        self, shelf: Shelf, edition: Edition, day: date, pins: Mapping[date, Waiting], queue: Sequence[Waiting]
    ) -> None:
        self._shelf = shelf
        self._today = day.toordinal()
        self._rest_days = edition.rest_days
        self._kept = _kept(edition, day)
        self._booked = _booked(shelf, edition, day, pins, queue)
        self._around = _Around.of(_neighbours(shelf, day, pins))
        self._repeats: dict[int, int] = {}
        self._least = self._around.least(shelf) + self._least_kept()

    def wait(self, slot: int) -> int:
        """Return how many days an entry has waited."""
        last = self._shelf.last[slot]
        return LONGEST_WAIT if last == NEVER else min(max(self._today - last, 0), LONGEST_WAIT)

    def loss(self, slot: int) -> int:
        """Return what an entry's score loses by what it repeats and by what it is kept for."""
        code = self._shelf.traits[slot]
        loss = self._repeats.get(code)
        if loss is None:
            repeated = self._around.repeated(self._shelf.known_traits[code])
            loss = self._repeats[code] = sum(cost for cost, _ in repeated)
        loss += self._loss_kept(self._shelf.events[slot] % 10_000)
        return loss + BOOKED if slot in self._booked else loss

    def in_words(self, slot: int) -> str:
        """Say what an entry repeats, and what it would have been kept for."""
        traits = self._shelf.known_traits[self._shelf.traits[slot]]
        repeated = ", ".join(words for _, words in self._around.repeated(traits))
        notes = [f"like the days around it: {repeated}" if repeated else "unlike the days around it"]
        ahead = self._kept.get(self._shelf.events[slot] % 10_000)
        if ahead is not None:
            notes.append(f"nothing better had rested, though its anniversary comes in {ahead} days")
        if slot in self._booked:
            notes.append("nothing better had rested, though it is pinned or queued")
        return "; ".join(notes)

    def best(self, slots: Iterable[int], wanted: int) -> list[int]:
        """
        Return the *wanted* of *slots* that score best, the best first.

        *slots* come in the order of waiting, the longest first, which also settles ties. The scan
        ends when nothing that is left can do better, at the latest after `LOOK` slots.
        """
        best: list[tuple[int, int, int]] = []
        for turn, slot in enumerate(islice(slots, LOOK)):
            wait = self.wait(slot)
            full = len(best) == wanted
            if full and wait - self._least <= -best[-1][0]:
                break
            score = wait - self.loss(slot)
            if not full or score > -best[-1][0]:
                insort(best, (-score, turn, slot))
                del best[wanted:]
        return [slot for _, _, slot in best]

    def _loss_kept(self, date_of_year: int) -> int:
        """Return what an event of that date (MMDD) loses because its anniversary is near."""
        ahead = self._kept.get(date_of_year)
        return 0 if ahead is None else KEPT + KEPT_PER_DAY * (self._rest_days - ahead)

    def _least_kept(self) -> int:
        """Return what every entry loses at least because its anniversary is near."""
        return min(map(self._loss_kept, self._shelf.days), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """The traits of the days around a day."""

    groups: frozenset[str]
    countries: frozenset[str]
    ideologies: frozenset[str]
    kinds: frozenset[Kind]

    @classmethod
    def of(cls, neighbours: Sequence[Traits]) -> _Around:
        return cls(
            groups=frozenset(group for each in neighbours for group in each.groups),
            countries=frozenset(each.country for each in neighbours if each.country),
            ideologies=frozenset(each.ideology for each in neighbours if each.ideology),
            kinds=frozenset(each.kind for each in neighbours if each.kind),
        )

    def least(self, shelf: Shelf) -> int:
        """Return what every entry of *shelf* loses at least: what all of them share costs all the same."""
        return (
            REPEATED_GROUP * all(not self.groups.isdisjoint(groups) for groups in shelf.groups)
            + REPEATED_COUNTRY * shelf.countries.issubset(self.countries)
            + REPEATED_IDEOLOGY * shelf.ideologies.issubset(self.ideologies)
            + REPEATED_KIND * shelf.kinds.issubset(self.kinds)
        )

    def repeated(self, traits: Traits) -> list[tuple[int, str]]:
        """Return what *traits* repeat: what it costs, and how it is said."""
        repeated = []
        groups = self.groups.intersection(traits.groups)
        if groups:
            repeated.append((REPEATED_GROUP, f"the group {min(groups)}"))
        if traits.country and traits.country in self.countries:
            repeated.append((REPEATED_COUNTRY, country_name(traits.country)))
        if traits.ideology and traits.ideology in self.ideologies:
            repeated.append((REPEATED_IDEOLOGY, traits.ideology))
        if traits.kind in self.kinds:
            repeated.append((REPEATED_KIND, f"a {traits.kind}"))
        return repeated


def _neighbours(shelf: Shelf, day: date, pins: Mapping[date, Waiting]) -> list[Traits]:
    """Return the traits of what was published before *day* and of what is pinned after it."""
    before = (date.fromordinal(day.toordinal() - days) for days in range(1, AROUND + 1))
    after = islice(days_from(day), 1, AROUND + 1)
    return [
        *chain.from_iterable(map(shelf.traits_on, before)),
        *(shelf.traits_of(pins[each]) for each in after if each in pins),
    ]


def _kept(edition: Edition, day: date) -> dict[int, int]:
    """
    Return the dates of the year for which *edition* keeps entries on *day*, and in how many days they come.

    What is published on *day* has not rested again when they do. Weekdays on which nothing is
    published are no anniversary to keep an entry for.
    """
    coming = islice(enumerate(days_from(day, edition.rest_days)), 1, None)
    return {
        date_of_year: ahead
        for ahead, each in coming
        if each.weekday() in edition.days
        for date_of_year in dates_of_year(each)
    }


def _booked(
    shelf: Shelf, edition: Edition, day: date, pins: Mapping[date, Waiting], queue: Sequence[Waiting]
) -> frozenset[int | None]:
    """Return the slots of what is in the queue, and of what is pinned to a day before it would have rested again."""
    pinned = (pin for each, pin in pins.items() if 0 < (each - day).days < edition.rest_days)
    return frozenset(shelf.slot(waiting.uid) for waiting in chain(pinned, queue))
