"""Messages as they are handed in to a mail server, and what became of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.delivery.replies import Reply

_PLAIN = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")


class Outcome(StrEnum):
    """What became of a message that was to be handed in."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNTRIED = "untried"


class Stage(StrEnum):
    """What a reply answers; a refusal of MAIL is about us alone, since it names no reader."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """
    A message to hand in.

    *sender* (empty for a message that nobody may bounce) and *recipient* are plain addresses in ASCII, *mail* is as
    `dot_stuffed` returns it. Raises `ValueError` for an address that could be more than that.
    """

    sender: str
    recipient: str
    mail: bytes

    def __post_init__(self) -> None:
        """Refuse what could end its command and begin another."""
        for address in (self.sender, self.recipient):
            if not _PLAIN.fullmatch(address) and (address or address is self.recipient):
                message = f"expected a plain address in ASCII, got {address!r}"
                raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """An envelope, what became of it, and the reply that says so at which *stage* (`None` where none came)."""

    envelope: Envelope
    outcome: Outcome
    stage: Stage | None = None
    reply: Reply | None = None


def dot_stuffed(mail: bytes) -> bytes:
    """
    Return *mail* as it may stand before the final dot (RFC 5321, 4.5.2): every line that begins with a dot has two.

    Raises `ValueError` for a CR or LF alone, by which a server may see another message's commands in a body.
    """
    if mail.count(b"\r") != mail.count(b"\n") or mail.count(b"\r\n") != mail.count(b"\n"):
        message = "expected lines that end in CR LF, got a CR or LF alone"
        raise ValueError(message)
    ended = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    stuffed = ended.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
