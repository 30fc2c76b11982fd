"""Letters: one message to one address each, such as a confirmation; they go ahead of mailings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from newsletter.store.tables import issues, letters


def post(
    connection: Connection,
    kind: str,
    *,
    address: str,
    mail: bytes,
    message_id: str,
    due_at: datetime,
    subscription_id: int | None = None,
    issue: UUID | None = None,
) -> int:
    """
    Queue a letter in the caller's transaction; return its id.

    *mail* is the whole message as it is sent, but for a DKIM signature: CR LF line ends, its `Date` (*due_at*), `To`
    and `Message-ID` (*message_id*, with angle brackets) in it. *kind* says in a word what it is for.
    *subscription_id* is whose it is; an alert to editors is nobody's. *issue* is the one that a welcome brings.
    """
    return int(
        connection.scalar(
            insert(letters)
            .values(
                kind=kind,
                subscription_id=subscription_id,
                issue_id=issue and select(issues.c.id).where(issues.c.uid == issue).scalar_subquery(),
                state="queued",
                due_at=due_at,
                ready_at=due_at,
                address=address,
                mail=mail,
                message_id=message_id,
                attempts=0,
            )
            .returning(letters.c.id)
        )
        or 0
    )
