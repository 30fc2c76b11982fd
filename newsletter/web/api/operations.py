"""Which operations the API has: what routes, checks and document are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.web.api import fields, reading, told
from newsletter.web.api.fields import CURSOR, EDITION, Field
from newsletter.web.api.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    What is asked with GET at an address below `/api/v1`.

    *answer* is the shape of what it answers, *parts* are those of its address. *may_be_nothing*: 404;
    *may_be_gone*: 410, and 301 for *may_have_moved*.
    """

    path: str
    name: str
    summary: str
    description: str
    answer: type
    read: Reader
    fields: Sequence[Field] = ()
    parts: Sequence[Field] = ()
    may_be_gone: bool = False
    may_have_moved: bool = False


_DAY = Field(name="day", description="The day.", schema={"type": "string", "format": "date"}, examples=["2026-11-22"])
_SLUG = Field(name="slug", description="The entry's slug.", schema={"type": "string"})
_MONTH_DAY = Field(
    name="day",
    description="A day of the year; 29 February is always one.",
    schema={"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$"},
    examples=["01-23"],
)

OPERATIONS: Sequence[Operation] = (
    Operation(
        path="/today",
        name="today",
        summary="The newest issue",
        description="The issue of the newest day that was not withdrawn: today's, once it is out.",
        answer=told.ToldIssue,
        read=reading.today,
        fields=(EDITION,),
    ),
    Operation(
        path="/issues",
        name="issues",
        summary="Issues, the newest first",
        description="Withdrawn ones are there with their notice, and without what was taken back.",
        answer=told.Issues,
        read=reading.issues,
        fields=(EDITION, fields.FIRST_DAY, fields.LAST_DAY, fields.LIMIT, CURSOR),
    ),
    Operation(
        path="/issues/{day}",
        name="issue",
        summary="A day's issue",
        description="A day to come has none, and neither has a day on which nothing was published.",
        answer=told.ToldIssue,
        read=reading.issue,
        fields=(EDITION,),
        parts=(_DAY,),
        may_be_gone=True,
    ),
    Operation(
        path="/entries",
        name="entries",
        summary="Entries, newest issue first",
        description="What was published, then reports, the newest event first. Fields narrow: all must hold.",
        answer=told.Entries,
        read=reading.entries,
        fields=(EDITION, *fields.NARROWING, fields.LIMIT, CURSOR),
    ),
    Operation(
        path="/entries/{slug}",
        name="entry",
        summary="An entry",
        description="With the days of its issues, and its corrections. A slug that it had before redirects.",
        answer=told.ToldEntry,
        read=reading.entry,
        fields=(EDITION,),
        parts=(_SLUG,),
        may_be_gone=True,
        may_have_moved=True,
    ),
    Operation(
        path="/search",
        name="search",
        summary="Entries that have these words",
        description="The best first, or the newest first if there are too many to be ranked. Nothing is found where "
        "nothing is looked for.",
        answer=told.Found,
        read=reading.search,
        fields=(fields.QUERY, EDITION, *fields.NARROWING, fields.LIMIT, CURSOR),
    ),
    Operation(
        path="/facets",
        name="facets",
        summary="Kinds, countries, groups, ideologies, years and tags",
        description="With how many entries have each, in the order of their slugs.",
        answer=told.Values,
        read=reading.facets,
        fields=(EDITION, fields.FACET, fields.LIMIT_MANY, CURSOR),
    ),
    Operation(
        path="/on-this-day/{day}",
        name="onThisDay",
        summary="What happened on a day of the year",
        description="The earliest year first.",
        answer=told.Entries,
        read=reading.on_this_day,
        fields=(EDITION, fields.LIMIT, CURSOR),
        parts=(_MONTH_DAY,),
    ),
    Operation(
        path="/editions",
        name="editions",
        summary="The editions",
        description="The first one first: it is meant where no other is named.",
        answer=told.Editions,
        read=reading.all_editions,
    ),
)
