"""
The issues as a calendar (iCalendar, RFC 5545): an all-day event for each.

Pure and deterministic, like feeds. An event's uid is its issue's for ever, so that a calendar that is fetched again
changes what it has and doubles nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from uuid import UUID

from newsletter.models import Edition, Kind, Publisher
from newsletter.render import words
from newsletter.render.links import Links
from newsletter.text import clean, clean_line

MEDIA_TYPE = "text/calendar; charset=utf-8"
#: How long a line may be, in octets without its end (RFC 5545, 3.1).
_LONGEST_LINE = 75
_MARKED = re.compile(r"[\\;,]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An issue as a calendar shows it; of a withdrawn one the day and the *notice* alone."""

    uid: UUID
    day: date
    published: datetime
    updated: datetime
    kind: Kind | None = None
    headline: str = ""
    language: str = "en"
    content_note: str | None = None
    place: str | None = None
    country: str | None = None
    notice: str | None = None


def calendar(events: Sequence[Event], *, edition: Edition, publisher: Publisher, links: Links) -> bytes:
    """Return *events*, the newest first, as a calendar that is fetched again after some hours."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Daily Dose//Issues//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *([f"UID:{edition.uid}"] if edition.uid else []),
        f"NAME:{_text(edition.title)}",
        f"X-WR-CALNAME:{_text(edition.title)}",
        f"DESCRIPTION:{_text(_said(publisher))}",
        f"X-WR-CALDESC:{_text(_said(publisher))}",
        f"URL:{links.home()}",
        f"SOURCE;VALUE=URI:{links.calendar()}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ]
    if events:
        lines.append(f"LAST-MODIFIED:{_instant(max(event.updated for event in events))}")
    parts = [*map(_folded, lines), *(_written(event, links) for event in events), _folded("END:VCALENDAR")]
    return "".join(parts).encode()


@lru_cache(maxsize=1024)
def _written(event: Event, links: Links) -> str:
    """Return an event's lines as they are sent; kept, since tomorrow's calendar holds all but one."""
    return "".join(map(_folded, _event(event, links)))


def _said(publisher: Publisher) -> str:
    return f"{words.MOTTO} {publisher.rights}".strip()


def _event(event: Event, links: Links) -> Iterator[str]:
    """Yield an event's lines. It takes up nobody's time: it is a day's, and TRANSPARENT (RFC 5545, 3.8.2.7)."""
    address = links.issue(event.day)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_instant(event.updated)}"
    yield f"CREATED:{_instant(event.published)}"
    yield f"LAST-MODIFIED:{_instant(event.updated)}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield "TRANSP:TRANSPARENT"
    yield f"URL:{address}"
    if event.notice is not None or event.kind is None:
        yield f"SUMMARY:{_text(words.WITHDRAWN)}"
        yield f"DESCRIPTION:{_text(clean(event.notice or ''))}"
    else:
        yield f"SUMMARY;LANGUAGE={event.language}:{_text(clean_line(event.headline))}"
        note = f"{words.CONTENT_NOTE}: {clean_line(event.content_note)}\n" if event.content_note else ""
        yield f"DESCRIPTION:{_text(note + address)}"
        if place := clean_line(words.where(event.place, event.country, event.language)):
            yield f"LOCATION:{_text(place)}"
        yield f"CATEGORIES:{_text(words.section_label(event.kind))}"
    yield "END:VEVENT"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """Return *text* as a value of TEXT (RFC 5545, 3.3.11): no control character may stand in it but a tab."""
    return _CONTROL.sub("", _MARKED.sub(r"\\\g<0>", text)).replace("\n", "\\n")


def _folded(line: str) -> str:
    """Return *line* with its end, folded between characters: each further line begins with a space."""
    if len(line) <= _LONGEST_LINE and line.isascii():  # most are
        return line + "\r\n"
    parts, part, length = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if length + octets > _LONGEST_LINE:
            parts.append(part)
            part, length = " ", 1
        part += letter
        length += octets
    return "\r\n".join([*parts, part]) + "\r\n"
