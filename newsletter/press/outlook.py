"""What is, and what comes: looks that change nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.archive import editions, issues, plans
from newsletter.archive.shelf import shelf_around
from newsletter.delivery import ledger
from newsletter.models import Edition, Hold, Issue, Pick
from newsletter.press import refusals
from newsletter.press.shelves import Shelves
from newsletter.store import Connection
from newsletter.store.engine import remembered
from scheduler.calendar import edition_day
from scheduler.due import days_due, days_left_empty, next_due
from scheduler.picker import Foreseen, choose, forecast, runway

#: How far ahead the runway is looked for, in days.
HORIZON = 400
#: Under what name the instant of the last tick is kept.
LAST_TICK = "last_tick"
#: How long after its instant an issue may come: a few ticks.
_PATIENCE = timedelta(minutes=2)


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


class Outlook:
    """Looks ahead, and around."""

    def __init__(self, shelves: Shelves, max_late: timedelta) -> None:
        self._shelves = shelves
        self._max_late = max_late

    def pick(self, slug: str | None, day: date, now: datetime) -> Pick:
        """
        Return what was, is or would be published on *day*, and why.

        Raises `BeforeStart`, `NoSuchDay`, `NoPublicationDay`, `Held`, `NothingToPick`.
        """
        with self._shelves.reading() as connection:
            edition = editions.get(connection, slug)
            if day < edition.since:
                raise refusals.BeforeStart(edition.slug, day, edition.since)
            issue = issues.find(connection, edition.slug, day)
            if issue is not None:
                return _picked(issue)
            refusals.check_open(edition, day, plans.holding(connection))
            start, missed = self._start(connection, edition, now)
            if day < start:
                found = self._missed(connection, edition, day)
            else:
                ahead = self._ahead(connection, edition, start, (day - start).days + 1, missed)
                found = next((each for each in ahead if isinstance(each, Pick) and each.day == day), None)
        if found is None:
            raise refusals.NothingToPick(edition.slug, day)
        return found

    def forecast(self, slug: str | None, first: date | None, days: int, now: datetime) -> list[Foreseen]:
        """Return what would become of the *days* days from *first*, or from the next without an issue."""
        with self._shelves.reading() as connection:
            edition = editions.get(connection, slug)
            start, missed = self._start(connection, edition, now)
            last = (first or start) + timedelta(days=days)
            ahead = self._ahead(connection, edition, start, (last - start).days, missed)
            return [each for each in ahead if first is None or each.day >= first]

    def left_empty(self, now: datetime) -> dict[str, list[date]]:
        """Return, for each edition that has any, the days since its newest issue that a hold has left empty."""
        with self._shelves.reading() as connection:
            days = {each.slug: self._left_empty(connection, each, now) for each in editions.every(connection)}
        return {slug: left for slug, left in days.items() if left}

    def kept_back(self, slug: str | None, now: datetime) -> int:
        """Return how many of an edition's deliveries that are due a hold keeps back."""
        with self._shelves.reading() as connection:
            return sum(_kept_back(connection, editions.get(connection, slug), now).values())

    def overview(self, slug: str | None, now: datetime) -> Overview:
        """Return how an edition stands at *now*."""
        with self._shelves.reading() as connection:
            edition = editions.get(connection, slug)
            today = edition_day(edition, now)
            holds = plans.holding(connection)
            newest = issues.newest_day(connection, edition.slug)
            coming = next_due(edition, newest, now, holds)
            found = issues.newest(connection, edition.slug)
            last = remembered(connection, LAST_TICK)
            reach = self._runway(connection, edition, now)
            return Overview(
                edition=edition.slug,
                now=now,
                day=today,
                issue=found[0] if found else None,
                next_due_at=coming.due_at if coming else None,
                holds=tuple(hold for hold in holds if hold.stands(today) and hold.edition in (None, edition.slug)),
                empty=tuple(self._left_empty(connection, edition, now)),
                runway=reach,
                queue=tuple(waiting.slug for waiting in plans.queued(connection, edition)),
                deliveries=ledger.counts(connection, found[0].uid) if found else {},
                kept_back=sum(_kept_back(connection, edition, now).values()),
                last_tick_at=datetime.fromisoformat(last) if last else None,
                problems=tuple(self._problems(connection, edition, now, reach)),
            )

    def _problems(self, connection: Connection, edition: Edition, now: datetime, reach: int) -> list[str]:
        """Return what is wrong, in words that say how to mend it."""
        today = edition_day(edition, now)
        problems = [
            f"everything is held: {hold.reason}; mend it, then `daily-dose release --all`"
            for hold in plans.holding(connection)
            if hold.until is None and hold.origin != "editor"
        ]
        newest = issues.newest_day(connection, edition.slug)
        overdue = days_due(edition, newest, plans.holding(connection), now - _PATIENCE, _PATIENCE)
        if overdue and reach:  # without anything to publish it is no fault of the clock's
            problems.append(f"the issue of {overdue[0].day} is overdue: is `daily-dose run` or `schedule` running?")
        held = _kept_back(connection, edition, now)
        released = any(hold.until and hold.until > now - _PATIENCE for hold in plans.holding(connection))
        for day, number in ledger.due(connection, edition.slug, now - _PATIENCE, now).items():
            if day not in held and not released:
                problems.append(
                    f"{number:,} of the deliveries of {day} wait though they are due: "
                    "is `daily-dose run` or `schedule` running, and does the outbox take mail (`daily-dose check`)?"
                )
        for day, waiting in plans.pinned(connection, edition).items():
            if day < today:
                problems.append(f"{waiting.slug} was pinned to {day} and passed over: pin it anew or remove it")
            elif waiting.obstacle:
                problems.append(f"{waiting.slug} is pinned to {day} but {waiting.obstacle}")
        problems += [
            f"{waiting.slug} is queued but {waiting.obstacle}"
            for waiting in plans.queued(connection, edition)
            if waiting.obstacle
        ]
        if reach == 0:
            problems.append("the next issue is a rerun, or there is none: add entries, or make some ready")
        elif reach <= 30:  # noqa: PLR2004 -- a month is time enough to write entries
            problems.append(
                f"in {reach} day{'s' if reach > 1 else ''} the archive repeats itself: add entries, or make some ready"
            )
        return problems + [f"mailing {each} has lost count of its audience" for each in ledger.unbalanced(connection)]

    def _left_empty(self, connection: Connection, edition: Edition, now: datetime) -> list[date]:
        newest = issues.newest_day(connection, edition.slug)
        return [each.day for each in days_left_empty(edition, newest, plans.holding(connection), now)]

    def _missed(self, connection: Connection, edition: Edition, day: date) -> Pick | None:
        return choose(
            shelf_around(connection, edition, day),
            edition,
            day,
            pins=plans.pinned(connection, edition),
            queue=plans.queued(connection, edition),
            missed=True,
        )

    def _next_day(self, connection: Connection, edition: Edition, now: datetime) -> date:
        newest = issues.newest_day(connection, edition.slug)
        today = max(edition_day(edition, now), edition.since)
        return today if newest is None else max(today, newest + timedelta(days=1))

    def _start(self, connection: Connection, edition: Edition, now: datetime) -> tuple[date, frozenset[date]]:
        """Return the first day that is still to have an issue, and the days that the next tick publishes as missed."""
        newest = issues.newest_day(connection, edition.slug)
        due = days_due(edition, newest, plans.holding(connection), now, self._max_late)
        start = self._next_day(connection, edition, now)
        return min([start, *(each.day for each in due)]), frozenset(each.day for each in due if each.missed)

    def _ahead(
        self, connection: Connection, edition: Edition, start: date, days: int, missed: Collection[date]
    ) -> list[Foreseen]:
        return list(
            forecast(
                self._shelves.of(connection, edition),
                edition,
                start,
                days,
                missed=missed,
                pins=plans.pinned(connection, edition),
                queue=plans.queued(connection, edition),
                holds=plans.holding(connection),
            )
        )

    def _runway(self, connection: Connection, edition: Edition, now: datetime) -> int:
        return runway(
            self._shelves.of(connection, edition),
            edition,
            self._next_day(connection, edition, now),
            pins=plans.pinned(connection, edition),
            queue=plans.queued(connection, edition),
            holds=plans.holding(connection),
            horizon=HORIZON,
        )


def _kept_back(connection: Connection, edition: Edition, now: datetime) -> dict[date, int]:
    """Return, by its issue's day, how many of an edition's deliveries that are due a hold keeps back."""
    holds = plans.holding(connection)
    due = ledger.due(connection, edition.slug, now, now)
    return {day: number for day, number in due.items() if plans.keep_back(edition, day, holds, now)}


def _picked(issue: Issue) -> Pick:
    return Pick(
        edition=issue.edition,
        day=issue.day,
        rule=issue.rule,
        reason=issue.reason,
        uid=issue.entry.uid,
        entry=issue.entry.slug,
    )
