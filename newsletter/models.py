"""
The newsletter's nouns, as values.

Frozen, keyword-only dataclasses; they know nothing of databases, clocks or the network. The words
are the glossary's (README, "Words"): an *entry* is one item of the archive, an *issue* is what an
edition published for one day, a *pick* is the choice for a day with its reason.

Instants are aware datetimes in UTC. Days are plain dates in the edition's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """What an entry is."""

    QUOTE = "quote"
    POST = "post"
    FACT = "fact"
    REPORT = "report"

    @property
    def section(self) -> str:
        """Return the half of the motto that this kind belongs to."""
        if self in (Kind.QUOTE, Kind.POST):
            return "Words"
        return "Actions" if self is Kind.FACT else "Background"


class Attribution(StrEnum):
    """On what ground an entry names a group."""

    CLAIMED = "claimed"
    CONVICTED = "convicted"
    ATTRIBUTED = "attributed"
    SUSPECTED = "suspected"
    DISPUTED = "disputed"


class Status(StrEnum):
    """How far an entry has come; only a ready one is picked."""

    DRAFT = "draft"
    REVIEW = "review"
    READY = "ready"
    RETIRED = "retired"


class Rule(StrEnum):
    """The rule of the pick that yielded an entry, in the order in which they are tried."""

    PINNED = "pinned"
    QUEUED = "queued"
    ANNIVERSARY = "anniversary"
    ROTATION = "rotation"
    RERUN = "rerun"


class IssueState(StrEnum):
    """An issue stands, or a notice stands in its place."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """
    A date known to the day, the month or the year (ISO 8601 reduced precision).

    Real archives say "January 2014". Ordered as tuples, an unknown part before any known one.
    """

    year: int
    month: int = 0
    day: int = 0

    def __post_init__(self) -> None:
        """Refuse what no calendar has; raise `ValueError`."""
        if self.day and not self.month:
            message = f"a day needs a month: {self.year}-?-{self.day}"
            raise ValueError(message)
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    @lru_cache(maxsize=4096)  # an import reads each date three times
    def parse(cls, text: str) -> PartialDate:
        """Read `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; raise `ValueError` on anything else."""
        parts = text.split("-")
        if (
            not 1 <= len(parts) <= 3  # noqa: PLR2004 -- year, month, day
            or any(not (part.isascii() and part.isdigit()) for part in parts)
            or [len(part) for part in parts] != [4, 2, 2][: len(parts)]
            or "00" in parts[1:]
        ):
            message = f"expected YYYY, YYYY-MM or YYYY-MM-DD, got {text!r}"
            raise ValueError(message)
        return cls(*map(int, parts))

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """Return *day* as a date known to the day."""
        return cls(day.year, day.month, day.day)

    @property
    def exact(self) -> date | None:
        """The date, where it is known to the day."""
        return date(self.year, self.month, self.day) if self.day else None

    def __str__(self) -> str:
        """Write it as precisely as it is known: `2014`, `2014-01`, `2014-01-23`."""
        text = f"{self.year:04}"
        if self.month:
            text += f"-{self.month:02}"
        if self.day:
            text += f"-{self.day:02}"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A citation of an entry; *raw* is always what was printed."""

    raw: str
    author: str | None = None
    title: str | None = None
    publisher: str | None = None
    published: PartialDate | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGroup:
    """A group as an entry names it, with the ground for naming it."""

    slug: str
    name: str
    attribution: Attribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One item of the archive, at one revision.

    *uid* never changes; *slug* may, and old ones redirect. *body* is Markdown of a narrow kind:
    paragraphs, emphasis, links, block quotes and footnote marks `[^1]`, numbered from 1 in the
    order of *sources*. *headline* has at most 90 characters and is never a quote's words.
    *killed* is the lower figure of a range whose upper one is *killed_most*; *killed_at_least*
    says that more is likely. *guessed* names the fields that were read out of text and that no
    editor has confirmed.
    """

    uid: UUID
    slug: str
    kind: Kind
    headline: str
    body: str
    speaker: str | None = None
    speaker_role: str | None = None
    event_date: PartialDate | None = None
    event_end: PartialDate | None = None
    country: str | None = None
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    groups: tuple[NamedGroup, ...] = ()
    claimed: bool | None = None
    ideology: str | None = None
    attack_type: str | None = None
    killed: int | None = None
    killed_at_least: bool = False
    killed_most: int | None = None
    injured: int | None = None
    injured_at_least: bool = False
    injured_most: int | None = None
    toll_note: str | None = None
    tags: tuple[str, ...] = ()
    content_note: str | None = None
    language: str = "en"
    translation_of: UUID | None = None
    sources: tuple[Source, ...] = ()
    status: Status = Status.DRAFT
    origin: str | None = None
    guessed: tuple[str, ...] = ()
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """An edition's zone and hour, and the first day they hold for."""

    from_day: date
    zone: ZoneInfo
    time: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """
    One newsletter.

    *schedules* are in order of their first day, and never empty. *days* are the weekdays of
    publication, Monday 0 to Sunday 6. *kinds* and *tags* say which entries it takes, no tags
    meaning any; always of its own language. *since* is its first day.
    """

    slug: str
    title: str
    language: str
    schedules: tuple[Schedule, ...]
    since: date
    days: frozenset[int] = frozenset(range(7))
    sender: str | None = None
    rest_days: int = 120
    kinds: frozenset[Kind] = frozenset({Kind.QUOTE, Kind.POST, Kind.FACT})
    tags: frozenset[str] = frozenset()
    #: The id of its feed, for ever.
    uid: UUID | None = None

    def schedule_on(self, day: date) -> Schedule:
        """Return the schedule that holds on *day* (the earliest, for days before all)."""
        held = [schedule for schedule in self.schedules if schedule.from_day <= day]
        return held[-1] if held else self.schedules[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """
    The choice for an edition's day, with the rule that chose it and the reason in words.

    *entry* and *runners_up* are slugs. *passed_over* says which pinned or queued entries were
    not taken, and why, for the editors.
    """

    edition: str
    day: date
    rule: Rule
    reason: str
    uid: UUID
    entry: str
    runners_up: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of an entry, as it was printed and as it is right; both as text, `None` if empty."""

    field: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """
    A dated, public note that something published was wrong, and what is right.

    A *slip* (`amend`) is listed on the page, and no note of it is mailed.
    """

    entry: str
    headline: str
    corrected_at: datetime
    note: str
    changes: tuple[Change, ...] = ()
    slip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The notice that stands in the place of what was taken back."""

    withdrawn_at: datetime
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """
    What an edition published for one day.

    *uid* is its id in every feed, for ever. *entry* is what readers are shown now: the revision
    that was frozen, or the newest that a correction published. A withdrawn issue's entry is not
    to be shown: renderers put the notice of *withdrawal* in its place. *caught_up* issues were
    published after their day, and show *due_at* to readers. *updated_at* is when a reader last
    saw a significant change (RFC 4287, 4.2.15), unique in its edition.
    """

    uid: UUID
    edition: str
    day: date
    number: int
    state: IssueState
    rule: Rule
    reason: str
    subject: str
    entry: Entry
    due_at: datetime
    published_at: datetime
    updated_at: datetime
    caught_up: bool = False
    mailed: bool = False
    corrections: tuple[Correction, ...] = ()
    withdrawal: Withdrawal | None = None

    @property
    def shown_at(self) -> datetime:
        """The instant of publication that readers are told."""
        return self.due_at if self.caught_up else self.published_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """
    Days on which nothing is published or mailed.

    No *first* and *last* means every day, no *edition* every edition. A released hold (*until*)
    still covers the days that came due under it, and the day on which it was set, though that was
    due before: they get no issue unless an editor fills them.
    """

    edition: str | None
    first: date | None
    last: date | None
    since: datetime
    until: datetime | None = None
    reason: str = ""
    #: Who set it: `editor`, or the guard that did (`clock`, `restored`).
    origin: str = "editor"

    def stands(self, today: date) -> bool:
        """Say whether it has not been released, and *today* or a later day is among its days."""
        return self.until is None and (self.last is None or self.last >= today)

    def covers(self, edition: Edition, day: date, due_at: datetime) -> bool:
        """Say whether *edition* publishes nothing for *day*, which is due at *due_at*."""
        set_on = self.since.astimezone(edition.schedule_on(day).zone).date()
        return (
            self.edition in (None, edition.slug)
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
            and (self.until is None or ((set_on <= day or self.since <= due_at) and due_at < self.until))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a file, a row or a field was refused; *line* counts from 1, 0 meaning the whole file."""

    file: str
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        """Write it as compilers do: file, line, field, reason."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.problem}" if self.field else f"{place}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """
    What every page, feed and mail says of who publishes it; comes from settings.

    *base_url* has no slash at its end. *rights* is the licence line. Mail to *bounce_domain* comes back to us.
    *hub* is told when a feed changes (WebSub), and named in it. *contact* is the sender's address where no
    *stated_contact* was set.
    """

    base_url: str
    contact: str
    sender: str
    rights: str = ""
    postal_address: str = ""
    reply_to: str | None = None
    bounce_domain: str | None = None
    hub: str | None = None
    stated_contact: str | None = None
