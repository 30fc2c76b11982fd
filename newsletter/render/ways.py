"""
Ways through the archive: the timeline of what happened, and the map of where.

Both are drawn on the server: bars and countries are SVG in the page, each a link with a spoken
label, and a list or a table says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from math import ceil, log
from pathlib import Path

from newsletter.facets import Value
from newsletter.models import Edition, Entry, Publisher
from newsletter.render import templates, words
from newsletter.render.framing import page
from newsletter.render.links import Links

#: How many entries a page of the timeline has.
PAGE = 100
#: How many shades a country can have, beside none.
_SHADES = 5
_WORLD = Path(__file__).parent / "data" / "world.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decade:
    """Ten years, those of them in which something happened; *first* is the decade's first year."""

    first: int
    years: tuple[Value, ...]

    @property
    def entries(self) -> int:
        """How many entries its years have."""
        return sum(value.count for value in self.years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The entries of a page that belong under one heading; *anchor* is where links lead."""

    heading: str
    anchor: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A month of a year, with how many entries it has and where they begin."""

    heading: str
    entries: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A country's outline as an SVG path, "" if it is too small to have one, and its middle."""

    code: str
    x: int
    y: int
    small: bool
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """A country on the map: its shape, and, if it has entries, how they are spoken of and how dark it is."""

    shape: Shape
    shade: int
    label: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A line of the map's table."""

    code: str
    name: str
    entries: int


# The timeline


def timeline_page(years: Sequence[Value], undated: int, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the archive by when it happened: decades, and in them years with their counts, the newest first."""
    newest_first = sorted(years, key=lambda value: value.slug, reverse=True)
    decades = tuple(
        Decade(first=first, years=tuple(those))
        for first, those in groupby(newest_first, key=lambda value: int(value.slug) // 10 * 10)
    )
    return page(
        "timeline",
        edition=edition,
        publisher=publisher,
        links=links,
        room="timeline",
        title=f"Timeline – {edition.title}",
        heading="Timeline",
        description="What the archive holds, by the year in which it happened.",
        address=links.timeline(),
        decades=decades,
        most=max((value.count for value in years), default=0),
        undated=undated,
    )


def timeline_year_page(
    year: int | None,
    entries: Sequence[Entry],
    months: Sequence[tuple[int, int, int]],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    number: int = 1,
    around: tuple[int | None, int | None] = (None, None),
) -> str:
    """
    Return page *number* of what happened in a year (no year: at a time not known), in order.

    *months* are how many entries began in each year and month, in the order of the entries. *around* are
    the nearest years before and after in which something happened.
    """
    last = ceil(sum(count for _, _, count in months) / PAGE)
    heading = str(year) if year else words.DATE_UNDETERMINED
    sections = tuple(
        Part(heading=_heading(began, year, edition.language), anchor=_anchor(began), entries=tuple(those))
        for began, those in groupby(entries, key=lambda entry: _began(entry, year))
    )
    return page(
        "timeline_year",
        edition=edition,
        publisher=publisher,
        links=links,
        room="timeline",
        title=f"{heading} – Timeline – {edition.title}",
        heading=heading,
        description=f"What the archive holds of {year}, in the order in which it happened."
        if year
        else "What the archive holds and cannot date.",
        address=_address(links, year, number),
        sections=sections,
        jumps=_jumps(year, months, edition.language, links.path) if year else (),
        number=number,
        last=last,
        before=_address(links.path, year, number - 1) if number > 1 else "",
        after=_address(links.path, year, number + 1) if number < last else "",
        previous=around[0],
        next=around[1],
    )


def _address(links: Links, year: int | None, number: int) -> str:
    return links.timeline(year, number) if year else links.undated(number)


def _began(entry: Entry, year: int | None) -> int:
    """Return the month of *year* in which an entry's event began: 0 if that is not known, -1 if it was before."""
    if entry.event_date is None or year is None:
        return 0
    return entry.event_date.month if entry.event_date.year == year else -1


def _heading(began: int, year: int | None, language: str) -> str:
    if year is None:
        return words.DATE_UNDETERMINED
    if began > 0:
        return templates.month_name(date(year, began, 1), language)
    return "Month not known" if began == 0 else "Since before"


def _anchor(began: int) -> str:
    return "before" if began < 0 else f"m{began:02}"


def _jumps(year: int, months: Sequence[tuple[int, int, int]], language: str, links: Links) -> tuple[Jump, ...]:
    """Return where each month begins, whatever page that is on."""
    found, before = [], 0
    for of_year, month, count in months:
        began = month if of_year == year else -1
        if began > 0:
            address = f"{links.timeline(year, before // PAGE + 1)}#{_anchor(began)}"
            found.append(Jump(heading=_heading(began, year, language), entries=count, address=address))
        before += count
    return tuple(found)


# The map


def map_page(countries: Sequence[Value], *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the map of the world, with the countries that entries name, and a table of all of them."""
    counts = {value.slug: value.count for value in countries}
    most = max(counts.values(), default=0)
    table = [
        Country(code=code, name=words.country_name(code, edition.language), entries=count)
        for code, count in counts.items()
    ]
    width, height, shapes = world()
    return page(
        "map",
        edition=edition,
        publisher=publisher,
        links=links,
        room="map",
        title=f"Map – {edition.title}",
        heading="Map",
        description="The countries that entries are about: the darker, the more entries.",
        address=links.map(),
        width=width,
        height=height,
        lands=[_land(shape, counts, most, edition.language, links.path) for shape in shapes],
        key=_key(most),
        countries=sorted(table, key=lambda country: (-country.entries, country.name)),
    )


def _land(shape: Shape, counts: Mapping[str, int], most: int, language: str, links: Links) -> Land:
    count = counts.get(shape.code, 0)
    label = f"{words.country_name(shape.code, language)}: {_entries(count)}" if count else ""
    return Land(shape=shape, shade=shade(count, most), label=label, address=links.country(shape.code))


def shade(count: int, most: int) -> int:
    """Return how dark a country is, 0 to 5, by the logarithm of its count: one with a single entry is seen too."""
    if not count:
        return 0
    if most == 1:
        return _SHADES
    return 1 + min(_SHADES - 1, int(_SHADES * log(count) / log(most)))


def _key(most: int) -> list[tuple[int, str]]:
    """Return each shade that a country can have, with the counts that have it."""
    of_shade: dict[int, list[int]] = {}
    for step in range(1, _SHADES + 1):
        counts = [count for count in _edges(most) if shade(count, most) == step]
        if counts:
            of_shade[step] = counts
    return [
        (step, f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,}–{counts[-1]:,}")
        for step, counts in of_shade.items()
    ]


def _edges(most: int) -> list[int]:
    """Return the counts around which the shade can change, in order."""
    edges = {1, most} | {int(most ** (step / _SHADES)) + more for step in range(1, _SHADES + 1) for more in (-1, 0, 1)}
    return sorted(edge for edge in edges if 1 <= edge <= most)


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


@cache
def world() -> tuple[int, int, tuple[Shape, ...]]:
    """Return the map's width, its height and the shapes of countries (`data/README.md`)."""
    with _WORLD.open(encoding="utf-8") as lines:
        width, height = map(int, next(lines).split())
        rows = [line.rstrip("\n").split("\t") for line in lines]
    shapes = (Shape(code=code, x=int(x), y=int(y), small=small == "1", path=path) for code, x, y, small, path in rows)
    return width, height, tuple(shapes)
