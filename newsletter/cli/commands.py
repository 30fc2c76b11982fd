"""Every command, under its name."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from newsletter.cli import (
    archive,
    checking,
    corrections,
    editions,
    feedback,
    issues,
    operating,
    plans,
    serving,
    subscribers,
)
from newsletter.cli.terminal import Application, say

ROOMS = (serving, operating, checking, issues, corrections, plans, archive, editions, subscribers, feedback)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 -- Typer calls it so
    if wanted:
        from importlib.metadata import version

        say(f"daily-dose {version('daily-dose')}")
        raise typer.Exit


def _about(
    _version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@cache
def command() -> Any:  # noqa: ANN401 -- Typer names no such class
    """Return the program as one command, put together once a process."""
    app = Application("Daily Dose. Extremists: Their Words. Their Actions. One dated, sourced entry a day.")
    app.callback()(_about)
    for room in ROOMS:
        room.add_to(app)
    return get_command(app)
