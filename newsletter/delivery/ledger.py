"""
The ledger: one row for each mailing to each subscription, and what became of it.

It alone knows who was sent an issue. Rows are claimed by one conditional update with a lease, so
that two processes never work on the same one, and what a killed process left comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.models import IssueState
from newsletter.store.tables import (
    deliveries,
    editions,
    frozen_mails,
    issues,
    letters,
    mailings,
    subscribers,
    subscriptions,
)

#: How long a claim holds before another process may take it up again.
LEASE = timedelta(minutes=2)
_UNCLAIMED = and_(deliveries.c.state.in_(("queued", "deferred")), deliveries.c.frozen_number.is_(None))
#: What is not done yet, whoever has it.
UNDONE = ("queued", "claimed", "sending", "deferred", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One delivery that this process may send now."""

    mailing: int
    subscription: int
    #: The subscription's name in tokens.
    reader: UUID
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
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    mailing_id = connection.scalar(
        build(mailings)
        .values(
            edition_id=edition_id,
            kind="issue",
            key=day.isoformat(),
            issue_id=select(issues.c.id).where(issues.c.uid == issue_uid).scalar_subquery(),
            frozen_number=frozen_number,
            created_at=now,
            audience=0,
        )
        .on_conflict_do_nothing()
        .returning(mailings.c.id)
    )
    if mailing_id is None:
        return None
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
            .where(subscriptions.c.edition_id == edition_id, _wants_mail(), ~_welcomed_with(issue_uid)),
        ),
        execution_options={"preserve_rowcount": True},
    ).rowcount
    connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(audience=audience))
    return audience


def _welcomed_with(issue_uid: UUID) -> ColumnElement[bool]:
    """Return what makes a subscription one whose welcome brought an issue, before that had a mailing."""
    welcomes = (
        select(letters.c.subscription_id)
        .join(issues, issues.c.id == letters.c.issue_id)
        .where(issues.c.uid == issue_uid, letters.c.subscription_id.is_not(None))
    )
    return subscriptions.c.id.in_(welcomes)


def unclaimed(connection: Connection, issue_uid: UUID) -> int:
    """Return how many deliveries of an issue nobody has claimed yet: their bytes may still be others."""
    statement = select(func.count()).where(deliveries.c.mailing_id.in_(_of_issue(issue_uid)), _UNCLAIMED)
    return int(connection.scalar(statement) or 0)


def freeze_again(connection: Connection, issue_uid: UUID, frozen_number: int) -> None:
    """Let those of an issue's deliveries that nobody has claimed yet have other bytes."""
    connection.execute(
        update(mailings).where(mailings.c.id.in_(_of_issue(issue_uid))).values(frozen_number=frozen_number)
    )


def stop(connection: Connection, issue_uid: UUID, why: str) -> int:
    """Suppress what is not yet sent of an issue's mailings; return how many deliveries that were."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.mailing_id.in_(_of_issue(issue_uid)), deliveries.c.state.in_(("queued", "deferred")))
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


def suppress(connection: Connection, now: datetime, max_late: timedelta) -> int:
    """
    Count as suppressed what is open and must not be sent any more; return how many.

    That is what came too late: past *max_late*, or overtaken by a newer issue; what is for readers
    who left since the audience was frozen; and what a killed process had claimed of an issue that
    was withdrawn since.
    """
    staying = (
        select(subscriptions.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(_wants_mail(), subscriptions.c.id == deliveries.c.subscription_id)
    )
    withdrawn = (
        select(mailings.c.id)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(issues.c.state == IssueState.WITHDRAWN)
    )
    reasons = {
        "withdrawn": deliveries.c.mailing_id.in_(withdrawn),
        "left": ~staying.exists(),
        "late": or_(deliveries.c.due_at < now - max_late, _overtaken(now)),
    }
    return sum(
        connection.execute(
            update(deliveries).where(_open(now), reason).values(state="suppressed", reply=word, lease_until=None)
        ).rowcount
        for word, reason in reasons.items()
    )


def _overtaken(now: datetime) -> ColumnElement[bool]:
    """Return what makes a delivery one whose reader is due a newer issue since."""
    newer = deliveries.alias()
    newer_mailings = mailings.alias()
    return exists().where(
        newer.c.subscription_id == deliveries.c.subscription_id,
        newer.c.mailing_id == newer_mailings.c.id,
        newer_mailings.c.key > mailings.c.key,
        newer_mailings.c.kind == mailings.c.kind,
        newer_mailings.c.edition_id == mailings.c.edition_id,
        mailings.c.id == deliveries.c.mailing_id,
        # Whoever asks for an old day's mail after the newer one's gets it.
        newer.c.due_at > deliveries.c.due_at,
        newer.c.due_at <= now,
    )


def claim(
    connection: Connection, mailing_ids: Collection[int], domain: str, now: datetime, most: int = 500
) -> list[Claimed]:
    """
    Claim up to *most* deliveries that are due of these mailings, for `LEASE` from *now*.

    The first claim of a delivery settles which bytes it gets: what is frozen again later is not
    for who may have been sent the message already.
    """
    key = (deliveries.c.mailing_id, deliveries.c.subscription_id)
    free = (
        select(*key)
        .where(
            deliveries.c.mailing_id.in_(mailing_ids),
            deliveries.c.due_at <= now,
            or_(deliveries.c.state == "queued", _abandoned(now)),
        )
        .order_by(*key)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    newest = select(mailings.c.frozen_number).where(mailings.c.id == deliveries.c.mailing_id).scalar_subquery()
    rows = connection.execute(
        update(deliveries)
        .where(tuple_(*key).in_(free))
        .values(
            state="claimed",
            lease_until=now + LEASE,
            attempts=deliveries.c.attempts + 1,
            frozen_number=func.coalesce(deliveries.c.frozen_number, newest),
        )
        .returning(*key, deliveries.c.due_at, deliveries.c.frozen_number)
    ).all()
    return _claimed(connection, sorted(rows), domain)


def sent(connection: Connection, done: Sequence[Claimed], now: datetime) -> None:
    """Record deliveries as sent."""
    if not done:
        return
    statement = (
        update(deliveries)
        .where(deliveries.c.mailing_id == bindparam("mailing"), deliveries.c.subscription_id == bindparam("whose"))
        .values(state="sent", sent_at=now, message_id=bindparam("name"), lease_until=None, reply="outbox")
    )
    rows = [{"mailing": each.mailing, "whose": each.subscription, "name": each.message_id} for each in done]
    connection.execute(statement, rows)


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


def due(connection: Connection, edition: str, before: datetime, now: datetime) -> dict[date, int]:
    """Return, by its issue's day, how many of an edition's deliveries are due at *before* and in nobody's hands."""
    rows = connection.execute(
        select(issues.c.day, func.count())
        .join(mailings, mailings.c.issue_id == issues.c.id)
        .join(editions, editions.c.id == mailings.c.edition_id)
        .join(deliveries, deliveries.c.mailing_id == mailings.c.id)
        .where(editions.c.slug == edition, _open(now), deliveries.c.due_at <= before)
        .group_by(issues.c.day)
        .order_by(issues.c.day)
    )
    return dict(rows.all())


def give_back(connection: Connection, untried: Sequence[Claimed]) -> None:
    """
    Let deliveries that were claimed and of which nothing was written be claimed anew.

    They get the newest bytes then, but for those that another process had claimed before, and may have written.
    """
    for delivery in untried:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.mailing_id == delivery.mailing,
                deliveries.c.subscription_id == delivery.subscription,
                deliveries.c.state == "claimed",
            )
            .values(
                state="queued",
                lease_until=None,
                attempts=deliveries.c.attempts - 1,
                frozen_number=case((deliveries.c.attempts > 1, deliveries.c.frozen_number)),
            )
        )


def counts(connection: Connection, issue_uid: UUID) -> dict[str, int]:
    """Return how many deliveries of an issue are in each state."""
    rows = connection.execute(
        select(deliveries.c.state, func.count())
        .where(deliveries.c.mailing_id.in_(_of_issue(issue_uid)))
        .group_by(deliveries.c.state)
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


def _claimed(connection: Connection, rows: Sequence[Row[Any]], domain: str) -> list[Claimed]:
    mails = _mails(connection, {(row.mailing_id, row.frozen_number) for row in rows})
    readers = {
        row.id: row
        for row in connection.execute(
            select(subscriptions.c.id, subscriptions.c.uid, subscribers.c.address)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(subscriptions.c.id.in_({row.subscription_id for row in rows}))
        )
    }
    claimed = []
    for row in rows:
        uid, mail = mails[row.mailing_id, row.frozen_number]
        # The same at every attempt, and not to be guessed from the address.
        name = hashlib.sha256(f"{uid}:{row.subscription_id}".encode()).hexdigest()[:32]
        claimed.append(
            Claimed(
                mailing=row.mailing_id,
                subscription=row.subscription_id,
                reader=readers[row.subscription_id].uid,
                address=readers[row.subscription_id].address,
                message_id=f"<{name}@{domain}>",
                due_at=row.due_at,
                mail=mail,
            )
        )
    return claimed


def _mails(connection: Connection, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[UUID, bytes]]:
    """Return, by mailing and frozen number, the issue's uid and the mail's bytes: once, for all readers."""
    found = {}
    for mailing_id, number in wanted:
        uid, mail = connection.execute(
            select(issues.c.uid, frozen_mails.c.mail)
            .join(frozen_mails, frozen_mails.c.issue_id == issues.c.id)
            .join(mailings, mailings.c.issue_id == issues.c.id)
            .where(mailings.c.id == mailing_id, frozen_mails.c.number == number)
        ).one()
        found[mailing_id, number] = (uid, mail)
    return found


def _wants_mail() -> ColumnElement[bool]:
    return and_(subscriptions.c.state == "active", subscribers.c.state == "good")


def _abandoned(now: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.state == "claimed", deliveries.c.lease_until < now)


def _of_issue(issue_uid: UUID) -> Select[Any]:
    return select(mailings.c.id).join(issues, issues.c.id == mailings.c.issue_id).where(issues.c.uid == issue_uid)


def _open(now: datetime) -> ColumnElement[bool]:
    """Return what makes a delivery one that nobody works on and that may still be sent."""
    return or_(deliveries.c.state.in_(("queued", "deferred")), _abandoned(now))
