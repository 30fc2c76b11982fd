"""How what is long is printed: piece by piece, for as long as somebody reads."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable


def to_output() -> Callable[[str], object]:
    """Return what prints a text; where nobody reads on (`| head`), it prints no more, and the work goes on."""
    heard = True

    def write(text: str) -> None:
        nonlocal heard
        try:
            if heard:
                sys.stdout.write(text)
                sys.stdout.flush()
        except BrokenPipeError:
            heard = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return write


def answer_list(values: Iterable[object]) -> None:
    """Print a list as JSON, one value after the other: none is kept."""
    write = to_output()
    write("[")
    for number, value in enumerate(values):
        write(("," if number else "") + "\n  " + json.dumps(value, ensure_ascii=False))
    write("]\n")
