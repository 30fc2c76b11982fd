"""Facets: the ways to cut the archive, and their values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.models import Entry


class Facet(StrEnum):
    """A way to cut the archive, in the order in which pages name them."""

    KIND = "kind"
    COUNTRY = "country"
    GROUP = "group"
    IDEOLOGY = "ideology"
    YEAR = "year"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """
    A value of a facet, as addresses write it, with how many entries, or issues, have it.

    *name* is a group's, and "" for what is named by its *slug*: a kind, a country's code, a year of the event.
    """

    facet: Facet
    slug: str
    count: int = 0
    name: str = ""


#: An event that lasted longer is of its first years alone.
_LONGEST_EVENT = 200


def facets_of(entry: Entry) -> list[tuple[Facet, str]]:
    """Return the values by which an entry is found: each once, in the facets' order."""
    found = [(Facet.KIND, str(entry.kind))]
    if entry.country:
        found.append((Facet.COUNTRY, entry.country))
    found += [(Facet.GROUP, slug) for slug in dict.fromkeys(group.slug for group in entry.groups)]
    if entry.ideology:
        found.append((Facet.IDEOLOGY, entry.ideology))
    found += [(Facet.YEAR, f"{year:04}") for year in _years(entry)]
    return found + [(Facet.TAG, slug) for slug in dict.fromkeys(entry.tags)]


def _years(entry: Entry) -> range:
    if entry.event_date is None:
        return range(0)
    first = entry.event_date.year
    last = entry.event_end.year if entry.event_end else first
    return range(first, min(max(first, last), first + _LONGEST_EVENT - 1) + 1)
