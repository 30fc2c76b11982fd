"""The program `daily-dose`: its commands, and the one place where errors become lines and a status."""

from __future__ import annotations

import os
import sys

import click

from newsletter.cli import archive, issues, operating, readers
from newsletter.cli.terminal import Application, fail, warn
from newsletter.errors import NewsletterError

app = Application("Daily Dose. Extremists: Their Words. Their Actions. One dated, sourced entry a day.")
for room in (operating, issues, archive, readers):
    room.add_to(app)


def main() -> None:
    """Run a command; exit with 0, 1 (a refusal, told on standard error) or 2 (wrong usage)."""
    # An answer may hold any script, wherever it is piped to.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        warn("stopped")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read us went away (`| head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except NewsletterError as error:
        fail(error)
