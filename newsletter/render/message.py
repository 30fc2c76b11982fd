"""
A message: a letter frozen once as MIME with holes, and filled for each reader; or made whole, for one alone.

`freeze` makes the bytes of a mailing, `fill` sets what differs from reader to reader: by bytes only, nothing is
rendered, encoded or parsed again, so that filling 100,000 messages takes seconds. A frozen message is its pieces with
the names of the holes between them, each between two NUL bytes, which no message can have (RFC 5322, 2.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy, quoprimime
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, parseaddr
from uuid import UUID

from newsletter.models import Edition, Publisher
from newsletter.render import headers, list_headers
from newsletter.render.links import Links

#: Stands in a letter, within an address, where each reader's token to leave is to stand: in letters that HTML,
#: quoted-printable and addresses leave as they are, and that nobody writes.
LEAVE = "__the_token_that_lets_this_reader_leave_is_here__"

#: Lists are machine-readable and must not be folded into encoded words (RFC 2369): no line is broken.
_UNFOLDED = policy.SMTP.clone(max_line_length=998)
_NUL = b"\0"
_TO, _DATE, _MESSAGE_ID, _LEAVE = (_NUL + name + _NUL for name in (b"to", b"date", b"message-id", b"leave"))
_HEAD_FORM = b"To: %b\r\nDate: %b\r\nMessage-ID: %b\r\n"
#: What differs per reader stands first.
_HEAD = _HEAD_FORM % (_TO, _DATE, _MESSAGE_ID)
#: As it was frozen before readers could leave by a link: an upgrade must not keep back what waits.
_FIRST_HEAD = _HEAD_FORM % (b"", b"", b"")
_MESSAGE_ID_FORM = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
#: It stands in a mailbox too, whose case mail servers may change.
_TOKEN_FORM = re.compile(r"[a-z0-9]{1,62}")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """
    What a mailing says of itself beside its letter.

    *uid* names it for ever: the issue's, or the digest's. *page* is where it can be read on the web (RFC 5064).
    *kind* is `issue` or `digest`, *key* its day or its week.
    """

    uid: UUID
    edition: Edition
    publisher: Publisher
    links: Links
    page: str
    kind: str
    key: str

    @property
    def sender(self) -> str:
        """Whom the mail is from."""
        return self.edition.sender or self.publisher.sender


def freeze(letter: Letter, imprint: Imprint) -> bytes:
    """
    Return *letter* as a message of text and HTML in bytes, with holes for what differs per reader.

    The same letter gives the same bytes: the boundary comes from the imprint's *uid*. One click leaves (RFC 8058): the
    address to leave by is each reader's own. Raises `UnsafeHeader` for a name or subject that could end its header.
    """
    message = _of_list(imprint)
    _set_alternatives(message, letter, imprint.edition.language, f"=_{imprint.uid.hex}")
    return _frozen(letter, imprint, message)


def freeze_text(letter: Letter, imprint: Imprint) -> bytes:
    """Return *letter* as `freeze` does for readers who want its text alone: one part, the same headers and holes."""
    message = _of_list(imprint)
    _set_text(message, letter, imprint.edition.language)
    return _frozen(letter, imprint, message)


def fill(frozen: bytes, *, to: str, message_id: str, date: datetime, leave: str) -> bytes:
    """
    Return a *frozen* message for one reader.

    *to* is one address, *message_id* has its angle brackets, *date* is an aware instant, *leave* the reader's token as
    `Keyring.seal_for_mail` writes it. Raises `UnsafeHeader` for a value that could be more than that, `ValueError` for
    bytes that `freeze` did not make.
    """
    if frozen.startswith(_FIRST_HEAD):
        frozen = frozen.replace(_FIRST_HEAD, _HEAD, 1)
    pieces = frozen.split(_NUL)
    if pieces[1:2] != [_TO.strip(_NUL)]:
        message = f"expected a frozen message with its holes, got {frozen[:40]!r}"
        raise ValueError(message)
    if not _TOKEN_FORM.fullmatch(leave):
        raise headers.UnsafeHeader("List-Unsubscribe", leave, "a token in small letters and digits")
    values = {**_whose(to, message_id, date), _LEAVE: leave}
    for at in range(1, len(pieces), 2):
        pieces[at] = values[_NUL + pieces[at] + _NUL].encode("ascii")
    return b"".join(pieces)


def personal(
    letter: Letter,
    *,
    to: str,
    sender: str,
    reply_to: str | None,
    message_id: str,
    date: datetime,
    language: str,
    boundary: str,
) -> bytes:
    """
    Return *letter* as a whole message to one address, which somebody's own doing brought about: no list's mail.

    The same values give the same bytes; *boundary* is anything that no line of a letter starts with. Raises
    `UnsafeHeader` for a value that could be more than one.
    """
    message = EmailMessage(policy=_UNFOLDED)
    message["Auto-Submitted"] = "auto-generated"
    _set_alternatives(message, letter, language, f"=_{boundary}")
    whose = _whose(to, message_id, date)
    head = _HEAD_FORM % tuple(whose[hole].encode("ascii") for hole in (_TO, _DATE, _MESSAGE_ID))
    return head + _from_whom(sender, reply_to, letter.subject) + message.as_bytes()


def size(letter: Letter) -> int:
    """Return the size of the larger part as it is sent, in bytes."""
    return max(len(_encoded(letter.text)), len(_encoded(letter.html)))


# The head


def _of_list(imprint: Imprint) -> EmailMessage:
    """Return a message that says of which list it is, and nothing else yet."""
    edition, publisher = imprint.edition, imprint.publisher
    listed = list_headers.of_mailing(
        edition=edition, publisher=publisher, links=imprint.links, page=imprint.page, leave=LEAVE
    )
    sender = parseaddr(imprint.sender)[1]
    listed["Feedback-ID"] = list_headers.feedback_id(imprint.key, edition, imprint.kind, sender)
    message = EmailMessage(policy=_UNFOLDED)
    for name, value in listed.items():
        message[name] = headers.safe(name, value)
    return message


def _frozen(letter: Letter, imprint: Imprint, message: EmailMessage) -> bytes:
    """Return a mailing's *message* below its head, with its holes."""
    raw = message.as_bytes().replace(LEAVE.encode(), _LEAVE)
    return _HEAD + _from_whom(imprint.sender, imprint.publisher.reply_to, letter.subject) + raw


def _whose(to: str, message_id: str, date: datetime) -> dict[bytes, str]:
    """Return what the head says of one message alone, by its hole; raise `UnsafeHeader`."""
    if not _MESSAGE_ID_FORM.fullmatch(message_id):
        raise headers.UnsafeHeader("Message-ID", message_id, "an id such as <1@example.org>")
    if date.tzinfo is None:
        message = f"expected an aware instant, got {date}"
        raise ValueError(message)
    return {
        _TO: headers.safe_address("To", to),
        _DATE: format_datetime(date.astimezone(UTC)),
        _MESSAGE_ID: message_id,
    }


def _from_whom(sender: str, reply_to: str | None, subject: str) -> bytes:
    """Return the lines that a reader sees, but for the date."""
    lines = [headers.mailbox_line("From", sender)]
    if reply_to:
        lines.append(headers.mailbox_line("Reply-To", reply_to))
    lines.append(headers.line("Subject", subject))
    return b"".join(lines)


# The body


def _set_alternatives(message: EmailMessage, letter: Letter, language: str, boundary: str) -> None:
    """Set two parts that say the same (RFC 2046, 5.1.4)."""
    message.set_content("")
    message.add_alternative("", subtype="html")
    for part, body in zip(message.iter_parts(), (letter.text, letter.html), strict=True):
        _set_body(part, body)
    message["Content-Language"] = headers.safe("Content-Language", language)
    message.set_boundary(boundary)


def _set_text(message: EmailMessage, letter: Letter, language: str) -> None:
    message.set_content("")
    _set_body(message, letter.text)
    message["Content-Language"] = headers.safe("Content-Language", language)


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
