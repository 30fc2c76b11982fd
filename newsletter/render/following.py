"""
What can be followed by itself: the values of facets that have feeds of their own, and how these are named.

A feed says in its title what its value is: a country, a group and a tag may have one name, and no two feeds may have
one title.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

from newsletter.facets import Facet, Value
from newsletter.models import Edition, Publisher
from newsletter.render.cuts import NAMES, label
from newsletter.render.framing import page
from newsletter.render.links import Links
from newsletter.text import clean_line

_TITLES: Mapping[Facet, str] = {
    Facet.KIND: "{edition}: kind “{name}”",
    Facet.GROUP: "{edition}: group “{name}”",
    Facet.IDEOLOGY: "{edition}: ideology “{name}”",
    Facet.COUNTRY: "{edition}: country “{name}”",
    Facet.TAG: "{edition}: tag “{name}”",
}
_DESCRIPTIONS: Mapping[Facet, str] = {
    Facet.KIND: "The issues of {edition} whose entry is of this kind: {name}.",
    Facet.GROUP: "The issues of {edition} whose entry names this group: {name}.",
    Facet.IDEOLOGY: "The issues of {edition} whose entry has this ideology: {name}.",
    Facet.COUNTRY: "The issues of {edition} whose entry is about this country: {name}.",
    Facet.TAG: "The issues of {edition} whose entry has this tag: {name}.",
}
#: The facets whose values have feeds, in the order in which they are told.
FOLLOWED = tuple(_TITLES)


def title(value: Value, edition: Edition) -> str:
    """Return the title of a value's feed."""
    return clean_line(_TITLES[value.facet].format(edition=edition.title, name=_name(value, edition)))


def description(value: Value, edition: Edition) -> str:
    """Return what a value's feed is."""
    return clean_line(_DESCRIPTIONS[value.facet].format(edition=edition.title, name=_name(value, edition)))


def _name(value: Value, edition: Edition) -> str:
    return label(value.facet, value.slug, value.name, edition.language)


@dataclass(frozen=True, slots=True)
class Titled:
    """A page that has feeds of its own, as the head of that page names them: their *title*, and where it stands."""

    title: str
    page: str


def feeds_of(edition: Edition) -> str:
    """Return what the list of an edition's feeds is called."""
    return f"The feeds of {edition.title}"


def titled(value: Value, edition: Edition, links: Links) -> Titled:
    """Return how the page of a value names its feeds."""
    return Titled(title(value, edition), links.facet(value.facet, value.slug))


class Followed(NamedTuple):
    """A value that has feeds, as lists name it: in words, with its page's address and how many issues it has."""

    label: str
    page: str
    issues: int


def in_order(values: Iterable[Value], edition: Edition) -> list[Value]:
    """Return values as lists have them: facet by facet, and in each by name, as its language sorts at first sight."""
    return sorted(values, key=lambda value: (FOLLOWED.index(value.facet), _name(value, edition).casefold(), value.slug))


def feeds_page(
    values: Sequence[Value],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    months: Sequence[tuple[date, Sequence[object]]] = (),
    others: Sequence[tuple[str, Links]] = (),
) -> str:
    """
    Return how an edition can be followed: what a feed is, and every feed of it.

    *values* are those that have feeds, in order. *months* are those that have archive documents, the newest first, with
    their issues; *others* are further editions.
    """
    return page(
        "feeds",
        edition=edition,
        publisher=publisher,
        links=links,
        room="feeds",
        title=feeds_of(edition),
        heading=feeds_of(edition),
        description="Follow all of it, or a part: in a feed reader, or as a calendar.",
        address=links.feeds(),
        facets=[
            (
                NAMES[facet][1],
                [Followed(_name(value, edition), links.path.facet(facet, value.slug), value.count) for value in those],
            )
            for facet, those in groupby(values, key=lambda value: value.facet)
        ],
        months=months,
        others=others,
        absolute=links,
    )
