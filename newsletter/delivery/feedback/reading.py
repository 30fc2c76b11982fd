"""
What a message that came back says, and about whom.

The order is: whose it is, by a token of ours; then what a report in it says, in a standard's words or in a mail
server's own. What needs a proof and has none, and what nobody understands, is kept for a person. Nothing is ever
answered: no loop can begin here, and one that others began ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from newsletter.delivery.feedback.parts import ENOUGH, Part, parts_of
from newsletter.delivery.feedback.proof import Ours, Proof
from newsletter.delivery.feedback.reports import (
    Said,
    bounce_in,
    comes_from_daemon,
    complaint_in,
    delivery_in,
    is_automatic,
)
from newsletter.feedback import Feedback, FeedbackKind
from newsletter.text import clean_line
from newsletter.tokens import Keyring

#: What is kept of a message for a person to look at, in bytes, and of what was said, in characters.
LONGEST_RAW = 65_536
_LONGEST_DETAIL = 500
#: Kinds that change something, or alarm somebody: only a token of ours makes us believe them.
_NEED_PROOF = frozenset([FeedbackKind.HARD, FeedbackKind.SOFT, FeedbackKind.OURS, FeedbackKind.COMPLAINT])


def read(mail: bytes, keys: Keyring, domain: str | None, now: datetime) -> Feedback:
    """
    Return what *mail* says.

    *domain* is where mail comes back to (BOUNCE_DOMAIN): without one nothing is proven. Whatever the bytes are, the
    answer takes bounded time and room: no more than `ENOUGH` of them are looked at.
    """
    mail = mail[:ENOUGH]
    parts = parts_of(mail)
    ours = Ours(keys, domain, now)
    said, proof = _said(parts, mail, ours)
    kind = said.kind
    if proof is None and ours.is_forged(parts[0]):
        kind = FeedbackKind.FORGED
    elif proof is None and kind in _NEED_PROOF:
        said = Said(kind, said.status, f"{kind}, and nothing in it proves whose mail it was: {said.detail}")
        kind = FeedbackKind.UNCLASSIFIED
    return Feedback(
        kind=kind,
        event_id=_event_id(parts[0], mail),
        happened_at=_happened_at(parts[0], now),
        reader=proof.reader if proof else None,
        mailing_id=(proof.mailing_id or None) if proof else None,
        status=said.status,
        detail=clean_line(said.detail)[:_LONGEST_DETAIL],
        raw=mail[:LONGEST_RAW] if kind is FeedbackKind.UNCLASSIFIED else None,
    )


def _said(parts: Sequence[Part], mail: bytes, ours: Ours) -> tuple[Said, Proof | None]:
    """Return what is said, and the proof of whom it is said, if there is one."""
    message, bounced = parts[0], ours.bounced(mail)
    complaint = complaint_in(parts)
    if complaint is not None:
        return complaint, bounced or ours.complained(parts)
    delivery = delivery_in(parts)
    if delivery is not None:
        return delivery, bounced
    leaves = ours.leaves(message) if bounced is None else None
    if leaves is not None:
        return Said(FeedbackKind.UNSUBSCRIBE), leaves
    bounce = bounce_in(parts, mail)
    if bounce is not None:
        return bounce, bounced
    if is_automatic(message) and not comes_from_daemon(message):
        return Said(FeedbackKind.REPLY), bounced
    return Said(FeedbackKind.UNCLASSIFIED, None, message.subject()), bounced


def _event_id(message: Part, mail: bytes) -> str:
    """Return what names this message wherever it is read: a mailbox may end lines with or without CR."""
    digest = hashlib.sha256(mail.replace(b"\r\n", b"\n")).hexdigest()[:32]
    return f"{digest} {clean_line(message.header('message-id'))[:200]}".rstrip()


def _happened_at(message: Part, now: datetime) -> datetime:
    """Return when our own server took the message, or else when it says that it was written; never after *now*."""
    arrivals = [value.rpartition(";")[2] for value in message.every("received")[:1]]
    for text in (*arrivals, message.header("date")):
        with suppress(ValueError, TypeError, OverflowError, IndexError):
            read = parsedate_to_datetime(text)
            return min(read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC), now)
    return now
