"""What readers missed: issues that no mail brought to all of them, for the next mail to link."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, or_, select

from newsletter.delivery.mailings import UNDONE
from newsletter.models import Issue, IssueState
from newsletter.store.tables import deliveries, issues, mailings

#: So many mailings are looked back on at the most: what nobody got for longer is no news.
_FAR = 60


def days_missed(connection: Connection, edition_id: int, issue: Issue) -> list[date]:
    """
    Return the days that the mail of *issue* is to link, in order: each is linked by one mail, the next that goes out.

    That is what was published unmailed, whichever day it is of, and what was mailed but not sent to
    everybody in time, since the newest mailing before that reached anybody. What came before the
    edition's first mailing nobody missed. For a mailing that is open already the answer is what it
    was when it was opened.
    """
    of_edition = _mailings(edition_id)
    own = connection.execute(of_edition.where(issues.c.uid == issue.uid)).first()
    before = of_edition.where(mailings.c.id < own.id) if own is not None else of_edition
    recent = connection.execute(before.order_by(mailings.c.id.desc()).limit(_FAR)).all()
    if not recent:
        return []
    arrived = set(
        connection.scalars(
            select(mailings.c.id).where(mailings.c.id.in_([each.id for each in recent]), went_out(issue.day))
        )
    )
    since = next((each for each in recent if each.id in arrived), recent[-1])
    late = [each.id for each in recent if each.id > since.id]
    if since.id not in arrived or _left_anybody_out(connection, since.id, issue.day):
        late.append(since.id)
    standing = and_(
        issues.c.edition_id == edition_id, issues.c.state == IssueState.PUBLISHED, issues.c.uid != issue.uid
    )
    days = select(issues.c.day).where(standing)
    mailed = days.join(mailings, mailings.c.issue_id == issues.c.id).where(mailings.c.id.in_(late))
    return sorted({*connection.scalars(_unmailed(days, since, own)), *connection.scalars(mailed)})


def _unmailed(days: Select[Any], since: Row[Any], own: Row[Any] | None) -> Select[Any]:
    """Return which of *days* were published after one mailing and before another, and have no mailing till then."""
    mailed = exists().where(mailings.c.issue_id == issues.c.id, mailings.c.kind == "issue")
    if own is None:
        return days.where(issues.c.published_at > _opened(since), ~mailed)
    until = issues.c.published_at < _opened(own)
    return days.where(issues.c.published_at > _opened(since), until, ~mailed.where(mailings.c.id < own.id))


def _mailings(edition_id: int) -> Select[Any]:
    """Return the mailings of an edition's issues."""
    return (
        select(mailings.c.id, mailings.c.created_at, issues.c.published_at)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(mailings.c.edition_id == edition_id, mailings.c.kind == "issue")
    )


def _opened(mailing: Row[Any]) -> datetime:
    """Return the instant of a mailing among those of publications, no two of which are the same."""
    instant: datetime = max(mailing.created_at, mailing.published_at)
    return instant


def went_out(day: date) -> ColumnElement[bool]:
    """Return what makes a mailing one that some reader has, or will have, or that there was no reader for."""
    ahead = and_(UNDONE, mailings.c.key > day.isoformat())
    arrived = exists().where(deliveries.c.mailing_id == mailings.c.id, or_(deliveries.c.state == "sent", ahead))
    return or_(mailings.c.audience == 0, arrived)


def _left_anybody_out(connection: Connection, mailing_id: int, day: date) -> bool:
    """Say whether a delivery of a mailing came too late, or will: the mail of a newer day overtakes it."""
    overtaken = and_(
        UNDONE,
        exists().where(mailings.c.id == deliveries.c.mailing_id, mailings.c.key < day.isoformat()),
    )
    late = or_(and_(deliveries.c.state == "suppressed", deliveries.c.reply == "late"), overtaken)
    return bool(connection.scalar(select(exists().where(deliveries.c.mailing_id == mailing_id, late))))
