"""The verbs of subscribers and consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from newsletter.archive import editions
from newsletter.circulation.forms import Forms
from newsletter.circulation.joining import Joining
from newsletter.circulation.lists import Lists
from newsletter.circulation.means import Means, uid_in
from newsletter.circulation.moving import Moving
from newsletter.circulation.preferring import Preferring
from newsletter.errors import NewsletterError
from newsletter.models import Publisher
from newsletter.readers import subscribers, subscriptions
from newsletter.store import Store
from newsletter.tokens import InvalidToken, Keyring, Purpose


class NoConsent(NewsletterError):
    """Nobody is subscribed without a word of how they agreed."""

    def __init__(self) -> None:
        super().__init__("expected --consent TEXT: how, when and where these readers asked for the mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader's subscription, as it was when a token was read: the name that tokens have for it, and the edition."""

    uid: UUID
    edition: str
    has_left: bool


class Circulation(Lists):
    """
    Subscribers: those who come and go by themselves; `Lists` has the operator's verbs.

    What readers do on pages of their own is parted by its subject: *joining*, *preferring* one thing to another,
    *moving* to another address, and the *forms* that they fill in.
    """

    def __init__(
        self,
        store: Store,
        keys: Keyring,
        suppression_key: bytes,
        publisher: Publisher,
        retention: timedelta | None = None,
    ) -> None:
        super().__init__(store, suppression_key, retention)
        self._keys = keys
        self._means = Means(store=store, keys=keys, publisher=publisher, suppression_key=suppression_key)
        self.forms = Forms(keys)
        self.joining = Joining(self._means)
        self.preferring = Preferring(self._means, self.joining)
        self.moving = Moving(self._means, self.preferring)

    def add(self, slug: str | None, addresses: Sequence[str], consent: str, now: datetime) -> list[str]:
        """
        Subscribe addresses to an edition, confirmed on the operator's word; return those that were new.

        Who left, bounced, complained, was erased or is suppressed stays so.
        Raises `NoConsent`, `InvalidAddress` (then none of them is added), `NoSuchEdition`.
        """
        if not consent.strip():
            raise NoConsent
        with self.store.transaction() as connection:
            edition_id = editions.get_id(connection, editions.get(connection, slug).slug)
            return [
                subscribers.normal_address(address)[0]
                for address in addresses
                if not self._is_out(connection, address)
                and subscribers.subscribe(connection, edition_id, address, consent.strip(), now)
            ]

    def reader_of(self, token: str, now: datetime) -> Reader:
        """
        Return whose token to leave this is, and what is read; change nothing.

        Raises `InvalidToken` for one that is not ours, or of a subscription that is not there.
        """
        uid = uid_in(self._subject(token, now))
        with self.store.reading() as connection:
            found = subscribers.standing(connection, uid)
        if found is None:
            raise InvalidToken
        return Reader(uid=uid, edition=found[0], has_left=found[1] == "left")

    def leave(self, token: str, now: datetime) -> Reader:
        """Let the reader of *token* leave; doing it again changes nothing. Raises as `reader_of` does."""
        reader = self.reader_of(token, now)
        with self.store.transaction() as connection:
            subscribers.leave(connection, reader.uid, now)
        return reader

    def say_goodbye(self, token: str, now: datetime) -> Reader:
        """Let the reader of *token* leave as `leave` does, by their own hand: who got mail gets one last letter."""
        reader = self.reader_of(token, now)
        with self.store.transaction() as connection:
            standing = subscriptions.of_uid(connection, reader.uid)
            subscribers.leave(connection, reader.uid, now)
            if standing is not None and standing.gets_mail:
                self._means.say_goodbye(connection, standing, now)
        return reader

    def come_back(self, token: str, now: datetime) -> Reader:
        """Subscribe the reader of *token*, who left, again. Raises as `reader_of` does; so for who was erased."""
        reader = self.reader_of(token, now)
        with self.store.transaction() as connection:
            if not subscribers.come_back(connection, reader.uid, "asked to stay on the page for leaving", now):
                raise InvalidToken
        return reader

    def _subject(self, token: str, now: datetime) -> bytes:
        """Return what a token to leave is about; the first mails had them in letters of both cases."""
        try:
            return self._keys.open_from_mail(Purpose.UNSUBSCRIBE, token, now)
        except InvalidToken:
            return self._keys.open(Purpose.UNSUBSCRIBE, token, now)
