"""
The pages of facets and of the search: what readers may see, cut and found; models in, HTML out.

What is found comes with its extract marked already (`newsletter.render.extracts`). A page that a
query makes is not for search engines; a facet's page is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from newsletter.facets import Facet, Value
from newsletter.models import Edition, Entry, Publisher
from newsletter.render.cuts import NAMES, FacetLink, label
from newsletter.render.following import FOLLOWED, titled
from newsletter.render.framing import page
from newsletter.render.links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry in a list: *day* is that of its newest issue; *headline* and *extract* may have marks."""

    entry: Entry
    day: date | None
    headline: Markup | str
    extract: Markup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Which page of a list this is, counted from 1, and what lies beside it; *pages* where they were counted."""

    number: int = 1
    pages: int | None = None
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """The most frequent values of a facet, and how many there are in all."""

    values: Sequence[Value]
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found, a page of it: *count* in all, none for more than *few*."""

    items: Sequence[Item]
    turn: Turn
    count: int | None
    few: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """
    A search as its form has it: *values* by field, as typed, and what is wrong with one.

    *choices* are offered for each facet that has few values; *narrowed* are the values of others
    that narrow the search.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[Facet, Sequence[Value]] = field(default_factory=dict)
    narrowed: Sequence[Value] = ()


class Narrowing(NamedTuple):
    """A value that narrows a search, in words and as a field, and the address of the same search without it."""

    name: str
    label: str
    facet: str
    slug: str
    without: str


# Facets


def facet_page(
    value: Value,
    items: Sequence[Item],
    turn: Turn,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    other_names: Sequence[str] = (),
    beside: tuple[Value | None, Value | None] = (None, None),
) -> str:
    """Return the entries that have a value, a page of them, with the values *beside* it."""
    said = label(value.facet, value.slug, value.name, edition.language)
    address = links.facet(value.facet, value.slug)
    return page(
        "facet",
        edition=edition,
        publisher=publisher,
        links=links,
        room="archive",
        title=f"{said} – {edition.title}",
        heading=said,
        description=f"{NAMES[value.facet][0]}: {said}. {_count(value.count)}.",
        address=address + (f"?page={turn.number}" if turn.number > 1 else ""),
        facet=value.facet,
        slug=value.slug,
        facet_name=NAMES[value.facet][0],
        facets_name=NAMES[value.facet][1],
        all_of_facet=f"All {NAMES[value.facet][1].lower()}",
        counted=_count(value.count),
        other_names=other_names,
        items=items,
        turn=turn,
        # What has an issue comes first in a list, and what has none is in no feed.
        followed=titled(value, edition, links.path) if value.facet in FOLLOWED and items[0].day else None,
        turning=_turning(links.path.facet(value.facet, value.slug), {}, turn),
        previous=_link(beside[0], links.path, edition.language),
        next=_link(beside[1], links.path, edition.language),
    )


def values_page(
    facet: Facet, values: Sequence[Value], turn: Turn, *, edition: Edition, publisher: Publisher, links: Links
) -> str:
    """Return values of a facet with their counts, a page of them."""
    heading = NAMES[facet][1]
    return page(
        "values",
        edition=edition,
        publisher=publisher,
        links=links,
        room="archive",
        title=f"{heading} – {edition.title}",
        heading=heading,
        description="How many entries of the archive have each. Every one leads to its entries.",
        address=links.values(facet) + (f"?page={turn.number}" if turn.number > 1 else ""),
        values=[_link(value, links.path, edition.language) for value in values],
        turning=_turning(links.path.values(facet), {}, turn),
    )


def facets_page(
    facets: Mapping[Facet, Most], total: int, *, edition: Edition, publisher: Publisher, links: Links
) -> str:
    """Return all facets, each with its most frequent values."""
    return page(
        "facets",
        edition=edition,
        publisher=publisher,
        links=links,
        room="archive",
        title=f"Browse the archive – {edition.title}",
        heading="Browse the archive",
        description=f"{_count(total)}, by kind, country, group, ideology, year and tag.",
        address=links.facets(),
        facets=[
            {
                "name": NAMES[facet][1],
                "slug": str(facet),
                "values": [_link(value, links.path, edition.language) for value in most.values],
                "more": f"All {most.of:,} {NAMES[facet][1].lower()}" if most.of > len(most.values) else "",
                "address": links.path.values(facet),
            }
            for facet, most in facets.items()
        ],
    )


# The search


def search_page(form: Form, outcome: Outcome | None, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the search: its form and, if something was looked for, what was found."""
    text = form.values.get("q", "")
    here = links.path.search()
    return page(
        "search",
        edition=edition,
        publisher=publisher,
        links=links,
        listed=False,
        room="search",
        title=f"{text} – Search – {edition.title}" if text else f"Search – {edition.title}",
        heading="Search",
        description="Words, “phrases” and beginnings of words (kidnap*), in every entry that was published.",
        address=links.search(),
        form=form,
        choices=[
            (facet, NAMES[facet][0], [_choice(value, edition.language) for value in values])
            for facet, values in form.choices.items()
            if values
        ],
        narrowed=[_narrowing(value, form, here, edition.language) for value in form.narrowed],
        outcome=_outcome(outcome) if outcome else "",
        items=outcome.items if outcome else (),
        turning=_turning(here, form.values, outcome.turn) if outcome else None,
    )


def _narrowing(value: Value, form: Form, here: str, language: str) -> Narrowing:
    others = {name: text for name, text in form.values.items() if name != value.facet}
    said = label(value.facet, value.slug, value.name, language)
    return Narrowing(NAMES[value.facet][0], said, value.facet, value.slug, _address(here, others))


def _outcome(outcome: Outcome) -> str:
    """Say how much was found, and in which order it comes."""
    match outcome.count:
        case None:
            return f"More than {outcome.few} entries match. The newest come first; more words narrow them down."
        case 0:
            return "No entry matches."
        case 1:
            return "One entry matches."
    return f"{outcome.count} entries match."


def _choice(value: Value, language: str) -> tuple[str, str]:
    return value.slug, f"{label(value.facet, value.slug, value.name, language)} ({value.count:,})"


# What these pages share


class Turning(NamedTuple):
    """Where a list goes on, and where it came from; "" where it does not."""

    previous: str
    next: str
    here: str


def _turning(address: str, fields: Mapping[str, str], turn: Turn) -> Turning:
    def page(number: int) -> str:
        return _address(address, {**fields, "page": str(number) if number > 1 else ""})

    return Turning(
        previous=page(turn.number - 1) if turn.number > 1 else "",
        next=page(turn.number + 1) if turn.more else "",
        here=f"Page {turn.number} of {turn.pages}" if turn.pages else f"Page {turn.number}",
    )


def _address(address: str, fields: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"{address}?{query}" if query else address


def _link(value: Value | None, links: Links, language: str) -> FacetLink | None:
    if value is None:
        return None
    said = label(value.facet, value.slug, value.name, language)
    return FacetLink(said, links.facet(value.facet, value.slug), value.count)


def _count(entries: int) -> str:
    return f"{entries:,} {'entry' if entries == 1 else 'entries'}"
