"""Dates as English prose writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.models import PartialDate

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?(?![0-9])"
_YEAR = r"(?<![0-9])(?:1[0-9]{3}|20[0-9]{2})(?![0-9])"
_TO = r"\s*(?:[-–—]|to|through|and)\s*"
_TILL = r"\s*,?\s*(?:[-–—]|to|through|until)\s*"
_LOOSE = r"(?:c\.|ca\.|circa|early|mid|late|spring|summer|fall|autumn|winter)[\s-]*(?:(?:of|in)\s+)?"

#: In the order in which they are tried at one place; each names what it knows.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?P<month>{_MONTH})\s+(?P<day>{_DAY}),?\s+(?P<year>{_YEAR}){_TILL}(?P<month2>{_MONTH})\s+(?P<day2>{_DAY}),?\s+(?P<year2>{_YEAR})",
        rf"\b(?P<day>{_DAY})\s+(?P<month>{_MONTH})\s+(?P<year>{_YEAR}){_TILL}(?P<day2>{_DAY})\s+(?P<month2>{_MONTH})\s+(?P<year2>{_YEAR})",
        rf"\b(?P<month>{_MONTH})\s+(?P<day>{_DAY})(?:{_TO}(?:(?P<month2>{_MONTH})\s+)?(?P<day2>{_DAY}))?,?\s+(?:of\s+)?(?P<year>{_YEAR})",
        rf"\b(?P<day>{_DAY})(?:{_TO}(?P<day2>{_DAY}))?\s+(?:of\s+)?(?P<month>{_MONTH})(?:\s*,)?\s+(?P<year>{_YEAR})",
        rf"\b(?:{_MONTH}),?(?:{_TO}|\s+or\s+|/)(?:{_MONTH})\s+(?P<year>{_YEAR})",  # "March and April 2012"
        rf"\b(?P<month>{_MONTH})(?:,|\s+of)?\s+(?P<year>{_YEAR})",
        rf"(?P<year>{_YEAR})-(?P<month>[01][0-9])-(?P<day>[0-3][0-9])(?![0-9])",
        rf"(?P<year>{_YEAR})-(?P<month>[01][0-9])(?![0-9-])",
    )
)
_YEAR_ALONE = re.compile(rf"(?:{_LOOSE})?(?P<year>{_YEAR})", re.IGNORECASE)
_IN_YEAR = re.compile(rf"\b[Ii]n\s+(?:the\s+)?(?:{_LOOSE})?(?P<year>{_YEAR})(?!\s*(?:people|men|women|victims))")
#: A day of no year.
_DAY_ALONE = re.compile(
    rf"(?:(?P<month>{_MONTH})\s+(?P<day>{_DAY})|(?P<day2>{_DAY})\s+(?P<month2>{_MONTH}))(?!,?\s+(?:of\s+)?[0-9])",
    re.IGNORECASE,
)
_UNDATED = re.compile(
    r"\(?(?:date (?:undetermined|unknown|not known|unclear)|undated|n\.\s?d\.?|no date)\)?", re.IGNORECASE
)
#: Where a date may begin, to try the forms only there.
_STARTS = re.compile(rf"\b(?:{_MONTH}|{_DAY}|{_YEAR})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A date, or the days from one to another, and where in the text it stands."""

    first: PartialDate
    last: PartialDate | None
    start: int
    end: int


def dates_in(text: str) -> Iterator[Dated]:
    """Yield the dates with at least a month that *text* names, in order; impossible ones are left out."""
    end = 0
    for start in _STARTS.finditer(text):
        if start.start() < end:
            continue
        found = date_at(text, start.start())
        if found:
            yield found
            end = found.end


def date_at(text: str, start: int) -> Dated | None:
    """Return the date with at least a month that begins at *start*, if one does."""
    for form in _FORMS:
        match = form.match(text, start)
        if match and (found := _dated(match)):
            return found
    return None


def whole_date(text: str) -> Dated | None:
    """Return the date that all of *text* is: a day, days, a month, a year ("circa 2004")."""
    text = text.strip()
    found = date_at(text, 0)
    if found and found.end == len(text):
        return found
    loose = re.match(_LOOSE, text, re.IGNORECASE)
    if loose and (found := date_at(text, loose.end())) and found.end == len(text):
        return found
    year = _YEAR_ALONE.fullmatch(text)
    return _dated(year) if year else None


def is_undated(text: str) -> bool:
    """Say whether *text* says that the date is not known: "Date Undetermined"."""
    return bool(_UNDATED.fullmatch(text.strip()))


def years_in(text: str) -> Iterator[Dated]:
    """Yield the years that *text* names after "in", which they begin with."""
    for year in _IN_YEAR.finditer(text):
        dated = _dated(year)
        if dated:
            yield dated


def day_alone_at(text: str, start: int) -> tuple[int, int] | None:
    """Return the month and the day that begin at *start*, if no year goes with them."""
    match = _DAY_ALONE.match(text, start)
    if match is None or date_at(text, start):
        return None
    return _month(match["month"] or match["month2"]), _number(match["day"] or match["day2"])


def _dated(match: re.Match[str]) -> Dated | None:
    parts = match.groupdict()
    year, month, day = int(parts["year"]), _month(parts.get("month")), _number(parts.get("day"))
    try:
        first = PartialDate(year, month, day)
        last = (
            PartialDate(
                _number(parts.get("year2")) or year, _month(parts.get("month2")) or month, _number(parts["day2"])
            )
            if parts.get("day2")
            else None
        )
    except ValueError:
        return None
    if last and last < first:  # "December 30 to January 2, 2015" began in the year before
        if not parts.get("month2") or parts.get("year2"):
            return None
        first = PartialDate(year - 1, month, day)
    return Dated(first=first, last=last, start=match.start(), end=match.end())


def _month(text: str | None) -> int:
    if not text:
        return 0
    return int(text) if text.isdigit() else _MONTHS.index(text[:3].casefold()) + 1


def _number(text: str | None) -> int:
    return int("".join(filter(str.isdecimal, text))) if text else 0
