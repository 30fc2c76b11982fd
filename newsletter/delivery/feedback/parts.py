"""
A message's parts, read within bounds that no message widens.

The standard library's parser reads any message whole, and descends as deep as the message likes. What comes back is
written by anybody: here at most so many bytes are looked at, so many parts, so deep, each byte a few times. Headers,
addresses and encodings are the standard library's to read all the same, once their length is known to be harmless.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice

#: So many bytes of a message say what it is; the rest is what we wrote ourselves.
ENOUGH = 262_144
#: How many parts are looked at, and how deep.
_MOST_PARTS, _DEEPEST = 50, 4
#: The longest value of a header that is looked into, in characters, and the longest boundary (RFC 2046, 5.1.1: 70).
_LONGEST_VALUE, _LONGEST_BOUNDARY = 2_000, 200
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Part:
    """A message, or a part of one: its content's type, its headers, and its *body* as it was transferred."""

    kind: str
    headers: Message
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's first value, on one line and not too long; "" where there is none."""
        return next(iter(self.every(name)), "")

    def every(self, name: str) -> list[str]:
        """Return each value of a header, as `header` does."""
        return [" ".join(str(value)[:_LONGEST_VALUE].split()) for value in self.headers.get_all(name, [])[:_MOST_PARTS]]

    def subject(self) -> str:
        """Return the subject with its encoded words (RFC 2047) read, where they can be."""
        written = self.header("subject")
        try:
            return str(make_header(decode_header(written)))
        except (LookupError, ValueError, MessageError):
            return written

    def decoded(self) -> bytes:
        """Return the body without its transfer encoding, as far as that can be read."""
        encoding = self.header("content-transfer-encoding").lower()
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if encoding == "base64":
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", self.body)
            whole = letters[: len(letters) // 4 * 4]
            return binascii.a2b_base64(whole)
        return self.body

    def text(self) -> str:
        """Return the body as text; of HTML what stands between tags."""
        text = self.decoded().decode("utf-8", "replace")
        return _TAG.sub(" ", text) if self.kind == "text/html" else text


def parts_of(mail: bytes) -> list[Part]:
    """Return a message and its parts, in their order; what is too much is left out."""
    return list(islice(_parts(mail[:ENOUGH], _DEEPEST), _MOST_PARTS))


def headers_of(text: bytes) -> Message:
    """Return the headers that *text* begins with."""
    return BytesHeaderParser().parsebytes(text)


def _parts(data: bytes, depth: int) -> Iterator[Part]:
    head, body = _split(data)
    headers = headers_of(head)
    kind, boundary = _content(headers)
    yield Part(kind, headers, body)
    if kind.startswith("multipart/") and boundary and depth:
        for piece in _pieces(body, boundary):
            yield from _parts(piece, depth - 1)


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Return headers and body, parted by the first empty line."""
    if data.startswith((b"\n", b"\r\n")):
        return b"", data
    end = _END_OF_HEADERS.search(data)
    return (data[: end.start() + 1], data[end.end() :]) if end else (data, b"")


def _content(headers: Message) -> tuple[str, bytes]:
    """Return what kind of content headers tell of, and its boundary if it has one."""
    written = str(headers.get("content-type", ""))
    # The standard library looks at a long list of parameters again for each of them.
    if len(written) > _LONGEST_VALUE:
        return "application/octet-stream", b""
    content = Message()
    if written:
        content["content-type"] = written
    try:
        boundary = content.get_boundary("")
    except ValueError:  # of an encoding (RFC 2231) that can't be
        boundary = ""
    return content.get_content_type(), boundary.encode("ascii", "ignore")[:_LONGEST_BOUNDARY]


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between boundary lines (RFC 2046, 5.1.1), to the end where the last is missing."""
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?$", re.MULTILINE)
    begin = None
    for found in line.finditer(body):
        if begin is not None:
            yield body[begin : found.start()]
        if found[1]:
            return
        begin = found.end() + 1
    if begin is not None:
        yield body[begin:]
