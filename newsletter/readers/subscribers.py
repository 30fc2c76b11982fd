"""Subscribers and their subscriptions in the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, insert, select, update

from newsletter.addresses import InvalidAddress, normal_address
from newsletter.store.tables import consents, editions, subscribers, subscriptions

__all__ = ["InvalidAddress", "Subscriber", "Subscription", "normal_address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a subscriber gets of one edition: *hour* in *zone*, or as soon as it is published."""

    edition: str
    state: str
    cadence: str
    hour: time | None
    zone: str | None
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address and its subscriptions."""

    address: str
    state: str
    subscriptions: tuple[Subscription, ...]


def subscribe(connection: Connection, edition_id: int, address: str, consent: str, now: datetime) -> bool:
    """
    Make an address an active subscriber of an edition, on an operator's word; say whether it was not yet.

    Who left, bounced or complained stays so: only their own word brings them back.
    """
    written, folded = normal_address(address)
    subscriber_id = connection.scalar(select(subscribers.c.id).where(subscribers.c.folded == folded))
    if subscriber_id is None:
        subscriber_id = connection.scalar(
            insert(subscribers).values(address=written, folded=folded, state="good").returning(subscribers.c.id)
        )
    known = connection.execute(
        select(subscriptions.c.id, subscriptions.c.state).where(
            subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.edition_id == edition_id
        )
    ).first()
    if known is not None and known.state != "pending":
        return False
    if known is None:
        subscription_id = connection.scalar(
            insert(subscriptions)
            .values(
                subscriber_id=subscriber_id,
                edition_id=edition_id,
                state="active",
                cadence="daily",
                format="html",
                uid=uuid4(),
            )
            .returning(subscriptions.c.id)
        )
    else:
        subscription_id = known.id
        connection.execute(update(subscriptions).where(subscriptions.c.id == known.id).values(state="active"))
    connection.execute(
        insert(consents).values(subscription_id=subscription_id, given_at=now, origin="operator", text=consent)
    )
    return True


def standing(connection: Connection, uid: UUID) -> tuple[str, str] | None:
    """Return the edition that a subscription is to, and its state; `None` where there is none of this name."""
    found = connection.execute(
        select(editions.c.slug, subscriptions.c.state)
        .join(subscriptions, subscriptions.c.edition_id == editions.c.id)
        .where(_named(uid))
    ).first()
    return (found.slug, found.state) if found is not None else None


def leave(connection: Connection, uid: UUID, now: datetime) -> None:
    """Let a reader leave, for good; who left before, left then."""
    connection.execute(
        update(subscriptions).where(_named(uid), subscriptions.c.state != "left").values(state="left", left_at=now)
    )


def come_back(connection: Connection, uid: UUID, consent: str, now: datetime) -> None:
    """Let a reader who left be subscribed again, on a word of their own, which is kept."""
    returned = connection.execute(
        update(subscriptions)
        .where(_named(uid), subscriptions.c.state == "left")
        .values(state="active", left_at=None)
        .returning(subscriptions.c.id)
    ).first()
    if returned is not None:
        connection.execute(
            insert(consents).values(subscription_id=returned.id, given_at=now, origin="unsubscribe page", text=consent)
        )


def _named(uid: UUID) -> ColumnElement[bool]:
    return subscriptions.c.uid == uid


def every(connection: Connection) -> Iterator[Subscriber]:
    """Yield every subscriber with an address, in the order in which they came."""
    held: dict[int, list[Subscription]] = {}
    for row in connection.execute(
        select(subscriptions, editions.c.slug.label("edition"))
        .join(editions, editions.c.id == subscriptions.c.edition_id)
        .order_by(subscriptions.c.id)
    ):
        held.setdefault(row.subscriber_id, []).append(
            Subscription(
                edition=row.edition,
                state=row.state,
                cadence=row.cadence,
                hour=row.hour,
                zone=row.zone,
                format=row.format,
            )
        )
    for row in connection.execute(select(subscribers).order_by(subscribers.c.id)):
        yield Subscriber(address=row.address, state=row.state, subscriptions=tuple(held.get(row.id, ())))
