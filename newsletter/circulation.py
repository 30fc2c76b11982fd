"""The verbs of subscribers and consent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.archive import editions
from newsletter.errors import NewsletterError
from newsletter.readers import subscribers
from newsletter.readers.subscribers import Subscriber
from newsletter.store import Store


class NoConsent(NewsletterError):
    """Nobody is subscribed without a word of how they agreed."""

    def __init__(self) -> None:
        super().__init__("expected --consent TEXT: how, when and where these readers asked for the mail")


class Circulation:
    """Subscribers."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, slug: str | None, addresses: Sequence[str], consent: str, now: datetime) -> list[str]:
        """
        Subscribe addresses to an edition, confirmed on the operator's word; return those that were new.

        Raises `NoConsent`, `InvalidAddress` (then none of them is added), `NoSuchEdition`.
        """
        if not consent.strip():
            raise NoConsent
        with self.store.transaction() as connection:
            edition_id = editions.get_id(connection, editions.get(connection, slug).slug)
            return [
                subscribers.normal_address(address)[0]
                for address in addresses
                if subscribers.subscribe(connection, edition_id, address, consent.strip(), now)
            ]

    def every(self) -> list[Subscriber]:
        """Return every subscriber, in the order in which they came."""
        with self.store.reading() as connection:
            return list(subscribers.every(connection))
