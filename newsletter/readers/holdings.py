"""Holdings: everything that is held about one person, as they may ask to see it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Select, select

from newsletter.readers.suppressions import address_hash
from newsletter.shapes import instant
from newsletter.store import Connection
from newsletter.store.tables import (
    address_changes,
    consents,
    deliveries,
    editions,
    feedback,
    letters,
    mailings,
    sign_ups,
    subscribers,
    subscriptions,
    suppressions,
)

_EDITION = editions.c.slug.label("edition")
#: What the ledger keeps of a message, a delivery or a letter.
_MESSAGE = ("address", "state", "attempts", "due_at", "ready_at", "sent_at", "reply", "message_id")


def held(connection: Connection, key: bytes, folded: str) -> dict[str, Any] | None:
    """
    Return everything that is held about an address, as JSON; `None` if it is nothing.

    *folded* is the address as it is compared, *key* that of suppressions. Instants are RFC 3339 in UTC.
    """
    hashed = address_hash(key, folded)
    subscriber = connection.execute(select(subscribers).where(subscribers.c.folded == folded)).first()
    asked = _rows(
        connection,
        select(sign_ups.c.asked_at, sign_ups.c.network, sign_ups.c.domain, sign_ups.c.mailed)
        .where(sign_ups.c.address_hash == hashed)
        .order_by(sign_ups.c.id),
    )
    suppressed = _rows(
        connection,
        select(suppressions.c.reason, suppressions.c.since).where(suppressions.c.address_hash == hashed),
    )
    if subscriber is None and not asked and not suppressed:
        return None
    whose = subscriber.id if subscriber is not None else None
    return {
        "address": subscriber.address if subscriber is not None else None,
        "state": subscriber.state if subscriber is not None else None,
        "created_at": _plain(subscriber.created_at) if subscriber is not None else None,
        "bounce_score": subscriber.bounce_score if subscriber is not None else None,
        "bounced_on": _plain(subscriber.bounced_on) if subscriber is not None else None,
        "suppressed": suppressed[0] if suppressed else None,
        **{name: _rows(connection, statement) for name, statement in _parts(whose).items()},
        "sign_ups": asked,
    }


def _parts(subscriber_id: int | None) -> dict[str, Select[Any]]:
    """Return what is selected of each table about one subscriber."""
    mine = subscriptions.c.subscriber_id == subscriber_id
    return {
        "subscriptions": select(
            _EDITION,
            *(
                subscriptions.c[name]
                for name in (
                    *("state", "cadence", "weekday", "hour", "zone", "format", "paused_until"),
                    *("created_at", "confirmed_at", "left_at", "left_by"),
                )
            ),
        )
        .join(editions, editions.c.id == subscriptions.c.edition_id)
        .where(mine)
        .order_by(subscriptions.c.id),
        "consents": select(_EDITION, consents.c.given_at, consents.c.origin, consents.c.text, consents.c.network)
        .join(subscriptions, subscriptions.c.id == consents.c.subscription_id)
        .join(editions, editions.c.id == subscriptions.c.edition_id)
        .where(mine)
        .order_by(consents.c.id),
        "address_changes": select(address_changes.c.address, address_changes.c.asked_at, address_changes.c.done_at)
        .where(address_changes.c.subscriber_id == subscriber_id)
        .order_by(address_changes.c.id),
        "deliveries": select(
            _EDITION,
            mailings.c.kind,
            mailings.c.key,
            *(deliveries.c[name] for name in (*_MESSAGE, "format")),
        )
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .join(editions, editions.c.id == mailings.c.edition_id)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .where(mine)
        .order_by(mailings.c.id),
        "letters": select(
            letters.c.kind,
            *(letters.c[name] for name in _MESSAGE),
        )
        .join(subscriptions, subscriptions.c.id == letters.c.subscription_id)
        .where(mine)
        .order_by(letters.c.id),
        "feedback": select(
            feedback.c.kind, feedback.c.origin, feedback.c.received_at, feedback.c.status, feedback.c.detail
        )
        .join(subscriptions, subscriptions.c.id == feedback.c.subscription_id)
        .where(mine)
        .order_by(feedback.c.id),
    }


def _rows(connection: Connection, statement: Select[Any]) -> list[dict[str, Any]]:
    rows = connection.execute(statement).mappings()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:  # noqa: ANN401 -- any column's
    """Return a column's value as JSON has it."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, date) else value
