"""The life of a sender for tests: whatever happens to it, and what must stay true of the ledger and of the mail."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from postbags import ENDS, STATES, Bag, Name, days_told, due_of, is_undone, name_of, name_of_row
from relays import RelayRoom
from rooms import KEYS, MAX_LATE, SUPPRESSION_KEY, an_edition, at, many
from servers.scripted_relay import Act, ScriptedRelay, Seen
from sqlalchemy import select

from newsletter.delivery import pausing
from newsletter.delivery.relay import RelayUnusable
from newsletter.delivery.work import Claimed, Done, State, mark, record
from newsletter.feedback import Feedback, FeedbackKind
from newsletter.preferences import Preferences
from newsletter.readers import feedback, subscriptions
from newsletter.store import tables as our
from newsletter.tokens import Purpose

#: Readers, with their own hour and zone or without, some on weekdays alone or once a week.
READERS = {
    "at-once@example.org": Preferences(),
    "weekdays@example.org": Preferences(cadence="weekdays"),
    "text@example.org": Preferences(format="text"),
    "tokyo@example.org": Preferences(hour=time(7), zone="Asia/Tokyo"),
    "london@example.org": Preferences(hour=time(6, 30), zone="Europe/London"),
    "new-york@example.org": Preferences(hour=time(5), zone="America/New_York"),
    "pago-pago@example.org": Preferences(hour=time(22), zone="Pacific/Pago_Pago"),
    "monday@example.org": Preferences(cadence="weekly", weekday=1),
    "tuesday@example.org": Preferences(cadence="weekly", weekday=2, hour=time(9), zone="Asia/Tokyo"),
}
#: On so many days mail to a mailbox has to be refused until the reader gets no more.
REFUSALS = 3


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
    #: Why readers ever got nothing.
    excuses: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: On which days mail to them was refused, or came back.
    refused: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))
    issues: dict[date, UUID] = field(default_factory=dict)
    withdrawn: set[date] = field(default_factory=set)
    held: bool = False
    bag: Bag = field(default_factory=Bag)
    #: What is late for a reason that was looked at.
    late: set[Name] = field(default_factory=set)
    asked: Any = field(default_factory=count)
    #: How often what happened.
    happened: Counter[str] = field(default_factory=Counter)

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
        self.happened["tick"] += 1
        before = {(row.kind, row.day) for row in self.mailings()}
        for issue in self.room.press.tick(self.now):
            assert not self.held, "held is held"
            assert issue.day not in self.issues, "one issue a day"
            self.issues[issue.day] = issue.uid
            fresh = self.now - issue.due_at <= MAX_LATE and issue.day == max(self.issues)
            mailed = any((row.kind, row.day) == ("issue", issue.day) for row in self.mailings())
            assert fresh is mailed, "the newest issue is mailed while it is fresh"
        for mailing in self.mailings():
            if (mailing.kind, mailing.day) not in before:
                assert not self.held, "held is held"
                rows = {row.subscription_id for row in self.deliveries() if row.mailing_id == mailing.id}
                assert rows == self.wanted(mailing.kind, mailing.day), "everybody who is subscribed, and nobody else"

    def wanted(self, kind: str, day: date) -> set[int]:
        """Return who is to get the mailing of a day."""
        weekday = day.isoweekday()
        cadences = {"weekly"} if kind == "digest" else {"daily", "weekdays"} if weekday <= 5 else {"daily"}
        wishes = {
            number: READERS[address] for number, (_, address) in self.readers.items() if number not in self.silent
        }
        return {n for n, wish in wishes.items() if wish.cadence in cadences and wish.weekday in (None, weekday)}

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
        before, first, turned_away = self.states(), len(self.relay.seen), len(self.relay.turned_away)
        quiet = self.held or self.is_paused()
        self.relay.script.extend(script)
        self.room.restart()
        lived = True
        try:
            with suppress(RelayUnusable):
                self.room.press.sending.sweep(self.now, look=look)
        except Killed:
            self.happened["crash"] += 1
            lived = False
        for thread in threading.enumerate():
            if thread.name.startswith("postman"):
                thread.join()
        self.relay.script.clear()
        for seen in self.relay.seen[first:]:
            assert not quiet, "nothing is sent while it is held"
            self.check(seen, before, lived=lived)
        for seen in [*self.relay.seen[first:], *self.relay.turned_away[turned_away:]]:
            self.happened[seen.act] += 1
            if seen.act in (Act.NO_SUCH_USER, Act.REFUSE_DATA):
                self.refused[self.number(seen.recipient)].add(self.now.date())
        self._see_who_bounced()

    def _see_who_bounced(self) -> None:
        """Note who is mailed no more, since mail to them was refused too often."""
        bounced = select(our.subscriptions.c.id).join(our.subscribers).where(our.subscribers.c.state == "bounced")
        with self.room.store.reading() as connection:
            numbers = connection.scalars(bounced).all()
        for number in numbers:
            assert len(self.refused[number]) >= REFUSALS, "nobody is given up for a day or two"
            self._silence(number, "bounced")

    def _silence(self, number: int, why: str) -> None:
        self.happened[why] += 1
        self.silent.add(number)
        self.excuses[number].add(why)

    def fall_asleep(self, fate: State) -> Asleep | None:
        """Claim and mark as a process does that is paused then; say what the server did meanwhile."""
        before = self.states()
        run = self.room.run(self.now)
        works = run.claim(3)
        with self.room.store.transaction() as connection:
            works = mark(connection, run.owner, works, self.now)
        if fate in (State.SENT, State.UNKNOWN):
            act = Act.TAKE if fate is State.SENT else Act.LOSE_REPLY
            for work in works:
                mail = self.room.press.sending.composing.envelope(work)
                seen = Seen(sender=mail.sender, recipient=work.address, mail=mail.mail, act=act)
                self.check(seen, before, lived=False)
        return Asleep(owner=run.owner, works=works, fate=fate) if works else None

    def wake(self, asleep: Asleep) -> None:
        """Let a paused process go on, which records what became of its work."""
        again = self.now + timedelta(minutes=5) if asleep.fate is State.DEFERRED else None
        reply = "550 5.1.1 No such user" if asleep.fate is State.FAILED else "451 4.3.0 Try later"
        done = [Done(work=work, state=asleep.fate, reply=reply, ready_at=again) for work in asleep.works]
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
        """Set the clock back, which a tick notices by itself, and right again."""
        self._jump(self.now - timedelta(days=400))

    def jump_forward(self) -> None:
        """Set the clock forward, as the clock of a running service tells it, and right again."""
        wrong = self.now + timedelta(days=400)
        self.room.press.guards.alarm(wrong, "the clock was set in a test")
        self._jump(wrong)

    def _jump(self, wrong: datetime) -> None:
        before = self.states()
        self.happened["clock jump"] += 1
        self.held = True
        assert self.room.press.tick(wrong) == []
        assert self.room.press.sending.sweep(wrong) == 0
        assert self.states() == before, "by a wrong clock nothing is late"

    def leave(self, number: int) -> None:
        """Let a reader leave."""
        self.room.circulation.leave(self.token(number), self.now)
        self._silence(number, "left")

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
        self._silence(number, "paused")

    def complain(self, number: int) -> None:
        """Let a reader complain."""
        assert self._comes_back(number, FeedbackKind.COMPLAINT) is not None
        self._silence(number, "complained")
        self._silence(number, "left")

    def bounce(self, number: int) -> None:
        """Let a mail come back from a mailbox that is not there."""
        assert self._comes_back(number, FeedbackKind.HARD) is not None
        self.happened["bounce"] += 1
        self.refused[number].add(self.now.date())
        self._see_who_bounced()

    def _comes_back(self, number: int, kind: FeedbackKind) -> feedback.Consequence | None:
        """Let a mail come back, or be complained of."""
        piece = Feedback(kind=kind, event_id=f"event {next(self.asked)}", happened_at=self.now, reader=self.of(number))
        with self.room.store.transaction() as connection:
            return feedback.take(connection, "a test", piece, SUPPRESSION_KEY, self.now)

    def number(self, address: str) -> int:
        return next(number for number, (_, kept) in self.readers.items() if kept == address)

    def of(self, number: int) -> UUID:
        return self.readers[number][0]

    def token(self, number: int) -> str:
        return KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, self.of(number).bytes, self.now)

    # What must stay true

    def check(self, seen: Seen, before: dict[tuple[int, int], Any], *, lived: bool) -> None:
        """Check a message that the server read."""
        number = self.number(seen.recipient)
        name = name_of(seen, number)
        own = next(row for row in self.deliveries() if name_of_row(row) == name)
        assert number not in self.silent, "who left before the claim is not mailed"
        assert not self.withdrawn.intersection(days_told(seen, name)), "what was taken back is not mailed"
        assert due_of(seen) == own.due_at.replace(microsecond=0), "dated by the instant at which it is due"
        assert own.due_at <= self.now <= own.due_at + MAX_LATE, "never early, never too late"
        assert not self._newer(own), "never after a newer one"
        was = before.get((own.mailing_id, number))
        assert was is None or was.state not in ("sent", "failed", "suppressed"), "what is done is done"
        assert self.bag.taken[name] <= (own.replies_lost or 0), "nobody gets it twice, but for an unknown"
        assert self.bag.unanswered[name] < 2, "what a living sender does not know is sent again once"
        self.bag.put(name, seen, texts=len(self.withdrawn) if own.kind == "digest" else 0, lived=lived)

    def _newer(self, own: Any) -> bool:
        """Say whether a newer mailing of its kind was due to a delivery's reader since that was."""
        return any(
            row.day > own.day and own.due_at < row.due_at <= self.now
            for row in self.deliveries()
            if (row.subscription_id, row.kind) == (own.subscription_id, own.kind)
        )

    def check_ledger(self) -> None:
        """Check what must be true at any time."""
        rows = self.deliveries()
        for mailing in self.mailings():
            own = [row for row in rows if row.mailing_id == mailing.id]
            states = Counter(row.state for row in own)
            assert sum(states[state] for state in STATES) == mailing.audience, "the sum of states is the audience"
            assert mailing.closed_at is None or not any(map(is_undone, own)), "it closes when nothing is left to do"
        with self.room.store.reading() as connection:
            days = Counter(connection.scalars(select(our.issues.c.day)))
        assert days == Counter(self.issues.keys()), "one issue a day"
        for row in rows:
            if row.state == "suppressed":
                self._check_reason(row)

    def _check_reason(self, row: Any) -> None:
        """Check that what is not sent has a reason that is true."""
        assert not row.replies_lost, "what may have arrived is unknown"
        if row.reply == "withdrawn":
            assert row.day in self.withdrawn or (row.kind == "digest" and self.withdrawn)
        elif row.reply == "late":
            assert name_of_row(row) in self.late or self.now > row.due_at + MAX_LATE or self._newer(row)
            self.late.add(name_of_row(row))
        else:
            assert row.reply in self.excuses[row.subscription_id]

    def check_the_end(self) -> None:
        """Let everything be released and late; check that everybody got each issue, or has a reason that is counted."""
        self.release()
        for hours in (0, 1, 36, 1):
            self.now += timedelta(hours=hours)
            self.send([])
        self.check_ledger()
        self.room.restart()
        self.room.press.sending.sweep(self.now)
        assert [row for row in self.mailings() if row.closed_at is None] == [], "nothing is left to do"
        for row in self.deliveries():
            arrived = self.bag.taken[name_of_row(row)]
            assert row.state in ENDS, row.state
            assert row.reply, "there is a reason"
            assert arrived or row.state != "sent", "what was sent was taken"
            assert not arrived or row.state != "suppressed", "what may have been taken is not counted as unsent"
            assert row.replies_lost or row.state != "unknown"
            assert row.state != "failed" or row.reply.startswith(("4", "5", "given up: 4", "given up: 5")), row.reply

    def is_paused(self) -> bool:
        """Say whether a fault of ours stopped everything."""
        with self.room.store.reading() as connection:
            return pausing.find_pause(connection) is not None

    def mailings(self) -> list[Any]:
        """Return every mailing with its day."""
        return self._with_days(select(our.mailings))

    def deliveries(self) -> list[Any]:
        """Return every delivery with its day, and the kind of its mailing."""
        joined = select(our.deliveries, our.mailings.c.kind, our.mailings.c.key)
        return self._with_days(joined.join(our.mailings, our.mailings.c.id == our.deliveries.c.mailing_id))

    def _with_days(self, statement: Any) -> list[Any]:
        with self.room.store.reading() as connection:
            rows = [row._mapping for row in connection.execute(statement)]
        return [SimpleNamespace(**row, day=date.fromisoformat(row["key"])) for row in rows]

    def states(self) -> dict[tuple[int, int], Any]:
        """Return where each delivery stands."""
        return {(row.mailing_id, row.subscription_id): row for row in self.deliveries()}
