"""Subscribers and their subscriptions in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from newsletter.addresses import InvalidAddress, normal_address
from newsletter.store.bulk import is_one_of
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
    """Let a reader leave, for good; who left before, left then, unless it was a list that took them off."""
    connection.execute(
        update(subscriptions).where(_named(uid), _stays()).values(state="left", left_at=now, left_by=None)
    )


def come_back(connection: Connection, uid: UUID, consent: str, now: datetime) -> bool:
    """
    Let a reader who left be subscribed again, on a word of their own, which is kept.

    Return whether they are subscribed now: who was erased is not.
    """
    with_address = select(subscribers.c.id).where(subscribers.c.state != "erased")
    returned = connection.execute(
        update(subscriptions)
        .where(_named(uid), subscriptions.c.state == "left", subscriptions.c.subscriber_id.in_(with_address))
        .values(state="active", left_at=None, left_by=None)
        .returning(subscriptions.c.id)
    ).first()
    if returned is not None:
        connection.execute(
            insert(consents).values(subscription_id=returned.id, given_at=now, origin="unsubscribe page", text=consent)
        )
    return connection.scalar(select(subscriptions.c.state).where(_named(uid))) != "left"


def whose(connection: Connection, uid: UUID) -> int | None:
    """Return the id of the subscriber whose subscription tokens name so."""
    return connection.scalar(select(subscriptions.c.subscriber_id).where(_named(uid)))


def ids_of(connection: Connection, folded: Collection[str]) -> dict[str, int]:
    """Return the ids of the subscribers with these addresses, as they are compared."""
    rows = connection.execute(
        select(subscribers.c.folded, subscribers.c.id).where(is_one_of(connection, subscribers.c.folded, folded))
    )
    return {row.folded: row.id for row in rows}


def leave_all(connection: Connection, ids: Mapping[str, int], now: datetime) -> list[str]:
    """Let subscribers leave every edition, as if by themselves; return the addresses that had not yet left all."""
    left = connection.scalars(
        update(subscriptions)
        .where(is_one_of(connection, subscriptions.c.subscriber_id, ids.values()), _stays())
        .values(state="left", left_at=now, left_by=None)
        .returning(subscriptions.c.subscriber_id)
    ).all()
    return [folded for folded, number in ids.items() if number in set(left)]


def _stays() -> ColumnElement[bool]:
    """Return what makes a subscription one that its reader did not leave: a list may have taken them off."""
    return or_(subscriptions.c.state != "left", subscriptions.c.left_by.is_not(None))


def _named(uid: UUID) -> ColumnElement[bool]:
    return subscriptions.c.uid == uid


def every(
    connection: Connection, state: str | None = None, edition: str | None = None, some: int = 1_000
) -> Iterator[Subscriber]:
    """
    Yield every subscriber with an address, in the order in which they came, *some* asked for at once.

    *state* is one of theirs or of a subscription's, *edition* one that they have a subscription to.
    """
    last = 0
    chosen = _chosen(state, edition)
    while rows := connection.execute(
        select(subscribers.c.id, subscribers.c.address, subscribers.c.state)
        .where(subscribers.c.id > last, subscribers.c.state != "erased", *chosen)
        .order_by(subscribers.c.id)
        .limit(some)
    ).all():
        last = rows[-1].id
        held = _held(connection, [row.id for row in rows])
        for row in rows:
            yield Subscriber(address=row.address, state=row.state, subscriptions=tuple(held.get(row.id, ())))


def _chosen(state: str | None, edition: str | None) -> list[ColumnElement[bool]]:
    own = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscribers.c.id)
    if edition is not None:
        own = own.join(editions, editions.c.id == subscriptions.c.edition_id).where(editions.c.slug == edition)
    conditions: list[ColumnElement[bool]] = [own.exists()] if edition is not None else []
    if state is not None:
        conditions.append(or_(subscribers.c.state == state, own.where(subscriptions.c.state == state).exists()))
    return conditions


def _held(connection: Connection, ids: Collection[int]) -> dict[int, list[Subscription]]:
    """Return the subscriptions of subscribers, by their ids."""
    held: dict[int, list[Subscription]] = {}
    for row in connection.execute(
        select(subscriptions, editions.c.slug.label("edition"))
        .join(editions, editions.c.id == subscriptions.c.edition_id)
        .where(is_one_of(connection, subscriptions.c.subscriber_id, ids))
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
    return held
