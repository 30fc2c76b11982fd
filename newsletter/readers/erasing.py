"""
Erasing: what is personal goes, what is counted stays.

A delivery's row stays in its mailing's audience, an empty one; the address stays out of every list by its keyed hash.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, case, cast, delete, literal, null, or_, select, update

from newsletter.readers.suppressions import address_hash, suppress_all
from newsletter.store import Connection
from newsletter.store.bulk import is_one_of
from newsletter.store.tables import (
    address_changes,
    consents,
    deliveries,
    feedback,
    letters,
    sign_ups,
    subscribers,
    subscriptions,
)

#: What nobody has in hand: it is not sent any more.
_WAITING = ("queued", "claimed", "deferred")


def erase(
    connection: Connection, key: bytes, subscriber_ids: Collection[int], reason: str | None, now: datetime
) -> int:
    """
    Erase subscribers, and suppress their addresses for *reason*, if any; return how many were not erased yet.

    *key* is that of suppressions. What is being handed to a relay at this moment is not called back.
    """
    found = connection.execute(
        select(subscribers.c.id, subscribers.c.folded).where(
            is_one_of(connection, subscribers.c.id, subscriber_ids), subscribers.c.state != "erased"
        )
    ).all()
    ids = [row.id for row in found]
    if not ids:
        return 0
    if reason is not None:
        suppress_all(connection, [address_hash(key, row.folded) for row in found], reason, now)
    of_them = is_one_of(connection, address_changes.c.subscriber_id, ids)
    wished = connection.scalars(select(address_changes.c.folded).where(of_them)).all()
    connection.execute(delete(address_changes).where(of_them))
    forget_sign_ups(connection, key, [*(row.folded for row in found), *wished])
    _erase_subscriptions(connection, ids)
    connection.execute(
        update(subscribers)
        .where(is_one_of(connection, subscribers.c.id, ids))
        .values(
            address="",
            folded=literal("erased:") + cast(subscribers.c.id, String),
            state="erased",
            bounce_score=None,
            bounced_on=None,
        )
    )
    return len(ids)


def forget_sign_ups(connection: Connection, key: bytes, folded: Collection[str]) -> int:
    """Delete what was asked for addresses on a form; return how much that was."""
    hashes = [address_hash(key, each) for each in folded]
    return connection.execute(delete(sign_ups).where(is_one_of(connection, sign_ups.c.address_hash, hashes))).rowcount


def _erase_subscriptions(connection: Connection, subscriber_ids: Collection[int]) -> None:
    of_them = is_one_of(connection, subscriptions.c.subscriber_id, subscriber_ids)
    ids = connection.scalars(select(subscriptions.c.id).where(of_them)).all()
    connection.execute(
        update(subscriptions)
        .where(of_them)
        # Without its instant it is not looked at again for its age.
        .values(state="left", left_at=None, left_by=None, hour=None, zone=None, weekday=None, paused_until=None)
    )
    connection.execute(
        update(consents).where(is_one_of(connection, consents.c.subscription_id, ids)).values(text="", network=None)
    )
    connection.execute(
        update(feedback).where(is_one_of(connection, feedback.c.subscription_id, ids)).values(detail="", raw=None)
    )
    _erase_mail(connection, ids)


def _erase_mail(connection: Connection, subscription_ids: Collection[int]) -> None:
    """Empty deliveries and letters; what waits is suppressed, what may have arrived is not sent again."""
    connection.execute(
        update(deliveries)
        .where(
            is_one_of(connection, deliveries.c.subscription_id, subscription_ids),
            or_(
                deliveries.c.address.is_not(None),
                and_(deliveries.c.reply.is_not(None), deliveries.c.state != "suppressed"),
                deliveries.c.state.in_((*_WAITING, "unknown")),
            ),
        )
        .values(
            address=None,
            state=case((_waits(deliveries), "suppressed"), else_=deliveries.c.state),
            lease_until=case((_waits(deliveries), null()), else_=deliveries.c.lease_until),
            **_told(deliveries),
        )
    )
    sending = letters.c.state == "sending"
    connection.execute(
        update(letters)
        .where(is_one_of(connection, letters.c.subscription_id, subscription_ids))
        # One on its way comes back empty if its process ends: better unknown for good than sent so.
        .values(
            address="",
            mail=b"",
            state=case((_waits(letters), "suppressed"), (sending, "unknown"), else_=letters.c.state),
            lease_until=null(),
            **_told(letters),
        )
    )


def _waits(table: Table) -> ColumnElement[bool]:
    return table.c.state.in_(_WAITING)


def _told(table: Table) -> dict[str, Any]:
    """Return why it is not sent, and that it is not sent again; what a relay said may name the address, and goes."""
    return {
        "reply": case((_waits(table), "erased"), (table.c.state == "suppressed", table.c.reply), else_=null()),
        "ready_at": case((table.c.state.in_(("unknown", "sending")), null()), else_=table.c.ready_at),
    }
