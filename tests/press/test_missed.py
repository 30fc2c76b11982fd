"""What downtime and a wrong clock leave behind; on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from rooms import at, day, entry

from newsletter.archive import issues
from newsletter.delivery.work import Done, State, record
from newsletter.models import PartialDate, Rule
from newsletter.press import refusals

# Missed days


def test_missed_days_come_in_order_unmailed_and_only_the_newest_is_mailed(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    made = press.tick(at(4, 7))

    assert [issue.day for issue in made] == [day(1), day(2), day(3), day(4)]
    assert [issue.mailed for issue in room.issues()] == [True, False, False, False, True]
    assert [issue.caught_up for issue in room.issues()] == [False, True, True, True, False]
    assert [issue.shown_at for issue in room.issues()] == [
        at(0), at(1), at(2), at(3), room.issues()[4].published_at,
    ]  # fmt: skip
    assert press.sending.sweep(at(4, 7)) == 1


def test_the_mail_after_downtime_links_what_was_missed(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(3))
    press.sending.sweep(at(3))

    mail = next(mail for mail in room.messages() if b"2026/03/04" in mail)
    assert b"2026/03/02" in mail
    assert b"2026/03/03" in mail
    assert b"2026/03/01" not in mail


def linked(room, number):
    """Return the days that the mail of a day links as missed, from the bytes that were frozen last for it."""
    with room.store.reading() as connection:
        mail = issues.frozen_mail(connection, issues.get(connection, "daily-dose", day(number)))
    text = message_from_bytes(mail, policy=policy.default).get_body(("plain",)).get_content()
    _, _, told = text.partition("You may have missed")
    return [int(found) for found in re.findall(r"archive/2026/03/(\d\d)\s", told)]


def test_a_held_day_that_is_filled_later_is_linked_by_the_next_mail_and_by_no_other(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.hold(None, (day(1), day(1)), at(0, 8))
    for number in (1, 2):
        press.tick(at(number))
        press.sending.sweep(at(number))
    press.release(None, (day(1), day(1)), at(2, 7))
    press.publish(None, day(1), at(2, 8), force=True)
    for number in (3, 4):
        press.tick(at(number))
        press.sending.sweep(at(number))

    assert [linked(room, number) for number in (0, 2, 3, 4)] == [[], [], [2], []]


def test_a_mail_that_came_too_late_for_everybody_is_linked_by_the_next_with_all_that_it_linked(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(2))  # the day before was missed
    press.tick(at(3, 7))  # and no mail of this one went out
    press.sending.sweep(at(3, 7))
    press.tick(at(4))

    assert [linked(room, number) for number in (2, 3, 4)] == [[2], [2, 3], []]
    assert [delivery for delivery in room.messages() if b"2026/03/03\r\n" in delivery[:2000]] == []


def test_a_mail_that_a_killed_process_had_claimed_is_linked_by_the_next(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(1))
    assert len(room.claim(at(1))) == 1
    press.tick(at(2))

    assert linked(room, 2) == [2]


def test_a_mail_that_came_too_late_for_some_is_linked_by_the_next_and_what_it_linked_is_not(room, press):
    room.subscribe("one@example.org", "two@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(2))
    run = room.run(at(2))
    done = [Done(work=work, state=State.SENT, reply="250 ok") for work in run.claim(most=1)]
    with room.store.transaction() as connection:
        record(connection, run.owner, done, at(2))
    press.sending.sweep(at(2, 20))
    press.tick(at(3))
    press.sending.sweep(at(3))
    press.tick(at(4))

    assert [linked(room, number) for number in (2, 3, 4)] == [[2], [3], []]


def test_a_withdrawn_mail_is_never_linked_and_what_it_linked_comes_with_the_next(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(2))
    press.withdraw(None, day(2), "It named the wrong man.", at(2, 7))
    press.tick(at(3))

    assert linked(room, 3) == [2]


def test_an_old_day_that_is_mailed_when_asked_links_what_was_missed_and_is_missed_no_more(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(3, 20))
    press.publish(None, day(2), at(3, 21), mail=True)
    press.sending.sweep(at(3, 21))
    press.tick(at(4))

    assert [linked(room, number) for number in (2, 4)] == [[2, 4], []]


def test_an_old_day_that_is_mailed_while_the_newest_waits_links_nothing_of_it(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(2))
    press.publish(None, day(1), at(2, 6.5), mail=True)

    assert [linked(room, number) for number in (2, 1)] == [[2], []]


def test_what_is_frozen_again_links_what_it_linked_before(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(2))
    press.publish(None, day(1), at(2, 6.5), mail=True)
    press.correct(None, day(2), "It was in May.", at(2, 7))

    assert linked(room, 2) == [2]
    with room.store.reading() as connection:
        assert b"It was in May." in issues.frozen_mail(connection, issues.get(connection, "daily-dose", day(2)))


def test_nobody_missed_what_was_published_before_the_first_mail(room, press):
    press.publish(None, day(5), at(5), early=True, mail=False)
    room.subscribe("reader@example.org")
    press.tick(at(6))

    assert linked(room, 6) == []


def test_a_mail_links_the_newest_of_what_was_missed_and_counts_the_rest(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.sending.sweep(at(0))
    press.tick(at(20))
    press.sending.sweep(at(20))

    mail = next(mail for mail in room.messages() if b"2026/03/21" in mail)
    assert linked(room, 20) == list(range(7, 21))
    assert b"And 5 more before these: see the archive." in mail


def test_missed_days_never_spend_the_queue_but_take_their_pins(room, press):
    press.tick(at(0))
    room.desk.enqueue(None, "entry-011", at(0, 7))
    room.desk.enqueue(None, "entry-012", at(0, 7))
    room.desk.enqueue(None, "entry-033", at(0, 7), day=day(2))
    press.tick(at(4))

    picks = room.picks()
    assert picks[day(2)] == "entry-033"
    assert picks[day(4)] == "entry-011"
    assert "entry-012" not in picks.values()
    assert [line.waiting.slug for line in room.desk.line(None)] == ["entry-012"]


@pytest.mark.parametrize(("late", "mailed"), [(timedelta(hours=12), True), (timedelta(hours=12, seconds=1), False)])
def test_the_newest_day_is_mailed_up_to_max_late_after_it_was_due(room, press, late, mailed):
    room.subscribe("reader@example.org")
    press.tick(at(0))
    press.tick(at(1) + late)

    newest = room.issues()[-1]
    assert (newest.day, newest.mailed, newest.caught_up) == (day(1), mailed, not mailed)


def test_a_day_too_late_to_be_mailed_is_missed_and_leaves_the_queue(room, press):
    room.desk.enqueue(None, "entry-011", at(0, 0))
    press.tick(at(0, 23))

    assert room.issues()[0].rule is Rule.ROTATION


def test_thirty_days_of_downtime_are_filled_in_one_tick(room, press):
    press.tick(at(0))
    assert len(press.tick(at(30))) == 30
    assert list(room.picks()) == [day(number) for number in range(31)]


def test_more_days_than_one_transaction_takes_are_filled_though_none_can_be_at_first(room):
    # All that happened, happened lately: the first forty days have nothing to show.
    room.add(*(entry(f"late-{number}", event_date=str(PartialDate.of(day(40)))) for number in range(3)))
    made = room.press.tick(at(43))

    assert [issue.day for issue in made] == [day(41), day(42), day(43)]
    assert room.press.tick(at(43, 7)) == []


def test_an_archive_with_nothing_ready_publishes_nothing_and_says_so(room):
    assert room.press.tick(at(0)) == []
    with pytest.raises(refusals.NothingToPick, match="daily-dose has nothing to publish for 2026-03-01"):
        room.press.publish(None, day(0), at(0))
    assert any("add entries" in problem for problem in room.press.outlook.overview(None, at(0)).problems)


# The clock


def test_a_clock_set_back_holds_everything_until_it_is_released(room, press):
    press.tick(at(5))
    number = len(room.issues())
    assert press.tick(at(3)) == []
    (held,) = press.outlook.overview(None, at(5)).holds
    assert held.origin == "clock"
    assert "before the last instant on record" in held.reason
    assert press.tick(at(6)) == []
    assert len(room.issues()) == number

    assert press.release(None, None, at(6, 8)) == 1
    assert press.tick(at(6, 9)) == []
    assert [issue.day for issue in press.tick(at(7))] == [day(7)]


def test_a_clock_that_is_a_little_behind_another_hosts_is_no_fault(room, press):
    press.tick(at(5))
    press.tick(at(5, seconds=-60))

    assert press.outlook.overview(None, at(5)).holds == ()


def test_a_released_clock_may_go_on_from_where_it_was_set_back_to(room, press):
    press.tick(at(5))
    press.tick(at(3))
    press.release(None, None, at(3, 1))

    assert press.tick(at(3, 2)) == []
    assert [issue.day for issue in press.tick(at(6))] == [day(6)]


def test_a_clock_set_forward_and_believed_by_nobody_publishes_nothing_of_the_days_between(room, press):
    press.tick(at(0))
    press.guards.alarm(at(20), "the clock was set forward by 20 days")
    assert press.tick(at(20)) == []
    assert press.tick(at(1)) == [], "set right again: before the last instant on record"
    press.release(None, None, at(1, 8))
    press.tick(at(2))

    assert list(room.picks()) == [day(0), day(2)]


def test_downtime_is_no_fault(room, press):
    press.tick(at(0))
    press.tick(at(40))

    assert press.outlook.overview(None, at(40)).holds == ()
    assert len(room.issues()) == 41
