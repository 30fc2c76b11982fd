"""What readers missed: issues that no mail brought to all of them, for the next mail to link."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, or_, select

from newsletter.delivery.ledger import UNDONE
from newsletter.models import Issue, IssueState
from newsletter.store.tables import deliveries, issues, mailings


def days_missed(connection: Connection, edition_id: int, issue: Issue) -> list[date]:
    """
    Return the days that the mail of *issue* is to link, in order: each is linked by one mail, the next that goes out.

    That is what was published unmailed, whichever day it is of, and what was mailed but not sent to
    everybody in time, since the newest mailing before that reached anybody. What came before the
    edition's first mailing nobody missed. For a mailing that is open already the answer is what it
    was when it was opened.
    """
    own = connection.execute(_mailings(edition_id).where(issues.c.uid == issue.uid)).first()
    before = _mailings(edition_id, before=own)
    last = connection.execute(before.where(_went_out(issue.day)).order_by(mailings.c.id.desc()).limit(1)).first()
    if last is not None:
        late = exists().where(deliveries.c.mailing_id == last.id, _left_out(issue.day))
        whole = not connection.scalar(select(late))
        return _days(connection, edition_id, issue.uid, since=last, whole=whole, own=own)
    first = connection.execute(before.order_by(mailings.c.id).limit(1)).first()
    return _days(connection, edition_id, issue.uid, since=first, whole=False, own=own) if first is not None else []


def _days(
    connection: Connection, edition_id: int, uid: UUID, *, since: Row[Any], whole: bool, own: Row[Any] | None
) -> list[date]:
    """Return what was missed *since* a mailing, and its own day unless it went to the *whole* audience."""
    mailed = and_(mailings.c.issue_id == issues.c.id, mailings.c.kind == "issue")
    unmailed = and_(mailings.c.id.is_(None), issues.c.published_at > _opened(since))
    if own is not None:
        mailed = and_(mailed, mailings.c.id < own.id)
        unmailed = and_(unmailed, issues.c.published_at < _opened(own))
    late = mailings.c.id > since.id if whole else mailings.c.id >= since.id
    return list(
        connection.scalars(
            select(issues.c.day)
            .outerjoin(mailings, mailed)
            .where(
                issues.c.edition_id == edition_id,
                issues.c.state == IssueState.PUBLISHED,
                issues.c.uid != uid,
                or_(unmailed, late),
            )
            .order_by(issues.c.day)
        )
    )


def _mailings(edition_id: int, before: Row[Any] | None = None) -> Select[Any]:
    """Return the mailings of an edition's issues, those *before* a mailing if there is one."""
    found = (
        select(mailings.c.id, mailings.c.created_at, issues.c.published_at)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(mailings.c.edition_id == edition_id, mailings.c.kind == "issue")
    )
    return found if before is None else found.where(mailings.c.id < before.id)


def _opened(mailing: Row[Any]) -> datetime:
    """Return the instant of a mailing among those of publications, no two of which are the same."""
    instant: datetime = max(mailing.created_at, mailing.published_at)
    return instant


def _went_out(day: date) -> ColumnElement[bool]:
    """Return what makes a mailing one that some reader has, or will have, or that there was no reader for."""
    ahead = and_(deliveries.c.state.in_(UNDONE), mailings.c.key > day.isoformat())
    arrived = exists().where(deliveries.c.mailing_id == mailings.c.id, or_(deliveries.c.state == "sent", ahead))
    return or_(mailings.c.audience == 0, arrived)


def _left_out(day: date) -> ColumnElement[bool]:
    """Return what makes a delivery one that came too late, or will: the mail of a newer day overtakes it."""
    overtaken = and_(
        deliveries.c.state.in_(UNDONE),
        exists().where(mailings.c.id == deliveries.c.mailing_id, mailings.c.key < day.isoformat()),
    )
    return or_(and_(deliveries.c.state == "suppressed", deliveries.c.reply == "late"), overtaken)
