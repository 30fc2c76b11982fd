"""
Suppressions: addresses that no list brings back.

An address is kept as a keyed hash: whoever reads the table learns no address, and it outlives an address that was
erased. A subscriber's own confirmed word lifts what kept them out for having left; the operator's word stands until
the operator takes it back.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Delete, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.store.bulk import is_one_of
from newsletter.store.tables import suppressions

#: Reasons. A sign-up that is confirmed lifts these: no list brings such a reader back, they themselves may.
ERASED, LEFT = "erased", "left"
OWN_WORD = frozenset({ERASED, LEFT})


def address_hash(key: bytes, folded: str) -> str:
    """Return what stands for an address, by *key* (HMAC-SHA-256) and as it is compared, in hexadecimal digits."""
    return hmac.digest(key, folded.encode(), sha256).hex()


def reason_for(connection: Connection, address_hash: str) -> str | None:
    """Return why an address is suppressed; `None` if it is not."""
    return connection.scalar(select(suppressions.c.reason).where(suppressions.c.address_hash == address_hash))


def is_suppressed(connection: Connection, address_hash: str) -> bool:
    """Say whether an address is suppressed, for whatever reason."""
    return reason_for(connection, address_hash) is not None


def is_any(connection: Connection) -> bool:
    """Say whether any address is suppressed."""
    return connection.scalar(select(suppressions.c.address_hash).limit(1)) is not None


def suppressed_of(connection: Connection, hashes: Collection[str]) -> set[str]:
    """Return those of *hashes* that are suppressed."""
    condition = is_one_of(connection, suppressions.c.address_hash, hashes)
    return set(connection.scalars(select(suppressions.c.address_hash).where(condition)))


def suppress(connection: Connection, address_hash: str, reason: str, now: datetime) -> None:
    """
    Suppress an address; again changes nothing.

    But what a sign-up would lift becomes what it does not: a weightier reason takes a lighter one's place.
    """
    suppress_all(connection, [address_hash], reason, now)


def suppress_all(connection: Connection, hashes: Collection[str], reason: str, now: datetime) -> None:
    """Suppress addresses, as `suppress` does one."""
    if not hashes:
        return
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(suppressions)
    if reason in OWN_WORD:
        kept = statement.on_conflict_do_nothing()
    else:
        kept = statement.on_conflict_do_update(
            index_elements=["address_hash"],
            set_={"reason": reason, "since": now},
            where=or_(*(suppressions.c.reason == each for each in sorted(OWN_WORD))),
        )
    # In one order, so that two transactions never wait for each other crosswise.
    connection.execute(kept, [{"address_hash": each, "reason": reason, "since": now} for each in sorted(set(hashes))])


def lift(connection: Connection, address_hash: str) -> bool:
    """Suppress an address no more, on the operator's word; say whether it was."""
    return bool(connection.execute(_lifted(address_hash)).rowcount)


def lift_own(connection: Connection, address_hash: str) -> bool:
    """Let a reader's own confirmed word lift what it may; say whether nothing keeps the address out any more."""
    connection.execute(_lifted(address_hash).where(suppressions.c.reason.in_(OWN_WORD)))
    return not is_suppressed(connection, address_hash)


def _lifted(address_hash: str) -> Delete:
    return delete(suppressions).where(suppressions.c.address_hash == address_hash)
