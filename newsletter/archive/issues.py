"""Issues: what was published, for which day, and what readers are shown of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, extract, func, insert, select, update

from newsletter.archive import corrections, shown
from newsletter.archive.editions import id_of
from newsletter.archive.rows import ENTRY_COLUMNS, entries_of
from newsletter.errors import NewsletterError
from newsletter.models import Entry, Issue, IssueState, Rule, Withdrawal
from newsletter.shapes import entry_shape
from newsletter.store.engine import raise_change_number
from newsletter.store.tables import editions, entries, frozen_mails, issues, mailings, pins, queue, revisions


class NoSuchIssue(NewsletterError):
    """The edition published nothing for this day."""

    def __init__(self, edition: str, day: date) -> None:
        super().__init__(f"{edition} has no issue of {day}: see `daily-dose status` for the newest")


def _selected(where: ColumnElement[bool]) -> Select[Any]:
    mailed = exists().where(mailings.c.issue_id == issues.c.id, mailings.c.kind == "issue").label("mailed")
    return (
        select(*ENTRY_COLUMNS)
        .select_from(issues)
        .join(entries, entries.c.id == issues.c.entry_id)
        .join(revisions, (revisions.c.entry_id == entries.c.id) & (revisions.c.number == issues.c.shown_revision))
        .join(editions, editions.c.id == issues.c.edition_id)
        .add_columns(
            *(issues.c[name].label(f"issue_{name}") for name in issues.c.keys() if name != "content"),  # noqa: SIM118 -- a ColumnCollection iterates its columns
            editions.c.slug.label("edition"),
            mailed,
        )
        .where(where)
    )


def _read(connection: Connection, statement: Select[Any]) -> list[Issue]:
    rows = connection.execute(statement).all()
    shown = entries_of(connection, rows)
    notes = corrections.of_entries(connection, {row.issue_entry_id for row in rows})
    return [_issue(row, entry, notes.get(row.issue_entry_id, ())) for row, entry in zip(rows, shown, strict=True)]


def _issue(row: Row[Any], entry: Entry, notes: Iterable[corrections.Noted]) -> Issue:
    return Issue(
        uid=row.issue_uid,
        edition=row.edition,
        day=row.issue_day,
        number=row.issue_number,
        state=IssueState(row.issue_state),
        rule=Rule(row.issue_rule),
        reason=row.issue_reason,
        subject=row.issue_subject,
        entry=entry,
        due_at=row.issue_due_at,
        published_at=row.issue_published_at,
        updated_at=row.issue_updated_at,
        caught_up=row.issue_caught_up,
        mailed=row.mailed,
        # What was wrong when this issue was printed; a later issue of the entry was printed right.
        corrections=tuple(noted.correction for noted in notes if noted.revision > row.issue_revision),
        withdrawal=Withdrawal(withdrawn_at=row.issue_withdrawn_at, notice=row.issue_notice)
        if row.issue_withdrawn_at
        else None,
    )


def _of(edition: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    # By id: joined to its slug, PostgreSQL reads every issue of every edition for the newest one.
    condition: ColumnElement[bool] = issues.c.edition_id == id_of(edition)
    for further in more:
        condition &= further
    return condition


def find(connection: Connection, edition: str, day: date) -> Issue | None:
    """Return the edition's issue of *day*."""
    found = _read(connection, _selected(_of(edition, issues.c.day == day)))
    return found[0] if found else None


def get(connection: Connection, edition: str, day: date) -> Issue:
    """Return the edition's issue of *day*; raise `NoSuchIssue` if there is none."""
    found = find(connection, edition, day)
    if found is None:
        raise NoSuchIssue(edition, day)
    return found


def newest(connection: Connection, edition: str, most: int = 1, *, standing: bool = False) -> list[Issue]:
    """Return the newest issues by day, the newest first; only those not withdrawn if *standing*."""
    where = _of(edition, issues.c.state == IssueState.PUBLISHED) if standing else _of(edition)
    # Chosen before they are joined: PostgreSQL may join ten years of them to leave all but these.
    chosen = select(issues.c.id).where(where).order_by(issues.c.day.desc()).limit(most)
    return _read(connection, _selected(issues.c.id.in_(chosen)).order_by(issues.c.day.desc()))


def newest_day(connection: Connection, edition: str) -> date | None:
    """Return the newest day that has an issue."""
    day: date | None = connection.scalar(select(func.max(issues.c.day)).where(_of(edition)))
    return day


def between(connection: Connection, edition: str, first: date, last: date) -> list[Issue]:
    """Return the issues from *first* to *last*, in day order."""
    where = _of(edition, issues.c.day.between(first, last))
    return _read(connection, _selected(where).order_by(issues.c.day))


def of_entry(connection: Connection, edition: str, uid: UUID) -> list[Issue]:
    """Return the issues in which an edition published an entry, in day order."""
    return _read(connection, _selected(_of(edition, entries.c.uid == uid)).order_by(issues.c.day))


def on(connection: Connection, edition: str, those: Collection[date]) -> list[Issue]:
    """Return the issues of *those* days, in day order."""
    return _read(connection, _selected(_of(edition, issues.c.day.in_(those))).order_by(issues.c.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month that has issues; *stamp* differs whenever what readers see of them does."""

    year: int
    month: int
    stamp: str

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)


def months(connection: Connection, edition: str) -> list[Month]:
    """Return each month that has issues, in order."""
    year, month = extract("year", issues.c.day), extract("month", issues.c.day)
    rows = connection.execute(
        select(
            year,
            month,
            func.count(),
            func.sum(issues.c.shown_revision),
            func.count(issues.c.withdrawn_at),
            func.max(issues.c.updated_at),
        )
        .where(_of(edition))
        .group_by(year, month)
        .order_by(year, month)
    )
    return [Month(year=int(found[0]), month=int(found[1]), stamp=" ".join(map(str, found[2:]))) for found in rows]


def count(connection: Connection) -> int:
    """Return how many issues there are, of every edition."""
    return connection.scalar(select(func.count()).select_from(issues)) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenMail:
    """An issue's mail with its holes: *whole*, and for who wants *text* alone, of which an older version froze none."""

    whole: bytes
    text: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What publishing writes: the issue and its mail."""

    issue: Issue
    mail: FrozenMail


def content_of(issue: Issue) -> str:
    """Return what an issue prints, as canonical JSON."""
    return json.dumps(
        {"day": issue.day.isoformat(), "subject": issue.subject, "entry": entry_shape(issue.entry)},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def insert_issue(connection: Connection, frozen: Freeze) -> None:
    """Keep an issue with what it froze. The database refuses a second one of the edition's day."""
    issue = frozen.issue
    content = content_of(issue)
    issue_id, edition_id, entry_id = connection.execute(
        insert(issues)
        .values(
            uid=issue.uid,
            edition_id=id_of(issue.edition),
            day=issue.day,
            number=issue.number,
            state=str(issue.state),
            rule=str(issue.rule),
            reason=issue.reason,
            subject=issue.subject,
            entry_id=select(entries.c.id).where(entries.c.uid == issue.entry.uid).scalar_subquery(),
            revision=issue.entry.revision,
            shown_revision=issue.entry.revision,
            due_at=issue.due_at,
            published_at=issue.published_at,
            updated_at=issue.updated_at,
            caught_up=issue.caught_up,
            content=content,
            sha256=hashlib.sha256(content.encode() + frozen.mail.whole).hexdigest(),
        )
        .returning(issues.c.id, issues.c.edition_id, issues.c.entry_id)
    ).one()
    _keep_mail(connection, issue_id, 1, frozen.mail, issue.published_at)
    changed = raise_change_number(connection)
    connection.execute(
        update(entries).where(entries.c.id == entry_id).values(published_revision=issue.entry.revision, changed=changed)
    )
    if issue.rule is Rule.PINNED:
        connection.execute(delete(pins).where(pins.c.edition_id == edition_id, pins.c.day == issue.day))
    if issue.rule is Rule.QUEUED:
        connection.execute(delete(queue).where(queue.c.edition_id == edition_id, queue.c.entry_id == entry_id))
    shown.follow(connection)


def freeze_mail(connection: Connection, issue_uid: UUID, mail: FrozenMail, now: datetime) -> int:
    """Keep the bytes of an issue's mail under the next number; return it."""
    issue_id, last = connection.execute(
        select(issues.c.id, func.max(frozen_mails.c.number))
        .join(frozen_mails, frozen_mails.c.issue_id == issues.c.id)
        .where(issues.c.uid == issue_uid)
        .group_by(issues.c.id)
    ).one()
    _keep_mail(connection, issue_id, last + 1, mail, now)
    return int(last) + 1


def _keep_mail(connection: Connection, issue_id: int, number: int, mail: FrozenMail, now: datetime) -> None:
    connection.execute(
        insert(frozen_mails).values(
            issue_id=issue_id,
            number=number,
            frozen_at=now,
            mail=mail.whole,
            text_mail=mail.text,
            sha256=hashlib.sha256(mail.whole).hexdigest(),
        )
    )


def frozen_mail(connection: Connection, issue: Issue) -> bytes:
    """Return the newest frozen bytes of an issue's mail."""
    mail: bytes | None = connection.scalar(
        select(frozen_mails.c.mail)
        .join(issues, issues.c.id == frozen_mails.c.issue_id)
        .where(issues.c.uid == issue.uid)
        .order_by(frozen_mails.c.number.desc())
        .limit(1)
    )
    assert mail is not None, "publishing froze a mail"
    return mail


def last_instants(connection: Connection, edition: str) -> tuple[int, datetime | None]:
    """Return the newest number and the newest instant of publication of an edition."""
    number, published_at = connection.execute(
        select(func.max(issues.c.number), func.max(issues.c.published_at)).where(_of(edition))
    ).one()
    return number or 0, published_at


def show_revision(connection: Connection, entry_id: int, revision: int, now: datetime) -> None:
    """
    Show an entry's *revision* in every issue of it that stands, as updated at *now*.

    No two issues of an edition are updated in the same second: feeds tell them apart by it.
    """
    standing = connection.execute(
        select(issues.c.id, issues.c.edition_id, issues.c.updated_at)
        .where(issues.c.entry_id == entry_id, issues.c.state == IssueState.PUBLISHED)
        .order_by(issues.c.day)
    ).all()
    for row in standing:
        updated_at = free_second(connection, row.edition_id, now, row.updated_at)
        connection.execute(
            update(issues).where(issues.c.id == row.id).values(shown_revision=revision, updated_at=updated_at)
        )
    if standing:
        changed = raise_change_number(connection)
        connection.execute(
            update(entries).where(entries.c.id == entry_id).values(published_revision=revision, changed=changed)
        )
        shown.follow(connection)


def withdraw(connection: Connection, issue: Issue, notice: str, now: datetime) -> None:
    """Put a notice in the place of an issue."""
    changed = raise_change_number(connection)
    edition_id = connection.scalar(select(id_of(issue.edition))) or 0
    connection.execute(
        update(issues)
        .where(issues.c.uid == issue.uid, issues.c.state == IssueState.PUBLISHED)
        .values(
            state=str(IssueState.WITHDRAWN),
            withdrawn_at=now,
            notice=notice,
            updated_at=free_second(connection, edition_id, now, issue.updated_at),
        )
    )
    connection.execute(update(entries).where(entries.c.uid == issue.entry.uid).values(changed=changed))
    shown.follow(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """An issue whose frozen bytes do not have the SHA-256 that they were frozen with."""

    edition: str
    day: date


def altered(connection: Connection) -> list[Altered]:
    """Return the issues whose frozen content or mail is not what publishing froze: there must be none."""
    rows = connection.execute(
        select(editions.c.slug, issues.c.day, issues.c.content, issues.c.sha256, frozen_mails.c.mail)
        .join(editions, editions.c.id == issues.c.edition_id)
        .join(frozen_mails, (frozen_mails.c.issue_id == issues.c.id) & (frozen_mails.c.number == 1))
        .order_by(editions.c.id, issues.c.day)
        .execution_options(yield_per=100)
    )
    return [
        Altered(edition=row.slug, day=row.day)
        for row in rows
        if hashlib.sha256(row.content.encode() + row.mail).hexdigest() != row.sha256
    ]


def free_second(connection: Connection, edition_id: int, now: datetime, after: datetime) -> datetime:
    """
    Return a whole second later than *after* in which no issue of the edition was updated.

    It is the newest that is not after *now*; where there is none, the first one that is.
    """
    second = timedelta(seconds=1)
    start = now.replace(microsecond=0)

    def is_free(wanted: datetime) -> bool:
        within = (issues.c.updated_at >= wanted) & (issues.c.updated_at < wanted + second)
        return connection.scalar(select(issues.c.id).where(issues.c.edition_id == edition_id, within).limit(1)) is None

    wanted = start
    while wanted > after and not is_free(wanted):
        wanted -= second
    if wanted > after:
        return wanted
    wanted = max(start, after.replace(microsecond=0)) + second
    while not is_free(wanted):
        wanted += second
    return wanted


def standing_of(connection: Connection, entry_id: int) -> list[Issue]:
    """Return every issue of an entry that stands, of every edition."""
    return _read(
        connection,
        _selected((issues.c.entry_id == entry_id) & (issues.c.state == IssueState.PUBLISHED)).order_by(issues.c.day),
    )
