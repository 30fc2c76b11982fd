"""The verbs of entries, the queue and editions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from newsletter.archive import copying, editions, entries, issues, plans
from newsletter.desk.editing import WrongValue, edited
from newsletter.desk.importing import Import, Report
from newsletter.errors import NewsletterError
from newsletter.models import Edition, Entry, Hold, Schedule
from newsletter.store import Connection
from newsletter.store.engine import Store, remember, remembered
from newsletter.text import slugify
from scheduler.calendar import edition_day
from scheduler.due import days_left_empty
from scheduler.picker import Waiting

#: What a fresh install publishes.
FIRST_EDITION = "daily-dose"


class KnownEdition(NewsletterError):
    """There is an edition of this slug already."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is an edition {slug!r} already: change it with `daily-dose editions set {slug} ...`")


class PastDay(NewsletterError):
    """A day that is over takes no pin."""

    def __init__(self, day: date, today: date) -> None:
        super().__init__(f"{day} is past (it is {today} there), or published already: pin to a day that is to come")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One entry that waits: pinned to *day*, or in the queue.

    *note* says how it came there, *warning* that it would come before it has rested, which an
    editor may want: both are for the editors.
    """

    day: date | None
    waiting: Waiting
    note: str | None = None
    warning: str | None = None


class Desk:
    """Entries, the queue, editions."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # Entries.

    def import_(self, importing: Import, *, dry_run: bool, now: datetime, report: Report | None = None) -> Report:
        """Take in what files hold; return the report, the same for a dry run, which changes nothing."""
        return importing.run(self.store, now, dry_run=dry_run, report=report)

    def export(self) -> Iterator[str]:
        """Yield the whole archive, one JSON line (without its end) at a time."""
        with self.store.reading() as connection:
            yield from copying.lines(connection)

    def find(self, name: str) -> Entry | None:
        """Return the entry with this slug or uid."""
        with self.store.reading() as connection:
            return entries.find(connection, name)

    def headlines(self, uids: Sequence[UUID]) -> dict[UUID, str]:
        """Return the headlines of entries, by uid."""
        with self.store.reading() as connection:
            return entries.headlines(connection, uids)

    def counts(self) -> tuple[int, int]:
        """Return how many entries and issues there are."""
        with self.store.reading() as connection:
            return entries.count(connection), issues.count(connection)

    def slug_of_body(self, beginning: str) -> str:
        """Return the slug of the entry whose text begins so; raise `NoSuchEntry` if there is none."""
        with self.store.reading() as connection:
            return entries.with_body(connection, beginning)

    # Plans.

    def line(self, slug: str | None) -> list[Line]:
        """Return what is pinned, by day, then the queue from its head."""
        with self.store.reading() as connection:
            edition = editions.get(connection, slug)
            notes = plans.queue_notes(connection, editions.get_id(connection, edition.slug))
            newest = issues.newest_day(connection, edition.slug) or edition.since
            pinned = [
                Line(day=day, waiting=waiting, warning=_unrested(connection, edition, waiting, day))
                for day, waiting in plans.pinned(connection, edition).items()
            ]
            return pinned + [
                Line(
                    day=None,
                    waiting=waiting,
                    note=notes.get(waiting.slug),
                    warning=_unrested(connection, edition, waiting, newest + place * date.resolution),
                )
                for place, waiting in enumerate(plans.queued(connection, edition), start=1)
            ]

    def holds(self, now: datetime) -> list[Hold]:
        """Return every hold that stands and has not all its days behind it, of every edition."""
        with self.store.reading() as connection:
            today = {edition.slug: edition_day(edition, now) for edition in editions.every(connection)}
            return [hold for hold in plans.holding(connection) if hold.stands(today.get(hold.edition or "", date.min))]

    def enqueue(self, slug: str | None, name: str, now: datetime, *, day: date | None = None) -> None:
        """Put an entry at the end of the queue, or pin it to *day*; raise `PastDay`, `AlreadyPlanned`."""
        with self.store.transaction() as connection:
            edition = editions.get(connection, slug)
            edition_id = editions.get_id(connection, edition.slug)
            entry_id = entries.get_id(connection, name)
            if day is None:
                plans.enqueue(connection, edition_id, entry_id)
                return
            today = edition_day(edition, now)
            if day < today or issues.find(connection, edition.slug, day) is not None:
                raise PastDay(day, today)
            plans.pin(connection, edition_id, day, entry_id)

    def move(self, slug: str | None, name: str, place: int) -> None:
        """Move a queued entry to *place*, counted from 1; raise `NotPlanned` if it is not in the queue."""
        with self.store.transaction() as connection:
            edition = editions.get(connection, slug)
            entry_id = entries.get_id(connection, name)
            slugs = {waiting.slug for waiting in plans.queued(connection, edition)}
            if entries.slug_of(connection, entry_id) not in slugs:
                raise plans.NotPlanned(name)
            plans.enqueue(connection, editions.get_id(connection, edition.slug), entry_id, at=place - 1)

    def remove(self, slug: str | None, name: str) -> None:
        """Take an entry out of the queue and off its days; raise `NotPlanned` if it is nowhere."""
        with self.store.transaction() as connection:
            edition_id = editions.get_id(connection, editions.get(connection, slug).slug)
            if not plans.forget_plan(connection, edition_id, entries.get_id(connection, name)):
                raise plans.NotPlanned(name)

    # Editions.

    def editions(self) -> list[Edition]:
        """Return every edition, the first one first."""
        with self.store.reading() as connection:
            return editions.every(connection)

    def edition(self, slug: str | None) -> Edition:
        """Return an edition, the first one without a slug; raise `NoSuchEdition`."""
        with self.store.reading() as connection:
            return editions.get(connection, slug)

    def add_edition(self, slug: str, values: Mapping[str, str], now: datetime) -> Edition:
        """Add an edition that starts today; 06:00 UTC, in English, unless *values* say otherwise."""
        if not slug or slugify(slug) != slug:
            raise WrongValue("slug", slug, "lower-case words with hyphens between, such as daily-dose-ar")
        today = now.date()
        schedule = Schedule(from_day=today, zone=ZoneInfo("UTC"), time=time(6))
        edition = Edition(uid=uuid4(), slug=slug, title="Daily Dose", language="en", schedules=(schedule,), since=today)
        edition = edited(edition, values, today)
        day = edition_day(edition, now)
        edition = replace(
            edition, since=day, schedules=tuple(replace(each, from_day=day) for each in edition.schedules)
        )
        with self.store.transaction() as connection:
            if editions.find(connection, slug) is not None:
                raise KnownEdition(slug)
            editions.add(connection, edition)
        return edition

    def set_edition(self, slug: str, values: Mapping[str, str], now: datetime) -> Edition:
        """
        Change an edition; a new zone or hour holds from the day after its newest issue.

        It holds from after what a hold has left empty by *now*, too: no new hour brings that day back.
        """
        with self.store.transaction() as connection:
            edition = editions.get(connection, slug)
            newest = issues.newest_day(connection, slug)
            empty = days_left_empty(edition, newest, plans.holding(connection), now)
            last = empty[-1].day if empty else newest
            from_day = last + date.resolution if last else edition.since
            edition = edited(edition, values, from_day)
            editions.keep(connection, edition)
        return edition

    # The start.

    def found(self, since: date | None, now: datetime, *, past: int) -> Edition:
        """Make the first edition, if there is none: it starts on *since*, or *past* days before today."""
        with self.store.transaction() as connection:
            known = editions.find(connection, None)
            if known is not None:
                return known
            today = now.date()
            start = since or today - past * date.resolution
            schedule = Schedule(from_day=start, zone=ZoneInfo("UTC"), time=time(6))
            edition = Edition(
                uid=uuid4(), slug=FIRST_EDITION, title="Daily Dose", language="en", schedules=(schedule,), since=start
            )
            editions.add(connection, edition)
        return edition

    def once(self, name: str, step: Callable[[], object]) -> None:
        """Run a step of the start that is not to be run again; a crash in it lets it run again."""
        with self.store.reading() as connection:
            done = remembered(connection, name)
        if done is None:
            step()
            with self.store.transaction() as connection:
                remember(connection, name, "done")


def _unrested(connection: Connection, edition: Edition, waiting: Waiting, day: date) -> str | None:
    """Say that an entry would be published on *day* before it has rested, if so."""
    last = max((issue.day for issue in issues.of_entry(connection, edition.slug, waiting.uid)), default=None)
    if last is None or (day - last).days >= edition.rest_days:
        return None
    return f"was published on {last}: has not rested {edition.rest_days} days"
