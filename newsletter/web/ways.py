"""Ways through the archive: the timeline, the map, and an entry at random."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import SystemRandom

from newsletter.archive.survey import Survey
from newsletter.facets import Facet
from newsletter.render import ways
from newsletter.web.kept import Made, Passing
from newsletter.web.site import Look, Page, Parts, html

_CHANCE = SystemRandom()
#: No archive has more; a number is written as addresses write it, without a zero at its beginning.
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_YEAR = re.compile(r"[0-9]{4}")


def timeline(look: Look, _parts: Parts) -> Made:
    """Answer the years in which something happened."""
    survey = Survey.of(look.view)
    return html(ways.timeline_page(survey.years(), survey.undated(), **look.whose))


def timeline_year(look: Look, parts: Parts) -> Made:
    """Answer a page of what happened in a year, if anything did; the first page has no number."""
    asked, page = parts["year"], parts.get("page")
    number = int(page) if page and _NUMBER.fullmatch(page) else 1
    if not (asked == "undated" or _YEAR.fullmatch(asked)) or (page is not None and number == 1):
        return None
    year = None if asked == "undated" else int(asked)
    survey = Survey.of(look.view)
    entries = survey.of_year(year, most=ways.PAGE, skip=(number - 1) * ways.PAGE)
    if not entries:
        return None
    others = [int(value.slug) for value in survey.years()] if year else []
    around = (
        max((other for other in others if year and other < year), default=None),
        min((other for other in others if year and other > year), default=None),
    )
    months = survey.months(year)
    return html(ways.timeline_year_page(year, entries, months, **look.whose, number=number, around=around))


def map_of_the_world(look: Look, _parts: Parts) -> Made:
    """Answer the countries that entries are about, drawn and in a table."""
    return html(ways.map_page(look.view.catalogue().values(Facet.COUNTRY), **look.whose))


def random(look: Look, _parts: Parts) -> Made:
    """Lead to one of all the entries that readers see, each as likely as any other; without one to the front page."""
    survey = Survey.of(look.view)
    total = survey.total()
    entry = survey.entry(_CHANCE.randrange(total)) if total else None
    return Passing(look.links.entry(entry.slug) if entry else look.links.home())


PAGES: Mapping[str, Page] = {
    "/timeline": timeline,
    "/timeline/{year}": timeline_year,
    "/timeline/{year}/{page}": timeline_year,
    "/map": map_of_the_world,
    "/random": random,
}
