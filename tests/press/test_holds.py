"""Held days: nothing is published, nothing lost; on both databases."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from rooms import an_edition, at, day

from newsletter.models import Schedule, Status
from newsletter.press import refusals


def test_a_held_day_gets_no_issue_not_even_later_and_the_next_day_does(room, press):
    press.hold(None, (day(1), day(2)), at(0, 0))
    for number in range(5):
        press.tick(at(number))
    press.release(None, (day(1), day(2)), at(4, 7))
    press.tick(at(5))

    assert list(room.picks()) == [day(0), day(3), day(4), day(5)]


def test_days_that_are_released_before_they_come_get_their_issues(room, press):
    press.hold(None, (day(1), day(5)), at(0, 0))
    press.release(None, (day(3), day(3)), at(1, 12))
    for number in range(6):
        press.tick(at(number))

    assert list(room.picks()) == [day(0), day(3)]


def test_a_hold_on_everything_holds_until_it_is_released_and_what_came_due_under_it_stays_empty(room, press):
    press.tick(at(0))
    press.hold(None, None, at(0, 7), "a doubt")
    for number in (1, 2, 3):
        assert press.tick(at(number)) == []
    assert press.release(None, None, at(3, 7)) == 1
    press.tick(at(3, 8))
    press.tick(at(4))

    assert list(room.picks()) == [day(0), day(4)]


def test_what_was_missed_before_a_hold_is_caught_up_after_it(room, press):
    press.tick(at(0))
    press.hold(None, None, at(3, 5), "found after days of downtime")
    press.tick(at(4))
    press.release(None, None, at(4, 7))
    press.tick(at(5))

    assert list(room.picks()) == [day(0), day(1), day(2), day(5)]


def test_a_held_days_pin_goes_to_the_head_of_the_queue_with_a_note(room, press):
    room.desk.enqueue(None, "entry-005", at(0, 0))
    room.desk.enqueue(None, "entry-001", at(0, 0), day=day(1))
    room.desk.enqueue(None, "entry-002", at(0, 0), day=day(2))
    press.hold(None, (day(0), day(2)), at(0, 0))
    press.tick(at(2))

    assert [(line.waiting.slug, line.note) for line in room.desk.line(None)] == [
        ("entry-001", "was pinned to 2026-03-02, which was held"),
        ("entry-002", "was pinned to 2026-03-03, which was held"),
        ("entry-005", None),
    ]
    press.tick(at(3))
    assert room.picks() == {day(3): "entry-001"}


def test_publish_of_a_held_day_is_refused_and_force_fills_it_whenever(room, press):
    press.hold(None, (day(1), day(1)), at(0, 0), "a holiday")
    press.tick(at(2))
    with pytest.raises(refusals.Held, match=r"2026-03-02 is held \(a holiday\): release it, or .* --force"):
        press.publish(None, day(1), at(2, 7))

    issue = press.publish(None, day(1), at(2, 7), force=True)
    assert list(room.picks()) == [day(0), day(1), day(2)]
    assert (issue.number, issue.caught_up, issue.mailed) == (3, True, False)


def test_a_day_that_was_held_when_it_came_due_is_said_to_stay_empty_and_how_to_fill_it(room, press):
    press.tick(at(0))
    press.hold(None, None, at(0, 7), "a doubt")
    press.tick(at(2))
    press.release(None, None, at(2, 7))
    told = r"2026-03-03 was held \(a doubt\), and stays empty: .*publish 2026-03-03 --force"
    with pytest.raises(refusals.Held, match=told):
        press.publish(None, day(2), at(2, 8))
    with pytest.raises(refusals.Held, match=told):
        press.outlook.pick(None, day(2), at(2, 8))

    assert press.outlook.left_empty(at(2, 8)) == {"daily-dose": (day(1), day(2))}
    overview = press.outlook.overview(None, at(2, 8))
    assert (overview.holds, overview.empty) == ((), (day(1), day(2)))
    press.publish(None, day(2), at(2, 9), force=True)
    assert press.outlook.left_empty(at(2, 9)) == {}


def test_a_pick_of_a_day_without_publication_says_so(room, press):
    room.desk.set_edition("daily-dose", {"days": "mon-fri"}, at(0))
    press.hold(None, (day(1), day(1)), at(0, 0), "a holiday")

    with pytest.raises(refusals.NoPublicationDay):
        press.outlook.pick(None, day(0), at(0))
    with pytest.raises(refusals.Held, match=r"2026-03-02 is held \(a holiday\)"):
        press.outlook.pick(None, day(1), at(0))


def test_a_hold_of_past_days_is_no_longer_told(room, press):
    press.hold(None, (day(1), day(2)), at(0, 0))

    assert len(press.outlook.overview(None, at(2, 23)).holds) == 1
    assert press.outlook.overview(None, at(3, 0)).holds == ()


def test_mail_that_a_hold_keeps_back_is_counted_and_no_problem_until_it_is_released(room, press):
    room.subscribe("reader@example.org", "other@example.org")
    press.tick(at(0))
    press.hold(None, (day(0), day(0)), at(0))
    assert press.sending.sweep(at(0, 6, seconds=1)) == 0
    later = at(0, 6, seconds=600)
    overview = press.outlook.overview(None, later)
    assert (overview.kept_back, overview.deliveries, overview.problems) == (2, {"queued": 2}, ())
    assert press.outlook.kept_back(later) == 2

    press.release(None, (day(0), day(0)), later)
    assert press.outlook.overview(None, later).problems == (), "the next tick will send it"
    (problem,) = press.outlook.overview(None, at(0, 6, seconds=800)).problems
    assert problem.startswith("2 of the deliveries of 2026-03-01 wait though they are due")
    assert press.sending.sweep(later) == 2
    assert press.outlook.overview(None, later).problems == ()


def test_a_wrong_clock_gives_up_no_plan_and_no_mail(room, press):
    """The clock that told the fault ticks on by its wrong instant."""
    room.subscribe("reader@example.org")
    press.tick(at(0))
    room.desk.enqueue(None, "entry-001", at(0), day=day(2))
    room.desk.enqueue(None, "entry-002", at(0), day=day(5))
    press.guards.alarm(at(10), "the clock was set forward")
    press.tick(at(10))
    assert press.sending.sweep(at(10)) == 0
    press.release(None, None, at(0, 6.2))

    assert press.sending.sweep(at(0, 6.3)) == 1
    for number in range(1, 6):
        press.tick(at(number))
    picks = room.picks()
    assert (list(picks), picks[day(2)], picks[day(5)]) == ([day(n) for n in range(6)], "entry-001", "entry-002")


def test_a_pin_of_a_day_that_was_due_before_the_hold_is_honoured_when_it_is_lifted(room, press):
    press.tick(at(0))
    room.desk.enqueue(None, "entry-001", at(0), day=day(2))
    press.hold(None, None, at(3, 7))
    press.tick(at(3, 7.5))
    press.release(None, None, at(3, 8))
    press.tick(at(3, 8.1))

    assert room.picks()[day(2)] == "entry-001"
    assert max(room.picks()) == day(2), "the day on which it was set stays empty"


@pytest.mark.parametrize("instant", [at(1, 19), at(3, 1), at(4)])
def test_what_is_overdue_is_foreseen_as_the_tick_makes_it(room, press, instant):
    press.tick(at(0))
    room.desk.enqueue(None, "entry-010", at(0))
    room.desk.enqueue(None, "entry-011", at(0))
    ahead = {each.day: each.entry for each in press.outlook.forecast(None, None, 6, instant)}
    picked = {number: press.outlook.pick(None, day(number), instant).entry for number in range(1, 6)}
    press.tick(instant)
    for number in range(1, 6):
        if day(number) not in room.picks():
            press.tick(at(number))

    assert {day(number): entry for number, entry in picked.items()}.items() <= ahead.items()
    assert {when: room.picks()[when] for when in ahead if when <= day(5)} == {
        when: entry for when, entry in ahead.items() if when <= day(5)
    }


def in_new_york(slug: str, hour: int):
    schedule = Schedule(from_day=day(0), zone=ZoneInfo("America/New_York"), time=time(hour))
    return an_edition(slug, schedules=(schedule,))


def test_a_hold_on_everything_is_of_each_editions_own_day(room, press):
    """When it is set, it is the day before in New York, where that day's hour is still to come."""
    room.open(in_new_york("evening-dose", 20))
    press.tick(at(3, 0))
    room.desk.enqueue("evening-dose", "entry-001", at(3, 0), day=day(2))
    press.hold(None, None, at(3, 0.5))
    press.tick(at(3, 1.1))
    press.release(None, None, at(3, 2))

    assert press.tick(at(3, 2.1)) == []
    assert max(room.picks("evening-dose")) == day(1)
    assert [line.note for line in room.desk.line("evening-dose")] == ["was pinned to 2026-03-03, which was held"]


def test_what_comes_due_under_a_wrong_clocks_hold_stays_empty_in_every_zone(room, press):
    room.open(in_new_york("evening-dose", 20))
    press.tick(at(3, 0))
    press.guards.alarm(at(3, 0.5), "the clock was set forward")
    press.release(None, None, at(3, 9))

    press.tick(at(3, 9.1))
    assert max(room.picks("evening-dose")) == day(1)


def test_a_release_at_the_due_instant_lets_the_day_come(room, press):
    press.hold(None, None, at(0, 7))
    press.release(None, None, at(1))
    press.tick(at(1))

    assert list(room.picks()) == [day(1)]


def test_a_new_hour_does_not_bring_back_a_day_that_was_left_empty(room, press):
    press.tick(at(0))
    press.hold(None, (day(1), day(1)), at(0, 7))
    press.tick(at(1))
    press.release(None, (day(1), day(1)), at(1, 8))
    room.desk.set_edition("daily-dose", {"time": "09:00"}, at(1, 8))
    press.tick(at(1, 9.1))

    assert list(room.picks()) == [day(0)]
    press.tick(at(2, 9.1))
    assert list(room.picks()) == [day(0), day(2)]


def test_a_pin_of_a_held_day_stays_until_its_instant(room, press):
    press.tick(at(0))
    room.desk.enqueue(None, "entry-001", at(0), day=day(1))
    press.hold(None, (day(1), day(1)), at(0, 7))
    press.tick(at(1, 3))
    press.release(None, (day(1), day(1)), at(1, 4))
    press.tick(at(1))

    assert room.picks()[day(1)] == "entry-001"


def test_an_old_day_that_is_filled_rests_from_the_issues_on_both_sides(room, press):
    """A shelf that knows each entry's newest publication alone would not see those before."""
    press.hold(None, (day(5), day(5)), at(0, 0))
    for number in range(9):
        press.tick(at(number))
    again = room.picks()[day(4)]
    room.desk.enqueue(None, again, at(8, 7), day=day(400))
    press.hold(None, (day(9), day(399)), at(8, 7))
    press.tick(at(400))
    assert room.picks()[day(400)] == again
    near = {slug for when, slug in room.picks().items() if when != day(400)}
    for each in range(60):
        if f"entry-{each:03}" not in near:
            room.set_status(f"entry-{each:03}", Status.RETIRED)
    with pytest.raises(refusals.NothingToPick):
        press.publish(None, day(5), at(400, 7), force=True)


def test_only_a_tick_is_a_tick(room, press):
    press.publish(None, day(0), at(0))
    assert press.outlook.overview(None, at(0)).last_tick_at is None
    press.tick(at(0, 7))
    press.publish(None, day(0), at(0, 8))
    press.release(None, None, at(0, 9))
    assert press.outlook.overview(None, at(0, 9)).last_tick_at == at(0, 7)


def test_a_held_day_is_filled_by_force_with_its_pin(room, press):
    room.desk.enqueue(None, "entry-001", at(0, 0), day=day(0))
    press.hold(None, None, at(0, 0))

    assert press.publish(None, day(0), at(0), force=True).entry.slug == "entry-001"
    press.tick(at(0, 7))
    assert room.desk.line(None) == []


def test_the_same_hold_twice_is_one_and_a_hold_of_one_edition_holds_no_other(room, press):
    room.open(an_edition("evening-dose"))
    press.hold("evening-dose", (day(0), day(3)), at(0, 0))
    press.hold("evening-dose", (day(0), day(3)), at(0, 1))
    press.tick(at(0))

    assert (len(room.issues()), len(room.issues("evening-dose"))) == (1, 0)
    assert press.release("evening-dose", (day(0), day(3)), at(0, 7)) == 1


def test_an_editors_release_leaves_a_restored_hold(room, press):
    from newsletter.archive import plans
    from newsletter.models import Hold

    with room.store.transaction() as connection:
        plans.hold(
            connection,
            Hold(edition=None, first=None, last=None, since=at(0, 0), origin="restored"),
        )
    assert press.release(None, None, at(0, 1)) == 0
    assert press.tick(at(0)) == []
