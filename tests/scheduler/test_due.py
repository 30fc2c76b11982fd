from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from shelf_samples import a_hold, an_edition

from newsletter.models import Schedule
from scheduler.calendar import due_at, publication_days
from scheduler.due import DueDay, days_due, digests_due, next_due, week_date

LATE = timedelta(hours=12)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def nov(day: int) -> date:
    return date(2026, 11, day)


def due_days(newest: date | None, now: datetime, holds=(), **fields) -> list[DueDay]:
    return days_due(an_edition(**fields), newest, holds, now, LATE)


def plainly(days: list[DueDay]) -> list[tuple[int, bool]]:
    return [(each.day.day, each.mail) for each in days]


def test_nothing_is_due_before_the_hour():
    assert due_days(nov(21), at(22, 5, 59)) == []


def test_the_day_is_due_at_its_hour_and_mailed():
    assert due_days(nov(21), at(22, 6)) == [DueDay(day=nov(22), due_at=at(22, 6), missed=False)]
    assert due_days(nov(21), at(22, 6))[0].mail


def test_nothing_is_due_twice():
    assert due_days(nov(22), at(22, 23)) == []


def test_an_issue_ahead_of_its_time_leaves_nothing_due():
    """`publish today --now` before the hour: the tick at the hour finds it done."""
    assert due_days(nov(22), at(22, 6)) == due_days(nov(22), at(22, 3)) == []


def test_a_day_is_mailed_until_it_is_too_late():
    assert plainly(due_days(nov(21), at(22, 18))) == [(22, True)]
    assert plainly(due_days(nov(21), at(22, 18, 1))) == [(22, False)]


def test_missed_days_come_in_order_and_only_the_newest_is_mailed():
    assert plainly(due_days(nov(18), at(22, 7))) == [(19, False), (20, False), (21, False), (22, True)]


def test_a_newest_day_that_is_too_late_is_missed_like_the_others():
    assert plainly(due_days(nov(19), at(22, 5))) == [(20, False), (21, False)]


def test_a_fresh_edition_has_its_first_days_to_publish():
    assert plainly(due_days(None, at(22, 7), since=nov(20))) == [(20, False), (21, False), (22, True)]


def test_nothing_before_the_start_is_due():
    assert plainly(due_days(nov(1), at(22, 7), since=nov(22))) == [(22, True)]


def test_a_held_day_is_not_due():
    assert plainly(due_days(nov(19), at(22, 7), [a_hold(nov(21))])) == [(20, False), (22, True)]


def test_days_before_a_held_newest_day_stay_missed():
    assert plainly(due_days(nov(19), at(22, 7), [a_hold(nov(22))])) == [(20, False), (21, False)]


def test_a_hold_on_everything_leaves_nothing_due():
    assert due_days(nov(1), at(22, 7), [a_hold()]) == []


def test_what_came_due_under_a_released_hold_stays_without_an_issue():
    released = a_hold(since=at(20, 3), until=at(22, 3))

    assert plainly(due_days(nov(18), at(22, 7), [released])) == [(19, False), (22, True)]


def test_another_edition_s_hold_holds_nothing_here():
    assert plainly(due_days(nov(21), at(22, 7), [a_hold(edition="weekly")])) == [(22, True)]


def test_days_without_publication_are_not_due():
    friday_and_monday = due_days(nov(19), at(23, 7), days=frozenset(range(5)))

    assert plainly(friday_and_monday) == [(20, False), (23, True)]
    assert due_days(nov(20), at(22, 7), days=frozenset(range(5))) == []


def test_a_day_is_not_due_before_the_one_before_it():
    """A schedule that moves a day ahead of its elder brings no issue out of order."""
    schedules = (
        Schedule(from_day=nov(1), zone=ZoneInfo("Pacific/Honolulu"), time=time(23, 59)),
        Schedule(from_day=nov(22), zone=ZoneInfo("Pacific/Kiritimati"), time=time(0)),
    )

    assert due_days(nov(20), at(21, 12), schedules=schedules) == []
    assert plainly(due_days(nov(20), at(22, 9, 59), schedules=schedules)) == [(21, False), (22, False)]


def test_the_next_day_is_the_first_that_is_still_to_come():
    assert next_due(an_edition(), nov(21), at(22, 5)) == DueDay(day=nov(22), due_at=at(22, 6))
    assert next_due(an_edition(), nov(21), at(22, 6)) == DueDay(day=nov(23), due_at=at(23, 6))
    assert next_due(an_edition(), nov(22), at(22, 5)) == DueDay(day=nov(23), due_at=at(23, 6))
    assert next_due(an_edition(since=nov(30)), None, at(22, 5)) == DueDay(day=nov(30), due_at=at(30, 6))


def test_the_next_day_is_not_a_held_one():
    assert next_due(an_edition(), nov(21), at(22, 5), [a_hold(nov(22), nov(24))]).day == nov(25)


def test_there_is_no_next_day_under_a_hold_on_everything_or_without_weekdays():
    assert next_due(an_edition(), nov(21), at(22, 5), [a_hold()]) is None
    assert next_due(an_edition(days=frozenset()), nov(21), at(22, 5)) is None


@given(
    zone=st.sampled_from(["UTC", "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe", "America/Nuuk"]),
    hour=st.times(),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    held=st.sets(st.integers(0, 60)),
    stops=st.lists(st.integers(0, 40 * 24 * 60), min_size=1, max_size=25),
    begin=st.sampled_from([date(2011, 12, 1), date(2018, 10, 20), date(2024, 3, 10), date(2024, 9, 20)]),
)
def test_however_often_one_looks_each_unheld_day_is_due_once_and_mailed_at_most_while_fresh(
    zone, hour, days, held, stops, begin
):
    edition = an_edition(zone=zone, at=hour, days=days, since=begin)
    holds = [a_hold(begin + timedelta(days=day)) for day in held]
    newest, published = None, []
    for minutes in sorted(stops):
        now = datetime.combine(begin, time(), UTC) + timedelta(minutes=minutes)
        due = days_due(edition, newest, holds, now, LATE)
        assert sum(each.mail for each in due) <= 1
        assert all(each is due[-1] and now - each.due_at <= LATE for each in due if each.mail)
        published += [each.day for each in due]
        newest = published[-1] if published else None
    wanted = [day for day in publication_days(edition, begin, 60) if due_at(edition, day) <= now]
    assert published == [day for day in wanted if (day - begin).days not in held]


# Digests: 22 November 2026 is a Sunday


def digests(now: datetime, opened=(), holds=(), late=LATE, **fields) -> list[str]:
    return [each.key for each in digests_due(an_edition(**fields), opened, holds, now, late)]


def test_a_digest_is_due_at_the_editions_hour_of_its_weekday_until_it_is_too_late():
    assert digests(at(22, 5, 59)) == []
    assert digests(at(22, 6)) == digests(at(22, 18)) == ["2026-W47-7"]
    assert digests(at(22, 18, 1)) == []
    assert digests(at(23, 6)) == ["2026-W48-1"]


def test_a_digest_that_is_open_is_due_no_more():
    assert digests(at(22, 7), opened={"2026-W47-7"}) == []
    assert digests(at(22, 7), opened={"2026-W46-7"}) == ["2026-W47-7"]


def test_of_two_weekdays_both_may_be_due_and_of_one_only_the_newest():
    assert digests(at(22, 7), late=timedelta(days=1, hours=1)) == ["2026-W47-6", "2026-W47-7"]
    assert digests(at(22, 7), late=timedelta(days=30)) == [week_date(nov(day)) for day in range(16, 23)]


def test_no_digest_is_due_of_a_held_day_nor_once_that_is_released():
    held = a_hold(first=nov(22), last=nov(22), since=at(20, 12))
    assert digests(at(22, 7), holds=[held]) == []
    assert digests(at(22, 9), holds=[replace(held, until=at(22, 8))]) == []
    assert digests(at(22, 9), holds=[replace(held, until=at(21, 8))]) == ["2026-W47-7"]
    assert digests(at(22, 7), holds=[a_hold(first=None, last=None, since=at(20, 12))]) == []


def test_a_digest_is_due_on_a_day_without_an_issue_too_but_not_before_the_edition_starts():
    assert digests(at(22, 7), days=frozenset({0})) == ["2026-W47-7"]
    assert digests(at(22, 7), since=nov(23)) == []


def test_a_digest_is_due_by_the_clocks_of_the_editions_zone():
    apia = Schedule(from_day=date(2011, 12, 1), zone=ZoneInfo("Pacific/Apia"), time=time(6))
    fields = {"schedules": (apia,), "since": date(2011, 12, 1)}
    ends = datetime(2011, 12, 30, 16, tzinfo=UTC)  # 31 December at six there, the day after the 29th
    assert digests(ends - timedelta(minutes=1), late=timedelta(days=1), **fields) == ["2011-W52-4"]
    assert digests(ends, late=timedelta(days=1), **fields) == ["2011-W52-4", "2011-W52-6"]


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.integers(1, 400))
def test_week_dates_sort_by_time_and_name_their_day(first: date, later: int):
    second = first + timedelta(days=later)
    assert week_date(first) < week_date(second)
    assert date.fromisoformat(week_date(first)) == first
