"""
What the API answers of the archive: each a function of what readers may see and of what was asked.

What is hidden takes the same way as what never was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote, urlencode

from newsletter.archive import editions
from newsletter.archive.catalogue import Listed
from newsletter.archive.reading import Shown
from newsletter.archive.walking import Walked
from newsletter.facets import Facet, Value
from newsletter.models import Entry, Issue, Withdrawal
from newsletter.press.printing import links_of
from newsletter.render.links import Links
from newsletter.tokens import InvalidToken, Keyring
from newsletter.web.answers import Answer
from newsletter.web.api import fields, told
from newsletter.web.api.cursors import Cursors, Place, mark_of, place_of
from newsletter.web.api.fields import Unanswerable
from newsletter.web.api.problems import gone, refused
from newsletter.web.headers import API_HEADERS
from newsletter.web.kept import Made, Moved
from newsletter.web.site import Look, Parts
from scheduler.calendar import edition_day

#: Where the operations stand, below the path of BASE_URL.
BASE = "/api/v1"
_CACHED = "public, max-age=60"
_A_LEAP_YEAR = "2000"
_WRONG_CURSOR = "expected `next` of an answer of this address, asked with the same fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a program asks: *parts* are those of the address and the fields of the query."""

    look: Look
    parts: Parts
    cursors: Cursors

    @property
    def links(self) -> Links:
        """The edition's addresses, whole: an answer may be read anywhere."""
        return self.look.whose["links"]

    @property
    def rights(self) -> str:
        """Under which terms it may be used."""
        return self.look.whose["publisher"].rights

    def place(self) -> Place | None:
        """Return where to go on; raise `Unanswerable` (400) for a cursor that was not given here."""
        cursor = self.parts.get(fields.CURSOR.name)
        try:
            return self.cursors.opened(cursor) if cursor else None
        except InvalidToken as error:
            raise Unanswerable({fields.CURSOR.name: _WRONG_CURSOR}, HTTPStatus.BAD_REQUEST) from error


Reader = Callable[[Asked], Made]


def page(keys: Keyring, name: str, read: Reader, look: Look, parts: Parts) -> Made:
    """Answer an operation, by its *name*."""
    try:
        return read(Asked(look=look, parts=parts, cursors=Cursors.of(keys, name, parts)))
    except Unanswerable as error:
        return refused(error.status, error.problems)


def as_json(shape: Mapping[str, object]) -> Answer:
    """Return a shape as an answer that may be kept for a minute, as pages are."""
    body = json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return Answer.of(body, "application/json", cache_control=_CACHED, headers=API_HEADERS)


# Issues


def today(asked: Asked) -> Made:
    """Answer the newest issue that was not withdrawn."""
    found = asked.look.view.latest(standing=True)
    return as_json(told.told_issue(found, asked.links, asked.rights)) if found else None


def issue(asked: Asked) -> Made:
    """Answer a day's issue, or the notice in its place."""
    day = fields.day_of(asked.parts["day"])
    found = asked.look.view.issue(day) if day else None
    if found is None:
        return None
    return gone(found.withdrawal) if found.withdrawal else as_json(told.told_issue(found, asked.links, asked.rights))


def issues(asked: Asked) -> Made:
    """Answer issues, the newest first, withdrawn ones with their notice."""
    most, place = fields.limit_of(asked.parts), asked.place()
    first, last = fields.days_of(asked.parts)
    if place is not None:
        before = fields.day_of(str(place[0]))
        assert before is not None, "we signed it"
        last = before - timedelta(days=1)
    found: Sequence[Issue] = asked.look.view.issues(first, last, most=most + 1)
    shown = found[:most]
    on = asked.cursors.sealed([shown[-1].day.isoformat()]) if len(found) > most else None
    items = [told.listed_issue(each, asked.links) for each in shown]
    answered: told.Issues = {"items": items, "next": on, "rights": asked.rights}
    return as_json(answered)


# Entries


def entry(asked: Asked) -> Made:
    """Answer an entry, or the notice in its place; an old slug leads to the new one."""
    slug = asked.parts["slug"]
    found = asked.look.view.entry(slug)
    match found:
        case Withdrawal():
            return gone(found)
        case Shown(entry=shown) if shown.slug != slug:
            return Moved(_address(asked.links, f"entries/{quote(shown.slug, safe='')}", {}))
        case Shown():
            return as_json(told.told_entry(found, asked.links, asked.rights))
    return None


def entries(asked: Asked) -> Made:
    """Answer entries: newest issue first, then reports, the newest event first."""
    search, most, place = fields.search_of(asked.parts), fields.limit_of(asked.parts), asked.place()
    walked = asked.look.view.walk(search).newest(mark_of(place) if place else None, most=most)
    return as_json(_entries(asked, walked))


def search(asked: Asked) -> Made:
    """Answer what was found: the best first, or the newest first if there are too many to be ranked."""
    wanted, most, place = fields.search_of(asked.parts), fields.limit_of(asked.parts), asked.place()
    mark = mark_of(place) if place else None
    if not wanted:
        return as_json({**_entries(asked, Walked(entries=(), on=None)), "count": 0})
    walk = asked.look.view.walk(wanted)
    walked = walk.best(mark, most=most) if mark is None or mark.given is not None else None
    walked = walked or walk.newest(mark, most=most)
    found: told.Found = {**_entries(asked, walked), "count": walked.count}
    return as_json(found)


def on_this_day(asked: Asked) -> Made:
    """Answer what happened on a day of the year, the earliest year first; each of the 366 has its answer."""
    day = fields.day_of(f"{_A_LEAP_YEAR}-{asked.parts['day']}")
    if day is None:
        return None
    most, place = fields.limit_of(asked.parts), asked.place()
    every = sorted(asked.look.view.on(day.month, day.day), key=_in_turn)
    if place is not None:
        every = [each for each in every if _in_turn(each) > tuple(place)]
    shown = every[:most]
    on = asked.cursors.sealed(_in_turn(shown[-1])) if len(every) > most else None
    items = [told.listed_entry(each, asked.links) for each in shown]
    answered: told.Entries = {"items": items, "next": on, "rights": asked.rights}
    return as_json(answered)


# By facets, and editions


def facets(asked: Asked) -> Made:
    """Answer the values of facets, by their slugs, with how many entries have each."""
    most, place, wanted = fields.limit_of(asked.parts, fields.LIMIT_MANY), asked.place(), fields.facet_of(asked.parts)
    catalogue, order = asked.look.view.catalogue(), list(Facet)
    behind = (order.index(Facet(str(place[0]))), str(place[1])) if place else (-1, "")
    every: list[Value] = []
    for at, facet in enumerate(order):
        if at >= behind[0] and facet == (wanted or facet) and len(every) <= most:
            values = sorted(catalogue.values(facet), key=lambda value: value.slug)
            every += [value for value in values if (at, value.slug) > behind]
    shown = every[:most]
    on = asked.cursors.sealed([str(shown[-1].facet), shown[-1].slug]) if len(every) > most else None
    items = [told.told_value(each, asked.links) for each in shown]
    answered: told.Values = {"items": items, "next": on, "rights": asked.rights}
    return as_json(answered)


def all_editions(asked: Asked) -> Made:
    """Answer every edition, the first one first."""
    view, publisher = asked.look.view, asked.look.whose["publisher"]
    every = editions.every(view.connection)
    items = [told.told_edition(each, links_of(each, every, publisher), edition_day(each, view.now)) for each in every]
    answered: told.Editions = {"items": items, "rights": asked.rights}
    return as_json(answered)


# What they share


def _entries(asked: Asked, walked: Walked) -> told.Entries:
    listed: Sequence[Listed] = walked.entries
    return {
        "items": [told.listed_entry(each.entry, asked.links) for each in listed],
        "next": asked.cursors.sealed(place_of(walked.on)) if walked.on else None,
        "rights": asked.rights,
    }


def _in_turn(entry: Entry) -> tuple[int, str]:
    return entry.event_date.year if entry.event_date else 0, entry.slug


def _address(links: Links, rest: str, query: Mapping[str, str]) -> str:
    return f"{links.path.base_url}{BASE}/{rest}" + (f"?{urlencode(query)}" if query else "")
