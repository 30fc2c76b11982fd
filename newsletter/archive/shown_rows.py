"""
What readers see of an entry, as rows of `shown`: a function of its issues, and of whether it is a report.

Pure. What an edition's readers see changes when an instant of publication passes, so an entry has
a row for each stretch of time in which they see it in one way; hardly ever is more than the last of
them looked at. `View` (`newsletter.archive.reading`) says the same of one instant, and decides.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from newsletter.facets import facets_of
from newsletter.folding import fold
from newsletter.models import Entry, IssueState, PartialDate
from newsletter.render import words
from newsletter.render.extracts import plain_text

#: Since when a report is seen: before any issue. (Not the first instant of the calendar, which no zone may hold.)
ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)

# A row's id, from its highest bit: edition, whether an issue printed it, a day, and a number that makes it unique.
_EDITION, _PRINTED, _DAY = 53, 52, 25
#: More words of one entry nobody looks for, of headline, names and body; PostgreSQL counts no further than 16,383, and
#: keeps no megabyte ("Text Search Limitations").
_MOST_WORDS = (200, 1_000, 15_000)
_MOST_BYTES = 300_000
_FEW_WORDS = 1_000
#: Stands between two texts of one column, as a word of nobody's script.
BETWEEN = "\ue002"


class Printed(NamedTuple):
    """What of an issue decides what readers see of its entry."""

    day: date
    published_at: datetime
    state: str
    shown_revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From when until when an entry is seen at a revision (by its number), and its standing days of issue."""

    revision: int
    seen_from: datetime
    seen_until: datetime | None
    days: tuple[date, date] | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A row of `shown`, and what the search keeps of it."""

    row: Mapping[str, Any]
    text: Text

    @property
    def id(self) -> int:
        """The row's id."""
        return int(self.row["id"])

    @property
    def facets(self) -> list[tuple[str, str]]:
        """Its facets, by name and value."""
        return [(facet, value) for facet, value in self.row["facets"]]

    @property
    def passing(self) -> bool:
        """Say whether something took its place, or will."""
        return self.row["seen_until"] is not None


def stretches(printed: Iterable[Printed], report: int | None) -> list[Stretch]:
    """Return how an entry is seen, in time's order; *report* is its revision if it is seen without any issue."""
    those = sorted(printed, key=lambda issue: issue.published_at)
    seen: list[tuple[datetime, tuple[int, tuple[date, date] | None] | None]] = []
    if report is not None:
        seen.append((ALWAYS, (report, None)))
    for count, issue in enumerate(those, start=1):
        standing = [each for each in those[:count] if each.state == IssueState.PUBLISHED]
        days = [each.day for each in standing]
        said = (max(each.shown_revision for each in standing), (min(days), max(days))) if standing else None
        if not seen or seen[-1][1] != said:
            seen.append((issue.published_at, said))
    ends = [instant for instant, _ in seen[1:]] + [None]
    return [
        Stretch(revision=said[0], seen_from=instant, seen_until=end, days=said[1], number=number)
        for number, ((instant, said), end) in enumerate(zip(seen, ends, strict=True))
        if said is not None
    ]


def ready(edition_id: int, entry_id: int, revision_id: int, stretch: Stretch, entry: Entry, text: Text) -> Ready:
    """Return the row for a stretch of time in which an edition's readers see *entry*, at that revision."""
    first, last = between(entry)
    event = entry.event_date
    row = {
        "id": place(edition_id, entry_id, stretch, last),
        "edition_id": edition_id,
        "entry_id": entry_id,
        "revision_id": revision_id,
        "seen_from": stretch.seen_from,
        "seen_until": stretch.seen_until,
        "first_day": stretch.days[0] if stretch.days else None,
        "newest_day": stretch.days[1] if stretch.days else None,
        "kind": str(entry.kind),
        "country": entry.country,
        "event_year": event.year if event else None,
        "event_month": (event.month or None) if event else None,
        "event_day": (event.day or None) if event else None,
        "event_from": first,
        "event_to": last,
        "facets": [[str(facet), value] for facet, value in facets_of(entry)],
        "checksum": text.checksum,
    }
    return Ready(row=row, text=text)


def between(entry: Entry) -> tuple[int | None, int | None]:
    """Return between which days an event can have been, as YYYYMMDD."""
    first, last = entry.event_date, entry.event_end or entry.event_date
    return (earliest(first), latest(last)) if first and last else (None, None)


def earliest(when: PartialDate) -> int:
    """Return the first day that a date may mean, as YYYYMMDD."""
    return (when.year * 100 + (when.month or 1)) * 100 + (when.day or 1)


def latest(when: PartialDate) -> int:
    """Return the last day that a date may mean, as YYYYMMDD; every month has 31 days here."""
    return (when.year * 100 + (when.month or 12)) * 100 + (when.day or 31)


def place(edition_id: int, entry_id: int, stretch: Stretch, event: int | None) -> int:
    """Return a row's id: the later in lists the lower; newest issue first, then reports by the event's day."""
    day = stretch.days[1].toordinal() if stretch.days else event or 0
    number = stretch.number if stretch.days else entry_id
    assert edition_id < 1 << 10, "a thousand editions"
    assert number < 1 << _DAY, "thirty million entries"
    return edition_id << _EDITION | (stretch.days is not None) << _PRINTED | day << _DAY | number


def place_of_day(edition_id: int, day: date) -> int:
    """Return the lowest id of what an edition's issue of *day* printed; an entry's newest day is no other's."""
    return edition_id << _EDITION | 1 << _PRINTED | day.toordinal() << _DAY


def place_of_report(edition_id: int, event: int | None, entry_id: int) -> int:
    """Return the id of a report that no issue printed; *event* is the last day it may have ended, as YYYYMMDD."""
    return edition_id << _EDITION | (event or 0) << _DAY | entry_id


def stands_at(place: int) -> tuple[date | None, int]:
    """Return the day of issue that a place is of, and none and the day of an event for a report's (YYYYMMDD or 0)."""
    number = place >> _DAY & (1 << _PRINTED - _DAY) - 1
    return (date.fromordinal(number), 0) if place >> _PRINTED & 1 else (None, number)


def places(edition_id: int) -> tuple[int, int]:
    """Return the lowest and the highest id that a row of an edition can have."""
    return edition_id << _EDITION, (edition_id + 1 << _EDITION) - 1


@dataclass(frozen=True, slots=True)
class Text:
    """What the search keeps of an entry, folded: its columns, from the weightiest to what only narrows."""

    headline: tuple[str, ...]
    names: tuple[str, ...]
    body: tuple[str, ...]
    facets: tuple[str, ...]

    @classmethod
    def of(cls, entry: Entry, other_names: Sequence[str] = ()) -> Text:
        """Return what is to be found of *entry*; *other_names* are those of its groups."""
        country = words.country_name(entry.country, entry.language) if entry.country else ""
        groups = [group.name for group in entry.groups]
        tags = [tag.replace("-", " ") for tag in (entry.ideology or "", *entry.tags)]
        names = [entry.speaker, entry.speaker_role, entry.place, country, *groups, *other_names, *tags]
        sources = [text for source in entry.sources for text in (source.raw, source.author, source.title) if text]
        return cls(
            headline=_folded([entry.headline], _MOST_WORDS[0]),
            names=_folded(names, _MOST_WORDS[1]),
            body=_folded([plain_text(entry.body), entry.toll_note, *dict.fromkeys(sources)], _MOST_WORDS[2]),
            facets=tuple(facet_word(facet, value) for facet, value in facets_of(entry)),
        )

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The words of each column."""
        return self.headline, self.names, self.body, self.facets

    @property
    def checksum(self) -> int:
        """A number that is another for other words, but for one chance in four thousand million."""
        return zlib.crc32(json.dumps(self.columns, ensure_ascii=False).encode())


@lru_cache(maxsize=4096)  # entries share their values
def facet_word(facet: str, value: str) -> str:
    """
    Return the word by which the search knows a facet's value.

    Its first character is of nobody's script (private use), so that nobody types it; what would part
    words on SQLite is another such character.
    """
    whole = f"\ue000{facet}\ue000{value}"
    return "".join(each if each.isalnum() or not each.isascii() else "\ue001" for each in whole)


def _folded(texts: Iterable[str | None], most: int) -> tuple[str, ...]:
    # Each by itself, with a mark between: no phrase goes from one into the next.
    found: list[str] = []
    for text in texts:
        if text and len(found) < most:
            found += [BETWEEN, *fold(text)] if found else fold(text)
    del found[most:]
    bytes_left = _MOST_BYTES
    for at, word in enumerate(found if len(found) > _FEW_WORDS else ()):
        bytes_left -= len(word.encode()) + 8
        if bytes_left < 0:
            return tuple(found[:at])
    return tuple(found)
