"""
Near-duplicates: entries that may be one another told twice.

An index of compact traces, so that an import of 100,000 entries can be held against an archive of
as many in seconds and some tens of megabytes. What it finds is for an editor to judge.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from uuid import UUID
from zlib import crc32

from rapidfuzz.distance import Indel

from newsletter.imports.identity import said
from newsletter.models import Entry, Kind, PartialDate
from newsletter.text import slugify

_IN_BRACKETS = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"\w+")
#: Words compared of a text; what follows them can't tell two entries apart that begin alike.
_LONGEST_TEXT = 150
#: From this share of words in common, in their order, texts are nearly the same; and where the
#: entries' places or days tell them apart already, from this one.
NEARLY_THE_SAME, NEARLY_THE_SAME_ELSEWHERE = 0.9, 0.97
_PHRASE = 5  # words
_PHRASES = 4  # kept of each text: its beginning, its end, and two by their hash
#: A key that more entries have in common says nothing: it is a turn of phrase, or a table's template.
_MOST_CANDIDATES = 16
_MOST_NEAR = 5
_UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is compared of an entry."""

    uid: UUID
    slug: str
    kind: Kind
    body: str
    event_date: PartialDate | None = None
    country: str | None = None
    place: str | None = None
    killed: int | None = None
    killed_most: int | None = None
    injured: int | None = None

    @classmethod
    def of(cls, entry: Entry) -> Seen:
        """Return what is compared of *entry*."""
        return cls(
            uid=entry.uid,
            slug=entry.slug,
            kind=entry.kind,
            body=entry.body,
            event_date=entry.event_date,
            country=entry.country,
            place=entry.place,
            killed=entry.killed,
            killed_most=entry.killed_most,
            injured=entry.injured,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An entry that another one is like, and why, in words."""

    uid: UUID
    slug: str
    why: str


class Likeness:
    """The entries seen so far, and which of them another one is like."""

    def __init__(self) -> None:
        self._slugs: list[str] = []
        self._uid_bytes = bytearray()
        self._uids, self._said, self._days = _Chains(1), _Chains(1), _Chains(1)
        self._phrases = _Chains(_PHRASES)
        self._words, self._ends = array("H"), array("q", [0])
        self._facts = array("i")  # of each entry, in the order of `_Trace.facts`
        self._last: tuple[Seen, _Trace] | None = None

    def __len__(self) -> int:
        """Return how many entries have been added."""
        return len(self._slugs)

    def add(self, seen: Seen) -> None:
        """Remember an entry."""
        trace = self._trace(seen)
        self._slugs.append(seen.slug)
        self._uid_bytes += seen.uid.bytes
        self._uids.add(_key(seen.uid.bytes))
        self._said.add(trace.said)
        self._days.add(trace.day)
        self._phrases.add(*trace.phrases)
        self._facts.extend(trace.facts)
        self._words.extend(trace.words)
        self._ends.append(len(self._words))

    def known(self, seen: Seen) -> str | None:
        """Return the slug of the entry that *seen* is: of the same uid, or the same kind, text, date and place."""
        for number in self._uids.under(_key(seen.uid.bytes)):
            if self._uid(number) == seen.uid:
                return self._slugs[number]
        return next((self._slugs[number] for number in self._said.under(self._trace(seen).said)), None)

    def like(self, seen: Seen) -> list[Near]:
        """
        Return the entries that *seen* may be told twice with, the surest first, five at most.

        Same kind, place and day; or same place and toll with only the year differing; or nearly
        the same text. The entry itself is left out.
        """
        trace = self._trace(seen)
        found: dict[int, str] = {}
        for number in self._days.under(trace.day):
            why = self._same_event(seen, trace, number)
            if why:
                found[number] = why
        for number in self._phrases.under(*trace.phrases):
            share = 0.0 if number in found else self._alike(trace, number)
            if share:
                found[number] = f"nearly the same text: {share:.0%} of the words"
        others = ((number, why) for number, why in found.items() if self._uid(number) != seen.uid)
        return [
            Near(uid=self._uid(number), slug=self._slugs[number], why=why) for number, why in islice(others, _MOST_NEAR)
        ]

    def _trace(self, seen: Seen) -> _Trace:
        """Return the trace of *seen*, made once for looking up and adding."""
        if self._last is None or self._last[0] is not seen:
            self._last = seen, _Trace(seen)
        return self._last[1]

    def _uid(self, number: int) -> UUID:
        return UUID(bytes=bytes(self._uid_bytes[16 * number : 16 * number + 16]))

    def _same_event(self, seen: Seen, trace: _Trace, number: int) -> str | None:
        """Say why the entry *number*, of the same place, month and day, may be the same event, if it may."""
        kind, country, year, has_day, *toll = self._facts[_FACTS * number : _FACTS * (number + 1)]
        own_kind, own_country, own_year, own_day, *own_toll = trace.facts
        if _UNKNOWN not in (country, own_country) and country != own_country:
            return None
        if year == own_year:
            same = kind == own_kind and has_day and own_day
            return f"same place and day: {seen.place}, {seen.event_date}" if same else None
        if not _same_toll(toll, own_toll):
            return None
        return f"same place ({seen.place}) and toll ({_in_words(seen)}), only the year differs: {year}, here {own_year}"

    def _alike(self, trace: _Trace, number: int) -> float:
        """Return the share of words in common with the entry *number*, or 0 if they are too few."""
        start, end = self._ends[number], self._ends[number + 1]
        shorter, longer = sorted((end - start, len(trace.words)))
        if shorter < longer * 0.8:  # not even all of the shorter text makes nine words in ten
            return 0.0
        day = self._days.key_of(number)
        told_apart = day is not None and trace.day is not None and day != trace.day
        least = NEARLY_THE_SAME_ELSEWHERE if told_apart else NEARLY_THE_SAME
        return Indel.normalized_similarity(trace.words, self._words[start:end], score_cutoff=least)


class _Trace:
    """What is kept of an entry: keys (equal ones make two entries candidates), words and figures."""

    __slots__ = ("day", "facts", "phrases", "said", "words")

    def __init__(self, seen: Seen) -> None:
        place = slugify(_IN_BRACKETS.sub("", seen.place or "").split(",", maxsplit=1)[0])
        when = seen.event_date
        self.said = _key(said(seen.kind, seen.body, when, seen.country, seen.place).encode())
        self.day = _key(f"{place}|{when.month}|{when.day}".encode()) if place and when else None
        hashes = _word_hashes(seen.body)
        self.words = array("H", [word & 0xFFFF for word in hashes])
        self.phrases = _phrases(hashes)
        self.facts = (
            list(Kind).index(seen.kind),
            int.from_bytes(seen.country.encode()[:3]) if seen.country else _UNKNOWN,
            when.year if when else _UNKNOWN,
            int(bool(when and when.day)),
            *(_UNKNOWN if figure is None else figure for figure in (seen.killed, seen.killed_most, seen.injured)),
        )


_FACTS = 7  # figures in `_Trace.facts`


class _Chains:
    """
    Entries by key, in arrays: each bucket is the chain of the links that were added to it.

    An entry has as many links as it has keys. Newer entries come first.
    """

    _BUCKETS = 1 << 18

    def __init__(self, keys: int) -> None:
        self._keys_each = keys
        self._heads = array("i", [_UNKNOWN]) * self._BUCKETS
        self._next = array("i")
        self._keys = array("Q")
        self._sizes = array("i", [0]) * self._BUCKETS

    def add(self, *keys: int | None) -> None:
        """Add the next entry under its *keys*, `None` for those that it hasn't."""
        for key in keys:
            bucket = (key or 0) % self._BUCKETS
            self._next.append(self._heads[bucket] if key else _UNKNOWN)
            if key:
                self._heads[bucket] = len(self._keys)
                self._sizes[bucket] += 1
            self._keys.append(key or 0)

    def key_of(self, number: int) -> int | None:
        """Return the entry's first key."""
        return self._keys[self._keys_each * number] or None

    def under(self, *keys: int | None) -> Iterator[int]:
        """Yield the entries that have one of *keys*, the newest first; none of a key that many have."""
        for key in filter(None, keys):
            bucket = key % self._BUCKETS
            if self._sizes[bucket] > _MOST_CANDIDATES:
                continue
            link = self._heads[bucket]
            while link != _UNKNOWN:
                if self._keys[link] == key:
                    yield link // self._keys_each
                link = self._next[link]


def _same_toll(one: list[int], other: list[int]) -> bool:
    """Say whether two tolls (killed, killed at most, injured) are the same, as far as both are known."""
    killed, others_killed = ({figure for figure in toll[:2] if figure != _UNKNOWN} for toll in (one, other))
    if killed and others_killed:
        return bool(killed & others_killed - {0}) and (one[2] == other[2] or _UNKNOWN in (one[2], other[2]))
    return one[2] == other[2] and one[2] > 0


def _in_words(seen: Seen) -> str:
    figures = ((seen.killed, "killed"), (seen.injured, "injured"))
    return ", ".join(f"{figure} {what}" for figure, what in figures if figure is not None)


def _word_hashes(text: str) -> list[int]:
    """Return a hash of 32 bits for each word, the same in every process."""
    words = _WORD.findall(text.casefold())[:_LONGEST_TEXT]
    return list(map(crc32, " ".join(words).encode("utf-8", "replace").split(b" ")))


def _phrases(words: list[int]) -> tuple[int | None, ...]:
    """Return the keys of a text: its beginning, its end, and the phrases of the lowest hashes."""
    if len(words) <= _PHRASE:
        return (_key(repr(words).encode()), *[None] * (_PHRASES - 1)) if words else (None,) * _PHRASES
    parts = [words[offset : len(words) - _PHRASE + 1 + offset] for offset in range(_PHRASE)]
    hashes = [
        a ^ b << 7 ^ c << 14 ^ d << 21 ^ e << 28  # 60 bits
        for a, b, c, d, e in zip(*parts, strict=True)
    ]
    lowest = sorted(set(hashes))[: _PHRASES - 2]
    return (hashes[0] ^ 1 << 62, hashes[-1] ^ 1 << 61, *lowest, *[None] * (_PHRASES - 2 - len(lowest)))


def _key(data: bytes) -> int:
    """Return a key of 64 bits, the same in every process, never 0."""
    return int.from_bytes(blake2b(data, digest_size=8).digest()) or 1
