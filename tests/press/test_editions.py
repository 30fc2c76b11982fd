"""Zones, changes of them, and several editions; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from rooms import an_edition, at, day, entry, many

from newsletter.errors import NoSuchDay
from newsletter.models import Edition, Kind, Rule, Schedule

# Zones and changes


def zoned(zone: str, hour: str, since: date) -> Edition:
    schedule = Schedule(from_day=since, zone=ZoneInfo(zone), time=time.fromisoformat(hour))
    return an_edition("zoned", schedules=(schedule,), since=since)


@pytest.mark.parametrize(
    ("zone", "hour", "when", "due"),
    [
        ("Europe/Berlin", "02:30", "2026-03-29", "2026-03-29T01:30Z"),  # a gap moves it forward by the gap
        ("Europe/Berlin", "02:30", "2026-10-25", "2026-10-25T00:30Z"),  # a fold takes the first occurrence
        ("America/Sao_Paulo", "00:00", "2018-11-04", "2018-11-04T03:00Z"),  # a midnight that was not
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:45Z"),  # a gap of half an hour
        ("America/Nuuk", "23:30", "2024-03-30", "2024-03-31T01:30Z"),
    ],
)
def test_a_day_in_a_gap_or_a_fold_has_one_issue_at_its_instant(room, zone, hour, when, due):
    that, instant = date.fromisoformat(when), datetime.fromisoformat(due)
    room.add(*many(8, event_date="1990"))
    room.open(zoned(zone, hour, that))

    def ticked(now: datetime) -> list[date]:
        return [issue.day for issue in room.press.tick(now) if issue.edition == "zoned"]

    assert ticked(instant - timedelta(seconds=1)) == []
    assert ticked(instant) == [that]
    assert [ticked(instant + timedelta(minutes=30 * step)) for step in range(1, 8)] == [[]] * 7
    assert [(issue.due_at, issue.mailed) for issue in room.issues("zoned")] == [(instant, True)]


def test_a_day_that_the_zone_never_had_has_no_issue(room):
    room.add(*many(8, event_date="1990"))
    room.open(zoned("Pacific/Apia", "06:00", date(2011, 12, 28)))
    made = room.press.catch_up(datetime(2012, 1, 1, tzinfo=UTC))

    days = [issue.day for issue in made if issue.edition == "zoned"]
    assert days == [date(2011, 12, 28), date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]
    with pytest.raises(NoSuchDay):
        room.press.publish("zoned", date(2011, 12, 30), datetime(2012, 1, 1, tzinfo=UTC))


def test_a_new_zone_and_hour_hold_from_the_day_after_the_newest_issue(room, press):
    press.tick(at(0))
    press.tick(at(1))
    room.desk.set_edition("daily-dose", {"zone": "Asia/Tokyo", "time": "09:00"}, at(0))
    for number in range(2, 5):
        assert press.tick(at(number) - timedelta(hours=6, seconds=1)) == []
        press.tick(at(number) - timedelta(hours=6))

    assert [issue.due_at for issue in room.issues()] == [at(0), at(1), at(2, 0), at(3, 0), at(4, 0)]


@pytest.mark.parametrize("zones", [("Pacific/Kiritimati", "Pacific/Pago_Pago"), ("Pacific/Pago_Pago", "Asia/Tokyo")])
def test_however_the_zone_changes_no_day_is_doubled_and_none_left_out(room, press, zones):
    now = at(0)
    for number in range(40):
        if number % 10 == 5:
            room.desk.set_edition("daily-dose", {"zone": zones[number // 10 % 2]}, at(number))
        press.tick(now)
        now += timedelta(hours=12)
    press.tick(now + timedelta(days=2))

    days = list(room.picks())
    assert days == [day(number) for number in range(len(days))]
    assert len(days) >= 20


# Editions


def test_two_editions_rest_and_number_their_issues_each_by_itself(room):
    room.open(an_edition("short-rest", rest_days=2))
    room.add(*many(4))
    for number in range(8):
        room.press.tick(at(number))

    short, long = room.issues("short-rest"), room.issues()
    assert [issue.number for issue in short] == list(range(1, 9))
    assert {issue.rule for issue in short} == {Rule.ROTATION}
    assert len({issue.entry.slug for issue in long}) == len(long) == 4, "the others rest 120 days, and no rerun is due"


def test_an_edition_takes_its_kinds_and_tags_alone(room):
    room.open(an_edition("words", kinds=frozenset({Kind.QUOTE}), tags=frozenset({"court"})))
    quote = {"kind": "quote", "speaker": "A Speaker"}
    room.add(
        entry("right", tags=["court", "other"], **quote),
        entry("untagged", **quote),
        entry("fact", tags=["court"]),
        entry("report", kind="report", tags=["court"]),
    )
    room.press.tick(at(0))

    assert list(room.picks("words").values()) == ["right"]


def test_an_edition_whose_tags_change_takes_others_at_once(room):
    room.open(an_edition("words", tags=frozenset({"court"})))
    room.add(entry("in-court", tags=["court"]), entry("at-school", tags=["school"]))
    room.press.tick(at(0))
    room.desk.set_edition("words", {"tags": "school"}, at(0))
    room.press.tick(at(1))

    assert list(room.picks("words").values()) == ["in-court", "at-school"]


def test_a_report_is_never_picked_but_may_be_pinned(room, press):
    room.add(entry("background", kind="report"))
    room.desk.enqueue(None, "background", at(0, 0), day=day(1))
    press.tick(at(1))

    assert room.picks()[day(1)] == "background"
