"""Whose a message is: only a token of ours that stands in it proves that, wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from newsletter.delivery.feedback.parts import Part, headers_of
from newsletter.delivery.verp import leaving, opened
from newsletter.tokens import InvalidToken, Keyring, Purpose

#: An address of ours: its mailbox has a token of 32 letters and digits.
_ADDRESSES = {
    letter: re.compile(rf"(?<![\w.+=-]){letter}\+[a-z2-7]{{20,62}}@[a-z0-9_.-]{{1,253}}".encode(), re.IGNORECASE)
    for letter in "bu"
}
_LINK = re.compile(r"/unsubscribe/([A-Za-z0-9_-]{20,400})(?![\w-])", re.ASCII)
#: Headers that tell to whom a message came, as mail servers and mailboxes write them.
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")
#: Parts that bring our own message back, or its headers.
_RETURNED = frozenset(["message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"])
#: How many addresses are tried.
_MOST = 50


@dataclass(frozen=True, slots=True)
class Proof:
    """Who sent us out on what: a reader's subscription and a mailing (0 for a letter)."""

    reader: UUID
    mailing_id: int = 0


@dataclass(frozen=True, slots=True)
class Ours:
    """What opens our tokens: the keys, the domain that mail comes back to (if there is one), and the instant it is."""

    keys: Keyring
    domain: str | None
    now: datetime

    def bounced(self, mail: bytes) -> Proof | None:
        """Return whose mail came back, by the first address that we made for that, wherever it stands in *mail*."""
        for address in _addresses("b", mail):
            found = opened(self.keys, address, self.domain, self.now) if self.domain else None
            if found is not None:
                return Proof(*found)
        return None

    def leaves(self, message: Part) -> Proof | None:
        """Return who leaves by this mail: it was sent to an address that we made for them to leave by."""
        return self._leaving(_addresses("u", _recipients(message)))

    def complained(self, parts: Sequence[Part]) -> Proof | None:
        """Return whose mail a complaint brings back, by the links to leave in its headers."""
        for part in parts:
            if part.kind in _RETURNED:
                # Folded and filled as it may be, a link has no space in it.
                written = "".join(str(headers_of(part.decoded()).get("list-unsubscribe", ""))[:4_000].split())
                found = self._leaving(_addresses("u", written.encode("utf-8", "replace"))) or self._linked(written)
                if found is not None:
                    return found
        return None

    def is_forged(self, message: Part) -> bool:
        """Say whether a message whose token did not prove anything came to an address such as we make."""
        to = _recipients(message)
        return any(_addresses(letter, to) for letter in _ADDRESSES) and self.leaves(message) is None

    def _leaving(self, addresses: Sequence[str]) -> Proof | None:
        for address in addresses:
            reader = leaving(self.keys, address, self.domain, self.now) if self.domain else None
            if reader is not None:
                return Proof(reader)
        return None

    def _linked(self, text: str) -> Proof | None:
        for token in islice(_LINK.findall(text), _MOST):
            for read in (self.keys.open_from_mail, self.keys.open):
                with suppress(InvalidToken, ValueError):
                    return Proof(UUID(bytes=read(Purpose.UNSUBSCRIBE, token, self.now)))
        return None


def _recipients(message: Part) -> bytes:
    return "\n".join(value for name in _RECIPIENTS for value in message.every(name)).encode("utf-8", "replace")


def _addresses(letter: str, text: bytes) -> list[str]:
    found = (match[0].decode("ascii") for match in _ADDRESSES[letter].finditer(text))
    return list(islice(dict.fromkeys(found), _MOST))
