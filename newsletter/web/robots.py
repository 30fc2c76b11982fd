"""What robots look for at its usual address: sitemaps, `robots.txt` and `security.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from newsletter.archive import editions
from newsletter.archive.survey import Changed, Survey
from newsletter.press.printing import links_of
from newsletter.render import sitemap as listing
from newsletter.render.links import Links
from newsletter.render.sitemap import Place
from newsletter.web.answers import Answer
from newsletter.web.headers import PAGE_HEADERS
from newsletter.web.kept import Made
from newsletter.web.site import CACHED, Look, Page, Parts

#: Addresses in one sitemap; a year has two for each day.
MOST = 5_000
#: For how long a contact is promised; the promise is renewed every day (RFC 9116, 2.5.5: less than a year).
_PROMISED = timedelta(days=180)
_PART = re.compile(r"(pages)|([0-9]{4})|(facets|entries)-([1-9][0-9]{0,5})")
_PLAIN = "text/plain; charset=utf-8"


def sitemap(look: Look, _parts: Parts) -> Made:
    """Answer the list of sitemaps: pages, facets, a year's issues and entries, and entries that no issue printed."""
    survey, links = Survey.of(look.view), look.whose["links"]
    of_years: dict[int, datetime | None] = {}
    for month in survey.months_changed():
        assert isinstance(month.of, date)
        of_years[month.of.year] = max(filter(None, (of_years.get(month.of.year), month.at)), default=None)
    parts = [Place(address=links.sitemap("pages"))]
    parts += [Place(address=links.sitemap(f"{year:04}"), changed_at=at) for year, at in of_years.items()]
    for name, count in (("facets", len(survey.facets())), ("entries", survey.unprinted_count())):
        parts += [Place(address=links.sitemap(f"{name}-{part}")) for part in range(1, -(-count // MOST) + 1)]
    return _xml(listing.sitemap_index(parts))


def sitemap_part(look: Look, parts: Parts) -> Made:
    """Answer one sitemap, if it would name anything."""
    match = _PART.fullmatch(parts["part"])
    if match is None:
        return None
    survey, links = Survey.of(look.view), look.whose["links"]
    skip = (int(match[4]) - 1) * MOST if match[4] else 0
    if match[1]:
        places = list(_pages(survey, links))
    elif match[2]:
        places = list(_of_year(survey, int(match[2]), links)) if int(match[2]) else []
    elif match[3] == "facets":
        some = survey.facets()[skip : skip + MOST]
        places = [Place(address=links.facet(value.facet, value.slug)) for value in some]
    else:
        places = [_entry(each, links) for each in survey.unprinted(most=MOST, skip=skip)]
    return _xml(listing.sitemap(places)) if places else None


def _pages(survey: Survey, links: Links) -> Iterator[Place]:
    """Yield the pages that are there whatever is published, and those of years and months."""
    latest = survey.view.latest()
    yield Place(address=links.home(), changed_at=latest.updated_at if latest else None)
    for address in (
        links.archive(),
        links.timeline(),
        links.map(),
        links.facets(),
        links.corrections(),
        links.about(),
        links.embed(),
    ):
        yield Place(address=address)
    months = survey.months_changed()
    for year in sorted({month.of.year for month in months if isinstance(month.of, date)}):
        yield Place(address=links.year(year))
    for month in months:
        assert isinstance(month.of, date)
        yield Place(address=links.month(month.of.year, month.of.month), changed_at=month.at)
    for value in survey.years():
        yield Place(address=links.timeline(int(value.slug)))


def _of_year(survey: Survey, year: int, links: Links) -> Iterator[Place]:
    for issue in survey.issues(year):
        assert isinstance(issue.of, date)
        yield Place(address=links.issue(issue.of), changed_at=issue.at)
    for each in survey.first_shown(year):
        yield _entry(each, links)


def _entry(changed: Changed, links: Links) -> Place:
    return Place(address=links.entry(str(changed.of)), changed_at=changed.at)


def robots(look: Look, _parts: Parts) -> Made:
    """Answer `robots.txt`, which is the host's and no edition's."""
    every = editions.every(look.view.connection)
    if look.links.edition:
        return None
    text = listing.robots([links_of(edition, every, look.whose["publisher"]) for edition in every])
    return Answer.of(text.encode(), _PLAIN, cache_control="public, max-age=3600", headers=PAGE_HEADERS)


def security(look: Look, _parts: Parts) -> Made:
    """Answer `security.txt`, if there is a contact that it may name."""
    every = editions.every(look.view.connection)
    expires = datetime.combine(look.today, time(), UTC) + _PROMISED
    languages = list(dict.fromkeys(edition.language for edition in every))
    text = listing.security(look.whose["publisher"], look.whose["links"], languages, expires)
    if text is None or look.links.edition:
        return None
    return Answer.of(text.encode(), _PLAIN, cache_control=CACHED, headers=PAGE_HEADERS)


def _xml(text: str) -> Answer:
    return Answer.of(text.encode(), "application/xml; charset=utf-8", cache_control=CACHED, headers=PAGE_HEADERS)


PAGES: Mapping[str, Page] = {
    "/sitemap.xml": sitemap,
    "/sitemap-{part}.xml": sitemap_part,
    "/robots.txt": robots,
    "/.well-known/security.txt": security,
}
