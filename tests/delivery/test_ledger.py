"""The ledger: who is sent what, once, whatever dies or is told to stop in between; on both databases."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from rooms import KEYS, MAX_LATE, Room, an_edition, at, day, entry, many
from sqlalchemy import func, select, update

from newsletter.delivery import mailings
from newsletter.delivery.outbox import Outbox, OutboxFull
from newsletter.delivery.work import Claimed
from newsletter.models import Rule
from newsletter.render.message import fill
from newsletter.store import tables as our
from newsletter.tokens import Purpose

READERS = [f"reader-{number:02}@example.org" for number in range(12)]


@pytest.fixture
def sent(room: Room) -> Room:
    """Give a room with readers, entries, and the first day's issue published but not yet sent."""
    room.add(*many(40))
    room.subscribe(*READERS)
    room.press.tick(at(0))
    return room


def states(room: Room) -> dict[tuple[str, str | None], int]:
    """Return how many deliveries there are by state and reply; their sum must be every audience's."""
    with room.store.reading() as connection:
        assert mailings.unbalanced(connection) == []
        rows = connection.execute(
            select(our.deliveries.c.state, our.deliveries.c.reply, func.count()).group_by(
                our.deliveries.c.state, our.deliveries.c.reply
            )
        ).all()
        audience = connection.scalar(select(func.sum(our.mailings.c.audience)))
        assert sum(number for _, _, number in rows) == audience
    return {(state, reply): number for state, reply, number in rows}


def recipients(room: Room) -> list[str]:
    return sorted(message_from_bytes(mail)["To"] for mail in room.messages())


def test_everybody_who_was_subscribed_at_publication_gets_it_and_nobody_later(sent):
    sent.subscribe("late@example.org")

    assert sent.press.sending.sweep(at(0)) == len(READERS)
    assert recipients(sent) == READERS
    assert states(sent) == {("sent", "outbox"): 12}


def test_the_next_issue_goes_to_who_came_since(sent):
    sent.press.sending.sweep(at(0))
    sent.subscribe("late@example.org")
    sent.press.tick(at(1))

    assert sent.press.sending.sweep(at(1)) == len(READERS) + 1


def test_a_second_sweep_sends_nothing(sent):
    sent.press.sending.sweep(at(0))

    assert sent.press.sending.sweep(at(0, seconds=1)) == 0
    assert len(sent.messages()) == 12


def test_what_a_full_outbox_did_not_take_is_free_at_once_and_gets_a_correction_made_since(sent):
    issue = sent.issues()[0]
    fifth = hashlib.sha256(f"{issue.uid}:5".encode()).hexdigest()[:32]
    name = hashlib.sha256(f"<{fifth}@example.org>".encode()).hexdigest()[:40]
    in_its_place = sent.folder / "tmp" / name
    in_its_place.mkdir(parents=True)
    with pytest.raises(OutboxFull):
        sent.press.sending.sweep(at(0))
    assert states(sent) == {("sent", "outbox"): 4, ("queued", None): 8}

    in_its_place.rmdir()
    sent.press.correct(None, day(0), "It was in Gao.", at(0, 6, seconds=1), values={"place": "Gao"})
    assert sent.press.sending.sweep(at(0, 6, seconds=2)) == 8
    assert recipients(sent) == READERS
    assert sum(b"It was in Gao." in mail for mail in sent.messages()) == 8


def test_bytes_that_a_killed_process_may_have_written_stay_though_the_outbox_was_full_since(sent):
    dead = sent.claim(at(0), most=1)
    before = Outbox(sent.folder).put(dead[0].message_id, fill_of(dead[0])).read_bytes()
    (sent.folder / "cur").rmdir()
    (sent.folder / "cur").write_text("in its place")
    with pytest.raises(OutboxFull):
        sent.press.sending.sweep(at(0, 6, seconds=200))
    (sent.folder / "cur").unlink()
    sent.press.correct(None, day(0), "It was in Gao.", at(0, 6, seconds=201), values={"place": "Gao"})

    assert sent.press.sending.sweep(at(0, 6, seconds=202)) == 12
    mails = sent.messages()
    assert before in mails
    assert sum(b"It was in Gao." in mail for mail in mails) == 11


def fill_of(delivery: Claimed) -> bytes:
    return fill(
        delivery.mail,
        to=delivery.address,
        message_id=delivery.message_id,
        date=delivery.due_at,
        leave=KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, delivery.reader, at(0)),
    )


def test_sweeps_at_once_send_each_message_once(room):
    readers = sorted(f"reader-{number}@example.org" for number in range(510))
    room.add(entry("only"))
    room.subscribe(*readers)
    room.press.tick(at(0))
    others = [Room(room.store, room.folder) for _ in range(4)]
    gate = threading.Barrier(len(others))

    def sweep(other: Room) -> int:
        gate.wait()
        return other.press.sending.sweep(at(0))

    with ThreadPoolExecutor(len(others)) as threads:
        numbers = list(threads.map(sweep, others))

    assert sum(numbers) == 510
    assert recipients(room) == readers
    assert states(room) == {("sent", "outbox"): 510}


def claim(room: Room, now, most: int = 5) -> list[Claimed]:
    return room.claim(now, most)


def test_no_two_claims_hold_the_same_delivery(sent):
    first, second, third = (claim(sent, at(0)) for _ in range(3))

    addresses = [delivery.address for delivery in (*first, *second, *third)]
    assert sorted(addresses) == READERS
    assert [len(first), len(second), len(third)] == [5, 5, 2]
    assert claim(sent, at(0)) == []


def test_a_kill_between_writing_and_recording_makes_no_second_message(sent):
    killed = Killed(sent.store, sent.folder)
    with pytest.raises(Kill):
        killed.press.sending.sweep(at(0))
    assert len(sent.messages()) == 7

    assert sent.press.sending.sweep(at(0, seconds=60)) == 0, "another process may still be at work on them"
    assert sent.press.sending.sweep(at(0, seconds=121)) == 12
    assert recipients(sent) == READERS
    assert states(sent) == {("sent", "outbox"): 12}


def test_a_claim_holds_from_when_it_is_made_however_old_the_tick_is(sent):
    """A mailing takes its time: by the tick's instant, what is claimed late in it would be anybody's at once."""
    killed = Killed(sent.store, sent.folder)
    with pytest.raises(Kill):
        killed.press.sending.sweep(at(0), look=lambda: at(0, 6.5))

    assert sent.press.sending.sweep(at(0, 6.5, seconds=60)) == 0, "another process may still be at work on them"
    assert sent.press.sending.sweep(at(0, 6.5, seconds=121)) == 12


class Kill(BaseException):
    """The process is no more."""


class Killed(Room):
    """A process that dies while it writes its eighth message."""

    def restart(self) -> None:
        super().restart()
        put, left = self.press.outbox.put, iter(range(7))

        def dying(message_id: str, mail: bytes):
            if next(left, None) is None:
                raise Kill
            return put(message_id, mail)

        self.press.outbox.put = dying


def test_a_message_has_the_same_bytes_at_every_attempt(sent):
    first = claim(sent, at(0), most=12)

    again = claim(sent, at(0, seconds=121), most=12)
    assert [work._replace(attempts=1) for work in again] == first
    assert len({delivery.message_id for delivery in first}) == 12


def test_bytes_that_were_claimed_stay_though_a_correction_freezes_others(sent):
    issue = sent.issues()[0]
    old = claim(sent, at(0), most=4)
    outcome = sent.press.correct(None, issue.day, "It was Gao, not Timbuktu.", at(0, 6.01), values={"place": "Gao"})
    fresh = claim(sent, at(0, 6.02), most=50)
    again = claim(sent, at(0, 6.1), most=50)

    assert outcome.deliveries == 8
    assert len(fresh) == 8
    assert all(b"It was Gao" not in delivery.mail for delivery in old)
    assert all(b"It was Gao" in delivery.mail for delivery in fresh)
    assert {delivery.address: delivery.mail for delivery in again} == {
        delivery.address: delivery.mail for delivery in (*old, *fresh)
    }


def test_the_date_of_a_message_is_the_deliverys_due_instant(sent):
    sent.press.sending.sweep(at(0, 9))

    dates = {message_from_bytes(mail, policy=policy.default)["Date"].datetime for mail in sent.messages()}
    assert dates == {at(0)}


# What is not sent


def test_what_comes_later_than_max_late_is_counted_and_not_sent(sent):
    assert sent.press.sending.sweep(at(0) + MAX_LATE + timedelta(seconds=1)) == 0
    assert states(sent) == {("suppressed", "late"): 12}
    assert sent.messages() == []


def test_what_comes_just_within_max_late_is_sent(sent):
    assert sent.press.sending.sweep(at(0) + MAX_LATE) == 12


def test_what_a_newer_issue_has_overtaken_is_counted_and_not_sent(sent):
    # So late that the day before is still within MAX_LATE when the next one is due.
    sent.desk.set_edition("daily-dose", {"time": "07:00"}, at(0))
    sent.press.publish(None, day(1), at(1, 7), mail=True)
    with sent.store.transaction() as connection:
        connection.execute(update(our.deliveries).where(our.deliveries.c.mailing_id == 1).values(due_at=at(1, 5)))

    assert sent.press.sending.sweep(at(1, 7)) == 12
    assert states(sent) == {("suppressed", "late"): 12, ("sent", "outbox"): 12}
    subjects = {message_from_bytes(mail, policy=policy.default)["Subject"] for mail in sent.messages()}
    assert subjects == {sent.issues()[1].subject}


def test_an_old_day_is_mailed_when_it_is_asked_for(room):
    room.add(*many(40))
    room.subscribe(*READERS)
    room.press.publish(None, day(0), at(0), mail=False)
    room.press.tick(at(1))
    room.press.sending.sweep(at(1))

    room.press.publish(None, day(0), at(1, 7), mail=True)

    assert room.press.sending.sweep(at(1, 7)) == 12
    assert states(room) == {("sent", "outbox"): 24}


@pytest.mark.parametrize("state", ["left", "paused"])
def test_who_left_or_paused_before_the_claim_gets_nothing(sent, state):
    with sent.store.transaction() as connection:
        connection.execute(update(our.subscriptions).where(our.subscriptions.c.id <= 2).values(state=state))

    assert sent.press.sending.sweep(at(0)) == 10
    assert states(sent) == {("sent", "outbox"): 10, ("suppressed", state): 2}


def test_whose_address_bounced_gets_nothing(sent):
    with sent.store.transaction() as connection:
        connection.execute(update(our.subscribers).where(our.subscribers.c.id == 1).values(state="bounced"))

    assert sent.press.sending.sweep(at(0)) == 11


def test_a_withdrawal_stops_what_is_not_sent_even_what_a_dead_process_had_claimed(sent):
    claim(sent, at(0), most=3)
    outcome = sent.press.withdraw(None, day(0), "A court forbade it.", at(0, 6.01))

    assert outcome.deliveries == 9
    assert sent.press.sending.sweep(at(0, 7)) == 0
    assert states(sent) == {("suppressed", "withdrawn"): 12}
    assert sent.messages() == []


@pytest.mark.parametrize("days", [None, (day(0), day(0))])
def test_a_hold_stops_the_mail_and_a_release_in_time_lets_it_go(sent, days):
    sent.press.hold(None, days, at(0, 6.01), "a doubt")

    assert sent.press.sending.sweep(at(0, 6.02)) == 0
    assert states(sent) == {("queued", None): 12}
    assert sent.press.release(None, days, at(0, 7)) == 1
    assert sent.press.sending.sweep(at(0, 7)) == 12


def test_a_hold_of_other_days_or_of_another_edition_stops_nothing(sent):
    sent.press.hold(None, (day(3), day(9)), at(0, 6.01), "a holiday")

    assert sent.press.sending.sweep(at(0, 6.02)) == 12


def test_a_release_that_comes_too_late_sends_nothing(sent):
    sent.press.hold(None, None, at(0, 6.01), "a doubt")
    sent.press.release(None, None, at(0, 19))

    assert sent.press.sending.sweep(at(0, 19)) == 0
    assert states(sent) == {("suppressed", "late"): 12}


def test_a_hold_that_is_set_while_a_long_mailing_runs_stops_the_rest_of_it(room):
    room.add(entry("only"))
    room.subscribe(*(f"reader-{number}@example.org" for number in range(510)))
    room.press.tick(at(0))
    assert room.issues()[0].rule is Rule.ROTATION

    told = []

    def hold(number: int) -> None:
        told.append(number)
        room.press.hold(None, None, at(0, 6.01), "stop")

    assert room.press.sending.sweep(at(0), progress=hold) == 500
    assert told == [500]
    assert states(room) == {("sent", "outbox"): 500, ("queued", None): 10}


def test_a_crash_while_the_audience_is_frozen_leaves_no_issue_and_no_mailing(room, monkeypatch):
    room.add(*many(3))
    room.subscribe(*READERS)

    def crash(*_: object) -> None:
        raise Kill

    monkeypatch.setattr("newsletter.archive.corrections.carried", crash)
    with pytest.raises(Kill):
        room.press.tick(at(0))
    monkeypatch.undo()

    assert room.issues() == []
    with room.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(our.deliveries)) == 0
    room.press.tick(at(0, 6.1))
    assert room.press.sending.sweep(at(0, 6.1)) == 12


def test_one_reader_of_two_editions_gets_both(room):
    room.open(an_edition("evening-dose", title="Evening Dose"))
    room.add(*many(10))
    room.subscribe("reader@example.org")
    room.subscribe("reader@example.org", edition="evening-dose")
    room.press.tick(at(0))

    assert room.press.sending.sweep(at(0)) == 2
    assert recipients(room) == ["reader@example.org"] * 2
