"""Letters: one message to one address each, such as a confirmation; they go ahead of mailings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from newsletter.store.tables import letters


def post(
    connection: Connection,
    kind: str,
    *,
    address: str,
    mail: bytes,
    message_id: str,
    due_at: datetime,
    subscription_id: int | None = None,
) -> int:
    """
    Queue a letter in the caller's transaction; return its id.

    *mail* is the whole message as it is sent, but for a DKIM signature: CR LF line ends, its `Date` (*due_at*), `To`
    and `Message-ID` (*message_id*, with angle brackets) in it. *kind* says in a word what it is for.
    *subscription_id* is whose it is; an alert to editors is nobody's.
    """
    return int(
        connection.scalar(
            insert(letters)
            .values(
                kind=kind,
                subscription_id=subscription_id,
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
