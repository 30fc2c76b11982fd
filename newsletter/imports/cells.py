"""What a table's cell says, for the fields that are not text."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import Any

from newsletter.errors import NewsletterError
from newsletter.fields import country_codes
from newsletter.imports.dates import whole_date
from newsletter.imports.gazetteer import country_names
from newsletter.imports.tolls import toll_of
from newsletter.models import PartialDate

_YES = frozenset(["true", "yes", "y", "1", "t", "x"])
_NO = frozenset(["false", "no", "n", "0", "f"])
_LONGEST_SHOWN = 60
_LONGEST_FIGURE = 8


class Refused(NewsletterError):
    """A cell doesn't say what its field needs."""

    def __init__(self, expected: str, text: str) -> None:
        shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
        super().__init__(f"expected {expected}, got {shown!r}")


@lru_cache(maxsize=4096)
def partial_date(text: str, formats: tuple[str, ...] = ()) -> PartialDate:
    """
    Read a date by one of *formats* (as `time.strptime` has them), or ISO 8601, or as English prose has it.

    It is as precise as the format is: one without a day gives a month.
    """
    for form in formats:
        try:
            read = time.strptime(text, form)
        except ValueError:
            continue
        month = any(mark in form for mark in ("%m", "%b", "%B", "%j", "%x", "%c"))
        day = month and any(mark in form for mark in ("%d", "%j", "%x", "%c"))
        return PartialDate(read.tm_year, read.tm_mon if month else 0, read.tm_mday if day else 0)
    try:
        return PartialDate.parse(text)
    except ValueError:
        dated = whole_date(text)
        if dated and not dated.last:
            return dated.first
        known = f" or one of {', '.join(formats)}" if formats else " (a mapping can name its format)"
        raise Refused(f"a date such as 2019-01-23{known}", text) from None


def flag(text: str) -> bool:
    """Read yes or no."""
    word = text.casefold()
    if word in _YES | _NO:
        return word in _YES
    raise Refused("true or false", text)


def degrees(text: str) -> float:
    """Read degrees; a decimal comma will do."""
    try:
        value = float(text.replace(",", ".") if "." not in text else text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    raise Refused("degrees such as 32.11", text)


def country(text: str) -> str:
    """Read a country's code (ISO 3166-1) or its English name."""
    code = text.upper()
    if code in country_codes():
        return code
    named = country_names().get(text)
    if named is None:
        raise Refused("a country's code or English name", text)
    return named


def toll(field: str, text: str, shape: dict[str, Any]) -> dict[str, Any]:
    """
    Read a count, a range ("33-41") or a lower bound ("at least 5", "5+"), and return the fields it fills.

    What other columns have put into *shape* stays.
    """
    if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_FIGURE:
        return {field: int(text)}
    read = toll_of(text)
    if read is None:
        raise Refused("a number, a range such as 33-41, or at least 33", text)
    found: dict[str, Any] = {field: read.low}
    if read.at_least:
        found[f"{field}_at_least"] = True
    if read.most is not None:
        found[f"{field}_most"] = read.most
    return {name: value for name, value in found.items() if name == field or name not in shape}
