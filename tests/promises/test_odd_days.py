"""One issue for each local date, at the instant that the date's zone says, however odd the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from live_newsroom import HOUR, LiveNewsroom, until, utc

chaos = pytest.mark.chaos
SQLITE, POSTGRESQL = "sqlite", "postgresql"

#: Zone, hour, and the days with the instant at which each is due: written down, not computed. None: no such date.
TABLE = {
    "a gap that takes midnight": (
        *("America/Sao_Paulo", "00:00"),
        {
            date(2018, 11, 4): utc(2018, 11, 4, 3),  # 00:00 is not there: it is 01:00, -02
            date(2018, 11, 5): utc(2018, 11, 5, 2),
        },
    ),
    "a missing date": (
        *("Pacific/Apia", "06:00"),
        {
            date(2011, 12, 29): utc(2011, 12, 29, 16),
            date(2011, 12, 30): None,
            date(2011, 12, 31): utc(2011, 12, 30, 16),
        },
    ),
    "a fold": (
        *("Europe/London", "01:30"),
        {date(2018, 10, 28): utc(2018, 10, 28, 0, 30)},
    ),
    "a gap of half an hour": (
        *("Australia/Lord_Howe", "02:15"),
        {date(2018, 10, 7): utc(2018, 10, 6, 15, 45), date(2018, 10, 8): utc(2018, 10, 7, 15, 15)},
    ),
    "a fold of half an hour": (
        *("Australia/Lord_Howe", "01:45"),
        {date(2019, 4, 7): utc(2019, 4, 6, 14, 45), date(2019, 4, 8): utc(2019, 4, 7, 15, 15)},
    ),
    "a gap that ends on the next day": (
        *("America/Nuuk", "23:30"),
        {date(2024, 3, 30): utc(2024, 3, 31, 1, 30), date(2024, 3, 31): utc(2024, 4, 1, 0, 30)},
    ),
    "a gap in the night": (
        *("America/New_York", "02:30"),
        {date(2026, 3, 8): utc(2026, 3, 8, 7, 30), date(2026, 3, 9): utc(2026, 3, 9, 6, 30)},
    ),
    "a fold that repeats the hour before midnight": (
        *("America/Sao_Paulo", "23:30"),
        {date(2018, 2, 17): utc(2018, 2, 18, 1, 30), date(2018, 2, 18): utc(2018, 2, 19, 2, 30)},
    ),
    "a fold that repeats midnight": (
        *("America/Havana", "00:30"),
        {date(2024, 11, 3): utc(2024, 11, 3, 4, 30), date(2024, 11, 4): utc(2024, 11, 4, 5, 30)},
    ),
    "midnight missing on a Friday": (
        *("Africa/Cairo", "00:00"),
        {date(2023, 4, 28): utc(2023, 4, 27, 22), date(2023, 4, 29): utc(2023, 4, 28, 21)},
    ),
    "midnight missing at the equinox": (
        *("Asia/Tehran", "00:00"),
        {date(2022, 3, 22): utc(2022, 3, 21, 20, 30), date(2022, 3, 23): utc(2022, 3, 22, 19, 30)},
    ),
    "midnight missing in the south": (
        *("America/Santiago", "00:00"),
        {date(2022, 9, 11): utc(2022, 9, 11, 4), date(2022, 9, 12): utc(2022, 9, 12, 3)},
    ),
    "a date missing long ago": (
        *("Pacific/Kwajalein", "06:00"),
        {date(1993, 8, 20): utc(1993, 8, 20, 18), date(1993, 8, 21): None, date(1993, 8, 22): utc(1993, 8, 21, 18)},
    ),
}
ORDINARY = {("a gap that takes midnight", SQLITE), ("a missing date", POSTGRESQL), ("a fold", SQLITE)}


def cross(live: LiveNewsroom, day: date, due: datetime) -> None:
    """Let a live process see the second before a day is due and the moments after: it publishes in these."""
    live.clock.show(due - HOUR / 4)
    part = live.start_ticking()
    before = live.days()
    live.clock.show(due - timedelta(seconds=1))
    until(lambda: (live.last_instant() or due) > due - timedelta(seconds=1), "a tick just before the instant")
    seen = live.days()
    if live.clock.now() < due:
        assert seen == before, "nothing is published before it is due"
    until(lambda: day in live.days(), f"the issue of {day}")
    live.await_ticks()
    part.kill()
    assert live.days() == [*before, day]
    assert live.holds() == [], "no step was a fault of the clock"


def pass_by(live: LiveNewsroom, instant: datetime) -> None:
    """Let a live process see a quarter of an hour before and after an instant."""
    live.clock.show(instant - HOUR / 4)
    part = live.start_ticking()
    live.clock.show(instant + HOUR / 4)
    live.await_ticks()
    part.kill()


@pytest.mark.parametrize(
    ("database_url", "case"),
    [
        pytest.param(database, case, marks=[] if (case, database) in ORDINARY else chaos)
        for case in TABLE
        for database in (SQLITE, POSTGRESQL)
    ],
    indirect=["database_url"],
)
def test_each_local_date_has_its_one_issue_at_its_instant(live, case):
    zone, at, days = TABLE[case]
    readers = live.prepare(min(days), zone=zone, at=at)
    due = {day: instant for day, instant in days.items() if instant}

    for day, instant in due.items():
        cross(live, day, instant)
        if "fold" in case:
            pass_by(live, instant + HOUR)  # the same local time once more, or what comes instead

    assert {issue.day: issue.due_at for issue in live.issues()} == due
    assert all(issue.due_at <= issue.published_at < issue.due_at + HOUR / 2 for issue in live.issues())
    assert all(live.outbox().days(reader) == [str(day) for day in due] for reader in readers)


@chaos
def test_a_new_zone_holds_from_the_day_after_the_newest_issue_and_no_date_has_two(live):
    """East across the date line and back west, the dates go on one by one, each mailed once."""
    readers = live.prepare(date(2026, 5, 10))
    cross(live, date(2026, 5, 10), utc(2026, 5, 10, 6))

    live.command("editions", "set", "daily-dose", "zone=Pacific/Auckland")
    cross(live, date(2026, 5, 11), utc(2026, 5, 10, 18))
    live.command("editions", "set", "daily-dose", "zone=Pacific/Honolulu", "time=07:00")
    cross(live, date(2026, 5, 12), utc(2026, 5, 12, 17))

    assert [issue.number for issue in live.issues()] == [1, 2, 3]
    assert all(live.outbox().days(reader) == ["2026-05-10", "2026-05-11", "2026-05-12"] for reader in readers)
