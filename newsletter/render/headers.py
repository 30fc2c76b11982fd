"""Header values that are safe to write: decoded, then refused if they hold what could start another header."""

from __future__ import annotations

import re
import unicodedata
from email import policy
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.headerregistry import Address, HeaderRegistry
from email.utils import parseaddr

from newsletter.errors import NewsletterError
from newsletter.text import clean_line

#: Control characters, and the separators of lines and paragraphs.
_REFUSED = frozenset(["Cc", "Zl", "Zp"])
#: An encoded word may hide in another; nobody nests them deeper in good faith.
_DEEPEST = 3
_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
#: A dot-atom at a dot-atom (RFC 5322, 3.4.1).
_PLAIN_ADDRESS = re.compile(f"{_ATOMS}@{_ATOMS}")
#: The longest line, less than the 78 of RFC 5322, 2.1.1.
_WIDTH = 76
_FOLDED = policy.SMTP.clone(max_line_length=_WIDTH)

#: What nearly every address is: words and dots of plain letters, at a name of the DNS. It needs no parser.
_WORD = r"[A-Za-z0-9_+-]+"
_PLAIN = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_WORD}(?:\.{_WORD})*")


class UnsafeHeader(NewsletterError):
    """A header's value could end the header, or name somebody else."""

    def __init__(self, name: str, value: str, expected: str = "one line without control characters") -> None:
        super().__init__(f"{name}: expected {expected}, got {value!r}")
        self.name = name


def safe(name: str, value: str) -> str:
    """
    Return *value* decoded (RFC 2047) for the header *name*; raise `UnsafeHeader`.

    Decoding comes first: CPython before 3.11.15 writes the line feed that an encoded word such as
    `=?utf-8?q?a=0AX:_b?=` carries as a new header (CVE-2024-6923).
    """
    decoded = _decoded(name, value)
    if any(unicodedata.category(character) in _REFUSED for character in value + decoded):
        raise UnsafeHeader(name, value)
    return decoded


def neutral(name: str, value: str) -> str:
    """Return *value* decoded and on one clean line: an odd headline costs its oddity, never the day's issue."""
    try:
        return clean_line(_decoded(name, value))
    except UnsafeHeader:
        return _disarmed(clean_line(value))


def safe_address(name: str, value: str) -> str:
    """Return *value* if it is one plain address, in ASCII; raise `UnsafeHeader`."""
    if _PLAIN_ADDRESS.fullmatch(value) and "=?" not in value:
        return value  # as nearly all are: what follows takes longer than all else that a reader's message does
    if _PLAIN.fullmatch(value):
        return value
    address = safe(name, value)
    try:
        same = Address(addr_spec=address).addr_spec == address
    # CPython 3.11 has the last for an address such as `.@[`: its parser takes a defect for a part of it.
    except (HeaderParseError, ValueError, IndexError, AttributeError):
        same = False
    if not same or not address.isascii() or "@" not in address:
        raise UnsafeHeader(name, value, "one address such as reader@example.org")
    return address


def line(name: str, value: str) -> bytes:
    """Return a header of words for people, in lines that end; raise `UnsafeHeader`."""
    return _folded(name, safe(name, value))


def mailbox_line(name: str, value: str) -> bytes:
    """Return a header of one mailbox, `Name <address>` or a bare address; raise `UnsafeHeader`."""
    display, address = parseaddr(safe(name, value))
    display, address = safe(name, display), safe_address(name, address)
    if display.isascii():
        return _folded(name, str(Address(display_name=display, addr_spec=address)))
    return b"%b: %b\r\n <%b>\r\n" % (name.encode(), _encoded(name, display), address.encode())


def _folded(name: str, value: str) -> bytes:
    if value.isascii():
        return bytes(_FOLDED.fold_binary(name, HeaderRegistry()(name, value)))
    return b"%b: %b\r\n" % (name.encode(), _encoded(name, value))


def _encoded(name: str, value: str) -> bytes:
    """
    Return *value* in encoded words of at most 75 characters (RFC 2047, 2), a line each.

    All of it: the newer way of the email package mixes them with plain words, and loses a space between two.
    """
    return Header(value, "utf-8", header_name=name, maxlinelen=_WIDTH - 1).encode(linesep="\r\n").encode("ascii")


def _decoded(name: str, value: str) -> str:
    decoded = value
    for _ in range(_DEEPEST):
        before = decoded
        try:
            decoded = str(make_header(decode_header(decoded))) if "=?" in decoded else decoded
        except (HeaderParseError, LookupError, ValueError) as error:
            raise UnsafeHeader(name, value) from error
        if decoded == before:
            return _disarmed(decoded)
    raise UnsafeHeader(name, value)


def _disarmed(text: str) -> str:
    """Return *text* with nothing that the email package would take for an encoded word."""
    return text.replace("=?", "= ?")
