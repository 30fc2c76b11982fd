"""How an issue is made: picked, frozen, kept, and its mailing opened. All inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import structlog

from newsletter.archive import corrections, editions, entries, issues, plans
from newsletter.archive.shelf import shelf_around
from newsletter.delivery import mailings
from newsletter.delivery.missed import days_missed, went_out
from newsletter.models import Edition, Hold, Issue, IssueState, Pick, Publisher
from newsletter.press import refusals
from newsletter.press.printing import Carried, mail_of
from newsletter.press.shelves import Shelves
from newsletter.render.links import Links
from newsletter.store import Connection
from newsletter.store.engine import raise_change_number
from scheduler.calendar import due_at, edition_day, has_day
from scheduler.due import DueDay, days_due
from scheduler.picker import choose

_log = structlog.get_logger(__name__)

#: Missed days are published this many a transaction, so that others get their turn at the database.
AT_ONCE = 30
#: Longer than no time at all.
_SOON = timedelta(microseconds=1)
#: How many missed issues a mail links; older ones it counts.
_MOST_MISSED = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """What is needed to make an issue, beside a transaction."""

    publisher: Publisher
    shelves: Shelves
    max_late: timedelta

    def due_days(
        self, connection: Connection, edition: Edition, now: datetime, *, before: date | None = None, mail: bool = True
    ) -> tuple[int, list[Issue]]:
        """
        Publish what is due, `AT_ONCE` days at the most; return how many are left, and the issues.

        *before* leaves out that day and later ones, and mails none, as `mail=False` does.
        """
        holds = plans.holding(connection)
        self._return_held_pins(connection, edition, holds, now)
        due = days_due(edition, issues.newest_day(connection, edition.slug), holds, now, self.max_late)
        if before is not None:
            due = [replace(each, missed=True) for each in due if each.day < before]
        published: list[Issue] = []
        empty: list[date] = []
        left = list(due)
        while left and len(published) < AT_ONCE:
            each = left.pop(0)
            issue = self.make(connection, edition, each, now, mail=mail and each.mail)
            if issue is None:
                empty.append(each.day)
            else:
                published.append(issue)
        if empty:
            days = str(empty[0]) if len(empty) == 1 else f"{empty[0]} to {empty[-1]}"
            mend = "add entries, or make some ready"
            _log.error("nothing to publish", edition=edition.slug, day=days, mend=mend)
        return len(left), published

    def day(
        self, connection: Connection, edition: Edition, day: date, now: datetime, *, wanted: bool | None, force: bool
    ) -> Issue:
        """Publish one day that has no issue, mailed as *wanted*; raise `Held` or `NothingToPick`."""
        if not force:
            refusals.check_held(edition, day, plans.holding(connection))
        due = due_at(edition, day)
        newest = issues.newest_day(connection, edition.slug)
        is_newest = newest is None or day > newest
        fresh = now - due <= self.max_late
        mail = wanted if wanted is not None else is_newest and fresh
        missed = not (is_newest and (fresh or mail))
        issue = self.make(connection, edition, DueDay(day=day, due_at=due, missed=missed), now, mail=mail)
        if issue is None:
            raise refusals.NothingToPick(edition.slug, day)
        return issue

    def make(self, connection: Connection, edition: Edition, due: DueDay, now: datetime, *, mail: bool) -> Issue | None:
        """Pick, freeze and keep the issue of a day that has none; `None` where no rule yields an entry."""
        pick = self._choose(connection, edition, due)
        if pick is None:
            return None
        for word in pick.passed_over:
            _log.warning("passed over", edition=edition.slug, day=str(due.day), entry=word)
        issue = self._issue(connection, edition, due, pick, now)
        notes = self._notes(connection, edition, due.day) if mail else []
        carried = self._carried(connection, issue, notes) if mail else Carried()
        mail_bytes = self.mail_of(connection, edition, issue, carried)
        issues.insert_issue(connection, issues.Freeze(issue=issue, mail=mail_bytes))
        if mail:
            self._open_mailing(connection, issue, 1, notes, now)
        # Filling a year's past is one line of a person's attention, not 365.
        (_log.debug if due.missed else _log.info)(
            "published",
            edition=edition.slug,
            day=str(due.day),
            entry=issue.entry.slug,
            rule=str(pick.rule),
            mailed=mail,
        )
        return issue

    def mail(self, connection: Connection, edition: Edition, issue: Issue, now: datetime) -> None:
        """Open the mailing of an issue that was published without one; once, and never of a withdrawn one."""
        if issue.mailed or issue.withdrawal is not None:
            return
        notes = self._notes(connection, edition, issue.day)
        mail_bytes = self.mail_of(connection, edition, issue, self._carried(connection, issue, notes))
        number = issues.freeze_mail(connection, issue.uid, mail_bytes, now)
        self._open_mailing(connection, issue, number, notes, now)
        raise_change_number(connection)

    def freeze_again(self, connection: Connection, issue: Issue, now: datetime) -> int:
        """Give what is not yet sent of an issue's mailing its corrected text; return how many readers get it."""
        edition = editions.get(connection, issue.edition)
        edition_id = editions.get_id(connection, edition.slug)
        notes = corrections.carried_by(connection, edition_id, "issue", issue.day.isoformat())
        mail_bytes = self.mail_of(connection, edition, issue, self._carried(connection, issue, notes))
        mailings.freeze_again(connection, issue.uid, issues.freeze_mail(connection, issue.uid, mail_bytes, now))
        return mailings.unclaimed(connection, issue.uid)

    def mail_of(self, connection: Connection, edition: Edition, issue: Issue, carried: Carried) -> bytes:
        """Return the bytes of an issue's mail."""
        links = Links(self.publisher.base_url, None if editions.is_first(connection, edition.slug) else edition.slug)
        return mail_of(issue, edition, links, self.publisher, carried)

    def _carried(self, connection: Connection, issue: Issue, notes: Sequence[corrections.Noted]) -> Carried:
        """Return what the mail of an issue carries beside it."""
        days = days_missed(connection, editions.get_id(connection, issue.edition), issue)
        newest = days[-_MOST_MISSED:]
        return Carried(
            corrections=tuple(noted.correction for noted in notes),
            missed=tuple(issues.on(connection, issue.edition, newest)) if newest else (),
            more_missed=len(days) - len(newest),
        )

    def _notes(self, connection: Connection, edition: Edition, day: date) -> list[corrections.Noted]:
        """Return the corrections that a mailing of *day*'s issue is to carry."""
        return corrections.to_carry(connection, edition.slug, "issue", went_out(day))

    def _choose(self, connection: Connection, edition: Edition, due: DueDay) -> Pick | None:
        # To the commit nobody else changes the archive: what the pick assumes stays true.
        newest = issues.newest_day(connection, edition.slug)
        past = newest is not None and due.day < newest
        return choose(
            shelf_around(connection, edition, due.day) if past else self.shelves.of(connection, edition),
            edition,
            due.day,
            pins=plans.pinned(connection, edition),
            queue=plans.queued(connection, edition),
            missed=due.missed,
        )

    def _issue(self, connection: Connection, edition: Edition, due: DueDay, pick: Pick, now: datetime) -> Issue:
        entry = entries.of_uid(connection, pick.uid)
        number, last = issues.last_instants(connection, edition.slug)
        published_at = max(now, last + timedelta(microseconds=1)) if last else now
        return Issue(
            uid=uuid4(),
            edition=edition.slug,
            day=due.day,
            number=number + 1,
            state=IssueState.PUBLISHED,
            rule=pick.rule,
            reason=pick.reason,
            subject=entry.headline,
            entry=entry,
            due_at=due.due_at,
            published_at=published_at,
            updated_at=due.due_at if due.missed else published_at,
            caught_up=due.missed,
        )

    def _open_mailing(
        self, connection: Connection, issue: Issue, number: int, notes: Sequence[corrections.Noted], now: datetime
    ) -> None:
        edition = editions.get(connection, issue.edition)
        edition_id = editions.get_id(connection, edition.slug)
        fresh = now - issue.due_at <= self.max_late
        hours = mailings.Hours(since=issue.due_at if fresh else now, zone=edition.schedule_on(issue.day).zone.key)
        opened = mailings.open_mailing(connection, edition_id, issue.uid, issue.day, number, hours=hours, now=now)
        if opened is not None:
            corrections.carried(connection, edition_id, "issue", issue.day.isoformat(), notes)

    def _return_held_pins(self, connection: Connection, edition: Edition, holds: Sequence[Hold], now: datetime) -> None:
        """Put what was pinned to a held day at the head of the queue, once the day's instant has passed."""
        if plans.alarms(holds):  # by an instant that can't be believed nothing is given up
            return
        edition_id = editions.get_id(connection, edition.slug)
        for day, waiting in sorted(plans.pinned(connection, edition).items(), reverse=True):
            if not has_day(day, edition.schedule_on(day).zone) or day > edition_day(edition, now):
                continue
            instant = due_at(edition, day)
            # What came due before the hold was set gets its issue once that is lifted: its pin stays.
            lifted = (replace(hold, until=hold.until or now + _SOON) for hold in holds)
            if instant <= now and any(hold.covers(edition, day, instant) for hold in lifted):
                entry_id = plans.unpin(connection, edition_id, day)
                assert entry_id is not None, "it was there in this transaction"
                plans.enqueue(connection, edition_id, entry_id, at=0, note=f"was pinned to {day}, which was held")
                _log.warning("pin of a held day went to the queue", day=str(day), entry=waiting.slug)
