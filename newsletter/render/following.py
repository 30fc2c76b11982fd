"""
What can be followed by itself: a facet of an edition, as a value, and how its feed is named.

A facet's *room* is where its page stands: `groups` in `/groups/SLUG`. It is named with what it is,
since a country, a group and a tag may have one name, and no two feeds may have one title.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from newsletter.models import Edition, Kind, Publisher
from newsletter.render import words
from newsletter.render.links import Links
from newsletter.render.pages import page
from newsletter.text import clean_line

Room = Literal["kinds", "groups", "ideologies", "countries", "tags"]

#: In the order in which they are told.
ROOMS: Mapping[Room, str] = {
    "kinds": "Kinds",
    "groups": "Groups",
    "ideologies": "Ideologies",
    "countries": "Countries",
    "tags": "Tags",
}
_TITLES: Mapping[Room, str] = {
    "kinds": "{edition}: kind “{name}”",
    "groups": "{edition}: group “{name}”",
    "ideologies": "{edition}: ideology “{name}”",
    "countries": "{edition}: country “{name}”",
    "tags": "{edition}: tag “{name}”",
}
_DESCRIPTIONS: Mapping[Room, str] = {
    "kinds": "The issues of {edition} whose entry is of this kind: {name}.",
    "groups": "The issues of {edition} whose entry names this group: {name}.",
    "ideologies": "The issues of {edition} whose entry has this ideology: {name}.",
    "countries": "The issues of {edition} whose entry is about this country: {name}.",
    "tags": "The issues of {edition} whose entry has this tag: {name}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """
    A way to cut an edition's archive, as its issues have it.

    *name* is a group's own; what has none is named by its *slug*.
    """

    room: Room
    slug: str
    name: str | None = None

    def label(self, language: str) -> str:
        """Return what it is called."""
        match self.room:
            case "kinds":
                return words.kind_label(Kind(self.slug))
            case "countries":
                return words.country_name(self.slug, language)
        return clean_line(self.name or "") or self.slug.replace("-", " ")

    def title(self, edition: Edition) -> str:
        """Return the title of its feed."""
        return clean_line(_TITLES[self.room].format(edition=edition.title, name=self.label(edition.language)))

    def description(self, edition: Edition) -> str:
        """Return what its feed is."""
        return clean_line(_DESCRIPTIONS[self.room].format(edition=edition.title, name=self.label(edition.language)))

    def page(self, links: Links) -> str:
        """Return the address of its page, under which its feeds stand."""
        match self.room:
            case "kinds":
                return links.kind(Kind(self.slug))
            case "groups":
                return links.group(self.slug)
            case "ideologies":
                return links.ideology(self.slug)
            case "countries":
                return links.country(self.slug)
        return links.tag(self.slug)


@dataclass(frozen=True, slots=True)
class Titled:
    """A page that has feeds of its own, as the head of that page names them: their *title*, and where it stands."""

    title: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A facet that has a feed, and how many issues are in it that were not withdrawn."""

    facet: Facet
    issues: int


def feeds_of(edition: Edition) -> str:
    """Return what the list of an edition's feeds is called."""
    return f"The feeds of {edition.title}"


def in_order(followed: Iterable[Followed], edition: Edition) -> list[Followed]:
    """Return facets as lists have them: room by room, and in each by name, as its language sorts at first sight."""
    rooms = list(ROOMS)
    language = edition.language
    return sorted(
        followed, key=lambda one: (rooms.index(one.facet.room), one.facet.label(language).casefold(), one.facet.slug)
    )


def feeds_page(
    followed: Sequence[Followed],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    months: Sequence[tuple[date, Sequence[object]]] = (),
    others: Sequence[tuple[str, Links]] = (),
) -> str:
    """
    Return how an edition can be followed: what a feed is, and every feed of it.

    *months* are those that have archive documents, the newest first, with their issues; *others* are further editions.
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
        rooms=[(ROOMS[room], list(each)) for room, each in groupby(followed, key=lambda one: one.facet.room)],
        months=months,
        others=others,
        absolute=links,
    )
