"""
The JSON shapes: the same in `--json`, in the API and in JSON Lines.

What comes in is checked here, field by field, so that an `Entry` that exists is one that every
renderer can show. Fields may be added, never renamed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from newsletter.errors import InvalidEntry
from newsletter.models import (
    Attribution,
    Entry,
    Issue,
    Kind,
    NamedGroup,
    PartialDate,
    Pick,
    Problem,
    Source,
    Status,
)
from newsletter.text import clean, clean_line, slugify

LONGEST_HEADLINE = 90
LONGEST_BODY = 200_000
HIGHEST_COUNT = 10_000_000
MOST_SOURCES = 1_000

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_SLUG = re.compile(r"[^\W_]+(-[^\W_]+)*")
#: Regions that CLDR names and ISO 3166-1 does not.
_NOT_ISO = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"])

E_ = TypeVar("E_", bound=StrEnum)


@cache
def country_codes() -> frozenset[str]:
    """Return the codes of ISO 3166-1 alpha-2."""
    from babel import Locale

    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if code.isalpha() and len(code) == len("LY")) - _NOT_ISO


def instant(moment: datetime) -> str:
    """Return *moment* as RFC 3339 in UTC: whole seconds unless it has a fraction."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def source_shape(source: Source) -> dict[str, Any]:
    """Return a source as JSON."""
    return {
        "author": source.author,
        "title": source.title,
        "publisher": source.publisher,
        "published": str(source.published) if source.published else None,
        "url": source.url,
        "raw": source.raw,
    }


def entry_shape(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON, its fields in the glossary's order."""
    shape: dict[str, Any] = {field.name: getattr(entry, field.name) for field in fields(entry)}
    shape["uid"] = str(entry.uid)
    shape["translation_of"] = str(entry.translation_of) if entry.translation_of else None
    for name in ("event_date", "event_end"):
        shape[name] = str(shape[name]) if shape[name] else None
    for name in ("kind", "status"):
        shape[name] = str(shape[name])
    shape["groups"] = [
        {"slug": group.slug, "name": group.name, "attribution": str(group.attribution)} for group in entry.groups
    ]
    shape["sources"] = [source_shape(source) for source in entry.sources]
    shape["tags"] = list(entry.tags)
    shape["guessed"] = list(entry.guessed)
    return shape


def pick_shape(pick: Pick) -> dict[str, Any]:
    """Return a pick as JSON; `entry` and `runners_up` are slugs."""
    return {
        "edition": pick.edition,
        "day": pick.day.isoformat(),
        "rule": str(pick.rule),
        "reason": pick.reason,
        "entry": pick.entry,
        "runners_up": list(pick.runners_up),
        "passed_over": list(pick.passed_over),
    }


def issue_shape(issue: Issue, url: str) -> dict[str, Any]:
    """Return an issue as JSON; *url* is its page. A withdrawn one shows its notice and no entry."""
    gone = issue.withdrawal
    return {
        "uid": str(issue.uid),
        "edition": issue.edition,
        "day": issue.day.isoformat(),
        "number": issue.number,
        "state": str(issue.state),
        "rule": str(issue.rule),
        "reason": issue.reason,
        "headline": None if gone else issue.entry.headline,
        "subject": None if gone else issue.subject,
        "entry": None if gone else issue.entry.slug,
        "due_at": instant(issue.due_at),
        "published_at": instant(issue.published_at),
        "updated_at": instant(issue.updated_at),
        "url": url,
        "mailed": issue.mailed,
        "corrections": [
            {
                "entry": correction.entry,
                "corrected_at": instant(correction.corrected_at),
                "note": correction.note,
                "slip": correction.slip,
                "changes": [
                    {"field": change.field, "was": change.was, "now": change.now} for change in correction.changes
                ],
            }
            for correction in issue.corrections
        ],
        "withdrawal": {"withdrawn_at": instant(gone.withdrawn_at), "notice": gone.notice} if gone else None,
    }


def problem_shape(problem: Problem) -> dict[str, Any]:
    """Return a refusal as JSON."""
    return {"file": problem.file, "line": problem.line, "field": problem.field, "problem": problem.problem}


class _Reader:
    """Reads an entry's fields out of a mapping and gathers what is wrong with each."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        self.shape = shape
        self.problems: list[tuple[str, str]] = []

    def wrong(self, name: str, problem: str) -> None:
        self.problems.append((name, problem))

    def line(self, name: str, longest: int = 500) -> str | None:
        return self._text(name, clean_line, longest)

    def text(self, name: str, longest: int) -> str | None:
        return self._text(name, lambda value: clean(value).strip(), longest)

    def _text(self, name: str, wash: Callable[[str], str], longest: int) -> str | None:
        value = self.shape.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong(name, f"expected text, got {value!r}")
            return None
        text = wash(value)
        if len(text) > longest:
            self.wrong(name, f"expected at most {longest:,} characters, got {len(text):,}")
            return None
        return text or None

    def one_of(self, name: str, kinds: type[E_], default: E_ | None = None) -> E_ | None:
        value = self.shape.get(name)
        if value is None and default is not None:
            return default
        try:
            return kinds(str(value))
        except ValueError:
            self.wrong(name, f"expected one of {', '.join(kinds)}, got {value!r}")
            return default

    def partial_date(self, name: str, shape: Mapping[str, Any] | None = None) -> PartialDate | None:
        value = (self.shape if shape is None else shape).get(name)
        if value is None or value == "":
            return None
        try:
            return PartialDate.parse(str(value))
        except ValueError as error:
            self.wrong(name, str(error))
            return None

    def count(self, name: str) -> int | None:
        value = self.shape.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST_COUNT:
            self.wrong(name, f"expected a whole number from 0 to {HIGHEST_COUNT:,}, got {value!r}")
            return None
        return value

    def degrees(self, name: str, most: float) -> float | None:
        value = self.shape.get(name)
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or abs(value) > most
        ):
            self.wrong(name, f"expected degrees from -{most:g} to {most:g}, got {value!r}")
            return None
        return float(value) + 0.0  # -0.0 is 0.0, and one database says so where the other does not

    def flag(self, name: str) -> bool | None:
        value = self.shape.get(name)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, f"expected true or false, got {value!r}")
            return None
        return value

    def uid(self, name: str) -> UUID | None:
        value = self.shape.get(name)
        if value is None:
            return None
        try:
            return UUID(str(value))
        except ValueError:
            self.wrong(name, f"expected a UUID, got {value!r}")
            return None

    def items(self, name: str) -> Sequence[Any]:
        value = self.shape.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.wrong(name, f"expected a list, got {value!r}")
            return ()
        return value

    def slugs(self, name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for item in self.items(name):
            if not isinstance(item, str) or not slugify(item):
                self.wrong(name, f"expected words, got {item!r}")
            else:
                found[slugify(item)] = None
        return tuple(found)

    def groups(self) -> tuple[NamedGroup, ...]:
        found: dict[str, NamedGroup] = {}
        for item in self.items("groups"):
            if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
                self.wrong("groups", f"expected name and attribution, got {item!r}")
                continue
            name = clean_line(item["name"])
            slug = slugify(str(item.get("slug") or name))
            try:
                attribution = Attribution(item.get("attribution") or Attribution.ATTRIBUTED)
            except ValueError:
                self.wrong("groups", f"expected one of {', '.join(Attribution)}, got {item['attribution']!r}")
                continue
            if slug:
                found.setdefault(slug, NamedGroup(slug=slug, name=name, attribution=attribution))
            else:
                self.wrong("groups", f"expected a name, got {item['name']!r}")
        return tuple(found.values())

    def sources(self) -> tuple[Source, ...]:
        items = self.items("sources")
        if len(items) > MOST_SOURCES:
            self.wrong("sources", f"expected at most {MOST_SOURCES:,}, got {len(items):,}")
            return ()
        found = []
        for item in items:
            if not isinstance(item, Mapping):
                self.wrong("sources", f"expected an object, got {item!r}")
                continue
            texts = {
                name: clean_line(value) if isinstance(value := item.get(name), str) else None
                for name in ("author", "title", "publisher", "url", "raw")
            }
            published = self.partial_date("published", item)
            if texts["url"] and not is_web_address(texts["url"]):
                self.wrong("sources", f"expected an http or https address, got {texts['url']!r}")
                continue
            raw = (
                texts.pop("raw")
                or ", ".join(
                    part for part in (texts["author"], texts["title"], texts["publisher"], str(published or "")) if part
                )
                or texts["url"]
            )
            if not raw:
                self.wrong("sources", "expected a citation, got an empty one")
                continue
            found.append(Source(raw=raw, published=published, **{k: v or None for k, v in texts.items()}))
        return tuple(found)

    def country(self) -> str | None:
        value = self.line("country")
        if value is not None and value not in country_codes():
            self.wrong("country", f"expected a code of ISO 3166-1 such as LY, got {value!r}")
            return None
        return value

    def language(self) -> str:
        value = self.line("language") or "en"
        if not is_language(value):
            self.wrong("language", f"expected a tag of BCP 47 such as en or pt-BR, got {value!r}")
            return "en"
        return value

    def range(self, name: str) -> tuple[int | None, bool, int | None]:
        """Return the lowest figure, whether more is likely, and the highest."""
        low, most = self.count(name), self.count(f"{name}_most")
        if most is not None and (low is None or most < low):
            self.wrong(f"{name}_most", f"expected at least {name} ({low}), got {most}")
            most = None
        return low, bool(self.flag(f"{name}_at_least")), most


def is_language(text: str) -> bool:
    """Say whether *text* is a language tag of BCP 47 as we use them: language, script and region."""
    return _LANGUAGE.fullmatch(text) is not None


def is_web_address(text: str) -> bool:
    """Say whether *text* is an absolute http or https address, and nothing that a page would run."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"]", text)
    except ValueError:
        return False


def entry_of(shape: Mapping[str, Any], *, uid: UUID | None = None, slug: str | None = None) -> Entry:
    """
    Return the entry that *shape* describes, its text cleaned.

    *uid* and *slug* are taken where the shape has none. Raises `InvalidEntry` with every field
    that cannot be right; unknown fields are wrong too, since a misspelt one would be lost.
    """
    read = _Reader(shape)
    known = {field.name for field in fields(Entry)}
    for name in shape:
        if name not in known:
            read.wrong(str(name), "no such field")
    kind = read.one_of("kind", Kind)
    headline, body = read.line("headline"), read.text("body", LONGEST_BODY)
    if not headline:
        read.wrong("headline", "expected a headline, got none")
    elif len(headline) > LONGEST_HEADLINE:
        read.wrong("headline", f"expected at most {LONGEST_HEADLINE} characters, got {len(headline)}")
    if not body:
        read.wrong("body", "expected text, got none")
    killed, killed_at_least, killed_most = read.range("killed")
    injured, injured_at_least, injured_most = read.range("injured")
    event_date, event_end = read.partial_date("event_date"), read.partial_date("event_end")
    if event_end and (event_date is None or event_end < event_date):
        read.wrong("event_end", f"expected a date not before event_date ({event_date}), got {event_end}")
    own_uid = read.uid("uid") or uid
    if own_uid is None:
        read.wrong("uid", "expected a UUID, got none")
    own_slug = slugify(read.line("slug") or slug or headline or "") or str(own_uid)
    revision = read.count("revision") or 1
    latitude, longitude = read.degrees("latitude", 90), read.degrees("longitude", 180)
    if (latitude is None) != (longitude is None):
        read.wrong("latitude", "expected latitude and longitude, got only one")
    guessed = tuple(name for name in map(str, read.items("guessed")) if name in known)
    status = read.one_of("status", Status, Status.DRAFT)
    fields_read: dict[str, Any] = {
        "speaker": read.line("speaker"),
        "speaker_role": read.line("speaker_role"),
        "country": read.country(),
        "place": read.line("place"),
        "groups": read.groups(),
        "claimed": read.flag("claimed"),
        "ideology": slugify(read.line("ideology") or "") or None,
        "attack_type": slugify(read.line("attack_type") or "") or None,
        "toll_note": read.line("toll_note"),
        "tags": read.slugs("tags"),
        "content_note": read.line("content_note"),
        "language": read.language(),
        "translation_of": read.uid("translation_of"),
        "sources": read.sources(),
        "origin": read.line("origin"),
    }
    if read.problems or kind is None or headline is None or body is None or own_uid is None or status is None:
        raise InvalidEntry(read.problems)
    return Entry(
        uid=own_uid,
        slug=own_slug,
        kind=kind,
        headline=headline,
        body=body,
        event_date=event_date,
        event_end=event_end,
        latitude=latitude,
        longitude=longitude,
        killed=killed,
        killed_at_least=killed_at_least,
        killed_most=killed_most,
        injured=injured,
        injured_at_least=injured_at_least,
        injured_most=injured_most,
        status=status,
        guessed=guessed,
        revision=revision,
        **fields_read,
    )


def day_of(text: str, today: date) -> date:
    """Return the day that `YYYY-MM-DD`, `today`, `yesterday` or `tomorrow` names; raise `ValueError`."""
    named = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if text in named:
        return today + timedelta(days=named[text])
    day = PartialDate.parse(text).exact
    if day is None:
        message = f"expected YYYY-MM-DD, today, yesterday or tomorrow, got {text!r}"
        raise ValueError(message)
    return day
