"""
Cursors: where a list goes on, signed, so that none but ours is believed, and each only where it was given.

They say nothing that is not public, and name no instant: the same state of the archive gives the same cursor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from newsletter.archive.walking import Mark
from newsletter.tokens import InvalidToken, Keyring, Purpose

#: Bytes of a hash that say where a cursor was given.
_WHERE = 6
#: A cursor is believed for as long as its key is kept: it has no instant.
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
#: What makes another page of the same list, and no other list.
_PAGING = frozenset({"cursor", "limit"})

Place = Sequence[str | int | None]


@dataclass(frozen=True, slots=True)
class Cursors:
    """Signs and believes the cursors of one list: of one operation, asked for the same."""

    keys: Keyring
    where: bytes

    @classmethod
    def of(cls, keys: Keyring, operation: str, asked: Mapping[str, str]) -> Cursors:
        """Return the cursors of what is *asked* of an operation."""
        named = [operation, sorted((name, text) for name, text in asked.items() if name not in _PAGING)]
        return cls(keys, hashlib.sha256(json.dumps(named).encode()).digest()[:_WHERE])

    def sealed(self, place: Place) -> str:
        """Return the cursor of a place."""
        told = json.dumps(place, separators=(",", ":"), ensure_ascii=False).encode()
        return self.keys.seal(Purpose.CURSOR, self.where + told, _ALWAYS)

    def opened(self, cursor: str) -> Place:
        """Return the place that a cursor is of; raise `InvalidToken` for one that was not given here."""
        told = self.keys.open(Purpose.CURSOR, cursor, _ALWAYS)
        if told[:_WHERE] != self.where:
            raise InvalidToken
        place: Place = json.loads(told[_WHERE:])
        return place


def place_of(mark: Mark) -> Place:
    """Return a walk's mark as a cursor keeps it."""
    given = f"{mark.given:x}" if mark.given is not None else None
    return [
        mark.began,
        mark.day.toordinal() if mark.day else None,
        mark.event,
        mark.uid.hex if mark.uid and not mark.day else None,
        given,
    ]


def mark_of(place: Place) -> Mark:
    """Return a walk's mark from a cursor."""
    began, day, event, uid, given = place
    return Mark(
        began=int(began or 0),
        day=date.fromordinal(int(day)) if day else None,
        event=int(event or 0),
        uid=UUID(hex=str(uid)) if uid else None,
        given=int(str(given), 16) if given is not None else None,
    )
