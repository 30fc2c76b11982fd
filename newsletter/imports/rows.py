"""The rows of a CSV file, read as a stream; a broken one costs no other."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from newsletter.imports.decoding import NotText, decoded

#: A row may go on over so many lines within quotation marks; past it, one of those was left open.
MOST_LINES = 1_000
LONGEST_LINE = 2_000_000  # bytes
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row's cells, and the line on which it begins."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A row that can't be read, the line on which it begins, and why."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    number: int
    text: str | None
    problem: str = ""


class CsvRows:
    """
    The rows of a CSV file (RFC 4180), in order.

    The delimiter is seen from the first line where none is given. Empty lines are passed over. A
    row that goes on over several lines and then has the wrong number of cells had a quotation mark
    too many: only its first line is lost, the others are read again.
    """

    def __init__(self, stream: BinaryIO, *, delimiter: str | None = None, encoding: str | None = None) -> None:
        self._stream = stream
        self._encoding = encoding
        self._delimiter = delimiter
        self._number = 0
        self._again: deque[_Line] = deque()
        self._cells: int | None = None

    def __iter__(self) -> Iterator[Row | BrokenRow]:
        """Yield each row; the first one that can be read sets the number of cells."""
        while (row := self._row()) is not None:
            if isinstance(row, Row):
                if not any(cell.strip() for cell in row.cells):
                    continue
                self._cells = self._cells or len(row.cells)
            yield row

    def _row(self) -> Row | BrokenRow | None:
        taken: list[_Line] = []
        delimiter = self._delimiter = self._delimiter or self._sensed()
        try:
            cells = next(csv.reader(self._feed(taken), delimiter=delimiter), None)
        except csv.Error as error:
            alone = any("\r" in (line.text or "").rstrip("\r\n") for line in taken)
            said = "expected lines that end in LF or CR LF, got a CR alone" if alone else str(error)
            return self._broken(taken, said)
        if not taken:
            return None
        for number, line in enumerate(taken):
            if line.problem:  # what stood before it within an open quotation mark is read again
                if number:
                    return self._broken(taken, "expected a closing quotation mark, got none")
                return BrokenRow(line=line.number, problem=line.problem)
        cells = cells or []
        if self._cells is not None and cells:
            while len(cells) > self._cells and not cells[-1].strip():
                cells.pop()
            if len(cells) != self._cells:
                return self._broken(taken, f"expected {self._cells} cells, got {len(cells)}")
        return Row(line=taken[0].number, cells=cells)

    def _sensed(self) -> str:
        """Return the delimiter that the first line shows, or names as spreadsheets do: `sep=;`."""
        line = self._next_line()
        named = re.fullmatch(r"sep=(.)\s*", line.text) if line and line.text else None
        if named:
            return named[1]
        if line:
            self._again.append(line)
        return _delimiter_of(line.text) if line and line.text else ","

    def _broken(self, taken: list[_Line], problem: str) -> BrokenRow:
        self._again.extendleft(reversed(taken[1:]))
        return BrokenRow(line=taken[0].number, problem=problem)

    def _feed(self, taken: list[_Line]) -> Iterator[str]:
        """Yield the lines of one row as the reader asks for them, and keep them in *taken*."""
        while len(taken) < MOST_LINES and (line := self._next_line()) is not None:
            taken.append(line)
            yield line.text or "\n"
            if line.text is None:
                return

    def _next_line(self) -> _Line | None:
        if self._again:
            return self._again.popleft()
        raw = self._stream.readline(LONGEST_LINE)
        if not raw:
            return None
        self._number += 1
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            while (more := self._stream.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                pass
            problem = f"expected a line of at most {LONGEST_LINE:,} bytes, got a longer one"
            return _Line(number=self._number, text=None, problem=problem)
        if b"\x00" in raw:
            return _Line(number=self._number, text=None, problem="expected text, got a NUL byte")
        try:
            text = decoded(raw, self._encoding)
        except NotText as error:
            return _Line(number=self._number, text=None, problem=str(error))
        return _Line(number=self._number, text=text)


def _delimiter_of(line: str) -> str:
    """Return the delimiter that stands most often in *line*, outside quotation marks."""
    bare = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=lambda mark: (bare.count(mark), -_DELIMITERS.index(mark)))
