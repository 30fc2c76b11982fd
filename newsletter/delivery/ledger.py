"""
The ledger: one row for each mailing to each subscription, and what became of it.

It alone knows who was sent an issue. Rows are claimed with a lease and an owner; what is about to be handed to a relay
is marked `sending` first, and only its owner records what came of it. So two processes never work on the same row, and
what a killed process left comes back: what it had not begun is queued again, and what it may have sent is `unknown`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Select,
    String,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from newsletter.delivery.mailings import Running, not_sent, suppress_waiting
from newsletter.delivery.work import READY, Claimed, State, Terms, same_row, take_up
from newsletter.store.bulk import is_one_of, reading_at_once, rows_given, rows_of, rows_read, written_rows
from newsletter.store.tables import (
    Instant,
    deliveries,
    frozen_digests,
    frozen_mails,
    issues,
    mailings,
    subscribers,
    subscriptions,
)

_TAKEN = {"mailing": Integer, "number": Integer, "address": String, "format": String}
_FROM = re.compile(rb"^From: (.*(?:\r\n[ \t].*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a mailing's message is made of: its bytes in each format, and what its ids are made of."""

    html: bytes
    text: bytes
    #: Names the mailing in every Message-ID.
    name: str
    domain: str

    def message_id(self, subscription: int) -> str:
        """Return the same id at every attempt, not to be guessed from the address."""
        return f"<{hashlib.sha256(f'{self.name}:{subscription}'.encode()).hexdigest()[:32]}@{self.domain}>"


def tidy(connection: Connection, running: Sequence[Running], terms: Terms, again_after: timedelta | None) -> None:
    """
    Bring what waits up to date: what ended processes left, what came too late, what was withdrawn.

    *again_after* is how long after now an unknown delivery is sent again (`None`: never).
    """
    again_at = terms.now + again_after if again_after is not None else None
    for mailing in running:
        take_up(connection, mailing.id, terms.now, again_at)
        of_mailing = deliveries.c.mailing_id == mailing.id
        if mailing.withdrawn:
            suppress_waiting(connection, of_mailing, "withdrawn")
        _give_up(connection, mailing.id, terms.now - terms.max_late)


def _give_up(connection: Connection, mailing_id: int, since: datetime) -> None:
    """Give up what was due before *since*: nothing of it is sent any more."""
    those = and_(deliveries.c.mailing_id == mailing_id, deliveries.c.due_at < since)
    waiting = update(deliveries).where(those)
    connection.execute(
        # `ready_at` is never before `due_at`.
        waiting.where(deliveries.c.state == State.QUEUED, deliveries.c.ready_at < since).values(
            not_sent(literal("late"))
        )
    )
    connection.execute(
        waiting.where(deliveries.c.state == State.DEFERRED).values(
            state=State.FAILED, reply=literal("given up: ") + func.coalesce(deliveries.c.reply, "")
        )
    )
    connection.execute(waiting.where(deliveries.c.state == State.UNKNOWN).values(ready_at=None))


def claim(connection: Connection, mailing: Running, terms: Terms, most: int) -> tuple[list[Claimed], int]:
    """
    Claim up to *most* deliveries of a mailing that are ready; return them, and how many were suppressed instead.

    The first claim of a delivery settles its bytes, its address and its format: what is frozen again or changed later
    is not for who may have been sent the message already. Whether its reader still wants it is asked at every claim.
    """
    claimed: list[Claimed] = []
    suppressed = 0
    for state in READY:
        rows = _ready(connection, mailing, state, terms, most - len(claimed)) if len(claimed) < most else []
        if not rows:
            continue
        reasons = _reasons(connection, mailing, rows, terms)
        _suppress(connection, mailing.id, reasons)
        suppressed += len(reasons)
        mine = [row for row in rows if row.number not in reasons] if reasons else rows
        _take(connection, mailing, mine, terms)
        claimed += _claimed(connection, mailing, mine, terms)
    return claimed, suppressed


class _Ready(NamedTuple):
    """A delivery that is ready, with what it is settled with, and why it is not sent (`None`: it is)."""

    number: int
    uid: str | UUID | None
    due_at: datetime
    attempts: int
    replies_lost: int
    frozen_number: int
    address: str
    format: str
    signed_by: str
    reason: str | None


def _ready(connection: Connection, mailing: Running, state: State, terms: Terms, most: int) -> list[_Ready]:
    """Return what is ready, locked: nobody else claims it until this transaction ends."""
    given = {"the_mailing": mailing.id, "the_state": state, "the_most": most, "the_now": terms.now}
    given |= {"the_number": mailing.frozen_number, "reduced": mailing.reduced, "the_keys": terms.signed_by}
    given |= {"withdrawn": mailing.withdrawn, "the_day": mailing.day, "the_oldest": terms.now - terms.max_late}
    rows = rows_read(connection.execute(_reading(connection.dialect.name), given))
    return [_Ready(number, uid, Instant.read(due_at), *others) for number, uid, due_at, *others in rows]


#: What every row of a claim is asked is asked by the database, which is several times as fast.
_NUMBER: ColumnElement[Any] = case(
    (bindparam("reduced", type_=Boolean), bindparam("the_number", type_=Integer)),
    else_=func.coalesce(deliveries.c.frozen_number, bindparam("the_number", type_=Integer)),
)
_KEYS = func.coalesce(deliveries.c.signed_by, bindparam("the_keys", type_=String))
_LATE = case((deliveries.c.due_at < bindparam("the_oldest", type_=Instant), "late"))
#: Why a delivery that is ready is not sent, if so. What may have arrived is sent again as it was, or not at all.
_REASON = case(
    (bindparam("withdrawn", type_=Boolean), "withdrawn"),
    (
        and_(
            bindparam("reduced", type_=Boolean),
            deliveries.c.replies_lost > 0,
            deliveries.c.frozen_number != bindparam("the_number", type_=Integer),
        ),
        "withdrawn",
    ),
    (subscribers.c.state != "good", subscribers.c.state),
    (and_(subscriptions.c.state == "paused", subscriptions.c.paused_until <= bindparam("the_day", type_=Date)), _LATE),
    (subscriptions.c.state != "active", subscriptions.c.state),
    else_=_LATE,
)
_READY = (
    select(
        deliveries.c.subscription_id.label("number"),
        # As it is kept: half the work of a row would be making a UUID of it.
        type_coerce(subscriptions.c.uid, String).label("uid"),
        deliveries.c.due_at,
        (deliveries.c.attempts + 1).label("attempts"),
        func.coalesce(deliveries.c.replies_lost, 0).label("replies_lost"),
        _NUMBER.label("frozen_number"),
        func.coalesce(deliveries.c.address, subscribers.c.address).label("address"),
        func.coalesce(deliveries.c.format, subscriptions.c.format).label("format"),
        _KEYS.label("signed_by"),
        _REASON.label("reason"),
    )
    .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
    .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    .where(
        deliveries.c.mailing_id == bindparam("the_mailing"),
        deliveries.c.state == bindparam("the_state"),
        deliveries.c.ready_at <= bindparam("the_now", type_=Instant),
    )
    .order_by(deliveries.c.ready_at)
    .limit(bindparam("the_most"))
    .with_for_update(of=deliveries, skip_locked=True)
)


@cache
def _reading(dialect: str) -> Select[Any]:
    return reading_at_once(dialect, _READY)


def _reasons(connection: Connection, mailing: Running, rows: Sequence[_Ready], terms: Terms) -> dict[int, str]:
    """Return why some of *rows* are not sent, by subscription."""
    reasons = {row.number: row.reason for row in rows if row.reason is not None}
    if overtaken := _overtaken(connection, mailing, rows, terms.now):
        late = {row.number: "late" for row in rows if overtaken.get(row.number, row.due_at) > row.due_at}
        reasons = late | reasons
    return reasons


def _overtaken(
    connection: Connection, mailing: Running, rows: Sequence[_Ready], now: datetime
) -> Mapping[int, datetime]:
    """Return, by subscription, when a newer issue was due, of which an older one tells nothing new."""
    newer = select(mailings.c.id).where(
        mailings.c.edition_id == select(mailings.c.edition_id).where(mailings.c.id == mailing.id).scalar_subquery(),
        mailings.c.kind == mailing.kind,
        mailings.c.key > mailing.key,
    )
    those = connection.scalars(newer).all()
    if not those:
        return {}
    return dict(
        connection.execute(
            select(deliveries.c.subscription_id, func.max(deliveries.c.due_at))
            .where(
                is_one_of(connection, deliveries.c.subscription_id, [row.number for row in rows]),
                deliveries.c.mailing_id.in_(those),
                deliveries.c.due_at <= now,
            )
            .group_by(deliveries.c.subscription_id)
        ).all()
    )


def _suppress(connection: Connection, mailing_id: int, reasons: Mapping[int, str]) -> None:
    """Record what is not sent, and why."""
    if not reasons:
        return
    rows = [(mailing_id, number, why) for number, why in reasons.items()]
    given = rows_of(connection, {"mailing": Integer, "number": Integer, "reply": String}, rows)
    connection.execute(update(deliveries).where(same_row(given)).values(not_sent(given.c.reply)))


def _take(connection: Connection, mailing: Running, rows: Sequence[_Ready], terms: Terms) -> None:
    """Record who has *rows* now, until when, and what they are settled with."""
    if not rows:
        return
    dialect = connection.dialect.name
    given = {
        "the_rows": written_rows(dialect, _TAKEN, [(mailing.id, row.number, row.address, row.format) for row in rows]),
        "the_owner": terms.owner,
        "the_end": terms.until,
        "the_number": mailing.frozen_number,
        "reduced": mailing.reduced,
        "the_keys": terms.signed_by,
    }
    connection.execute(_taking(dialect), given)


@cache
def _taking(dialect: str) -> Update:
    given = rows_given(dialect, _TAKEN, bindparam("the_rows", type_=Text))
    return (
        update(deliveries)
        .where(same_row(given))
        .values(
            state=State.CLAIMED,
            owner=bindparam("the_owner"),
            lease_until=bindparam("the_end", type_=Instant),
            attempts=deliveries.c.attempts + 1,
            frozen_number=_NUMBER,
            address=given.c.address,
            format=given.c.format,
            signed_by=_KEYS,
        )
    )


def _claimed(connection: Connection, mailing: Running, rows: Sequence[_Ready], terms: Terms) -> list[Claimed]:
    """Return *rows* as what may be sent now."""
    frozen = {number: _frozen(connection, mailing, number) for number in {row.frozen_number for row in rows}}
    claimed = []
    for row in rows:
        mail = frozen[row.frozen_number]
        claimed.append(
            Claimed(
                mailing=mailing.id,
                number=row.number,
                reader=_bytes_of(row.uid),
                address=row.address,
                message_id=mail.message_id(row.number),
                due_at=row.due_at,
                ends_at=row.due_at + terms.max_late,
                attempts=row.attempts,
                replies_lost=row.replies_lost,
                signed_by=row.signed_by,
                mail=mail.text if row.format == "text" else mail.html,
            )
        )
    return claimed


def _bytes_of(uid: str | UUID | None) -> bytes | None:
    """Return a UUID's bytes, however the database gives it."""
    if isinstance(uid, str):
        return bytes.fromhex(uid)
    return uid.bytes if uid is not None else None


def _frozen(connection: Connection, mailing: Running, number: int) -> Frozen:
    """Return a mailing's frozen message: once, for all readers."""
    if mailing.kind == "issue":
        mail = (
            select(frozen_mails.c.mail, frozen_mails.c.text_mail)
            .join(issues, issues.c.id == frozen_mails.c.issue_id)
            .where(issues.c.uid == mailing.issue, frozen_mails.c.number == number)
        )
        name = str(mailing.issue)
    else:
        mail = select(frozen_digests.c.mail, frozen_digests.c.text_mail).where(
            frozen_digests.c.mailing_id == mailing.id, frozen_digests.c.number == number
        )
        name = f"{mailing.issue}:{mailing.kind}:{mailing.key}"
    html, text = connection.execute(mail).one()
    return Frozen(html=html, text=text or html, name=name, domain=domain_of(html))


def domain_of(mail: bytes) -> str:
    """Return the domain that a message is from; its ids are of the same one, whatever is set since it was frozen."""
    found = _FROM.search(mail[:4096])
    address = parseaddr(found[1].decode("ascii", "replace"))[1] if found else ""
    return address.rpartition("@")[2] or "localhost"
