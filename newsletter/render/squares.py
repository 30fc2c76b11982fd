"""
The calendar: issues by day, laid out as weeks of squares.

What a list or a calendar says of an issue is a `Line`: light enough for ten years of them.
"""

from __future__ import annotations

from calendar import Calendar
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from babel.dates import get_day_names

from newsletter.models import Issue, Kind
from newsletter.render import words

_WEEKS = Calendar(firstweekday=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An issue as lists name it; a withdrawn one has neither *kind* nor *headline*."""

    day: date
    kind: Kind | None = None
    headline: str | None = None
    language: str = "en"

    @classmethod
    def of(cls, issue: Issue) -> Line:
        """Return the line that stands for *issue*."""
        if issue.withdrawal:
            return cls(day=issue.day)
        entry = issue.entry
        return cls(day=issue.day, kind=entry.kind, headline=entry.headline, language=entry.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """How many issues a year has: *counts* by month, January first, always twelve."""

    year: int
    counts: tuple[int, ...]

    @property
    def issues(self) -> int:
        """All of the year."""
        return sum(self.counts)

    @property
    def months(self) -> tuple[tuple[date, int], ...]:
        """The first day of each month, with its count."""
        return tuple((date(self.year, month, 1), count) for month, count in enumerate(self.counts, 1))


class Mark(StrEnum):
    """What a square says of its day."""

    WORDS = "words"
    ACTIONS = "actions"
    BACKGROUND = "background"
    WITHDRAWN = "withdrawn"
    MISSING = "missing"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A day of the calendar. *outside* days are before the edition began, or still to come."""

    day: date
    mark: Mark
    line: Line | None
    today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month as rows of weeks, Monday first; `None` where a week belongs to a neighbour."""

    first: date
    weeks: tuple[tuple[Square | None, ...], ...]
    issues: int


def weekdays(language: str) -> list[tuple[str, str]]:
    """Return the days of the week, Monday first, short and long."""
    locale = words.locale_of(language)
    short, long = get_day_names("abbreviated", locale=locale), get_day_names("wide", locale=locale)
    return [(str(short[day])[:2], str(long[day])) for day in range(7)]


def by_day(lines: Iterable[Line]) -> dict[date, Line]:
    """Return *lines* by their days."""
    return {line.day: line for line in lines}


def tally(lines: Iterable[Line]) -> Counter[str]:
    """Return how many of *lines* have each mark."""
    return Counter(str(_mark(line)) for line in lines)


def month(year: int, number: int, lines: Mapping[date, Line], *, today: date, since: date) -> Month:
    """Return a month's squares; *today* and *since*, the edition's first day, bound what can be missing."""
    weeks = tuple(
        tuple(
            _square(date(year, number, day), lines, today=today, since=since) if day else None  # 0: a neighbour's
            for day in week
        )
        for week in _WEEKS.monthdayscalendar(year, number)
    )
    issues = sum(square is not None and square.line is not None for week in weeks for square in week)
    return Month(first=date(year, number, 1), weeks=weeks, issues=issues)


def _square(day: date, lines: Mapping[date, Line], *, today: date, since: date) -> Square:
    line = lines.get(day)
    unused = Mark.MISSING if since <= day < today else Mark.OUTSIDE
    mark = _mark(line) if line else unused
    return Square(day=day, mark=mark, line=line, today=day == today)


def _mark(line: Line) -> Mark:
    return Mark(line.kind.section.lower()) if line.kind else Mark.WITHDRAWN
