"""
The pages that cut and search what readers see: facets, their values, and the search.

What is asked stands in the query of an address. Whatever is typed is a search; a page that is not
there, or a value that nothing has, is no page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from newsletter.archive.catalogue import FEW, Catalogue, Listed, Search
from newsletter.facets import Facet, Value
from newsletter.models import Entry, PartialDate
from newsletter.queries import Query
from newsletter.render import browsing, extracts
from newsletter.render.browsing import Form, Item, Most, Outcome, Turn
from newsletter.render.links import FOLDERS
from newsletter.web.kept import Made, Moved
from newsletter.web.site import Look, Page, Parts, html

#: Entries on a page of a list, those on a page of what was found, and values on a page of them.
_ENTRIES, _FOUND, _VALUES = 30, 20, 300
#: Values of each facet on the page of all: the others stand on the facet's own.
_MOST = 24
_PAGE = re.compile(r"[1-9][0-9]{0,6}")
#: Facets that the form offers to choose from; the others are chosen on their own pages.
_CHOICES = (Facet.KIND, Facet.COUNTRY, Facet.IDEOLOGY)
_BOUNDS = {"from": "first", "to": "last"}
_NO_DATE = "expected a day, a month or a year, such as 2014-01-23, 2014-01 or 2014"


class Asked(NamedTuple):
    """A page, and the fields of a query that it reads: no other makes it another page."""

    page: Page
    fields: Sequence[str] = ()


# Facets


def value(facet: Facet, look: Look, parts: Parts) -> Made:
    """Answer the entries that have a value of a facet."""
    catalogue = look.view.catalogue()
    slug = parts["slug"]
    number = _number(parts)
    found = catalogue.value(facet, slug)
    if found is None and facet is Facet.COUNTRY and catalogue.value(facet, slug.upper()):
        return Moved(look.links.facet(facet, slug.upper()))
    pages = _pages(found.count if found else 0, _ENTRIES)
    if found is None or number is None or number > pages:
        return None
    listed = catalogue.in_brief().listed(facet, slug, most=_ENTRIES, skip=(number - 1) * _ENTRIES)
    page = browsing.facet_page(
        found,
        [Item(entry=each.entry, day=each.day, headline=each.entry.headline) for each in listed],
        Turn(number=number, pages=pages, more=number < pages),
        **look.whose,
        other_names=catalogue.other_names(slug) if facet is Facet.GROUP else (),
        beside=catalogue.beside(facet, slug),
    )
    return html(page)


def values(facet: Facet, look: Look, parts: Parts) -> Made:
    """Answer the values of a facet, the most frequent first; years by their order."""
    catalogue = look.view.catalogue()
    found = catalogue.counted(facet)
    if facet is Facet.YEAR:
        found.sort(key=lambda value: value.slug, reverse=True)
    number = _number(parts)
    pages = max(1, _pages(len(found), _VALUES))
    if number is None or number > pages:
        return None
    some = catalogue.named(found[(number - 1) * _VALUES : number * _VALUES])
    turn = Turn(number=number, pages=pages, more=number < pages)
    return html(browsing.values_page(facet, some, turn, **look.whose))


def all_facets(look: Look, _parts: Parts) -> Made:
    """Answer all facets with their most frequent values."""
    catalogue = look.view.catalogue()
    facets = {facet: catalogue.counted(facet) for facet in Facet}
    most = {
        facet: Most(values=catalogue.named(values[:_MOST]), of=len(values))
        for facet, values in facets.items()
        if values
    }
    return html(browsing.facets_page(most, sum(value.count for value in facets[Facet.KIND]), **look.whose))


# The search


def search(look: Look, parts: Parts) -> Made:
    """Answer the form, and what was found if something is looked for."""
    catalogue = look.view.catalogue()
    number = _number(parts)
    wanted, problems = _wanted(parts)
    if number is None:
        return None
    found = catalogue.in_brief().search(wanted, most=_FOUND, skip=(number - 1) * _FOUND)
    if number > 1 and not found.entries:
        return None
    form = Form(
        values={name: parts[name] for name in _FIELDS if name != "page" and parts.get(name)},
        problems=problems,
        choices={facet: catalogue.values(facet) for facet in _CHOICES},
        narrowed=[_known(catalogue, *each) for each in wanted.facets if each[0] not in _CHOICES],
    )
    outcome = Outcome(
        items=_items(catalogue, found.entries, wanted.query),
        turn=Turn(number=number, more=found.more),
        count=found.count,
        few=FEW,
    )
    return html(browsing.search_page(form, outcome if form.values else None, **look.whose))


def _wanted(parts: Parts) -> tuple[Search, Mapping[str, str]]:
    """Return what is looked for, and what is wrong with a field, which is then passed over."""
    problems = {}
    bounds: dict[str, PartialDate] = {}
    for name in _BOUNDS:
        if text := parts.get(name):
            try:
                bounds[name] = PartialDate.parse(text)
            except ValueError:
                problems[name] = _NO_DATE
    facets = tuple((facet, parts[facet]) for facet in Facet if parts.get(facet))
    query = Query.of(parts.get("q", ""))
    return Search(query=query, facets=facets, first=bounds.get("from"), last=bounds.get("to")), problems


def _known(catalogue: Catalogue, facet: Facet, slug: str) -> Value:
    return catalogue.value(facet, slug) or Value(facet=facet, slug=slug, count=0)


# What these pages share


def _number(parts: Parts) -> int | None:
    """Return which page is asked for, the first without a word; `None` for what counts no page."""
    text = parts.get("page", "1")
    return int(text) if _PAGE.fullmatch(text) else None


def _pages(count: int, on_each: int) -> int:
    return -(-count // on_each)


def _items(catalogue: Catalogue, those: Sequence[Listed], query: Query) -> list[Item]:
    """Return what was found with its extracts; from the sources where headline and body have none of it."""
    items = [_found(each, query, [extracts.plain_text(each.entry.body)]) for each in those]
    unmarked = [each.place for each, item in zip(those, items, strict=True) if not _is_marked(item)] if query else []
    whole = {each.place: each.entry for each in catalogue.read(unmarked)}
    return [
        _found(each, query, [extracts.plain_text(each.entry.body), *_beside(whole[each.place])])
        if each.place in whole
        else item
        for each, item in zip(those, items, strict=True)
    ]


def _found(listed: Listed, query: Query, texts: Sequence[str]) -> Item:
    headline = extracts.highlighted(listed.entry.headline, query)
    return Item(entry=listed.entry, day=listed.day, headline=headline, extract=extracts.extract(texts, query))


def _is_marked(item: Item) -> bool:
    return "<mark>" in item.headline or "<mark>" in (item.extract or "")


def _beside(entry: Entry) -> list[str]:
    """Return what else of an entry is looked through, as far as readers see it in the same words."""
    said = [entry.speaker, entry.speaker_role, *(group.name for group in entry.groups)]
    return [text for text in (*said, *(source.raw for source in entry.sources)) if text]


_FIELDS = ("q", *Facet, *_BOUNDS, "page")
#: The pages that read a query, by their addresses below an edition's own.
ASKED: Mapping[str, Asked] = {
    "/search": Asked(search, _FIELDS),
    "/facets": Asked(all_facets),
    **{f"/{folder}/": Asked(partial(values, facet), ("page",)) for facet, folder in FOLDERS.items()},
    **{f"/{folder}/{{slug}}": Asked(partial(value, facet), ("page",)) for facet, folder in FOLDERS.items()},
}
