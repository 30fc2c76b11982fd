"""
Feedback in the store: each piece once, what it counts for, and what a person has to look at.

A mail that came back counts as in Mailman: a mailbox that is gone one point, any other failure half a point, and a
subscriber at most one point a day, however many of their mails come back. Who has too many is mailed no more; nothing
is deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.feedback import Feedback, FeedbackKind
from newsletter.readers.suppressions import address_hash, suppress
from newsletter.store.bulk import is_one_of
from newsletter.store.tables import feedback as pieces
from newsletter.store.tables import subscribers, subscriptions

#: What a day counts for, by its first bounce.
POINTS = {FeedbackKind.HARD: 1.0, FeedbackKind.SOFT: 0.5}
#: With how many points a bounce of this kind is the last. A provider that was out of order has told the world for two
#: days running that its mailboxes do not exist, so the third day decides; what is full or does not answer is given ten.
LIMITS = {FeedbackKind.HARD: 3.0, FeedbackKind.SOFT: 5.0}
#: After so long without a bounce the points are forgotten; the bounces of a weekly digest come every seven days.
FORGOTTEN_AFTER = timedelta(days=14)
#: The reason of a suppression that a complaint brings.
COMPLAINED = "complained"
#: Of more messages than this that nobody has looked at, only that they came is kept.
MOST_BINNED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What a piece of feedback changed: a subscriber is mailed no more for bounces, a subscription was left."""

    bounced: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Binned:
    """A message that a person has to look at. *size* is that of what is kept of it, in bytes."""

    id: int
    received_at: datetime
    origin: str
    status: str | None
    detail: str
    size: int


def take(
    connection: Connection, origin: str, piece: Feedback, suppression_key: bytes, now: datetime
) -> Consequence | None:
    """
    Keep a piece of feedback that was read in *origin*, and do what it asks; return `None` where it is known already.

    It is about whom it proves, and else about nobody: then nothing is done.
    """
    whose = subscriptions.c.uid == piece.reader
    reader = connection.execute(_READER.where(whose)).first() if piece.reader else None
    if not _keep(connection, origin, piece, reader.id if reader else None, now):
        return None
    if reader is None:
        return Consequence()
    if piece.kind in POINTS:
        return Consequence(bounced=_count(connection, reader.subscriber_id, piece, now))
    if piece.kind is FeedbackKind.COMPLAINT:
        _end(connection, reader.subscriber_id, suppression_key, now)
    if piece.kind in (FeedbackKind.COMPLAINT, FeedbackKind.UNSUBSCRIBE):
        return Consequence(left=_leave(connection, reader.id, now))
    return Consequence()


def rejected(connection: Connection, subscription_id: int, piece: Feedback, now: datetime) -> bool:
    """
    Keep what a mail server said when it refused a delivery for good, and count it; say whether that was the last.

    It is fed by the sender, in its transaction: what is refused at once counts as what comes back later. The piece's
    `event_id` is the message's Message-ID, so that a delivery counts once.
    """
    reader = connection.execute(_READER.where(subscriptions.c.id == subscription_id)).first()
    if reader is None or not _keep(connection, "smtp", piece, reader.id, now) or piece.kind not in POINTS:
        return False
    return _count(connection, reader.subscriber_id, piece, now)


def forget(connection: Connection, subscriber_id: int) -> None:
    """Forget a subscriber's bounces: the address is another, or they have confirmed it anew."""
    connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(bounce_score=None, bounced_on=None)
    )


def binned(connection: Connection) -> list[Binned]:
    """Return what a person has to look at, the oldest first."""
    chosen = (pieces.c.id, pieces.c.received_at, pieces.c.origin, pieces.c.status, pieces.c.detail)
    rows = connection.execute(
        select(*chosen, func.length(pieces.c.raw).label("size")).where(pieces.c.raw.is_not(None)).order_by(pieces.c.id)
    )
    return [Binned(**row._mapping) for row in rows]  # noqa: SLF001 -- SQLAlchemy's name for a row as a mapping


def raw_of(connection: Connection, number: int) -> bytes | None:
    """Return what is kept of a message; `None` where nothing is."""
    return connection.scalar(select(pieces.c.raw).where(pieces.c.id == number))


def drop(connection: Connection, numbers: Collection[int]) -> int:
    """Keep messages no longer, but that they came: read again, they are known. Return how many there were."""
    chosen = is_one_of(connection, pieces.c.id, numbers), pieces.c.raw.is_not(None)
    return connection.execute(update(pieces).where(*chosen).values(raw=None)).rowcount


def blamed(connection: Connection, since: datetime) -> tuple[int, str]:
    """Return how many mails were refused for what they are, or for who sends them, and what was said last of one."""
    ours = pieces.c.kind == str(FeedbackKind.OURS), pieces.c.received_at >= since
    number = connection.scalar(select(func.count()).where(*ours)) or 0
    said = connection.scalar(select(pieces.c.detail).where(*ours).order_by(pieces.c.id.desc()).limit(1))
    return number, said or ""


_READER = select(subscriptions.c.id, subscriptions.c.subscriber_id)


def _keep(connection: Connection, origin: str, piece: Feedback, subscription_id: int | None, now: datetime) -> bool:
    """Keep a piece of feedback once; say whether it is new."""
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    kept = build(pieces).values(
        origin=origin,
        event_id=piece.event_id,
        received_at=now,
        kind=str(piece.kind),
        subscription_id=subscription_id,
        mailing_id=piece.mailing_id,
        status=piece.status,
        detail=piece.detail,
        raw=piece.raw if piece.raw is not None and _has_room(connection) else None,
    )
    return connection.scalar(kept.on_conflict_do_nothing().returning(pieces.c.id)) is not None


def _has_room(connection: Connection) -> bool:
    """Say whether the bin is not full: whoever writes to it must not fill the disk."""
    held = select(pieces.c.id).where(pieces.c.raw.is_not(None)).limit(MOST_BINNED).subquery()
    return (connection.scalar(select(func.count()).select_from(held)) or 0) < MOST_BINNED


def _count(connection: Connection, subscriber_id: int, piece: Feedback, now: datetime) -> bool:
    """Count a bounce; say whether it was the last."""
    found = connection.execute(
        select(subscribers.c.state, subscribers.c.bounce_score, subscribers.c.bounced_on).where(
            subscribers.c.id == subscriber_id
        )
    ).one()
    day = piece.happened_at.astimezone(UTC).date()
    if found.state != "good" or _is_past(day, found.bounced_on, now):
        return False
    forgotten = found.bounced_on is None or day - found.bounced_on > FORGOTTEN_AFTER
    score = (0 if forgotten else found.bounce_score) + POINTS[piece.kind]
    is_last = score >= LIMITS[piece.kind]
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(bounce_score=score, bounced_on=day, state="bounced" if is_last else "good")
    )
    return is_last


def _is_past(day: date, counted: date | None, now: datetime) -> bool:
    """Say whether a day has counted, or came before one that has, or would be forgotten by now."""
    return (counted is not None and day <= counted) or now.astimezone(UTC).date() - day > FORGOTTEN_AFTER


def _leave(connection: Connection, subscription_id: int, now: datetime) -> bool:
    left = (
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id, subscriptions.c.state != "left")
        .values(state="left", left_at=now)
    )
    return bool(connection.execute(left).rowcount)


def _end(connection: Connection, subscriber_id: int, suppression_key: bytes, now: datetime) -> None:
    """Mail a subscriber who complained no more, in whatever edition, and let no list bring them back."""
    folded = connection.scalar(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id, subscribers.c.state != "erased")
        .values(state="complained")
        .returning(subscribers.c.folded)
    )
    if folded is not None:
        suppress(connection, address_hash(suppression_key, folded), COMPLAINED, now)
