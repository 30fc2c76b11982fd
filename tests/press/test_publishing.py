"""An issue: picked, frozen and kept, once for each day, by whoever comes first; on both databases."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from rooms import Room, at, day, entry, many
from sqlalchemy import select

from newsletter.archive import issues
from newsletter.models import Rule, Status
from newsletter.press import refusals
from newsletter.shapes import entry_of
from newsletter.store import Store
from newsletter.store import tables as our


def frozen(room: Room) -> dict[date, tuple[str, bytes, str]]:
    """Return what was frozen of each issue: content, mail and SHA-256."""
    with room.store.reading() as connection:
        rows = connection.execute(
            select(our.issues.c.day, our.issues.c.content, our.frozen_mails.c.mail, our.issues.c.sha256)
            .join(our.frozen_mails, our.frozen_mails.c.issue_id == our.issues.c.id)
            .where(our.frozen_mails.c.number == 1)
        )
        return {row.day: (row.content, row.mail, row.sha256) for row in rows}


# Once


def test_a_second_publish_of_a_day_returns_the_first_issue(room, press):
    issue = press.publish(None, day(0), at(0))

    assert press.publish(None, day(0), at(0, 9)) == issue
    assert room.issues() == [issue]


def test_eight_threads_publish_one_issue_and_all_get_it(room, press):
    others = [Room(room.store, room.folder) for _ in range(8)]
    gate = threading.Barrier(8)

    def publish(other: Room):
        gate.wait()
        return other.press.publish(None, day(3), at(3))

    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(publish, others))

    assert [issue.day for issue in room.issues()] == [day(0), day(1), day(2), day(3)]
    assert {issue.uid for issue in got} == {room.issues()[-1].uid}


def test_one_press_serves_eight_threads(room, press):
    gate = threading.Barrier(8)

    def tick(number: int):
        gate.wait()
        return press.tick(at(number % 3))

    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(tick, range(8)))

    assert sum(map(len, got)) == len(room.issues())
    assert len({issue.uid for made in got for issue in made}) == len(room.issues())


def _tick(url: str, folder: Path, gate, days: int) -> None:
    room = Room(Store(url), folder)
    for number in range(days):
        gate.wait()
        room.press.tick(at(number))
        room.press.sending.sweep(at(number, seconds=1))


def test_three_processes_that_tick_at_the_same_instants_publish_and_mail_each_day_once(room, press):
    room.subscribe("reader@example.org")
    spawning = multiprocessing.get_context("spawn")
    gate = spawning.Barrier(3)
    url = room.store.url.render_as_string(hide_password=False)
    started = [spawning.Process(target=_tick, args=(url, room.folder, gate, 12)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join(120)

    assert [process.exitcode for process in started] == [0, 0, 0]
    assert [issue.day for issue in room.issues()] == [day(number) for number in range(12)]
    assert [issue.number for issue in room.issues()] == list(range(1, 13))
    assert len(room.messages()) == 12


def test_the_database_refuses_a_second_issue_of_a_day(room, press):
    from sqlalchemy.exc import IntegrityError

    issue = press.publish(None, day(0), at(0))
    with pytest.raises(IntegrityError), room.store.transaction() as connection:
        issues.insert_issue(connection, issues.Freeze(issue=issue, mail=issues.FrozenMail(whole=b"")))


# Frozen


def test_what_an_issue_froze_has_its_sha256_and_no_later_change_alters_it(room, press):
    press.publish(None, day(0), at(0))
    before = frozen(room)
    slug = room.issues()[0].entry.slug
    press.amend(None, slug, at(0, 7), {"headline": "Another headline", "slug": "another-slug"})
    press.correct(None, day(0), "It was Gao.", at(0, 8), values={"place": "Gao"})
    room.set_status("another-slug", Status.RETIRED)
    room.desk.set_edition("daily-dose", {"title": "Another Title", "from": "other@example.org"}, at(0))
    press.tick(at(1))
    press.withdraw(None, day(0), "A court forbade it.", at(1, 7))

    content, mail, sha256 = before[day(0)]
    assert frozen(room)[day(0)] == before[day(0)]
    assert hashlib.sha256(content.encode() + mail).hexdigest() == sha256
    with room.store.reading() as connection:
        assert issues.altered(connection) == []


def test_what_is_frozen_is_the_entry_as_it_was_and_the_issues_words(room, press):
    issue = press.publish(None, day(0), at(0))
    content, mail, _ = frozen(room)[day(0)]

    kept = json.loads(content)
    assert kept["day"] == "2026-03-01"
    assert kept["subject"] == issue.subject == issue.entry.headline
    assert entry_of(kept["entry"]) == issue.entry
    assert issue.entry.slug.encode() in mail


def test_an_issue_says_which_rule_chose_it_and_why(room):
    room.add(entry("ten-years-ago", event_date="2016-03-01"), *many(3))
    issue = room.press.publish(None, day(0), at(0))

    assert (issue.entry.slug, issue.rule) == ("ten-years-ago", Rule.ANNIVERSARY)
    assert issue.reason.startswith("anniversary: 10 years ago; never published")


def test_numbers_count_publications_and_no_two_issues_have_the_same_instant(room, press):
    press.tick(at(5))
    press.publish(None, day(6), at(6))

    assert [issue.number for issue in room.issues()] == list(range(1, 8))
    assert len({issue.published_at for issue in room.issues()}) == 7


def test_an_archive_that_a_crash_left_in_the_middle_of_publishing_is_as_before(room, press, monkeypatch):
    def crash(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("newsletter.archive.issues.raise_change_number", crash)
    with pytest.raises(MemoryError):
        press.publish(None, day(0), at(0))
    monkeypatch.undo()
    assert room.issues() == []

    first = press.publish(None, day(0), at(0)).entry.slug
    fresh = Room(room.store, room.folder)
    assert fresh.press.outlook.pick(None, day(1), at(0)) == press.outlook.pick(None, day(1), at(0))
    assert room.picks() == {day(0): first}


# Days that can't be published


def test_days_that_can_not_be_published_are_refused_each_with_its_reason(room, press):
    room.desk.set_edition("daily-dose", {"days": "mon-fri"}, at(0))
    for when, now, error, told in (
        (day(1), at(1, 5), refusals.NotDueYet, r"due at 2026-03-02T06:00:00Z: wait, or publish it with --now"),
        (day(2), at(1), refusals.FutureDay, r"2026-03-03 is still to come \(it is 2026-03-02 there\)"),
        (day(-1), at(1), refusals.BeforeStart, r"daily-dose starts on 2026-03-01"),
        (day(0), at(1), refusals.NoPublicationDay, r"does not publish on a Sunday \(2026-03-01\)"),
    ):
        with pytest.raises(error, match=told):
            press.publish(None, when, now)
    assert room.issues() == []


def test_publishing_by_hand_under_a_wrong_clock_holds_everything_as_a_tick_would(room, press):
    room.subscribe("reader@example.org")
    press.tick(at(1))
    with pytest.raises(refusals.WrongClock, match="1 day before the last instant on record"):
        press.publish(None, day(0), at(0), mail=True)

    assert list(room.picks()) == [day(0), day(1)]
    assert [hold.origin for hold in press.outlook.overview(None, at(1)).holds] == ["clock"]
    press.release(None, None, at(1, 7))
    assert press.publish(None, day(0), at(1, 8)).day == day(0)


def test_after_a_move_west_the_day_that_has_not_begun_there_is_still_to_come(room, press):
    press.tick(at(3))
    room.desk.set_edition("daily-dose", {"zone": "America/Los_Angeles"}, at(3, 7))

    with pytest.raises(refusals.FutureDay, match=r"2026-03-05 is still to come \(it is 2026-03-04 there\)"):
        press.publish(None, day(4), at(4, 1), early=True)


def test_instants_a_little_back_do_not_set_the_record_back(room, press):
    press.tick(at(1))
    for seconds in range(50, 400, 50):
        press.tick(at(1, seconds=-seconds))

    assert [hold.origin for hold in press.outlook.overview(None, at(1)).holds] == ["clock"]


def test_a_tick_that_is_told_that_it_is_enough_leaves_the_rest_to_the_next(room, press):
    asked = iter([False, True])
    some = press.tick(at(100), enough=lambda: next(asked))

    assert 0 < len(some) < 101
    assert len(some) + len(press.tick(at(100))) == 101


def test_today_comes_early_when_it_is_asked_for_and_is_mailed_at_once(room, press):
    room.subscribe("reader@example.org")
    issue = press.publish(None, day(1), at(1, 2), early=True)

    assert (issue.due_at, issue.published_at, issue.mailed) == (at(1), at(1, 2) + (issue.published_at - at(1, 2)), True)
    assert press.sending.sweep(at(1, 2)) == 1
    assert press.tick(at(1)) == []
    assert [issue.mailed for issue in room.issues()] == [False, True]


def test_publish_unmailed_then_mailed_mails_once(room, press):
    room.subscribe("reader@example.org")
    assert press.publish(None, day(0), at(0), mail=False).mailed is False
    assert press.sending.sweep(at(0)) == 0
    assert press.publish(None, day(0), at(0, 7)).mailed is False
    assert press.publish(None, day(0), at(0, 8), mail=True).mailed is True
    press.publish(None, day(0), at(0, 9), mail=True)

    assert press.sending.sweep(at(0, 9)) == 1
    assert press.sending.sweep(at(0, 9)) == 0
