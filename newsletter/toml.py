"""TOML files that people write: their table, or in plain words what is wrong with them."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from newsletter.errors import NewsletterError

#: What the parser says after its reason.
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
#: How it writes the key `a.b`.
_KEY = re.compile(r"\(('[^()]*'),?\)")


class InvalidToml(NewsletterError):
    """A file is no TOML; *line* counts from 1, 0 meaning the whole file."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def toml_table(data: bytes) -> dict[str, Any]:
    """Return what a TOML file holds (toml.io/en/v1.0.0), a byte order mark aside; raise `InvalidToml`."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"expected text in UTF-8, got the byte 0x{data[error.start]:02x}: save it as UTF-8"
        raise InvalidToml(problem, line) from error
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = _PLACE.search(text)
        line = int(place[1]) if place and place[1] else data.count(b"\n") + (not data.endswith(b"\n"))
        reason = _KEY.sub(lambda key: key[1].replace("', '", "."), _PLACE.sub("", text))
        raise InvalidToml(f"not TOML: {reason[0].lower()}{reason[1:]}", line) from error
    except RecursionError as error:
        raise InvalidToml("not TOML that could be read: brackets within brackets without end", 0) from error
