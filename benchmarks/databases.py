"""
The databases that a benchmark runs on: SQLite, and PostgreSQL where there is one.

Importing this lets a script import what lives with the tests, too: their server and their rooms.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import structlog  # noqa: E402 -- as the next
from servers.postgresql import NoPostgreSQL, running_server  # noqa: E402 -- the server lives with the tests


def keep_silent() -> None:
    """Let the service log nothing: figures are what is printed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def most_resident(process: int | str = "self") -> float:
    """
    Return the most memory, in megabytes, that a process has had resident since its program began.

    `ru_maxrss` would be that of the process which started it, where that was larger.
    """
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(line) / 1024


def sqlite(folder: Path) -> str:
    """Return the address of an empty database in a file in *folder*."""
    return f"sqlite:///{folder / 'archive.db'}"


@contextmanager
def addresses(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the address of an empty database of each kind, by its name; what needs a file has it in *folder*."""
    found = {"SQLite": sqlite(folder)}
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
            found["PostgreSQL"] = server.url(server.create_database())
        except NoPostgreSQL as error:
            print(f"not on PostgreSQL: {error}")
        yield found
