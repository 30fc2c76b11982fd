"""
Answers: what stands under an address, and how a request is answered with it.

Pure. Conditional requests are RFC 9110, 13: `If-None-Match` wins over `If-Modified-Since`, and
tags are compared weakly, with what proxies put on them (`W/`, `-gzip`) taken off: a strong tag
for each encoding is what the RFC wants, one tag for both is what clients then need to be told
that nothing changed. A `Range` is ignored, which any server may do.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]

#: What is smaller gains nothing by being packed.
_WORTH_PACKING = 500
#: What has been packed as it was made.
_PACKED_ALREADY = frozenset(["image/png"])
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_ENCODED = re.compile(r"(?:[-;](?:gzip|br|zstd|deflate))+$")
_NO_QUALITY = re.compile(r"0(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks of the answer."""

    if_none_match: str | None = None
    if_modified_since: str | None = None
    accept_encoding: str = ""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> Asked:
        """Read the headers of an ASGI scope; a header that comes twice is one list (RFC 9110, 5.3)."""
        given: dict[bytes, str] = {}
        for name, value in headers:
            if name in _READ:
                text = value.decode("latin-1")
                given[name] = f"{given[name]}, {text}" if name in given else text
        return cls(
            if_none_match=given.get(b"if-none-match"),
            if_modified_since=given.get(b"if-modified-since"),
            accept_encoding=given.get(b"accept-encoding", ""),
        )


_READ = frozenset((b"if-none-match", b"if-modified-since", b"accept-encoding"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    Bytes that stand under an address, packed once, and what HTTP says of them.

    What is packed is kept so alone, since nearly everybody takes it so; *plain* is what is not worth it. *sha256* is of
    the bytes unpacked. *last_modified* is in whole seconds, UTC. *headers* are its own; caching is said in
    *cache_control* unless who answers knows better.
    """

    media_type: str
    sha256: str
    plain: bytes | None = None
    packed: bytes | None = None
    status: int = 200
    last_modified: datetime | None = None
    cache_control: str = "no-cache"
    headers: Headers = ()

    @classmethod
    def of(
        cls,
        body: bytes,
        media_type: str,
        *,
        status: int = 200,
        last_modified: datetime | None = None,
        cache_control: str = "no-cache",
        headers: Headers = (),
    ) -> Answer:
        """Make an answer of *body*; the same bytes are packed to the same bytes in any process."""
        packs = len(body) >= _WORTH_PACKING and media_type not in _PACKED_ALREADY
        packed = gzip.compress(body, 9, mtime=0) if packs else None
        return cls(
            media_type=media_type,
            sha256=hashlib.sha256(body).hexdigest(),
            plain=body if packed is None else None,
            packed=packed,
            status=status,
            last_modified=last_modified,
            cache_control=cache_control,
            headers=headers,
        )

    @property
    def body(self) -> bytes:
        """The bytes as they are, unpacked for who asks so."""
        return gzip.decompress(self.packed) if self.packed is not None else self.plain or b""

    @property
    def size(self) -> int:
        """How many bytes it keeps in memory."""
        return len(self.plain or b"") + len(self.packed or b"")


class Reply(NamedTuple):
    """What goes out: status, headers and body, of which a HEAD sends no body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def reply(answer: Answer, asked: Asked, now: datetime, cache_control: str | None = None) -> Reply:
    """Answer a GET or HEAD at the instant *now*, with 304 where the client has what stands there."""
    headers = list(answer.headers)
    headers.append((b"cache-control", (cache_control or answer.cache_control).encode()))
    encoded = False
    if answer.packed is not None:
        headers.append((b"vary", b"Accept-Encoding"))
        encoded = takes_gzip(asked.accept_encoding)
    if answer.status == 200:  # noqa: PLR2004 -- conditions are about what is there
        headers.append((b"etag", f'"{answer.sha256}{"-gzip" if encoded else ""}"'.encode()))
        if answer.last_modified is not None:
            # Never later than the answer's own Date (RFC 9110, 8.8.2.1).
            shown = min(answer.last_modified, now.replace(microsecond=0))
            headers.append((b"last-modified", http_date(shown).encode()))
        if is_known(answer, asked, now):
            return Reply(304, headers, b"")
    body = answer.packed if encoded and answer.packed is not None else answer.body
    if encoded:
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-type", answer.media_type.encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    return Reply(answer.status, headers, body)


def is_known(answer: Answer, asked: Asked, now: datetime) -> bool:
    """Say whether the client has the bytes that stand there, by what it asks."""
    if asked.if_none_match is not None:
        return names(asked.if_none_match, answer.sha256)
    if asked.if_modified_since is None or answer.last_modified is None:
        return False
    since = parsed_date(asked.if_modified_since)
    # A date to come is no date that we gave; who trusts a wrong clock would miss all news until then.
    return since is not None and answer.last_modified <= since <= now


def names(if_none_match: str, sha256: str) -> bool:
    """Say whether an `If-None-Match` names the tag *sha256*, weakly compared (RFC 9110, 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return any(_ENCODED.sub("", tag) == sha256 for tag in _TAG.findall(if_none_match))


def parsed_date(text: str) -> datetime | None:
    """Return the instant that an HTTP date names, in any of its three forms; `None` for anything else."""
    try:
        instant = parsedate_to_datetime(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def http_date(instant: datetime) -> str:
    """Return *instant* (UTC) as HTTP writes it: `Sun, 22 Nov 2026 06:00:00 GMT`."""
    return format_datetime(instant, usegmt=True)


def takes_gzip(accept_encoding: str) -> bool:
    """Say whether an `Accept-Encoding` takes gzip (RFC 9110, 12.5.3)."""
    qualities: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.partition(";")
        name, _, value = parameters.partition("=")
        refused = name.strip() == "q" and _NO_QUALITY.fullmatch(value.strip()) is not None
        qualities[coding.strip()] = not refused
    return qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", False)))
