"""An import: files in; entries added, known or near, and refusals, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from newsletter.archive import copying, entries
from newsletter.errors import InvalidEntry
from newsletter.imports.likeness import Likeness, Seen
from newsletter.imports.lines import Other, read_jsonl
from newsletter.imports.mapping import InvalidMapping, Mapping
from newsletter.imports.pages import LARGEST_PAGE, read_page
from newsletter.imports.sniff import sniff
from newsletter.imports.tables import read_csv
from newsletter.models import Entry, Problem, Status
from newsletter.shapes import entry_of
from newsletter.store import Connection
from newsletter.store.engine import Store

#: Entries that are added in one transaction: others get their turn at the database in between.
_AT_ONCE = 500
_HEAD = 65_536

Item = Entry | Problem | Other


@dataclass(frozen=True, slots=True, kw_only=True)
class NearOne:
    """An entry that came in for review, since it is like another."""

    entry: str
    like: str
    why: str


@dataclass(slots=True, kw_only=True)
class Report:
    """What an import did, or a dry run would do; *added* is told entry by entry, not kept."""

    added: Callable[[Entry], object] = lambda _entry: None
    count: int = 0
    known: list[str] = field(default_factory=list)
    near: list[NearOne] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """
    What to read, and as what.

    *kind* is `auto`, `page`, `csv` or `jsonl`; *mapping* the file that says what a CSV's columns
    are. *status* is given to what comes in; *confirmed* says that an editor stands for what was
    read out of text.
    """

    files: Sequence[str]
    kind: str = "auto"
    mapping: Path | None = None
    status: str | None = None
    confirmed: bool = False

    def run(self, store: Store | None, now: datetime, *, dry_run: bool, report: Report | None = None) -> Report:
        """Read every file; add what is new, unless it is a dry run. Without a store, compare with an empty archive."""
        told = report or Report()
        taking = _Taking(store=store, now=now, dry_run=dry_run, report=told)
        try:
            mapping = self._mapping()
        except InvalidMapping as error:
            told.errors.extend(error.problems)
            return told
        for file in self.files:
            taking.take(file, (self._changed(item) for item in self._items(file, mapping)))
        taking.finish()
        return told

    def _mapping(self) -> Mapping | None:
        if self.mapping is None:
            return None
        try:
            return Mapping.parse(self.mapping.read_bytes(), str(self.mapping))
        except OSError as error:
            raise InvalidMapping([_unreadable(str(self.mapping), error)]) from error

    def _items(self, file: str, mapping: Mapping | None) -> Iterator[Item]:
        try:
            with open(file, "rb") as stream:  # noqa: PTH123 -- a name as the operator gave it
                yield from self._read(stream, file, mapping)
        except OSError as error:
            yield _unreadable(file, error)

    def _read(self, stream: BinaryIO, file: str, mapping: Mapping | None) -> Iterator[Item]:
        head = stream.read(_HEAD)
        stream.seek(0)
        kind = self.kind if self.kind != "auto" else ("csv" if mapping else sniff(head, file))
        if kind == "page":
            yield from read_page(stream.read(LARGEST_PAGE + 1), file)
        elif kind == "csv":
            yield from read_csv(stream, file, mapping)
        else:
            yield from read_jsonl(stream, file)

    def _changed(self, item: Item) -> Item:
        if isinstance(item, Entry):
            if self.confirmed:
                item = replace(item, guessed=())
            if self.status:
                item = replace(item, status=Status(self.status))
        return item


def _entry_of(other: Other) -> Entry:
    return entry_of(copying.plain_entry(dict(other.shape)))


def _unreadable(file: str, error: OSError) -> Problem:
    return Problem(file=file, line=0, field="", problem=f"can't be read: {error.strerror}")


@contextmanager
def _looking(store: Store | None) -> Iterator[Connection | None]:
    if store is None:
        yield None
    else:
        with store.reading() as connection:
            yield connection


class _Taking:
    """One run: batches of items into the store."""

    def __init__(self, *, store: Store | None, now: datetime, dry_run: bool, report: Report) -> None:
        self.store = store
        self.now = now
        self.dry_run = dry_run
        self.report = report
        self.likeness = Likeness()
        self.file = ""
        self.whole = True
        self.restored = False
        if store is not None:
            with store.reading() as connection:
                self.whole = copying.is_empty(connection)
                for seen in entries.seen(connection):
                    self.likeness.add(seen)

    def finish(self) -> None:
        """Tell every process, if a whole archive came in."""
        if self.restored and self.store is not None and not self.dry_run:
            with self.store.transaction() as connection:
                copying.finish(connection)

    def take(self, file: str, items: Iterable[Item]) -> None:
        """Take a file's items in, some a transaction."""
        self.file = file
        source = iter(items)
        while batch := list(islice(source, _AT_ONCE)):
            if self.store is None or self.dry_run:
                with _looking(self.store) as connection:
                    self._batch(connection, batch)
            else:
                with self.store.transaction() as connection:
                    self._batch(connection, batch)

    def _batch(self, connection: Connection | None, batch: Sequence[Item]) -> None:
        new: list[Entry] = []
        for item in batch:
            if isinstance(item, Problem):
                self.report.errors.append(item)
            elif isinstance(item, Other):
                self._put(connection, item)
            else:
                new.append(item)
        if new:
            self._add(connection, new)

    def _add(self, connection: Connection | None, new: Sequence[Entry]) -> None:
        there = entries.known(connection, new) if connection is not None else {}
        fresh = []
        for entry in new:
            seen = Seen.of(entry)
            slug = there.get(entry.uid) or self.likeness.known(seen)
            if slug is not None:
                self.report.known.append(slug)
                continue
            near = self.likeness.like(seen)
            self.report.near += [NearOne(entry=entry.slug, like=each.slug, why=each.why) for each in near]
            self.likeness.add(seen)
            fresh.append(replace(entry, status=Status.REVIEW) if near and entry.status is Status.READY else entry)
        if connection is not None and not self.dry_run:
            fresh = entries.add(connection, fresh, self.now)
        for entry in fresh:
            self.report.count += 1
            self.report.added(entry)

    def _put(self, connection: Connection | None, other: Other) -> None:
        """Put a line of a whole archive back, if this archive was empty; else take only its entry."""
        try:
            if not self.whole:
                if other.shape.get("record") == "entry":
                    self._add(connection, [_entry_of(other)])
                return
            if connection is not None and not self.dry_run:
                copying.put(connection, dict(other.shape))
                self.restored = True
            if other.shape.get("record") == "entry":
                self.report.count += 1
                self.report.added(_entry_of(other))
        except (InvalidEntry, KeyError, TypeError, ValueError) as error:
            self.report.errors.append(
                Problem(file=self.file, line=other.line, field=str(other.shape.get("record")), problem=str(error))
            )
