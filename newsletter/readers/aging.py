"""
Aging: what is personal and old is forgotten, some of it in each transaction.

Each step finds what is old by an index that holds nothing else, so that a day with nothing to do costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, and_, case, delete, exists, func, null, or_, select, text, update

from newsletter.readers.erasing import erase
from newsletter.readers.suppressions import LEFT
from newsletter.store import Connection
from newsletter.store.bulk import is_one_of
from newsletter.store.engine import remember, remembered
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
)

#: What caps count by is of no use for longer, whatever else is kept.
SIGN_UPS = timedelta(days=30)
#: Rows that one transaction forgets.
SOME = 2_000
#: Under which the ledger's progress is kept: the mailing and the subscription that it came to.
_COME_TO = "aged_deliveries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """What is before *before* is old, at *now*; *key* is that of suppressions, and *some* the rows of a transaction."""

    before: datetime
    now: datetime
    key: bytes
    some: int = SOME


class Step(NamedTuple):
    """How much was forgotten, and whether there may be more."""

    number: int
    more: bool


Forgetting = Callable[[Connection, Age], Step]


def forget_sign_ups(connection: Connection, age: Age) -> Step:
    """Delete what was asked for on forms."""
    old = select(sign_ups.c.id).where(sign_ups.c.asked_at < age.before).limit(age.some)
    return _step(connection.execute(delete(sign_ups).where(sign_ups.c.id.in_(old))).rowcount, age)


def _forget_pending(connection: Connection, age: Age) -> Step:
    """Delete who asked for mail and never confirmed it, with all that is about it."""
    asked_since = exists().where(consents.c.subscription_id == subscriptions.c.id, consents.c.given_at >= age.before)
    written_since = exists().where(letters.c.subscription_id == subscriptions.c.id, letters.c.due_at >= age.before)
    mailed = exists().where(deliveries.c.subscription_id == subscriptions.c.id)
    rows = connection.execute(
        select(subscriptions.c.id, subscriptions.c.subscriber_id)
        .where(
            # Edition by edition, as the index has it.
            subscriptions.c.edition_id.in_(select(editions.c.id)),
            subscriptions.c.state == "pending",
            subscriptions.c.created_at < age.before,
            ~asked_since,
            ~written_since,
            ~mailed,
        )
        .limit(age.some)
    ).all()
    ids = [row.id for row in rows]
    for table in (consents, letters, feedback):
        connection.execute(delete(table).where(is_one_of(connection, table.c.subscription_id, ids)))
    connection.execute(delete(subscriptions).where(is_one_of(connection, subscriptions.c.id, ids)))
    _forget_subscribers(connection, {row.subscriber_id for row in rows}, age)
    return _step(len(ids), age)


def _forget_subscribers(connection: Connection, ids: set[int], age: Age) -> None:
    """Delete those who have no subscription any more; who complained is erased, and never written to again."""
    other = exists().where(subscriptions.c.subscriber_id == subscribers.c.id)
    rows = connection.execute(
        select(subscribers.c.id, subscribers.c.state).where(
            is_one_of(connection, subscribers.c.id, ids), subscribers.c.state != "erased", ~other
        )
    ).all()
    erase(connection, age.key, [row.id for row in rows if row.state == "complained"], "complained", age.now)
    gone = [row.id for row in rows if row.state != "complained"]
    connection.execute(delete(address_changes).where(is_one_of(connection, address_changes.c.subscriber_id, gone)))
    connection.execute(delete(subscribers).where(is_one_of(connection, subscribers.c.id, gone)))


def _erase_left(connection: Connection, age: Age) -> Step:
    """
    Erase who left every edition; who left by themselves is brought back by no list.

    Whom a list took off, a list may bring back: as a stranger, with a new word of consent.
    """
    other = subscriptions.alias()
    stays = exists().where(
        other.c.subscriber_id == subscriptions.c.subscriber_id,
        or_(other.c.state != "left", other.c.left_at >= age.before),
    )
    rows = connection.execute(
        select(
            subscriptions.c.subscriber_id,
            subscribers.c.state,
            func.count().filter(subscriptions.c.left_by.is_(None)).label("own"),
        )
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(subscriptions.c.left_at < age.before, subscriptions.c.state == "left", ~stays)
        .group_by(subscriptions.c.subscriber_id, subscribers.c.state)
        .limit(age.some)
    ).all()
    reasons: dict[str | None, list[int]] = {}
    for row in rows:
        reason = "complained" if row.state == "complained" else LEFT if row.own else None
        reasons.setdefault(reason, []).append(row.subscriber_id)
    for reason, ids in reasons.items():
        erase(connection, age.key, ids, reason, age.now)
    return _step(len(rows), age)


def _empty_letters(connection: Connection, age: Age) -> Step:
    old = (
        select(letters.c.id)
        .where(text("address <> ''"), letters.c.due_at < age.before, _is_done(letters))
        .limit(age.some)
    )
    emptied = (
        update(letters)
        .where(letters.c.id.in_(old))
        # Why it was not sent is ours; what a relay said may name the address.
        .values(address="", mail=b"", reply=case((letters.c.state == "suppressed", letters.c.reply), else_=null()))
    )
    return _step(connection.execute(emptied).rowcount, age)


def _forget_networks(connection: Connection, age: Age) -> Step:
    old = select(consents.c.id).where(consents.c.network.is_not(None), consents.c.given_at < age.before).limit(age.some)
    return _step(connection.execute(update(consents).where(consents.c.id.in_(old)).values(network=None)).rowcount, age)


def _empty_feedback(connection: Connection, age: Age) -> Step:
    old = (
        select(feedback.c.id)
        .where(text("(raw IS NOT NULL OR detail <> '')"), feedback.c.received_at < age.before)
        .limit(age.some)
    )
    emptied = update(feedback).where(feedback.c.id.in_(old)).values(raw=None, detail="")
    return _step(connection.execute(emptied).rowcount, age)


def _forget_changes(connection: Connection, age: Age) -> Step:
    old = select(address_changes.c.id).where(address_changes.c.asked_at < age.before).limit(age.some)
    return _step(connection.execute(delete(address_changes).where(address_changes.c.id.in_(old))).rowcount, age)


def _empty_deliveries(connection: Connection, age: Age) -> Step:
    """Empty deliveries, mailing by mailing, in order; the ledger's size would make an index of their own dear."""
    last, place = map(int, (remembered(connection, _COME_TO) or "0:0").split(":"))
    mailing_id = connection.scalar(
        select(mailings.c.id)
        .where(mailings.c.id >= (last if place else last + 1), mailings.c.created_at < age.before)
        .order_by(mailings.c.id)
        .limit(1)
    )
    if mailing_id is None:
        return Step(0, more=False)
    of_mailing = deliveries.c.mailing_id == mailing_id
    if connection.scalar(select(exists().where(of_mailing, ~_is_done(deliveries)))):
        return Step(0, more=False)  # something of it may still be sent: another day
    after = place if mailing_id == last else 0
    some = connection.scalars(
        select(deliveries.c.subscription_id)
        .where(of_mailing, deliveries.c.subscription_id > after)
        .order_by(deliveries.c.subscription_id)
        .limit(age.some)
    ).all()
    emptied = 0
    if some:
        emptied = connection.execute(
            update(deliveries)
            .where(
                of_mailing,
                deliveries.c.subscription_id.between(some[0], some[-1]),
                or_(
                    deliveries.c.address.is_not(None),
                    and_(deliveries.c.reply.is_not(None), deliveries.c.state != "suppressed"),
                ),
            )
            .values(address=None, reply=case((deliveries.c.state == "suppressed", deliveries.c.reply), else_=null()))
        ).rowcount
    over = len(some) < age.some
    remember(connection, _COME_TO, f"{mailing_id}:0" if over else f"{mailing_id}:{some[-1]}")
    return Step(emptied, more=True)


#: What is forgotten once it is old, in this order, by the name under which it is counted.
STEPS: Mapping[str, Forgetting] = {
    "pending": _forget_pending,
    "left": _erase_left,
    "address_changes": _forget_changes,
    "letters": _empty_letters,
    "networks": _forget_networks,
    "feedback": _empty_feedback,
    "deliveries": _empty_deliveries,
}


def _step(number: int, age: Age) -> Step:
    return Step(number, more=number >= age.some)


def _is_done(table: Table) -> ColumnElement[bool]:
    """Return what makes a delivery or a letter one that is not sent any more; by no index: there are most of them."""
    return and_(
        table.c.state.not_in(("queued", "claimed", "sending", "deferred")),
        or_(table.c.state != "unknown", table.c.ready_at.is_(None)),
    )
