"""
Days and due instants.

A *day* is a date in an edition's zone; its issue is due at the edition's hour there. Nothing here
reads a clock: instants and days come in as values.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from newsletter.errors import NoSuchDay
from newsletter.models import Edition

_LAST = date.max.toordinal()
_LAST_OF_FEBRUARY = 228


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """Return the day that it is in *zone* at the instant *now* (aware)."""
    return now.astimezone(zone).date()


def edition_day(edition: Edition, now: datetime) -> date:
    """
    Return the day that it is for *edition* at the instant *now* (aware), in the newest zone that holds by then.

    Where a zone further west is to hold from a day that has not begun there, it is still the day before.
    """
    last = date.max
    for schedule in reversed(edition.schedules):
        day = min(local_day(now, schedule.zone), last)
        if schedule.from_day <= day:
            return day
        last = schedule.from_day - date.resolution
    return day


@lru_cache(maxsize=4096)
def has_day(day: date, zone: ZoneInfo) -> bool:
    """
    Say whether *zone* ever had *day*.

    A zone that moves across the date line skips one: Apia had no 30 December 2011. A gap of hours
    does not take a day away, not even one that spans its midnight.
    """
    return any(_there_and_back(day, at, zone).date() == day for at in (time.min, time.max))


def due(day: date, at: time, zone: ZoneInfo) -> datetime:
    """
    Return the instant, in UTC, at which *day*'s issue is due.

    A local time that a DST gap skips moves forward by the gap, into the next day if the gap ends
    there (Nuuk, 2024-03-30, 23:30); one that a fold repeats is its first occurrence (PEP 495,
    `fold=0`, does both). A day that the zone never had (Apia, 2011-12-30) raises `NoSuchDay`.
    """
    if not has_day(day, zone):
        raise NoSuchDay(day, zone.key)
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def first_at(since: datetime, at: time, zone: ZoneInfo) -> datetime:
    """
    Return the first instant, in UTC, from *since* on at which clocks in *zone* show the hour *at*.

    An hour that a DST gap skips moves forward by the gap. Both hours of a fold count: of two issues a day apart,
    neither then comes at the other's instant.
    """
    today = local_day(since, zone)
    for day in (today - date.resolution, today, today + date.resolution, today + 2 * date.resolution):
        for fold in (0, 1):
            local = datetime.combine(day, at.replace(fold=fold), zone)
            instant = local.astimezone(UTC)
            # The second hour of a gap would be the one before it.
            if instant >= since and (
                fold == 0 or instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
            ):
                return instant
    raise NoSuchDay(today, zone.key)


def due_at(edition: Edition, day: date) -> datetime:
    """Return the instant, in UTC, at which *edition*'s issue of *day* is due; may raise `NoSuchDay`."""
    schedule = edition.schedule_on(day)
    return due(day, schedule.time, schedule.zone)


def is_publication_day(edition: Edition, day: date) -> bool:
    """Say whether *edition* publishes on *day*: a weekday of its own, which its zone has."""
    return day.weekday() in edition.days and has_day(day, edition.schedule_on(day).zone)


def days_from(first: date, days: int | None = None) -> Iterator[date]:
    """Yield *first* and the days after it, *days* in all, or to the end of the calendar."""
    ordinals = count(first.toordinal()) if days is None else iter(range(first.toordinal(), first.toordinal() + days))
    return map(date.fromordinal, takewhile(_LAST.__ge__, ordinals))


def publication_days(edition: Edition, first: date, days: int | None = None) -> Iterator[date]:
    """Yield those of *first* and the *days* from it on which *edition* publishes, in order."""
    return (day for day in days_from(first, days) if is_publication_day(edition, day))


def dates_of_year(day: date) -> tuple[int, ...]:
    """
    Return the dates of the year, as MMDD, whose anniversary *day* is.

    In a common year 28 February is that of 29 February too.
    """
    own = day.month * 100 + day.day
    return (own, own + 1) if own == _LAST_OF_FEBRUARY and not isleap(day.year) else (own,)


def _there_and_back(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return what the clocks of *zone* show at *day* and *at*, which a gap may have skipped."""
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
