"""
What programs read of a page: schema.org's words, as JSON-LD in the page's head.

An entry's page is an `Article` (a `Report` for background), which is what we publish. Of Words it
has a `Quotation` as its main entity, with who spoke. What happened is told by the article's own
`temporalCoverage` and `contentLocation`, and is no `Event`: that type sells tickets. Groups stay
out: schema.org has no word for the ground on which one is named. No body stands here, so that a
content note can't be passed by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from markupsafe import Markup

from newsletter.models import Correction, Edition, Entry, Kind, Publisher, Source
from newsletter.render import prose, words
from newsletter.render.links import Links

#: What could end the element, or a line of a script (HTML, 13.1.2; JSON allows any of them escaped).
_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def article(
    entry: Entry,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    address: str,
    published: date | None = None,
    corrections: Sequence[Correction] = (),
) -> Markup:
    """
    Return the JSON of an entry at *address*, safe inside a script element; *links* have their host.

    *published* is the day on which an issue first printed it.
    """
    home = {"@type": "Organization", "name": edition.title, "url": links.home()}
    modified = max((note.corrected_at for note in corrections), default=None)
    found: dict[str, object | None] = {
        "@context": "https://schema.org",
        "@type": "Report" if entry.kind is Kind.REPORT else "Article",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "identifier": f"urn:uuid:{entry.uid}",
        "headline": entry.headline,
        "description": prose.summary(entry),
        "image": links.entry(entry.slug, "png"),
        "inLanguage": entry.language,
        "datePublished": published.isoformat() if published else None,
        "dateModified": _instant(modified) if modified else None,
        "author": home,
        "publisher": home,
        "isPartOf": {"@type": "Periodical", "name": edition.title, "url": links.home()},
        "isAccessibleForFree": True,
        "copyrightNotice": publisher.rights or None,
        "keywords": ", ".join(entry.tags) or None,
        "temporalCoverage": _when(entry),
        "contentLocation": _where(entry),
        "mainEntity": _quotation(entry),
        "citation": [_source(source) for source in entry.sources] or None,
        "correction": [_correction(note) for note in words.newest_first(corrections) if note.note] or None,
    }
    return in_a_script(_without_none(found))


def in_a_script(value: object) -> Markup:
    """Return JSON that nothing in it lets out of a script element."""
    return Markup(json.dumps(value, ensure_ascii=False).translate(_ESCAPED))  # noqa: S704 -- escaped for where it stands


def _when(entry: Entry) -> str | None:
    """Return when it happened, as ISO 8601: a date as precise as is known, or an interval."""
    if entry.event_date is None:
        return None
    return f"{entry.event_date}/{entry.event_end}" if entry.event_end else str(entry.event_date)


def _where(entry: Entry) -> dict[str, object] | None:
    name = words.place_line(entry)
    if not name:
        return None
    geo = None
    if entry.latitude is not None and entry.longitude is not None:
        geo = {"@type": "GeoCoordinates", "latitude": entry.latitude, "longitude": entry.longitude}
    address = {"@type": "PostalAddress", "addressCountry": entry.country} if entry.country else None
    return _without_none({"@type": "Place", "name": name, "address": address, "geo": geo})


def _quotation(entry: Entry) -> dict[str, object] | None:
    if words.section_label(entry.kind) != "Words":
        return None
    speaker = {"@type": "Person", "name": entry.speaker, "jobTitle": entry.speaker_role} if entry.speaker else None
    return _without_none(
        {
            "@type": "SocialMediaPosting" if entry.kind is Kind.POST else "Quotation",
            "name": entry.headline,
            "creator": _without_none(speaker) if speaker else None,
            "dateCreated": str(entry.event_date) if entry.event_date else None,
        }
    )


def _source(source: Source) -> dict[str, object]:
    return _without_none(
        {
            "@type": "CreativeWork",
            "name": source.title or words.citation(source) or None,
            "author": source.author,
            "publisher": source.publisher,
            "datePublished": str(source.published) if source.published else None,
            "url": source.url,
        }
    )


def _correction(note: Correction) -> dict[str, object]:
    return {"@type": "CorrectionComment", "text": note.note, "datePublished": _instant(note.corrected_at)}


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _without_none(fields: Mapping[str, object | None]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
