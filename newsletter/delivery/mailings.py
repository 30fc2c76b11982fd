"""
Mailings: one message to many, whose audience is frozen in the transaction that opens it.

Each reader's delivery has its own due instant: the first occurrence of the reader's hour, in the reader's zone, at or
after the issue's; by default the instant of publication.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from newsletter import crashing
from newsletter.delivery.generations import raise_generation
from newsletter.models import IssueState
from newsletter.store.bulk import rows_of
from newsletter.store.tables import (
    Instant,
    deliveries,
    digest_issues,
    editions,
    issues,
    letters,
    mailings,
    subscribers,
    subscriptions,
)
from scheduler.calendar import first_at

#: What is not done yet, whoever has it; an `unknown` that will not be sent again has no instant to be ready at.
UNDONE = or_(
    deliveries.c.state.in_(("queued", "claimed", "sending", "deferred")),
    and_(deliveries.c.state == "unknown", deliveries.c.ready_at.is_not(None)),
)
#: What nobody has claimed yet: its bytes may still be others.
UNCLAIMED = and_(deliveries.c.state.in_(("queued", "deferred")), deliveries.c.frozen_number.is_(None))
_FRIDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """
    A mailing that has deliveries to send. *key* orders those of one edition and *kind*, and names its *day*.

    It is *withdrawn* once all that it holds was; a digest is *reduced* once some of it was: what was frozen before is
    sent to nobody any more.
    """

    id: int
    edition: str
    kind: str
    key: str
    issue: UUID
    day: date
    frozen_number: int
    withdrawn: bool = False
    reduced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Readers' own hours: each one's first from *since* on, in *zone* for who named none."""

    since: datetime
    zone: str


def open_mailing(
    connection: Connection,
    edition_id: int,
    issue_uid: UUID,
    day: date,
    frozen_number: int,
    *,
    hours: Hours,
    now: datetime,
) -> int | None:
    """
    Freeze the audience of a day's issue; return how many they are, or `None` if it was mailed before.

    `UNIQUE(edition, kind, key)` makes it once: whoever comes second finds the mailing there.
    """
    mailing_id = make(connection, edition_id, "issue", day.isoformat(), issue_uid, frozen_number, now)
    if mailing_id is None:
        return None
    cadences = ("daily", "weekdays") if day.isoweekday() <= _FRIDAY else ("daily",)
    wanted = and_(subscriptions.c.cadence.in_(cadences), ~_welcomed_with(issue_uid))
    return freeze_audience(connection, mailing_id, and_(wants_mail_on(day), wanted), hours, now)


def freeze_audience(
    connection: Connection, mailing_id: int, wanted: ColumnElement[bool], hours: Hours, now: datetime
) -> int:
    """Queue a delivery for each of the edition's subscriptions that is *wanted*; return how many they are."""
    edition = select(mailings.c.edition_id).where(mailings.c.id == mailing_id).scalar_subquery()
    wanted = and_(subscriptions.c.edition_id == edition, wanted)
    audience = _freeze(connection, mailing_id, and_(wanted, subscriptions.c.hour.is_(None)), now)
    crashing.reach("mid_freeze")
    audience += _freeze_by_hour(connection, mailing_id, wanted, hours)
    connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(audience=audience))
    return audience


def _welcomed_with(issue_uid: UUID) -> ColumnElement[bool]:
    """Return what makes a subscription one whose welcome brought an issue, before that had a mailing."""
    welcomes = (
        select(letters.c.subscription_id)
        .join(issues, issues.c.id == letters.c.issue_id)
        .where(issues.c.uid == issue_uid, letters.c.subscription_id.is_not(None))
    )
    return subscriptions.c.id.in_(welcomes)


def make(
    connection: Connection, edition_id: int, kind: str, key: str, issue_uid: UUID, frozen_number: int, now: datetime
) -> int | None:
    """Make a mailing without an audience yet; return its id, or `None` where it was made before."""
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    mailing_id: int | None = connection.scalar(
        build(mailings)
        .values(
            edition_id=edition_id,
            kind=kind,
            key=key,
            issue_id=select(issues.c.id).where(issues.c.uid == issue_uid).scalar_subquery(),
            frozen_number=frozen_number,
            created_at=now,
            audience=0,
        )
        .on_conflict_do_nothing()
        .returning(mailings.c.id)
    )
    if mailing_id is not None:
        raise_generation(connection)
    return mailing_id


def _freeze(connection: Connection, mailing_id: int, wanted: ColumnElement[bool], due_at: datetime) -> int:
    """Queue a delivery at one instant for everybody of whom *wanted* is true; return how many there are."""
    due = literal(due_at, Instant())
    return _insert(connection, _readers(mailing_id, due).where(wanted))


def _freeze_by_hour(connection: Connection, mailing_id: int, wanted: ColumnElement[bool], hours: Hours) -> int:
    """Queue a delivery for those who named an hour."""
    hour = cast(subscriptions.c.hour, String)
    where = func.coalesce(subscriptions.c.zone, hours.zone)
    wishes = connection.execute(
        select(subscriptions.c.hour, where, hour)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(wanted, subscriptions.c.hour.is_not(None))
        .distinct()
    ).all()
    if not wishes:
        return 0
    due = [(text, name, first_at(hours.since, at, ZoneInfo(name))) for at, name, text in wishes]
    given = rows_of(connection, {"hour": String, "zone": String, "due_at": Instant}, due)
    # What is distinct, and text, SQLite makes a table first and finds each reader's in it; else it would go through all
    # readers for each instant.
    as_text = cast(given.c.hour, String).label("hour")
    instants = select(as_text, given.c.zone, given.c.due_at).distinct().subquery("instants")
    readers = _readers(mailing_id, instants.c.due_at)
    return _insert(
        connection, readers.join(instants, and_(instants.c.hour == hour, instants.c.zone == where)).where(wanted)
    )


def _readers(mailing_id: int, due: ColumnElement[Any]) -> Select[Any]:
    return select(
        literal(mailing_id), subscriptions.c.id, literal("queued"), due, due.label("ready_at"), literal(0)
    ).join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)


def _insert(connection: Connection, readers: Select[Any]) -> int:
    # In no order but that of their index, which is nearly theirs: to sort a million takes 100 MB.
    return connection.execute(
        insert(deliveries).from_select(
            ["mailing_id", "subscription_id", "state", "due_at", "ready_at", "attempts"],
            readers,
        ),
        execution_options={"preserve_rowcount": True},
    ).rowcount


def wants_mail_on(day: date) -> ColumnElement[bool]:
    """Return what makes a subscription one that gets the mail of *day*: a pause ends on the day that it names."""
    awake = or_(
        subscriptions.c.state == "active",
        and_(subscriptions.c.state == "paused", subscriptions.c.paused_until <= day),
    )
    return and_(awake, subscribers.c.state == "good")


def unclaimed(connection: Connection, issue_uid: UUID) -> int:
    """Return how many deliveries of an issue nobody has claimed yet: their bytes may still be others."""
    statement = select(func.count()).where(deliveries.c.mailing_id.in_(_of_issue(issue_uid)), UNCLAIMED)
    return int(connection.scalar(statement) or 0)


def freeze_again(connection: Connection, issue_uid: UUID, frozen_number: int) -> None:
    """Let those of an issue's deliveries that nobody has claimed yet have other bytes."""
    connection.execute(
        update(mailings).where(mailings.c.id.in_(_of_issue(issue_uid))).values(frozen_number=frozen_number)
    )


def stop(connection: Connection, issue_uid: UUID, why: str) -> int:
    """Suppress what is not yet sent of an issue's mailing; return how many deliveries that were."""
    return suppress_waiting(connection, deliveries.c.mailing_id.in_(_of_issue(issue_uid)), why)


def suppress_waiting(connection: Connection, which: ColumnElement[bool], why: str) -> int:
    """Suppress those of *which* deliveries that wait, for their instant or for another attempt; return how many."""
    return connection.execute(
        update(deliveries).where(which, deliveries.c.state.in_(("queued", "deferred"))).values(not_sent(literal(why)))
    ).rowcount


def not_sent(why: ColumnElement[str]) -> dict[str, Any]:
    """
    Return the values of a delivery that is not sent any more, and why: it is suppressed.

    One whose reply was lost before may have arrived, so that is unknown, and stays so.
    """
    lost = deliveries.c.replies_lost.is_not(None)
    return {
        "state": case((lost, "unknown"), else_="suppressed"),
        "reply": case((lost, deliveries.c.reply), else_=why),
        "ready_at": case((lost, null()), else_=deliveries.c.ready_at),
    }


def running(connection: Connection) -> list[Running]:
    """Return the mailings that have something to send, now or later, the oldest first."""
    rows = connection.execute(
        select(
            mailings,
            editions.c.slug,
            issues.c.uid,
            issues.c.state,
            _held().label("held"),
            _held(issues.c.state == IssueState.PUBLISHED).label("standing"),
        )
        .join(editions, editions.c.id == mailings.c.edition_id)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(mailings.c.closed_at.is_(None))
        .order_by(mailings.c.id)
    )
    return [
        Running(
            id=row.id,
            edition=row.slug,
            kind=row.kind,
            key=row.key,
            issue=row.uid,
            day=date.fromisoformat(row.key),
            frozen_number=row.frozen_number,
            withdrawn=row.state == IssueState.WITHDRAWN if row.kind == "issue" else not row.standing,
            reduced=row.standing < row.held,
        )
        for row in rows
    ]


def _held(*which: ColumnElement[bool]) -> ColumnElement[int]:
    """Return how many issues a digest holds, or how many of *which*."""
    of_digest = select(func.count()).join(issues, issues.c.id == digest_issues.c.issue_id)
    return of_digest.where(digest_issues.c.mailing_id == mailings.c.id, *which).correlate(mailings).scalar_subquery()


def any_open(connection: Connection) -> bool:
    """Say whether something is left to do about any mailing."""
    return bool(connection.scalar(select(exists().where(mailings.c.closed_at.is_(None)))))


def close_done(connection: Connection, now: datetime) -> None:
    """Close the mailings of which nothing is left to do."""
    connection.execute(
        update(mailings)
        .where(mailings.c.closed_at.is_(None), ~exists().where(deliveries.c.mailing_id == mailings.c.id, UNDONE))
        .values(closed_at=now)
    )


def due(connection: Connection, edition: str, before: datetime) -> dict[date, int]:
    """Return, by the mailing's day, how many of an edition's deliveries are ready at *before* and in nobody's hands."""
    rows = connection.execute(
        select(mailings.c.key, func.count())
        .join(editions, editions.c.id == mailings.c.edition_id)
        .join(deliveries, deliveries.c.mailing_id == mailings.c.id)
        .where(
            editions.c.slug == edition,
            mailings.c.closed_at.is_(None),
            deliveries.c.state.in_(("queued", "deferred")),
            deliveries.c.ready_at <= before,
        )
        .group_by(mailings.c.key)
    )
    found = Counter[date]()
    for key, number in rows:  # a day may have an issue's and a digest's
        found[date.fromisoformat(key)] += number
    return dict(sorted(found.items()))


def counts(connection: Connection, issue_uid: UUID) -> dict[str, int]:
    """Return how many deliveries of an issue are in each state."""
    rows = connection.execute(
        select(deliveries.c.state, func.count())
        .where(deliveries.c.mailing_id.in_(_of_issue(issue_uid)))
        .group_by(deliveries.c.state)
    )
    return dict(rows.all())


def unbalanced(connection: Connection) -> list[int]:
    """Return the mailings whose rows are not as many as their audience: there must be none."""
    rows = connection.execute(
        select(mailings.c.id)
        .outerjoin(deliveries, deliveries.c.mailing_id == mailings.c.id)
        .group_by(mailings.c.id, mailings.c.audience)
        .having(func.count(deliveries.c.subscription_id) != mailings.c.audience)
    )
    return [row.id for row in rows]


def _of_issue(issue_uid: UUID) -> Select[Any]:
    """Return the mailing that brings an issue itself; a digest is of many."""
    return (
        select(mailings.c.id)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(issues.c.uid == issue_uid, mailings.c.kind == "issue")
    )
