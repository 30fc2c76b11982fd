"""JSON Lines of entries (and of the archive's other records): one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn
from uuid import UUID

from newsletter.errors import InvalidEntry, NewsletterError
from newsletter.imports.decoding import NotText, decoded
from newsletter.imports.identity import uid_of_shape
from newsletter.models import Entry, Problem, Status
from newsletter.shapes import entry_of

LONGEST_LINE = 8_000_000  # bytes
_LONGEST_PROBLEM = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A record of the archive that is no entry (it has the key `record`), as it stands, and its line."""

    line: int
    shape: dict[str, Any]


class _NoRecord(NewsletterError):
    """A line is no JSON object that could be read."""


def read_jsonl(stream: BinaryIO, file: str) -> Iterator[Entry | Problem | Other]:
    """
    Yield the entry or record of each line, or what is wrong with it; *file* names it in problems.

    The encoding is UTF-8 (RFC 8259, 8.1); empty lines are passed over. An entry without a uid gets
    one of what it says and when and where that was, and without a status one by whether it has a source.
    """
    seen: dict[UUID, int] = {}
    number = 0
    while raw := stream.readline(LONGEST_LINE):
        number += 1
        try:
            shape = _object(raw, stream, first=number == 1)
            if shape is None:
                continue
            if "record" in shape:
                yield Other(line=number, shape=shape)
                continue
            entry = _entry(shape)
            _refuse_twice(entry, seen)
        except _NoRecord as error:
            yield Problem(file=file, line=number, field="", problem=str(error)[:_LONGEST_PROBLEM])
        except InvalidEntry as error:
            for field, problem in error.problems:
                short = field[:_LONGEST_PROBLEM]
                yield Problem(file=file, line=number, field=short, problem=problem[:_LONGEST_PROBLEM])
        else:
            seen[entry.uid] = number
            yield entry
    if not number:
        yield Problem(file=file, line=0, field="", problem="expected a JSON object a line, got an empty file")


def _object(raw: bytes, stream: BinaryIO, *, first: bool) -> dict[str, Any] | None:
    """Return the line's object, or `None` for an empty line; read on past a line that is too long."""
    if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
        while (more := stream.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
            pass
        raise _NoRecord(f"expected a line of at most {LONGEST_LINE:,} bytes, got a longer one")
    try:
        text = decoded(raw, "utf-8") if first else raw.decode()
        if not text.strip():
            return None
        shape = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except (NotText, UnicodeDecodeError) as error:
        raise _NoRecord(f"expected text in UTF-8: {error}") from error
    except RecursionError as error:
        raise _NoRecord("expected an entry, got brackets within brackets without end") from error
    except ValueError as error:
        # A number too long to be read is told in words of Python's own, for programmers.
        said = "a number of thousands of digits" if "int_max_str_digits" in str(error) else error
        raise _NoRecord(f"not JSON: {said}") from error
    if not isinstance(shape, dict):
        raise _NoRecord(f"expected a JSON object, got {'a list' if isinstance(shape, list) else 'a single value'}")
    return shape


def _entry(shape: dict[str, Any]) -> Entry:
    shape.setdefault("status", Status.REVIEW if shape.get("sources") else Status.DRAFT)
    try:
        return entry_of(shape, uid=uid_of_shape(shape))
    except RecursionError as error:
        raise _NoRecord("expected an entry, got brackets within brackets without end") from error


def _refuse_twice(entry: Entry, seen: dict[UUID, int]) -> None:
    if entry.uid in seen:
        raise InvalidEntry([("uid", f"expected a uid of its own, got that of line {seen[entry.uid]}")])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON (RFC 8259, 6)")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return found
