"""Pins, the queue and what comes: what editors plan is what is published; on both databases."""

from __future__ import annotations

import pytest
from rooms import Room, at, day, entry
from sqlalchemy import select

from newsletter.desk.desk import PastDay
from newsletter.models import Pick, Rule, Status
from newsletter.store import tables as our

# Plans: pins and the queue


def test_a_pin_is_taken_on_its_day_and_spent(room, press):
    room.desk.enqueue(None, "entry-040", at(0, 0), day=day(2))
    press.tick(at(0))
    press.tick(at(1))
    press.tick(at(2))

    assert room.issues()[2].entry.slug == "entry-040"
    assert room.issues()[2].rule is Rule.PINNED
    assert room.desk.line(None) == []


def test_the_queue_is_taken_in_line_and_spent(room, press):
    for slug in ("entry-031", "entry-007", "entry-022"):
        room.desk.enqueue(None, slug, at(0, 0))
    room.desk.move(None, "entry-022", 1)
    for number in range(4):
        press.tick(at(number))

    picks = list(room.picks().values())
    assert picks[:3] == ["entry-022", "entry-031", "entry-007"]
    assert [issue.rule for issue in room.issues()] == [Rule.QUEUED] * 3 + [Rule.ROTATION]
    assert room.desk.line(None) == []


def test_what_is_not_ready_is_passed_over_kept_and_told(room, press):
    room.desk.enqueue(None, "entry-001", at(0, 0), day=day(0))
    room.desk.enqueue(None, "entry-002", at(0, 0))
    room.desk.enqueue(None, "entry-003", at(0, 0))
    for slug in ("entry-001", "entry-002"):
        room.set_status(slug, Status.REVIEW)
    pick = press.outlook.pick(None, day(0), at(0, 0))
    press.tick(at(0))

    assert room.picks() == {day(0): "entry-003"}
    assert pick.passed_over == (
        "entry-001, pinned to this day, is not ready (review)",
        "entry-002, in the queue, is not ready (review)",
    )
    assert [line.waiting.slug for line in room.desk.line(None)] == ["entry-001", "entry-002"]
    problems = press.outlook.overview(None, at(1, 0)).problems
    assert any("entry-001 was pinned to 2026-03-01 and passed over" in problem for problem in problems)
    assert any("entry-002 is queued but is not ready (review)" in problem for problem in problems)


def test_a_pin_and_a_queued_entry_may_break_the_rest(room, press):
    first = press.publish(None, day(0), at(0)).entry.slug
    room.desk.enqueue(None, first, at(0, 7), day=day(1))
    press.tick(at(1))
    room.desk.enqueue(None, first, at(1, 7))
    press.tick(at(2))

    assert list(room.picks().values()) == [first] * 3


def test_an_entry_in_another_language_is_not_taken_even_pinned(room, press):
    room.add(entry("autre", language="fr"))
    room.desk.enqueue(None, "autre", at(0, 0), day=day(0))
    press.tick(at(0))

    assert room.picks()[day(0)] != "autre"


@pytest.mark.parametrize("when", [day(-1), day(0)])
def test_a_day_that_is_past_or_published_takes_no_pin(room, press, when):
    press.tick(at(0))

    with pytest.raises(PastDay, match="pin to a day that is to come"):
        room.desk.enqueue(None, "entry-001", at(0, 7), day=when)


# The same pick


def test_the_forecast_is_what_then_comes(room, press):
    room.desk.enqueue(None, "entry-031", at(0, 0))
    room.desk.enqueue(None, "entry-032", at(0, 0), day=day(5))
    room.desk.enqueue(None, "entry-033", at(0, 0), day=day(8))
    press.hold(None, (day(8), day(9)), at(0, 0))
    ahead = press.outlook.forecast(None, None, 20, at(0, 0))
    for number in range(20):
        press.tick(at(number))

    assert [(pick.day, pick.entry, pick.rule) for pick in ahead if isinstance(pick, Pick)] == [
        (issue.day, issue.entry.slug, issue.rule) for issue in room.issues()
    ]


def test_a_new_process_picks_what_the_old_one_would(room, press):
    for number in range(10):
        press.tick(at(number))
        fresh = Room(room.store, room.folder).press
        for ahead in (1, 2, 30):
            assert fresh.outlook.pick(None, day(number + ahead), at(number, 7)) == press.outlook.pick(
                None, day(number + ahead), at(number, 7)
            )


def test_looks_ahead_change_nothing(room, press):
    press.tick(at(0))
    with room.store.reading() as connection:
        before = {table: connection.execute(select(table)).all() for table in our.metadata.sorted_tables}
    press.outlook.forecast(None, None, 100, at(0, 7))
    press.outlook.pick(None, day(50), at(0, 7))
    press.outlook.overview(None, at(0, 7))
    with room.store.reading() as connection:
        assert {table: connection.execute(select(table)).all() for table in our.metadata.sorted_tables} == before


def test_what_another_process_publishes_and_edits_is_known_to_this_one(room, press):
    other = Room(room.store, room.folder)
    press.tick(at(0))
    for number in range(1, 6):
        other.press.tick(at(number))
    other.set_status("entry-050", Status.RETIRED)
    other.add(entry("anniversary", event_date="2016-03-07"))
    press.tick(at(6))

    picks = room.picks()
    assert picks[day(6)] == "anniversary"
    assert len(set(picks.values())) == 7
