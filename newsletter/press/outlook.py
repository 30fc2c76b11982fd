"""What is, and what comes: looks that change nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.archive import editions, issues, plans
from newsletter.archive.shelf import shelf_around
from newsletter.delivery import mailings, pausing
from newsletter.models import Edition, Hold, Issue, Pick
from newsletter.press import refusals
from newsletter.press.shelves import Shelves
from newsletter.store import Connection
from newsletter.store.engine import remembered
from scheduler.calendar import edition_day
from scheduler.due import DueDay, days_due, days_left_empty, next_due
from scheduler.picker import Foreseen, Waiting, choose, forecast, runway

#: How far ahead the runway is looked for, in days.
HORIZON = 400
#: Under what name the instant of the last tick is kept.
LAST_TICK = "last_tick"
#: How long after its instant an issue may come: a few ticks.
_PATIENCE = timedelta(minutes=2)
#: A runway that is told as a problem, in days: a month is time enough to write entries.
_SHORT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How an edition stands. *runway* is in days, `HORIZON` meaning that many or more."""

    edition: str
    now: datetime
    day: date
    issue: Issue | None
    next_due_at: datetime | None
    holds: tuple[Hold, ...]
    runway: int
    #: The days since the newest issue that a hold, set or lifted, has left empty.
    empty: tuple[date, ...]
    queue: tuple[str, ...]
    #: Of the newest issue's mailing, by state; none if it was not mailed.
    deliveries: dict[str, int]
    #: How many deliveries of any issue a hold keeps back.
    kept_back: int
    last_tick_at: datetime | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """An edition and its plans at one instant, in one state of the database."""

    connection: Connection
    edition: Edition
    now: datetime
    newest: date | None
    holds: list[Hold]
    pins: dict[date, Waiting]
    queue: list[Waiting]

    @property
    def today(self) -> date:
        return edition_day(self.edition, self.now)

    @property
    def next_day(self) -> date:
        """The first day from today on that has no issue."""
        today = max(self.today, self.edition.since)
        return today if self.newest is None else max(today, self.newest + timedelta(days=1))

    def due(self, now: datetime, max_late: timedelta) -> list[DueDay]:
        """Return what a tick at *now* would publish."""
        return days_due(self.edition, self.newest, self.holds, now, max_late)

    def left_empty(self) -> tuple[date, ...]:
        """Return the days since the newest issue that a hold, set or lifted, has left empty."""
        return tuple(each.day for each in days_left_empty(self.edition, self.newest, self.holds, self.now))

    def mail_due(self, before: datetime, *, held: bool) -> dict[date, int]:
        """Return, by its issue's day, how many deliveries due at *before* a hold keeps back, or how many none does."""
        due = mailings.due(self.connection, self.edition.slug, before)
        return {day: due[day] for day in due if plans.keep_back(self.edition, day, self.holds, self.now) is held}

    def kept_back(self) -> int:
        """Return how many deliveries that are due a hold keeps back."""
        return sum(self.mail_due(self.now, held=True).values())


class Outlook:
    """Looks ahead, and around."""

    def __init__(self, shelves: Shelves, max_late: timedelta) -> None:
        self._shelves = shelves
        self._max_late = max_late

    @contextmanager
    def _look(self, slug: str | None, now: datetime) -> Iterator[_Look]:
        with self._shelves.reading() as connection:
            yield _look(connection, editions.get(connection, slug), now)

    @contextmanager
    def _every(self, now: datetime) -> Iterator[list[_Look]]:
        with self._shelves.reading() as connection:
            yield [_look(connection, edition, now) for edition in editions.every(connection)]

    def pick(self, slug: str | None, day: date, now: datetime) -> Pick:
        """
        Return what was, is or would be published on *day*, and why.

        Raises `BeforeStart`, `NoSuchDay`, `NoPublicationDay`, `Held`, `NothingToPick`.
        """
        with self._look(slug, now) as look:
            refusals.check_start(look.edition, day)
            issue = issues.find(look.connection, look.edition.slug, day)
            if issue is not None:
                return _picked(issue)
            refusals.check_weekday(look.edition, day)
            refusals.check_held(look.edition, day, look.holds)
            start, missed = self._start(look)
            if day < start:
                found = _missed(look, day)
            else:
                ahead = self._ahead(look, start, (day - start).days + 1, missed)
                found = next((each for each in ahead if isinstance(each, Pick) and each.day == day), None)
        if found is None:
            raise refusals.NothingToPick(look.edition.slug, day)
        return found

    def forecast(self, slug: str | None, first: date | None, days: int, now: datetime) -> list[Foreseen]:
        """Return what would become of the *days* days from *first*, or from the next without an issue."""
        with self._look(slug, now) as look:
            start, missed = self._start(look)
            last = (first or start) + timedelta(days=days)
            ahead = self._ahead(look, start, (last - start).days, missed)
        return [each for each in ahead if first is None or each.day >= first]

    def left_empty(self, now: datetime) -> dict[str, tuple[date, ...]]:
        """Return, for each edition that has any, the days since its newest issue that a hold has left empty."""
        with self._every(now) as looks:
            return {look.edition.slug: days for look in looks if (days := look.left_empty())}

    def kept_back(self, now: datetime) -> int:
        """Return how many deliveries that are due a hold keeps back, of every edition."""
        with self._every(now) as looks:
            return sum(look.kept_back() for look in looks)

    def stopped(self, now: datetime) -> str | None:
        """Return why nothing is sent to anybody, if so: everything is held, or sending is paused."""
        with self._every(now) as looks:
            return next((line for look in looks for line in (*_held_by_a_guard(look), *_paused(look))), None)

    def overview(self, slug: str | None, now: datetime) -> Overview:
        """Return how an edition stands at *now*."""
        with self._look(slug, now) as look:
            return self._overview(look)

    def overviews(self, now: datetime) -> list[Overview]:
        """Return how every edition stands at *now*."""
        with self._every(now) as looks:
            return [self._overview(look) for look in looks]

    def _overview(self, look: _Look) -> Overview:
        edition, today = look.edition, look.today
        coming = next_due(edition, look.newest, look.now, look.holds)
        found = issues.newest(look.connection, edition.slug)
        last = remembered(look.connection, LAST_TICK)
        reach = self._runway(look)
        return Overview(
            edition=edition.slug,
            now=look.now,
            day=today,
            issue=found[0] if found else None,
            next_due_at=coming.due_at if coming else None,
            holds=tuple(hold for hold in look.holds if hold.stands(today) and hold.edition in (None, edition.slug)),
            empty=look.left_empty(),
            runway=reach,
            queue=tuple(waiting.slug for waiting in look.queue),
            deliveries=mailings.counts(look.connection, found[0].uid) if found else {},
            kept_back=look.kept_back(),
            last_tick_at=datetime.fromisoformat(last) if last else None,
            problems=(
                *_held_by_a_guard(look),
                *_paused(look),
                *_overdue(look, reach),
                *_plans_amiss(look),
                *_short(look, reach),
            ),
        )

    def _start(self, look: _Look) -> tuple[date, frozenset[date]]:
        """Return the first day that is still to have an issue, and the days that the next tick publishes as missed."""
        due = look.due(look.now, self._max_late)
        return min([look.next_day, *(each.day for each in due)]), frozenset(each.day for each in due if each.missed)

    def _ahead(self, look: _Look, start: date, days: int, missed: Collection[date]) -> list[Foreseen]:
        shelf = self._shelves.of(look.connection, look.edition)
        return list(
            forecast(
                shelf, look.edition, start, days, pins=look.pins, queue=look.queue, holds=look.holds, missed=missed
            )
        )

    def _runway(self, look: _Look) -> int:
        return runway(
            self._shelves.of(look.connection, look.edition),
            look.edition,
            look.next_day,
            pins=look.pins,
            queue=look.queue,
            holds=look.holds,
            horizon=HORIZON,
        )


def _look(connection: Connection, edition: Edition, now: datetime) -> _Look:
    return _Look(
        connection=connection,
        edition=edition,
        now=now,
        newest=issues.newest_day(connection, edition.slug),
        holds=plans.holding(connection),
        pins=plans.pinned(connection, edition),
        queue=plans.queued(connection, edition),
    )


def _missed(look: _Look, day: date) -> Pick | None:
    shelf = shelf_around(look.connection, look.edition, day)
    return choose(shelf, look.edition, day, pins=look.pins, queue=look.queue, missed=True)


# What is wrong, in words that say how to mend it.


def _held_by_a_guard(look: _Look) -> Iterator[str]:
    for hold in plans.alarms(look.holds):
        which = "--restored" if hold.origin == "restored" else "--all"
        yield f"everything is held: {hold.reason}; mend it, then `daily-dose release {which}`"


def _paused(look: _Look) -> Iterator[str]:
    pause = pausing.find_pause(look.connection)
    if pause is not None:
        since = f"{pause.since:%Y-%m-%d %H:%M} UTC"
        yield f"nothing is sent since {since}: {pause.reason}; mend it, then `daily-dose release --all`"


def _overdue(look: _Look, reach: int) -> Iterator[str]:
    late = look.due(look.now - _PATIENCE, _PATIENCE)
    if late and reach:  # without anything to publish it is no fault of the clock's
        yield f"the issue of {late[0].day} is overdue: is `daily-dose run` or `schedule` running?"
    if any(hold.until and hold.until > look.now - _PATIENCE for hold in look.holds):
        return  # what a hold kept back goes with the next tick
    for day, number in look.mail_due(look.now - _PATIENCE, held=False).items():
        yield (
            f"{number:,} of the deliveries of {day} wait though they are due: "
            "is `daily-dose run` or `schedule` running, and does the outbox take mail (`daily-dose check`)?"
        )


def _plans_amiss(look: _Look) -> Iterator[str]:
    for day, waiting in look.pins.items():
        if day < look.today:
            yield f"{waiting.slug} was pinned to {day} and passed over: pin it anew or remove it"
        elif waiting.obstacle:
            yield f"{waiting.slug} is pinned to {day} but {waiting.obstacle}"
    for waiting in look.queue:
        if waiting.obstacle:
            yield f"{waiting.slug} is queued but {waiting.obstacle}"


def _short(look: _Look, reach: int) -> Iterator[str]:
    if reach == 0:
        yield "the next issue is a rerun, or there is none: add entries, or make some ready"
    elif reach <= _SHORT:
        days = "1 day" if reach == 1 else f"{reach} days"
        yield f"in {days} the archive repeats itself: add entries, or make some ready"
    for mailing in mailings.unbalanced(look.connection):
        yield f"mailing {mailing} has lost count of its audience"


def _picked(issue: Issue) -> Pick:
    return Pick(
        edition=issue.edition,
        day=issue.day,
        rule=issue.rule,
        reason=issue.reason,
        uid=issue.entry.uid,
        entry=issue.entry.slug,
    )
