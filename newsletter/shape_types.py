"""
The JSON shapes as types: what each field is, in words that the API's document tells too.

`newsletter.shapes` writes them, so that a type checker holds one to the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

# Pydantic, which reads these types, wants this one before Python 3.12.
from typing_extensions import TypedDict


class Told:
    """What is told of a field beside its type: a description, and keywords of JSON Schema."""

    def __init__(self, description: str, **keywords: object) -> None:
        self._keywords = {"description": description, **keywords}

    def __get_pydantic_json_schema__(self, core: Any, schema_of: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:  # noqa: ANN401 -- Pydantic's own
        """Add them to a schema (Pydantic, "Customizing the JSON Schema")."""
        return {**schema_of(core), **self._keywords}


_PARTIAL = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
_SLUG = "Its name in addresses"

Slug = Annotated[str, Told(f"{_SLUG}; it may change, and the old one redirects.", examples=["mumbai-2008"])]
Day = Annotated[str, Told("A day in the edition's time zone.", format="date")]
Instant = Annotated[str, Told("An instant, RFC 3339 in UTC.", format="date-time")]
Language = Annotated[str, Told("BCP 47.", examples=["en"])]


class SourceShape(TypedDict):
    """A citation of an entry."""

    author: str | None
    title: str | None
    publisher: str | None
    published: Annotated[
        str | None, Told("As precise as it is known: a day, a month or a year.", examples=["2014-05", None])
    ]
    url: Annotated[str | None, Told("The address that was cited, if one was.")]
    raw: Annotated[str, Told("The citation as it was printed.")]


class GroupShape(TypedDict):
    """A group as an entry names it."""

    slug: Annotated[str, Told(f"{_SLUG}.")]
    name: str
    attribution: Annotated[
        str,
        Told(
            "The ground for naming it.",
            enum=["claimed", "convicted", "attributed", "suspected", "disputed"],
        ),
    ]


class EntryShape(TypedDict):
    """One item of the archive."""

    uid: Annotated[str, Told("Its id, for ever.", format="uuid")]
    slug: Slug
    kind: Annotated[
        str,
        Told(
            "`quote` (spoken or written) and `post` (social media) are words, `fact` is actions, `report` background.",
            enum=["quote", "post", "fact", "report"],
        ),
    ]
    headline: Annotated[str, Told("At most 90 characters; never a quote's words.")]
    body: Annotated[
        str,
        Told(
            "Markdown of a narrow kind: paragraphs, emphasis, links, block quotes, and footnote marks `[^1]`, numbered "
            "from 1 in the order of `sources`."
        ),
    ]
    speaker: Annotated[str | None, Told("Who said or wrote it.")]
    speaker_role: str | None
    event_date: Annotated[
        str | None,
        Told(
            "When it happened, as precise as it is known: a day, a month or a year.",
            pattern=_PARTIAL,
            examples=["2014-01-23"],
        ),
    ]
    event_end: Annotated[str | None, Told("When it ended, if that was later.", pattern=_PARTIAL)]
    country: Annotated[str | None, Told("ISO 3166-1 alpha-2.", examples=["ML"])]
    place: str | None
    latitude: float | None
    longitude: float | None
    groups: list[GroupShape]
    claimed: Annotated[bool | None, Told("Whether somebody claimed it; null where that is not known.")]
    ideology: str | None
    attack_type: str | None
    killed: Annotated[int | None, Told("The lower figure, where sources differ.")]
    killed_at_least: Annotated[bool, Told("Whether more is likely.")]
    killed_most: Annotated[int | None, Told("The upper figure, where sources differ.")]
    injured: Annotated[int | None, Told("The lower figure, where sources differ.")]
    injured_at_least: Annotated[bool, Told("Whether more is likely.")]
    injured_most: Annotated[int | None, Told("The upper figure, where sources differ.")]
    toll_note: str | None
    tags: list[str]
    content_note: Annotated[str | None, Told("What a reader may want to be warned of: show it before the body.")]
    language: Language
    translation_of: Annotated[str | None, Told("The `uid` of what this translates.", format="uuid")]
    sources: list[SourceShape]
    status: Annotated[str | None, Told("How far its editors are: `draft`, `review`, `ready` or `retired`.")]
    origin: Annotated[str | None, Told("Where its editors had it from.")]
    guessed: Annotated[list[str], Told("Fields that were read out of text, and that no editor has confirmed.")]
    revision: Annotated[int | None, Told("Which version of its content this is.")]


class ChangeShape(TypedDict):
    """One field of an entry, as it was printed and as it is right."""

    field: str
    was: str | None
    now: str | None


class CorrectionShape(TypedDict):
    """A note that something published was wrong, and what is right."""

    entry: Annotated[str, Told("The entry's slug.")]
    corrected_at: Instant
    note: str
    slip: Annotated[bool, Told("Whether it is a small slip, of which no note was mailed.")]
    changes: list[ChangeShape]


class WithdrawalShape(TypedDict):
    """The notice that stands in the place of what was taken back."""

    withdrawn_at: Instant
    notice: str


class IssueShape(TypedDict):
    """What an edition published for one day."""

    uid: Annotated[str, Told("Its id in every feed (`urn:uuid:...`), for ever.", format="uuid")]
    edition: Annotated[str, Told("The edition's slug.")]
    day: Day
    number: Annotated[int, Told("Counts what the edition published.")]
    state: Annotated[str, Told("A withdrawn issue has a notice in its place.", enum=["published", "withdrawn"])]
    rule: Annotated[
        str | None,
        Told(
            "How its entry was chosen: `pinned`, `queued`, `anniversary`, `rotation` or `rerun` (shown before, “From "
            "the archive”)."
        ),
    ]
    reason: Annotated[str | None, Told("Why its entry was chosen, in words.")]
    headline: Annotated[str | None, Told("Its entry's; null if it was withdrawn.")]
    subject: Annotated[str | None, Told("Of its mail; null if it was withdrawn.")]
    entry: Annotated[str | None, Told("Its entry's slug; null if it was withdrawn.")]
    due_at: Instant
    published_at: Instant
    updated_at: Annotated[str, Told("When readers last saw it change; RFC 3339 in UTC.", format="date-time")]
    url: Annotated[str, Told("Its page.", format="uri")]
    mailed: Annotated[bool, Told("Whether it is or was mailed.")]
    corrections: list[CorrectionShape]
    withdrawal: WithdrawalShape | None


#: By another way, since a field is named with a word of Python's.
ScheduleShape = TypedDict("ScheduleShape", {"from": Day, "zone": str, "time": str})
ScheduleShape.__doc__ = "An edition's zone and hour, and the first day they hold for."


class _EditionShape(TypedDict):
    slug: Annotated[str, Told(f"{_SLUG}, and in `edition=`.")]
    title: str
    language: Language
    zone: Annotated[str, Told("Its time zone, by its IANA name.", examples=["UTC"])]
    time: Annotated[str, Told("When it is due there.", examples=["06:00"])]
    days: Annotated[str, Told("The days of the week on which it is published.", examples=["mon-sun"])]
    rest_days: Annotated[int | None, Told("For how many days an entry rests before it is shown again.")]
    kinds: Annotated[list[str], Told("The kinds of entry that it takes.")]
    tags: Annotated[list[str], Told("The tags of which an entry has one; none: any entry.")]
    since: Day
    schedules: list[ScheduleShape]


_Sender = TypedDict("_Sender", {"from": Annotated[str | None, Told("The sender of its mail.")]})


class EditionShape(_EditionShape, _Sender):
    """One newsletter."""
