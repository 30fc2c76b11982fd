"""Corrections and amendments: what every reader sees, what the next mail says, and what stays; on both databases."""

from __future__ import annotations

import gzip
from email import message_from_bytes, policy

import pytest
from rooms import Room, an_edition, at, day, entry
from sqlalchemy import select

from newsletter.archive import entries, issues
from newsletter.archive.reading import View
from newsletter.errors import InvalidEntry
from newsletter.models import Change, Source, Status
from newsletter.press import refusals
from newsletter.press.press import Outcome, Press
from newsletter.store import tables as our

NOTE = "It happened in Gao, not in Timbuktu."


@pytest.fixture
def printed(room: Room, press: Press) -> Room:
    """Give a room whose first issue prints the entry `wrong`, mailed to nobody yet."""
    room.add(entry("wrong", place="Timbuktu", event_date="2016-03-01"))
    room.subscribe("one@example.org", "two@example.org", "three@example.org")
    press.tick(at(0))
    assert room.picks() == {day(0): "wrong"}
    return room


def correct(room: Room, hour: float = 7, **options: bool) -> Outcome:
    return room.press.correct(None, "wrong", NOTE, at(0, hour), values={"place": "Gao"}, **options)


def texts(room: Room) -> dict[str, str]:
    """Return the text part of each message, by its address and its issue's day."""
    found = {}
    for mail in room.messages():
        message = message_from_bytes(mail, policy=policy.default)
        found[message["To"], message["Archived-At"].strip("<>")[-10:]] = message.get_body(("plain",)).get_content()
    return found


def test_the_issue_shows_what_is_right_and_keeps_what_was_printed(printed):
    before = printed.issues()[0]
    outcome = correct(printed)
    after = printed.issues()[0]

    assert outcome.entry.revision == 2
    assert [issue.day for issue in outcome.issues] == [day(0)]
    assert (before.entry.place, after.entry.place) == ("Timbuktu", "Gao")
    assert after.entry.revision == 2
    assert after.updated_at > before.updated_at
    assert (after.uid, after.number, after.published_at) == (before.uid, before.number, before.published_at)
    with printed.store.reading() as connection:
        row = connection.execute(select(our.issues.c.revision, our.issues.c.shown_revision)).one()
        (old,) = entries.read_entries(connection, entries.at_revision(our.entries.c.revision - 1))
        assert issues.altered(connection) == []
    assert tuple(row) == (1, 2)
    assert old.place == "Timbuktu"


def test_the_note_quotes_what_was_printed_and_says_what_is_right(printed):
    correct(printed)
    (note,) = printed.issues()[0].corrections

    assert (note.note, note.slip, note.corrected_at) == (NOTE, False, at(0, 7))
    assert note.changes == (Change(field="place", was="Timbuktu", now="Gao"),)


def test_everybody_sees_it_at_once(printed):
    correct(printed)

    with printed.store.reading() as connection:
        view = View(connection, printed.desk.edition(None), at(0, 8))
        assert view.issue(day(0)).entry.place == "Gao"
        assert view.entry("wrong").entry.place == "Gao"
        assert [note.note for note in view.corrections()] == [NOTE]
        kept = connection.execute(select(our.documents.c.name, our.documents.c.packed)).all()
    feeds = {name: gzip.decompress(packed) for name, packed in kept if "feed." in name}
    assert {"feed.rss", "feed.atom", "feed.json", "kinds/fact/feed.atom"} <= feeds.keys()
    for name, body in feeds.items():
        assert NOTE.encode() in body, name


def test_what_nobody_has_claimed_is_frozen_again_and_says_it_first_hand(printed):
    claimed = printed.claim(at(0), most=1)
    outcome = correct(printed)
    printed.press.sending.sweep(at(0, 7))
    printed.press.sending.sweep(at(0, 8))

    sent = texts(printed)
    first = claimed[0].address
    assert outcome.deliveries == 2
    assert [NOTE in text.replace("\n", " ") for (to, _), text in sorted(sent.items()) if to != first] == [True, True]
    assert NOTE not in sent[first, "2026/03/01"].replace("\n", " ")


def test_a_running_mailing_is_left_as_it_is_if_the_editor_says_so(printed):
    outcome = correct(printed, leave_running=True)
    printed.press.sending.sweep(at(0, 7))

    assert outcome.deliveries == 0
    assert [NOTE in text.replace("\n", " ") for text in texts(printed).values()] == [False] * 3


def test_the_next_mailing_carries_the_note_and_no_other(printed):
    printed.press.sending.sweep(at(0))
    correct(printed)
    for number in (1, 2):
        printed.press.tick(at(number))
        printed.press.sending.sweep(at(number))

    carried = {(to, when): NOTE in text.replace("\n", " ") for (to, when), text in texts(printed).items()}
    assert [carried["one@example.org", f"2026/03/0{number}"] for number in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize("why", ["downtime", "hold", "withdrawal"])
def test_a_note_that_a_mailing_carried_in_vain_goes_in_the_next(printed, why):
    press, number = printed.press, 1
    press.sending.sweep(at(0))
    press.correct(None, day(0), "It was in Gao.", at(0, 12), values={"place": "Gao"})
    press.tick(at(number))
    if why == "hold":
        press.hold(None, None, at(number))
        press.sending.sweep(at(number, 12))
        press.release(None, None, at(number, 23))
    if why == "withdrawal":
        press.withdraw(None, day(number), "A notice.", at(number))
    before = set(printed.messages())
    for later in (number + 1, number + 2):
        press.tick(at(later))
        press.sending.sweep(at(later))

    carrying = [mail for mail in set(printed.messages()) - before if b"It was in Gao." in mail]
    assert len(carrying) == 3, "each reader has it, once"


def test_an_unmailed_issue_carries_no_note_and_leaves_it_to_the_next(printed):
    printed.press.sending.sweep(at(0))
    correct(printed)
    printed.press.publish(None, day(1), at(1), mail=False)
    printed.press.tick(at(2))
    printed.press.sending.sweep(at(2))

    assert NOTE in texts(printed)["one@example.org", "2026/03/03"].replace("\n", " ")


def test_every_edition_that_published_it_carries_the_note_once_and_no_other_edition_does(room, press):
    room.open(an_edition("second"), an_edition("third"))
    room.add(entry("wrong", place="Timbuktu"))
    for slug in (None, "second"):
        room.desk.enqueue(slug, "wrong", at(0, 0), day=day(0))
    for slug in ("daily-dose", "second", "third"):
        room.subscribe(f"{slug}@example.org", edition=slug)
    press.tick(at(0))
    press.sending.sweep(at(0))
    assert len(correct(room).issues) == 2
    for number in (1, 2):
        press.tick(at(number))
        press.sending.sweep(at(number))

    noted = {key for key, text in texts(room).items() if NOTE in text.replace("\n", " ")}
    assert noted == {("daily-dose@example.org", "2026/03/02"), ("second@example.org", "2026/03/02")}


def test_an_issue_that_prints_the_entry_after_its_correction_has_no_note(printed):
    correct(printed)
    printed.desk.enqueue(None, "wrong", at(0, 8), day=day(1))
    printed.press.tick(at(1))

    first, second = printed.issues()
    assert [note.note for note in first.corrections] == [NOTE]
    assert second.corrections == ()
    assert (first.entry, second.entry) == (second.entry, first.entry)


def test_a_second_correction_adds_to_the_first(printed):
    correct(printed)
    printed.press.correct(None, day(0), "It was three, not two.", at(0, 8), values={"killed": "3"})
    issue = printed.issues()[0]

    assert [note.note for note in issue.corrections] == [NOTE, "It was three, not two."]
    assert (issue.entry.place, issue.entry.killed, issue.entry.revision) == ("Gao", 3, 3)


def test_a_correction_by_its_note_alone_or_with_a_source(printed):
    printed.press.correct(None, "wrong", "Its source was named wrongly.", at(0, 7), sources=[Source(raw="Another")])
    issue = printed.issues()[0]

    assert [source.raw for source in issue.entry.sources][1:] == ["Another"]
    assert issue.corrections[0].changes[0].field == "sources"


def test_the_same_correction_again_is_refused(printed):
    correct(printed)
    with pytest.raises(refusals.NothingToChange, match="was corrected so already"):
        correct(printed, 9)
    assert len(printed.issues()[0].corrections) == 1


def test_every_update_has_a_second_of_its_own_later_than_the_one_before(printed):
    """RFC 4287, 4.1.1.1 and the validator's DuplicateUpdated: feeds tell updates apart by whole seconds."""
    now = at(0, seconds=0.5)
    printed.press.tick(at(5))
    updates = [printed.issues()[0].updated_at]
    for number in range(5):
        printed.press.correct(None, "wrong", f"Correction {number}.", now, values={"killed": number})
        updates.append(printed.issues()[0].updated_at)
    seconds = [issue.updated_at.replace(microsecond=0) for issue in printed.issues()]

    assert updates == sorted(set(updates))
    assert len(set(seconds)) == len(seconds)


def test_what_was_never_published_has_nothing_to_correct_but_may_be_amended(room, press):
    with pytest.raises(refusals.NotPublished, match="entry-001 was never published: change it with `daily-dose amend`"):
        press.correct(None, "entry-001", NOTE, at(0), values={"place": "Gao"})
    outcome = press.amend(None, "entry-001", at(0), {"place": "Gao"})

    assert (outcome.entry.place, outcome.issues) == ("Gao", ())
    assert room.entry("entry-001").place == "Gao"
    with room.store.reading() as connection:
        assert connection.execute(select(our.corrections)).all() == []


@pytest.mark.parametrize(
    ("ask", "error", "told"),
    [
        (lambda press: press.correct(None, "wrong", " \n", at(1)), refusals.NothingToChange, "needs a note"),
        (lambda press: press.correct(None, day(7), NOTE, at(9)), refusals.NotPublished, "of 2026-03-08 was never"),
        (lambda press: press.correct(None, "nobody", NOTE, at(1)), entries.NoSuchEntry, "no entry 'nobody'"),
        (lambda press: press.amend(None, "wrong", at(1), {}), refusals.NothingToChange, "needs a change"),
        (lambda press: press.amend(None, "wrong", at(1), {"place": "Timbuktu"}), refusals.NothingToChange, "already"),
        (lambda press: press.amend(None, "wrong", at(1), {"palce": "Gao"}), InvalidEntry, "palce: expected one of"),
        (lambda press: press.amend(None, "wrong", at(1), {"uid": "1"}), InvalidEntry, "uid: expected one of"),
        (lambda press: press.amend(None, "wrong", at(1), {"country": "XX"}), InvalidEntry, "country: expected"),
        (lambda press: press.amend(None, "wrong", at(1), {"killed": "many"}), InvalidEntry, "killed: expected"),
        (lambda press: press.amend(None, "wrong", at(1), {"headline": ""}), InvalidEntry, "headline: expected"),
    ],
)
def test_what_can_not_be_done_is_refused_with_its_reason_and_nothing_is_changed(printed, ask, error, told):
    before = printed.issues()
    with pytest.raises(error, match=told):
        ask(printed.press)
    assert printed.issues() == before
    assert printed.entry("wrong").revision == 1


# Amendments: small slips


def test_a_slip_is_listed_and_no_note_of_it_is_mailed(printed):
    printed.press.sending.sweep(at(0))
    outcome = printed.press.amend(None, "wrong", at(0, 7), {"place": "Timbuctoo"})
    printed.press.tick(at(1))
    printed.press.sending.sweep(at(1))

    (note,) = printed.issues()[0].corrections
    assert (note.slip, note.note) == (True, "")
    assert note.changes == (Change(field="place", was="Timbuktu", now="Timbuctoo"),)
    assert outcome.deliveries == 0
    assert "Timbuctoo" not in texts(printed)["one@example.org", "2026/03/02"]


def test_a_slip_in_a_running_mailing_is_mended_for_who_has_not_got_it_yet(printed):
    outcome = printed.press.amend(None, "wrong", at(0, 6.5), {"body": "Other words.[^1]"})
    printed.press.sending.sweep(at(0, 7))

    assert outcome.deliveries == 3
    assert all("Other words." in text for text in texts(printed).values())


def test_a_new_slug_leads_the_old_address_to_the_new_one_and_says_nothing_in_public(printed):
    printed.press.amend(None, "wrong", at(0, 7), {"slug": "right"})

    assert printed.entry("wrong").slug == "right"
    assert printed.issues()[0].entry.slug == "right"
    assert printed.issues()[0].corrections == ()


def test_an_editors_word_confirms_what_was_guessed(room, press):
    room.add(entry("guessed", place="Gao", killed=3, guessed=["place", "killed"]))
    press.amend(None, "guessed", at(0), {"killed": "4"})

    assert room.entry("guessed").guessed == ("place",)


def test_a_status_that_is_set_takes_an_entry_out_of_what_comes(room, press):
    comes = press.outlook.pick(None, day(0), at(0, 0)).entry
    press.amend(None, comes, at(0, 1), {"status": "retired"})

    assert room.entry(comes).status is Status.RETIRED
    assert press.outlook.pick(None, day(0), at(0, 2)).entry != comes
