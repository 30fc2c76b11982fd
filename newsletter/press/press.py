"""The verbs of issues and mail. Each opens one transaction; the clock, the web and the command line call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog

from newsletter import crashing
from newsletter.archive import corrections, editions, entries, issues, plans
from newsletter.delivery import mailings, pausing
from newsletter.delivery.outbox import OutboxFull
from newsletter.models import Correction, Entry, Hold, Issue, Publisher, Source, Status
from newsletter.press import refusals
from newsletter.press.digests import Digests
from newsletter.press.guards import Guards, believe, wrong_clock
from newsletter.press.issuing import Issuing
from newsletter.press.means import Means
from newsletter.press.outlook import Outlook
from newsletter.press.printing import is_stale, links_of, print_documents
from newsletter.press.proofs import Proofs
from newsletter.press.revising import Wish, changes, revised
from newsletter.press.sending import Sending
from newsletter.press.shelves import Shelves
from newsletter.render.links import Links
from newsletter.store import Connection
from newsletter.store.engine import Store

_log = structlog.get_logger(__name__)

#: How many documents are printed in one transaction, where there is no reason to print all.
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a verb did to what is published already.

    *deliveries* were given new bytes, or stopped; *standing* are the entry's issues that a
    withdrawal left as they are.
    """

    entry: Entry
    issues: tuple[Issue, ...]
    deliveries: int
    standing: tuple[Issue, ...] = ()


class Press:
    """Issues and mail."""

    def __init__(self, store: Store, publisher: Publisher, means: Means) -> None:
        self.store = store
        self.publisher = publisher
        #: By which means its mail goes out.
        self.means = means
        self.outbox = means.outbox
        self._shelves = Shelves(store)
        self._issuing = Issuing(publisher=publisher, shelves=self._shelves, max_late=means.max_late)
        self._digests = Digests(publisher=publisher, max_late=means.max_late)
        #: What keeps it from a clock, or a database, that can't be believed.
        self.guards = Guards(store, means.witness)
        #: What comes: picks, the forecast, the runway, the status.
        self.outlook = Outlook(self._shelves, means.max_late)
        #: How its mail goes out.
        self.sending = Sending(store, publisher.sender, means)
        #: How it looks.
        self.proofs = Proofs(store, publisher, self.outlook.pick)

    # When.

    def tick(
        self, now: datetime, look: Callable[[], datetime] | None = None, enough: Callable[[], bool] | None = None
    ) -> list[Issue]:
        """
        Publish what is due by *now* (UTC) in every edition; return the issues, in order.

        Safe at any time, in any number of processes. A clock that lies before the last recorded
        instant is a fault: everything is held instead. *look* reads the clock again, which tells
        it from an instant that grew old while this process was paused, or waited for another:
        that is no fault, and left to the next tick. *enough* is asked between transactions whether
        to leave the rest to another time.
        """
        if not self.guards.let_tick(now, look):
            return []
        return self._every_edition(now, mail=True, enough=enough)

    def catch_up(self, now: datetime, progress: Callable[[int], object] | None = None) -> list[Issue]:
        """Publish every day that is due, mailing none: how an archive's past is filled at the start."""
        return self._every_edition(now, mail=False, progress=progress)

    def _every_edition(
        self,
        now: datetime,
        *,
        mail: bool,
        progress: Callable[[int], object] | None = None,
        enough: Callable[[], bool] | None = None,
    ) -> list[Issue]:
        published: list[Issue] = []
        with self.store.reading() as connection:
            slugs = [edition.slug for edition in editions.every(connection)]
        for slug in slugs:
            left = 1
            while left:
                if enough is not None and enough():
                    return published
                with self._shelves.transaction() as connection:
                    editions.lock(connection, slug)
                    edition = editions.get(connection, slug)
                    left, made = self._issuing.due_days(connection, edition, now, mail=mail)
                    published += made
                if made:
                    crashing.reach("after_issue_commit")
                if progress:
                    progress(len(made))
        self.print_if_stale(now)
        for slug in slugs if mail else ():  # last: what befalls a digest keeps no issue back
            self._open_digests(slug, now)
        return published

    def _open_digests(self, slug: str, now: datetime) -> None:
        """Open what digests are due; the day's issue is published by now, and in them."""
        with self.store.reading() as connection:
            due = self._digests.due(connection, editions.get(connection, slug), now)
        for each in due:
            with self.store.transaction() as connection:
                editions.lock(connection, slug)
                self._digests.open(connection, editions.get(connection, slug), each, now)

    def print_if_stale(self, now: datetime) -> None:
        """
        Print the feeds anew if the archive, a setting or a renderer changed since.

        A few in each transaction: after a change of settings there are many, and others wait to write.
        """
        with self.store.reading() as connection:
            done = not is_stale(connection, self.publisher)
        while not done:
            with self.store.transaction() as connection:
                done = print_documents(connection, self.publisher, now, _AT_ONCE)

    # Say.

    def links(self, slug: str | None = None) -> Links:
        """Return the addresses of an edition, the first one without a slug."""
        with self.store.reading() as connection:
            return links_of(editions.get(connection, slug), editions.every(connection), self.publisher)

    def url_of(self, issue: Issue) -> str:
        """Return the address of an issue's page."""
        return self.links(issue.edition).issue(issue.day)

    def faults(self, now: datetime) -> list[str]:
        """Return what is wrong at *now* with what is kept, with the outbox and the clock, in words."""
        with self.store.reading() as connection:
            found = [
                f"the issue of {issue.day} ({issue.edition}) is not what was frozen: restore it from a backup"
                for issue in issues.altered(connection)
            ]
            wrong = wrong_clock(connection, now)
        found += [f"{wrong}: set the clock right"] if wrong else []
        try:
            self.outbox.test()
        except OutboxFull as error:
            found.append(str(error))
        return found

    # Publish.

    def publish(
        self,
        slug: str | None,
        day: date,
        now: datetime,
        *,
        early: bool = False,
        mail: bool | None = None,
        force: bool = False,
    ) -> Issue:
        """
        Publish an edition's *day*, and what was missed before it; return its issue, the same one every time.

        *early* publishes today's before it is due, and mails it at once. *mail* says whether it is
        mailed; without a word the newest day is, while it is fresh. *force* fills a held day.
        Raises `FutureDay`, `BeforeStart`, `NoPublicationDay`, `NotDueYet`, `NoSuchDay`, `Held`,
        `NothingToPick`; and `WrongClock`, as a tick would hold everything.
        """
        self.guards.check(now)
        wanted = True if early and mail is None else mail
        with self.store.reading() as connection:
            edition = editions.get(connection, slug)
            refusals.check_day(edition, day, now, early=early)
        left = 1
        while left:
            with self._shelves.transaction() as connection:
                editions.lock(connection, edition.slug)
                left, _ = self._issuing.due_days(connection, edition, now, before=day, mail=False)
        with self._shelves.transaction() as connection:
            editions.lock(connection, edition.slug)
            edition = editions.get(connection, edition.slug)
            issue = issues.find(connection, edition.slug, day)
            if issue is None:
                self._issuing.day(connection, edition, day, now, wanted=wanted, force=force)
            elif wanted:
                self._issuing.mail(connection, edition, issue, now)
            if is_stale(connection, self.publisher):
                print_documents(connection, self.publisher, now)
            return issues.get(connection, edition.slug, day)

    # Hold.

    def hold(self, slug: str | None, days: tuple[date, date] | None, now: datetime, reason: str = "") -> Hold:
        """Publish and mail nothing on *days* (first and last), or nothing at all until released."""
        with self.store.transaction() as connection:
            edition = editions.get(connection, slug)
            held = Hold(
                edition=edition.slug if days else None,
                first=days[0] if days else None,
                last=days[1] if days else None,
                since=now,
                reason=reason,
            )
            plans.hold(connection, held)
        return held

    def release(self, slug: str | None, days: tuple[date, date] | None, now: datetime) -> int:
        """
        Lift the holds on *days*, or those on everything (the clock's too); return how many were lifted.

        A released clock starts anew: the last recorded instant is now.
        """
        with self.store.transaction() as connection:
            edition = editions.get(connection, slug)
            if days:
                return plans.release_days(connection, editions.get_id(connection, edition.slug), *days, now)
            believe(connection, now)
            return plans.release_all(connection, now, ("editor", "clock")) + pausing.go_on(connection)

    # Put right, take back.

    def correct(
        self,
        slug: str | None,
        name: date | str,
        note: str,
        now: datetime,
        *,
        values: Mapping[str, Any] | None = None,
        sources: Sequence[Source] = (),
        leave_running: bool = False,
        captured: bool = False,
    ) -> Outcome:
        """
        Say in public that an entry (by its slug, or by a day it was published on) was wrong, and what is right.

        What was printed stays in its revision; every issue of the entry shows the new one from now
        on, and so does what is not yet sent of a running mailing, unless *leave_running*. The next
        mailing carries the note. *captured* says that the page which the entry was taken from had
        printed it already. Raises `NotPublished`, `InvalidEntry`, `NothingToChange`.
        """
        if not note.strip():
            raise refusals.NothingToChange("a correction needs a note: say what was wrong and what is right")
        wish = Wish(values=values or {}, sources=sources, note=note.strip(), captured=captured)
        return self._revise(slug, name, now, wish, leave_running=leave_running)

    def amend(
        self,
        slug: str | None,
        name: date | str,
        now: datetime,
        values: Mapping[str, Any],
        sources: Sequence[Source] = (),
    ) -> Outcome:
        """Mend a small slip: listed on the entry's page, no note mailed. An unpublished entry is just revised."""
        if not values and not sources:
            raise refusals.NothingToChange("an amendment needs a change: --set FIELD=VALUE or --source TEXT")
        return self._revise(slug, name, now, Wish(values=values, sources=sources, slip=True), leave_running=False)

    def _revise(self, slug: str | None, name: date | str, now: datetime, wish: Wish, *, leave_running: bool) -> Outcome:
        with self._shelves.transaction() as connection:
            entry_id, before = self._entry_of(connection, slug, name)
            published = wish.captured or entries.is_published(connection, entry_id)
            standing = issues.standing_of(connection, entry_id)
            if not published and not wish.slip:
                raise refusals.NotPublished(before.slug, "change it with `daily-dose amend`")
            if not wish.captured and not wish.slip:
                refusals.check_stands(standing, name, editions.get(connection, slug).slug)
            wanted = revised(before, wish.values, wish.sources)
            changed = changes(before, wanted)
            if wanted == before and wish.slip:
                raise refusals.NothingToChange(f"{before.slug} has these values already")
            if wanted == before and corrections.has_note(connection, entry_id, wish.note):
                raise refusals.NothingToChange(f"{before.slug} was corrected so already, with this note")
            after = entries.revise(connection, wanted, now)
            if not published:
                return Outcome(entry=after, issues=(), deliveries=0)
            if changed or not wish.slip:
                correction = Correction(
                    entry=after.slug,
                    headline=after.headline,
                    corrected_at=now,
                    note=wish.note,
                    changes=changed,
                    slip=wish.slip,
                )
                corrections.add(connection, entry_id, after.revision, correction)
            issues.show_revision(connection, entry_id, after.revision, now)
            standing = issues.standing_of(connection, entry_id)
            again = 0
            if not leave_running:
                running = [issue for issue in standing if mailings.unclaimed(connection, issue.uid)]
                again = sum(self._issuing.freeze_again(connection, issue, now) for issue in running)
                again += self._digests.freeze_again(connection, standing, now)
            print_documents(connection, self.publisher, now)
        return Outcome(entry=after, issues=tuple(standing), deliveries=again)

    def withdraw(self, slug: str | None, name: date | str, notice: str, now: datetime) -> Outcome:
        """
        Take back what was published: a day's issue, or an entry with all its issues.

        A notice stands in its place, unsent mail stops, the day stays taken. A withdrawn entry is
        retired; that of a withdrawn day goes back to review, so that no rule picks it again
        unseen. Raises `NotPublished`, `NothingToChange`.
        """
        if not notice.strip():
            raise refusals.NothingToChange("a withdrawal needs a notice: say why it was taken back")
        with self._shelves.transaction() as connection:
            entry_id, entry = self._entry_of(connection, slug, name)
            standing = issues.standing_of(connection, entry_id)
            left: list[Issue] = []
            if isinstance(name, date):
                edition = editions.get(connection, slug).slug
                left = [issue for issue in standing if (issue.edition, issue.day) != (edition, name)]
                standing = [issue for issue in standing if issue not in left]
            if not standing:
                if entries.is_published(connection, entry_id):
                    raise refusals.WithdrawnAlready(str(name))
                raise refusals.NotPublished(str(name), "there is nothing to take back")
            stopped = 0
            for issue in standing:
                issues.withdraw(connection, issue, notice.strip(), now)
                stopped += mailings.stop(connection, issue.uid, "withdrawn")
            stopped += self._digests.take_back(connection, standing, now)
            entries.set_status(connection, entry_id, Status.REVIEW if isinstance(name, date) else Status.RETIRED)
            print_documents(connection, self.publisher, now)
            gone = tuple(issues.get(connection, issue.edition, issue.day) for issue in standing)
        return Outcome(entry=entry, issues=gone, deliveries=stopped, standing=tuple(left))

    def _entry_of(self, connection: Connection, slug: str | None, name: date | str) -> tuple[int, Entry]:
        if isinstance(name, date):
            edition = editions.get(connection, slug)
            issue = issues.find(connection, edition.slug, name)
            if issue is None:
                raise refusals.NotPublished(f"{edition.slug} of {name}", "see `daily-dose status` for the newest issue")
            name = str(issue.entry.uid)
        entry = entries.get(connection, name)
        return entries.get_id(connection, str(entry.uid)), entry
