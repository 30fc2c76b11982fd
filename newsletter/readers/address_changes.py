"""Changes of an address: asked for on a reader's page, and made once both addresses have confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from newsletter.store.tables import address_changes, subscribers, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """A change of a subscriber's address, with the instants at which each side confirmed."""

    uid: UUID
    #: One of their subscriptions, which names them.
    reader: UUID
    subscriber_id: int
    address: str
    folded: str
    asked_at: datetime
    old_confirmed_at: datetime | None
    new_confirmed_at: datetime | None
    done_at: datetime | None


def ask(connection: Connection, subscriber_id: int, address: str, folded: str, now: datetime) -> UUID:
    """Keep that a change was asked for; one that waited is over."""
    connection.execute(
        address_changes.delete().where(
            address_changes.c.subscriber_id == subscriber_id, address_changes.c.done_at.is_(None)
        )
    )
    uid = uuid4()
    connection.execute(
        insert(address_changes).values(
            uid=uid, subscriber_id=subscriber_id, address=address, folded=folded, asked_at=now
        )
    )
    return uid


def waits(connection: Connection, subscriber_id: int, folded: str, since: datetime) -> bool:
    """Say whether a change to this address was asked for since an instant, and is not made yet."""
    found = select(address_changes.c.id).where(
        address_changes.c.subscriber_id == subscriber_id,
        address_changes.c.folded == folded,
        address_changes.c.done_at.is_(None),
        address_changes.c.asked_at > since,
    )
    return connection.scalar(found) is not None


def of_uid(connection: Connection, uid: UUID) -> AddressChange | None:
    """Return the change that tokens name so."""
    row = connection.execute(
        select(address_changes, subscriptions.c.uid.label("reader"))
        .join(subscriptions, subscriptions.c.subscriber_id == address_changes.c.subscriber_id)
        .where(address_changes.c.uid == uid)
        .order_by(subscriptions.c.id)
    ).first()
    if row is None:
        return None
    return AddressChange(
        uid=row.uid,
        reader=row.reader,
        subscriber_id=row.subscriber_id,
        address=row.address,
        folded=row.folded,
        asked_at=row.asked_at,
        old_confirmed_at=row.old_confirmed_at,
        new_confirmed_at=row.new_confirmed_at,
        done_at=row.done_at,
    )


def confirm(connection: Connection, change: AddressChange, side: str, now: datetime) -> None:
    """Keep that one side of a change, `old` or `new`, has confirmed it; the first time counts."""
    column = {"old": address_changes.c.old_confirmed_at, "new": address_changes.c.new_confirmed_at}[side]
    connection.execute(
        update(address_changes).where(address_changes.c.uid == change.uid, column.is_(None)).values({column: now})
    )


def make(connection: Connection, change: AddressChange, now: datetime) -> bool:
    """Give a subscriber their new address, which takes mail until it shows otherwise; `False` if it is another's."""
    if connection.scalar(select(subscribers.c.id).where(subscribers.c.folded == change.folded)) not in (
        None,
        change.subscriber_id,
    ):
        return False
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == change.subscriber_id)
        .values(address=change.address, folded=change.folded, state="good", bounce_score=None, bounced_on=None)
    )
    connection.execute(update(address_changes).where(address_changes.c.uid == change.uid).values(done_at=now))
    return True
