"""Bytes to text: UTF-8, or else Windows-1252, or else not text at all."""

from __future__ import annotations

import codecs
import re

from newsletter.errors import NewsletterError

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
#: What files that are no text begin with, where control characters alone would not tell.
_MAGIC = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"SQLite format 3")
#: A character beyond ASCII in UTF-8 (RFC 3629, 4, but for the rarest limits), and any byte beyond ASCII.
_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
#: A few control characters, or one in so many bytes, are dirt; more is another format.
_A_FEW, _DIRT_IN = 3, 100


class NotText(NewsletterError):
    """The bytes are no text that could be read."""


def refuse_binary(data: bytes) -> None:
    """Raise `NotText` if *data*, the head of a file, is plainly no text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotText("expected UTF-8 or Windows-1252, got UTF-16: save it as UTF-8")
    if data.startswith(_MAGIC) or len(_CONTROL.findall(data)) > max(_A_FEW, len(data) / _DIRT_IN):
        raise NotText("expected text, got a binary file")


def decoded(data: bytes, encoding: str | None = None) -> str:
    """
    Return *data* as text, without a byte order mark.

    It is read as *encoding*, or where none is given as UTF-8, or as Windows-1252 where it can't be
    UTF-8: where most of what is beyond ASCII is UTF-8 and some of it broken, it is neither. Raises
    `NotText` where nothing fits.
    """
    for name in (encoding,) if encoding else ("utf-8", "windows-1252"):
        try:
            return data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            wrong = data[error.start]
            if not encoding and _mostly_utf_8(data):
                raise NotText(f"expected text in UTF-8, got the byte 0x{wrong:02x} of a broken character") from error
    expected = encoding or "UTF-8 or Windows-1252"
    raise NotText(f"expected text in {expected}, got the byte 0x{wrong:02x}")


def _mostly_utf_8(data: bytes) -> bool:
    """Say whether *data* holds as many whole characters of UTF-8 as other bytes beyond ASCII, or more."""
    whole = len(_CHARACTER.findall(data))
    return whole > 0 and whole >= len(_BEYOND_ASCII.findall(_CHARACTER.sub(b"", data)))
