"""
What prose says, as an entry's fields.

Nothing here is certain: each field that comes out is a guess until an editor confirms it.
"""

from __future__ import annotations

from typing import Any

from newsletter.imports.blame import claimed_in, groups_in, groups_masked, mentions
from newsletter.imports.dates import Dated
from newsletter.imports.names import sentences
from newsletter.imports.occasions import event_date, words_date
from newsletter.imports.places import country_in, place_in
from newsletter.imports.tolls import Toll, tolls_in
from newsletter.models import Attribution, NamedGroup
from newsletter.text import slugify

#: How often a report names a group that it is about.
_OFTEN = 2


def read_event(text: str) -> dict[str, Any]:
    """
    Return the fields that an account of something gives, under the names of the JSON shape.

    When (`event_date`, `event_end`), where (`country`, `place`, `latitude`, `longitude`), how many
    (`killed`, `injured`, with `_at_least` and `_most`), `claimed`, `groups`. What the text doesn't
    say is left out.
    """
    told = sentences(text)
    fields = _when(event_date(told)) | _where(told)
    tolls = tolls_in(text)
    fields |= _how_many("killed", tolls.killed) | _how_many("injured", tolls.injured)
    claimed = claimed_in(text)
    if claimed is not None:
        fields["claimed"] = claimed
    year = int(fields["event_date"][:4]) if "event_date" in fields else None
    return fields | _groups(groups_in(told, year=year, country=fields.get("country")))


def read_words(around: str) -> dict[str, Any]:
    """Return the fields that the prose around a quotation gives: when, and groups."""
    told = sentences(around)
    return _when(words_date(told)) | _groups(groups_in(told, of_words=True))


def read_report(title: str, text: str) -> dict[str, Any]:
    """Return the fields that a report gives: the country in its title, the groups that it is about."""
    country = country_in(groups_masked(title))
    named = mentions(text)
    about = dict.fromkeys([*mentions(title), *(name for name in named if named.count(name) >= _OFTEN)])
    groups = tuple(NamedGroup(slug=slugify(name), name=name, attribution=Attribution.ATTRIBUTED) for name in about)
    return ({"country": country} if country else {}) | _groups(groups)


def _when(dated: Dated | None) -> dict[str, Any]:
    if dated is None:
        return {}
    return {"event_date": str(dated.first)} | ({"event_end": str(dated.last)} if dated.last else {})


def _where(told: list[str]) -> dict[str, Any]:
    found = place_in([groups_masked(sentence) for sentence in told])
    fields: dict[str, Any] = {}
    if found.country:
        fields["country"] = found.country
    if found.name:
        fields["place"] = found.name
    if found.city:
        fields |= {"latitude": found.city.latitude, "longitude": found.city.longitude}
    return fields


def _how_many(field: str, toll: Toll | None) -> dict[str, Any]:
    if toll is None:
        return {}
    fields: dict[str, Any] = {field: toll.low}
    if toll.at_least:
        fields[f"{field}_at_least"] = True
    if toll.most:
        fields[f"{field}_most"] = toll.most
    return fields


def _groups(groups: tuple[NamedGroup, ...]) -> dict[str, Any]:
    shapes = [{"slug": group.slug, "name": group.name, "attribution": str(group.attribution)} for group in groups]
    return {"groups": shapes} if shapes else {}
