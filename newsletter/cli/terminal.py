"""What every command shares: options, the clock, and how it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.models import Edition

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
EditionSlug = Annotated[
    str | None, typer.Option("--edition", metavar="SLUG", help="Which edition; the first one without a word.")
]
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="An entry's slug or uid.")]


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
def opened(*, upgraded: bool = False, log: str | None = None) -> Iterator[Newsroom]:
    """
    Open the newsroom that the settings name.

    *log* is the level of a service's log where LOG_LEVEL is not set; any other command says in
    sentences what it has to warn of.
    """
    from newsletter.bootstrap import begin_logging, newsroom
    from newsletter.settings import read_settings

    settings = read_settings()
    begin_logging(settings, log or "warning", None if log else _sentence)
    with newsroom(settings, upgraded=upgraded) as room:
        yield room


def _sentence(_logger: object, level: str, event: MutableMapping[str, Any]) -> str:
    """Return what is logged as a line for the person who ran a command."""
    known = {name: event.pop(name, None) for name in ("event", "day", "edition", "level", "timestamp")}
    day = f" for {known['day']}" if known["day"] else ""
    edition = f" ({known['edition']})" if known["edition"] else ""
    said = ": ".join(map(str, event.values()))
    return f"{level}: {known['event']}{day}{edition}" + (f": {said}" if said else "")


def edition_of(room: Newsroom, slug: str | None) -> Edition:
    """Return the edition that a command is about."""
    return room.desk.edition(slug)


def day_in(room: Newsroom, text: str, slug: str | None) -> date:
    """Return the day that a command names, in the edition's zone."""
    day = _day(room, text, slug)
    if day is None:
        raise wrong(f"expected a day as YYYY-MM-DD, today, yesterday or tomorrow, got {text!r}")
    return day


def day_or_entry(room: Newsroom, text: str, slug: str | None) -> date | str:
    """Return the day that *text* names, or else *text*, an entry's slug or uid."""
    return _day(room, text, slug) or text


def days_in(room: Newsroom, text: str, slug: str | None) -> tuple[date, date]:
    """Return the first and last day of `DAY` or `DAY..DAY`."""
    first, dots, last = text.partition("..")
    days = day_in(room, first, slug), day_in(room, last if dots else first, slug)
    if days[1] < days[0]:
        raise wrong(f"expected the first day before the last, got {text!r}")
    return days


def _day(room: Newsroom, text: str, slug: str | None) -> date | None:
    from newsletter.shapes import day_of
    from scheduler.calendar import edition_day

    try:
        return day_of(text, edition_day(edition_of(room, slug), now()))
    except ValueError:
        return None


def assignments(texts: list[str]) -> dict[str, str]:
    """Return `FIELD=VALUE` texts as a mapping."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise wrong(f"expected FIELD=VALUE, got {text!r}")
        values[name.strip()] = value
    return values


def wrong(message: str) -> typer.TyperException:
    """Return the error of an argument that can't be right."""
    return typer.TyperException(message)


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def fitted(text: str) -> str:
    """Return a line no longer than the terminal that it is printed to is wide; anywhere else, all of it."""
    if not sys.stdout.isatty():
        return text
    width = get_terminal_size().columns
    return text if len(text) <= width else text[: width - 1] + "…"


def answer(value: Any) -> None:  # noqa: ANN401 -- any JSON
    """Print JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def warn(text: str) -> None:
    """Print a line for the person, beside the answer; one that nobody hears is no reason to stop."""
    with suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int], object]]:
    """Yield what is to be told of each piece of work done: on a terminal, a bar shows it."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done: bar.advance(task, done)
