"""
DKIM: mail signed by the domain that it is from (RFC 6376), with RSA and with Ed25519 (RFC 8463).

The same mail, instant and keys give the same bytes, so that a retry repeats what was sent. Canonicalisation is our
own and by whole messages, since it is paid for every reader: dkimpy's takes longer than the signature of Ed25519.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from newsletter.settings.values import DkimKey

#: Bits of an RSA key: fewer than these nobody accepts (RFC 8301, 3.2), fewer than those the large providers mistrust.
_FEWEST_BITS, _ENOUGH_BITS = 1024, 2048
#: What a signature stands for, beside the body, in this order.
_SIGNED = (
    *("from", "reply-to", "to", "cc", "subject", "date", "message-id"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-language", "auto-submitted"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-subscribe", "list-archive", "list-help"),
    *("list-owner", "list-post", "archived-at", "precedence", "feedback-id"),
)
#: Signed once more than they are there: nobody may add another (RFC 6376, 8.15).
_ALONE = frozenset((*_SIGNED[:10], "list-unsubscribe", "list-unsubscribe-post"))
_PADDING, _HASH = PKCS1v15(), SHA256()
_WIDTH = 76
_DOMAIN = re.compile(r"@([A-Za-z0-9.-]+)\Z")
_FOLD = re.compile(rb"\r\n(?=[ \t])")


class UnusableDkimKey(NewsletterError):
    """A file of `DAILY_DOSE_DKIM_KEYS` holds no key that mail can be signed with."""

    def __init__(self, key: DkimKey, why: str) -> None:
        super().__init__(
            f"DAILY_DOSE_DKIM_KEYS: expected a private key in PEM in {key.file}, RSA of at least {_FEWEST_BITS} bits "
            f"or Ed25519, got {why}: make one with `openssl genrsa -out {key.file} {_ENOUGH_BITS}`"
        )
        self.key = key


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, and what its public half is published as."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def name(self) -> str:
        """The key's kind, as records and signatures have it."""
        return "rsa" if isinstance(self.private, RSAPrivateKey) else "ed25519"

    @property
    def record(self) -> str:
        """The text of its DNS record (RFC 6376, 3.6.1)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={self.name}; p={base64.b64encode(raw).decode()}"

    def sign(self, told: bytes) -> bytes:
        """Return the signature of *told*, in base64."""
        if isinstance(self.private, RSAPrivateKey):
            return base64.b64encode(self.private.sign(told, _PADDING, _HASH))
        return base64.b64encode(self.private.sign(sha256(told).digest()))


class Signer:
    """
    Signs mail with *keys*, by the domain that it is from; without keys it signs nothing: the relay may.

    *domain* is the sender's, whose `records` are to be published. An edition with a sender at another domain is signed
    by that, which must publish the same: a signature of any other domain proves nothing of a From (DMARC). Raises
    `UnusableDkimKey`.
    """

    def __init__(self, keys: Iterable[DkimKey], domain: str) -> None:
        self.domain = domain.lower()
        self._keys = {key.selector: _Key(key.selector, _read(key)) for key in keys}

    @property
    def selectors(self) -> tuple[str, ...]:
        """The names of the keys that sign now, to be kept with a delivery."""
        return tuple(self._keys)

    @property
    def weak(self) -> tuple[str, ...]:
        """The names of keys that sign, but are shorter than the large providers ask for."""
        return tuple(
            key.selector
            for key in self._keys.values()
            if isinstance(key.private, RSAPrivateKey) and key.private.key_size < _ENOUGH_BITS
        )

    def records(self) -> dict[str, str]:
        """Return what the domain must publish: the text of a TXT record by the record's name."""
        return {f"{key.selector}._domainkey.{self.domain}": key.record for key in self._keys.values()}

    def sign(
        self, mail: bytes, *, at: datetime, selectors: Sequence[str] | None = None, leave: str | None = None
    ) -> bytes:
        """
        Return *mail*, whose lines end in CR LF, with a signature of each key before it.

        *at* is the delivery's own instant. *selectors* are those that signed at the first attempt; where their keys
        are gone, today's sign. Given the reader's token (*leave*), what the readers of a mailing have in common is
        worked on once for all.
        """
        keys = [key for key in self._keys.values() if selectors is None or key.selector in selectors]
        if not (keys := keys or list(self._keys.values())):
            return mail
        head, _, body = mail.partition(b"\r\n\r\n")
        names, told = _relaxed_head(head)
        domain = _domain(told[: told.find(b"\r\n")]) or self.domain
        body_hash = base64.b64encode(sha256(relaxed_body(body, leave)).digest())
        stamp = int(at.timestamp())
        lines = []
        for key in keys:
            written, canonical = _form(key.selector, f"{key.name}-sha256", domain, names)
            signature = key.sign(told + canonical % (stamp, body_hash))
            lines += [written % (stamp, body_hash), *_broken(signature)]
        return b"".join(lines) + mail


def relaxed_body(body: bytes, leave: str | None = None) -> bytes:
    """Return a *body* in relaxed form (RFC 6376, 3.4.4); *leave* is a word in it that differs per reader."""
    if leave:
        word = leave.encode("ascii")
        body = word.join([_relaxed_part(part) for part in body.split(word)])
    else:
        body = _relaxed(body)
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return b"" if body == b"\r\n" else body


def relaxed_header(field: bytes) -> bytes:
    """Return a header *field* in relaxed form (RFC 6376, 3.4.2), with its line's end."""
    name, _, value = field.replace(b"\r\n", b"").partition(b":")
    words = value.replace(b"\t", b" ").split(b" ")
    return name.lower().strip() + b":" + b" ".join([word for word in words if word]) + b"\r\n"


def _relaxed(lines: bytes) -> bytes:
    """Return *lines* with one space for each run of white space, and none at the end of a line."""
    lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")


#: Few mailings run at once, each with a handful of parts.
_relaxed_part = lru_cache(maxsize=32)(_relaxed)


def _relaxed_head(head: bytes) -> tuple[tuple[str, ...], bytes]:
    """Return the names of the headers to sign, and those headers in relaxed form."""
    fields = [_field(line) for line in _FOLD.sub(b"", head).split(b"\r\n")]
    names, places = _order(tuple([name for name, _ in fields]))
    return names, b"".join([fields[place][1] for place in places])


@lru_cache(maxsize=256)  # most are the same for all readers
def _field(line: bytes) -> tuple[str, bytes]:
    """Return a header's name, and the header in relaxed form."""
    relaxed = relaxed_header(line)
    return relaxed.partition(b":")[0].decode("latin-1"), relaxed


@lru_cache(maxsize=32)
def _order(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """
    Return the names of the headers to sign, and where among *names* each that is there stands.

    Of several of a name the last comes first (RFC 6376, 5.4.2).
    """
    signed: list[str] = []
    places: list[int] = []
    for name in _SIGNED:
        found = [place for place, other in enumerate(names) if other == name]
        signed += [name] * (len(found) + (name in _ALONE))
        places += reversed(found)
    return tuple(signed), tuple(places)


@lru_cache(maxsize=32)
def _domain(sender: bytes) -> str | None:
    """Return the domain of a From in relaxed form, in letters that a signature can name; `None` for no From."""
    name, _, value = sender.decode("latin-1").partition(":")
    found = _DOMAIN.search(parseaddr(value)[1]) if name == "from" else None
    return found[1].lower() if found else None


@lru_cache(maxsize=256)
def _form(selector: str, algorithm: str, domain: str, names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return a signature's header up to its last value, as it is written and in relaxed form; instant and hash lack."""
    listed = ["h=" + names[0]]
    for name in names[1:]:
        if len(listed[-1]) + len(name) > _WIDTH:
            listed.append("")
        listed[-1] += f":{name}"
    written = "\r\n ".join(
        [
            f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={domain};",
            f"s={selector}; t=%d;",
            *listed[:-1],
            f"{listed[-1]};",
            "bh=%b;",
            "b=",
        ]
    ).encode("ascii")
    return written, relaxed_header(written).removesuffix(b"\r\n")


def _broken(signature: bytes) -> list[bytes]:
    """Return what stands behind a signature's last `=`, in lines that end."""
    lines = [signature[at : at + _WIDTH - 1] for at in range(0, len(signature), _WIDTH - 1)]
    return [b"\r\n ".join([b"", *lines]), b"\r\n"]


def _read(key: DkimKey) -> RSAPrivateKey | Ed25519PrivateKey:
    """Return the key in a file; raise `UnusableDkimKey`."""
    try:
        private = load_pem_private_key(Path(key.file).read_bytes(), password=None)
    except TypeError:
        raise UnusableDkimKey(key, "one that a password locks") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableDkimKey(key, "something else") from None
    except OSError as error:
        raise UnusableDkimKey(key, f"no file that can be read ({error.strerror})") from error
    if isinstance(private, RSAPrivateKey) and private.key_size < _FEWEST_BITS:
        raise UnusableDkimKey(key, f"RSA of {private.key_size}")
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise UnusableDkimKey(key, "a key of another kind")
    return private
