"""The verbs of lists: what operators do with many readers at once, and what is forgotten of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from newsletter.addresses import normal_address
from newsletter.archive import editions
from newsletter.circulation.listing import ListReport, SubscriberList, lines_out
from newsletter.readers import aging, erasing, holdings, subscribers, suppressions
from newsletter.readers.subscribers import Subscriber
from newsletter.store import Connection, Store
from newsletter.store.engine import remember, remembered

#: Where the last day is kept on which what is old was forgotten.
_AGED_OUT = "aged_out"


def has_suppressions(store: Store) -> bool:
    """Say whether any address is suppressed, by a key that is needed then."""
    with store.reading() as connection:
        return suppressions.is_any(connection)


class Lists:
    """
    Readers by the list.

    *suppression_key* hashes the addresses that no list brings back; personal data is forgotten after *retention*,
    `None` meaning never.
    """

    def __init__(self, store: Store, suppression_key: bytes, retention: timedelta | None) -> None:
        self.store = store
        self._suppression_key = suppression_key
        self._retention = retention

    def take_in(self, listed: SubscriberList, now: datetime, report: ListReport, *, dry_run: bool = False) -> None:
        """
        Subscribe who is new on a list, on the operator's word; what became of each row is reported.

        Who left, bounced, complained, was erased or is suppressed stays so. Raises `InvalidList`, `NoSuchEdition`.
        """
        listed.take_in(self.store, self._suppression_key, now, report, dry_run=dry_run)

    def match(
        self,
        listed: SubscriberList,
        now: datetime,
        report: ListReport,
        *,
        most: int | None = None,
        dry_run: bool = False,
    ) -> None:
        """
        Make an edition's readers those on a list: take it in, and off whom it does not name, in one transaction.

        Raises `InvalidList`, `BrokenList`, `TooManyLeave` (more than *most*, or a tenth), `NoSuchEdition`; then nothing
        was changed.
        """
        listed.match(self.store, self._suppression_key, now, report, most=most, dry_run=dry_run)

    def export(self) -> Iterator[str]:
        """Yield every subscription as a line of a list, which `take_in` takes into an empty database without loss."""
        with self.store.reading() as connection:
            yield from lines_out(connection)

    def erase(self, addresses: Sequence[str], now: datetime) -> list[str]:
        """
        Erase what is held about addresses, and let no list bring them back; return those that something was held of.

        Doing it again changes nothing. Raises `InvalidAddress` (then none of them is erased).
        """
        folded = [normal_address(address)[1] for address in addresses]
        with self.store.transaction() as connection:
            asked = {each for each in folded if erasing.forget_sign_ups(connection, self._suppression_key, [each])}
            ids = subscribers.ids_of(connection, folded)
            erasing.erase(connection, self._suppression_key, ids.values(), suppressions.ERASED, now)
        return [each for each in dict.fromkeys(folded) if each in asked or each in ids]

    def erase_reader(self, uid: UUID, now: datetime) -> bool:
        """Erase the reader whose subscription has this name in tokens; say whether there was anything to erase."""
        with self.store.transaction() as connection:
            subscriber_id = subscribers.whose(connection, uid)
            if subscriber_id is None:
                return False
            return bool(erasing.erase(connection, self._suppression_key, [subscriber_id], suppressions.ERASED, now))

    def suppress(self, addresses: Sequence[str], reason: str, now: datetime) -> list[str]:
        """
        Send nothing to addresses any more, whoever asks; return those that were subscribed.

        Neither a list nor a sign-up brings them back. Raises `InvalidAddress` (then none of them is suppressed).
        """
        folded = [normal_address(address)[1] for address in addresses]
        with self.store.transaction() as connection:
            hashes = [suppressions.address_hash(self._suppression_key, each) for each in folded]
            suppressions.suppress_all(connection, hashes, reason.strip() or "operator", now)
            return subscribers.leave_all(connection, subscribers.ids_of(connection, folded), now)

    def lift(self, addresses: Sequence[str]) -> list[str]:
        """Suppress addresses no more; return those that were. Nobody is subscribed again by it."""
        folded = [normal_address(address)[1] for address in addresses]
        with self.store.transaction() as connection:
            return [
                each
                for each in folded
                if suppressions.lift(connection, suppressions.address_hash(self._suppression_key, each))
            ]

    def every(self, state: str | None = None, edition: str | None = None) -> Iterator[Subscriber]:
        """
        Yield every subscriber, in the order in which they came.

        *state* chooses by their state or a subscription's, *edition* by a subscription to it. Raises `NoSuchEdition`.
        """
        with self.store.reading() as connection:
            if edition is not None:
                editions.get(connection, edition)
            yield from subscribers.every(connection, state, edition)

    def kept_out(self, addresses: Sequence[str]) -> list[str]:
        """Return those of *addresses* that are suppressed, and so on no list."""
        with self.store.reading() as connection:
            return [each for each in addresses if self._is_out(connection, each)]

    def _is_out(self, connection: Connection, address: str) -> bool:
        hashed = suppressions.address_hash(self._suppression_key, normal_address(address)[1])
        return suppressions.is_suppressed(connection, hashed)

    def age_out_daily(self, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """Do `age_out` if it was not done on this day (in UTC) yet; return the counts, or nothing."""
        today = now.date().isoformat()
        with self.store.reading() as connection:
            if remembered(connection, _AGED_OUT) == today:
                return {}
        counts = self.age_out(now, goes_on)
        if goes_on():
            with self.store.transaction() as connection:
                remember(connection, _AGED_OUT, today)
        return counts

    def age_out(self, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """
        Forget what is personal and older than the retention; return how much of what.

        It takes many short transactions, begins none once *goes_on* says no, and goes on from there the next time. What
        was asked for on forms is forgotten after 30 days, however long all else is kept.
        """
        shortest = min(aging.SIGN_UPS, self._retention) if self._retention else aging.SIGN_UPS
        counts = {"sign_ups": self._forget(aging.forget_sign_ups, now, shortest, goes_on)}
        if self._retention:
            for name, step in aging.STEPS.items():
                counts[name] = self._forget(step, now, self._retention, goes_on)
        return counts

    def _forget(self, step: aging.Forgetting, now: datetime, after: timedelta, goes_on: Callable[[], bool]) -> int:
        age = aging.Age(before=now - after, now=now, key=self._suppression_key)
        total, more = 0, True
        while more and goes_on():
            with self.store.transaction() as connection:
                number, more = step(connection, age)
            total += number
        return total

    def held(self, address: str) -> dict[str, Any] | None:
        """Return everything that is held about an address, as JSON; `None`: nothing is. Raises `InvalidAddress`."""
        with self.store.reading() as connection:
            return holdings.held(connection, self._suppression_key, normal_address(address)[1])
