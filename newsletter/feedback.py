"""Feedback: what comes back of a mail, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class FeedbackKind(StrEnum):
    """What a piece of feedback says. Only the first five change anything."""

    #: The mailbox is not there, now or ever.
    HARD = "hard"
    #: The mail failed for another reason: a full mailbox, a server that never answered, or one that gave no reason.
    SOFT = "soft"
    #: The mail was refused for what it is, or for who sends it: no reader has a part in it.
    OURS = "ours"
    #: Its reader called it spam.
    COMPLAINT = "complaint"
    #: Its reader leaves, by mail.
    UNSUBSCRIBE = "unsubscribe"
    #: A server still tries.
    DELAYED = "delayed"
    #: It was delivered.
    DELIVERED = "delivered"
    #: A machine answers for a person: an absence, a question whether we are one.
    REPLY = "reply"
    #: It bears a token that is none of ours.
    FORGED = "forged"
    #: A person has to look at it.
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """
    One piece of feedback.

    *reader* is the subscription that a token of ours in it proves, *mailing_id* the mailing (`None` for a letter).
    *event_id* names it: the same one again has the same. *status* is an enhanced status code (RFC 3463), *detail* one
    line of what was said. *raw* is kept of what a person has to look at, not all of it if it is long.
    """

    kind: FeedbackKind
    event_id: str
    happened_at: datetime
    reader: UUID | None = None
    mailing_id: int | None = None
    status: str | None = None
    detail: str = ""
    raw: bytes | None = None
