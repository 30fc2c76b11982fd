"""An import: files in; entries added, known or near, and refusals, out."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.archive import entries, restoring
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
from newsletter.store.schema import upgrade

#: Entries that are added in one transaction: others get their turn at the database in between.
_AT_ONCE = 500
_HEAD = 65_536  # bytes that tell what a file is

Item = Entry | Problem | Other


@dataclass(frozen=True, slots=True, kw_only=True)
class NearOne:
    """An entry that came in for review, since it is like another."""

    entry: str
    like: str
    why: str


@dataclass(slots=True, kw_only=True)
class Report:
    """
    What an import did, or a dry run would do.

    *added* is told each entry once it is kept, and *progress* how much was read; neither is remembered.
    """

    added: Callable[[Entry], object] = lambda _entry: None
    progress: Callable[[int], object] = lambda _items: None
    count: int = 0
    known: list[str] = field(default_factory=list)
    near: list[NearOne] = field(default_factory=list)
    #: Slugs of what came in as a draft for want of a source.
    unsourced: list[str] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)

    def tell(self, kept: Entry) -> None:
        """Count and tell an entry that was added."""
        self.count += 1
        self.added(kept)


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
        """
        Read every file; add what is new, unless it is a dry run. Without a store, compare with an empty archive.

        A whole archive comes into an empty one in one transaction; other entries some at a time.
        """
        told = report or Report()
        try:
            mapping = self._mapping()
        except InvalidMapping as error:
            told.errors.extend(error.problems)
            return told
        taking = _Taking(store, now, told, dry_run=dry_run or store is None)
        for file in self.files:
            taking.take(file, map(self._changed, self._items(file, mapping)))
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
            with io.BufferedReader(io.FileIO(file), _HEAD) as stream:
                yield from self._read(stream, file, mapping)
        except OSError as error:
            yield _unreadable(file, error)

    def _read(self, stream: io.BufferedReader[io.FileIO], file: str, mapping: Mapping | None) -> Iterator[Item]:
        # A pipe can't go back to its beginning.
        kind = self.kind if self.kind != "auto" else ("csv" if mapping else sniff(stream.peek(_HEAD), file))
        if kind == "page":
            yield from read_page(stream.read(LARGEST_PAGE + 1), file, os.fstat(stream.fileno()).st_size)
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


class _Taking:
    """One run: items into the store, or for a dry run into nothing; the report is the same."""

    def __init__(self, store: Store | None, now: datetime, report: Report, *, dry_run: bool) -> None:
        self._store = store
        self._now = now
        self._report = report
        self._dry_run = dry_run
        self._likeness = Likeness()
        self._given: set[str] = set()  # slugs that a dry run gave, and no table has
        if store is not None:
            with store.reading() as connection:
                for seen in entries.seen(connection):
                    self._likeness.add(seen)

    def take(self, file: str, items: Iterable[Item]) -> None:
        """Take a file's items in: a whole archive, if this one is empty, at once; anything else some a transaction."""
        good = self._good(items)
        first = next(good, None)
        if first is None:
            return
        source: Iterator[Entry | Other] = chain([first], good)
        if isinstance(first, Other) and self._is_empty():
            source = self._restore(file, source)
        new = self._entries(file, source)
        while batch := list(islice(new, _AT_ONCE)):
            self._add(batch)
            self._report.progress(len(batch))

    def _good(self, items: Iterable[Item]) -> Iterator[Entry | Other]:
        """Yield what was read; report what was refused."""
        for item in items:
            if isinstance(item, Problem):
                self._report.errors.append(item)
            else:
                yield item

    def _refuse(self, file: str, other: Other, problem: str, name: str = "record") -> None:
        self._report.errors.append(Problem(file=file, line=other.line, field=name, problem=problem))

    # Entries.

    def _entries(self, file: str, items: Iterable[Entry | Other]) -> Iterator[Entry]:
        """Yield entries, those of a whole archive too; its other records find no place here."""
        told = False
        for item in items:
            if isinstance(item, Entry):
                yield item
            elif item.shape.get("record") != "entry":
                if not told:
                    self._refuse(file, item, "this archive is not empty: of a whole archive only its entries are taken")
                told = True
            else:
                try:
                    yield entry_of(restoring.plain_entry(item.shape))
                except InvalidEntry as error:
                    self._refuse_fields(file, item, error)

    def _refuse_fields(self, file: str, other: Other, error: InvalidEntry) -> None:
        for name, problem in error.problems:
            self._refuse(file, other, problem, name)

    def _add(self, batch: Sequence[Entry]) -> None:
        """Add what is new of *batch* in one transaction, and tell it once that is kept."""
        some = Report()
        kept: list[Entry] = []
        with self._opened() as connection:
            self._sort(connection, batch, kept, some)
            if kept and connection is not None and not self._dry_run:
                entries.insert_entries(connection, kept, self._now)
        self._report.known += some.known
        self._report.near += some.near
        self._report.unsourced += [entry.slug for entry in kept if not entry.sources]
        for entry in kept:
            self._report.tell(entry)

    @contextmanager
    def _opened(self) -> Iterator[Connection | None]:
        if self._store is None:
            yield None
        elif self._dry_run:
            with self._store.reading() as connection:
                yield connection
        else:
            with self._store.transaction() as connection:
                yield connection

    def _sort(self, connection: Connection | None, batch: Sequence[Entry], kept: list[Entry], report: Report) -> None:
        """Sort entries into those to be *kept*, as they are to be, and those known; report what is near."""
        there = entries.known(connection, batch) if connection is not None else {}
        taken = set(self._given)
        if connection is not None:
            taken |= entries.taken_slugs(connection, [slug for entry in batch for slug in entries.spellings(entry)])
        for entry in batch:
            seen = Seen.of(entry)
            slug = there.get(entry.uid) or self._likeness.known(seen)
            if slug is not None:
                report.known.append(slug)
                continue
            new, slug = entry, entries.free_slug(entry, taken)
            if slug != entry.slug or not entry.sources:
                new = replace(entry, slug=slug, status=entry.status if entry.sources else Status.DRAFT)
            # The same object where it may be: what is compared of it is worked out once.
            seen = seen if new.slug == seen.slug else replace(seen, slug=new.slug)
            near = self._likeness.like(seen)
            if near and new.status is Status.READY:
                new = replace(new, status=Status.REVIEW)
            report.near += [NearOne(entry=new.slug, like=each.slug, why=each.why) for each in near]
            self._likeness.add(seen)
            taken.add(new.slug)
            kept.append(new)
        if self._dry_run:
            self._given |= {entry.slug for entry in kept}

    # A whole archive.

    def _is_empty(self) -> bool:
        if len(self._likeness) or self._store is None:
            return not len(self._likeness)
        with self._store.reading() as connection:
            return restoring.is_empty(connection)

    def _restore(self, file: str, items: Iterator[Entry | Other]) -> Iterator[Entry | Other]:
        """Put a whole archive's records where they belong, all or nothing; return what follows them."""
        rest: list[Entry | Other] = []
        with self._target() as store:
            with store.transaction() as connection:
                if not restoring.is_empty(connection):
                    raise restoring.NotEmpty
                for item in items:
                    if isinstance(item, Entry):
                        rest.append(item)
                        break
                    self._put(connection, file, item)
                    self._report.progress(1)
                restoring.finish(connection)
            with store.reading() as connection:
                for entry in entries.every(connection):
                    self._likeness.add(Seen.of(entry))
                    self._given.add(entry.slug)
                    self._report.tell(entry)
        return chain(rest, items)

    @contextmanager
    def _target(self) -> Iterator[Store]:
        """Open the store that a whole archive goes into: for a dry run, an empty one that is thrown away."""
        if self._store is not None and not self._dry_run:
            yield self._store
            return
        with TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{folder}/dry-run.db")
            try:
                upgrade(store)
                yield store
            finally:
                store.close()

    def _put(self, connection: Connection, file: str, other: Other) -> None:
        try:
            restoring.put(connection, dict(other.shape))
        except InvalidEntry as error:
            self._refuse_fields(file, other, error)
        except restoring.InvalidRecord as error:
            self._refuse(file, other, str(error))


def _unreadable(file: str, error: OSError) -> Problem:
    return Problem(file=file, line=0, field="", problem=f"can't be read: {error.strerror or error}")
