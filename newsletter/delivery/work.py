"""
Work: deliveries and letters alike, from the claim to what became of them.

Both have a state, an owner and a lease; what differs is where their rows are and how one is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Integer, String, Table, and_, case, or_, true, update

from newsletter.store.bulk import is_one_of, rows_of
from newsletter.store.tables import deliveries, letters

#: The mailing of a letter.
NONE = 0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms work is claimed: by *owner*, at *now*, until *until*; *signed_by* names the keys that sign now."""

    owner: str
    now: datetime
    until: datetime
    max_late: timedelta
    signed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One message that this process may send now: a *mailing* to the subscription *number*, or the letter *number*."""

    mailing: int
    number: int
    #: The subscription's name in tokens.
    reader: UUID | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """
    What became of claimed work: its new *state*, why, and when it may be claimed again.

    `CLAIMED` says that it is still to be tried under the same claim, `QUEUED` that it goes back as if never claimed.
    """

    work: Claimed
    state: State
    reply: str | None = None
    ready_at: datetime | None = None


def mark(connection: Connection, owner: str, chosen: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """Record that *chosen* are about to be sent; return those that are still *owner*'s: no other may be sent."""
    mine = set()
    for mailing, works in _by_mailing(chosen):
        table, number = _place(mailing)
        rows = connection.execute(
            update(table)
            .where(
                _of_mailing(mailing),
                is_one_of(connection, number, [work.number for work in works]),
                table.c.state == State.CLAIMED,
                table.c.owner == owner,
                table.c.lease_until >= now,
            )
            .values(state=State.SENDING)
            .returning(number)
        )
        mine |= {(mailing, row[0]) for row in rows}
    return [work for work in chosen if (work.mailing, work.number) in mine]


def record(connection: Connection, owner: str, done: Sequence[Done], now: datetime) -> None:
    """
    Record what became of *owner*'s work at *now*.

    What another process has claimed since is left to it; where that took it for unknown, and it is known now, it is
    recorded after all.
    """
    for (mailing, state, ready_at), group in _groups(done):
        table, number = _place(mailing)
        given = rows_of(
            connection,
            {"number": Integer, "reply": String, "message_id": String},
            [(each.work.number, each.reply, each.work.message_id) for each in group],
        )
        ours = and_(table.c.owner == owner, table.c.state.in_((State.CLAIMED, State.SENDING, State.UNKNOWN)))
        connection.execute(
            update(table)
            .where(_of_mailing(mailing), number == given.c.number, ours)
            .values(_values(table, state, ready_at, given, now))
        )


def _values(table: Table, state: State, ready_at: datetime | None, given: FromClause, now: datetime) -> dict[str, Any]:
    if state is State.CLAIMED:
        return {"state": state}
    values: dict[str, Any] = {"state": state, "lease_until": None}
    if ready_at is not None or state is State.UNKNOWN:
        values["ready_at"] = ready_at
    if state is State.UNKNOWN:
        values["replies_lost"] = 1
    if state is State.SENT:
        values["sent_at"] = now
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


def renew(connection: Connection, owner: str, mailings: Iterable[int], until: datetime, now: datetime) -> None:
    """Keep what *owner* has claimed until *until*, where that is not over yet."""
    for mailing in {NONE, *mailings}:
        table, _ = _place(mailing)
        connection.execute(
            update(table)
            .where(_of_mailing(mailing), _in_hands(table), table.c.owner == owner, table.c.lease_until >= now)
            .values(lease_until=until)
        )


def take_up(connection: Connection, mailing: int, now: datetime, again_at: datetime | None) -> None:
    """
    Take up what a process that ended had in its hands, of a mailing or of the letters (`NONE`).

    What it had only claimed is queued again. What it may have sent is unknown, and sent again at *again_at* (`None`:
    never) if it has not been so before.
    """
    table, _ = _place(mailing)
    over = or_(table.c.lease_until < now, table.c.lease_until.is_(None))
    connection.execute(
        update(table)
        .where(_of_mailing(mailing), table.c.state == State.CLAIMED, over)
        .values(state=State.QUEUED, lease_until=None)
    )
    again: Any = case((table.c.replies_lost.is_(None), again_at)) if again_at is not None else None
    connection.execute(
        update(table)
        .where(_of_mailing(mailing), table.c.state == State.SENDING, over)
        .values(
            state=State.UNKNOWN,
            lease_until=None,
            ready_at=again,
            replies_lost=1,
            reply="its process ended before the answer came",
        )
    )


def _in_hands(table: Table) -> ColumnElement[bool]:
    return table.c.state.in_((State.CLAIMED, State.SENDING))


def _place(mailing: int) -> tuple[Table, Any]:
    """Return the table of a mailing's work, and the column that names one of its rows."""
    return (letters, letters.c.id) if mailing == NONE else (deliveries, deliveries.c.subscription_id)


def _of_mailing(mailing: int) -> ColumnElement[bool]:
    return true() if mailing == NONE else deliveries.c.mailing_id == mailing


def _by_mailing(works: Sequence[Claimed]) -> Iterable[tuple[int, list[Claimed]]]:
    for mailing, group in groupby(sorted(works, key=lambda work: work.mailing), lambda work: work.mailing):
        yield mailing, list(group)


def _groups(done: Sequence[Done]) -> Iterable[tuple[tuple[int, State, datetime | None], list[Done]]]:
    groups: dict[tuple[int, State, datetime | None], list[Done]] = {}
    for each in done:
        groups.setdefault((each.work.mailing, each.state, each.ready_at), []).append(each)
    return groups.items()
