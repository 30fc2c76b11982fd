"""The desk: plans and editions; on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from rooms import Room, an_edition, at, day, entry, many

from newsletter.archive.editions import NoSuchEdition
from newsletter.archive.entries import NoSuchEntry
from newsletter.archive.plans import AlreadyPlanned, NotPlanned
from newsletter.circulation import NoConsent
from newsletter.desk.desk import KnownEdition
from newsletter.desk.editing import WrongValue
from newsletter.readers.subscribers import InvalidAddress


@pytest.fixture
def desk(room: Room):
    room.add(*many(8))
    return room.desk


def line(room: Room) -> list[tuple[date | None, str]]:
    return [(each.day, each.waiting.slug) for each in room.desk.line(None)]


# Plans


def test_the_line_is_what_is_pinned_by_day_then_the_queue(room, desk):
    desk.enqueue(None, "entry-003", at(0))
    desk.enqueue(None, "entry-001", at(0), day=day(9))
    desk.enqueue(None, "entry-002", at(0), day=day(4))
    desk.enqueue(None, "entry-000", at(0))

    assert line(room) == [(day(4), "entry-002"), (day(9), "entry-001"), (None, "entry-003"), (None, "entry-000")]


def test_the_same_plan_twice_is_one(room, desk):
    for _ in range(2):
        desk.enqueue(None, "entry-001", at(0), day=day(9))
        desk.enqueue(None, "entry-002", at(0))

    assert line(room) == [(day(9), "entry-001"), (None, "entry-002")]


def test_a_pin_takes_its_entry_out_of_the_queue(room, desk):
    desk.enqueue(None, "entry-001", at(0))
    desk.enqueue(None, "entry-001", at(0), day=day(9))

    assert line(room) == [(day(9), "entry-001")]


def test_a_day_takes_one_pin(room, desk):
    desk.enqueue(None, "entry-001", at(0), day=day(9))
    with pytest.raises(AlreadyPlanned, match="2026-03-10 is pinned to 'entry-001': remove that first"):
        desk.enqueue(None, "entry-002", at(0), day=day(9))
    assert line(room) == [(day(9), "entry-001")]


def test_of_editors_who_pin_one_day_at_once_one_succeeds_and_the_others_are_told(room, desk):
    gate = threading.Barrier(5)

    def pin(number: int) -> bool:
        gate.wait()
        try:
            Room(room.store, room.folder).desk.enqueue(None, f"entry-00{number}", at(0), day=day(9))
        except AlreadyPlanned:
            return False
        return True

    with ThreadPoolExecutor(5) as threads:
        assert sum(threads.map(pin, range(5))) == 1
    assert len(line(room)) == 1


@pytest.mark.parametrize(("place", "order"), [(1, "2013"), (2, "1203"), (3, "1320"), (4, "1302"), (99, "1302")])
def test_a_queued_entry_moves_to_its_place_counted_from_one(room, desk, place, order):
    for number in "1230":
        desk.enqueue(None, f"entry-00{number}", at(0))
    moved = {"2013": "2", "1203": "0", "1320": "2", "1302": "2"}[order]
    desk.move(None, f"entry-00{moved}", place)

    found = [slug[-1] for _, slug in line(room)]
    rest = [number for number in "1230" if number != moved]
    rest.insert(min(place - 1, 3), moved)
    assert found == rest


def test_what_is_nowhere_can_be_neither_moved_nor_removed(desk):
    desk.enqueue(None, "entry-001", at(0), day=day(9))
    with pytest.raises(NotPlanned, match="'entry-001' is neither pinned nor in the queue"):
        desk.move(None, "entry-001", 1)
    with pytest.raises(NotPlanned):
        desk.remove(None, "entry-002")
    with pytest.raises(NoSuchEntry):
        desk.remove(None, "nobody")


def test_an_entry_is_removed_from_the_queue_and_every_day(room, desk):
    desk.enqueue(None, "entry-001", at(0), day=day(9))
    desk.enqueue(None, "entry-001", at(0), day=day(12))
    desk.enqueue(None, "entry-002", at(0))
    desk.remove(None, "entry-001")

    assert line(room) == [(None, "entry-002")]


def test_each_edition_has_plans_of_its_own(room, desk):
    room.open(an_edition("second"))
    desk.enqueue("second", "entry-001", at(0))
    with pytest.raises(NotPlanned):
        desk.remove(None, "entry-001")

    assert line(room) == []
    assert [each.waiting.slug for each in desk.line("second")] == ["entry-001"]


def test_a_plan_says_what_stands_in_its_way(room, desk):
    room.add(entry("draft", status="draft"), entry("autre", language="fr"))
    for slug in ("draft", "autre", "entry-000"):
        desk.enqueue(None, slug, at(0))

    assert [each.waiting.obstacle for each in desk.line(None)] == [
        "is not ready (draft)",
        "is in another language (fr)",
        None,
    ]


# Editions


def test_an_edition_starts_on_its_own_today_with_what_was_asked(room):
    edition = room.desk.add_edition("tokyo", {"zone": "Asia/Tokyo", "time": "07:00", "title": "Tokyo"}, at(0, 20))

    assert edition.since == edition.schedules[0].from_day == day(1), "in Tokyo it is tomorrow already"
    assert room.desk.edition("tokyo") == edition
    assert [each.slug for each in room.desk.editions()] == ["daily-dose", "tokyo"]


def test_an_editions_slug_is_its_own(room):
    with pytest.raises(KnownEdition, match="editions set daily-dose"):
        room.desk.add_edition("daily-dose", {}, at(0))
    for slug in ("", "Two Words", "a--b", "../x"):
        with pytest.raises(WrongValue, match="slug="):
            room.desk.add_edition(slug, {}, at(0))


def test_an_edition_that_is_not_there_is_told_with_those_that_are(room):
    with pytest.raises(NoSuchEdition, match="no edition 'nightly': expected one of daily-dose"):
        room.desk.edition("nightly")


def test_a_wrong_value_leaves_the_edition_as_it_was(room):
    before = room.desk.edition(None)
    with pytest.raises(WrongValue):
        room.desk.set_edition("daily-dose", {"title": "New", "zone": "Nowhere"}, at(0))
    assert room.desk.edition(None) == before


def test_a_change_of_zone_holds_from_the_day_after_the_newest_issue(room, desk):
    room.press.tick(at(3))
    edition = desk.set_edition("daily-dose", {"zone": "Asia/Tokyo"}, at(0))

    assert [schedule.from_day for schedule in edition.schedules] == [day(0), day(4)]


# The start


def test_the_first_edition_starts_a_year_back_and_only_once(store, tmp_path):
    room = Room(store, tmp_path)
    first = room.desk.found(None, at(0, 12), past=365)
    again = room.desk.found(day(-10), at(5), past=365)

    assert first.since == date(2025, 3, 1)
    assert (first.slug, first.schedules[0].time.hour, first.schedules[0].zone.key) == ("daily-dose", 6, "UTC")
    assert again == first


def test_a_step_of_the_start_is_done_once_and_again_if_it_was_cut_off(room):
    done = []

    def cut_off() -> None:
        done.append("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        room.desk.once("step", cut_off)
    for _ in range(2):
        room.desk.once("step", lambda: done.append("whole"))

    assert done == ["half", "whole"]


# Readers


def test_readers_are_subscribed_once_however_they_spell_their_address(room):
    new = room.circulation.add(None, ["Reader@Example.org", "other@example.org"], "asked by letter", at(0))
    again = room.circulation.add(None, ["reader@EXAMPLE.ORG", "third@example.org"], "asked by letter", at(1))

    assert new == ["Reader@example.org", "other@example.org"]
    assert again == ["third@example.org"]
    assert [each.address for each in room.circulation.every()] == [*new, *again]


def test_one_wrong_address_adds_nobody(room):
    with pytest.raises(InvalidAddress, match="'nobody' is no e-mail address"):
        room.circulation.add(None, ["one@example.org", "nobody"], "asked", at(0))
    assert list(room.circulation.every()) == []


def test_nobody_is_subscribed_without_a_word_of_consent(room):
    with pytest.raises(NoConsent, match="--consent TEXT"):
        room.circulation.add(None, ["one@example.org"], "  ", at(0))


def test_a_reader_of_two_editions_is_one_subscriber(room):
    room.open(an_edition("second"))
    room.subscribe("one@example.org")
    room.subscribe("one@example.org", edition="second")

    (only,) = room.circulation.every()
    assert [(each.edition, each.state) for each in only.subscriptions] == [
        ("daily-dose", "active"),
        ("second", "active"),
    ]
