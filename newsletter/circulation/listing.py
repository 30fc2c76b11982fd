"""A list of subscribers: a file in; readers added or taken off, and refusals, out."""

from __future__ import annotations

import csv
import io
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Any

from newsletter.archive import editions
from newsletter.errors import NewsletterError
from newsletter.imports.subscribers import COLUMNS, InvalidList, Listed, ListReader, ListTerms
from newsletter.models import Problem
from newsletter.readers import lists
from newsletter.shapes import instant
from newsletter.store import Connection, Store

#: Rows that are taken in one transaction: others get their turn at the database in between.
_AT_ONCE = 5_000
#: A sync takes off no more of a list than one in so many, unless it is told to.
_ONE_IN = 10


class BrokenList(NewsletterError):
    """A list to match has rows that can't be read: who stands on it is not known, so nobody is taken off."""

    def __init__(self, file: str, refused: int) -> None:
        rows = "1 row of it" if refused == 1 else f"{refused:,} rows of it"
        super().__init__(f"{file} can't be matched: {rows} can't be read (nothing was changed)")


class TooManyLeave(NewsletterError):
    """A list would take off more readers than is likely meant."""

    def __init__(self, file: str, removed: int, members: int, most: int) -> None:
        super().__init__(
            f"{file} lacks {removed:,} of the {members:,} who are subscribed; at most {most:,} are taken off unasked: "
            f"--most {removed} or --force takes them off, --dry-run shows the counts (nothing was changed)"
        )


@dataclass(slots=True, kw_only=True)
class ListReport:
    """
    What became of a list's rows.

    *refusal* is told each problem, *progress* how much was read; neither is remembered. *members* and *removed* are
    those of a match alone.
    """

    refusal: Callable[[Problem], object] = lambda _problem: None
    progress: Callable[[int], object] = lambda _rows: None
    counts: Counter[str] = field(default_factory=Counter)
    ignored: tuple[str, ...] = ()

    def add(self, taken: lists.Taken) -> None:
        """Count what became of some rows."""
        for name in ("added", "known", "left", "bounced", "complained", "suppressed"):
            self.counts[name] += getattr(taken, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberList:
    """
    A list, and what its operator says of it.

    *edition* is that of rows which name none, the first one without a word; *consent* how readers agreed of whom the
    file does not say.
    """

    file: str
    edition: str | None
    consent: str

    def take_in(self, store: Store, key: bytes, now: datetime, report: ListReport, *, dry_run: bool) -> None:
        """Subscribe who is new, some in each transaction; again adds nobody twice. Raises `InvalidList`."""
        every = self._editions(store)
        terms = lists.Terms(key=key, editions=every, consent=self.consent, origin="import", now=now)
        seen = _Seen()
        with self._opened(every, now, frozenset(every)) as reader:
            report.ignored = reader.ignored
            for rows in self._batches(reader, report):
                if dry_run:
                    with store.reading() as connection:
                        report.add(lists.take(connection, _first(rows, seen, report), terms, write=False))
                else:
                    with store.transaction() as connection:
                        taken = lists.take(connection, rows, terms)
                    report.add(taken)

    def match(
        self, store: Store, key: bytes, now: datetime, report: ListReport, *, most: int | None, dry_run: bool
    ) -> None:
        """
        Make who is subscribed to the edition those on the list: all of it in one transaction, or nothing.

        Takes off at most *most* readers, a tenth of them without a word. Raises `InvalidList`, `BrokenList`,
        `TooManyLeave`.
        """
        every = self._editions(store)
        slug = next(iter(every)) if self.edition is None else self.edition
        length = self._check(every, slug, now, report)
        terms = lists.Terms(key=key, editions=every, consent=self.consent, origin="sync", now=now)
        with store.reading() if dry_run else store.transaction() as connection:
            before = report.counts["members"] = lists.count_members(connection, every[slug])
            standing = self._take_whole(connection, terms, slug, length, report, dry_run=dry_run)
            there = chain.from_iterable(lists.members(connection, every[slug]))
            removed = array("q", (number for number in there if not standing.has(number)))
            report.counts["removed"] = len(removed)
            if dry_run:
                return
            limit = before // _ONE_IN if most is None else most
            if len(removed) > limit:
                raise TooManyLeave(self.file, len(removed), before, limit)
            for start in range(0, len(removed), _AT_ONCE):
                lists.take_off(connection, removed[start : start + _AT_ONCE], now)

    def _check(self, every: Mapping[str, int], slug: str, now: datetime, report: ListReport) -> int:
        """Return how many rows the file has, all of them readable."""
        with self._opened(every, now, frozenset([slug])) as reader:
            report.ignored = reader.ignored
            length = sum(len(rows) for rows in self._batches(reader, report))
        if report.counts["refused"]:
            raise BrokenList(self.file, report.counts["refused"])
        if not length:
            raise InvalidList(self.file, "nobody stands on it (nothing was changed)")
        return length

    def _take_whole(
        self, connection: Connection, terms: lists.Terms, slug: str, length: int, report: ListReport, *, dry_run: bool
    ) -> _Numbers:
        """Take the whole file in; return which subscriptions stand on it."""
        standing, seen = _Numbers(), _Seen()
        found = 0
        with self._opened(terms.editions, terms.now, frozenset([slug])) as reader:
            for rows in self._batches(reader, report):
                found += len(rows)
                those = _first(rows, seen, report) if dry_run else rows
                taken = lists.take(connection, those, terms, write=not dry_run)
                report.add(taken)
                standing.add(taken.subscriptions)
        if found != length:
            raise InvalidList(self.file, "expected a file that can be read twice and stays as it is")
        return standing

    def _editions(self, store: Store) -> dict[str, int]:
        """Return the ids of the editions by slug, the first one first; raise `NoSuchEdition`."""
        with store.reading() as connection:
            editions.get(connection, self.edition)
            return {each.slug: editions.get_id(connection, each.slug) for each in editions.every(connection)}

    @contextmanager
    def _opened(self, every: Mapping[str, int], now: datetime, allowed: frozenset[str]) -> Iterator[ListReader]:
        terms = ListTerms(
            edition=self.edition or next(iter(every)), editions=allowed, vouched=bool(self.consent), now=now
        )
        try:
            with io.BufferedReader(io.FileIO(self.file), 65_536) as stream:
                yield ListReader(stream, self.file, terms)
        except OSError as error:
            raise InvalidList(self.file, f"it can't be read: {error.strerror or error}") from error

    def _batches(self, reader: ListReader, report: ListReport) -> Iterator[list[Listed]]:
        """Yield the good rows, some at a time; report the others."""
        rows = iter(reader)
        while some := list(islice(rows, _AT_ONCE)):
            good = []
            for row in some:
                if isinstance(row, Listed):
                    good.append(row)
                    continue
                report.counts["refused"] += 1
                for problem in row.problems:
                    report.refusal(problem)
            yield good
            report.progress(len(some))


class _Numbers:
    """A set of ids, in a bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            at = number >> 3
            if at >= len(self._bits):
                self._bits.extend(bytes(at + 1 - len(self._bits) + 65_536))
            self._bits[at] |= 1 << (number & 7)

    def has(self, number: int) -> bool:
        at = number >> 3
        return at < len(self._bits) and bool(self._bits[at] >> (number & 7) & 1)


class _Seen:
    """What was seen before, by 64 bits of its hash, in an eighth of the room that a set takes."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 << 12))
        self._used = 0

    def add(self, thing: Hashable) -> bool:
        """Remember a thing; say whether it is new."""
        if 3 * self._used > 2 * len(self._slots):
            old, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
            for number in filter(None, old):
                self._slots[self._place(number)] = number
        number = hash(thing) & 0xFFFFFFFFFFFFFFFF or 1  # a free slot has none
        place = self._place(number)
        if self._slots[place] == number:
            return False
        self._slots[place] = number
        self._used += 1
        return True

    def _place(self, number: int) -> int:
        """Return the slot that has a number, or is free for it."""
        last = len(self._slots) - 1
        place = number & last
        while self._slots[place] not in (0, number):
            place = place + 1 & last
        return place


def _first(rows: Sequence[Listed], seen: _Seen, report: ListReport) -> list[Listed]:
    """Return the rows that did not stand before in a file of which nothing is kept; count the others."""
    new = [row for row in rows if seen.add((row.folded, row.edition))]
    report.counts["known"] += len(rows) - len(new)
    return new


def lines_out(connection: Connection) -> Iterator[str]:
    """Yield every subscription as a line of a list that can be taken in again, the header line first."""
    yield ",".join(COLUMNS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="")
    for row in lists.rows_out(connection):
        writer.writerow([_cell(row[name]) for name in COLUMNS])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _cell(value: Any) -> str:  # noqa: ANN401 -- any column's
    if value is None:
        return ""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, date) else str(value)
