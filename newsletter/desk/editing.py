"""An edition's values, from the words an operator writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.errors import NewsletterError
from newsletter.fields import is_language
from newsletter.models import Edition, Kind, Schedule
from newsletter.shapes import WEEKDAYS
from newsletter.text import clean_line, slugify

_MOST_REST = 3650


class WrongValue(NewsletterError):
    """An edition can't have this value."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value}: expected {allowed}")


def edited(edition: Edition, values: Mapping[str, str], from_day: date) -> Edition:
    """
    Return *edition* with values set; a new zone or hour holds from *from_day* on.

    Names are those of `editions set`: title language zone time days from rest_days kinds tags.
    Raises `WrongValue`.
    """
    for name, value in values.items():
        if name in ("zone", "time"):
            continue
        setter = _SETTERS.get(name)
        if setter is None:
            raise WrongValue(name, value, f"one of the names {', '.join([*_SETTERS, 'zone', 'time'])}")
        edition = replace(edition, **setter(name, value.strip()))
    if "zone" in values or "time" in values:
        edition = _rescheduled(edition, values, from_day)
    return edition


def _rescheduled(edition: Edition, values: Mapping[str, str], from_day: date) -> Edition:
    now = edition.schedule_on(from_day)
    schedule = Schedule(
        from_day=max(from_day, edition.schedules[0].from_day),
        zone=zone(values["zone"]) if "zone" in values else now.zone,
        time=hour(values["time"]) if "time" in values else now.time,
    )
    kept = tuple(each for each in edition.schedules if each.from_day < schedule.from_day)
    return replace(edition, schedules=(*kept, schedule))


def zone(text: str) -> ZoneInfo:
    """Return the time zone of the tz database that *text* names."""
    try:
        return ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongValue("zone", text, "a zone of the tz database, such as UTC or Europe/London") from error


def hour(text: str) -> time:
    """Return the time of day that `HH:MM` says."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text.strip()):
        raise WrongValue("time", text, "an hour of the day as HH:MM, such as 06:00")
    return time.fromisoformat(text.strip())


def days(name: str, text: str) -> dict[str, Any]:
    """Return weekdays from `mon-sun`, `mon-fri` or `mon,wed,fri`."""
    found: set[int] = set()
    for part in text.lower().split(","):
        ends = [end.strip()[:3] for end in part.split("-")]
        if not set(ends) <= set(WEEKDAYS) or len(ends) > 2:  # noqa: PLR2004 -- from and to
            raise WrongValue(name, text, "weekdays, such as mon-sun, mon-fri or mon,wed,fri")
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return {"days": frozenset(found)}


def _title(name: str, text: str) -> dict[str, Any]:
    if not clean_line(text):
        raise WrongValue(name, text, "a title")
    return {"title": clean_line(text)}


def _language(name: str, text: str) -> dict[str, Any]:
    if not is_language(text):
        raise WrongValue(name, text, "a language of BCP 47, such as en or ar")
    return {"language": text}


def _from(name: str, text: str) -> dict[str, Any]:
    if text and "@" not in parseaddr(text)[1]:
        raise WrongValue(name, text, "a mail address, such as Daily Dose <news@example.org>")
    return {"sender": clean_line(text) or None}


def _rest_days(name: str, text: str) -> dict[str, Any]:
    if not text.isdecimal() or int(text) > _MOST_REST:
        raise WrongValue(name, text, f"a number of days from 0 to {_MOST_REST}")
    return {"rest_days": int(text)}


def _kinds(name: str, text: str) -> dict[str, Any]:
    try:
        return {"kinds": frozenset(Kind(part.strip()) for part in text.split(","))}
    except ValueError as error:
        raise WrongValue(name, text, f"some of {', '.join(Kind)}, with commas between") from error


def _tags(_name: str, text: str) -> dict[str, Any]:
    return {"tags": frozenset(slug for part in text.split(",") if (slug := slugify(part)))}


_SETTERS = {
    "title": _title,
    "language": _language,
    "days": days,
    "from": _from,
    "rest_days": _rest_days,
    "kinds": _kinds,
    "tags": _tags,
}
