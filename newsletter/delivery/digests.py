"""
Digests: which issues each holds, what was frozen of it, and since when its weekday's readers had none.

A weekday's digest holds what was published since the newest issue of the one before it that reached anybody: instants
of publication rise, whatever clocks do, so that no issue is left out between two digests and none is in both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, and_, exists, func, insert, literal, or_, select, update

from newsletter.delivery.mailings import UNCLAIMED, Hours, freeze_audience, make, suppress_waiting, wants_mail_on
from newsletter.models import IssueState
from newsletter.store.tables import (
    Instant,
    deliveries,
    digest_issues,
    editions,
    frozen_digests,
    issues,
    mailings,
    subscriptions,
)
from scheduler.due import DueDigest, week_date

_KIND = "digest"
_WEEK = timedelta(days=7)
#: A digest goes no further back: who begins to read on a weekday that nobody did for a year gets no year of issues.
_FAR = 6 * _WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest that has something to send, or may have; *key* is its week date."""

    id: int
    edition: str
    key: str
    opened_at: datetime

    @property
    def day(self) -> date:
        """The day that it is due on."""
        return date.fromisoformat(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """What is frozen of a digest, with its holes: the *whole*, and its *text* alone."""

    whole: bytes
    text: bytes


def weekdays(connection: Connection, edition_id: int) -> set[int]:
    """Return the weekdays on which somebody reads an edition's digest, Monday 1 to Sunday 7."""
    statement = select(subscriptions.c.weekday).where(
        subscriptions.c.edition_id == edition_id,
        subscriptions.c.cadence == "weekly",
        subscriptions.c.weekday.is_not(None),
        subscriptions.c.state.in_(("active", "paused")),
    )
    return set(connection.scalars(statement.distinct()))


def opened(connection: Connection, edition_id: int, since: date) -> set[str]:
    """Return the keys of an edition's digests of *since* and later days."""
    of_edition = and_(mailings.c.edition_id == edition_id, mailings.c.kind == _KIND)
    return set(connection.scalars(select(mailings.c.key).where(of_edition, mailings.c.key >= week_date(since))))


def days_to_hold(connection: Connection, edition_id: int, due: DueDigest) -> list[date]:
    """
    Return the days of the issues that a digest is to hold, in order: what was published since the one before it.

    The first of its weekday holds those of the week that it ends.
    """
    before = _before(connection, edition_id, due.key)
    since = issues.c.day >= due.since
    if before is not None:
        newest = (
            select(func.max(issues.c.published_at))
            .join(digest_issues, digest_issues.c.issue_id == issues.c.id)
            .where(digest_issues.c.mailing_id == before[0])
        )
        since = and_(
            issues.c.published_at > newest.scalar_subquery(),
            issues.c.published_at > literal(due.due_at - _FAR, Instant()),
        )
    standing = and_(issues.c.edition_id == edition_id, issues.c.state == IssueState.PUBLISHED)
    return list(connection.scalars(select(issues.c.day).where(standing, since).order_by(issues.c.day)))


def days_missed(connection: Connection, edition_id: int, key: str) -> list[date]:
    """Return the days of the issues of the digest before *key*, if that came too late for any of its readers."""
    before = _before(connection, edition_id, key)
    if before is None:
        return []
    late = and_(deliveries.c.state == "suppressed", deliveries.c.reply == "late")
    left_out = exists().where(deliveries.c.mailing_id == before[0], late)
    return days_held(connection, before[0]) if connection.scalar(select(left_out)) else []


def notes_since(connection: Connection, edition_id: int, key: str, opened_at: datetime) -> datetime:
    """Return since when a digest that is opened at *opened_at* carries the notes of corrections."""
    before = _before(connection, edition_id, key)
    return max(before[1], opened_at - _FAR) if before is not None else opened_at - _WEEK


def _before(connection: Connection, edition_id: int, key: str) -> tuple[int, datetime] | None:
    """Return the digest before *key* of its weekday that some reader has, or had no reader, and when it was opened."""
    sent = exists().where(deliveries.c.mailing_id == mailings.c.id, deliveries.c.state == "sent")
    row = connection.execute(
        select(mailings.c.id, mailings.c.created_at)
        .where(
            mailings.c.edition_id == edition_id,
            mailings.c.kind == _KIND,
            mailings.c.key < key,
            mailings.c.key.endswith(key[-2:]),
            or_(mailings.c.audience == 0, sent),
        )
        .order_by(mailings.c.key.desc())
        .limit(1)
    ).first()
    return (row.id, row.created_at) if row is not None else None


def open_digest(
    connection: Connection, edition_id: int, due: DueDigest, held: Sequence[UUID], *, hours: Hours, now: datetime
) -> int | None:
    """
    Freeze the audience of a digest of these issues, in day order; return its id, or `None` if it was opened before.

    Its bytes are to be frozen in the same transaction, under number 1.
    """
    mailing_id = make(connection, edition_id, _KIND, due.key, held[-1], 1, now)
    if mailing_id is None:
        return None
    connection.execute(
        insert(digest_issues).from_select(
            ["mailing_id", "issue_id"],
            select(literal(mailing_id), issues.c.id).where(issues.c.uid.in_(held)),
        )
    )
    wanted = and_(
        subscriptions.c.cadence == "weekly", subscriptions.c.weekday == due.day.isoweekday(), wants_mail_on(due.day)
    )
    freeze_audience(connection, mailing_id, wanted, hours, now)
    return mailing_id


def freeze(connection: Connection, mailing_id: int, mail: Bytes, now: datetime) -> None:
    """Keep the bytes of a digest under the next number, for every delivery that nobody has claimed yet."""
    of_digest = frozen_digests.c.mailing_id == mailing_id
    number = (connection.scalar(select(func.max(frozen_digests.c.number)).where(of_digest)) or 0) + 1
    connection.execute(
        insert(frozen_digests).values(
            mailing_id=mailing_id,
            number=number,
            frozen_at=now,
            mail=mail.whole,
            text_mail=mail.text,
            sha256=hashlib.sha256(mail.whole).hexdigest(),
        )
    )
    connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(frozen_number=number))


def holding(connection: Connection, those: Collection[UUID]) -> list[Digest]:
    """Return the digests not yet done that hold one of *those* issues, the oldest first."""
    held = (
        select(digest_issues.c.mailing_id)
        .join(issues, issues.c.id == digest_issues.c.issue_id)
        .where(issues.c.uid.in_(those))
    )
    rows = connection.execute(
        select(mailings.c.id, editions.c.slug, mailings.c.key, mailings.c.created_at)
        .join(editions, editions.c.id == mailings.c.edition_id)
        .where(mailings.c.closed_at.is_(None), mailings.c.id.in_(held))
        .order_by(mailings.c.id)
    )
    return [Digest(id=row.id, edition=row.slug, key=row.key, opened_at=row.created_at) for row in rows]


def days_held(connection: Connection, mailing_id: int) -> list[date]:
    """Return the days of the issues that a digest holds and that stand, in order."""
    return list(
        connection.scalars(
            select(issues.c.day)
            .join(digest_issues, digest_issues.c.issue_id == issues.c.id)
            .where(digest_issues.c.mailing_id == mailing_id, issues.c.state == IssueState.PUBLISHED)
            .order_by(issues.c.day)
        )
    )


def unclaimed(connection: Connection, mailing_id: int) -> int:
    """Return how many deliveries of a digest nobody has claimed yet."""
    statement = select(func.count()).where(deliveries.c.mailing_id == mailing_id, UNCLAIMED)
    return int(connection.scalar(statement) or 0)


def stop(connection: Connection, mailing_id: int, why: str) -> int:
    """Suppress what is not yet sent of a digest; return how many deliveries that were."""
    return suppress_waiting(connection, deliveries.c.mailing_id == mailing_id, why)
