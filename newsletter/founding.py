"""The first start: the edition, the starter archive, a filled past, and the given page's correction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.bootstrap import Newsroom
from newsletter.desk.importing import Import
from newsletter.errors import NewsletterError
from newsletter.models import Edition, PartialDate, Source
from newsletter.resources import folder

#: How many days before today an edition starts, so that a newcomer finds a filled archive.
PAST_DAYS = 365


class FutureStart(NewsletterError):
    """An edition can't start after today."""

    def __init__(self, since: date, today: date) -> None:
        super().__init__(f"--since {since}: expected today ({today}) or a day before it")


class StartKnown(NewsletterError):
    """An edition starts once."""

    def __init__(self, edition: Edition, since: date) -> None:
        super().__init__(
            f"--since {since}: {edition.slug} starts on {edition.since} already; another start needs an empty database"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What there is after the start."""

    since: date
    entries: int
    issues: int


def begin(room: Newsroom, now: datetime, *, since: date | None, empty: bool, tell: Callable[[str], object]) -> Begun:
    """
    Do what the first start does, once; a start that was cut off goes on where it stopped.

    Adds no subscriber and mails nothing. *empty* loads no starter archive, and starts today.
    Raises `FutureStart`, `StartKnown`.
    """
    if since is not None and since > now.date():
        raise FutureStart(since, now.date())
    edition = room.desk.found(since, now, past=0 if empty else PAST_DAYS)
    if since not in (None, edition.since):
        raise StartKnown(edition, since)
    if not empty:
        room.desk.once("seeds", lambda: _plant(room, now, tell))
        room.desk.once("past", lambda: _fill(room, now, tell))
        room.desk.once("corrections", lambda: _correct(room, now))
    else:
        for step in ("seeds", "past", "corrections"):
            room.desk.once(step, lambda: None)
    entries, issues = room.desk.counts()
    return Begun(since=edition.since, entries=entries, issues=issues)


def _plant(room: Newsroom, now: datetime, tell: Callable[[str], object]) -> None:
    """Import the starter archive, and the given page as it was captured."""
    seeds = folder("seeds")
    tell("reading the starter archive")
    for name in ("starter.jsonl", "mali.txt"):
        # The page's guesses were read and confirmed by the archive's first editors.
        Import(files=[str(seeds / name)], status="ready", confirmed=True).run(room.store, now, dry_run=False)


def _fill(room: Newsroom, now: datetime, tell: Callable[[str], object]) -> None:
    tell("publishing the days since the start")
    room.press.catch_up(now)


def _correct(room: Newsroom, now: datetime) -> None:
    """Correct in public what the given page got wrong."""
    for line in (folder("seeds") / "corrections.jsonl").read_text(encoding="utf-8").splitlines():
        correction = json.loads(line)
        room.press.correct(
            None,
            room.desk.slug_of_body(correction["entry_body_starts"]),
            correction["note"],
            now,
            values=correction["set"],
            sources=[
                Source(**{**source, "published": PartialDate.parse(source["published"])})
                for source in correction["sources"]
            ],
            captured=True,
        )
