"""
The pages of the site: models in, HTML out.

Every page is server-rendered, with one stylesheet and no script. Addresses on a page are relative
to the host, so that it works behind any name; what leaves the page (canonical address, citation,
what is shared) is absolute: *links* always has its host. What readers may see is the caller's to
decide; of what was withdrawn a page shows the notice and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from newsletter.models import Correction, Edition, Entry, Issue, Publisher
from newsletter.render import prose, squares, templates, words
from newsletter.render.absence import gone_page
from newsletter.render.beside import Beside, beside, beside_issue
from newsletter.render.framing import page
from newsletter.render.links import Links
from newsletter.render.squares import Line, Year

#: A leap year, in which every day of the year exists.
_LEAP_YEAR = 2000


# Issues and entries


def front_page(
    issue: Issue | None,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    previous: Line | None = None,
    same_day: Sequence[Entry] = (),
) -> str:
    """
    Return `/`: the latest issue in the ruled card; without one, what will stand there.

    *same_day* are other published entries of the event's day of the year.
    """
    waiting: dict[str, object] = {"heading": edition.title, "description": _PROMISE}
    values = _of_issue(issue, edition=edition, publisher=publisher, links=links) if issue else waiting
    if isinstance(found := values.get("beside"), Beside):  # what is embedded of this page is the latest, whatever it is
        values["beside"] = replace(found, oembed=links.oembed(links.home()))
    values["title"] = f"{edition.title}. {words.MOTTO}"
    values["address"] = links.home()
    return page(
        "front",
        edition=edition,
        publisher=publisher,
        links=links,
        room="home",
        issue=issue,
        previous=previous,
        same_day=same_day,
        **values,
    )


def issue_page(
    issue: Issue,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    previous: Line | None = None,
    next: Line | None = None,  # noqa: A002 -- the word on the page; the built-in has no use here
    same_day: Sequence[Entry] = (),
) -> str:
    """Return an issue's page; of a withdrawn one the notice (to be answered with 410)."""
    if issue.withdrawal:
        return gone_page(
            issue.withdrawal,
            edition=edition,
            publisher=publisher,
            links=links,
            title=words.withdrawn_title(issue, edition.language),
            previous=previous,
            next=next,
        )
    values = _of_issue(issue, edition=edition, publisher=publisher, links=links)
    return page(
        "issue",
        edition=edition,
        publisher=publisher,
        links=links,
        room="issue",
        title=f"{issue.entry.headline} – {edition.title}, {words.long_day(issue.day, edition.language)}",
        address=values["permalink"],
        issue=issue,
        previous=previous,
        next=next,
        same_day=same_day,
        **values,
    )


def entry_page(
    entry: Entry,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    corrections: Sequence[Correction] = (),
    issues: Sequence[Line] = (),
    same_day: Sequence[Entry] = (),
    around: tuple[Entry | None, Entry | None] = (None, None),
) -> str:
    """
    Return an entry's permanent page; *issues* are all in which it appeared, newest first.

    *around* is what happened just before it and just after.
    """
    permalink = links.entry(entry.slug)
    return page(
        "entry",
        edition=edition,
        publisher=publisher,
        links=links,
        room="entry",
        title=f"{entry.headline} – {edition.title}",
        heading=entry.headline,
        description=prose.summary(entry),
        address=permalink,
        article=True,
        entry=entry,
        prose=prose.html(entry, key=str(entry.uid)[:8]),
        corrections=words.newest_first(corrections),
        issues=issues,
        same_day=same_day,
        earlier=around[0],
        later=around[1],
        beside=beside(
            entry,
            edition=edition,
            publisher=publisher,
            links=links,
            permalink=permalink,
            published=min((line.day for line in issues if line.kind), default=None),
            corrections=corrections,
        ),
    )


# Lists


def archive_page(
    years: Sequence[Year],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    latest: Sequence[Line] = (),
) -> str:
    """Return the archive's years, the newest first, and the *latest* issues."""
    return page(
        "archive",
        edition=edition,
        publisher=publisher,
        links=links,
        room="archive",
        title=f"Archive – {edition.title}",
        heading="Archive",
        description="Every issue, by year, month and day.",
        address=links.archive(),
        years=years,
        latest=latest,
    )


def year_page(
    year: int,
    lines: Sequence[Line],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    today: date,
    previous: int | None = None,
    next: int | None = None,  # noqa: A002 -- the word on the page
) -> str:
    """Return a year's calendar; *today* is the day in the edition's zone."""
    by_day = squares.by_day(lines)
    return page(
        "year",
        edition=edition,
        publisher=publisher,
        links=links,
        room="archive",
        title=f"{year} – {edition.title}",
        heading=str(year),
        description=_count(len(lines)) + " in this year. Each square is a day.",
        address=links.year(year),
        months=[squares.month(year, month, by_day, today=today, since=edition.since) for month in range(1, 13)],
        counts=squares.tally(lines),
        weekdays=squares.weekdays(edition.language),
        previous=previous,
        next=next,
    )


def month_page(
    month: date,
    lines: Sequence[Line],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    today: date,
    previous: date | None = None,
    next: date | None = None,  # noqa: A002 -- the word on the page
) -> str:
    """
    Return a month's issues and its calendar.

    A month is given by a day in it: *month*, and *previous* and *next*, the nearest that have issues.
    """
    heading = templates.month_and_year(month, edition.language)
    return page(
        "month",
        edition=edition,
        publisher=publisher,
        links=links,
        room="archive",
        title=f"{heading} – {edition.title}",
        heading=heading,
        description=_count(len(lines)) + " in this month.",
        address=links.month(month.year, month.month),
        month=squares.month(month.year, month.month, squares.by_day(lines), today=today, since=edition.since),
        weekdays=squares.weekdays(edition.language),
        lines=sorted(lines, key=lambda line: line.day),
        previous=previous,
        next=next,
    )


def on_this_day_page(
    month: int,
    day: int,
    entries: Sequence[Entry],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
) -> str:
    """Return what happened on a day of the year, through the years; every day has its page, 29 February too."""
    on = date(_LEAP_YEAR, month, day)
    name = templates.month_day(on, edition.language)
    return page(
        "on_this_day",
        edition=edition,
        publisher=publisher,
        links=links,
        room="on",
        title=f"On {name} – {edition.title}",
        heading=f"On {name}",
        description=f"What the archive holds of {name}, through the years.",
        address=links.on(month, day),
        entries=entries,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
    )


def corrections_page(corrections: Sequence[Correction], *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return all corrections and slips, the newest first."""
    return page(
        "corrections",
        edition=edition,
        publisher=publisher,
        links=links,
        room="corrections",
        title=f"Corrections – {edition.title}",
        heading="Corrections",
        description="What was wrong, and what is right, the newest first. What was printed stays on record.",
        address=links.corrections(),
        corrections=words.newest_first(corrections),
    )


def about_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what this is, how entries are chosen, how corrections work, whom to write to, and the licence."""
    return page(
        "about",
        edition=edition,
        publisher=publisher,
        links=links,
        room="about",
        title=f"About – {edition.title}",
        heading=f"About {edition.title}",
        description=_PROMISE,
        address=links.about(),
    )


# What pages share

_PROMISE = "One dated, sourced entry a day, from an archive of what extremists have said and done."


def _of_issue(issue: Issue, *, edition: Edition, publisher: Publisher, links: Links) -> dict[str, object]:
    permalink = links.issue(issue.day)
    if issue.withdrawal:
        title = words.withdrawn_title(issue)
        return {"heading": title, "description": title, "permalink": permalink}
    return {
        "heading": issue.entry.headline,
        "description": prose.summary(issue.entry),
        "permalink": permalink,
        "article": True,
        "prose": prose.html(issue.entry, key=issue.day.isoformat()),
        "corrections": words.newest_first(issue.corrections),
        "beside": beside_issue(issue, edition=edition, publisher=publisher, links=links),
    }


def _count(issues: int) -> str:
    return f"{issues:,} {'issue' if issues == 1 else 'issues'}"
