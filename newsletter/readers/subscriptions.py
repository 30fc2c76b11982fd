"""Subscriptions as their readers make and change them: by themselves, through links in their own mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Select, insert, select, update

from newsletter.preferences import Preferences
from newsletter.store.tables import editions, subscribers, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One subscription as it stands, and whose it is."""

    id: int
    uid: UUID
    edition: str
    state: str
    preferences: Preferences
    paused_until: date | None
    confirmed_at: datetime | None
    left_at: datetime | None
    subscriber_id: int
    address: str
    folded: str
    #: The subscriber's state: `good`, `bounced`, `complained` or `erased`.
    subscriber: str

    @property
    def gets_mail(self) -> bool:
        """Whether it is a reader's, at an address that takes mail; a pause ends."""
        return self.state in ("active", "paused") and self.subscriber == "good"


def of_uid(connection: Connection, uid: UUID) -> Standing | None:
    """Return the subscription that tokens name so."""
    row = connection.execute(_selected().where(subscriptions.c.uid == uid)).first()
    return _standing(row) if row is not None else None


def of_subscriber(connection: Connection, subscriber_id: int) -> list[Standing]:
    """Return a subscriber's subscriptions, in the order in which they came."""
    rows = connection.execute(_selected().where(subscriptions.c.subscriber_id == subscriber_id))
    return [_standing(row) for row in rows]


def of_address(connection: Connection, folded: str) -> list[Standing]:
    """Return the subscriptions of an address, in the order in which they came."""
    return [_standing(row) for row in connection.execute(_selected().where(subscribers.c.folded == folded))]


def ask(
    connection: Connection, edition_id: int, address: tuple[str, str], preferences: Preferences, now: datetime
) -> tuple[int, UUID]:
    """
    Keep that a subscription was asked for; return its id and name.

    *address* is as it is written to and as it is compared. What is new is `pending`, with what was wished; who left
    stays so until they confirm.
    """
    written, folded = address
    subscriber_id = connection.scalar(select(subscribers.c.id).where(subscribers.c.folded == folded))
    if subscriber_id is None:
        new = insert(subscribers).values(address=written, folded=folded, state="good", created_at=now)
        subscriber_id = connection.scalar(new.returning(subscribers.c.id))
        assert subscriber_id is not None
    there = connection.execute(
        select(subscriptions.c.id, subscriptions.c.uid, subscriptions.c.state).where(
            subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.edition_id == edition_id
        )
    ).first()
    if there is None:
        return _new(connection, edition_id, subscriber_id, preferences, now)
    if there.state == "pending":
        keep(connection, there.id, preferences)
    return there.id, there.uid


def activate(connection: Connection, standing: Standing, preferences: Preferences, now: datetime) -> None:
    """Subscribe a reader on their own confirmed word, which brings back who left, and whose mail came back."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == standing.id)
        .values(state="active", confirmed_at=now, left_at=None, paused_until=None, **_columns(preferences))
    )
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == standing.subscriber_id, subscribers.c.state == "bounced")
        .values(state="good", bounce_score=None, bounced_on=None)
    )


def keep(connection: Connection, subscription_id: int, preferences: Preferences) -> None:
    """Keep what a reader prefers."""
    connection.execute(
        update(subscriptions).where(subscriptions.c.id == subscription_id).values(**_columns(preferences))
    )


def pause(connection: Connection, subscription_id: int, until: date | None) -> None:
    """Send a reader nothing, until a day or until they say so."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id, subscriptions.c.state.in_(("active", "paused")))
        .values(state="paused", paused_until=until)
    )


def resume(connection: Connection, subscription_id: int) -> None:
    """End a pause."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id, subscriptions.c.state == "paused")
        .values(state="active", paused_until=None)
    )


def _new(
    connection: Connection, edition_id: int, subscriber_id: int, preferences: Preferences, now: datetime
) -> tuple[int, UUID]:
    row = connection.execute(
        insert(subscriptions)
        .values(
            subscriber_id=subscriber_id,
            edition_id=edition_id,
            state="pending",
            uid=uuid4(),
            created_at=now,
            **_columns(preferences),
        )
        .returning(subscriptions.c.id, subscriptions.c.uid)
    ).one()
    return row.id, row.uid


def _columns(preferences: Preferences) -> dict[str, Any]:
    return {
        "cadence": preferences.cadence,
        "weekday": preferences.weekday,
        "hour": preferences.hour,
        "zone": preferences.zone,
        "format": preferences.format,
    }


def _selected() -> Select[Any]:
    return (
        select(
            subscriptions,
            editions.c.slug.label("edition"),
            subscribers.c.address,
            subscribers.c.folded,
            subscribers.c.state.label("subscriber"),
        )
        .join(editions, editions.c.id == subscriptions.c.edition_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .order_by(subscriptions.c.id)
    )


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        id=row.id,
        uid=row.uid,
        edition=row.edition,
        state=row.state,
        preferences=Preferences(
            cadence=row.cadence, weekday=row.weekday, hour=row.hour, zone=row.zone, format=row.format
        ),
        paused_until=row.paused_until,
        confirmed_at=row.confirmed_at,
        left_at=row.left_at,
        subscriber_id=row.subscriber_id,
        address=row.address,
        folded=row.folded,
        subscriber=row.subscriber,
    )
