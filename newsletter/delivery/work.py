"""
Work: deliveries and letters alike, from the claim to what became of them.

Both have a state, an owner and a lease; what differs is where their rows are and how one is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Integer,
    Select,
    String,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    update,
)

from newsletter.store.bulk import rows_given, written_rows
from newsletter.store.tables import Instant, deliveries, letters, mailings

#: The mailing of a letter.
NONE = 0
#: A reply that a relay loses is risked once. A process that ends may not have sent what it had marked, so that is sent
#: until it arrives; but a message by which every process ended would go out for ever.
_TIMES_TAKEN_UP = 5
_KEY = {"mailing": Integer, "number": Integer}
_RECORDED = _KEY | {"reply": String, "message_id": String}


class State(StrEnum):
    """Where a delivery, or a letter, stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


#: In which order what is ready is claimed.
READY = (State.QUEUED, State.DEFERRED, State.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms work is claimed: by *owner*, at *now*, until *until*; *signed_by* names the keys that sign now."""

    owner: str
    now: datetime
    until: datetime
    max_late: timedelta
    signed_by: str = ""


class Claimed(NamedTuple):  # made for every message: a dataclass takes four times as long
    """One message that this process may send now: a *mailing* to the subscription *number*, or the letter *number*."""

    mailing: int
    number: int
    #: The subscription's name in tokens: the 16 bytes of its UUID.
    reader: bytes | None
    address: str
    message_id: str
    due_at: datetime
    #: When it is no use any more.
    ends_at: datetime
    #: This one included.
    attempts: int
    replies_lost: int
    signed_by: str
    #: A delivery's with its holes; a letter's whole.
    mail: bytes

    @property
    def is_letter(self) -> bool:
        """Say whether it is one message to one address."""
        return self.mailing == NONE

    @property
    def domain(self) -> str:
        """The domain of its address."""
        return self.address.rpartition("@")[2].lower()


class Done(NamedTuple):
    """
    What became of claimed work: its new *state*, why, and when it may be claimed again.

    `CLAIMED` says that it is still to be tried under the same claim, `QUEUED` that it goes back as if never claimed.
    """

    work: Claimed
    state: State
    reply: str | None = None
    ready_at: datetime | None = None


def mark(connection: Connection, owner: str, chosen: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """
    Record that *chosen*, of which none is marked yet, are about to be sent.

    Return those that are still *owner*'s: no other may be sent.
    """
    lost = set()
    dialect = connection.dialect.name
    for mailing, works in _by_mailing(chosen):
        given = written_rows(dialect, _KEY, [(mailing, work.number) for work in works])
        terms = {"the_rows": given, "the_owner": owner, "the_instant": now}
        is_letter = mailing == NONE
        marked = connection.execute(_marking(dialect, is_letter=is_letter), terms)
        # To be told which they are costs as much as to mark them, and they are hardly ever fewer.
        if marked.rowcount != len(works):
            mine = set(connection.scalars(_marked(dialect, is_letter=is_letter), terms))
            lost |= {(mailing, work.number) for work in works if work.number not in mine}
    return [work for work in chosen if (work.mailing, work.number) not in lost] if lost else list(chosen)


@cache  # what runs for every few messages is not composed anew each time
def _marking(dialect: str, *, is_letter: bool) -> Executable:
    table, _ = _place(is_letter=is_letter)
    given = rows_given(dialect, _KEY, bindparam("the_rows", type_=Text))
    return (
        update(table)
        .where(
            same_row(given, is_letter=is_letter),
            _is_among(table, State.CLAIMED),
            table.c.owner == bindparam("the_owner"),
            table.c.lease_until >= bindparam("the_instant", type_=Instant),
        )
        .values(state=State.SENDING)
    )


@cache
def _marked(dialect: str, *, is_letter: bool) -> Select[Any]:
    table, number = _place(is_letter=is_letter)
    given = rows_given(dialect, _KEY, bindparam("the_rows", type_=Text))
    return select(number).where(
        same_row(given, is_letter=is_letter),
        _is_among(table, State.SENDING),
        table.c.owner == bindparam("the_owner"),
    )


def record(connection: Connection, owner: str, done: Sequence[Done], now: datetime) -> None:
    """
    Record what became of *owner*'s work at *now*.

    What another process has claimed since is left to it; where that took it for unknown, and it is known now, it is
    recorded after all. Was its mailing closed by then, and is there something to do again, it is opened again.
    """
    dialect = connection.dialect.name
    for (mailing, state, ready_at), group in _groups(done):
        if mailing != NONE and (ready_at is not None or state in (State.QUEUED, State.CLAIMED)):
            again = update(mailings).where(mailings.c.id == mailing, mailings.c.closed_at.is_not(None))
            connection.execute(again.values(closed_at=None))
        rows = [(mailing, each.work.number, each.reply, each.work.message_id) for each in group]
        statement = _recording(dialect, state, is_letter=mailing == NONE, waits=ready_at is not None)
        given: dict[str, Any] = {"the_rows": written_rows(dialect, _RECORDED, rows), "the_owner": owner}
        if state is State.SENT:
            given["the_instant"] = now
        if ready_at is not None:
            given["the_wait"] = ready_at
        connection.execute(statement, given)


@cache
def _recording(dialect: str, state: State, *, is_letter: bool, waits: bool) -> Update:
    table, _ = _place(is_letter=is_letter)
    given = rows_given(dialect, _RECORDED, bindparam("the_rows", type_=Text))
    at_work = _is_among(table, State.CLAIMED, State.SENDING, State.UNKNOWN)
    ours = table.c.owner == bindparam("the_owner")
    values = _values(table, state, given, waits=waits)
    return update(table).where(same_row(given, is_letter=is_letter), ours, at_work).values(values)


def same_row(given: FromClause, *, is_letter: bool = False) -> ColumnElement[bool]:
    """Return the condition that a delivery, or a letter, is the one that *given* names, by the whole of its key."""
    if is_letter:
        return letters.c.id == given.c.number
    return and_(deliveries.c.mailing_id == given.c.mailing, deliveries.c.subscription_id == given.c.number)


def _is_among(table: Table, *states: State) -> ColumnElement[bool]:
    """
    Return the condition that a row, found by its key, is in one of *states*.

    In words that no index has: few rows are at work when a database counts them, so it would rather look through all
    of those for each key.
    """
    return func.coalesce(table.c.state, "").in_(states)


def _values(table: Table, state: State, given: FromClause, *, waits: bool) -> dict[str, Any]:
    values: dict[str, Any] = {"state": state} | _next_instant(table, state, waits=waits)
    if state is State.CLAIMED:
        return values
    values["lease_until"] = None
    if state is State.UNKNOWN:
        values["replies_lost"] = func.coalesce(table.c.replies_lost, 0) + 1
    if state is State.SENT:
        values["sent_at"] = bindparam("the_instant", type_=Instant)
    if state is State.QUEUED:
        # Whoever claims it next settles its bytes anew, unless an attempt before this one had them.
        values["attempts"] = table.c.attempts - 1
        for name in ("frozen_number", "address", "format", "signed_by") if table is deliveries else ("signed_by",):
            values[name] = case((table.c.attempts > 1, table.c[name]))
        return values
    values["reply"] = given.c.reply
    if table is deliveries:
        values["message_id"] = given.c.message_id
    elif state in (State.SENT, State.FAILED):
        values["mail"] = b""  # it may hold a token
    return values


def renew(connection: Connection, owner: str, those: Iterable[int], until: datetime, now: datetime) -> None:
    """Keep what *owner* has claimed of *those* mailings until *until*, where that is not over yet."""
    for mailing in {NONE, *those}:
        table, _ = _place(is_letter=mailing == NONE)
        connection.execute(
            update(table)
            .where(_of_mailing(mailing), _in_hands(table), table.c.owner == owner, table.c.lease_until >= now)
            .values(lease_until=until)
        )


def take_up(connection: Connection, mailing: int, now: datetime, again_at: datetime | None) -> None:
    """
    Take up what a process that ended had in its hands, of a mailing or of the letters (`NONE`).

    What it had only claimed is queued again. What it may have sent is unknown, and sent again at *again_at* (`None`:
    never): at most `_TIMES_TAKEN_UP`.
    """
    table, _ = _place(is_letter=mailing == NONE)
    over = or_(table.c.lease_until < now, table.c.lease_until.is_(None))
    connection.execute(
        update(table)
        .where(_of_mailing(mailing), table.c.state == State.CLAIMED, over)
        .values(state=State.QUEUED, lease_until=None)
    )
    lost = func.coalesce(table.c.replies_lost, 0)
    again: Any = case((lost < _TIMES_TAKEN_UP, again_at)) if again_at is not None else None
    connection.execute(
        update(table)
        .where(_of_mailing(mailing), table.c.state == State.SENDING, over)
        .values(
            state=State.UNKNOWN,
            lease_until=None,
            ready_at=again,
            replies_lost=lost + 1,
            reply="its process ended before the answer came",
        )
    )


def _in_hands(table: Table) -> ColumnElement[bool]:
    return table.c.state.in_((State.CLAIMED, State.SENDING))


def _place(*, is_letter: bool) -> tuple[Table, Any]:
    """Return the table of letters, or of deliveries, and the column that names a row."""
    return (letters, letters.c.id) if is_letter else (deliveries, deliveries.c.subscription_id)


def _of_mailing(mailing: int) -> ColumnElement[bool]:
    return true() if mailing == NONE else deliveries.c.mailing_id == mailing


def _next_instant(table: Table, state: State, *, waits: bool) -> dict[str, Any]:
    """Return from when on a row may be claimed again."""
    if waits:
        return {"ready_at": bindparam("the_wait", type_=Instant)}
    if state in (State.QUEUED, State.CLAIMED):
        # What was given up as unknown has no instant any more, and without one nobody would claim it or give it up.
        return {"ready_at": func.coalesce(table.c.ready_at, table.c.due_at)}
    return {"ready_at": None} if state is State.UNKNOWN else {}


def _by_mailing(works: Sequence[Claimed]) -> Iterable[tuple[int, list[Claimed]]]:
    for mailing, group in groupby(sorted(works, key=lambda work: work.mailing), lambda work: work.mailing):
        yield mailing, list(group)


def _groups(done: Sequence[Done]) -> Iterable[tuple[tuple[int, State, datetime | None], list[Done]]]:
    groups: dict[tuple[int, State, datetime | None], list[Done]] = {}
    for each in done:
        groups.setdefault((each.work.mailing, each.state, each.ready_at), []).append(each)
    return groups.items()
