"""The weekly digest: what it holds, when it is opened, and that it is sent once; on both databases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from rooms import Room, an_edition, at, day
from sqlalchemy import select, update

from newsletter.delivery.work import Done, State, record
from newsletter.models import Schedule
from newsletter.press.press import Press
from newsletter.store import tables as our

#: The rooms' edition starts on one: days 0, 7, 14 are Sundays.
SUNDAY, MONDAY = 7, 1
NOTICE = "A court in Example City forbade it."


@pytest.fixture
def weekly(room: Room, press: Press) -> Room:
    """Give a room with a reader of Sunday's digest."""
    read(room, "sunday@example.org", SUNDAY)
    return room


def read(room: Room, address: str, weekday: int, **values: object) -> None:
    """Subscribe a reader to a weekday's digest."""
    room.subscribe(address)
    change(room, address, cadence="weekly", weekday=weekday, **values)


def change(room: Room, address: str, **values: object) -> None:
    whose = select(our.subscribers.c.id).where(our.subscribers.c.address == address).scalar_subquery()
    with room.store.transaction() as connection:
        connection.execute(update(our.subscriptions).where(our.subscriptions.c.subscriber_id == whose).values(**values))


def pass_days(room: Room, *numbers: int, hour: float = 6) -> None:
    """Publish and send what is due on each of these days."""
    for number in numbers:
        room.press.tick(at(number, hour))
        room.press.sending.sweep(at(number, hour))


@dataclass(frozen=True)
class Came:
    """A digest in the outbox: to whom, when, of which days of the rooms' edition, and what its text says."""

    to: str
    sent_for: datetime
    days: list[int]
    text: str


def came(room: Room) -> list[Came]:
    """Return the digests that went out, the oldest first."""
    found = []
    for raw in room.messages():
        mail = message_from_bytes(raw, policy=policy.default)
        if ":digest:" not in mail["Feedback-ID"]:
            continue
        text = mail.get_body(("plain",)).get_content()
        brought = re.findall(r"Read it with its sources: \S+/(\d{4})/(\d\d)/(\d\d)\s", text)
        days = [(date(*map(int, each)) - day(0)).days for each in brought]
        found.append(Came(to=mail["To"], sent_for=mail["Date"].datetime, days=days, text=text))
    return sorted(found, key=lambda each: each.sent_for)


def linked(digest: Came) -> list[int]:
    """Return the days of March that a digest links as missed."""
    _, _, told = digest.text.partition("You may have missed")
    return [int(found) for found in re.findall(r"archive/2026/03/(\d\d)\s", told)]


def held(room: Room) -> list[list[int]]:
    return [each.days for each in came(room)]


def states(room: Room) -> list[tuple[str, str | None]]:
    with room.store.reading() as connection:
        rows = connection.execute(
            select(our.deliveries.c.state, our.deliveries.c.reply)
            .join(our.mailings, our.mailings.c.id == our.deliveries.c.mailing_id)
            .where(our.mailings.c.kind == "digest")
            .order_by(our.mailings.c.id)
        )
        return [tuple(row) for row in rows]


# What it holds, and when


def test_a_digest_holds_what_was_published_since_the_last_of_its_weekday_in_day_order_with_today_s(weekly):
    pass_days(weekly, *range(15))

    assert held(weekly) == [[0], [1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 13, 14]]
    assert [each.sent_for for each in came(weekly)] == [at(0), at(7), at(14)]


def test_its_readers_get_no_daily_mail_and_daily_readers_no_digest(weekly):
    weekly.subscribe("daily@example.org")
    pass_days(weekly, 0, 1)

    to = [message_from_bytes(raw)["To"] for raw in weekly.messages()]
    assert sorted(to) == ["daily@example.org", "daily@example.org", "sunday@example.org"]


def test_it_is_opened_once_whatever_ticks_come_and_in_how_many_processes(weekly):
    pass_days(weekly, 0)
    weekly.restart()
    pass_days(weekly, 0, hour=6.5)
    pass_days(weekly, 0, hour=17)

    assert held(weekly) == [[0]]


def test_the_first_digest_of_a_weekday_holds_the_week_that_it_ends(room, press):
    press.tick(at(20, 7))
    read(room, "late@example.org", SUNDAY)
    pass_days(room, 21)

    assert held(room) == [[15, 16, 17, 18, 19, 20, 21]]


def test_every_weekday_has_a_digest_of_its_own(weekly):
    read(weekly, "monday@example.org", MONDAY)
    pass_days(weekly, *range(9))

    assert [(each.to, each.days) for each in came(weekly)] == [
        ("sunday@example.org", [0]),
        ("monday@example.org", [0, 1]),
        ("sunday@example.org", [1, 2, 3, 4, 5, 6, 7]),
        ("monday@example.org", [2, 3, 4, 5, 6, 7, 8]),
    ]


def test_a_weekday_without_readers_has_none(room, press):
    room.subscribe("daily@example.org")
    pass_days(room, 0)

    assert states(room) == []


def test_a_digest_of_a_held_day_is_left_to_the_next(weekly):
    pass_days(weekly, 0)
    weekly.press.hold(None, (day(7), day(7)), at(5))
    pass_days(weekly, *range(1, 8))
    weekly.press.release(None, (day(7), day(7)), at(7, 8))
    pass_days(weekly, 7, hour=9)
    pass_days(weekly, *range(8, 15))

    assert held(weekly) == [[0], [*range(1, 7), *range(8, 15)]]


def test_a_digest_that_came_due_while_everything_was_held_is_left_to_the_next(weekly):
    pass_days(weekly, *range(7))
    weekly.press.hold(None, None, at(7, 5))
    pass_days(weekly, 7)
    weekly.press.release(None, None, at(7, 8))
    pass_days(weekly, 7, hour=9)
    pass_days(weekly, *range(8, 15))

    assert held(weekly) == [[0], [1, 2, 3, 4, 5, 6, *range(8, 15)]]


@pytest.mark.parametrize(("hours", "opened"), [(12, True), (12.01, False)])
def test_a_digest_is_opened_up_to_max_late_after_it_was_due(weekly, hours, opened):
    pass_days(weekly, *range(7))
    pass_days(weekly, 7, hour=6 + hours)
    pass_days(weekly, *range(8, 15))

    if opened:
        assert held(weekly) == [[0], [1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 13, 14]]
    else:
        assert held(weekly) == [[0], list(range(1, 15))]


def test_a_digest_that_was_sent_to_nobody_in_time_comes_with_the_next(weekly):
    pass_days(weekly, *range(7))
    weekly.press.tick(at(7))
    pass_days(weekly, *range(8, 15))

    assert held(weekly) == [[0], list(range(1, 15))]
    assert ("suppressed", "late") in states(weekly)


def test_a_digest_that_came_too_late_for_some_is_linked_by_the_next_and_by_no_other(weekly):
    read(weekly, "later@example.org", SUNDAY, hour=time(9), zone="UTC")
    pass_days(weekly, *range(8))
    pass_days(weekly, 7, hour=22)  # nothing was sent at nine
    pass_days(weekly, *range(8, 15))
    pass_days(weekly, 14, hour=9)
    pass_days(weekly, *range(15, 22))

    links = [linked(each) for each in came(weekly) if each.to == "sunday@example.org"]
    assert links == [[], [1], [2, 3, 4, 5, 6, 7, 8], []]


def test_where_nothing_was_published_there_is_no_digest(weekly):
    pass_days(weekly, 0)
    weekly.desk.set_edition("daily-dose", {"days": "mon"}, at(0, 9))
    weekly.press.hold(None, (day(1), day(1)), at(0, 10))
    pass_days(weekly, *range(1, 15))

    assert held(weekly) == [[0], [8]]


def test_after_weeks_without_a_digest_the_newest_issues_are_told_and_those_before_linked(weekly):
    pass_days(weekly, 0)
    pass_days(weekly, *range(1, 21), hour=23)  # too late for a digest every time
    pass_days(weekly, 21)

    digest = came(weekly)[-1]
    assert digest.days == list(range(8, 22))
    assert linked(digest) == list(range(2, 9))


def test_a_weekday_that_nobody_read_for_long_begins_with_the_last_six_weeks(weekly):
    pass_days(weekly, 0)
    change(weekly, "sunday@example.org", state="left")
    weekly.press.tick(at(62))
    change(weekly, "sunday@example.org", state="active")
    pass_days(weekly, 63)
    assert held(weekly) == [[0], list(range(50, 64))], "what was caught up yesterday is news"
    change(weekly, "sunday@example.org", state="left")
    for number in range(64, 119):
        weekly.press.tick(at(number))
    change(weekly, "sunday@example.org", state="active")
    pass_days(weekly, 119)

    last = came(weekly)[-1]
    assert last.days == list(range(106, 120))
    assert last.text.partition("You may have missed")[2].count("/archive/2026/") == 119 - 77 - 14


# Readers' hours, zones, pauses


@pytest.mark.parametrize(
    ("zone", "hour", "due"),
    [
        ("Europe/Berlin", time(7, 30), at(7, 6.5)),
        ("Europe/Berlin", time(6), at(8, 5)),
        ("America/New_York", time(2), at(7, 7)),  # skipped on that day, when it is 03:00 at once
        ("Asia/Tokyo", time(9), at(8, 0)),
    ],
)
def test_a_reader_has_the_digest_at_their_own_hour_in_their_own_zone(room, press, zone, hour, due):
    read(room, "own@example.org", SUNDAY, zone=zone, hour=hour)
    press.tick(at(7))
    press.sending.sweep(due - timedelta(seconds=1))
    assert came(room) == []
    press.sending.sweep(due)

    assert [(each.days, each.sent_for) for each in came(room)] == [([1, 2, 3, 4, 5, 6, 7], due)]


def test_a_digest_is_due_at_the_editions_hour_where_that_is_and_the_clocks_change(room, press):
    schedule = Schedule(from_day=day(0), zone=ZoneInfo("Europe/Berlin"), time=time(2, 30))
    room.open(an_edition("berlin", schedules=(schedule,)))
    room.subscribe("b@example.org", edition="berlin")
    change(room, "b@example.org", cadence="weekly", weekday=SUNDAY)
    for number in range(27):
        press.tick(at(number, 12))
    press.tick(at(28, 1.5) - timedelta(seconds=1))  # 29 March, which has no 02:30
    before = len(states(room))
    press.tick(at(28, 1.5))

    assert len(states(room)) == before + 1


def test_a_pause_that_ends_on_the_digests_day_is_over_though_its_newest_issue_is_older(weekly):
    weekly.desk.set_edition("daily-dose", {"days": "mon,tue,wed,thu,fri"}, at(0, 0))
    change(weekly, "sunday@example.org", state="paused", paused_until=day(7))
    pass_days(weekly, *range(8))

    assert held(weekly) == [[1, 2, 3, 4, 5]]


def test_who_left_or_paused_after_it_was_opened_gets_none(weekly):
    weekly.press.tick(at(0))
    change(weekly, "sunday@example.org", state="left")
    weekly.press.sending.sweep(at(0))

    assert states(weekly) == [("suppressed", "left")]


# Put right, taken back


def test_a_correction_is_in_what_is_not_yet_claimed_of_a_running_digest(weekly):
    read(weekly, "later@example.org", SUNDAY, hour=time(9), zone="UTC")
    pass_days(weekly, *range(8))
    outcome = weekly.press.correct(None, day(3), "It was in May.", at(7, 8))
    weekly.press.sending.sweep(at(7, 9))

    sunday, later = came(weekly)[-2:]
    assert outcome.deliveries == 1
    assert "It was in May." not in sunday.text
    assert later.text.count("It was in May.") == 1


def test_a_correction_may_leave_a_running_digest_as_it_is(weekly):
    weekly.press.tick(at(0))
    weekly.press.correct(None, day(0), "It was in May.", at(0, 7), leave_running=True)
    weekly.press.sending.sweep(at(0, 7))

    assert "It was in May." not in came(weekly)[0].text


def test_a_correction_is_carried_once_by_the_next_digest_of_each_weekday(weekly):
    read(weekly, "monday@example.org", MONDAY)
    pass_days(weekly, *range(9))
    weekly.press.correct(None, day(2), "It was in May.", at(9))
    pass_days(weekly, *range(9, 23))

    carrying = [(each.to, each.sent_for) for each in came(weekly) if "It was in May." in each.text]
    assert carrying == [("sunday@example.org", at(14)), ("monday@example.org", at(15))]


def test_a_withdrawn_issue_is_in_no_digest(weekly):
    pass_days(weekly, *range(5))
    weekly.press.withdraw(None, day(3), NOTICE, at(4, 8))
    pass_days(weekly, 5, 6, 7)

    assert held(weekly)[1] == [1, 2, 4, 5, 6, 7]


def test_what_is_withdrawn_leaves_a_running_digest(weekly):
    read(weekly, "later@example.org", SUNDAY, hour=time(9), zone="UTC")
    pass_days(weekly, *range(8))
    outcome = weekly.press.withdraw(None, day(7), NOTICE, at(7, 8))
    weekly.press.sending.sweep(at(7, 9))

    assert held(weekly)[-2:] == [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6]]
    assert outcome.deliveries == 1


def test_a_digest_of_which_nothing_is_left_is_not_sent(weekly):
    weekly.press.tick(at(0))
    outcome = weekly.press.withdraw(None, day(0), NOTICE, at(0, 7))
    weekly.press.sending.sweep(at(0, 7))

    assert states(weekly) == [("suppressed", "withdrawn")]
    assert outcome.deliveries == 1


def test_what_a_killed_process_had_claimed_is_sent_without_what_was_withdrawn_since(weekly):
    pass_days(weekly, *range(7))
    weekly.press.tick(at(7))
    assert len(weekly.claim(at(7))) == 1
    weekly.press.withdraw(None, day(3), NOTICE, at(7, 7))
    weekly.press.sending.sweep(at(7, 8))

    assert held(weekly)[-1] == [1, 2, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("state", "kept"), [(State.DEFERRED, ("sent", "outbox")), (State.UNKNOWN, ("unknown", "no word"))]
)
def test_what_was_refused_goes_without_what_was_withdrawn_and_what_may_have_arrived_not_again(weekly, state, kept):
    pass_days(weekly, *range(7))
    weekly.press.tick(at(7))
    run = weekly.run(at(7))
    done = [Done(work=work, state=state, reply="no word", ready_at=at(7, 6.5)) for work in run.claim(most=1)]
    with weekly.store.transaction() as connection:
        record(connection, run.owner, done, at(7))
    weekly.press.withdraw(None, day(3), NOTICE, at(7, 7))
    weekly.press.sending.sweep(at(7, 8))

    assert states(weekly)[-1] == kept
    assert all(3 not in days for days in held(weekly))


def test_an_issue_that_only_a_digest_brought_may_still_be_mailed(weekly):
    weekly.press.publish(None, day(0), at(0, 5), early=True, mail=False)
    pass_days(weekly, 0)
    assert held(weekly) == [[0]]
    assert not weekly.issues()[0].mailed
    weekly.subscribe("daily@example.org")
    weekly.press.publish(None, day(0), at(0, 7), mail=True)
    weekly.press.sending.sweep(at(0, 7))

    assert sorted(message_from_bytes(raw)["To"] for raw in weekly.messages()) == [
        "daily@example.org", "sunday@example.org",
    ]  # fmt: skip
