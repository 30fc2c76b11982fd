"""Lists of subscribers in CSV: bytes in, rows and refusals out, one at a time."""

from __future__ import annotations

import codecs
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from newsletter.addresses import InvalidAddress, normal_address
from newsletter.errors import NewsletterError
from newsletter.imports.decoding import NotText, refuse_binary
from newsletter.imports.rows import BrokenRow, CsvRows, Row
from newsletter.models import Problem
from newsletter.preferences import Preferences, WrongPreferences, preferences_of
from newsletter.text import clean

#: What a column may be called; `address` alone must be there. An export has them all, in this order.
COLUMNS = (
    *("address", "edition", "state", "cadence", "weekday", "hour", "zone", "format", "paused_until"),
    *("address_state", "consent", "consented_at", "confirmed_at", "left_at"),
)
_STATES = ("active", "pending", "paused", "left")
_ADDRESS_STATES = ("good", "bounced", "complained")
_CHOICES = frozenset({"cadence", "weekday", "hour", "zone", "format"})
_INSTANTS = ("consented_at", "confirmed_at", "left_at")
#: Clocks of other machines may be this far ahead.
_AHEAD = timedelta(days=1)
_HEAD = 65_536  # bytes that tell what a file is
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SHOWN = 60
_NO_CONSENT = "expected how, when and where they asked for the mail, in this column or by --consent TEXT"


class InvalidList(NewsletterError):
    """A whole file is no list of subscribers."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file} is no list of subscribers: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One row: an address as it is written to and as it is compared, and what the row says of it."""

    line: int
    address: str
    folded: str
    edition: str
    state: str
    address_state: str
    preferences: Preferences
    paused_until: date | None
    #: How they agreed; empty where the row does not say.
    consent: str
    consented_at: datetime | None
    confirmed_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One row that can't be taken, and everything that is wrong with it."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTerms:
    """
    On which terms a list is read.

    *edition* is that of rows which name none, *editions* are those that may be named. *vouched* says that the operator
    stands for the consent of rows which tell of none.
    """

    edition: str
    editions: Collection[str]
    vouched: bool
    now: datetime


class ListReader:
    """
    The rows of a list, in order; raises `InvalidList` where there is no header line with `address`.

    UTF-8 or UTF-16 with a byte order mark, or Windows-1252; commas, semicolons, tabs or bars between the cells.
    """

    def __init__(self, stream: io.BufferedReader[Any], file: str, terms: ListTerms) -> None:
        self._file = file
        self._terms = terms
        self._rows = iter(CsvRows(_in_utf_8(stream, file)))
        header = next(self._rows, None)
        if header is None:
            raise InvalidList(file, "it is empty")
        if isinstance(header, BrokenRow):
            raise InvalidList(file, header.problem)
        names = [cell.strip().casefold() for cell in header.cells]
        if "address" not in names:
            got = ", ".join(cell.strip() for cell in header.cells)[:_SHOWN]
            raise InvalidList(file, f"expected a first line that names its columns, address among them, got {got!r}")
        twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
        if twice:
            raise InvalidList(file, f"expected each column once, got {', '.join(twice)} more than once")
        self._at = {name: names.index(name) for name in COLUMNS if name in names}
        self._chooses = not _CHOICES.isdisjoint(self._at)
        #: Columns that mean nothing here.
        self.ignored = tuple(cell.strip() for cell in header.cells if cell.strip().casefold() not in COLUMNS)
        if not terms.vouched and "consent" not in self._at:
            raise InvalidList(file, "it has no column consent: expected one, or --consent TEXT")

    def __iter__(self) -> Iterator[Listed | Refused]:
        """Yield each row, or why it is refused."""
        for row in self._rows:
            if isinstance(row, BrokenRow):
                yield Refused(problems=(self._problem(row.line, "", row.problem),))
            else:
                yield self._read(row)

    def _read(self, row: Row) -> Listed | Refused:
        cells = {name: row.cells[at].strip() for name, at in self._at.items()}
        wrong: dict[str, str] = {}
        written = folded = ""
        try:
            written, folded = normal_address(cells["address"])
        except InvalidAddress as error:
            wrong["address"] = error.why if cells["address"] else "expected an address, got an empty cell"
        edition = cells.get("edition") or self._terms.edition
        if edition not in self._terms.editions:
            known = ", ".join(sorted(self._terms.editions))
            wrong["edition"] = f"expected {known}, got {edition[:_SHOWN]!r}"
        state = _one_of(_STATES, "state", cells, wrong)
        address_state = _one_of(_ADDRESS_STATES, "address_state", cells, wrong)
        instants = {name: self._instant(name, cells, wrong) for name in _INSTANTS if cells.get(name)}
        consent = clean(cells.get("consent", "")).strip()
        if not consent and not self._terms.vouched and state != "left":
            wrong["consent"] = _NO_CONSENT
        preferences = _preferences(cells, wrong) if self._chooses else _DEFAULT
        paused_until = _day("paused_until", cells, wrong)
        if wrong:
            return Refused(problems=tuple(self._problem(row.line, *each) for each in wrong.items()))
        return Listed(
            line=row.line,
            address=written,
            folded=folded,
            edition=edition,
            state=state,
            address_state=address_state,
            preferences=preferences,
            paused_until=paused_until if state == "paused" else None,
            consent=consent,
            consented_at=instants.get("consented_at"),
            confirmed_at=instants.get("confirmed_at"),
            left_at=instants.get("left_at"),
        )

    def _problem(self, line: int, field: str, problem: str) -> Problem:
        return Problem(file=self._file, line=line, field=field, problem=problem)

    def _instant(self, name: str, cells: Mapping[str, str], wrong: dict[str, str]) -> datetime | None:
        found = _instant_of(cells[name])
        if found is None:
            wrong[name] = f"expected an instant as 2026-05-03T07:00:00Z, or a day, got {cells[name][:_SHOWN]!r}"
        elif found > self._terms.now + _AHEAD:
            wrong[name] = f"expected an instant that is past, got {cells[name]!r}"
            return None
        return found


@lru_cache(maxsize=4096)  # many rows name the same day
def _instant_of(text: str) -> datetime | None:
    """Return the instant that a text names: a day is its beginning, and what names no zone is in UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(name: str, cells: Mapping[str, str], wrong: dict[str, str]) -> date | None:
    text = cells.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong[name] = f"expected a day as YYYY-MM-DD, got {text[:_SHOWN]!r}"
        return None


def _one_of(words: tuple[str, ...], name: str, cells: Mapping[str, str], wrong: dict[str, str]) -> str:
    """Return the word of a cell, or the first of *words* where it is empty."""
    text = cells.get(name)
    if not text:
        return words[0]
    text = text.lower()
    if text not in words:
        wrong[name] = f"expected {', '.join(words[:-1])} or {words[-1]}, got {text[:_SHOWN]!r}"
    return text


def _preferences(cells: Mapping[str, str], wrong: dict[str, str]) -> Preferences:
    get = cells.get
    found = _chosen(get("cadence", ""), get("weekday", ""), get("hour", ""), get("zone", ""), get("format", ""))
    if isinstance(found, WrongPreferences):
        wrong |= {
            field: f"{problem}, got {cells.get(field, '')[:_SHOWN]!r}" for field, problem in found.problems.items()
        }
        return _DEFAULT
    return found


_DEFAULT = Preferences()


@lru_cache(maxsize=4096)  # many readers choose the same
def _chosen(cadence: str, weekday: str, hour: str, zone: str, letter_format: str) -> Preferences | WrongPreferences:
    given = {
        "cadence": cadence.lower(),
        "weekday": weekday,
        "hour": hour,
        "zone": zone,
        "format": letter_format.lower(),
    }
    try:
        return preferences_of(given)
    except WrongPreferences as error:
        return error


def _in_utf_8(stream: io.BufferedReader[Any], file: str) -> io.BufferedReader[Any]:
    """Return a file's bytes as lines of UTF-8 or Windows-1252, whatever they were. Raises `InvalidList`."""
    head = stream.peek(_HEAD)
    if head.startswith(_UTF_16):
        return io.BufferedReader(_FromUtf16(stream))
    try:
        refuse_binary(head)
    except NotText as error:
        raise InvalidList(file, str(error)) from error
    return stream


class _FromUtf16(io.RawIOBase):
    """UTF-16 as UTF-8; what is broken in it becomes U+FFFD, which no address has."""

    def __init__(self, stream: io.BufferedReader[Any]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 -- whatever can be written to
        while not self._ready:
            raw = self._stream.read(_HEAD)
            self._ready = self._decoder.decode(raw, final=not raw).encode()
            if not raw:
                break
        some = self._ready[: len(buffer)]
        self._ready = self._ready[len(some) :]
        buffer[: len(some)] = some
        return len(some)
