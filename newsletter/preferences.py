"""What a reader may choose of an edition: how often, when, and in which form; read from what was sent to us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from zoneinfo import available_timezones

from newsletter.errors import NewsletterError

CADENCES = ("daily", "weekdays", "weekly")
FORMATS = ("html", "text")
_SUNDAY = 7
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class WrongPreferences(NewsletterError):
    """Something was chosen that there is not; *problems* says by field what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """
    How a reader gets an edition.

    *weekday* is the digest's, Monday 1 to Sunday 7 (ISO 8601), and of no other cadence. *hour* is in *zone*, an IANA
    name; without them mail goes as soon as an issue is published.
    """

    cadence: str = "daily"
    weekday: int | None = None
    hour: time | None = None
    zone: str | None = None
    format: str = "html"

    def fields(self) -> dict[str, str]:
        """Return them as a form has them, and `preferences_of` reads them."""
        return {
            "cadence": self.cadence,
            "weekday": str(self.weekday or ""),
            "hour": self.hour.isoformat("minutes") if self.hour else "",
            "zone": self.zone or "",
            "format": self.format,
        }

    def packed(self) -> bytes:
        """Return them in few bytes, as a token carries them."""
        return "|".join(self.fields().values()).encode()


def preferences_of(fields: Mapping[str, str]) -> Preferences:
    """Return what the fields of a form choose; what is left out is as the defaults say. Raises `WrongPreferences`."""
    given = {name: fields.get(name, "").strip() for name in ("cadence", "weekday", "hour", "zone", "format")}
    cadence, letter_format = given["cadence"] or "daily", given["format"] or "html"
    hour = _HOUR.fullmatch(given["hour"])
    weekday = given["weekday"] or "1"
    problems = {
        "cadence": cadence not in CADENCES and f"expected {_either(CADENCES)}",
        "weekday": cadence == "weekly"
        and not re.fullmatch(f"[1-{_SUNDAY}]", weekday)
        and "expected a number from 1, Monday, to 7, Sunday",
        "hour": bool(given["hour"]) and hour is None and "expected an hour such as 07:30, or nothing",
        "zone": bool(given["hour"])
        and given["zone"] not in zones()
        and "expected the name of a time zone, such as Europe/Berlin",
        "format": letter_format not in FORMATS and f"expected {_either(FORMATS)}",
    }
    if wrong := {field: problem for field, problem in problems.items() if problem}:
        raise WrongPreferences(wrong)
    return Preferences(
        cadence=cadence,
        weekday=int(weekday) if cadence == "weekly" else None,
        hour=time(int(hour[1]), int(hour[2])) if hour else None,
        zone=given["zone"] if hour else None,
        format=letter_format,
    )


def pause_until(text: str, today: date) -> date | None:
    """Return the first day with mail again, `None` for no day; raise `WrongPreferences` for one that is not to come."""
    if not text.strip():
        return None
    try:
        until = date.fromisoformat(text.strip())
    except ValueError:
        until = today
    if until <= today:
        raise WrongPreferences({"until": f"expected a day after {today}, such as {today + timedelta(days=14)}"})
    return until


def unpacked(packed: bytes) -> Preferences:
    """Return what `Preferences.packed` gave; raise `WrongPreferences`."""
    values = packed.decode("ascii", "replace").split("|")
    return preferences_of(dict(zip(("cadence", "weekday", "hour", "zone", "format"), values, strict=False)))


@cache
def zones() -> tuple[str, ...]:
    """Return the names of the time zones that one may choose, those by which nobody lives left out."""
    odd = re.compile(r"Factory|localtime|SystemV/.*|posix/.*|right/.*|posixrules")
    return tuple(sorted(name for name in available_timezones() if not odd.fullmatch(name)))


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
