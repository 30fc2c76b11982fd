"""
How an organisation's table becomes entries: a small TOML file.

    delimiter = ";"                       # otherwise seen from the first line
    encoding = "windows-1252"             # otherwise UTF-8, or Windows-1252 where that can't be
    date_formats = ["%d/%m/%Y", "%B %Y"]  # besides 2019-01-23, 2019-01, 2019 and January 23, 2019

    [columns]                  # column = field, or a list of fields
    Date = "event_date"
    Dead = "killed"
    Perpetrator = "groups"

    [constants]                # what every row has
    kind = "fact"

    [values.groups]            # cell = value; "*" for any other; "" for none
    unclaimed = ""

    [groups]
    separator = ";"
    attribution = "attributed"
    attribution_column = "Ground"

    [tags]
    separator = ","

    [[sources]]                # a source's part = column
    title = "Report"
    url = "Link"
    constants = { publisher = "Example Monitor" }

    [id]                       # what makes a row the same row in the next import
    columns = ["ID"]
    prefix = "example:"
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from newsletter.errors import InvalidEntry, NewsletterError
from newsletter.models import Attribution, Entry, Problem, Source
from newsletter.shapes import entry_of
from newsletter.toml import InvalidToml, toml_table

#: The fields that a column may fill; `sources` have a table of their own.
FIELDS = frozenset(field.name for field in fields(Entry)) - {"sources", "guessed", "revision"}
_SOURCE_PARTS = tuple(field.name for field in fields(Source))
_NO_UID = UUID(int=0)


class InvalidMapping(NewsletterError):
    """A mapping file has something that can't be used; *problems* say what, each with its key."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumns:
    """The columns of one source, by the part they fill, and the parts that are the same in every row."""

    columns: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Which column fills which field, and how its cells are read (the module says how it is written)."""

    columns: tuple[tuple[str, str], ...]
    constants: dict[str, Any] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    sources: tuple[SourceColumns, ...] = ()
    group_separator: str = ";"
    attribution: Attribution = Attribution.ATTRIBUTED
    attribution_column: str | None = None
    tag_separator: str = ";"
    id_columns: tuple[str, ...] = ()
    id_prefix: str = ""

    @classmethod
    def parse(cls, data: bytes, file: str) -> Mapping:
        """Read a mapping file; raise `InvalidMapping` with every key that is wrong."""
        try:
            table = toml_table(data)
        except InvalidToml as error:
            raise InvalidMapping([Problem(file=file, line=error.line, field="", problem=str(error))]) from error
        reader = _TableReader(table, file)
        mapping = reader.mapping()
        if reader.problems:
            raise InvalidMapping(reader.problems)
        return mapping

    @classmethod
    def by_name(cls, header: Sequence[str]) -> Mapping:
        """Return the mapping of a table whose columns are named like our fields, `source_title` and so on."""
        named = {column: column.casefold().replace(" ", "_").replace("-", "_") for column in header}
        parts = {f"source_{part}": part for part in _SOURCE_PARTS} | {"source": "raw", "sources": "raw"}
        of_source = {parts[name]: column for column, name in named.items() if name in parts}
        return cls(
            columns=tuple((column, name) for column, name in named.items() if name in FIELDS),
            sources=(SourceColumns(columns=of_source),) if of_source else (),
        )


class _TableReader:
    """Reads a mapping out of a TOML table and gathers what is wrong with it."""

    def __init__(self, table: dict[str, Any], file: str) -> None:
        self.table = table
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, key: str, problem: str) -> None:
        self.problems.append(Problem(file=self.file, line=0, field=key, problem=problem))

    def mapping(self) -> Mapping:
        known = {
            "delimiter",
            "encoding",
            "date_formats",
            "columns",
            "constants",
            "values",
            "groups",
            "tags",
            "sources",
            "id",
        }
        for key in self.table.keys() - known:
            self.wrong(key, f"no such key; there are {', '.join(sorted(known))}")
        groups, tags = (
            self.known(name, {"separator", "attribution", "attribution_column"}) for name in ("groups", "tags")
        )
        identity = self.known("id", {"columns", "prefix"})
        return Mapping(
            columns=self.columns(),
            constants=self.constants(),
            values=self.values(),
            date_formats=self.date_formats(),
            delimiter=self.delimiter(),
            encoding=self.encoding(),
            sources=self.sources(),
            group_separator=self.text(groups, "separator", "groups") or ";",
            attribution=self.attribution(groups),
            attribution_column=self.text(groups, "attribution_column", "groups"),
            tag_separator=self.text(tags, "separator", "tags") or ";",
            id_columns=self.id_columns(identity),
            id_prefix=self.text(identity, "prefix", "id") or "",
        )

    def part(self, name: str) -> dict[str, Any]:
        part = self.table.get(name, {})
        if not isinstance(part, dict):
            self.wrong(name, f"expected a table, got {part!r}")
            return {}
        return part

    def known(self, name: str, keys: set[str]) -> dict[str, Any]:
        part = self.part(name)
        for key in part.keys() - keys:
            self.wrong(f"{name}.{key}", f"no such key; there are {', '.join(sorted(keys))}")
        return part

    def text(self, part: dict[str, Any], key: str, within: str) -> str | None:
        value = part.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            self.wrong(f"{within}.{key}".lstrip("."), f"expected text, got {value!r}")
            return None
        return value

    def texts(self, value: object, key: str) -> tuple[str, ...]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
            self.wrong(key, f"expected text or a list of texts, got {value!r}")
            return ()
        return tuple(items)

    def columns(self) -> tuple[tuple[str, str], ...]:
        pairs = [
            (column, name)
            for column, names in self.part("columns").items()
            for name in self.texts(names, f"columns.{column}")
        ]
        for column, name in pairs:
            if name not in FIELDS:
                self.wrong(f"columns.{column}", f"no such field: {name!r}; there are {', '.join(sorted(FIELDS))}")
        if not pairs and not self.problems:
            self.wrong("columns", "expected at least one column and its field")
        return tuple((column, name) for column, name in pairs if name in FIELDS)

    def constants(self) -> dict[str, Any]:
        """Read the constants, and see whether an entry can have them."""
        constants = self.part("constants")
        try:
            entry_of({"kind": "fact", "headline": "-", "body": "-", **constants}, uid=_NO_UID)
        except InvalidEntry as error:
            for name, problem in error.problems:
                if name in constants or name.rsplit("_", 1)[0] in constants:
                    self.wrong(f"constants.{name}", problem)
        return constants

    def values(self) -> dict[str, dict[str, str]]:
        found = {}
        for name, table in self.part("values").items():
            fits = isinstance(table, dict) and all(isinstance(value, str | bool | int) for value in table.values())
            if name not in FIELDS or not fits:
                self.wrong(f"values.{name}", "expected a field's name, and for it cells and values")
            else:
                found[name] = {cell.casefold(): _cell(value) for cell, value in table.items()}
        return found

    def date_formats(self) -> tuple[str, ...]:
        formats = self.texts(self.table.get("date_formats", []), "date_formats")
        for form in formats:
            try:
                time.strptime(time.strftime(form, (2001, 2, 3, 0, 0, 0, 5, 34, 0)), form)
            except ValueError:
                self.wrong("date_formats", f"expected formats such as %d/%m/%Y or %B %Y, got {form!r}")
        return formats

    def delimiter(self) -> str | None:
        value = self.text(self.table, "delimiter", "")
        if value and (len(value) != 1 or value in '"\r\n'):
            self.wrong("delimiter", f"expected one character such as ; or a tab, got {value!r}")
            return None
        return value

    def encoding(self) -> str | None:
        value = self.text(self.table, "encoding", "")
        try:
            fits = value is None or '"a,\n'.encode(value) == b'"a,\n'
        except (LookupError, UnicodeError):
            fits = False
        if not fits:
            self.wrong("encoding", f"expected an encoding that holds ASCII, such as windows-1252, got {value!r}")
            return None
        return value

    def attribution(self, groups: dict[str, Any]) -> Attribution:
        value = groups.get("attribution", Attribution.ATTRIBUTED)
        try:
            return Attribution(value)
        except ValueError:
            self.wrong("groups.attribution", f"expected one of {', '.join(Attribution)}, got {value!r}")
            return Attribution.ATTRIBUTED

    def sources(self) -> tuple[SourceColumns, ...]:
        items = self.table.get("sources", [])
        found = []
        for item in items if isinstance(items, list) else [items]:
            constants = item.get("constants", {}) if isinstance(item, dict) else None
            if not isinstance(constants, dict):
                self.wrong("sources", f"expected [[sources]] with parts and columns, got {item!r}")
                continue
            columns = {part: column for part, column in item.items() if part != "constants"}
            for part, value in (columns | constants).items():
                if part not in _SOURCE_PARTS or not isinstance(value, str):
                    self.wrong(f"sources.{part}", f"expected one of {', '.join(_SOURCE_PARTS)}, and text for it")
            found.append(SourceColumns(columns=columns, constants=constants))
        return tuple(found)

    def id_columns(self, identity: dict[str, Any]) -> tuple[str, ...]:
        columns = self.texts(identity.get("columns", []), "id.columns")
        if columns and not identity.get("prefix"):
            self.wrong("id.prefix", "expected a prefix such as example:, since two tables may use the same ids")
        return columns


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
