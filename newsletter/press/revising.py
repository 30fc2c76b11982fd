"""An entry's new revision, from what an editor sets; and what that changed, in public words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from newsletter.errors import InvalidEntry
from newsletter.fields import is_web_address
from newsletter.models import Change, Entry, Source, Status
from newsletter.shapes import entry_of, entry_shape
from newsletter.text import clean_line

#: What an editor can't set by name: minted, counted, or kept by the store.
_FIXED = frozenset({"uid", "revision", "origin", "guessed"})
_TEXT = frozenset(
    {
        "slug", "kind", "headline", "body", "speaker", "speaker_role", "event_date", "event_end", "country", "place",
        "ideology", "attack_type", "toll_note", "content_note", "language", "translation_of", "status",
    }
)  # fmt: skip

#: Why an entry can't be more than a draft, and what to do.
NO_SOURCE = "an entry without a source stays a draft; add one with --source TEXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What an editor wants of an entry that was printed.

    A *slip* has no *note*. *captured* entries were printed on the page they were taken from, even
    if no edition has published them yet.
    """

    values: Mapping[str, Any]
    sources: Sequence[Source] = ()
    note: str = ""
    slip: bool = False
    captured: bool = False


def revised(entry: Entry, values: Mapping[str, Any], sources: Sequence[Source] = ()) -> Entry:
    """
    Return *entry* with fields set, and sources that it has not yet added at the end.

    A value is text, or JSON for what is not (`41`, `true`, `null`, a list of groups); text of
    nothing empties a field. Whatever an editor sets is no longer guessed. Without a source it is a draft.
    Raises `InvalidEntry`.
    """
    known = {field.name for field in fields(Entry)} - _FIXED
    wrong = [(name, f"expected one of {', '.join(sorted(known))}") for name in values if name not in known]
    if wrong:
        raise InvalidEntry(wrong)
    shape: dict[str, Any] = {**entry_shape(entry)}
    shape |= {name: _value(name, value) for name, value in values.items()}
    shape["guessed"] = [name for name in entry.guessed if name not in values]
    result = entry_of(shape)
    result = replace(result, sources=(*result.sources, *(new for new in sources if new not in result.sources)))
    if result.sources or result.status is Status.DRAFT:
        return result
    if "status" in values:
        raise InvalidEntry([("status", f"expected draft, got {result.status}: {NO_SOURCE}")])
    return replace(result, status=Status.DRAFT)


def cited(text: str) -> Source:
    """Return a source from a citation as it is written; an address in it becomes the source's own."""
    raw = clean_line(text)
    if not raw:
        raise InvalidEntry([("sources", "expected a citation, got an empty one")])
    address = re.search(r"https?://\S+[^\s.,;)”\"]", raw)
    return Source(raw=raw, url=address[0] if address and is_web_address(address[0]) else None)


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 -- a field's JSON
    if not isinstance(value, str):
        return value
    if value == "":
        return None
    if name in _TEXT:
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise InvalidEntry([(name, f"expected JSON such as 41, true or null, got {value!r}")]) from error


def changes(before: Entry, after: Entry) -> tuple[Change, ...]:
    """
    Return what differs between two revisions, as text, for the public.

    A toll is one change, however many fields it has; of sources only those that came or went.
    """
    was, now = _told(before), _told(after)
    changed = [Change(field=name, was=was[name], now=now[name]) for name in was if was[name] != now[name]]
    came = "; ".join(source.raw for source in after.sources if source not in before.sources)
    gone = "; ".join(source.raw for source in before.sources if source not in after.sources)
    return (*changed, *([Change(field="sources", was=gone or None, now=came or None)] if came or gone else []))


def _told(entry: Entry) -> dict[str, str | None]:
    """Return what readers are told of an entry, field by field."""
    quiet = {*_FIXED, "status", "slug", "sources"}
    told = {name: _text(value) for name, value in entry_shape(entry).items() if name not in quiet}
    for name in ("killed", "injured"):
        low, most, at_least = told[name], told.pop(f"{name}_most"), told.pop(f"{name}_at_least")
        told[name] = (f"at least {low}" if at_least == "yes" else low) if most is None else f"{low} to {most}"
    return told


def _text(value: Any) -> str | None:  # noqa: ANN401 -- a field's JSON
    if value is None or value in ([], ""):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(item["name"]) if isinstance(item, dict) else str(item) for item in value)
    return str(value)
