"""An edition's values, as an operator writes them."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import START, an_edition, day

from newsletter.desk.editing import WrongValue, days, edited
from newsletter.models import Kind, Schedule
from newsletter.shapes import days_text

EDITION = an_edition()


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_weekdays_are_read_as_they_are_written(found):
    assert days("days", days_text(found)) == {"days": found}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mon-sun", range(7)),
        ("mon-fri", range(5)),
        ("sat-mon", [5, 6, 0]),
        ("Monday, wed ,FRI", [0, 2, 4]),
        ("tue", [1]),
    ],
)
def test_weekdays_may_be_a_range_a_list_or_one(text, found):
    assert days("days", text) == {"days": frozenset(found)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("days", ""),
        ("days", "mon-wed-fri"),
        ("days", "someday"),
        ("title", " \u200b "),
        ("language", "english please"),
        ("zone", "Mars/Olympus"),
        ("zone", "../etc/passwd"),
        ("zone", ""),
        ("zone", "/UTC"),
        ("zone", "UTC\x00"),
        ("time", "24:00"),
        ("time", "6:00"),
        ("time", "06:00:00"),
        ("time", "٠٦:٠٠"),
        ("from", "nobody"),
        ("rest_days", "-1"),
        ("rest_days", "3651"),
        ("rest_days", "²"),
        ("rest_days", "a few"),
        ("kinds", "news"),
        ("kinds", ""),
        ("since", "2020-01-01"),
        ("slug", "other"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_the_value_and_what_is_allowed(name, value):
    with pytest.raises(WrongValue, match=rf"^{name}=") as refused:
        edited(EDITION, {name: value}, START)
    assert "expected" in str(refused.value)


@given(
    name=st.sampled_from(["title", "language", "zone", "time", "days", "from", "rest_days", "kinds", "tags"]),
    value=st.text(),
)
def test_any_text_is_taken_or_refused_and_never_more(name, value):
    try:
        result = edited(EDITION, {name: value}, START)
    except WrongValue:
        return
    assert result.slug == EDITION.slug
    assert result.days
    assert result.title


def test_values_are_set_and_the_others_stay():
    result = edited(
        EDITION, {"title": " A  title ", "rest_days": "90", "kinds": "quote,post", "tags": "Court, x"}, START
    )

    assert (result.title, result.rest_days) == ("A title", 90)
    assert (result.kinds, result.tags) == (frozenset({Kind.QUOTE, Kind.POST}), frozenset({"court", "x"}))
    assert result.schedules == EDITION.schedules
    assert edited(result, {"tags": "", "from": ""}, START).tags == frozenset()


def test_a_new_zone_holds_from_its_day_with_the_hour_that_was():
    result = edited(EDITION, {"zone": "Asia/Tokyo"}, day(10))

    assert result.schedules == (
        *EDITION.schedules,
        Schedule(from_day=day(10), zone=ZoneInfo("Asia/Tokyo"), time=time(6)),
    )
    assert result.schedule_on(day(9)).zone.key == "UTC"


def test_a_change_before_another_came_to_hold_replaces_it():
    once = edited(EDITION, {"zone": "Asia/Tokyo"}, day(10))
    twice = edited(once, {"time": "07:00"}, day(10))

    assert twice.schedules[1:] == (Schedule(from_day=day(10), zone=ZoneInfo("Asia/Tokyo"), time=time(7)),)


@given(changes=st.lists(st.tuples(st.integers(-5, 50), st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin"]))))
def test_schedules_stay_in_order_and_days_before_a_change_keep_theirs(changes):
    edition = EDITION
    for number, zone in changes:
        before = {each: edition.schedule_on(day(each)) for each in range(60)}
        edition = edited(edition, {"zone": zone}, day(number))
        starts = [schedule.from_day for schedule in edition.schedules]
        assert starts == sorted(set(starts))
        assert starts[0] == START
        for each in range(max(number, 0)):
            assert edition.schedule_on(day(each)) == before[each]
        assert edition.schedule_on(day(max(number, 0) + 1)).zone.key == zone


def test_a_days_first_instant_is_of_the_schedule_that_holds_on_it():
    edition = edited(EDITION, {"zone": "Asia/Tokyo"}, date(2026, 4, 1))

    assert edition.schedule_on(date(2026, 4, 1) - timedelta(days=1)).zone.key == "UTC"
    assert edition.schedule_on(date(2026, 4, 1)).zone.key == "Asia/Tokyo"
