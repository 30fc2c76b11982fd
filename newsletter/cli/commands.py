"""Every command, under its name."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from newsletter.cli import archive, corrections, editions, issues, operating, plans, serving, subscribers
from newsletter.cli.terminal import Application

ROOMS = (serving, operating, issues, corrections, plans, archive, editions, subscribers)


def command() -> Any:  # noqa: ANN401 -- Typer names no such class
    """Return the program as one command."""
    app = Application("Daily Dose. Extremists: Their Words. Their Actions. One dated, sourced entry a day.")
    for room in ROOMS:
        room.add_to(app)
    return get_command(app)
