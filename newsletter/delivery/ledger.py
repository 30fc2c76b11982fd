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
from typing import Any

from sqlalchemy import Connection, Integer, Row, String, and_, func, literal, select, update

from newsletter.delivery.mailings import Running, not_sent, suppress_waiting
from newsletter.delivery.work import READY, Claimed, State, Terms, same_row, take_up
from newsletter.store.bulk import is_one_of, rows_of
from newsletter.store.tables import (
    deliveries,
    frozen_digests,
    frozen_mails,
    issues,
    mailings,
    subscribers,
    subscriptions,
)

_KEPT = (
    deliveries.c.subscription_id,
    deliveries.c.due_at,
    deliveries.c.attempts,
    deliveries.c.replies_lost,
    deliveries.c.frozen_number,
    deliveries.c.signed_by,
    deliveries.c.address.label("settled_address"),
    deliveries.c.format.label("settled_format"),
    subscriptions.c.uid,
    subscriptions.c.state.label("standing"),
    subscriptions.c.paused_until,
    subscriptions.c.format,
    subscribers.c.address,
    subscribers.c.state.label("address_state"),
)
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
        rows = _ready(connection, mailing, state, terms.now, most - len(claimed)) if len(claimed) < most else []
        if not rows:
            continue
        reasons = _reasons(connection, mailing, rows, terms)
        _suppress(connection, mailing.id, reasons)
        suppressed += len(reasons)
        claimed += _take(connection, mailing, [row for row in rows if row.subscription_id not in reasons], terms)
    return claimed, suppressed


def _ready(connection: Connection, mailing: Running, state: State, now: datetime, most: int) -> list[Row[Any]]:
    """Return what is ready, locked: nobody else claims it until this transaction ends."""
    return list(
        connection.execute(
            select(*_KEPT)
            .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(deliveries.c.mailing_id == mailing.id, deliveries.c.state == state, deliveries.c.ready_at <= now)
            .order_by(deliveries.c.ready_at)
            .limit(most)
            .with_for_update(of=deliveries, skip_locked=True)
        )
    )


def _reasons(connection: Connection, mailing: Running, rows: Sequence[Row[Any]], terms: Terms) -> dict[int, str]:
    """Return why some of *rows* are not sent, by subscription."""
    overtaken = _overtaken(connection, mailing, rows, terms.now)
    found = {}
    for row in rows:
        reason = _reason(row, mailing, terms)
        if reason is None and overtaken.get(row.subscription_id, row.due_at) > row.due_at:
            reason = "late"
        if reason is not None:
            found[row.subscription_id] = reason
    return found


def _reason(row: Row[Any], mailing: Running, terms: Terms) -> str | None:
    if mailing.withdrawn or (mailing.reduced and row.replies_lost and row.frozen_number != mailing.frozen_number):
        return "withdrawn"  # what may have arrived is sent again as it was, or not at all
    if row.address_state != "good":
        return str(row.address_state)
    if row.standing == "paused" and row.paused_until is not None and row.paused_until <= mailing.day:
        pass
    elif row.standing != "active":
        return str(row.standing)
    return "late" if row.due_at < terms.now - terms.max_late else None


def _overtaken(
    connection: Connection, mailing: Running, rows: Sequence[Row[Any]], now: datetime
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
                is_one_of(connection, deliveries.c.subscription_id, [row.subscription_id for row in rows]),
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


def _take(connection: Connection, mailing: Running, rows: Sequence[Row[Any]], terms: Terms) -> list[Claimed]:
    if not rows:
        return []
    settled = {
        row.subscription_id: (
            mailing.frozen_number if mailing.reduced else row.frozen_number or mailing.frozen_number,
            row.settled_address or row.address,
            row.settled_format or row.format,
            row.signed_by if row.signed_by is not None else terms.signed_by,
        )
        for row in rows
    }
    settles = {"frozen_number": Integer, "address": String, "format": String, "signed_by": String}
    given = rows_of(
        connection,
        {"mailing": Integer, "number": Integer, **settles},
        [(mailing.id, number, *values) for number, values in settled.items()],
    )
    connection.execute(
        update(deliveries)
        .where(same_row(given))
        .values(
            state=State.CLAIMED,
            owner=terms.owner,
            lease_until=terms.until,
            attempts=deliveries.c.attempts + 1,
            **{name: given.c[name] for name in settles},
        )
    )
    frozen = {number: _frozen(connection, mailing, number) for number in {each[0] for each in settled.values()}}
    return [_claimed(mailing, row, settled[row.subscription_id], frozen, terms) for row in rows]


def _claimed(
    mailing: Running, row: Row[Any], settled: tuple[int, str, str, str], frozen: Mapping[int, Frozen], terms: Terms
) -> Claimed:
    number, address, form, signed_by = settled
    mail = frozen[number]
    return Claimed(
        mailing=mailing.id,
        number=row.subscription_id,
        reader=row.uid,
        address=address,
        message_id=mail.message_id(row.subscription_id),
        due_at=row.due_at,
        ends_at=row.due_at + terms.max_late,
        attempts=row.attempts + 1,
        replies_lost=row.replies_lost or 0,
        signed_by=signed_by,
        mail=mail.text if form == "text" else mail.html,
    )


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
