"""What the API answers: the JSON shapes without what only editors may know, and what is told around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from newsletter.archive.reading import Shown
from newsletter.facets import Value
from newsletter.models import Correction, Edition, Entry, Issue, Rule
from newsletter.render.links import Links
from newsletter.render.words import newest_first
from newsletter.shape_types import CorrectionShape, Day, EditionShape, EntryShape, IssueShape, Told, WithdrawalShape
from newsletter.shapes import correction_shape, edition_shape, entry_shape, instant, issue_shape

Rights = Annotated[str, Told("Under which terms it may be used; empty where nothing is said.")]
Next = Annotated[str | None, Told("What to send as `cursor` for what comes next; null at the end.")]


class ListedEntry(EntryShape):
    """An entry. `status`, `origin`, `revision` and `translation_of` are its editors' alone, and null."""

    url: Annotated[str, Told("Its page.", format="uri")]


class ToldEntry(ListedEntry):
    """An entry by itself."""

    issues: Annotated[list[Day], Told("The days on which the edition published it, the newest first.")]
    corrections: list[CorrectionShape]
    rights: Rights


class ListedIssue(IssueShape):
    """An issue. `reason` is its editors' alone, and null; so is `rule`, but for `rerun`."""


class ToldIssue(ListedIssue):
    """An issue by itself."""

    rights: Rights


class Entries(TypedDict):
    """Some entries."""

    items: list[ListedEntry]
    next: Next
    rights: Rights


class Found(Entries):
    """Some of what was found."""

    count: Annotated[int | None, Told("How many there are; null if they are too many to be counted and ranked.")]


class Issues(TypedDict):
    """Some issues."""

    items: list[ListedIssue]
    next: Next
    rights: Rights


class ValueShape(TypedDict):
    """A value of a facet."""

    facet: Annotated[str, Told("The facet.", enum=["kind", "country", "group", "ideology", "year", "tag"])]
    slug: Annotated[str, Told("The value, as addresses and the search take it.")]
    name: Annotated[str | None, Told("A group's name; null for what is named by its slug.")]
    count: Annotated[int, Told("How many entries have it.")]
    url: Annotated[str, Told("The page of these entries.", format="uri")]


class Values(TypedDict):
    """Some values of facets."""

    items: list[ValueShape]
    next: Next
    rights: Rights


class ToldEdition(EditionShape):
    """An edition. `rest_days` and `from` are its editors' alone, and null; schedules to come are not told."""

    url: Annotated[str, Told("Its newest issue's page.", format="uri")]


class Editions(TypedDict):
    """All editions, the first one first."""

    items: list[ToldEdition]
    rights: Rights


class FieldProblem(TypedDict):
    """What is wrong with a field."""

    field: Annotated[str, Told("Its name; empty for the whole.")]
    detail: str


class _Problem(TypedDict):
    type: Annotated[str, Told("Always `about:blank`: the status says what kind of problem it is.")]
    title: Annotated[str, Told("The status in words.")]
    status: int
    detail: str


class Problem(_Problem, total=False):
    """What went wrong (RFC 9457)."""

    errors: list[FieldProblem]
    withdrawal: Annotated[WithdrawalShape, Told("Of what was withdrawn (410): when, and the notice in its place.")]


class _Asked(TypedDict):
    address: Annotated[str, Told("The address to which the mail is to come.", examples=["reader@example.org"])]
    token: Annotated[str, Told("A token that was fetched at least two seconds before.")]


class Wish(_Asked, total=False):
    """A subscription that somebody wishes for."""

    edition: Annotated[str, Told("The edition's slug; the first one by default.")]
    cadence: Annotated[str, Told("How often.", enum=["daily", "weekdays", "weekly"])]
    weekday: Annotated[str | int, Told("The day of the weekly digest, Monday 1 to Sunday 7.")]
    hour: Annotated[str, Told("The hour at which it is to come.", examples=["07:00"])]
    zone: Annotated[str, Told("The reader's time zone, by its IANA name.", examples=["Europe/Vienna"])]
    format: Annotated[str, Told("The form of the mail.", enum=["html", "text"])]


class FormToken(TypedDict):
    """A token, and when it is believed."""

    token: str
    not_before: Annotated[str, Told("From when.", format="date-time")]
    expires: Annotated[str, Told("Until when.", format="date-time")]


class Accepted(TypedDict):
    """A wish that was accepted, whatever is known of the address."""

    status: Annotated[str, Told("That it was.", enum=["accepted"])]
    detail: Annotated[str, Told("What comes next, for the reader.")]


#: The fields whose changes are not for readers: what an entry translates may never have been published.
_QUIET = frozenset({"translation_of"})


def listed_entry(entry: Entry, links: Links) -> ListedEntry:
    """
    Return an entry as readers may know it.

    Where its editors had it from, how far they are, how many versions there were, and what it translates (which may
    never have been published) are not for them.
    """
    return {
        **entry_shape(entry),
        "status": None,
        "origin": None,
        "revision": None,
        "translation_of": None,
        "url": links.entry(entry.slug),
    }


def told_entry(shown: Shown, links: Links, rights: str) -> ToldEntry:
    """Return an entry by itself, as readers may know it."""
    return {
        **listed_entry(shown.entry, links),
        "issues": [line.day.isoformat() for line in shown.lines if line.kind],
        "corrections": [_told_correction(each) for each in newest_first(shown.corrections)],
        "rights": rights,
    }


def listed_issue(issue: Issue, links: Links) -> ListedIssue:
    """
    Return an issue as readers may know it.

    The reason names entries that were never published; pins and the queue are the editors', so only a rerun is told.
    What was caught up is shown as published when it was due. A withdrawn issue's corrections would quote it.
    """
    return {
        **issue_shape(issue, links.issue(issue.day)),
        "rule": str(issue.rule) if issue.rule is Rule.RERUN else None,
        "reason": None,
        "published_at": instant(issue.shown_at),
        "corrections": [] if issue.withdrawal else [_told_correction(each) for each in issue.corrections],
    }


def told_issue(issue: Issue, links: Links, rights: str) -> ToldIssue:
    """Return an issue by itself, as readers may know it."""
    return {**listed_issue(issue, links), "rights": rights}


def told_edition(edition: Edition, links: Links, today: date) -> ToldEdition:
    """Return an edition as readers may know it *today*: a zone or an hour to come is the editors' plan."""
    held = tuple(each for each in edition.schedules if each.from_day <= today) or edition.schedules[:1]
    shape = edition_shape(replace(edition, schedules=held))
    return {**shape, "rest_days": None, "from": None, "url": links.home()}


def told_value(value: Value, links: Links) -> ValueShape:
    """Return a value of a facet."""
    return {
        "facet": str(value.facet),
        "slug": value.slug,
        "name": value.name or None,
        "count": value.count,
        "url": links.facet(value.facet, value.slug),
    }


def _told_correction(correction: Correction) -> CorrectionShape:
    changes = tuple(change for change in correction.changes if change.field not in _QUIET)
    return correction_shape(replace(correction, changes=changes))
