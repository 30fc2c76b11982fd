"""Which kind of file it is, by its name, or else by how it begins."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

Form = Literal["page", "csv", "jsonl"]

_BY_SUFFIX: dict[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_LONGEST_COLUMN = 60


def sniff(head: bytes, name: str) -> Form:
    """
    Return what the file *name*, which begins with *head*, is to be read as.

    The name's ending decides where it is one of a table's or of JSON Lines'. Anything that looks
    like neither is a captured page.
    """
    by_name = _BY_SUFFIX.get(PurePath(name).suffix.casefold())
    if by_name:
        return by_name
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    if re.match(r"\{\s*(?:\"|\})", text):
        return "jsonl"
    return "csv" if _is_header(text.split("\n", 1)[0].strip()) else "page"


def _is_header(line: str) -> bool:
    """Say whether *line* names columns: short names without full stops, parted by the same mark."""
    if re.fullmatch(r"sep=.", line):
        return True
    for mark in "\t;|,":
        names = [name.strip('"') for name in line.split(mark)]
        if len(names) > 2 and all(_names_a_column(name) for name in names):  # noqa: PLR2004 -- date, place, text
            return True
    return False


def _names_a_column(name: str) -> bool:
    return name == name.strip() and 0 < len(name) <= _LONGEST_COLUMN and "." not in name
