"""How fast mail goes out: in all, and to a domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.settings.values import Rate


class Bucket:
    """
    Lets through so many messages in so much time, evenly: at once no more than a second's worth.

    Instants are seconds of a steady clock.
    """

    def __init__(self, rate: Rate, at: float) -> None:
        self._each = rate.time.total_seconds() / rate.number
        self._room = max(1.0, 1 / self._each)
        self._left = self._room
        self._at = at

    def take(self, at: float) -> bool:
        """Let one message through at *at*, if it may go."""
        self._left = min(self._room, self._left + (at - self._at) / self._each)
        self._at = at
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def wait(self) -> float:
        """Return in how many seconds the next one may go."""
        return max(0.0, (1 - self._left) * self._each)


class Pace:
    """The rates that a run keeps: *in_all*, and by domain."""

    def __init__(self, in_all: Rate | None, domains: Mapping[str, Rate], at: float) -> None:
        self._in_all = Bucket(in_all, at) if in_all else None
        self._domains = {domain: Bucket(rate, at) for domain, rate in domains.items()}

    def may_go(self, at: float) -> bool:
        """Take one of what goes in all."""
        return self._in_all is None or self._in_all.take(at)

    def wait(self) -> float:
        """Return in how many seconds the next one may go."""
        return self._in_all.wait() if self._in_all else 0.0

    def wait_for(self, domain: str, at: float) -> timedelta | None:
        """Take one of what goes to *domain*; return how long it has to wait instead, if so."""
        bucket = self._domains.get(domain)
        if bucket is None or bucket.take(at):
            return None
        return timedelta(seconds=bucket.wait())
