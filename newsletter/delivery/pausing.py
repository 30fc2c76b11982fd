"""A pause of all sending, because mail was refused for a fault of ours: a human ends it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from newsletter.store.engine import remember, remembered

_PAUSE = "sending_paused"
_WARM_UP = "warm_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Since when nothing is sent, and what was said."""

    since: datetime
    reason: str


def pause(connection: Connection, reason: str, now: datetime) -> None:
    """Send nothing any more; a pause that stands stays as it is."""
    if find_pause(connection) is None:
        remember(connection, _PAUSE, json.dumps({"since": now.isoformat(), "reason": reason}))


def find_pause(connection: Connection) -> Pause | None:
    """Return the pause that stands, if one does."""
    kept = remembered(connection, _PAUSE)
    if not kept:
        return None
    told = json.loads(kept)
    return Pause(since=datetime.fromisoformat(told["since"]), reason=told["reason"])


def go_on(connection: Connection) -> bool:
    """End the pause; say whether there was one."""
    stood = find_pause(connection) is not None
    if stood:
        remember(connection, _PAUSE, "")
    return stood


# Warming up: a new sender's first days.


def left_to_warm_up(connection: Connection, first_day: int, today: date) -> int:
    """
    Return how many messages may still go out *today* (in UTC), of *first_day* on the first day that mail was sent.

    Each day after it takes twice as many as the one before.
    """
    warmth = _warmth(connection, today)
    return max(0, first_day * (1 << min((today - warmth.since).days, 30)) - warmth.sent)


def count_warm_up(connection: Connection, today: date, number: int) -> None:
    """Count what went out *today*."""
    warmth = _warmth(connection, today)
    kept = {"since": warmth.since.isoformat(), "day": today.isoformat(), "sent": warmth.sent + number}
    remember(connection, _WARM_UP, json.dumps(kept))


class _Warmth(NamedTuple):
    """The first day that mail was sent, and how much was sent today."""

    since: date
    sent: int


def _warmth(connection: Connection, today: date) -> _Warmth:
    kept = remembered(connection, _WARM_UP)
    if not kept:
        return _Warmth(today, 0)
    told = json.loads(kept)
    return _Warmth(date.fromisoformat(told["since"]), told["sent"] if told["day"] == today.isoformat() else 0)
