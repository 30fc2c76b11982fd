"""
Sign-ups: what was asked for by whoever, and how much of it is answered by a letter.

Anybody can type anybody's address into a form, and lists of forms are used to drown a victim in confirmations. So
letters that strangers can cause are few: for an address, for a network, to a domain, and in all. What is over a cap
gets no letter, and the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select

from newsletter.store.tables import sign_ups

#: What may be asked for: a confirmation (of a subscription or a new address), the word that one is subscribed
#: already, a link to one's preferences, everything that is held, a change of the address that it comes from.
Kind = Literal["confirmation", "already", "preferences", "held", "moving"]


class Cap(NamedTuple):
    """So many at the most in so much time; *time* `None`: in all."""

    number: int
    time: timedelta | None


#: Letters to one address. Those of confirmations count anew once the address was confirmed.
PER_ADDRESS: dict[Kind, tuple[Cap, ...]] = {
    "confirmation": (Cap(1, timedelta(hours=24)), Cap(3, None)),
    "already": (Cap(1, timedelta(days=30)),),
    "preferences": (Cap(1, timedelta(minutes=10)), Cap(3, timedelta(hours=24))),
    "held": (Cap(1, timedelta(hours=24)),),
    "moving": (Cap(3, timedelta(hours=24)),),
}
#: Letters of every kind: asked for from one network, to one domain, and in all.
PER_NETWORK = (Cap(10, timedelta(hours=1)), Cap(30, timedelta(hours=24)))
PER_DOMAIN = (Cap(300, timedelta(hours=1)),)
IN_TOTAL = (Cap(60, timedelta(minutes=1)), Cap(1000, timedelta(hours=1)))
#: What is asked, answered by a letter or not: beyond these nothing is looked up, and nothing is written.
ASKED_PER_NETWORK = (Cap(60, timedelta(hours=1)),)
ASKED_IN_TOTAL = (Cap(5000, timedelta(hours=1)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who asks for what: *network* is a prefix, *address_hash* a keyed hash, *domain* the address's."""

    kind: Kind
    address_hash: str
    network: str
    domain: str


def is_flooded(connection: Connection, network: str, now: datetime) -> bool:
    """Say whether so much was asked, from one network or in all, that no more is listened to for now."""
    return _over(connection, sign_ups.c.network == network, ASKED_PER_NETWORK, now) or _over(
        connection, sign_ups.c.id.is_not(None), ASKED_IN_TOTAL, now
    )


def may_write(connection: Connection, ask: Ask, now: datetime, *, since: datetime | None = None) -> bool:
    """Say whether a letter may go out for *ask*; confirmations before *since* were answered, and don't count."""
    to_address = and_(sign_ups.c.address_hash == ask.address_hash, sign_ups.c.kind == ask.kind, sign_ups.c.mailed)
    if since is not None and ask.kind == "confirmation":
        to_address = and_(to_address, sign_ups.c.asked_at > since)
    caps = (
        (to_address, PER_ADDRESS[ask.kind]),
        (and_(sign_ups.c.network == ask.network, sign_ups.c.mailed), PER_NETWORK),
        (and_(sign_ups.c.domain == ask.domain, sign_ups.c.mailed), PER_DOMAIN),
        (sign_ups.c.mailed, IN_TOTAL),
    )
    # All are counted, whichever is reached: the time that it takes tells nothing.
    reached = [_over(connection, counted, several, now) for counted, several in caps]
    return not any(reached)


def record(connection: Connection, ask: Ask, now: datetime, *, mailed: bool) -> None:
    """Keep what was asked for, and whether a letter went out."""
    connection.execute(
        insert(sign_ups).values(
            kind=ask.kind,
            asked_at=now,
            address_hash=ask.address_hash,
            network=ask.network,
            domain=ask.domain,
            mailed=mailed,
        )
    )


def _over(connection: Connection, counted: ColumnElement[bool], caps: tuple[Cap, ...], now: datetime) -> bool:
    reached = [_count(connection, counted, cap, now) >= cap.number for cap in caps]
    return any(reached)


def _count(connection: Connection, counted: ColumnElement[bool], cap: Cap, now: datetime) -> int:
    recent = counted if cap.time is None else and_(counted, sign_ups.c.asked_at > now - cap.time)
    # No more are counted than matter: a flood must not make counting slow.
    some = select(sign_ups.c.id).where(recent).limit(cap.number).subquery()
    return int(connection.scalar(select(func.count()).select_from(some)) or 0)
