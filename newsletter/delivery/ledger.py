"""
The ledger: one row for each mailing to each subscription, and what became of it.

It alone knows who was sent an issue. Rows are claimed by one conditional update with a lease, so
that two processes never work on the same one, and what a killed process left comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from newsletter.store.tables import deliveries, editions, frozen_mails, issues, mailings, subscribers, subscriptions

#: How long a claim holds before another process may take it up again.
LEASE = timedelta(minutes=2)
#: What is not done yet, whoever has it.
UNDONE = ("queued", "claimed", "sending", "deferred", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One delivery that this process may send now."""

    mailing: int
    subscription: int
    address: str
    message_id: str
    due_at: datetime
    mail: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A mailing that has deliveries to send."""

    id: int
    edition: str
    issue: UUID
    day: date


def open_mailing(
    connection: Connection, edition_id: int, issue_uid: UUID, day: date, frozen_number: int, now: datetime
) -> int | None:
    """
    Freeze the audience of a day's issue; return how many they are, or `None` if it was mailed before.

    `UNIQUE(edition, kind, key)` makes it once: whoever comes second finds the mailing there.
    """
    issue_id = connection.scalar(select(issues.c.id).where(issues.c.uid == issue_uid))
    same = and_(mailings.c.edition_id == edition_id, mailings.c.kind == "issue", mailings.c.key == day.isoformat())
    if connection.scalar(select(mailings.c.id).where(same)) is not None:
        return None
    mailing_id = connection.scalar(
        insert(mailings)
        .values(
            edition_id=edition_id,
            kind="issue",
            key=day.isoformat(),
            issue_id=issue_id,
            frozen_number=frozen_number,
            created_at=now,
            audience=0,
        )
        .returning(mailings.c.id)
    )
    audience = connection.execute(
        insert(deliveries).from_select(
            ["mailing_id", "subscription_id", "state", "due_at", "attempts"],
            select(
                literal(mailing_id),
                subscriptions.c.id,
                literal("queued"),
                literal(now, deliveries.c.due_at.type),
                literal(0),
            )
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(subscriptions.c.edition_id == edition_id, _wants_mail()),
        )
    ).rowcount
    connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(audience=audience))
    return audience


def is_running(connection: Connection, issue_uid: UUID) -> bool:
    """Say whether an issue's mailing has deliveries to send."""
    return any(each.issue == issue_uid for each in running(connection))


def freeze_again(connection: Connection, issue_uid: UUID, frozen_number: int) -> int:
    """Give the mailings of an issue that are not all sent new bytes; return how many deliveries get them."""
    issue_id = connection.scalar(select(issues.c.id).where(issues.c.uid == issue_uid))
    running = [
        row.id
        for row in connection.execute(select(mailings.c.id).where(mailings.c.issue_id == issue_id))
        if _count(connection, row.id, ("queued", "deferred"))
    ]
    connection.execute(update(mailings).where(mailings.c.id.in_(running)).values(frozen_number=frozen_number))
    return sum(_count(connection, mailing_id, ("queued", "deferred")) for mailing_id in running)


def stop(connection: Connection, issue_uid: UUID, why: str) -> int:
    """Suppress what is not yet sent of an issue's mailings; return how many deliveries that were."""
    of_issue = select(mailings.c.id).join(issues, issues.c.id == mailings.c.issue_id).where(issues.c.uid == issue_uid)
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.mailing_id.in_(of_issue), deliveries.c.state.in_(("queued", "deferred")))
        .values(state="suppressed", reply=why)
    ).rowcount


def running(connection: Connection) -> list[Running]:
    """Return the mailings that have something to send, the oldest first."""
    rows = connection.execute(
        select(mailings.c.id, editions.c.slug, issues.c.uid, issues.c.day)
        .join(editions, editions.c.id == mailings.c.edition_id)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(exists().where(deliveries.c.mailing_id == mailings.c.id, deliveries.c.state.in_(UNDONE)))
        .order_by(mailings.c.id)
    )
    return [Running(id=row.id, edition=row.slug, issue=row.uid, day=row.day) for row in rows]


def suppress_late(connection: Connection, now: datetime, max_late: timedelta) -> int:
    """Count as suppressed what came too late: past *max_late*, or overtaken by a newer issue; return how many."""
    newer = deliveries.alias()
    newer_mailings = mailings.alias()
    overtaken = exists().where(
        newer.c.subscription_id == deliveries.c.subscription_id,
        newer.c.mailing_id == newer_mailings.c.id,
        newer_mailings.c.key > mailings.c.key,
        newer_mailings.c.kind == mailings.c.kind,
        newer_mailings.c.edition_id == mailings.c.edition_id,
        mailings.c.id == deliveries.c.mailing_id,
        newer.c.due_at <= now,
    )
    return connection.execute(
        update(deliveries)
        .where(
            or_(deliveries.c.state.in_(("queued", "deferred")), _abandoned(now)),
            or_(deliveries.c.due_at < now - max_late, overtaken),
        )
        .values(state="suppressed", reply="late")
        .execution_options(synchronize_session=False)
    ).rowcount


def suppress_departed(connection: Connection) -> int:
    """Count as suppressed what is queued for readers who left since the audience was frozen; return how many."""
    staying = (
        select(subscriptions.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(_wants_mail(), subscriptions.c.id == deliveries.c.subscription_id)
    )
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.state.in_(("queued", "deferred")), ~staying.exists())
        .values(state="suppressed", reply="left")
    ).rowcount


def claim(
    connection: Connection, mailing_ids: Collection[int], domain: str, now: datetime, most: int = 500
) -> list[Claimed]:
    """Claim up to *most* deliveries that are due of these mailings, for `LEASE` from *now*."""
    free = (
        select(deliveries.c.mailing_id, deliveries.c.subscription_id)
        .where(
            deliveries.c.mailing_id.in_(mailing_ids),
            deliveries.c.due_at <= now,
            or_(deliveries.c.state == "queued", _abandoned(now)),
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        update(deliveries)
        .where(tuple_(deliveries.c.mailing_id, deliveries.c.subscription_id).in_(free))
        .values(state="claimed", lease_until=now + LEASE, attempts=deliveries.c.attempts + 1)
        .returning(deliveries.c.mailing_id, deliveries.c.subscription_id, deliveries.c.due_at)
    ).all()
    return [_claimed(connection, row.mailing_id, row.subscription_id, row.due_at, domain) for row in sorted(claimed)]


def sent(connection: Connection, done: Collection[Claimed], now: datetime) -> None:
    """Record deliveries as sent."""
    for delivery in done:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.mailing_id == delivery.mailing,
                deliveries.c.subscription_id == delivery.subscription,
            )
            .values(state="sent", sent_at=now, message_id=delivery.message_id, lease_until=None, reply="outbox")
        )


def failed(connection: Connection, given_up: Collection[tuple[Claimed, str]]) -> None:
    """Record deliveries that will never be sent, and why."""
    for delivery, why in given_up:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.mailing_id == delivery.mailing,
                deliveries.c.subscription_id == delivery.subscription,
            )
            .values(state="failed", lease_until=None, reply=why)
        )


def counts(connection: Connection, edition_id: int) -> dict[str, int]:
    """Return how many deliveries of the edition's newest mailing are in each state."""
    newest = select(func.max(mailings.c.id)).where(mailings.c.edition_id == edition_id).scalar_subquery()
    rows = connection.execute(
        select(deliveries.c.state, func.count()).where(deliveries.c.mailing_id == newest).group_by(deliveries.c.state)
    )
    return dict(rows.all())


def unbalanced(connection: Connection) -> list[int]:
    """Return the mailings whose rows are not as many as their audience: there must be none."""
    rows = connection.execute(
        select(mailings.c.id)
        .outerjoin(deliveries, deliveries.c.mailing_id == mailings.c.id)
        .group_by(mailings.c.id, mailings.c.audience)
        .having(func.count(deliveries.c.subscription_id) != mailings.c.audience)
    )
    return [row.id for row in rows]


def _claimed(connection: Connection, mailing_id: int, subscription_id: int, due_at: datetime, domain: str) -> Claimed:
    row = connection.execute(
        select(subscribers.c.address, issues.c.uid, frozen_mails.c.mail)
        .select_from(mailings)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .join(
            frozen_mails,
            and_(frozen_mails.c.issue_id == mailings.c.issue_id, frozen_mails.c.number == mailings.c.frozen_number),
        )
        .join(subscriptions, subscriptions.c.id == subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(mailings.c.id == mailing_id)
    ).one()
    # The same at every attempt, and not to be guessed from the address.
    name = hashlib.sha256(f"{row.uid}:{subscription_id}".encode()).hexdigest()[:32]
    return Claimed(
        mailing=mailing_id,
        subscription=subscription_id,
        address=row.address,
        message_id=f"<{name}@{domain}>",
        due_at=due_at,
        mail=row.mail,
    )


def _wants_mail() -> ColumnElement[bool]:
    return and_(subscriptions.c.state == "active", subscribers.c.state == "good")


def _abandoned(now: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.state == "claimed", deliveries.c.lease_until < now)


def _count(connection: Connection, mailing_id: int, states: Collection[str]) -> int:
    statement: Any = select(func.count()).where(deliveries.c.mailing_id == mailing_id, deliveries.c.state.in_(states))
    return int(connection.scalar(statement) or 0)
