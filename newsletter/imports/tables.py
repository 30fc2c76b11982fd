"""CSV tables of entries: rows in, entries and problems out, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from uuid import UUID

from newsletter.errors import InvalidEntry
from newsletter.imports.cells import Refused, country, degrees, flag, partial_date, toll
from newsletter.imports.decoding import NotText, refuse_binary
from newsletter.imports.headlines import fact_headline, words_headline
from newsletter.imports.identity import uid_by_origin, uid_of_shape
from newsletter.imports.mapping import Mapping, SourceColumns
from newsletter.imports.rows import BrokenRow, CsvRows, Row
from newsletter.models import Attribution, Entry, Kind, PartialDate, Problem, Status
from newsletter.shapes import entry_of
from newsletter.text import clean_line, slugify

_HEAD = 4_096
_LONGEST_PROBLEM = 300
_TOLLS = {"killed", "injured", "killed_most", "injured_most"}
_FLAGS = {"claimed", "killed_at_least", "injured_at_least"}
_DATES = {"event_date", "event_end"}
_DEGREES = {"latitude", "longitude"}

#: Reads a cell that is not empty into a shape.
_CellReader = Callable[[str, dict[str, Any], Row], None]


def read_csv(stream: BinaryIO, file: str, mapping: Mapping | None = None) -> Iterator[Entry | Problem]:
    """
    Yield the entry of each row, or what is wrong with it; *file* names the table in problems.

    Without a *mapping*, columns named like our fields are taken (`source_title` and so on for a
    source), and any other is a problem of its own. A row is refused as a whole, every wrong field
    named: mended and imported again, it comes in. Where no column gives a headline, one is made
    and listed in `guessed`; where none gives a status, a row with a source is up for review and
    any other a draft.
    """
    head = stream.read(_HEAD) if stream.seekable() else b""
    try:
        refuse_binary(head)
    except NotText as error:
        yield Problem(file=file, line=0, field="", problem=str(error))
        return
    if head:
        stream.seek(-len(head), 1)
    rows = iter(
        CsvRows(
            stream, delimiter=mapping.delimiter if mapping else None, encoding=mapping.encoding if mapping else None
        )
    )
    empty = True
    for header in rows:
        if isinstance(header, Row):
            table = _Table(header, file, mapping)
            yield from table.problems
            if table.readable:
                yield from table.entries(rows)
            return
        empty = False
        yield Problem(file=file, line=header.line, field="", problem=header.problem)
    if empty:
        expected = "expected a header line with the columns' names, got an empty file"
        yield Problem(file=file, line=0, field="", problem=expected)


class _Table:
    """A table whose header has been read: which cell of a row goes where."""

    def __init__(self, header: Row, file: str, mapping: Mapping | None) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._header = [clean_line(cell) for cell in header.cells]
        self._mapping = mapping or Mapping.by_name(self._header)
        self._line = header.line
        self._index = self._positions()
        self._columns = [
            (at, field, self._reader_of(field))
            for column, field in self._mapping.columns
            if (at := self._at(column, field)) is not None
        ]
        self._sources = [self._source_columns(source) for source in self._mapping.sources]
        self._ids = [self._at(column, "id") for column in self._mapping.id_columns]
        ground = self._mapping.attribution_column
        self._ground = self._at(ground, "groups") if ground else None
        missing = {"kind", "body"} - {field for _, field, _ in self._columns} - self._mapping.constants.keys()
        self.readable = not missing and None not in self._ids
        if mapping is None and missing:
            there = ", ".join(filter(None, self._header))
            problem = f"expected columns named like an entry's fields, at least kind and body, got {there}"
            self._wrong(
                "", f"{problem[:_LONGEST_PROBLEM]}; a mapping says which column is which field (--map FILE.toml)"
            )
        elif mapping is None:
            self._warn_of_strangers()
        else:
            self._say_missing(missing)
        self._seen: dict[UUID, int] = {}

    def _wrong(self, field: str, problem: str) -> None:
        self.problems.append(Problem(file=self.file, line=self._line, field=field, problem=problem))

    def _positions(self) -> dict[str, int]:
        positions: dict[str, int] = {}
        for at, name in enumerate(self._header):
            if name and name in positions:
                self._wrong(name, "a column of this name stands twice: the first is taken")
            positions.setdefault(name, at)
        for at, name in enumerate(self._header):
            positions.setdefault(name.casefold(), at)
        return positions

    def _at(self, column: str, field: str) -> int | None:
        at = self._index.get(column, self._index.get(column.casefold()))
        if at is None:
            there = ", ".join(filter(None, self._header))
            self._wrong(field, f"expected a column {column!r}, got {there}"[:_LONGEST_PROBLEM])
        return at

    def _warn_of_strangers(self) -> None:
        taken = {column for column, _ in self._mapping.columns}
        taken |= {column for source in self._mapping.sources for column in source.columns.values()}
        for name in self._header:
            if name and name not in taken:
                self._wrong(name, "no such field: the column is passed over; a mapping can name its field")

    def _source_columns(self, source: SourceColumns) -> tuple[list[tuple[str, int]], dict[str, str]]:
        found = [
            (part, at) for part, column in source.columns.items() if (at := self._at(column, "sources")) is not None
        ]
        return found, source.constants

    def _say_missing(self, fields: set[str]) -> None:
        """Say which of *fields* the mapping does not name; what it names and the table lacks was said already."""
        for needed in sorted(fields - {field for _, field in self._mapping.columns}, reverse=True):
            self._wrong(needed, f"expected a column or a constant for {needed}: no row can be read without it")

    def entries(self, rows: Iterator[Row | BrokenRow]) -> Iterator[Entry | Problem]:
        for row in rows:
            if isinstance(row, BrokenRow):
                yield Problem(file=self.file, line=row.line, field="", problem=row.problem)
                continue
            try:
                yield self._entry(row)
            except InvalidEntry as error:
                for field, problem in error.problems:
                    yield Problem(file=self.file, line=row.line, field=field, problem=problem[:_LONGEST_PROBLEM])

    def _entry(self, row: Row) -> Entry:
        """Return the row's entry; raise `InvalidEntry` with every field that is wrong."""
        problems: list[tuple[str, str]] = []
        shape = dict(self._mapping.constants)
        for at, field, read in self._columns:
            try:
                if cell := row.cells[at].strip():
                    read(cell, shape, row)
            except Refused as error:
                problems.append((field, str(error)))
        try:
            shape["sources"] = [*shape.get("sources", ()), *self._row_sources(row)]
        except Refused as error:
            problems.append(("sources", str(error)))
        _complete(shape)
        try:
            uid = self._identify(shape, row)
            entry = entry_of(shape, uid=uid)
        except InvalidEntry as error:
            named = {field for field, _ in problems}
            raise InvalidEntry([*problems, *(item for item in error.problems if item[0] not in named)]) from error
        if problems:
            raise InvalidEntry(problems)
        if self._ids:
            self._seen[entry.uid] = row.line
        return entry

    def _reader_of(self, field: str) -> _CellReader:
        """Return what reads a cell that is not empty into the shape's *field*."""
        if field == "groups":
            return lambda cell, shape, row: shape.update(groups=[*shape.get("groups", ()), *self._groups(cell, row)])
        if field == "tags":
            separator = self._mapping.tag_separator
            return lambda cell, shape, _: shape.update(
                tags=[*shape.get("tags", ()), *self._parts(cell, separator, field)]
            )
        if self._mapping.values.get(field):
            plain = self._plain_or_toll(field)
            return lambda cell, shape, row: plain(value, shape, row) if (value := self._value(field, cell)) else None
        return self._plain_or_toll(field)

    def _plain_or_toll(self, field: str) -> _CellReader:
        if field in _TOLLS:
            return lambda cell, shape, _: shape.update(toll(field, cell, shape))
        read = self._plain_reader_of(field)
        return lambda cell, shape, _: shape.update({field: read(cell)})

    def _plain_reader_of(self, field: str) -> Callable[[str], Any]:
        if field in _DATES:
            formats = self._mapping.date_formats
            return lambda text: str(partial_date(text, formats))
        if field in _FLAGS:
            return flag
        if field in _DEGREES:
            return degrees
        return country if field == "country" else str

    def _value(self, field: str, cell: str) -> str:
        values = self._mapping.values.get(field)
        return cell if values is None else values.get(cell.casefold(), values.get("*", cell))

    def _parts(self, cell: str, separator: str, field: str) -> list[str]:
        parts = (self._value(field, clean_line(part)) for part in cell.split(separator))
        return [part for part in parts if part]

    def _groups(self, cell: str, row: Row) -> list[dict[str, str]]:
        """Return the groups in *cell*; "X (suspected)" gives its own ground."""
        ground = row.cells[self._ground].strip().casefold() if self._ground is not None else ""
        found = []
        for part in self._parts(cell, self._mapping.group_separator, "groups"):
            name, _, own = part.removesuffix(")").rpartition(" (") if part.endswith(")") else (part, "", "")
            own = {"blamed": "suspected"}.get(own.casefold(), own.casefold())
            if own not in {*Attribution}:
                name, own = part, ground or self._mapping.attribution
            found.append({"slug": slugify(name), "name": name, "attribution": str(own)})
        return found

    def _row_sources(self, row: Row) -> list[dict[str, Any]]:
        found = []
        for columns, constants in self._sources:
            parts: dict[str, Any] = {part: text for part, at in columns if (text := clean_line(row.cells[at]))}
            if parts:
                if "published" in parts:
                    parts["published"] = str(partial_date(parts["published"], self._mapping.date_formats))
                found.append(constants | parts)
        return found

    def _identify(self, shape: dict[str, Any], row: Row) -> UUID:
        """Return the row's uid: by its id, or else by what it says; raise `InvalidEntry` if its id stood before."""
        ids = [clean_line(row.cells[at]) for at in self._ids if at is not None]
        if not ids:
            return uid_of_shape(shape)
        if not all(ids):
            raise InvalidEntry([("id", "expected an id, got an empty cell")])
        origin = self._mapping.id_prefix + ":".join(ids)
        shape.setdefault("origin", origin)
        uid = uid_by_origin(origin)
        if uid in self._seen:
            raise InvalidEntry([("id", f"expected an id of its own, got that of line {self._seen[uid]}")])
        return uid


def _complete(shape: dict[str, Any]) -> None:
    """Give the entry the headline and the status that no column gave it."""
    shape.setdefault("status", Status.REVIEW if shape.get("sources") else Status.DRAFT)
    body, kind = shape.get("body"), shape.get("kind")
    if shape.get("headline") or not isinstance(body, str) or kind not in {*Kind}:
        return
    day = PartialDate.parse(shape["event_date"]) if shape.get("event_date") else None
    if kind in {Kind.QUOTE, Kind.POST}:
        shape["headline"] = words_headline(Kind(kind), shape.get("speaker"), shape.get("speaker_role"), day)
    else:
        shape["headline"] = fact_headline(body, shape.get("place"), shape.get("country"), day)
    shape["guessed"] = ["headline"]
