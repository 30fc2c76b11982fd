"""What every command shares: options, the clock, and how answers and refusals are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from newsletter.errors import InvalidEntry, NewsletterError

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.models import Edition

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
EditionSlug = Annotated[
    str | None, typer.Option("--edition", metavar="SLUG", help="Which edition; the first one without a word.")
]


class Application(typer.Typer):
    """A group of commands without the shell-completion options, which no help needs to open with."""

    def __init__(self, text: str) -> None:
        super().__init__(
            help=text, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )


def now() -> datetime:
    """Return the instant it is, in UTC: the one place where a command reads the clock."""
    return datetime.now(UTC)


@contextmanager
def opened(*, upgraded: bool = False) -> Iterator[Newsroom]:
    """Open the newsroom that the settings name."""
    from newsletter.bootstrap import begin_logging, newsroom
    from newsletter.settings import read_settings

    settings = read_settings()
    begin_logging(settings)
    with newsroom(settings, upgraded=upgraded) as room:
        yield room


def edition_of(room: Newsroom, slug: str | None) -> Edition:
    """Return the edition that a command is about."""
    return room.desk.edition(slug)


def day_in(room: Newsroom, text: str, slug: str | None) -> date:
    """Return the day that a command names, in the edition's zone."""
    from newsletter.shapes import day_of
    from scheduler.calendar import edition_day

    try:
        return day_of(text, edition_day(edition_of(room, slug), now()))
    except ValueError as error:
        raise typer.BadParameter(f"expected YYYY-MM-DD, today, yesterday or tomorrow, got {text!r}") from error


def day_or_entry(room: Newsroom, text: str, slug: str | None) -> date | str:
    """Return the day that *text* names, or else *text*, an entry's slug or uid."""
    try:
        return day_in(room, text, slug)
    except typer.BadParameter:
        return text


def days_in(room: Newsroom, text: str, slug: str | None) -> tuple[date, date]:
    """Return the first and last day of `DAY` or `DAY..DAY`."""
    first, dots, last = text.partition("..")
    days = day_in(room, first, slug), day_in(room, last if dots else first, slug)
    if days[1] < days[0]:
        raise typer.BadParameter(f"expected the first day before the last, got {text!r}")
    return days


def assignments(texts: list[str]) -> dict[str, str]:
    """Return `FIELD=VALUE` texts as a mapping."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"expected FIELD=VALUE, got {text!r}")
        values[name.strip()] = value
    return values


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def answer(value: Any) -> None:  # noqa: ANN401 -- any JSON
    """Print JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def warn(text: str) -> None:
    """Print a line for the person, beside the answer."""
    sys.stderr.write(text + "\n")


def fail(error: NewsletterError) -> NoReturn:
    """Print a refusal, as JSON too where that was asked for, and end with status 1."""
    if "--json" in sys.argv:
        told: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
        if isinstance(error, InvalidEntry):
            told["fields"] = [{"field": field, "problem": problem} for field, problem in error.problems]
        answer({"error": told})
    warn(f"error: {error}")
    sys.exit(1)
