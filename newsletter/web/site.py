"""
The pages of an edition: which there are, what each reads, and which renderer sets it.

A page is a function of what its readers may see (`Look`) and of what its address says; it gives
an answer, another address, or `None` for what does not exist. What is hidden takes the same way
as what never was.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from newsletter.archive.reading import Shown, View
from newsletter.archive.survey import Survey
from newsletter.models import Edition, Entry, Issue, Publisher, Withdrawal
from newsletter.render import absence, pages
from newsletter.render.box import box_page, box_script, style_source
from newsletter.render.links import Links
from newsletter.render.squares import Year
from newsletter.web.answers import Answer, Headers
from newsletter.web.headers import PAGE_HEADERS, SCRIPT_HEADERS, box_headers
from newsletter.web.kept import Made, Moved

HTML = "text/html; charset=utf-8"
#: How many of the newest issues the archive's first page lists.
_LATEST = 10
_GONE = 410
_A_LEAP_YEAR = 2000
#: How long a page may be kept.
CACHED = "public, max-age=60"
#: The box shows a new issue within a minute, with what a process takes to see it.
_BOX_CACHED = "public, max-age=30"


class Whose(TypedDict):
    """What every renderer is told."""

    edition: Edition
    publisher: Publisher
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a page may use: what readers see, whose it is, and the edition's day."""

    view: View
    whose: Whose
    today: date

    @property
    def links(self) -> Links:
        """The edition's addresses, relative to the host."""
        return self.whose["links"].path


#: The parts of an address by their names, as text.
Parts = Mapping[str, str]
Page = Callable[[Look, Parts], Made]


def html(text: str, *, status: int = 200, headers: Headers = PAGE_HEADERS) -> Answer:
    """Return a page as an answer that may be kept for a minute."""
    return Answer.of(text.encode(), HTML, status=status, cache_control=CACHED, headers=headers)


# Issues and entries


def front(look: Look, _parts: Parts) -> Made:
    """Answer `/`: the issue of the newest day."""
    latest = look.view.latest()
    if latest is None:
        return html(pages.front_page(None, **look.whose))
    previous, _ = look.view.around(latest.day)
    return html(pages.front_page(latest, **look.whose, previous=previous, same_day=_same_day(look, latest)))


def issue(look: Look, parts: Parts) -> Made:
    """Answer a day's issue, or the notice in its place."""
    day = _day(parts["year"], parts["month"], parts["day"])
    found = look.view.issue(day) if day else None
    if found is None:
        return None
    previous, following = look.view.around(found.day)
    page = pages.issue_page(found, **look.whose, previous=previous, next=following, same_day=_same_day(look, found))
    return html(page, status=_GONE if found.withdrawal else 200)


def entry(look: Look, parts: Parts) -> Made:
    """Answer an entry's own page; an old slug leads to the new one."""
    found = look.view.entry(parts["slug"])
    match found:
        case None:
            return None
        case Withdrawal():
            return html(absence.gone_page(found, **look.whose), status=_GONE)
        case Shown(entry=shown) if shown.slug != parts["slug"]:
            return Moved(look.links.entry(shown.slug))
        case Shown(entry=shown):
            page = pages.entry_page(
                shown,
                **look.whose,
                corrections=found.corrections,
                issues=found.lines,
                same_day=look.view.same_day(shown),
                around=Survey.of(look.view).around(shown),
            )
            return html(page)


# Lists


def archive(look: Look, _parts: Parts) -> Made:
    """Answer the years that have issues, and the newest ones."""
    return html(pages.archive_page(look.view.years(), **look.whose, latest=look.view.newest_lines(_LATEST)))


def year(look: Look, parts: Parts) -> Made:
    """Answer a year's calendar, if the year has an issue."""
    first = _day(parts["year"], "01", "01")
    lines = look.view.lines(first, date(first.year, 12, 31)) if first else []
    if first is None or not lines:
        return None
    others = [other.year for other in look.view.years()]
    page = pages.year_page(
        first.year,
        lines,
        **look.whose,
        today=look.today,
        previous=max((other for other in others if other < first.year), default=None),
        next=min((other for other in others if other > first.year), default=None),
    )
    return html(page)


def month(look: Look, parts: Parts) -> Made:
    """Answer a month's issues, if it has any."""
    first = _day(parts["year"], parts["month"], "01")
    lines = look.view.lines(first, _last_of_month(first)) if first else []
    if first is None or not lines:
        return None
    others = _months(look.view.years())
    page = pages.month_page(
        first,
        lines,
        **look.whose,
        today=look.today,
        previous=max((other for other in others if other < first), default=None),
        next=min((other for other in others if other > first), default=None),
    )
    return html(page)


def on_this_day(look: Look, parts: Parts) -> Made:
    """Answer what happened on a day of the year; each of the 366 has its page."""
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", parts["day"])
    day = _day(str(_A_LEAP_YEAR), match[1], match[2]) if match else None
    if day is None:
        return None
    found = look.view.catalogue().in_brief().on(day.month, day.day)
    return html(pages.on_this_day_page(day.month, day.day, found, **look.whose))


def corrections(look: Look, _parts: Parts) -> Made:
    """Answer all corrections."""
    return html(pages.corrections_page(look.view.corrections(), **look.whose))


def about(look: Look, _parts: Parts) -> Made:
    """Answer what this is."""
    return html(pages.about_page(**look.whose))


# The box


def box(look: Look, _parts: Parts) -> Made:
    """Answer the box, with the newest issue that was not withdrawn."""
    page = box_page(look.view.latest(standing=True), **look.whose)
    headers = box_headers(style_source())
    return Answer.of(page.encode(), HTML, cache_control=_BOX_CACHED, headers=headers)


def box_js(look: Look, _parts: Parts) -> Made:
    """Answer the script that embeds the box."""
    script = box_script(edition=look.whose["edition"], links=look.whose["links"])
    return Answer.of(script.encode(), "text/javascript; charset=utf-8", cache_control=CACHED, headers=SCRIPT_HEADERS)


#: Every page of an edition, by its address below the edition's own.
PAGES: Mapping[str, Page] = {
    "/": front,
    "/archive/": archive,
    "/archive/{year}/": year,
    "/archive/{year}/{month}/": month,
    "/archive/{year}/{month}/{day}": issue,
    "/entries/{slug}": entry,
    "/on/{day}": on_this_day,
    "/corrections": corrections,
    "/about": about,
    "/box": box,
    "/box.js": box_js,
}


# What pages share


def _day(year: str, month: str, day: str) -> date | None:
    """Return the day that an address names, written as addresses write it; `None` if no calendar has it."""
    if not (re.fullmatch(r"[0-9]{4}", year) and all(re.fullmatch(r"[0-9]{2}", part) for part in (month, day))):
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _same_day(look: Look, found: Issue) -> Sequence[Entry]:
    return () if found.withdrawal else look.view.same_day(found.entry)


def _last_of_month(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


def _months(years: Sequence[Year]) -> list[date]:
    return [first for each in years for first, issues in each.months if issues]
