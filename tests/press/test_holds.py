"""Held days: nothing is published, nothing lost; on both databases."""

from __future__ import annotations

import pytest
from rooms import an_edition, at, day

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
    told = r"2026-03-03 was held when it came due \(a doubt\), and stays empty: .*publish 2026-03-03 --force"
    with pytest.raises(refusals.Held, match=told):
        press.publish(None, day(2), at(2, 8))
    with pytest.raises(refusals.Held, match=told):
        press.outlook.pick(None, day(2), at(2, 8))

    assert press.outlook.left_empty(at(2, 8)) == {"daily-dose": [day(1), day(2)]}
    overview = press.outlook.overview(None, at(2, 8))
    assert (overview.holds, overview.empty) == ((), (day(1), day(2)))
    press.publish(None, day(2), at(2, 9), force=True)
    assert press.outlook.left_empty(at(2, 9)) == {}


def test_a_pick_of_a_day_without_publication_says_so(room, press):
    room.desk.set_edition("daily-dose", {"days": "mon-fri"})
    press.hold(None, (day(1), day(1)), at(0, 0), "a holiday")

    with pytest.raises(refusals.NoPublicationDay):
        press.outlook.pick(None, day(0), at(0))
    with pytest.raises(refusals.Held, match=r"2026-03-02 is held \(a holiday\)"):
        press.outlook.pick(None, day(1), at(0))


def test_a_hold_of_past_days_is_no_longer_told(room, press):
    press.hold(None, (day(1), day(2)), at(0, 0))

    assert len(press.outlook.overview(None, at(2, 23)).holds) == 1
    assert press.outlook.overview(None, at(3, 0)).holds == ()


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
            Hold(edition=None, first=None, last=None, since=at(0, 0), day=day(0), origin="restored"),
        )
    assert press.release(None, None, at(0, 1)) == 0
    assert press.tick(at(0)) == []
