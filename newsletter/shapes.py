"""
The JSON shapes: the same in `--json`, in the API and in JSON Lines.

What comes in is checked here, field by field, so that an `Entry` that exists is one that every
renderer can show. Fields may be added, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from newsletter.errors import InvalidEntry
from newsletter.fields import LONGEST_BODY, LONGEST_HEADLINE, LONGEST_SLUG, EntryReader, is_visible
from newsletter.models import (
    Correction,
    Edition,
    Entry,
    Issue,
    Kind,
    PartialDate,
    Pick,
    Problem,
    Source,
    Status,
)
from newsletter.shape_types import CorrectionShape, EditionShape, EntryShape, IssueShape, SourceShape
from newsletter.text import slugify

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS = frozenset(field.name for field in fields(Entry))


def days_text(found: frozenset[int]) -> str:
    """Return weekdays as they are written: `mon-fri,sun`."""
    runs: list[list[int]] = []
    for day in sorted(found):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}" for run in runs)


def instant(moment: datetime) -> str:
    """Return *moment* as RFC 3339 in UTC: whole seconds unless it has a fraction."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def source_shape(source: Source) -> SourceShape:
    """Return a source as JSON."""
    return {
        "author": source.author,
        "title": source.title,
        "publisher": source.publisher,
        "published": str(source.published) if source.published else None,
        "url": source.url,
        "raw": source.raw,
    }


def entry_shape(entry: Entry) -> EntryShape:
    """Return an entry as JSON, its fields in the glossary's order."""
    return {
        "uid": str(entry.uid),
        "slug": entry.slug,
        "kind": str(entry.kind),
        "headline": entry.headline,
        "body": entry.body,
        "speaker": entry.speaker,
        "speaker_role": entry.speaker_role,
        "event_date": str(entry.event_date) if entry.event_date else None,
        "event_end": str(entry.event_end) if entry.event_end else None,
        "country": entry.country,
        "place": entry.place,
        "latitude": entry.latitude,
        "longitude": entry.longitude,
        "groups": [
            {"slug": group.slug, "name": group.name, "attribution": str(group.attribution)} for group in entry.groups
        ],
        "claimed": entry.claimed,
        "ideology": entry.ideology,
        "attack_type": entry.attack_type,
        "killed": entry.killed,
        "killed_at_least": entry.killed_at_least,
        "killed_most": entry.killed_most,
        "injured": entry.injured,
        "injured_at_least": entry.injured_at_least,
        "injured_most": entry.injured_most,
        "toll_note": entry.toll_note,
        "tags": list(entry.tags),
        "content_note": entry.content_note,
        "language": entry.language,
        "translation_of": str(entry.translation_of) if entry.translation_of else None,
        "sources": [source_shape(source) for source in entry.sources],
        "status": str(entry.status),
        "origin": entry.origin,
        "guessed": list(entry.guessed),
        "revision": entry.revision,
    }


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


def issue_shape(issue: Issue, url: str) -> IssueShape:
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
        "corrections": [correction_shape(correction) for correction in issue.corrections],
        "withdrawal": {"withdrawn_at": instant(gone.withdrawn_at), "notice": gone.notice} if gone else None,
    }


def correction_shape(correction: Correction) -> CorrectionShape:
    """Return a correction as JSON."""
    return {
        "entry": correction.entry,
        "corrected_at": instant(correction.corrected_at),
        "note": correction.note,
        "slip": correction.slip,
        "changes": [{"field": change.field, "was": change.was, "now": change.now} for change in correction.changes],
    }


def edition_shape(edition: Edition) -> EditionShape:
    """Return an edition as JSON: zone and time of its newest schedule, and every schedule with its first day."""
    newest = edition.schedules[-1]
    return {
        "slug": edition.slug,
        "title": edition.title,
        "language": edition.language,
        "zone": newest.zone.key,
        "time": newest.time.isoformat("minutes"),
        "days": days_text(edition.days),
        "from": edition.sender,
        "rest_days": edition.rest_days,
        "kinds": sorted(map(str, edition.kinds)),
        "tags": sorted(edition.tags),
        "since": edition.since.isoformat(),
        "schedules": [
            {"from": str(each.from_day), "zone": each.zone.key, "time": each.time.isoformat("minutes")}
            for each in edition.schedules
        ],
    }


def problem_shape(problem: Problem) -> dict[str, Any]:
    """Return a refusal as JSON."""
    return {"file": problem.file, "line": problem.line, "field": problem.field, "problem": problem.problem}


def entry_of(shape: Mapping[str, Any], *, uid: UUID | None = None, slug: str | None = None) -> Entry:
    """
    Return the entry that *shape* describes, its text cleaned.

    *uid* and *slug* are taken where the shape has none. Raises `InvalidEntry` with every field
    that cannot be right; unknown fields are wrong too, since a misspelt one would be lost.
    """
    read = EntryReader(shape)
    _check_names(read)
    kind = read.one_of("kind", Kind)
    headline, body = read.line("headline"), read.text("body", LONGEST_BODY)
    refused = dict(read.problems)
    if "headline" not in refused and (not headline or not is_visible(headline)):
        read.wrong("headline", "expected a headline, got none")
    elif headline and len(headline) > LONGEST_HEADLINE:
        read.wrong("headline", f"expected at most {LONGEST_HEADLINE} characters, got {len(headline)}")
    if "body" not in refused and (not body or not is_visible(body)):
        read.wrong("body", "expected text, got none")
    killed, killed_at_least, killed_most = read.range("killed")
    injured, injured_at_least, injured_most = read.range("injured")
    event_date, event_end = read.partial_date("event_date"), read.partial_date("event_end")
    if event_end and event_date and event_end < event_date:
        read.wrong("event_end", f"expected a date not before event_date ({event_date}), got {event_end}")
    own_uid = read.uid("uid") or uid
    if own_uid is None:
        read.wrong("uid", "expected a UUID, got none")
    given_slug = slugify(read.line("slug") or slug or "", longest=LONGEST_SLUG)
    own_slug = given_slug or slugify(headline or "") or str(own_uid)
    revision = read.count("revision") or 1
    latitude, longitude = read.degrees("latitude", 90), read.degrees("longitude", 180)
    if (latitude is None) != (longitude is None):
        read.wrong("latitude", "expected latitude and longitude, got only one")
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
        guessed=tuple(map(str, read.items("guessed"))),
        revision=revision,
        **fields_read,
    )


def _check_names(read: EntryReader) -> None:
    """Note what is named and is no field."""
    for name in read.shape:
        if name not in _FIELDS:
            read.wrong(str(name), "no such field")
    for name in read.items("guessed"):
        if str(name) not in _FIELDS:
            read.wrong("guessed", f"expected names of fields, got {name!r}")


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
