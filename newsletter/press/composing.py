"""How claimed work becomes the message that goes out: the same bytes at every attempt."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache

from newsletter.delivery.envelopes import Envelope, dot_stuffed
from newsletter.delivery.postman import Unsendable
from newsletter.delivery.verp import bounce_address
from newsletter.delivery.work import Claimed
from newsletter.press.means import Means
from newsletter.render.headers import UnsafeHeader
from newsletter.render.message import fill
from newsletter.tokens import Purpose


@lru_cache(maxsize=8)
def _address_of(mailbox: str) -> str:
    return parseaddr(mailbox)[1]


@lru_cache(maxsize=32)
def _needs_no_stuffing(mail: bytes) -> bool:
    """Say whether *mail*, looked at once for all its readers, may be sent as it is."""
    return dot_stuffed(mail) == mail


@dataclass(frozen=True, slots=True)
class Composing:
    """Makes messages. *sender* is the address that bounces go to where no domain of ours takes them."""

    sender: str
    means: Means

    def message(self, work: Claimed) -> bytes:
        """Return the message as it is sent, signed; raise `Unsendable` where none can be made."""
        if work.is_letter:
            return self._signed(work, work.mail)
        if work.reader is None:
            raise Unsendable("its subscription has no name")
        token = self.means.keys.seal_for_mail(Purpose.UNSUBSCRIBE, work.reader, work.due_at)
        try:
            mail = fill(work.mail, to=work.address, message_id=work.message_id, date=work.due_at, leave=token)
        except UnsafeHeader as error:
            raise Unsendable(str(error)) from error
        return self._signed(work, mail, token)

    def _signed(self, work: Claimed, mail: bytes, leave: str | None = None) -> bytes:
        """Sign as at the first attempt: with the keys of then, at the delivery's own instant."""
        if self.means.signer is None or not work.signed_by:
            return mail
        return self.means.signer.sign(mail, at=work.due_at, selectors=work.signed_by.split(","), leave=leave)

    def _comes_back_to(self, work: Claimed) -> str:
        """Return where a message that can't be delivered comes back to; its address says whose it was."""
        domain = self.means.bounce_domain
        if domain is None or work.reader is None:
            return _address_of(self.sender)
        return bounce_address(self.means.keys, work.reader, work.mailing, domain, work.due_at)

    def _as_sent(self, work: Claimed) -> bytes:
        """Return the message as it may stand before the final dot; what differs per reader begins no line with one."""
        mail = self.message(work)
        return mail if _needs_no_stuffing(work.mail) else dot_stuffed(mail)

    def envelope(self, work: Claimed) -> Envelope:
        """Return the message as it is handed to a relay; raise `Unsendable` where none can be made."""
        try:
            return Envelope(sender=self._comes_back_to(work), recipient=work.address, mail=self._as_sent(work))
        except ValueError as error:
            raise Unsendable(str(error)) from error
