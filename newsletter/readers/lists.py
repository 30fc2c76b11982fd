"""Lists of subscribers in the store: many rows taken in at once, given out again, and matched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, select, update

from newsletter.imports.subscribers import Listed
from newsletter.readers.suppressions import address_hash, suppressed_of
from newsletter.store import Connection
from newsletter.store.bulk import insert_rows, is_one_of, reserved_ids
from newsletter.store.tables import consents, editions, subscribers, subscriptions

#: Who took a subscription off: the operator's list, which may bring it back.
BY_SYNC = "sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    On which terms rows are taken in.

    *key* is that of suppressions, *consent* what the operator says of rows that tell of none, *origin* what the
    evidence is kept under, *editions* the ids of editions by their slugs.
    """

    key: bytes
    editions: Mapping[str, int]
    consent: str
    origin: str
    now: datetime


@dataclass(slots=True, kw_only=True)
class Taken:
    """
    What became of rows: how many were *added*, *known* already, and stayed out or as they are, by the reason.

    *subscriptions* are the ids of those that stand on the list.
    """

    added: int = 0
    known: int = 0
    left: int = 0
    bounced: int = 0
    complained: int = 0
    suppressed: int = 0
    subscriptions: list[int] = field(default_factory=list)


def take(connection: Connection, rows: Sequence[Listed], terms: Terms, *, write: bool = True) -> Taken:
    """
    Subscribe who is new among *rows*, on the operator's word; all others stay as they are.

    Who is pending is confirmed by it, unless the row says so itself; who a list took off comes back. Without *write*
    nothing is kept, and *subscriptions* lacks the new ones.
    """
    taking = _Taking(connection, rows, terms)
    for row in rows:
        taking.sort(row)
    if write:
        taking.keep()
    return taking.taken


class _Taking:
    """One batch: what is known of its rows is asked for once, and what is new is written at once."""

    def __init__(self, connection: Connection, rows: Sequence[Listed], terms: Terms) -> None:
        self._connection = connection
        self._terms = terms
        self.taken = Taken()
        hashes = {row.folded: address_hash(terms.key, row.folded) for row in rows}
        self._out = suppressed_of(connection, set(hashes.values()))
        self._hashes = hashes
        self._known = {row.folded: row for row in _subscribers(connection, list(hashes))}
        self._standing = {
            (row.subscriber_id, row.edition_id): row
            for row in _subscriptions(connection, [row.id for row in self._known.values()])
        }
        self._seen: set[tuple[str, int]] = set()
        self._new: list[tuple[Listed, int]] = []
        self._confirmed: list[tuple[Listed, int]] = []

    def sort(self, row: Listed) -> None:
        """Decide what becomes of a row, and count it."""
        edition_id = self._terms.editions[row.edition]
        if (row.folded, edition_id) in self._seen:
            self.taken.known += 1
            return
        self._seen.add((row.folded, edition_id))
        if self._hashes[row.folded] in self._out:
            self.taken.suppressed += 1
            return
        subscriber = self._known.get(row.folded)
        there = self._standing.get((subscriber.id, edition_id)) if subscriber is not None else None
        address_state = subscriber.state if subscriber is not None else row.address_state
        if there is None:
            if subscriber is None or address_state == "good":
                self._new.append((row, edition_id))
            self._count(address_state, row.state, "added")
            return
        if row.state != "left":
            self.taken.subscriptions.append(there.id)
        comes_back = there.state == "left" and there.left_by == BY_SYNC and row.state in ("active", "paused")
        is_confirmed = there.state == "pending" and row.state == "active"
        if address_state == "good" and (comes_back or is_confirmed):
            self._confirmed.append((row, there.id))
            self.taken.added += 1
        else:
            self._count(address_state, there.state, "known")

    def _count(self, address_state: str, state: str, otherwise: str) -> None:
        name = address_state if address_state != "good" else "left" if state == "left" else otherwise
        setattr(self.taken, name, getattr(self.taken, name) + 1)

    def keep(self) -> None:
        """Write what is new."""
        ids = {folded: row.id for folded, row in self._known.items()}
        strangers = {row.folded: row for row, _ in reversed(self._new) if row.folded not in ids}
        ids |= dict(zip(strangers, self._reserved(subscribers, len(strangers)), strict=True))
        now = self._terms.now
        insert_rows(
            self._connection,
            subscribers,
            [
                {
                    "id": ids[folded],
                    "address": row.address,
                    "folded": folded,
                    "state": row.address_state,
                    "created_at": now,
                }
                for folded, row in strangers.items()
            ],
        )
        numbers = self._reserved(subscriptions, len(self._new))
        insert_rows(
            self._connection,
            subscriptions,
            [
                _subscription(row, number, ids[row.folded], edition_id, now)
                for (row, edition_id), number in zip(self._new, numbers, strict=True)
            ],
        )
        self.taken.subscriptions += [
            number for (row, _), number in zip(self._new, numbers, strict=True) if row.state != "left"
        ]
        self._confirm()
        kept = [*zip((row for row, _ in self._new), numbers, strict=True), *self._confirmed]
        insert_rows(self._connection, consents, [each for row, number in kept for each in self._consent(row, number)])

    def _reserved(self, table: Any, number: int) -> list[int]:  # noqa: ANN401 -- one of two tables
        return reserved_ids(self._connection, table, number) if number else []

    def _confirm(self) -> None:
        ids = [number for _, number in self._confirmed]
        if ids:
            self._connection.execute(
                update(subscriptions)
                .where(is_one_of(self._connection, subscriptions.c.id, ids))
                .values(state="active", left_at=None, left_by=None, paused_until=None)
            )

    def _consent(self, row: Listed, number: int) -> list[dict[str, Any]]:
        text = row.consent or (self._terms.consent if row.state in ("active", "paused") else "")
        given_at = row.consented_at or self._terms.now
        kept = {"subscription_id": number, "given_at": given_at, "origin": self._terms.origin, "text": text}
        return [kept] if text else []


def _subscription(row: Listed, number: int, subscriber_id: int, edition_id: int, now: datetime) -> dict[str, Any]:
    chosen = row.preferences
    return {
        "id": number,
        "subscriber_id": subscriber_id,
        "edition_id": edition_id,
        "state": row.state,
        "cadence": chosen.cadence,
        "weekday": chosen.weekday,
        "hour": chosen.hour,
        "zone": chosen.zone,
        "format": chosen.format,
        "uid": uuid4(),
        "paused_until": row.paused_until,
        "created_at": now,
        "confirmed_at": row.confirmed_at,
        "left_at": (row.left_at or now) if row.state == "left" else None,
    }


def _subscribers(connection: Connection, folded: Collection[str]) -> Iterable[Row[Any]]:
    return connection.execute(
        select(subscribers.c.id, subscribers.c.folded, subscribers.c.state).where(
            is_one_of(connection, subscribers.c.folded, folded)
        )
    )


def _subscriptions(connection: Connection, subscriber_ids: Collection[int]) -> Iterable[Row[Any]]:
    if not subscriber_ids:
        return []
    return connection.execute(
        select(
            subscriptions.c.id,
            subscriptions.c.subscriber_id,
            subscriptions.c.edition_id,
            subscriptions.c.state,
            subscriptions.c.left_by,
        ).where(is_one_of(connection, subscriptions.c.subscriber_id, subscriber_ids))
    )


def members(connection: Connection, edition_id: int, some: int = 5_000) -> Iterator[Sequence[int]]:
    """Yield the ids of the subscriptions that get an edition's mail, or will after a pause, *some* at a time."""
    last = 0
    while ids := connection.scalars(
        select(subscriptions.c.id)
        .where(
            subscriptions.c.edition_id == edition_id,
            subscriptions.c.state.in_(("active", "paused")),
            subscriptions.c.id > last,
        )
        .order_by(subscriptions.c.id)
        .limit(some)
    ).all():
        yield ids
        last = ids[-1]


def count_members(connection: Connection, edition_id: int) -> int:
    """Return how many `members` there are."""
    return sum(map(len, members(connection, edition_id)))


def take_off(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Let subscriptions end because a list names them no more."""
    connection.execute(
        update(subscriptions)
        .where(is_one_of(connection, subscriptions.c.id, ids))
        .values(state="left", left_at=now, left_by=BY_SYNC)
    )


def rows_out(connection: Connection, some: int = 2_000) -> Iterator[dict[str, Any]]:
    """Yield every subscription of who has an address, under the names of a list's columns, *some* asked for at once."""
    last = 0
    while rows := connection.execute(
        select(subscriptions, editions.c.slug, subscribers.c.address, subscribers.c.state.label("address_state"))
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .join(editions, editions.c.id == subscriptions.c.edition_id)
        .where(subscriptions.c.id > last, subscribers.c.state != "erased")
        .order_by(subscriptions.c.id)
        .limit(some)
    ).all():
        last = rows[-1].id
        # The newest word counts; a later one takes an earlier one's place.
        words = {
            row.subscription_id: row
            for row in connection.execute(
                select(consents.c.subscription_id, consents.c.given_at, consents.c.text)
                .where(is_one_of(connection, consents.c.subscription_id, [row.id for row in rows]))
                .order_by(consents.c.given_at, consents.c.id)
            )
        }
        for row in rows:
            word = words.get(row.id)
            yield {
                "address": row.address,
                "edition": row.slug,
                "state": row.state,
                "cadence": row.cadence,
                "weekday": row.weekday,
                "hour": row.hour,
                "zone": row.zone,
                "format": row.format,
                "paused_until": row.paused_until,
                "address_state": row.address_state,
                "consent": word.text if word is not None else None,
                "consented_at": word.given_at if word is not None else None,
                "confirmed_at": row.confirmed_at,
                "left_at": row.left_at,
            }
