"""
Joining: asked for by whoever types an address, confirmed by who reads its mail.

Whatever is known of an address, asking takes the same steps and tells the same: a letter is written in any case, and
posted only if it may be. What was wished is in the link that confirms, so that who asks once more in another's name
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from newsletter.addresses import normal_address
from newsletter.archive import editions
from newsletter.archive.reading import View
from newsletter.circulation.means import Means, Post, uid_in
from newsletter.delivery import welcome
from newsletter.models import Edition
from newsletter.preferences import Preferences, WrongPreferences, unpacked
from newsletter.readers import consents, sign_ups, subscriptions, suppressions
from newsletter.readers.consents import Evidence
from newsletter.readers.subscriptions import Standing
from newsletter.render import choices
from newsletter.render import letters as written
from newsletter.render.message import Letter
from newsletter.store import Connection
from newsletter.tokens import ExpiredToken, InvalidToken, Purpose

#: Bytes of a subscription's name, and of the instant at which it was asked for, in microseconds.
_UID, _INSTANT = 16, 7
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    A subscription that somebody asks for.

    *edition* is a slug, `None` the first one's. *origin* says on which form, *network* is the prefix of where it was
    asked.
    """

    address: str
    edition: str | None
    preferences: Preferences
    origin: str
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """
    What a link to confirm stands for.

    *said* is `ask` before it is used, `done` when it has been just now, `already` for who is subscribed, `refused`
    for an address that must not be written to.
    """

    edition: str
    said: str
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class Joining:
    """Who asks for mail, and who confirms."""

    means: Means

    def ask(self, wish: Wish, now: datetime) -> None:
        """
        Let somebody ask for a subscription; a letter goes out if the address may be written to.

        Raises `InvalidAddress` and `NoSuchEdition`; nothing else tells one address from another.
        """
        written_, folded = normal_address(wish.address)
        with self.means.store.reading() as connection:
            if sign_ups.is_flooded(connection, wish.network, now):
                return
        with self.means.store.transaction() as connection:
            edition = editions.get(connection, wish.edition)
            theirs = subscriptions.of_address(connection, folded)
            standing = next((one for one in theirs if one.edition == edition.slug), None)
            asked = sign_ups.Ask(
                kind="already" if standing is not None and standing.gets_mail else "confirmation",
                address_hash=self.means.hash_of(folded),
                network=wish.network,
                domain=folded.rpartition("@")[2],
            )
            since = max((one.confirmed_at for one in theirs if one.confirmed_at), default=None)
            free = self._is_free(connection, asked.address_hash, theirs)
            mailed = sign_ups.may_write(connection, asked, now, since=since) and free
            sign_ups.record(connection, asked, now, mailed=mailed)
            if asked.kind == "already" and standing is not None:
                letter, mine = self._already(connection, edition), standing.id
            else:
                mine, uid = standing.id if standing else 0, uuid4()
                if mailed:
                    mine, uid = self._asked(connection, edition, (written_, folded), wish, now)
                letter = self._confirmation(connection, edition, uid, wish.preferences, now)
            if mailed:
                address = standing.address if standing is not None else written_
                post = Post(kind=asked.kind, letter=letter, edition=edition, address=address, subscription_id=mine)
                self.means.post(connection, post, now)

    def look(self, token: str, now: datetime) -> Confirmation:
        """Return what a link to confirm stands for; change nothing. Raises `InvalidToken`, `ExpiredToken`."""
        uid, asked_at, preferences = self._opened(token, now)
        with self.means.store.reading() as connection:
            standing = self._standing(connection, uid, asked_at)
        said = "already" if standing.gets_mail else "ask"
        return Confirmation(edition=standing.edition, said=said, preferences=preferences)

    def confirm(self, token: str, network: str, now: datetime) -> Confirmation:
        """Subscribe whoever asked, and welcome them; doing it again changes nothing. Raises as `look` does."""
        uid, asked_at, preferences = self._opened(token, now)
        with self.means.store.transaction() as connection:
            standing = self._standing(connection, uid, asked_at)
            if standing.gets_mail:
                said = "already"
            elif self.let_in(connection, standing, preferences, now):
                said = "done"
                text = f"confirmed by the link in the mail: {standing.edition}, {choices.told(preferences)}"
                consents.record(
                    connection, standing.id, Evidence(origin="confirmation", text=text, network=network), now
                )
            else:
                said = "refused"
        return Confirmation(edition=standing.edition, said=said, preferences=preferences)

    def let_in(self, connection: Connection, standing: Standing, preferences: Preferences, now: datetime) -> bool:
        """
        Subscribe a reader on their own proven word, and post the welcome; say whether they may be written to.

        Who complained, and whom the operator suppressed, may not.
        """
        hashed = self.means.hash_of(standing.folded)
        if standing.subscriber == "complained" or not suppressions.lift_own(connection, hashed):
            return False
        subscriptions.activate(connection, standing, preferences, now)
        self._welcome(connection, standing, preferences, now)
        return True

    def _is_free(self, connection: Connection, hashed: str, theirs: list[Standing]) -> bool:
        """Say whether an address may be sent a letter that somebody asked for."""
        reason = suppressions.reason_for(connection, hashed)
        return (reason is None or reason in suppressions.OWN_WORD) and not any(
            one.subscriber == "complained" for one in theirs
        )

    def _asked(
        self, connection: Connection, edition: Edition, address: tuple[str, str], wish: Wish, now: datetime
    ) -> tuple[int, UUID]:
        """Keep a wish with its evidence; return the subscription's id and name."""
        edition_id = editions.get_id(connection, edition.slug)
        subscription_id, uid = subscriptions.ask(connection, edition_id, address, wish.preferences, now)
        text = f"asked for {edition.slug}, {choices.told(wish.preferences)}"
        consents.record(connection, subscription_id, Evidence(origin=wish.origin, text=text, network=wish.network), now)
        return subscription_id, uid

    def _confirmation(
        self, connection: Connection, edition: Edition, uid: UUID, preferences: Preferences, now: datetime
    ) -> Letter:
        subject = uid.bytes + _instant(now).to_bytes(_INSTANT) + preferences.packed()
        token = self.means.keys.seal(Purpose.CONFIRM, subject, now)
        return written.confirmation(self.means.dress(connection, edition), token, preferences)

    def _already(self, connection: Connection, edition: Edition) -> Letter:
        return written.already(self.means.dress(connection, edition))

    def _opened(self, token: str, now: datetime) -> tuple[UUID, int, Preferences]:
        subject = self.means.keys.open(Purpose.CONFIRM, token, now)
        uid, asked_at = uid_in(subject[:_UID]), int.from_bytes(subject[_UID : _UID + _INSTANT])
        try:
            return uid, asked_at, unpacked(subject[_UID + _INSTANT :])
        except WrongPreferences:  # a zone that this machine does not know any more
            return uid, asked_at, Preferences()

    def _standing(self, connection: Connection, uid: UUID, asked_at: int) -> Standing:
        """Return whose link it is; one from before its reader left is over."""
        standing = subscriptions.of_uid(connection, uid)
        if standing is None or standing.subscriber == "erased":
            raise InvalidToken
        if standing.left_at is not None and asked_at < _instant(standing.left_at):
            raise ExpiredToken
        return standing

    def _welcome(self, connection: Connection, standing: Standing, preferences: Preferences, now: datetime) -> None:
        """Post the welcome, with the latest issue unless the reader has had it."""
        edition = editions.get(connection, standing.edition)
        issue = View(connection, edition, now).latest(standing=True)
        if issue is not None and welcome.was_brought(connection, issue.uid, standing.id):
            issue = None
        message_id = self.means.new_message_id(edition)
        if issue is not None:
            to = welcome.Welcome(
                subscription_id=standing.id,
                address=standing.address,
                format=preferences.format,
                message_id=message_id,
            )
            welcome.brought(connection, issue.uid, to, now)
        leave = self.means.way_out(standing, now)
        post = Post(
            kind="welcome",
            letter=written.welcome(self.means.dress(connection, edition), leave, preferences, issue),
            edition=edition,
            address=standing.address,
            subscription_id=standing.id,
            issue=issue.uid if issue is not None else None,
            message_id=message_id,
        )
        self.means.post(connection, post, now)


def _instant(moment: datetime) -> int:
    return int(moment.timestamp()) * _MICRO + moment.microsecond
