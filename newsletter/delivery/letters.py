"""Letters: one message to one address each, such as a confirmation; they go ahead of mailings."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, exists, func, insert, select, update

from newsletter.delivery.work import NONE, READY, Claimed, State, Terms, take_up
from newsletter.store.bulk import is_one_of
from newsletter.store.tables import issues, letters, subscriptions

#: How long a letter is tried: what it asks has not expired by then.
PATIENCE = timedelta(days=3)


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


def wait(connection: Connection) -> bool:
    """Say whether a letter waits, or is under way."""
    under_way = letters.c.state.in_((*READY, State.CLAIMED, State.SENDING))
    return bool(connection.scalar(select(exists().where(under_way, letters.c.ready_at.is_not(None)))))


def tidy(connection: Connection, terms: Terms, again_after: timedelta | None) -> None:
    """Bring what waits up to date: what ended processes left, and what is of no use any more."""
    take_up(connection, NONE, terms.now, terms.now + again_after if again_after is not None else None)
    over = letters.c.due_at < terms.now - PATIENCE
    connection.execute(
        update(letters)
        .where(letters.c.state.in_((State.QUEUED, State.DEFERRED)), over)
        .values(state=State.FAILED, reply="given up", mail=b"", ready_at=None)
    )
    connection.execute(update(letters).where(letters.c.state == State.UNKNOWN, over).values(ready_at=None, mail=b""))


def claim(connection: Connection, terms: Terms, most: int) -> list[Claimed]:
    """Claim up to *most* letters that are ready, the oldest first."""
    rows = connection.execute(
        select(letters, subscriptions.c.uid)
        .outerjoin(subscriptions, subscriptions.c.id == letters.c.subscription_id)
        .where(letters.c.state.in_(READY), letters.c.ready_at <= terms.now, letters.c.address != "")
        # Of what is over the text may be gone.
        .where(letters.c.due_at >= terms.now - PATIENCE)
        .order_by(letters.c.ready_at, letters.c.id)
        .limit(most)
        .with_for_update(of=letters, skip_locked=True)
    ).all()
    if not rows:
        return []
    connection.execute(
        update(letters)
        .where(is_one_of(connection, letters.c.id, [row.id for row in rows]))
        .values(
            state=State.CLAIMED,
            owner=terms.owner,
            lease_until=terms.until,
            attempts=letters.c.attempts + 1,
            signed_by=func.coalesce(letters.c.signed_by, terms.signed_by),
        )
    )
    return [
        Claimed(
            mailing=NONE,
            number=row.id,
            reader=row.uid.bytes if row.uid is not None else None,
            address=row.address,
            message_id=row.message_id,
            due_at=row.due_at,
            ends_at=row.due_at + PATIENCE,
            attempts=row.attempts + 1,
            replies_lost=row.replies_lost or 0,
            signed_by=row.signed_by if row.signed_by is not None else terms.signed_by,
            mail=row.mail,
        )
        for row in rows
    ]
