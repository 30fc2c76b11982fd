"""The first start: the edition, the starter archive, a filled past, and the given page's correction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.bootstrap import Newsroom
from newsletter.desk.importing import Import
from newsletter.errors import NewsletterError
from newsletter.models import Edition, PartialDate, Problem, Source
from newsletter.press.refusals import NothingToChange
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


class BrokenSeeds(NewsletterError):
    """The starter archive has something that can't be read: the installation is damaged."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{problems[0]} ({len(problems)} in all): install the program anew")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What there is after the start."""

    since: date
    entries: int
    issues: int


def begin(
    room: Newsroom,
    now: datetime,
    *,
    since: date | None,
    empty: bool,
    tell: Callable[[str], object],
    progress: Callable[[int], object] = lambda _done: None,
) -> Begun:
    """
    Do what the first start does, once; a start that was cut off goes on where it stopped.

    Adds no subscriber and mails nothing. *empty* loads no starter archive, and starts today.
    Raises `FutureStart`, `StartKnown`, `BrokenSeeds`.
    """
    if since is not None and since > now.date():
        raise FutureStart(since, now.date())
    edition = room.desk.found(since, now, past=0 if empty else PAST_DAYS)
    if since is not None and since != edition.since:
        raise StartKnown(edition, since)

    def plant() -> None:
        tell("reading the starter archive")
        _plant(room, now)

    def fill() -> None:
        tell(f"publishing the days since {edition.since}")
        room.press.catch_up(now, progress)

    for name, step in (("seeds", plant), ("past", fill), ("corrections", lambda: _correct(room, now))):
        room.desk.once(name, (lambda: None) if empty else step)
    entries, issues = room.desk.counts()
    return Begun(since=edition.since, entries=entries, issues=issues)


def _plant(room: Newsroom, now: datetime) -> None:
    """Import the starter archive, and the given page as it was captured."""
    seeds = folder("seeds")
    # The page's guesses were read and confirmed by the archive's first editors.
    files = [str(seeds / name) for name in ("starter.jsonl", "mali.txt")]
    report = room.desk.import_(Import(files=files, status="ready", confirmed=True), dry_run=False, now=now)
    if report.errors:
        raise BrokenSeeds(report.errors)


def _correct(room: Newsroom, now: datetime) -> None:
    """Correct in public what the given page got wrong."""
    for line in (folder("seeds") / "corrections.jsonl").read_text(encoding="utf-8").splitlines():
        correction = json.loads(line)
        slug = room.desk.slug_of_body(correction["entry_body_starts"])
        sources = [
            Source(**{**source, "published": PartialDate.parse(source["published"])})
            for source in correction["sources"]
        ]
        # A start that was cut off, or another process that starts too, may have said it already.
        with suppress(NothingToChange):
            room.press.correct(
                None, slug, correction["note"], now, values=correction["set"], sources=sources, captured=True
            )
