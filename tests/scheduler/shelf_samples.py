"""Editions, shelves and entries as the scheduler's tests use them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from newsletter.models import Edition, Hold, Kind, PartialDate, Schedule
from newsletter.resources import folder
from newsletter.shapes import entry_of
from scheduler.picker import ShelfEntry, Waiting

DAY = date(2026, 11, 22)
SPACE = UUID("6f0b5a1c-3f57-4c9e-9b0e-0d8f3c1d2e4a")

_numbers = count(1)


def an_edition(**fields) -> Edition:
    """Return an edition that publishes daily at 06:00 UTC and began long ago."""
    since = fields.pop("since", date(2020, 1, 1))
    schedule = Schedule(from_day=since, zone=ZoneInfo(fields.pop("zone", "UTC")), time=fields.pop("at", time(6)))
    known = {"slug": "daily-dose", "title": "Daily Dose", "language": "en", "since": since, "schedules": (schedule,)}
    return Edition(**(known | fields))


def an_entry(slug: str | None = None, event: str | None = None, **fields) -> ShelfEntry:
    """Return an entry that shares no trait but its kind; its uid follows from its slug."""
    slug = slug or f"entry-{next(_numbers)}"
    fields["event_date"] = PartialDate.parse(event) if event else None
    return ShelfEntry(**({"uid": uuid5(SPACE, slug), "slug": slug, "kind": Kind.FACT} | fields))


def waiting(slug: str, obstacle: str | None = None) -> Waiting:
    return Waiting(uid=uuid5(SPACE, slug), slug=slug, obstacle=obstacle)


def ago(days: int, day: date = DAY) -> date:
    return day - timedelta(days=days)


def a_hold(first: date | None = None, last: date | None = None, **fields) -> Hold:
    """Return a hold that an editor set long ago, on one day if *last* is left out."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    known = {"edition": None, "first": first, "last": last or first, "since": since}
    return Hold(**(known | fields))


@cache
def starter_archive() -> tuple[ShelfEntry, ...]:
    """Return the entries that a fresh install begins with, as an edition of words and actions sees them."""
    lines = (folder("seeds") / "starter.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [entry_of(json.loads(line)) for line in lines if line]
    return tuple(
        ShelfEntry(
            uid=entry.uid,
            slug=entry.slug,
            kind=entry.kind,
            event_date=entry.event_date,
            country=entry.country,
            ideology=entry.ideology,
            groups=tuple(group.slug for group in entry.groups),
        )
        for entry in entries
    )
