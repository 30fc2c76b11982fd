"""What can be asked in a query: each field as JSON Schema, by which it is checked and of which the document tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from newsletter.archive.catalogue import Search
from newsletter.errors import NewsletterError
from newsletter.facets import Facet
from newsletter.models import PartialDate
from newsletter.queries import LONGEST_QUERY, Query

#: Items in an answer: by default, and at most.
USUAL, MOST = 20, 100
#: The same of what is small.
MANY, MOST_MANY = 100, 1000
_NUMBER = re.compile(r"[0-9]{1,9}")


class Unanswerable(NewsletterError):
    """What was asked can't be: *problems* says by field what is wrong."""

    def __init__(self, problems: Mapping[str, str], status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a query, or a part of an address; *schema* is its JSON Schema."""

    name: str
    description: str
    schema: Mapping[str, object]
    examples: Sequence[str] = ()


def _limit(usual: int, most: int) -> Field:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return Field(name="limit", description="How many items at most.", schema=schema)


LIMIT, LIMIT_MANY = _limit(USUAL, MOST), _limit(MANY, MOST_MANY)
CURSOR = Field(
    name="cursor",
    description="Where to go on: `next` of the answer before, with the same other fields. What is published meanwhile "
    "moves nothing.",
    schema={"type": "string"},
)
EDITION = Field(name="edition", description="The edition's slug; the first one by default.", schema={"type": "string"})
_PARTIAL = {
    "type": "string",
    "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
}
FROM = Field(
    name="from", description="Events that can have been from then.", schema=_PARTIAL, examples=["2014", "2014-01-23"]
)
TO = Field(name="to", description="Events that can have been up to then.", schema=_PARTIAL, examples=["2014-01"])
_DAY = {"type": "string", "format": "date"}
FIRST_DAY = Field(name="from", description="The first day.", schema=_DAY)
LAST_DAY = Field(name="to", description="The last day.", schema=_DAY)
QUERY = Field(
    name="q",
    description='Words that must all be found; `"a phrase"`, and `begin*` for words that begin so. Accents and case '
    "do not matter. Whatever is typed is a search.",
    schema={"type": "string", "maxLength": LONGEST_QUERY},
    examples=['"suicide bomb*" market'],
)
_DESCRIPTIONS = {
    Facet.KIND: "Only this kind: quote, post, fact or report.",
    Facet.COUNTRY: "Only this country, by ISO 3166-1 alpha-2.",
    Facet.GROUP: "Only what names this group, by its slug.",
    Facet.IDEOLOGY: "Only this ideology, by its slug.",
    Facet.YEAR: "Only events of this year.",
    Facet.TAG: "Only what has this tag.",
}
FACETS = tuple(Field(name=str(facet), description=_DESCRIPTIONS[facet], schema={"type": "string"}) for facet in Facet)
FACET = Field(
    name="facet", description="Only the values of this facet.", schema={"type": "string", "enum": [*map(str, Facet)]}
)
NARROWING = (*FACETS, FROM, TO)


def limit_of(asked: Mapping[str, str], field: Field = LIMIT) -> int:
    """Return how many items are asked for; raise `Unanswerable`."""
    usual, most = field.schema["default"], field.schema["maximum"]
    assert isinstance(usual, int)
    assert isinstance(most, int)
    text = asked.get("limit")
    if text is None:
        return usual
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise Unanswerable({"limit": f"expected a number from 1 to {most}, got {text[:40]!r}"})
    return int(text)


def search_of(asked: Mapping[str, str]) -> Search:
    """Return what is looked for; raise `Unanswerable`."""
    bounds, problems = {}, {}
    for field in (FROM, TO):
        if text := asked.get(field.name):
            try:
                bounds[field.name] = PartialDate.parse(text)
            except ValueError:
                problems[field.name] = f"expected a day, a month or a year, such as 2014-01-23, got {text[:40]!r}"
    if problems:
        raise Unanswerable(problems)
    facets = tuple(
        (facet, asked[facet].upper() if facet is Facet.COUNTRY else asked[facet]) for facet in Facet if asked.get(facet)
    )
    query = Query.of(asked.get(QUERY.name, ""))
    return Search(query=query, facets=facets, first=bounds.get(FROM.name), last=bounds.get(TO.name))


def days_of(asked: Mapping[str, str]) -> tuple[date, date]:
    """Return the first and the last day that are asked for; raise `Unanswerable`."""
    found, problems = [date.min, date.max], {}
    for at, field in enumerate((FIRST_DAY, LAST_DAY)):
        if text := asked.get(field.name):
            day = day_of(text)
            if day is None:
                problems[field.name] = f"expected a day such as 2026-11-22, got {text[:40]!r}"
            else:
                found[at] = day
    if problems:
        raise Unanswerable(problems)
    return found[0], found[1]


def facet_of(asked: Mapping[str, str]) -> Facet | None:
    """Return the facet that is asked for; raise `Unanswerable`."""
    name = asked.get(FACET.name)
    if name is None:
        return None
    if name not in {*Facet}:
        raise Unanswerable({FACET.name: f"expected one of {', '.join(Facet)}, got {name[:40]!r}"})
    return Facet(name)


def day_of(text: str) -> date | None:
    """Return the day that is written as `YYYY-MM-DD`; `None` if no calendar has it."""
    try:
        return PartialDate.parse(text).exact
    except ValueError:
        return None
