"""The life of a sender for tests: whatever happens to it, and what must stay true of the ledger and of the mail."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from relays import RelayRoom
from rooms import KEYS, MAX_LATE, SUPPRESSION_KEY, an_edition, at, many
from servers.scripted_relay import UNANSWERED, Act, ScriptedRelay, Seen
from sqlalchemy import select

from newsletter.delivery import mailings, pausing
from newsletter.delivery.relay import RelayUnusable
from newsletter.delivery.work import Claimed, Done, State, mark, record
from newsletter.feedback import Feedback, FeedbackKind
from newsletter.preferences import Preferences
from newsletter.readers import feedback, subscriptions
from newsletter.store import tables as our
from newsletter.tokens import Purpose

#: Readers, with their own hour and zone or without, and some on weekdays alone.
READERS = {
    "at-once@example.org": Preferences(),
    "weekdays@example.org": Preferences(cadence="weekdays"),
    "text@example.org": Preferences(format="text"),
    "tokyo@example.org": Preferences(hour=time(7), zone="Asia/Tokyo"),
    "london@example.org": Preferences(hour=time(6, 30), zone="Europe/London"),
    "new-york@example.org": Preferences(hour=time(5), zone="America/New_York"),
    "pago-pago@example.org": Preferences(hour=time(22), zone="Pacific/Pago_Pago"),
}
#: What the server may have taken, whatever the sender knows of it.
_MAYBE_TAKEN = (Act.TAKE, *UNANSWERED)
#: Why a delivery is not sent, as it is counted.
_REASONS = {"late", "withdrawn", "left", "paused", "complained", "bounced"}


class Killed(BaseException):
    """The process ends here, in the midst of what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asleep:
    """A process that was paused when it had marked what it sends, and what it will find that became of it."""

    owner: str
    works: list[Claimed]
    fate: State


@dataclass
class SenderLife:
    """A room with readers, a relay that does what it is told, and what is known of both."""

    room: RelayRoom
    relay: ScriptedRelay
    now: datetime = field(default_factory=partial(at, 0, 5))
    #: Readers who get nothing, by their subscriptions; those who complained or bounced do not come back.
    silent: set[int] = field(default_factory=set)
    issues: dict[date, UUID] = field(default_factory=dict)
    withdrawn: set[date] = field(default_factory=set)
    held: bool = False
    mails: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    #: How often the server may have taken a message, by its Message-ID.
    taken: Counter[str] = field(default_factory=Counter)
    asked: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        room = self.room
        room.open(an_edition())
        room.add(*many(40))
        room.subscribe(*READERS)
        with room.store.transaction() as connection:
            rows = connection.execute(
                select(our.subscriptions.c.id, our.subscriptions.c.uid, our.subscribers.c.address).join(our.subscribers)
            )
            self.readers: dict[int, tuple[UUID, str]] = {row.id: (row.uid, row.address) for row in rows}
            for number, (_, address) in self.readers.items():
                subscriptions.keep(connection, number, READERS[address])
        self.pass_by(1)
        self.tick()

    @property
    def standing(self) -> list[date]:
        """The days whose issues stand, in order."""
        return sorted(set(self.issues) - self.withdrawn)

    # What happens

    def pass_by(self, hours: float) -> None:
        """Let time go by."""
        self.now += timedelta(hours=hours)

    def tick(self) -> None:
        """Publish what is due, and check who gets it."""
        wanted = {number for number in self.readers if number not in self.silent}
        for issue in self.room.press.tick(self.now):
            assert not self.held, "held is held"
            assert issue.day not in self.issues, "one issue a day"
            self.issues[issue.day] = issue.uid
            rows = {row.subscription_id: row for row in self.deliveries() if row.uid == issue.uid}
            with self.room.store.reading() as connection:
                mailed = connection.scalar(select(our.mailings.c.id).where(our.mailings.c.key == str(issue.day)))
            fresh = self.now - issue.due_at <= MAX_LATE and issue.day == max(self.issues)
            assert fresh is (mailed is not None), "the newest issue is mailed while it is fresh"
            weekend = issue.day.isoweekday() >= 6
            due = {n for n in wanted if not (weekend and self.readers[n][1].startswith("weekdays"))}
            assert set(rows) == (due if mailed else set()), "everybody who is subscribed, and nobody else"

    def send(self, script: list[Act]) -> None:
        """Send what is due by a relay that does so, and check what it saw."""
        self._sweep(script, lambda: self.now)

    def die(self, script: list[Act], looks: int) -> None:
        """Send, and die at the look at the clock of that number."""
        left = iter(range(looks))

        def look() -> datetime:
            if next(left, None) is None:
                raise Killed
            return self.now

        self._sweep(script, look)

    def _sweep(self, script: list[Act], look: Any) -> None:
        before, first = self.states(), len(self.relay.seen)
        quiet = self.held or self.is_paused()
        self.relay.script.extend(script)
        self.room.restart()
        with suppress(RelayUnusable, Killed):
            self.room.press.sending.sweep(self.now, look=look)
        for thread in threading.enumerate():
            if thread.name.startswith("postman"):
                thread.join()
        self.relay.script.clear()
        for seen in self.relay.seen[first:]:
            assert not quiet, "nothing is sent while it is held"
            self.check(seen, before)

    def fall_asleep(self, fate: State) -> Asleep | None:
        """Claim and mark as a process does that is paused then; say what the server did meanwhile."""
        before = self.states()
        run = self.room.run(self.now)
        works = run.claim(3)
        with self.room.store.transaction() as connection:
            works = mark(connection, run.owner, works, self.now)
        if fate is State.SENT:
            for work in works:
                mail = self.room.press.sending.composing.envelope(work)
                seen = Seen(sender=mail.sender, recipient=work.address, mail=mail.mail, act=Act.TAKE)
                self.check(seen, before)
        return Asleep(owner=run.owner, works=works, fate=fate) if works else None

    def wake(self, asleep: Asleep) -> None:
        """Let a paused process go on, which records what became of its work."""
        again = self.now + timedelta(minutes=5) if asleep.fate is State.DEFERRED else None
        done = [Done(work=work, state=asleep.fate, reply="late reply", ready_at=again) for work in asleep.works]
        with self.room.store.transaction() as connection:
            record(connection, asleep.owner, done, self.now)

    def correct(self, day: date) -> None:
        """Correct a day's issue."""
        number = next(self.asked)
        self.room.press.correct(None, day, f"Note {number}.", self.now, values={"place": f"Place {number}"})

    def amend(self, day: date) -> None:
        """Mend a slip in a day's issue."""
        self.room.press.amend(None, day, self.now, {"place": f"Place {next(self.asked)}"})

    def withdraw(self, day: date) -> None:
        """Take back a day's issue."""
        self.room.press.withdraw(None, day, "A notice.", self.now)
        self.withdrawn.add(day)

    def hold(self) -> None:
        """Hold everything."""
        self.room.press.hold(None, None, self.now)
        self.held = True

    def release(self) -> None:
        """Let everything go on."""
        self.room.press.release(None, None, self.now)
        self.held = False

    def jump_back(self) -> None:
        """Set the clock back."""
        self._jump(-400)

    def jump_forward(self) -> None:
        """Set the clock forward."""
        self._jump(400)

    def _jump(self, days: int) -> None:
        """Set the clock wrong, as the clock of a running service tells it, and right again."""
        before, wrong = self.states(), self.now + timedelta(days=days)
        self.room.press.guards.alarm(wrong, "the clock was set in a test")
        self.held = True
        assert self.room.press.tick(wrong) == []
        assert self.room.press.sending.sweep(wrong) == 0
        assert self.states() == before, "by a wrong clock nothing is late"

    def leave(self, number: int) -> None:
        """Let a reader leave."""
        self.room.circulation.leave(self.token(number), self.now)
        self.silent.add(number)

    def come_back(self, number: int) -> None:
        """Let a reader who left or paused be subscribed again, unless they complained or bounced."""
        self.room.circulation.come_back(self.token(number), self.now)
        with self.room.store.transaction() as connection:
            subscriptions.resume(connection, number)
            good = connection.scalar(
                select(our.subscribers.c.state)
                .join(our.subscriptions)
                .where(our.subscriptions.c.id == number, our.subscribers.c.state == "good")
            )
        if good:
            self.silent.discard(number)

    def pause(self, number: int) -> None:
        """Let a reader pause until they say so."""
        with self.room.store.transaction() as connection:
            subscriptions.pause(connection, number, None)
        self.silent.add(number)

    def complain(self, number: int) -> None:
        """Let a reader complain."""
        self._comes_back(number, FeedbackKind.COMPLAINT)

    def bounce(self, number: int) -> None:
        """Let a mail come back from a mailbox that is not there."""
        self._comes_back(number, FeedbackKind.HARD)

    def _comes_back(self, number: int, kind: FeedbackKind) -> None:
        """Let a mail come back, or be complained of."""
        piece = Feedback(kind=kind, event_id=f"event {next(self.asked)}", happened_at=self.now, reader=self.of(number))
        with self.room.store.transaction() as connection:
            came = feedback.take(connection, "a test", piece, SUPPRESSION_KEY, self.now)
        assert came is not None
        if came.bounced or kind is FeedbackKind.COMPLAINT:
            self.silent.add(number)

    def of(self, number: int) -> UUID:
        return self.readers[number][0]

    def token(self, number: int) -> str:
        return KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, self.of(number).bytes, self.now)

    # What must stay true

    def check(self, seen: Seen, before: dict[tuple[int, int], Any]) -> None:
        """Check a message that the server read."""
        mail = message_from_bytes(seen.mail)
        message_id, due = str(mail["Message-ID"]), parsedate_to_datetime(mail["Date"]).astimezone(UTC)
        day = date.fromisoformat(mail["Feedback-ID"].partition(":")[0])
        number = next(number for number, (_, address) in self.readers.items() if address == seen.recipient)
        own = next(row for row in self.deliveries() if row.day == day and row.subscription_id == number)
        assert mail["To"] == seen.recipient
        assert number not in self.silent, "who left before the claim is not mailed"
        assert day not in self.withdrawn, "what was taken back is not mailed"
        assert due == own.due_at.replace(microsecond=0), "dated by the instant at which it is due"
        assert own.due_at <= self.now <= own.due_at + MAX_LATE, "never early, never too late"
        newer = [row for row in self.deliveries() if row.subscription_id == number and row.day > day]
        assert not [row for row in newer if own.due_at < row.due_at <= self.now], "never after a newer one"
        was = before.get((own.mailing_id, number))
        assert was is None or was.state not in ("sent", "failed", "suppressed"), "what is done is done"
        if seen.act is not Act.CUT:
            self.mails[message_id].add(seen.mail)
            assert len(self.mails[message_id]) == 1, "the same bytes at every attempt"
        if self.taken[message_id]:
            assert own.replies_lost, "nobody gets it twice, but for an unknown"
        self.taken[message_id] += seen.act in _MAYBE_TAKEN
        assert self.taken[message_id] <= 2, "sent again once"

    def check_ledger(self) -> None:
        """Check what must be true at any time."""
        with self.room.store.reading() as connection:
            assert mailings.unbalanced(connection) == []
            closed = set(connection.scalars(select(our.mailings.c.id).where(our.mailings.c.closed_at.is_not(None))))
            days = Counter(connection.scalars(select(our.issues.c.day)))
            undone = set(connection.scalars(select(our.deliveries.c.mailing_id).where(mailings.UNDONE).distinct()))
        assert not closed & undone, "a mailing closes when nothing is left to do"
        assert set(days) == set(self.issues)
        assert set(days.values()) <= {1}
        for row in self.deliveries():
            if row.state == "suppressed":
                assert row.reply in _REASONS
                assert not row.replies_lost, "what may have arrived is unknown"

    def check_the_end(self) -> None:
        """Let everything be released and late; check that everybody got each issue, or has a reason that is counted."""
        self.release()
        for hours in (0, 1, 36, 1):
            self.now += timedelta(hours=hours)
            self.send([])
        self.check_ledger()
        self.room.restart()
        self.room.press.sending.sweep(self.now)
        with self.room.store.reading() as connection:
            left = select(our.deliveries).where(mailings.UNDONE)
            assert mailings.running(connection) == [], f"still to do: {connection.execute(left).all()}"
        taken = self._taken_by_delivery()
        for row in self.deliveries():
            arrived = taken[row.day, row.subscription_id]
            assert row.state in ("sent", "failed", "suppressed", "unknown"), row.state
            assert row.reply, "there is a reason"
            assert arrived or row.state != "sent", "what was sent was taken"
            assert not arrived or row.state != "suppressed", "what may have been taken is not counted as unsent"
            assert row.replies_lost or row.state != "unknown"

    def _taken_by_delivery(self) -> Counter[tuple[date, int]]:
        found: Counter[tuple[date, int]] = Counter()
        numbers = {address: number for number, (_, address) in self.readers.items()}
        for message_id, mails in self.mails.items():
            for each in mails:
                mail = message_from_bytes(each)
                day = date.fromisoformat(mail["Feedback-ID"].partition(":")[0])
                found[day, numbers[mail["To"]]] += self.taken[message_id]
        return found

    def is_paused(self) -> bool:
        """Say whether a fault of ours stopped everything."""
        with self.room.store.reading() as connection:
            return pausing.find_pause(connection) is not None

    def deliveries(self) -> list[Any]:
        """Return every delivery with its day."""
        statement = select(our.deliveries, our.issues.c.day, our.issues.c.uid)
        joined = statement.join(our.mailings, our.mailings.c.id == our.deliveries.c.mailing_id).join(our.issues)
        with self.room.store.reading() as connection:
            return list(connection.execute(joined))

    def states(self) -> dict[tuple[int, int], Any]:
        """Return where each delivery stands."""
        return {(row.mailing_id, row.subscription_id): row for row in self.deliveries()}
