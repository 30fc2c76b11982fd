"""What comes back counts once, at most once a day; a complaint ends at once; who is forged is nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from returned_mail import FORGED, complaint, delivery_report, group, leave_address, message, our_headers
from rooms import BOUNCE_DOMAIN, KEYS, SUPPRESSION_KEY, Room, at, day
from sqlalchemy import select

from newsletter.circulation.feedback import NoSuchFeedback, Tally
from newsletter.delivery.feedback import refusal
from newsletter.delivery.feedback.sources import Arrived
from newsletter.delivery.replies import Reply
from newsletter.delivery.verp import bounce_address
from newsletter.feedback import Feedback, FeedbackKind
from newsletter.readers import feedback
from newsletter.readers.suppressions import address_hash, reason_for
from newsletter.store.tables import feedback as pieces
from newsletter.store.tables import subscribers, subscriptions

ONE, TWO = "one@example.net", "two@example.net"


class Box:
    """A source that holds messages in memory, and says what was let go of."""

    def __init__(self, *mails: bytes, origin: str = "maildir") -> None:
        self.origin = origin
        self.mails = mails
        self.gone: list[str] = []

    def arrived(self) -> Iterator[Arrived]:
        for number, mail in enumerate(self.mails):
            yield Arrived(str(number), mail)

    def let_go(self, keys: Sequence[str]) -> None:
        self.gone += keys


class Lists:
    """A room with two readers, and what comes back of their mail."""

    def __init__(self, room: Room) -> None:
        self.room = room
        room.subscribe(ONE, TWO)

    def uid(self, address: str = ONE) -> UUID:
        with self.room.store.reading() as connection:
            found = connection.scalar(
                select(subscriptions.c.uid)
                .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
                .where(subscribers.c.address == address)
                .order_by(subscriptions.c.id)
            )
        assert found is not None
        return found

    def subscriber(self, address: str = ONE) -> Any:
        with self.room.store.reading() as connection:
            return connection.execute(select(subscribers).where(subscribers.c.address == address)).one()

    def states(self) -> list[str]:
        with self.room.store.reading() as connection:
            return list(connection.scalars(select(subscriptions.c.state).order_by(subscriptions.c.id)))

    def kept(self) -> list[Any]:
        with self.room.store.reading() as connection:
            return list(connection.execute(select(pieces).order_by(pieces.c.id)))

    def bounced(self, on: date | int, status: str = "5.1.1", *, number: int = 1, address: str = ONE) -> bytes:
        """Return a report about a reader's mail that came back on a day; each number is another message."""
        when = at(on, 7, seconds=number)
        sender = bounce_address(KEYS, self.uid(address).bytes, number, BOUNCE_DOMAIN, at(0))
        return (
            f"X-Original-To: {sender}\nReceived: by mx; {when:%a, %d %b %Y %H:%M:%S} +0000\n"
            "From: MAILER-DAEMON@example.net\nContent-Type: multipart/report; boundary=b\n\n--b\n"
            f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{group(status=status)}\n--b--\n"
        ).encode()

    def take_in(self, *mails: bytes, now: datetime | None = None, origin: str = "maildir") -> Tally:
        return self.room.intake.take_in(Box(*mails, origin=origin), now or at(60))

    def day_by_day(self, number: int, status: str, *, gap: int = 1) -> None:
        """Let a reader's mail come back once on each of so many days, each read on the same day."""
        for each in range(0, number * gap, gap):
            self.take_in(self.bounced(each, status), now=at(each, 9))


@pytest.fixture
def lists(room: Room) -> Lists:
    return Lists(room)


def test_a_day_s_ten_bounces_count_one_point(lists: Lists) -> None:
    tally = lists.take_in(*(lists.bounced(3, number=number) for number in range(1, 11)), now=at(3, 9))
    assert (tally.read, tally.kinds, tally.bounced) == (10, {FeedbackKind.HARD: 10}, 0)
    reader = lists.subscriber()
    assert (reader.state, reader.bounce_score, reader.bounced_on) == ("good", 1.0, day(3))
    assert lists.subscriber(TWO).bounce_score is None
    assert [(row.kind, row.mailing_id, row.status) for row in lists.kept()] == [
        ("hard", number, "5.1.1") for number in range(1, 11)
    ]


def test_the_same_report_counts_once_however_often_it_is_read(lists: Lists) -> None:
    mail = lists.bounced(3)
    assert lists.take_in(mail, mail, now=at(3, 9)).known == 1
    assert lists.take_in(mail, now=at(4)).known == 1
    assert len(lists.kept()) == 1


def test_the_same_report_by_two_ways_counts_once(lists: Lists) -> None:
    """The day that counts is the day on which it came back, whenever it is read."""
    lists.take_in(lists.bounced(3), now=at(3, 9))
    assert lists.take_in(lists.bounced(3), now=at(5), origin="imap").kinds == {FeedbackKind.HARD: 1}
    assert lists.subscriber().bounce_score == 1.0
    assert [row.origin for row in lists.kept()] == ["maildir", "imap"]


@pytest.mark.parametrize(("status", "days"), [("5.1.1", 3), ("5.2.1", 3), ("5.2.2", 10), ("4.4.1", 10)])
def test_a_reader_whose_mail_came_back_on_so_many_days_is_mailed_no_more(lists: Lists, status: str, days: int) -> None:
    lists.day_by_day(days - 1, status)
    assert lists.subscriber().state == "good"
    assert lists.take_in(lists.bounced(days - 1, status), now=at(days - 1, 9)).bounced == 1
    assert lists.subscriber().state == "bounced"
    assert lists.subscriber().address == ONE
    assert lists.states() == ["active", "active"]
    # What still comes back changes nothing, and is no news.
    assert lists.take_in(lists.bounced(days, status), now=at(days, 9)).bounced == 0
    assert lists.subscriber(TWO).state == "good"


def test_what_is_full_and_then_gone_adds_up(lists: Lists) -> None:
    lists.day_by_day(4, "4.2.2")
    assert lists.take_in(lists.bounced(4), now=at(4, 9)).bounced == 1


def test_a_mailbox_of_days_that_nobody_read_counts_each_of_its_days(lists: Lists) -> None:
    assert lists.take_in(*(lists.bounced(each) for each in range(3)), now=at(5)).bounced == 1


def test_a_weekly_digest_s_bounces_add_up(lists: Lists) -> None:
    lists.day_by_day(3, "5.1.1", gap=7)
    assert lists.subscriber().state == "bounced"


def test_points_are_forgotten_after_two_weeks_without_a_bounce(lists: Lists) -> None:
    lists.day_by_day(2, "5.1.1")
    lists.take_in(lists.bounced(16, number=9), now=at(16, 9))
    assert (lists.subscriber().state, lists.subscriber().bounce_score) == ("good", 1.0)


def test_a_report_that_would_be_forgotten_by_now_counts_nothing(lists: Lists) -> None:
    lists.take_in(lists.bounced(0), now=at(15, 9))
    assert lists.subscriber().bounce_score is None


def test_a_report_of_an_earlier_day_than_one_that_counted_counts_nothing(lists: Lists) -> None:
    lists.take_in(lists.bounced(3), lists.bounced(2, number=2), now=at(3, 9))
    assert lists.subscriber().bounce_score == 1.0


@pytest.mark.parametrize("status", ["5.7.26", "4.7.28", "5.6.0"])
def test_what_is_ours_never_counts_against_a_reader(lists: Lists, status: str) -> None:
    lists.day_by_day(30, status)
    reader = lists.subscriber()
    assert (reader.state, reader.bounce_score, reader.bounced_on) == ("good", None, None)
    assert {row.kind for row in lists.kept()} == {"ours"}


def test_what_is_ours_is_a_problem_for_a_week(lists: Lists) -> None:
    lists.take_in(lists.bounced(1, "5.7.26"), lists.bounced(1, "5.1.1", number=2), now=at(1, 9))
    assert lists.room.intake.problems(at(9)) == []
    (problem,) = lists.room.intake.problems(at(8))
    assert problem.startswith("1 of the mails that came back in the last week were refused for what they are")


def test_a_forged_token_counts_for_nothing(lists: Lists) -> None:
    before = lists.subscriber()
    for each in range(5):
        forged = delivery_report(group(), Message_Id=f"<{each}@x>").replace(
            b"X-Original-To: ", f"X-Original-To: {FORGED}, ".encode()
        )
        tampered = lists.bounced(each).replace(b"b+", b"b+a")
        lists.take_in(forged, tampered, now=at(each, 9))
    assert lists.subscriber() == before
    assert all(row.subscription_id is None for row in lists.kept())


def test_a_token_of_a_reader_who_is_no_more_counts_for_nobody(lists: Lists) -> None:
    """The token is ours, and proves a subscription that there is not."""
    assert lists.take_in(delivery_report(group()), now=at(1, 9)).kinds == {FeedbackKind.HARD: 1}
    assert [row.subscription_id for row in lists.kept()] == [None]


def test_one_address_beside_another_is_not_it(lists: Lists) -> None:
    for each in range(3):
        lists.take_in(lists.bounced(each, address=TWO), now=at(each, 9))
    assert (lists.subscriber().state, lists.subscriber(TWO).state) == ("good", "bounced")


# Complaints, and leaving by mail.


def complained(lists: Lists) -> bytes:
    sender = bounce_address(KEYS, lists.uid().bytes, 1, BOUNCE_DOMAIN, at(0))
    return complaint("Feedback-Type: abuse", original=our_headers(sender=sender))


def test_a_complaint_ends_it_at_once_and_no_list_brings_the_reader_back(lists: Lists) -> None:
    assert lists.take_in(complained(lists), now=at(2)).left == 1
    assert lists.states() == ["left", "active"]
    assert lists.subscriber().state == "complained"
    with lists.room.store.reading() as connection:
        assert reason_for(connection, address_hash(SUPPRESSION_KEY, ONE)) == feedback.COMPLAINED
        assert reason_for(connection, address_hash(SUPPRESSION_KEY, TWO)) is None
        assert connection.scalars(select(subscriptions.c.left_at).order_by(subscriptions.c.id)).all() == [at(2), None]


def test_a_second_complaint_changes_nothing(lists: Lists) -> None:
    lists.take_in(complained(lists), now=at(2))
    after = lists.subscriber(), lists.states()
    assert lists.take_in(complained(lists), complained(lists) + b"again", now=at(3)).left == 0
    assert (lists.subscriber(), lists.states()) == after


def test_nobody_is_mailed_about_what_came_back(lists: Lists) -> None:
    lists.take_in(complained(lists), *(lists.bounced(each) for each in range(4)), now=at(5))
    assert lists.room.messages() == []


def test_who_leaves_by_mail_has_left(lists: Lists) -> None:
    assert (
        lists.take_in(message("\n", to=leave_address(lists.uid()), sender=ONE, Subject="unsubscribe"), now=at(2)).left
        == 1
    )
    assert lists.states() == ["left", "active"]
    assert lists.subscriber().state == "good"


# What a mail server refuses at once.


def refused(text: str, message_id: str = "<i1.a@x>") -> Feedback:
    return refusal(Reply.of(550, text), message_id, 1, at(3))


def test_what_is_refused_at_once_counts_as_what_comes_back(lists: Lists) -> None:
    uid = lists.uid()
    with lists.room.store.transaction() as connection:
        number = connection.scalar(select(subscriptions.c.id).where(subscriptions.c.uid == uid))
        assert number is not None
        for _ in range(2):
            assert not feedback.rejected(connection, number, refused("5.1.1 no such user"), at(3))
        assert not feedback.rejected(connection, number, refused("5.7.1 no", "<i2.a@x>"), at(3))
    lists.take_in(lists.bounced(3), now=at(3, 9))
    assert lists.subscriber().bounce_score == 1.0
    assert [(row.origin, row.kind, row.status) for row in lists.kept()] == [
        ("smtp", "hard", "5.1.1"),
        ("smtp", "ours", "5.7.1"),
        ("maildir", "hard", "5.1.1"),
    ]


def test_bounces_are_forgotten_on_request(lists: Lists) -> None:
    lists.day_by_day(2, "5.1.1")
    with lists.room.store.transaction() as connection:
        feedback.forget(connection, lists.subscriber().id)
    lists.take_in(lists.bounced(2), now=at(2, 9))
    assert (lists.subscriber().state, lists.subscriber().bounce_score) == ("good", 1.0)


# What a person has to look at.


def odd(number: int) -> bytes:
    return message(f"\nOdd {number}.\n", sender="someone@example.net", to="news@example.org", Subject=f"Odd {number}")


def test_what_nobody_understands_waits_for_a_person(lists: Lists) -> None:
    lists.take_in(odd(1), lists.bounced(1), odd(2), now=at(2))
    first, second = lists.room.intake.binned()
    assert (first.detail, first.origin, first.received_at, first.size) == ("Odd 1", "maildir", at(2), len(odd(1)))
    assert lists.room.intake.raw(second.id) == odd(2)

    assert lists.room.intake.drop([first.id]) == 1
    assert [each.detail for each in lists.room.intake.binned()] == ["Odd 2"]
    with pytest.raises(NoSuchFeedback, match="no message"):
        lists.room.intake.raw(first.id)
    # Read again, it is known.
    assert lists.take_in(odd(1), now=at(3)).known == 1
    assert [each.detail for each in lists.room.intake.binned()] == ["Odd 2"]


def test_one_wrong_number_drops_nothing(lists: Lists) -> None:
    lists.take_in(odd(1), now=at(2))
    (waits,) = lists.room.intake.binned()
    with pytest.raises(NoSuchFeedback):
        lists.room.intake.drop([waits.id, waits.id + 1])
    assert lists.room.intake.binned() == [waits]


def test_a_flood_does_not_fill_the_disk(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what comes when the bin is full, it is known that it came."""
    monkeypatch.setattr(feedback, "MOST_BINNED", 3)
    lists.take_in(*map(odd, range(5)), now=at(2))
    assert [each.detail for each in lists.room.intake.binned()] == ["Odd 0", "Odd 1", "Odd 2"]
    assert len(lists.kept()) == 5


# Sources.


class Failing(Box):
    """A source that is killed before it lets go."""

    def let_go(self, keys: Sequence[str]) -> None:
        raise KeyboardInterrupt(*keys)


def test_killed_before_a_source_lets_go_nothing_is_lost_or_counted_twice(lists: Lists) -> None:
    with pytest.raises(KeyboardInterrupt):
        lists.room.intake.take_in(Failing(lists.bounced(1)), at(1, 9))
    assert lists.subscriber().bounce_score == 1.0
    assert lists.take_in(lists.bounced(1), now=at(1, 10)).known == 1
    assert lists.subscriber().bounce_score == 1.0


class BreaksOff(Box):
    """A source that fails after its messages."""

    def arrived(self) -> Iterator[Arrived]:
        yield from super().arrived()
        raise OSError("gone")


def test_what_was_read_until_a_source_failed_is_kept_batch_by_batch(lists: Lists) -> None:
    box = BreaksOff(*map(odd, range(250)))
    told: list[int] = []
    with pytest.raises(OSError, match="gone"):
        lists.room.intake.take_in(box, at(1), told.append)
    assert told == [100, 100]
    assert box.gone == [str(each) for each in range(200)]
    assert len(lists.kept()) == 200


def test_what_a_source_gave_is_let_go_of_once_it_is_kept(lists: Lists) -> None:
    box = Box(odd(1), odd(2))
    lists.room.intake.take_in(box, at(1) + timedelta(hours=1))
    assert box.gone == ["0", "1"]
