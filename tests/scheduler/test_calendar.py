from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shelf_samples import an_edition

from newsletter.errors import NoSuchDay
from newsletter.models import Schedule
from scheduler.calendar import (
    dates_of_year,
    days_from,
    due,
    due_at,
    edition_day,
    first_at,
    has_day,
    is_publication_day,
    local_day,
    publication_days,
)

FIRST, LAST = date(2000, 1, 1), date(2037, 12, 30)

DUE = [
    # zone, day, hour, the instant in UTC, what the clocks show there then
    ("UTC", "2026-11-22", "06:00", "2026-11-22T06:00", "2026-11-22T06:00"),
    ("Asia/Kathmandu", "2026-11-22", "06:00", "2026-11-22T00:15", "2026-11-22T06:00"),
    ("Pacific/Kiritimati", "2026-11-22", "06:00", "2026-11-21T16:00", "2026-11-22T06:00"),
    # a gap, an hour wide
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:30", "2026-03-29T03:30"),
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:30", "2026-03-08T03:30"),
    # half an hour, two hours
    ("Australia/Lord_Howe", "2024-10-06", "02:15", "2024-10-05T15:45", "2024-10-06T02:45"),
    ("America/Caracas", "2016-05-01", "02:45", "2016-05-01T07:15", "2016-05-01T03:15"),
    ("Antarctica/Troll", "2026-03-29", "01:30", "2026-03-29T01:30", "2026-03-29T03:30"),
    # a day whose midnight does not exist
    ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00", "2018-11-04T01:00"),
    ("Asia/Tehran", "2022-03-22", "00:30", "2022-03-21T21:00", "2022-03-22T01:30"),
    ("Africa/Cairo", "2023-04-28", "00:00", "2023-04-27T22:00", "2023-04-28T01:00"),
    ("America/Havana", "2026-03-08", "00:30", "2026-03-08T05:30", "2026-03-08T01:30"),
    # a gap at the end of a day moves its hour into the next
    ("America/Nuuk", "2024-03-30", "23:30", "2024-03-31T01:30", "2024-03-31T00:30"),
    ("Asia/Pyongyang", "2018-05-04", "23:45", "2018-05-04T15:15", "2018-05-05T00:15"),
    # a fold: the first occurrence
    ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30", "2026-10-25T02:30"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30", "2026-11-01T01:30"),
    ("Australia/Lord_Howe", "2024-04-07", "01:45", "2024-04-06T14:45", "2024-04-07T01:45"),
    ("Africa/Casablanca", "2024-03-10", "02:30", "2024-03-10T01:30", "2024-03-10T02:30"),
    # the days on both sides of one that never was
    ("Pacific/Apia", "2011-12-29", "06:00", "2011-12-29T16:00", "2011-12-29T06:00"),
    ("Pacific/Apia", "2011-12-31", "06:00", "2011-12-30T16:00", "2011-12-31T06:00"),
]


@pytest.mark.parametrize(("name", "day", "at", "instant", "shown"), DUE)
def test_a_day_is_due_at_its_hour_where_the_edition_is(name, day, at, instant, shown):
    found = due(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(name))

    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert found.tzinfo is UTC
    assert found.astimezone(ZoneInfo(name)).replace(tzinfo=None) == datetime.fromisoformat(shown)


@pytest.mark.parametrize("name", ["Pacific/Apia", "Pacific/Fakaofo"])
def test_a_day_that_the_zone_never_had_is_never_due(name):
    with pytest.raises(NoSuchDay, match=f"{name} never had the day 2011-12-30"):
        due(date(2011, 12, 30), time(6), ZoneInfo(name))

    assert not has_day(date(2011, 12, 30), ZoneInfo(name))


def test_an_hour_that_asks_for_the_second_of_a_fold_gets_the_first():
    berlin = ZoneInfo("Europe/Berlin")

    assert due(date(2026, 10, 25), time(2, 30, fold=1), berlin) == due(date(2026, 10, 25), time(2, 30), berlin)


@cache
def turns(name: str) -> tuple[date, ...]:
    """Return the days on which, or the day after which, the clocks of a zone are turned."""
    zone = ZoneInfo(name)
    days = [FIRST + timedelta(days=days) for days in range((LAST - FIRST).days)]
    offsets = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return tuple(day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after)


@st.composite
def zones_and_days(draw):
    """Draw a zone and a day, every second one beside a turn of its clocks."""
    name = draw(st.sampled_from(sorted(available_timezones())))
    if draw(st.booleans()) and turns(name):
        return ZoneInfo(name), draw(st.sampled_from(turns(name))) + timedelta(days=draw(st.integers(-1, 2)))
    return ZoneInfo(name), draw(st.dates(FIRST, LAST))


@given(zones_and_days(), st.times().map(lambda at: at.replace(microsecond=0)))
@example((ZoneInfo("Pacific/Apia"), date(2011, 12, 30)), time(6))
@example((ZoneInfo("America/Nuuk"), date(2024, 3, 30)), time(23, 30))
def test_every_day_of_every_zone_is_due_once_at_its_hour_or_a_gap_later(zone_and_day, at):
    zone, day = zone_and_day
    if not has_day(day, zone):
        with pytest.raises(NoSuchDay):
            due(day, at, zone)
        return
    instant = due(day, at, zone)
    wanted = datetime.combine(day, at)
    shown = instant.astimezone(zone)
    late = shown.replace(tzinfo=None, fold=0) - wanted
    gap = shown.utcoffset() - (instant - timedelta(days=1)).astimezone(zone).utcoffset()
    assert shown.fold == 0, "the first occurrence"
    assert late == timedelta() or (late == gap and timedelta() < gap < timedelta(days=1)), "on time, or moved by a gap"
    if late:
        clocks = ((instant + timedelta(minutes=minute)).astimezone(zone) for minute in range(-1_440, 1_440, 5))
        assert all(clock.replace(tzinfo=None) != wanted for clock in clocks), "the hour does not exist"


@given(zones_and_days(), st.times())
def test_the_days_of_a_zone_are_due_one_after_the_other(zone_and_day, at):
    zone, day = zone_and_day
    around = [each for each in days_from(day - timedelta(days=3), 7) if has_day(each, zone)]
    instants = [due(each, at, zone) for each in around]

    assert len(around) >= 6
    assert all(timedelta() < later - earlier for earlier, later in itertools.pairwise(instants))
    assert all(later - earlier <= timedelta(hours=27) for earlier, later in itertools.pairwise(instants))


@given(zones_and_days(), st.times(), st.integers(0, 1_439))
@example((ZoneInfo("Pacific/Apia"), date(2011, 12, 29)), time(12), 6 * 60)
@example((ZoneInfo("America/Nuuk"), date(2024, 3, 30)), time(23, 10), 23 * 60 + 30)
@example((ZoneInfo("Europe/Berlin"), date(2026, 3, 29)), time(1, 10), 2 * 60 + 30)
@example((ZoneInfo("Europe/Berlin"), date(2026, 10, 25)), time(0, 45), 2 * 60 + 30)
def test_a_readers_hour_is_the_first_minute_at_which_the_clocks_show_it_or_would_but_for_a_gap(
    zone_and_day, clock, minute
):
    zone, day = zone_and_day
    since = datetime.combine(day, clock, UTC)

    assert first_at(since, time(*divmod(minute, 60)), zone) == first_minute(since, minute, zone)


def first_minute(since, wanted, zone):
    """Return the first minute from *since* on at which the clocks show the minute *wanted* of a day, one by one."""
    first = since.replace(second=0, microsecond=0)
    # A gap before *since* may have moved an hour to after it.
    before = first - timedelta(days=2)
    shown = before.astimezone(zone)
    moved = []
    for minute in range(1, 5 * 1_440):
        instant = before + timedelta(minutes=minute)
        earlier, shown = shown.replace(tzinfo=None), instant.astimezone(zone)
        expected = earlier + timedelta(minutes=1)
        while expected < shown.replace(tzinfo=None):  # the clocks were put forward
            if expected.hour * 60 + expected.minute == wanted:
                moved.append(instant + (expected - earlier - timedelta(minutes=1)))
            expected += timedelta(minutes=1)
        if instant >= since and (shown.hour * 60 + shown.minute == wanted or instant in moved):
            return instant
    return None


def test_both_hours_of_a_fold_are_a_readers_hour_and_the_second_of_a_gap_is_none():
    berlin = ZoneInfo("Europe/Berlin")

    assert first_at(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), time(2, 30), berlin).hour == 0
    assert first_at(datetime(2026, 10, 25, 0, 31, tzinfo=UTC), time(2, 30), berlin).hour == 1
    assert first_at(datetime(2026, 10, 25, 0, 31, tzinfo=UTC), time(2, 30, fold=1), berlin).hour == 1
    assert first_at(datetime(2026, 3, 29, 0, tzinfo=UTC), time(2, 30), berlin).hour == 1


def test_the_day_is_that_of_the_zone():
    now = datetime(2026, 11, 22, 11, tzinfo=UTC)

    assert local_day(now, ZoneInfo("Pacific/Kiritimati")) == date(2026, 11, 23)
    assert local_day(now, ZoneInfo("Pacific/Pago_Pago")) == date(2026, 11, 22)
    assert local_day(now.replace(hour=10), ZoneInfo("Pacific/Pago_Pago")) == date(2026, 11, 21)


def moved_edition():
    """Return an edition that moved from Honolulu to Auckland with the issue of 10 May."""
    honolulu = Schedule(from_day=date(2026, 1, 1), zone=ZoneInfo("Pacific/Honolulu"), time=time(6))
    auckland = Schedule(from_day=date(2026, 5, 10), zone=ZoneInfo("Pacific/Auckland"), time=time(7))
    return an_edition(since=date(2026, 1, 1), schedules=(honolulu, auckland))


def test_each_day_is_due_by_the_schedule_that_holds_for_it():
    assert due_at(moved_edition(), date(2026, 5, 9)) == datetime(2026, 5, 9, 16, tzinfo=UTC)
    assert due_at(moved_edition(), date(2026, 5, 10)) == datetime(2026, 5, 9, 19, tzinfo=UTC)


def test_it_is_the_day_of_the_schedule_that_holds_on_it():
    assert edition_day(moved_edition(), datetime(2026, 5, 9, 11, tzinfo=UTC)) == date(2026, 5, 9)
    assert edition_day(moved_edition(), datetime(2026, 5, 9, 13, tzinfo=UTC)) == date(2026, 5, 10)
    assert edition_day(moved_edition(), datetime(2025, 5, 9, 5, tzinfo=UTC)) == date(2025, 5, 8)


def test_an_edition_publishes_on_its_weekdays_that_its_zone_has():
    weekdays = an_edition(zone="Pacific/Apia", days=frozenset(range(5)))

    assert [day.day for day in publication_days(weekdays, date(2011, 12, 26), 9)] == [26, 27, 28, 29, 2, 3]
    assert not is_publication_day(weekdays, date(2011, 12, 30))


def test_days_end_with_the_calendar():
    assert (
        list(days_from(date(9999, 12, 30)))
        == list(days_from(date(9999, 12, 30), 5))
        == [
            date(9999, 12, 30),
            date(9999, 12, 31),
        ]
    )
    assert list(days_from(date(2026, 2, 27), 2)) == [date(2026, 2, 27), date(2026, 2, 28)]


@pytest.mark.parametrize(
    ("day", "dates"),
    [
        (date(2026, 2, 28), (228, 229)),
        (date(2028, 2, 28), (228,)),
        (date(2028, 2, 29), (229,)),
        (date(2026, 3, 1), (301,)),
        (date(2026, 11, 22), (1122,)),
    ],
)
def test_29_february_is_remembered_on_the_28th_of_common_years(day, dates):
    assert dates_of_year(day) == dates
