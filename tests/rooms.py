"""A newsroom for tests: real parts on a real database, entries to fill it with, and instants to ask it at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from newsletter.archive import editions, entries, issues
from newsletter.circulation import Circulation, Intake
from newsletter.delivery.outbox import Outbox
from newsletter.delivery.work import Claimed
from newsletter.desk import Desk
from newsletter.models import Edition, Entry, Issue, Publisher, Schedule, Status
from newsletter.press.means import Means
from newsletter.press.press import Press
from newsletter.press.sending import Run
from newsletter.resources import folder
from newsletter.shapes import entry_of
from newsletter.store import Store
from newsletter.tokens import Keyring

PUBLISHER = Publisher(
    base_url="https://dose.example.org",
    contact="editors@example.org",
    sender="Daily Dose <dose@example.org>",
    postal_address="Daily Dose, 1 Example Street, Example City",
)
MAX_LATE = timedelta(hours=12)
KEYS = Keyring([b"a key of the tests, of at least 32 bytes"])
SUPPRESSION_KEY = b"another key of the tests, for addresses"
BOUNCE_DOMAIN = "bounce.example.org"
#: The first day of the rooms' edition; it is due at 06:00 UTC.
START = date(2026, 3, 1)


def at(day: date | int, hour: float = 6, *, seconds: float = 0) -> datetime:
    """Return an instant of *day* (or so many days after `START`) in UTC; 06:00 is when it is due."""
    when = START + timedelta(days=day) if isinstance(day, int) else day
    return datetime.combine(when, time(), UTC) + timedelta(hours=hour, seconds=seconds)


def day(number: int) -> date:
    """Return the day so many days after `START`."""
    return START + timedelta(days=number)


def entry(slug: str, **shape: Any) -> Entry:
    """Return a ready fact with one source; by default one that is no anniversary soon."""
    given = {
        "slug": slug,
        "kind": "fact",
        "headline": f"What happened: {slug}",
        "body": f"Plain words about {slug}.[^1]",
        "event_date": "2001",
        "country": "ML",
        "sources": [{"raw": f"“About {slug},” Example Times, 2 March 2014", "url": f"https://example.org/{slug}"}],
        "status": "ready",
        **shape,
    }
    return entry_of(given, uid=uuid5(NAMESPACE_URL, slug))


def many(number: int, **shape: Any) -> list[Entry]:
    """Return so many entries of different countries."""
    countries = ("ML", "NG", "LY", "FR", "CO", "IQ", "LK", "NO", "GB", "JP")
    return [entry(f"entry-{each:03}", **{"country": countries[each % 10], **shape}) for each in range(number)]


@cache
def starter() -> tuple[Entry, ...]:
    """Return the starter archive."""
    lines = (folder("seeds") / "starter.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(entry_of({**json.loads(line), "status": "ready"}) for line in lines)


def an_edition(slug: str = "daily-dose", **values: Any) -> Edition:
    """Return an edition that starts on `START` and is due at 06:00 UTC."""
    schedule = Schedule(from_day=START, zone=ZoneInfo("UTC"), time=time(6))
    known = {
        "uid": uuid5(NAMESPACE_URL, slug),
        "title": "Daily Dose",
        "language": "en",
        "schedules": (schedule,),
        "since": START,
    }
    return Edition(slug=slug, **(known | values))


@dataclass
class Room:
    """The parts, joined on one database, with an outbox in *folder*."""

    store: Store
    folder: Path

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what the process kept, as a new one would."""
        self.press = Press(self.store, PUBLISHER, self.means())
        self.desk = Desk(self.store)
        self.circulation = Circulation(self.store, KEYS, SUPPRESSION_KEY, PUBLISHER)
        self.intake = Intake(self.store, KEYS, SUPPRESSION_KEY, BOUNCE_DOMAIN)

    def means(self) -> Means:
        """Return by which means this room sends."""
        return Means(outbox=Outbox(self.folder), keys=KEYS, max_late=MAX_LATE)

    def run(self, now: datetime) -> Run:
        """Return a run of sending by a clock that stands at *now*."""
        return Run(self.press.sending, lambda: now, lambda: False, lambda _: None)

    def claim(self, now: datetime, most: int = 500) -> list[Claimed]:
        """Claim what a process that dies at once would."""
        return self.run(now).claim(most)

    def open(self, *those: Edition) -> None:
        """Add editions."""
        with self.store.transaction() as connection:
            for each in those:
                editions.add(connection, each)

    def add(self, *new: Entry) -> list[Entry]:
        """Add entries."""
        with self.store.transaction() as connection:
            return entries.add(connection, new, at(0, 0))

    def entry(self, slug: str) -> Entry:
        """Return an entry as editors see it."""
        found = self.desk.find(slug)
        assert found is not None, f"{slug} is there"
        return found

    def set_status(self, slug: str, status: Status) -> None:
        """Move an entry on, or back."""
        with self.store.transaction() as connection:
            entries.set_status(connection, entries.get_id(connection, slug), status)

    def subscribe(self, *addresses: str, edition: str | None = None) -> None:
        """Subscribe readers."""
        self.circulation.add(edition, addresses, "asked for it in a test", at(0, 0))

    def issues(self, edition: str = "daily-dose") -> list[Issue]:
        """Return every issue of an edition, in day order."""
        with self.store.reading() as connection:
            return issues.between(connection, edition, date.min, date.max)

    def picks(self, edition: str = "daily-dose") -> dict[date, str]:
        """Return the slug of each day's entry."""
        return {issue.day: issue.entry.slug for issue in self.issues(edition)}

    def messages(self) -> list[bytes]:
        """Return what stands in the outbox, in the order of the files' names."""
        return [file.read_bytes() for file in sorted((self.folder / "new").glob("*"))]
