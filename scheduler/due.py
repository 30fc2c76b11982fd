"""
What is due now: an edition's newest issue, its holds and the instant in, days to publish out.

Only the newest due day is mailed, and only while it is fresh. What downtime left behind is
*missed*: published in order and unmailed, never spending the queue. A digest is due on its weekday,
at the hour of the day's issue, whether or not that day has one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from newsletter.models import Edition, Hold
from scheduler.calendar import days_from, due_at, edition_day, has_day, publication_days

#: How far ahead `next_due` looks past held days.
_AHEAD = 800
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day whose issue is due at *due_at* (UTC); a *missed* one is published unmailed."""

    day: date
    due_at: datetime
    missed: bool = False

    @property
    def mail(self) -> bool:
        """Say whether its issue is mailed."""
        return not self.missed


def days_due(
    edition: Edition, newest: date | None, holds: Sequence[Hold], now: datetime, max_late: timedelta
) -> list[DueDay]:
    """
    Return the days that *edition* has to publish at *now* (aware), in order.

    *newest* is the day of its newest issue. What is due are the publication days after it, or
    from the edition's start, up to the first whose instant has not come; held days are left out.
    The newest due day is mailed unless it is held or later than *max_late*; all others are
    missed.
    """
    days = _days_between(edition, newest, now.date() + timedelta(days=2))
    due = list(takewhile(lambda each: each.due_at <= now, days))
    fresh = due[-1] if due and now - due[-1].due_at <= max_late else None
    return [
        DueDay(day=each.day, due_at=each.due_at, missed=each is not fresh)
        for each in due
        if not _is_held(edition, each, holds)
    ]


def days_left_empty(edition: Edition, newest: date | None, holds: Sequence[Hold], now: datetime) -> list[DueDay]:
    """
    Return the publication days after *newest* that are due at *now* (aware) and held, or were when they came due.

    No tick ever fills them: only an editor does.
    """
    days = _days_between(edition, newest, now.date() + timedelta(days=2))
    return [each for each in takewhile(lambda each: each.due_at <= now, days) if _is_held(edition, each, holds)]


def next_due(edition: Edition, newest: date | None, now: datetime, holds: Sequence[Hold] = ()) -> DueDay | None:
    """
    Return the day that *edition* publishes next: the first after *newest* that is due after *now*.

    `None` if every day of the next two years is held, or no weekday is one of publication.
    """
    coming = _days_between(edition, newest, max(now.date(), edition.since) + timedelta(days=_AHEAD))
    return next((each for each in coming if each.due_at > now and not _is_held(edition, each, holds)), None)


def week_date(day: date) -> str:
    """Return a day's week date (ISO 8601), which sorts by time as text: `2026-W48-1`."""
    year, week, weekday = day.isocalendar()
    return f"{year:04}-W{week:02}-{weekday}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDigest:
    """The digest of a weekday that is due on *day*, at *due_at* (UTC)."""

    day: date
    due_at: datetime

    @property
    def key(self) -> str:
        """The day's week date, which names the digest."""
        return week_date(self.day)

    @property
    def since(self) -> date:
        """The first day of the week that it ends."""
        return self.day - _WEEK + date.resolution


def digests_due(
    edition: Edition,
    opened: Collection[str],
    holds: Sequence[Hold],
    now: datetime,
    max_late: timedelta,
) -> list[DueDigest]:
    """
    Return the digests that *edition* has to open at *now* (aware), in order, if anybody reads them.

    *opened* are the keys of digests that there are. Of each weekday it is the newest that has come due, unless its day
    is held or it is later than *max_late*: what it would have brought is left to the next one.
    """
    today = edition_day(edition, now)
    week = days_from(max(edition.since, today - _WEEK + date.resolution), 7)
    due = [
        DueDigest(day=day, due_at=due_at(edition, day))
        for day in week
        if day <= today and has_day(day, edition.schedule_on(day).zone)
    ]
    return [
        each
        for each in due
        if each.due_at <= now
        and now - each.due_at <= max_late
        and each.key not in opened
        and not _covered(edition, each.day, each.due_at, holds)
    ]


def _days_between(edition: Edition, newest: date | None, last: date) -> Iterator[DueDay]:
    """Yield *edition*'s publication days after *newest*, none before its start, up to *last*."""
    first = edition.since if newest is None else max(edition.since, newest + timedelta(days=1))
    days = publication_days(edition, first, (last - first).days + 1)
    return (DueDay(day=day, due_at=due_at(edition, day)) for day in days)


def _is_held(edition: Edition, each: DueDay, holds: Sequence[Hold]) -> bool:
    return _covered(edition, each.day, each.due_at, holds)


def _covered(edition: Edition, day: date, instant: datetime, holds: Sequence[Hold]) -> bool:
    return any(hold.covers(edition, day, instant) for hold in holds)
