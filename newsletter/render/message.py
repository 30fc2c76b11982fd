"""
A message: a letter frozen once as MIME with holes, and filled for each reader.

`freeze` makes the bytes, `fill` sets what differs from reader to reader: by bytes only, nothing is rendered, encoded
or parsed again, so that filling 100,000 messages takes seconds. A frozen message is its pieces with the names of the
holes between them, each between two NUL bytes, which no message can have (RFC 5322, 2.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy, quoprimime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit
from uuid import UUID

from newsletter.models import Edition, Publisher
from newsletter.render import headers
from newsletter.render.links import Links

#: Stands in a letter, within an address, where each reader's token to leave is to stand: in letters that HTML,
#: quoted-printable and addresses leave as they are, and that nobody writes.
LEAVE = "__the_token_that_lets_this_reader_leave_is_here__"

#: Lists are machine-readable and must not be folded into encoded words (RFC 2369): no line is broken.
_UNFOLDED = policy.SMTP.clone(max_line_length=998)
#: Names and subjects are for people: encoded words of at most 75 characters (RFC 2047, 2), and a space before.
_FOLDED = policy.SMTP.clone(max_line_length=76)
_NUL = b"\0"
_TO, _DATE, _MESSAGE_ID, _LEAVE = (_NUL + name + _NUL for name in (b"to", b"date", b"message-id", b"leave"))
#: What differs per reader stands first.
_HEAD = b"To: %b\r\nDate: %b\r\nMessage-ID: %b\r\n" % (_TO, _DATE, _MESSAGE_ID)
#: As it was frozen before readers could leave by a link: an upgrade must not keep back what waits.
_FIRST_HEAD = b"To: \r\nDate: \r\nMessage-ID: \r\n"
_MESSAGE_ID_FORM = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_TOKEN_FORM = re.compile(r"[A-Za-z0-9_-]{1,70}")
#: A line that starts so is changed on its way by some mail server: a dot is stuffed, "From " quoted.
_FRAGILE_START = re.compile(r"^(?:\.|From )", re.MULTILINE)
#: The longest line of quoted-printable (RFC 2045, 6.7), less the room that an encoded start takes.
_QP_WIDTH = 76 - 2
_SOFT_BREAK = "=\n"
#: `LEAVE` in quoted-printable: a line may have been broken within it.
_ENCODED_LEAVE = re.compile(f"(?:{_SOFT_BREAK})?".join(LEAVE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a reader gets, before it is made a message: *text* and *html* say the same."""

    subject: str
    text: str
    html: str


def freeze(letter: Letter, *, uid: UUID, edition: Edition, publisher: Publisher, links: Links, page: str) -> bytes:
    """
    Return *letter* as a message in bytes, with holes for what differs per reader.

    The same letter gives the same bytes: the boundary comes from *uid*, the issue's. *page* is the
    issue's address (RFC 5064). One click leaves (RFC 8058): the address to leave by is each reader's own. Raises
    `UnsafeHeader` for a name or subject that could end its header.
    """
    sender = edition.sender or publisher.sender
    message = EmailMessage(policy=_UNFOLDED)
    message["List-Id"] = _list_id(edition, publisher)
    leave = headers.safe("List-Unsubscribe", links.unsubscribe(LEAVE))
    message["List-Unsubscribe"] = f"<{leave}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Archive"] = f"<{headers.safe('List-Archive', links.archive())}>"
    message["Archived-At"] = f"<{headers.safe('Archived-At', page)}>"
    message["Precedence"] = "bulk"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("")
    message.add_alternative("", subtype="html")
    for part, body in zip(message.iter_parts(), (letter.text, letter.html), strict=True):
        _set_body(part, body)
    message["Content-Language"] = headers.safe("Content-Language", edition.language)
    message.set_boundary(f"=_{uid.hex}")
    lines = [_HEAD, _line("From", _mailbox("From", sender))]
    if publisher.reply_to:
        lines.append(_line("Reply-To", _mailbox("Reply-To", publisher.reply_to)))
    lines.append(_line("Subject", headers.safe("Subject", letter.subject)))
    return b"".join(lines) + message.as_bytes().replace(LEAVE.encode(), _LEAVE)


def fill(frozen: bytes, *, to: str, message_id: str, date: datetime, leave: str) -> bytes:
    """
    Return a *frozen* message for one reader.

    *to* is one address, *message_id* has its angle brackets, *date* is an aware instant, *leave* the reader's token.
    Raises `UnsafeHeader` for a value that could be more than that, `ValueError` for bytes that `freeze` did not make.
    """
    if frozen.startswith(_FIRST_HEAD):
        frozen = frozen.replace(_FIRST_HEAD, _HEAD, 1)
    pieces = frozen.split(_NUL)
    if pieces[1:2] != [_TO.strip(_NUL)]:
        message = f"expected a frozen message with its holes, got {frozen[:40]!r}"
        raise ValueError(message)
    if not _MESSAGE_ID_FORM.fullmatch(message_id):
        raise headers.UnsafeHeader("Message-ID", message_id, "an id such as <1@example.org>")
    if not _TOKEN_FORM.fullmatch(leave):
        raise headers.UnsafeHeader("List-Unsubscribe", leave, "a token")
    if date.tzinfo is None:
        message = f"expected an aware instant, got {date}"
        raise ValueError(message)
    values = {
        _TO: headers.safe_address("To", to),
        _DATE: format_datetime(date.astimezone(UTC)),
        _MESSAGE_ID: message_id,
        _LEAVE: leave,
    }
    for at in range(1, len(pieces), 2):
        pieces[at] = values[_NUL + pieces[at] + _NUL].encode("ascii")
    return b"".join(pieces)


def size(letter: Letter) -> int:
    """Return the size of the larger part as it is sent, in bytes."""
    return max(len(_encoded(letter.text)), len(_encoded(letter.html)))


def _set_body(part: MIMEPart, body: str) -> None:
    """Set a part's body as quoted-printable that survives every mail server."""
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(_encoded(body))


def _encoded(body: str) -> str:
    lines = quoprimime.body_encode(body.encode().decode("latin-1"), _QP_WIDTH)
    # On a line of its own, a token of any length breaks no line; quoted-printable is put together again.
    lines = _ENCODED_LEAVE.sub(_SOFT_BREAK + LEAVE + _SOFT_BREAK, lines)
    return _FRAGILE_START.sub(lambda start: f"={ord(start[0][0]):02X}{start[0][1:]}", lines)


def _mailbox(name: str, value: str) -> Address:
    """Return the one mailbox of *value*, `Name <address>` or a bare address; raise `UnsafeHeader`."""
    display, address = parseaddr(headers.safe(name, value))
    return Address(display_name=headers.safe(name, display), addr_spec=headers.safe_address(name, address))


def _list_id(edition: Edition, publisher: Publisher) -> str:
    """Return the list's permanent id (RFC 2919)."""
    host = urlsplit(publisher.base_url).hostname or "localhost"
    return headers.safe("List-Id", f"<{edition.slug}.{host}>")


def _line(name: str, value: str | Address) -> bytes:
    return bytes(_FOLDED.fold_binary(name, HeaderRegistry()(name, value)))
