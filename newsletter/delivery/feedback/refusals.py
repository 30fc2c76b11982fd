"""What a mail server that refuses a mail at once says of its reader."""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery.replies import Reply
from newsletter.feedback import Feedback


def refusal(reply: Reply, message_id: str, mailing_id: int | None, now: datetime) -> Feedback:
    """Return what *reply*, after which nobody tries again, says: the same as a report that would come back later."""
    return Feedback(
        kind=reply.failure,
        event_id=message_id,
        happened_at=now,
        mailing_id=mailing_id,
        status=str(reply.status) if reply.status else None,
        detail=str(reply),
    )
