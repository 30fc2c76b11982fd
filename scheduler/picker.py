"""
The pick: an edition's day in, the entry to publish and the reason in words out.

Five rules are tried in order, and the first that yields an entry wins: pinned, queued,
anniversary, rotation, rerun. The same shelf, pins, queue and day give the same pick in any
process: ties are broken by hashes of the entry's uid, never by chance or by Python's own `hash`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from heapq import nsmallest
from itertools import chain, islice
from uuid import UUID

from newsletter.models import Edition, Hold, Kind, Pick, Rule
from scheduler.calendar import dates_of_year, due_at, publication_days
from scheduler.rotation import LOOK, Scores
from scheduler.shelf import NEVER, Shelf, ShelfEntry, Traits, Waiting

__all__ = [
    "Foreseen",
    "Gap",
    "HeldDay",
    "Shelf",
    "ShelfEntry",
    "Traits",
    "Waiting",
    "choose",
    "forecast",
    "passed_over",
    "runway",
]

#: A rerun never comes sooner than this many days after the entry was last published.
RERUN_DAYS = 30
#: The rounder anniversaries first: of years divisible by these.
ROUND_YEARS = (100, 50, 25, 10, 5)
RUNNERS_UP = 3
#: How many days ahead the runway is looked for.
HORIZON = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """What a rule chose, and what it would have taken next."""

    rule: Rule
    uid: UUID
    slug: str
    reason: str
    runners_up: tuple[str, ...]


def choose(
    shelf: Shelf,
    edition: Edition,
    day: date,
    *,
    pins: Mapping[date, Waiting],
    queue: Sequence[Waiting],
    missed: bool = False,
) -> Pick | None:
    """
    Return the pick of *edition* for *day*, or `None` if no rule yields an entry.

    *shelf* holds what the edition takes, in its language; of that, rules 3 to 5 take the edition's
    kinds. *pins* are all that are known, *queue* is in line order. A *missed* day never spends
    the queue.
    """
    choice = (
        _pinned(day, pins)
        or (None if missed else _queued(queue))
        or _anniversary(shelf, edition, day)
        or _rotation(shelf, edition, day, pins, queue)
        or _rerun(shelf, edition, day)
    )
    if choice is None:
        return None
    return Pick(
        edition=edition.slug,
        day=day,
        rule=choice.rule,
        reason=choice.reason,
        uid=choice.uid,
        entry=choice.slug,
        runners_up=choice.runners_up,
        passed_over=passed_over(day, pins=pins, queue=queue, missed=missed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A publication day for which no rule yields an entry."""

    edition: str
    day: date
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDay:
    """A publication day that *hold* keeps empty: one that stands, or one that it came due under."""

    edition: str
    day: date
    hold: Hold


#: What a day to come brings.
Foreseen = Pick | Gap | HeldDay


def forecast(
    shelf: Shelf,
    edition: Edition,
    first: date,
    days: int,
    *,
    pins: Mapping[date, Waiting],
    queue: Sequence[Waiting],
    holds: Sequence[Hold] = (),
    missed: Collection[date] = (),
) -> Iterator[Foreseen]:
    """
    Yield what each publication day among the *days* from *first* brings, in order.

    The pin of a held day goes to the head of the queue; a day that is *missed* never spends that.
    *shelf* is left as it is.
    """
    shelf, line = shelf.copy(), list(queue)
    traits = {waiting.uid: waiting.traits for waiting in chain(pins.values(), queue)}
    for day in publication_days(edition, first, days):
        held = next((hold for hold in holds if hold.covers(edition, day, due_at(edition, day))), None)
        if held is not None:
            line[:0] = [pins[day]] if day in pins else []
            yield HeldDay(edition=edition.slug, day=day, hold=held)
            continue
        pick = choose(shelf, edition, day, pins=pins, queue=line, missed=day in missed)
        if pick is None:
            passed = passed_over(day, pins=pins, queue=line, missed=day in missed)
            yield Gap(edition=edition.slug, day=day, passed_over=passed)
            continue
        yield pick
        if pick.rule is Rule.QUEUED:
            line = [waiting for waiting in line if waiting.uid != pick.uid]
        if pick.uid not in shelf:
            shelf.put(_unshelved(pick, traits[pick.uid]))
        shelf.published(pick.uid, day)


def runway(
    shelf: Shelf,
    edition: Edition,
    first: date,
    *,
    pins: Mapping[date, Waiting],
    queue: Sequence[Waiting],
    holds: Sequence[Hold] = (),
    horizon: int = HORIZON,
) -> int:
    """Return how many days from *first* the forecast's first rerun or gap comes; *horizon* if none comes in it."""
    for each in forecast(shelf, edition, first, horizon, pins=pins, queue=queue, holds=holds):
        if isinstance(each, Gap) or (isinstance(each, Pick) and each.rule is Rule.RERUN):
            return (each.day - first).days
    return horizon


def passed_over(
    day: date, *, pins: Mapping[date, Waiting], queue: Sequence[Waiting], missed: bool = False
) -> tuple[str, ...]:
    """Return which pinned and queued entries *day* comes upon and cannot take, and why."""
    pin = pins.get(day)
    if pin is not None and pin.obstacle is None:
        return ()
    notes = [f"{pin.slug}, pinned to this day, {pin.obstacle}"] if pin else []
    for waiting in () if missed else queue:
        if waiting.obstacle is None:
            break
        notes.append(f"{waiting.slug}, in the queue, {waiting.obstacle}")
    return tuple(notes)


def _pinned(day: date, pins: Mapping[date, Waiting]) -> _Choice | None:
    """Rule 1: what is pinned to the day, if it is ready."""
    pin = pins.get(day)
    if pin is None or pin.obstacle is not None:
        return None
    return _Choice(rule=Rule.PINNED, uid=pin.uid, slug=pin.slug, reason="pinned to this day", runners_up=())


def _queued(queue: Sequence[Waiting]) -> _Choice | None:
    """Rule 2: the first in line that is ready."""
    ready = [waiting for waiting in queue if waiting.obstacle is None]
    if not ready:
        return None
    head, *others = ready
    slugs = tuple(waiting.slug for waiting in others[:RUNNERS_UP])
    reason = f"first in the queue; {_more(len(others), 'in line', slugs)}"
    return _Choice(rule=Rule.QUEUED, uid=head.uid, slug=head.slug, reason=reason, runners_up=slugs)


def _anniversary(shelf: Shelf, edition: Edition, day: date) -> _Choice | None:
    """Rule 3: what happened on this month and day; unpublished longest, then roundest, then by hash."""

    def preference(slot: int) -> tuple[int, int, bytes]:
        return shelf.last[slot], _roundness(_years(shelf, slot, day)), _tie(shelf.uids[slot], day)

    lines = [shelf.days[date_of_year] for date_of_year in dates_of_year(day) if date_of_year in shelf.days]
    rested = chain.from_iterable(shelf.rested(line, day, edition.rest_days, edition.kinds) for line in lines)
    rivals = list(islice(rested, LOOK))
    if not rivals:
        return None
    first, *others = nsmallest(1 + RUNNERS_UP, rivals, key=preference)
    more = _more(len(rivals) - 1, "of this day", [shelf.slugs[slot] for slot in others])
    reason = f"anniversary: {_count(_years(shelf, first, day), 'year')} ago; {_history(shelf, first, day)}; {more}"
    return _chosen(shelf, Rule.ANNIVERSARY, [first, *others], reason)


def _rotation(
    shelf: Shelf, edition: Edition, day: date, pins: Mapping[date, Waiting], queue: Sequence[Waiting]
) -> _Choice | None:
    """Rule 4: the rested entry with the best score."""
    scores = Scores(shelf, edition, day, pins, queue)
    rested = shelf.rested(shelf.order, day, edition.rest_days, edition.kinds)
    best = scores.best(rested, 1 + RUNNERS_UP)
    if not best:
        return None
    reason = f"rotation: {_history(shelf, best[0], day)}; {scores.in_words(best[0])}"
    return _chosen(shelf, Rule.ROTATION, best, reason)


def _rerun(shelf: Shelf, edition: Edition, day: date) -> _Choice | None:
    """Rule 5: the least recently published."""
    printed = list(islice(shelf.printed(day, RERUN_DAYS, edition.kinds), 1 + RUNNERS_UP))
    if not printed:
        return None
    reason = f"rerun: nothing has rested {edition.rest_days} days; {_history(shelf, printed[0], day)}"
    return _chosen(shelf, Rule.RERUN, printed, reason)


def _chosen(shelf: Shelf, rule: Rule, slots: Sequence[int], reason: str) -> _Choice:
    """Return the first of *slots* as the choice and the others as its runners-up."""
    first, *others = slots
    return _Choice(
        rule=rule,
        uid=shelf.uids[first],
        slug=shelf.slugs[first],
        reason=reason,
        runners_up=tuple(shelf.slugs[slot] for slot in others),
    )


def _unshelved(pick: Pick, traits: Traits) -> ShelfEntry:
    """Return what was pinned or queued from outside the shelf, so that the days after it know its traits."""
    return ShelfEntry(
        uid=pick.uid,
        slug=pick.entry,
        kind=traits.kind or Kind.REPORT,
        country=traits.country,
        ideology=traits.ideology,
        groups=traits.groups,
        ready=False,
    )


def _years(shelf: Shelf, slot: int, day: date) -> int:
    """Return how many years before *day* an entry happened."""
    return day.year - shelf.events[slot] // 10_000


def _roundness(years: int) -> int:
    """Return the rank of an anniversary: 0 for the roundest."""
    return next((rank for rank, divisor in enumerate(ROUND_YEARS) if years % divisor == 0), len(ROUND_YEARS))


def _tie(uid: UUID, day: date) -> bytes:
    """Return what settles a tie on *day*: the same in any process, another on another day."""
    return blake2b(uid.bytes + day.toordinal().to_bytes(4, "big"), digest_size=8).digest()


def _history(shelf: Shelf, slot: int, day: date) -> str:
    """Say when an entry was last published, as seen from *day*."""
    last = shelf.last[slot]
    if last == NEVER:
        return "never published"
    days = day.toordinal() - last
    return f"last published {_count(days, 'day')} ago" if days > 0 else f"published {_count(-days, 'day')} later"


def _more(number: int, where: str, slugs: Sequence[str]) -> str:
    """Say how many more there are, and which is next."""
    if not number:
        return f"nothing else {where}"
    entries = "entry" if number == 1 else "entries"
    return f"{number} more {entries} {where}, next: {slugs[0]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
