"""The token in a form: that it was asked for a while ago, and not too long ago, as by a person who fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.errors import NewsletterError
from newsletter.tokens import InvalidToken, Keyring, Purpose

#: Nobody types an address in less.
SHORTEST = timedelta(seconds=2)
_MILLISECONDS = 6


class TooSoon(NewsletterError):
    """A form came back faster than anybody fills it in."""

    def __init__(self) -> None:
        super().__init__(f"that was very fast: please wait {SHORTEST.seconds} seconds, and send it once more")


@dataclass(frozen=True, slots=True)
class Forms:
    """Signs what goes out with a form, and believes it again when the form comes back in good time."""

    keys: Keyring

    def token(self, now: datetime) -> str:
        """Return the token of a form that is shown at *now*."""
        return self.keys.seal(Purpose.FORM, int(now.timestamp() * 1000).to_bytes(_MILLISECONDS), now)

    def check(self, token: str, now: datetime) -> None:
        """Raise `TooSoon`, `ExpiredToken` or `InvalidToken` for a form that nobody filled in just now."""
        shown_at = self.keys.open(Purpose.FORM, token, now)
        if len(shown_at) != _MILLISECONDS:
            raise InvalidToken
        if now.timestamp() * 1000 < int.from_bytes(shown_at) + SHORTEST.total_seconds() * 1000:
            raise TooSoon
