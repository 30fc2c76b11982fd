"""How `export` writes: a file whole or not at all, or standard output."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from newsletter.cli.terminal import say
from newsletter.errors import NewsletterError

_SOME = 100


class Unwritable(NewsletterError):
    """A file can't be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} can't be written: {error.strerror}")


def write_lines(lines: Iterable[str], path: Path, progress: Callable[[int], object]) -> int:
    """Write lines to a file, or to standard output for `-`; return how many they were. Raises `Unwritable`."""
    if str(path) == "-":
        return _write(lines, say, progress)
    with _whole(path) as file:
        return _write(lines, lambda line: file.write(line + "\n"), progress)


def _write(lines: Iterable[str], write: Callable[[str], object], progress: Callable[[int], object]) -> int:
    number = 0
    for number, line in enumerate(lines, start=1):
        write(line)
        if number % _SOME == 0:
            progress(_SOME)
    progress(number % _SOME)
    return number


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """Open a file that takes the place of *path* once it is written and safe; until then *path* stays as it was."""
    try:
        if path.exists() and not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("w", encoding="utf-8", newline="\n") as device:  # a pipe or a device: none takes its place
                yield device
            return
        target = path.resolve()  # a link goes on pointing there
        draft = target.with_name(f".{target.name}.new")
        try:
            # An archive holds what readers have not seen yet: it is its owner's.
            with os.fdopen(
                os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline="\n"
            ) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Unwritable(path, error) from error
