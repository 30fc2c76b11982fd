"""
Preferring: what readers choose on a page of their own, behind a link that is mailed to them and works for an hour.

The page is a subscriber's, with all their subscriptions. Asking for the link takes the same steps for every address,
and tells the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from newsletter.addresses import normal_address
from newsletter.archive import editions
from newsletter.circulation.joining import Joining
from newsletter.circulation.means import Means, Post, uid_in
from newsletter.preferences import Preferences
from newsletter.readers import consents, erasing, holdings, sign_ups, subscribers, subscriptions, suppressions
from newsletter.readers.consents import Evidence
from newsletter.readers.subscriptions import Standing
from newsletter.render import choices
from newsletter.render import letters as written
from newsletter.store import Connection
from newsletter.tokens import InvalidToken, Purpose

_ORIGIN = "preferences page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose page it is: the address, their subscriptions, the first of which names them; none once they are erased."""

    address: str
    standing: tuple[Standing, ...]

    @property
    def is_erased(self) -> bool:
        """Whether nothing is held about them any more."""
        return not self.standing

    def of(self, edition: str) -> Standing | None:
        """Return their subscription to an edition."""
        return next((one for one in self.standing if one.edition == edition), None)


@dataclass(frozen=True, slots=True)
class Preferring:
    """Who chooses what they get."""

    means: Means
    joining: Joining

    def send_link(self, address: str, network: str, now: datetime) -> None:
        """
        Mail a link to the page of whoever has an address, if they are known; raise `InvalidAddress`.

        Nothing else tells one address from another. Who never confirmed is not known.
        """
        _, folded = normal_address(address)
        with self.means.store.reading() as connection:
            if sign_ups.is_flooded(connection, network, now):
                return
        with self.means.store.transaction() as connection:
            asked = sign_ups.Ask(
                kind="preferences",
                address_hash=self.means.hash_of(folded),
                network=network,
                domain=folded.rpartition("@")[2],
            )
            theirs = [one for one in subscriptions.of_address(connection, folded) if one.state != "pending"]
            reason = suppressions.reason_for(connection, asked.address_hash)
            free = reason is None or reason in suppressions.OWN_WORD
            known = next((one for one in theirs if free and one.subscriber != "complained"), None)
            mailed = sign_ups.may_write(connection, asked, now) and known is not None
            sign_ups.record(connection, asked, now, mailed=mailed)
            edition = editions.get(connection, known.edition if known else None)
            token = self.means.keys.seal(Purpose.PREFERENCES, (known.uid if known else uuid4()).bytes, now)
            letter = written.preferences(self.means.dress(connection, edition), token)
            if mailed and known is not None:
                post = Post(
                    kind="preferences",
                    letter=letter,
                    edition=edition,
                    address=known.address,
                    subscription_id=known.id,
                )
                self.means.post(connection, post, now)

    def look(self, token: str, now: datetime) -> Holder:
        """Return whose page a link leads to; change nothing. Raises `InvalidToken`, `ExpiredToken`."""
        with self.means.store.reading() as connection:
            return self.holder(connection, token, now)

    def keep(self, token: str, edition: str, preferences: Preferences, now: datetime) -> Holder:
        """Keep how the reader of *token* gets an edition. Raises as `look` does."""
        with self.means.store.transaction() as connection:
            if standing := self.holder(connection, token, now).of(edition):
                subscriptions.keep(connection, standing.id, preferences)
            return self.holder(connection, token, now)

    def pause(self, token: str, edition: str, until: date | None, now: datetime) -> Holder:
        """Send the reader of *token* nothing of an edition until a day (`None`: until they say so)."""
        with self.means.store.transaction() as connection:
            if standing := self.holder(connection, token, now).of(edition):
                subscriptions.pause(connection, standing.id, until)
            return self.holder(connection, token, now)

    def resume(self, token: str, edition: str, now: datetime) -> Holder:
        """End a pause."""
        with self.means.store.transaction() as connection:
            if standing := self.holder(connection, token, now).of(edition):
                subscriptions.resume(connection, standing.id)
            return self.holder(connection, token, now)

    def leave(self, token: str, edition: str, now: datetime) -> Holder:
        """Let the reader of *token* leave an edition, with one last letter."""
        with self.means.store.transaction() as connection:
            standing = self.holder(connection, token, now).of(edition)
            if standing is not None:
                subscribers.leave(connection, standing.uid, now)
                if standing.gets_mail:
                    self.means.say_goodbye(connection, standing, now)
            return self.holder(connection, token, now)

    def join(self, token: str, edition: str, network: str, now: datetime) -> Holder:
        """Subscribe the reader of *token* to an edition too: that they read the link is their proof."""
        with self.means.store.transaction() as connection:
            holder = self.holder(connection, token, now)
            if holder.is_erased or ((had := holder.of(edition)) is not None and had.gets_mail):
                return holder
            first = holder.standing[0]
            edition_id = editions.get_id(connection, edition)
            preferences = had.preferences if had is not None else first.preferences
            subscriptions.ask(connection, edition_id, (first.address, first.folded), preferences, now)
            standing = self.holder(connection, token, now).of(edition)
            if standing is not None and self.joining.let_in(connection, standing, preferences, now):
                text = f"subscribed to {edition}, {choices.told(preferences)}"
                consents.record(connection, standing.id, Evidence(origin=_ORIGIN, text=text, network=network), now)
            return self.holder(connection, token, now)

    def send_held(self, token: str, network: str, now: datetime) -> Holder:
        """Mail the reader of *token* everything that is held about them; once a day, however often it is asked."""
        with self.means.store.transaction() as connection:
            holder = self.holder(connection, token, now)
            if holder.is_erased:
                return holder
            first = holder.standing[0]
            asked = sign_ups.Ask(
                kind="held",
                address_hash=self.means.hash_of(first.folded),
                network=network,
                domain=first.folded.rpartition("@")[2],
            )
            if sign_ups.may_write(connection, asked, now):
                edition = editions.get(connection, first.edition)
                everything = holdings.held(connection, self.means.suppression_key, first.folded)
                text = json.dumps(everything, ensure_ascii=False, indent=2)
                sign_ups.record(connection, asked, now, mailed=True)
                post = Post(
                    kind="held",
                    letter=written.held(self.means.dress(connection, edition), text),
                    edition=edition,
                    address=first.address,
                    subscription_id=first.id,
                )
                self.means.post(connection, post, now)
            return holder

    def erase(self, token: str, now: datetime) -> Holder:
        """Erase the reader of *token* everywhere; no list brings them back, they themselves may come."""
        with self.means.store.transaction() as connection:
            holder = self.holder(connection, token, now)
            whose = {one.subscriber_id for one in holder.standing}
            erasing.erase(connection, self.means.suppression_key, whose, suppressions.ERASED, now)
            return self.holder(connection, token, now)

    def holder(self, connection: Connection, token: str, now: datetime) -> Holder:
        """Return whose link it is, as it stands in a transaction. Raises `InvalidToken`, `ExpiredToken`."""
        standing = subscriptions.of_uid(connection, uid_in(self.means.keys.open(Purpose.PREFERENCES, token, now)))
        if standing is None or standing.subscriber == "complained":
            raise InvalidToken
        if standing.subscriber == "erased":
            return Holder(address="", standing=())
        theirs = subscriptions.of_subscriber(connection, standing.subscriber_id)
        return Holder(address=standing.address, standing=tuple(theirs))
