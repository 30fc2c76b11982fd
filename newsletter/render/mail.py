"""
The mail of an issue: a letter in two parts saying the same, frozen once, filled for each reader.

`issue_mail` renders, `freeze` makes the bytes of the message, `fill` sets what differs from reader
to reader: by bytes only, nothing is rendered or parsed again. A body differs for nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import policy, quoprimime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, parseaddr
from functools import cache
from html import escape
from urllib.parse import urlsplit
from uuid import UUID

import css_inline

from newsletter.errors import NewsletterError
from newsletter.models import Correction, Edition, Entry, Issue, Publisher
from newsletter.render import headers, prose, templates, words
from newsletter.render.links import Links
from newsletter.render.pages import MARKS
from newsletter.render.squares import Line

#: The most that a part may have, in bytes; Gmail cuts a mail off at about 102 kB.
LARGEST = 60_000
#: Characters of the first line, which an inbox shows beside the subject.
_BRIEF = 140
#: Columns of the text part.
WIDTH = 72

#: Lists are machine-readable and must not be folded into encoded words (RFC 2369): no line is broken.
_UNFOLDED = policy.SMTP.clone(max_line_length=998)
#: Names and subjects are for people: encoded words of at most 75 characters (RFC 2047, 2), and a space before.
_FOLDED = policy.SMTP.clone(max_line_length=76)
#: What differs per reader stands first in a frozen message, so that filling is cutting.
_HOLES = b"To: \r\nDate: \r\nMessage-ID: \r\n"
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_BACK_LINK = re.compile(r'\s*<a [^>]*class="reversefootnote"[^>]*>[^<]*</a>')
#: A line that starts so is changed on its way by some mail server: a dot is stuffed, "From " quoted.
_FRAGILE_START = re.compile(r"^(?:\.|From )", re.MULTILINE)
#: The longest line of quoted-printable (RFC 2045, 6.7), less the room that an encoded start takes.
_QP_WIDTH = 76 - 2


class MailTooLarge(NewsletterError):
    """Even without its body a mail is larger than mail readers show."""

    def __init__(self, subject: str, size: int) -> None:
        super().__init__(f"{subject!r}: expected a mail of at most {LARGEST:,} bytes, got {size:,}: shorten its notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a reader gets, before it is made a message: *text* and *html* say the same."""

    subject: str
    text: str
    html: str


def issue_mail(
    issue: Issue,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    corrections: Sequence[Correction] = (),
    missed: Sequence[Issue] = (),
    more_missed: int = 0,
) -> Letter:
    """
    Return the letter that brings *issue*.

    *corrections* are notes on other entries that this mail carries; slips are left out: they are
    listed on the page. *missed* are issues that no mail brought to everybody, which it links, and
    *more_missed* says how many there are before them. What is longer than a mail may be is cut to
    its beginning, with a link to the rest. Raises `MailTooLarge` where even that does not help.
    """
    values = _values(issue, edition, publisher, links)
    values["carried"] = [note for note in words.newest_first(corrections) if not note.slip]
    values["missed"] = [Line.of(other) for other in sorted(missed, key=lambda other: other.day)]
    values["more_missed"] = more_missed
    if len(issue.entry.body) <= LARGEST:  # or else it is not worth the rendering
        letter = _letter(values | _whole(issue, links))
        if _size(letter) <= LARGEST:
            return letter
    letter = _letter(values | _beginning(issue))
    if (size := _size(letter)) > LARGEST:
        raise MailTooLarge(letter.subject, size)
    return letter


def freeze(letter: Letter, *, uid: UUID, edition: Edition, publisher: Publisher, links: Links, page: str) -> bytes:
    """
    Return *letter* as a message in bytes, with holes for what differs per reader.

    The same letter gives the same bytes: the boundary comes from *uid*, the issue's. *page* is the
    issue's address (RFC 5064). Raises `UnsafeHeader` for a name or subject that could end its header.
    """
    sender = edition.sender or publisher.sender
    message = EmailMessage(policy=_UNFOLDED)
    message["List-Id"] = _list_id(edition, publisher)
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
    lines = [_line("From", _mailbox("From", sender))]
    if publisher.reply_to:
        lines.append(_line("Reply-To", _mailbox("Reply-To", publisher.reply_to)))
    lines.append(_line("Subject", headers.safe("Subject", letter.subject)))
    return _HOLES + b"".join(lines) + message.as_bytes()


def fill(frozen: bytes, *, to: str, message_id: str, date: datetime) -> bytes:
    """
    Return a *frozen* message for one reader.

    *to* is one address, *message_id* has its angle brackets, *date* is an aware instant. Raises
    `UnsafeHeader` for a value that could be more than that, `ValueError` for bytes that `freeze`
    did not make.
    """
    if not frozen.startswith(_HOLES):
        message = f"expected a message with its holes first, got {frozen[:40]!r}"
        raise ValueError(message)
    if not _MESSAGE_ID.fullmatch(message_id):
        raise headers.UnsafeHeader("Message-ID", message_id, "an id such as <1@example.org>")
    if date.tzinfo is None:
        message = f"expected an aware instant, got {date}"
        raise ValueError(message)
    filled = (
        f"To: {headers.safe_address('To', to)}\r\n"
        f"Date: {format_datetime(date.astimezone(UTC))}\r\n"
        f"Message-ID: {message_id}\r\n"
    )
    return filled.encode("ascii") + frozen[len(_HOLES) :]


# The letter


def _values(issue: Issue, edition: Edition, publisher: Publisher, links: Links) -> dict[str, object]:
    """Return what both parts say, but for the body."""
    entry = issue.entry
    rtl = words.direction(edition.language) == "rtl"
    half = words.section_label(entry.kind)
    toll = words.toll(entry)
    return {
        "issue": issue,
        "entry": entry,
        "edition": edition,
        "publisher": publisher,
        "links": links,
        "permalink": links.issue(issue.day),
        "subject": headers.neutral("Subject", issue.subject),
        "brief": _told(entry, _BRIEF),
        "half": half + (f": {words.kind_label(entry.kind).lower()}" if half == "Words" else ""),
        "tone": templates.tone(entry),
        "mark": MARKS[templates.tone(entry)],
        "rerun": words.rerun_line(issue),
        "facts": " ".join(words.sentence(line) for line in [*([toll] if toll else []), *words.attributions(entry)]),
        "corrections": [note for note in words.newest_first(issue.corrections) if not note.slip],
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
    }


def _whole(issue: Issue, links: Links) -> dict[str, object]:
    """Return the body in both forms; marks lead to the page, since anchors in mail lead nowhere in some readers."""
    fragment = prose.html(issue.entry, key=issue.day.isoformat(), permalink=links.issue(issue.day))
    return {
        "cut": False,
        "prose": prose.plain(issue.entry, width=WIDTH),
        "body": fragment.body,
        "sources": _BACK_LINK.sub("", fragment.sources),
    }


def _beginning(issue: Issue) -> dict[str, object]:
    """Return only the first sentences, for an entry that is longer than a mail may be."""
    text = _told(issue.entry, 1_000)
    note = prose.plain(replace(issue.entry, sources=(), body="-"), width=WIDTH).content_note
    return {
        "cut": True,
        "prose": prose.Prose(content_note=note, body=templates.wrapped(text, WIDTH), sources=""),
        "body": f"<p>{escape(text)}</p>",
        "sources": "",
    }


def _told(entry: Entry, longest: int) -> str:
    """Return the first sentences of an entry without its note, whose place is above; a book is not read to its end."""
    return prose.summary(replace(entry, content_note=None, body=entry.body[:LARGEST]), longest)


def _letter(values: dict[str, object]) -> Letter:
    text = templates.render("mail/issue/body.txt", **values)
    return Letter(
        subject=templates.render("mail/issue/subject.txt", **values).strip(),
        text=text.strip() + "\n",
        html=_inliner().inline(templates.render("mail/issue/body.html", **values)),
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


# The message


def _size(letter: Letter) -> int:
    """Return the size of the larger part as it is sent."""
    return max(len(_encoded(letter.text)), len(_encoded(letter.html)))


def _set_body(part: MIMEPart, body: str) -> None:
    """Set a part's body as quoted-printable that survives every mail server."""
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(_encoded(body))


def _encoded(body: str) -> str:
    lines = quoprimime.body_encode(body.encode().decode("latin-1"), _QP_WIDTH)
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
