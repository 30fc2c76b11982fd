"""Moving: a reader's mail goes to another address once both that and the one they have agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from newsletter.addresses import normal_address
from newsletter.archive import editions
from newsletter.circulation.means import Means, Post, uid_in
from newsletter.circulation.preferring import Holder, Preferring
from newsletter.readers import address_changes, consents, sign_ups, subscriptions, suppressions
from newsletter.readers.address_changes import AddressChange
from newsletter.readers.consents import Evidence
from newsletter.readers.subscriptions import Standing
from newsletter.render import letters as written
from newsletter.store import Connection
from newsletter.tokens import InvalidToken, Purpose

Side = Literal["old", "new"]
_SIDES: dict[bytes, Side] = {b"o": "old", b"n": "new"}
_UID = 16
#: How long the two mails of a change are waited for before they are sent anew.
_PATIENCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """
    What a link in one of the two mails stands for.

    *said* is `ask` before its side has confirmed, `half` when the other side still has to, `done` once the address was
    changed, `refused` where it can't be.
    """

    edition: str
    side: Side
    said: str


@dataclass(frozen=True, slots=True)
class Moving:
    """Who changes their address."""

    means: Means
    preferring: Preferring

    def ask(self, token: str, address: str, network: str, now: datetime) -> Holder:
        """
        Ask both addresses whether the mail of the reader of *token* is to go to *address* from now on.

        Raises `InvalidAddress`, `InvalidToken`, `ExpiredToken`; nothing tells an address that another reader has from
        one that nobody has. The owner of that hears that they are subscribed already.
        """
        written_to, folded = normal_address(address)
        with self.means.store.transaction() as connection:
            holder = self.preferring.holder(connection, token, now)
            if holder.is_erased or folded == holder.standing[0].folded:
                return holder
            mine = holder.standing[0]
            if self._waits(connection, mine, folded, network, now):
                return holder
            uid = address_changes.ask(connection, mine.subscriber_id, written_to, folded, now)
            self._ask_old(connection, mine, uid, written_to, now)
            self._ask_new(connection, mine, uid, (written_to, folded), network, now)
            return holder

    def look(self, token: str, now: datetime) -> Move:
        """Return what a link stands for; change nothing. Raises `InvalidToken`, `ExpiredToken`."""
        uid, side = self._opened(token, now)
        with self.means.store.reading() as connection:
            change, mine = self._found(connection, uid)
        return Move(edition=mine.edition, side=side, said=_said(change, side))

    def confirm(self, token: str, network: str, now: datetime) -> Move:
        """Let one side confirm; with the second the address is changed. Doing it again changes nothing."""
        uid, side = self._opened(token, now)
        with self.means.store.transaction() as connection:
            change, mine = self._found(connection, uid)
            if change.done_at is None:
                address_changes.confirm(connection, change, side, now)
                change, _ = self._found(connection, uid)
                if change.old_confirmed_at and change.new_confirmed_at and not self._make(connection, change, now):
                    return Move(edition=mine.edition, side=side, said="refused")
                change, _ = self._found(connection, uid)
                text = f"confirmed at the {side} address that mail goes to another"
                evidence = Evidence(origin="change of address", text=text, network=network)
                if _said(change, side) in ("half", "done"):
                    consents.record(connection, mine.id, evidence, now)
        return Move(edition=mine.edition, side=side, said=_said(change, side))

    def _make(self, connection: Connection, change: AddressChange, now: datetime) -> bool:
        """Make a change, unless its address must not be written to, or is another reader's by now."""
        hashed = self.means.hash_of(change.folded)
        return suppressions.lift_own(connection, hashed) and address_changes.make(connection, change, now)

    def _ask_old(self, connection: Connection, mine: Standing, uid: UUID, other: str, now: datetime) -> None:
        edition = editions.get(connection, mine.edition)
        letter = written.old_address(self.means.dress(connection, edition), self._token(uid, b"o", now), other)
        post = Post(kind="address", letter=letter, edition=edition, address=mine.address, subscription_id=mine.id)
        self.means.post(connection, post, now)

    def _ask_new(
        self, connection: Connection, mine: Standing, uid: UUID, to: tuple[str, str], network: str, now: datetime
    ) -> None:
        """Ask at the new address, if it may be written to; tell a reader who has it that they are one."""
        written_to, folded = to
        theirs = subscriptions.of_address(connection, folded)
        asked = self._asked("already" if theirs else "confirmation", folded, network)
        reason = suppressions.reason_for(connection, asked.address_hash)
        free = (reason is None or reason in suppressions.OWN_WORD) and all(one.gets_mail for one in theirs)
        mailed = sign_ups.may_write(connection, asked, now) and free
        sign_ups.record(connection, asked, now, mailed=mailed)
        if not mailed:
            return
        whose = theirs[0] if theirs else mine
        edition = editions.get(connection, whose.edition)
        dress = self.means.dress(connection, edition)
        post = Post(
            kind="already" if theirs else "address",
            letter=written.already(dress) if theirs else written.new_address(dress, self._token(uid, b"n", now)),
            edition=edition,
            address=whose.address if theirs else written_to,
            subscription_id=whose.id,
        )
        self.means.post(connection, post, now)

    def _waits(self, connection: Connection, mine: Standing, folded: str, network: str, now: datetime) -> bool:
        """Say whether this change waits to be confirmed already, or too many were asked for today."""
        if address_changes.waits(connection, mine.subscriber_id, folded, now - _PATIENCE):
            return True
        asked = self._asked("moving", mine.folded, network)
        mailed = sign_ups.may_write(connection, asked, now)
        sign_ups.record(connection, asked, now, mailed=mailed)
        return not mailed

    def _asked(self, kind: sign_ups.Kind, folded: str, network: str) -> sign_ups.Ask:
        domain = folded.rpartition("@")[2]
        return sign_ups.Ask(kind=kind, address_hash=self.means.hash_of(folded), network=network, domain=domain)

    def _token(self, uid: UUID, side: bytes, now: datetime) -> str:
        return self.means.keys.seal(Purpose.ADDRESS, uid.bytes + side, now)

    def _opened(self, token: str, now: datetime) -> tuple[UUID, Side]:
        subject = self.means.keys.open(Purpose.ADDRESS, token, now)
        if subject[_UID:] not in _SIDES:
            raise InvalidToken
        return uid_in(subject[:_UID]), _SIDES[subject[_UID:]]

    def _found(self, connection: Connection, uid: UUID) -> tuple[AddressChange, Standing]:
        """Return a change and whose it is; one that another took the place of, or whose reader was erased, is none."""
        change = address_changes.of_uid(connection, uid)
        mine = subscriptions.of_uid(connection, change.reader) if change is not None else None
        if change is None or mine is None or mine.subscriber == "erased":
            raise InvalidToken
        return change, mine


def _said(change: AddressChange, side: Side) -> str:
    if change.done_at is not None:
        return "done"
    return "half" if (change.old_confirmed_at if side == "old" else change.new_confirmed_at) else "ask"
