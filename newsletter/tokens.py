"""
Tokens: what we sign and send out, and believe again when it comes back.

A token says what it is for and about whom; only whoever has the key can make one. Its purpose is part of what is
signed, so that a bounce's token unsubscribes nobody. Keys rotate: each token names its key, and an old key is
believed for as long as it is kept, since a link to unsubscribe must work for years.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256

from newsletter.errors import NewsletterError

#: Bytes of a key's name, of an instant in seconds, and of a signature: 128 bits can't be guessed.
_NAME, _INSTANT, _SIGNATURE = 3, 5, 16
#: A token longer than this is none of ours.
_LONGEST = 400


class Purpose(StrEnum):
    """What a token is for. What has a lifetime says until when it is believed."""

    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    ADDRESS = "address"
    FORM = "form"
    CURSOR = "cursor"

    @property
    def lifetime(self) -> timedelta | None:
        """How long a token of this purpose is believed; `None`: for as long as its key is kept."""
        return _LIFETIMES.get(self)


_LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.PREFERENCES: timedelta(hours=1),
    Purpose.ADDRESS: timedelta(days=7),
    Purpose.FORM: timedelta(hours=12),
}


class InvalidToken(NewsletterError):
    """This is no token of ours, or not one for this."""

    def __init__(self) -> None:
        super().__init__("this link is not complete: please copy all of it from the mail")


class ExpiredToken(NewsletterError):
    """This token was ours, and is not believed any more."""

    def __init__(self) -> None:
        super().__init__("this link has expired: please ask for a new one")


class Keyring:
    """
    The keys that tokens are signed with: the first signs, all are believed.

    Raises `ValueError` where there is none, or one has fewer than 32 bytes.
    """

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._secrets = {_name(secret): secret for secret in secrets}
        if not self._secrets or min(map(len, self._secrets.values())) < sha256().digest_size:
            message = f"expected keys of at least {sha256().digest_size} bytes"
            raise ValueError(message)
        self._signing = next(iter(self._secrets))

    def seal(self, purpose: Purpose, subject: bytes, now: datetime) -> str:
        """Return a token about *subject* in letters that an address takes (RFC 4648, 5), signed at *now*."""
        return _written(self._sealed(purpose, subject, now))

    def seal_for_mail(self, purpose: Purpose, subject: bytes, now: datetime) -> str:
        """Return a token as `seal` does, in small letters and digits: mail servers may change a mailbox's case."""
        return _written_for_mail(self._sealed(purpose, subject, now))

    def open(self, purpose: Purpose, token: str, now: datetime) -> bytes:
        """Return what a token is about; raise `InvalidToken` for one that we did not make for this, `ExpiredToken`."""
        if len(token) > _LONGEST:
            raise InvalidToken
        return self._opened(purpose, _read(token), now)

    def open_from_mail(self, purpose: Purpose, token: str, now: datetime) -> bytes:
        """Return what a token of `seal_for_mail` is about; raise as `open` does."""
        if len(token) > _LONGEST:
            raise InvalidToken
        try:
            sealed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except (binascii.Error, ValueError):
            raise InvalidToken from None
        if _written_for_mail(sealed) != token.lower():
            raise InvalidToken
        return self._opened(purpose, sealed, now)

    def _sealed(self, purpose: Purpose, subject: bytes, now: datetime) -> bytes:
        until = b""
        if purpose.lifetime is not None:
            until = int((now + purpose.lifetime).timestamp()).to_bytes(_INSTANT)
        told = self._signing + until + subject
        return told + _signature(self._secrets[self._signing], purpose, told)

    def _opened(self, purpose: Purpose, sealed: bytes, now: datetime) -> bytes:
        told, signature = sealed[:-_SIGNATURE], sealed[-_SIGNATURE:]
        # A key that is not there is tried all the same: a stranger learns nothing from the time that it takes.
        secret = self._secrets.get(told[:_NAME], b"")
        if not hmac.compare_digest(_signature(secret, purpose, told), signature) or not secret:
            raise InvalidToken
        subject = told[_NAME:]
        if purpose.lifetime is None:
            return subject
        if int.from_bytes(subject[:_INSTANT]) < now.timestamp():
            raise ExpiredToken
        return subject[_INSTANT:]


@cache
def _name(secret: bytes) -> bytes:
    """Return the name of a key, which says nothing of it."""
    return hmac.digest(secret, b"name", "sha256")[:_NAME]


@cache
def _key_of(secret: bytes, purpose: Purpose) -> bytes:
    """Return a key of the purpose's own: what is signed for one can't be a signature for another."""
    return hmac.digest(secret, purpose.encode(), "sha256")


def _signature(secret: bytes, purpose: Purpose, told: bytes) -> bytes:
    return hmac.digest(_key_of(secret, purpose), told, "sha256")[:_SIGNATURE]


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _written_for_mail(sealed: bytes) -> str:
    return base64.b32encode(sealed).decode().rstrip("=").lower()


def _read(token: str) -> bytes:
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken from None
    # One token, one spelling: what the last letter says besides is nothing of ours.
    if _written(sealed) != token:
        raise InvalidToken
    return sealed
