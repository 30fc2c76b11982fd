"""Withdrawals: a notice in the place of what was taken back, everywhere; on both databases."""

from __future__ import annotations

import gzip
import json
from email import message_from_bytes, policy

import feedparser
import pytest
from rooms import Room, an_edition, at, day, entry
from sqlalchemy import select

from newsletter.archive import issues
from newsletter.archive.reading import View
from newsletter.models import IssueState, Rule, Status, Withdrawal
from newsletter.press import refusals
from newsletter.press.press import Press
from newsletter.store import tables as our

NOTICE = "A court in Example City forbade it."


@pytest.fixture
def printed(room: Room, press: Press) -> Room:
    """Give a room that published `wrong` on its first and third day, each mailed to one reader."""
    room.add(entry("wrong", place="Timbuktu", event_date="2016-03-01", headline="A name that was wrong"))
    room.desk.enqueue(None, "wrong", at(0, 0), day=day(2))
    room.subscribe("reader@example.org")
    for number in range(4):
        press.tick(at(number))
        press.sending.sweep(at(number))
    assert [number for number, slug in enumerate(room.picks().values()) if slug == "wrong"] == [0, 2]
    return room


def documents(room: Room) -> dict[str, bytes]:
    with room.store.reading() as connection:
        rows = connection.execute(select(our.documents.c.name, our.documents.c.packed))
        return {row.name: gzip.decompress(row.packed) for row in rows}


def test_a_notice_stands_in_the_place_of_the_day_and_the_day_stays_taken(printed):
    before = printed.issues()[0]
    outcome = printed.press.withdraw(None, day(0), NOTICE, at(3, 7))
    after = printed.issues()[0]

    assert [issue.day for issue in outcome.issues] == [day(0)]
    assert (after.state, after.withdrawal) == (
        IssueState.WITHDRAWN,
        Withdrawal(withdrawn_at=at(3, 7), notice=NOTICE),
    )
    assert (after.uid, after.number, after.day) == (before.uid, before.number, before.day)
    assert after.updated_at > before.updated_at
    assert printed.press.publish(None, day(0), at(3, 8)).uid == before.uid
    assert len(printed.issues()) == 4


def test_only_the_day_goes_and_its_entry_comes_under_review(printed):
    printed.press.withdraw(None, day(0), NOTICE, at(3, 7))

    assert printed.issues()[2].state is IssueState.PUBLISHED
    assert printed.entry("wrong").status is Status.REVIEW


def test_a_withdrawn_entry_goes_with_all_its_issues_in_every_edition_and_is_never_picked_again(room, press):
    room.open(an_edition("second", rest_days=0))
    room.add(entry("wrong"))
    for slug in (None, "second"):
        room.desk.enqueue(slug, "wrong", at(0, 0), day=day(0))
    press.tick(at(0))
    outcome = press.withdraw(None, "wrong", NOTICE, at(0, 7))
    for number in range(1, 5):
        press.tick(at(number))

    assert {issue.edition for issue in outcome.issues} == {"daily-dose", "second"}
    assert room.issues("second")[0].withdrawal.notice == NOTICE
    assert room.entry("wrong").status is Status.RETIRED
    assert "wrong" not in {issue.entry.slug for issue in room.issues("second")[1:]}


def test_where_the_entry_still_stands_is_told(printed):
    outcome = printed.press.withdraw(None, day(0), NOTICE, at(3, 7))
    assert [issue.day for issue in outcome.standing] == [day(2)]
    assert printed.press.withdraw(None, "wrong", NOTICE, at(3, 8)).standing == ()


def test_a_withdrawn_day_is_not_corrected_and_its_entry_only_while_it_stands_elsewhere(printed):
    printed.press.withdraw(None, day(0), NOTICE, at(3, 7))
    with pytest.raises(refusals.WithdrawnAlready, match=r"2026-03-01 is withdrawn already: .* correct wrong"):
        printed.press.correct(None, day(0), "It was in Gao.", at(3, 8), values={"place": "Gao"})
    assert len(printed.press.correct(None, "wrong", "It was in Gao.", at(3, 8), values={"place": "Gao"}).issues) == 1

    printed.press.withdraw(None, day(2), NOTICE, at(3, 9))
    with pytest.raises(refusals.WithdrawnAlready, match="wrong is withdrawn already"):
        printed.press.correct(None, "wrong", "It was in Kidal.", at(3, 10), values={"place": "Kidal"})


def test_readers_find_the_notice_and_nothing_else(printed):
    printed.press.withdraw(None, "wrong", NOTICE, at(3, 7))

    with printed.store.reading() as connection:
        view = View(connection, printed.desk.edition(None), at(3, 8))
        assert view.entry("wrong") == Withdrawal(withdrawn_at=at(3, 7), notice=NOTICE)
        assert view.issue(day(0)).withdrawal.notice == NOTICE
        assert view.latest(standing=True).day == day(3)
        assert view.on(3, 1) == []
        assert [line.headline is None for line in view.lines(day(0), day(3))] == [True, False, True, False]


def test_the_feeds_keep_the_id_and_give_the_notice(printed):
    ids = {issue.day: f"urn:uuid:{issue.uid}" for issue in printed.issues()}
    printed.press.withdraw(None, "wrong", NOTICE, at(3, 7))

    for name, body in documents(printed).items():
        assert b"A name that was wrong" not in body, name
        assert b"Timbuktu" not in body, name
    atom = {item.id: item for item in feedparser.parse(documents(printed)["feed.atom"]).entries}
    items = {item["id"]: item for item in json.loads(documents(printed)["feed.json"])["items"]}
    assert set(atom) == set(items) == set(ids.values())
    for number in (0, 2):
        assert NOTICE in atom[ids[day(number)]].content[0].value
        assert NOTICE in items[ids[day(number)]]["content_html"]


def test_what_was_frozen_stays_frozen(printed):
    printed.press.withdraw(None, "wrong", NOTICE, at(3, 7))

    with printed.store.reading() as connection:
        assert issues.altered(connection) == []


def test_a_mail_does_not_link_what_was_withdrawn_since(printed):
    printed.press.tick(at(6))
    printed.press.withdraw(None, day(5), NOTICE, at(6, 7))
    printed.press.tick(at(8))
    printed.press.sending.sweep(at(8))

    mails = [message_from_bytes(mail, policy=policy.default) for mail in printed.messages()]
    last = next(mail for mail in mails if mail["Archived-At"].endswith("2026/03/09>"))
    text = last.get_body(("plain",)).get_content()
    assert "2026/03/08" in text
    assert "2026/03/06" not in text


def test_its_correction_is_no_longer_told(printed):
    printed.press.correct(None, "wrong", "It was Gao.", at(3, 7), values={"place": "Gao"})
    printed.press.withdraw(None, "wrong", NOTICE, at(3, 8))
    printed.press.tick(at(4))
    printed.press.sending.sweep(at(4))

    with printed.store.reading() as connection:
        assert View(connection, printed.desk.edition(None), at(4)).corrections() == []
    assert not any(b"It was Gao" in mail for mail in printed.messages())


def test_a_withdrawn_day_is_not_mailed_though_it_is_asked_for(printed):
    printed.press.publish(None, day(4), at(4), mail=False)
    printed.press.withdraw(None, day(4), NOTICE, at(4, 7))
    printed.press.publish(None, day(4), at(4, 8), mail=True)

    assert printed.press.sending.sweep(at(4, 8)) == 0


@pytest.mark.parametrize(
    ("name", "notice", "error", "told"),
    [
        ("wrong", "  ", refusals.NothingToChange, "needs a notice"),
        ("entry-059", NOTICE, refusals.NotPublished, "entry-059 was never published: there is nothing to take back"),
        (day(9), NOTICE, refusals.NotPublished, "of 2026-03-10 was never published"),
    ],
)
def test_what_can_not_be_withdrawn_is_refused_with_its_reason(printed, name, notice, error, told):
    before = printed.issues()
    with pytest.raises(error, match=told):
        printed.press.withdraw(None, name, notice, at(3, 7))
    assert printed.issues() == before


def test_what_is_withdrawn_stays_so_with_its_first_notice(printed):
    printed.press.withdraw(None, day(0), NOTICE, at(3, 7))
    with pytest.raises(refusals.WithdrawnAlready):
        printed.press.withdraw(None, day(0), "Another word.", at(3, 8))

    assert printed.issues()[0].withdrawal.notice == NOTICE


def test_a_withdrawal_leaves_the_rest_of_the_archive_as_it_was(printed):
    others = printed.issues()[1], printed.issues()[3]
    printed.press.withdraw(None, "wrong", NOTICE, at(3, 7))
    printed.press.tick(at(4))

    assert (printed.issues()[1], printed.issues()[3]) == others
    assert printed.issues()[4].rule is Rule.ROTATION
