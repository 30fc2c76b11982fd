"""How facets are called: their names, the words of their values, and where an entry's lead."""

from __future__ import annotations

from typing import NamedTuple

from newsletter.facets import Facet, facets_of
from newsletter.models import Entry, Kind
from newsletter.render import words
from newsletter.render.links import Links
from newsletter.text import clean_line

#: What a facet is called, and its values together.
NAMES = {
    Facet.KIND: ("Kind", "Kinds"),
    Facet.COUNTRY: ("Country", "Countries"),
    Facet.GROUP: ("Group", "Groups"),
    Facet.IDEOLOGY: ("Ideology", "Ideologies"),
    Facet.YEAR: ("Year", "Years"),
    Facet.TAG: ("Tag", "Tags"),
}


class FacetLink(NamedTuple):
    """A value as a page names it, with its page's address and how many entries have it."""

    label: str
    address: str
    entries: int = 0


def label(facet: Facet, slug: str, name: str, language: str) -> str:
    """Return a value in words, in a language: `Mali`, `Boko Haram`, `far right`."""
    match facet:
        case Facet.COUNTRY:
            return words.country_name(slug, language)
        case Facet.KIND:
            return words.kind_label(Kind(slug))
        case Facet.GROUP:
            return clean_line(name) or slug.replace("-", " ")
        case Facet.YEAR:
            return slug
    return slug.replace("-", " ")


def facet_links(entry: Entry, links: Links, language: str) -> list[tuple[str, list[FacetLink]]]:
    """Return the facets of an entry, each with its values' names and addresses."""
    names = {group.slug: group.name for group in entry.groups}
    found: dict[Facet, list[FacetLink]] = {}
    for facet, slug in facets_of(entry):
        said = label(facet, slug, names.get(slug, ""), language)
        found.setdefault(facet, []).append(FacetLink(said, links.facet(facet, slug)))
    return [(NAMES[facet][len(those) > 1], those) for facet, those in found.items()]
