"""How claimed work becomes the message that goes out: the same bytes at every attempt."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from newsletter.delivery.postman import Unsendable
from newsletter.delivery.smtp import Envelope, dot_stuffed
from newsletter.delivery.work import Claimed
from newsletter.press.means import Means
from newsletter.render.headers import UnsafeHeader
from newsletter.render.message import fill
from newsletter.tokens import Purpose

__all__ = ["Composing", "Unsendable"]


@dataclass(frozen=True, slots=True)
class Composing:
    """Makes messages. *sender* is the address that bounces go to where no domain of ours takes them."""

    sender: str
    means: Means

    def message(self, work: Claimed) -> bytes:
        """Return the message; raise `Unsendable` where none can be made."""
        if work.is_letter:
            return work.mail
        if work.reader is None:
            raise Unsendable("its subscription has no name")
        try:
            return fill(
                work.mail,
                to=work.address,
                message_id=work.message_id,
                date=work.due_at,
                leave=self.means.keys.seal_for_mail(Purpose.UNSUBSCRIBE, work.reader.bytes, work.due_at),
            )
        except UnsafeHeader as error:
            raise Unsendable(str(error)) from error

    def envelope(self, work: Claimed) -> Envelope:
        """Return the message as it is handed to a relay; raise `Unsendable` where none can be made."""
        try:
            return Envelope(
                sender=parseaddr(self.sender)[1], recipient=work.address, mail=dot_stuffed(self.message(work))
            )
        except ValueError as error:
            raise Unsendable(str(error)) from error
