"""
Addresses that mail comes back to: whose it was, and of which mailing, is in the address itself.

A bounce goes to the envelope's sender, whatever else a mail server makes of it (variable envelope return paths), and
a mail client that leaves by mail (RFC 2369) writes to the address that it was given. Both are signed: nobody can make
us believe that another reader's mail bounced, or that they want to leave. Mail servers may change a mailbox's case, so
neither case means anything.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from newsletter.render.list_headers import LEAVE_MAILBOX
from newsletter.tokens import InvalidToken, Keyring, Purpose

_BOUNCE = "b"
#: Bytes of a reader's id, and of a mailing's.
_READER, _MAILING = 16, 3
_LONGEST_MAILBOX = 64  # RFC 5321, 4.5.3.1.1


def bounce_address(keys: Keyring, reader: bytes, mailing_id: int, domain: str, now: datetime) -> str:
    """
    Return the envelope's sender of a mailing to *reader*, a subscription by the bytes of its UUID.

    *mailing_id* is 0 for a letter. It does not depend on *now*: a retry has the same. Raises `OverflowError` for a
    mailing's id of more than 3 bytes.
    """
    subject = reader + mailing_id.to_bytes(_MAILING)
    return f"{_BOUNCE}+{keys.seal_for_mail(Purpose.BOUNCE, subject, now)}@{domain}"


def opened(keys: Keyring, address: str, domain: str, now: datetime) -> tuple[UUID, int] | None:
    """Return the reader and the mailing (0 for a letter) of an address of `bounce_address`, `None` for any other."""
    subject = _subject(keys, Purpose.BOUNCE, _BOUNCE, address, domain, now)
    if subject is None or len(subject) != _READER + _MAILING:
        return None
    return UUID(bytes=subject[:_READER]), int.from_bytes(subject[_READER:])


def leaving(keys: Keyring, address: str, domain: str, now: datetime) -> UUID | None:
    """Return the reader, a subscription, who leaves by a mail to *address*; `None` for any that we did not mail."""
    subject = _subject(keys, Purpose.UNSUBSCRIBE, LEAVE_MAILBOX, address, domain, now)
    return UUID(bytes=subject) if subject is not None and len(subject) == _READER else None


def _subject(keys: Keyring, purpose: Purpose, mailbox: str, address: str, domain: str, now: datetime) -> bytes | None:
    """Return what the token in an address is about, if we made it for this."""
    local, at, host = address.rpartition("@")
    name, plus, token = local.partition("+")
    if not (at and plus) or len(local) > _LONGEST_MAILBOX:
        return None
    if name.lower() != mailbox or host.lower() != domain.lower():
        return None
    try:
        return keys.open_from_mail(purpose, token, now)
    except InvalidToken:
        return None
