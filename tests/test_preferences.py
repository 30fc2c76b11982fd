"""Preferences: what a form may choose, and what a token carries of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import an_edition, at

from newsletter.circulation.waiting import LONG, long_wait
from newsletter.preferences import (
    CADENCES,
    FORMATS,
    Preferences,
    WrongPreferences,
    pause_until,
    preferences_of,
    unpacked,
    zones,
)

hours = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
habits = st.builds(
    lambda cadence, weekday, hour, zone, form: Preferences(
        cadence=cadence,
        weekday=weekday if cadence == "weekly" else None,
        hour=hour,
        zone=zone if hour is not None else None,
        format=form,
    ),
    st.sampled_from(CADENCES),
    st.integers(1, 7),
    st.none() | hours,
    st.sampled_from(zones()),
    st.sampled_from(FORMATS),
)


@given(habits)
def test_what_is_chosen_is_the_same_from_a_form_and_from_a_token(preferences: Preferences) -> None:
    assert preferences_of(preferences.fields()) == preferences
    assert unpacked(preferences.packed()) == preferences
    assert len(preferences.packed()) < 100


@given(st.dictionaries(st.sampled_from(["cadence", "weekday", "hour", "zone", "format"]), st.text(max_size=20)))
def test_whatever_is_sent_is_a_choice_or_named_by_its_field(fields: dict[str, str]) -> None:
    problems: Mapping[str, str] = {}
    chosen = Preferences()
    try:
        chosen = preferences_of(fields)
    except WrongPreferences as error:
        problems = {**error.problems} or {"nothing": "is named"}
    assert set(problems) <= {"cadence", "weekday", "hour", "zone", "format"}
    assert (chosen.hour is None) == (chosen.zone is None)
    assert (chosen.weekday is not None) == (chosen.cadence == "weekly")


@given(st.binary(max_size=60))
def test_whatever_a_token_carries_is_a_choice_or_none(packed: bytes) -> None:
    try:
        chosen = unpacked(packed)
    except WrongPreferences:
        return
    assert chosen.cadence in CADENCES


def test_every_zone_that_is_offered_is_one() -> None:
    assert {"UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/New_York"} <= set(zones())
    assert len(zones()) > 400
    assert "Factory" not in zones()


def test_a_pause_ends_on_a_day_to_come_or_on_none() -> None:
    today = date(2026, 11, 22)
    assert pause_until(" ", today) is None
    assert pause_until("2026-11-23", today) == date(2026, 11, 23)
    for wrong in ("2026-11-22", "2025-01-01", "tomorrow", "2026-02-30"):
        with pytest.raises(WrongPreferences, match="expected a day after 2026-11-22, such as 2026-12-06"):
            pause_until(wrong, today)


@pytest.mark.parametrize(
    ("hour", "zone", "wait"),
    [
        (time(6), "UTC", None),
        (time(5), "UTC", 23),
        (time(18), "UTC", 12),
        (time(17, 30), "UTC", None),
        (time(7), "America/New_York", None),
        (time(6), "Asia/Tokyo", 15),
    ],
)
def test_a_wait_of_half_a_day_or_more_after_an_issue_is_long(hour: time, zone: str, wait: float | None) -> None:
    """The edition is due at 06:00 UTC."""
    now: datetime = at(3, 8)
    found = long_wait(an_edition(), Preferences(hour=hour, zone=zone), now)
    assert found == (timedelta(hours=wait) if wait else None)
    assert long_wait(an_edition(), Preferences(cadence="weekly", weekday=1, hour=hour, zone=zone), now) is None
    assert timedelta(hours=12) == LONG
