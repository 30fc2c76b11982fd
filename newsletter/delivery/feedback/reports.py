"""What a report says: of a delivery (RFC 3464), of a complaint (RFC 5965), or in a mail server's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from flufl.bounce import all_failures

from newsletter.delivery.feedback.parts import Part, headers_of
from newsletter.delivery.replies import StatusCode, failure
from newsletter.feedback import FeedbackKind
from newsletter.text import clean_line

_STATUSES = frozenset(["message/delivery-status", "message/global-delivery-status"])
_COMPLAINT = "message/feedback-report"
#: A report of more bytes, or of more recipients, is none of one of our mails.
_LONGEST_REPORT, _MOST_RECIPIENTS = 65_536, 100
_EMPTY_LINES = re.compile(rb"(?:\r?\n){2,}")
#: Actions (RFC 3464, 2.3.3), and the words of servers that have their own, by how they begin.
_ACTIONS = {
    "fail": "failed",
    "error": "failed",
    "delay": "delayed",
    "deliver": "delivered",
    "relay": "delivered",
    "expand": "delivered",
}
#: Types of feedback (RFC 5965, 7.3) that a reader gave; and those that a machine gave of how we send (RFC 6591).
_BY_READERS = frozenset(["abuse", "fraud", "opt-out", "opt-out-list"])
_BY_MACHINES = frozenset(["auth-failure", "virus", "dmarc"])
#: Who writes of mail that failed, where no report says so.
_DAEMON = re.compile(r"mailer-?daemon|mail-?daemon|postmaster|mail[ ._-]?delivery|bounces?", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s<>@\"()]+(?=@)")
#: Where a mail server's words end and our own message begins.
_OURS_BELOW = re.compile(
    r"below this line is a copy|copy of the (original )?message|original message (follows|below|headers)"
    r"|-+ ?(returned|original|this is a copy)|^(received|return-path|list-id|dkim-signature):",
    re.IGNORECASE | re.MULTILINE,
)
#: A server's words are no longer than this, in characters; patterns are given no more than this of a message, in bytes
#: and in lines, and of a line.
_LONGEST_WORDS, _LONGEST_HEAD, _MOST_LINES, _LONGEST_LINE = 16_384, 32_768, 600, 400
_LONG_LINE = re.compile(rb"([^\n]{%d})[^\n]*" % _LONGEST_LINE)
#: More of these than a server's own words have, and the parser is not given the structure.
_MOST_BOUNDARIES, _MOST_NESTED, _MOST_PARAMETERS = 40, 10, 400


@dataclass(frozen=True, slots=True)
class Said:
    """What a report says."""

    kind: FeedbackKind
    status: str | None = None
    detail: str = ""


def complaint_in(parts: Sequence[Part]) -> Said | None:
    """Return what a complaint among *parts* says; `None` where there is none."""
    report = next((part for part in parts if part.kind == _COMPLAINT), None)
    if report is None:
        return None
    fields = headers_of(report.decoded()[:_LONGEST_REPORT].lstrip())
    given = _field(fields, "feedback-type").lower()
    detail = f"{given or 'no type'}, {_field(fields, 'user-agent') or 'from a program without a name'}"
    if given in _BY_READERS:
        return Said(FeedbackKind.COMPLAINT, None, detail)
    if given in _BY_MACHINES:
        return Said(FeedbackKind.OURS, None, detail)
    return Said(FeedbackKind.DELIVERED if given == "not-spam" else FeedbackKind.UNCLASSIFIED, None, detail)


#: Which of several recipients' words counts.
_MILDEST = (
    FeedbackKind.OURS,
    FeedbackKind.SOFT,
    FeedbackKind.HARD,
    FeedbackKind.DELAYED,
    FeedbackKind.DELIVERED,
)


def delivery_in(parts: Sequence[Part]) -> Said | None:
    """
    Return what a report of a delivery among *parts* says; `None` where there is none.

    Of several recipients, which only a forwarded mail of ours has, a failure counts, and of failures the mildest.
    """
    groups = [group for part in parts if part.kind in _STATUSES for group in _groups(part)]
    told = [said for said in map(_recipient, groups) if said is not None]
    return min(told, key=lambda said: _MILDEST.index(said.kind), default=None)


def bounce_in(parts: Sequence[Part], mail: bytes) -> Said | None:
    """Return what a mail server says in its own words in *mail*; `None` where nothing tells that one failed."""
    message = parts[0]
    if not comes_from_daemon(message):
        return None
    permanent, temporary = _failures(mail)
    if not permanent:
        return Said(FeedbackKind.DELAYED) if temporary else None
    words = _words(parts)
    codes = StatusCode.in_text(words)
    kind = failure(codes)
    return Said(kind, _telling(codes), clean_line(words))


def comes_from_daemon(message: Part) -> bool:
    """Say whether a mail server wrote this, as far as it says who it is."""
    if message.header("x-failed-recipients"):
        return True
    # The standard library reads comments in comments as deep as they are: here a word before an @ will do.
    sender = message.header("from")
    named = _DAEMON.search(sender) is not None
    return any(map(_DAEMON.search, _MAILBOX.findall(sender))) or (named and not is_automatic(message))


def is_automatic(message: Part) -> bool:
    """Say whether a machine answers for a person (RFC 3834): an absence, or a question whether we are a machine."""
    submitted = message.header("auto-submitted").lower()
    return (
        (submitted != "" and not submitted.startswith("no"))
        or any(message.header(name) for name in _AUTOMATIC)
        or message.header("precedence").lower() in ("auto_reply", "bulk", "junk", "list")
        or _ABSENT.match(message.subject()) is not None
    )


_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply", "x-vacation")
_ABSENT = re.compile(
    r"auto(matic|mated)?[ -]?(reply|response)|autoreply|out of (the )?office|away from|vacation|on leave"
    r"|abwesen|automatische (antwort|afwezigheid)|r[ée]ponse automatique|absence|respuesta autom[áa]tica"
    r"|fuera de la oficina|risposta automatica|resposta autom[áa]tica|автоответ|自動返信|自动回复",
    re.IGNORECASE,
)


def _groups(part: Part) -> list[Message]:
    """Return the groups of fields that a report consists of (RFC 3464, 2.1)."""
    return [headers_of(group) for group in _EMPTY_LINES.split(part.decoded()[:_LONGEST_REPORT], _MOST_RECIPIENTS)]


def _recipient(fields: Message) -> Said | None:
    """Return what a group says of its recipient; `None` where it is about no recipient."""
    given, diagnosis = _field(fields, "status"), _field(fields, "diagnostic-code")
    status, codes = StatusCode.in_text(given)[:1], StatusCode.in_text(diagnosis)
    action = _field(fields, "action").lower()
    done = next((word for start, word in _ACTIONS.items() if action.startswith(start)), None)
    if done is None and status:
        done = {2: "delivered", 4: "delayed", 5: "failed"}[status[0].kind]
    if done is None:
        return None
    codes = status + codes
    kind = failure(codes) if done == "failed" else FeedbackKind(done)
    return Said(kind, _telling(codes), diagnosis)


def _field(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, ""))[:2_000].split())


def _telling(codes: Iterable[StatusCode]) -> str | None:
    """Return the first code that says more than that it failed, or else the first."""
    listed = list(codes)
    best = next((code for code in listed if (code.subject, code.detail) != (0, 0)), next(iter(listed), None))
    return str(best) if best is not None else None


def _words(parts: Sequence[Part]) -> str:
    """Return what a mail server wrote for people, up to where it gives our own message back."""
    part = next((part for part in parts if part.kind.startswith("text/")), parts[0])
    text = part.text()[:_LONGEST_WORDS]
    below = _OURS_BELOW.search(text)
    return text[: below.start()] if below else text


def _failures(mail: bytes) -> tuple[bool, bool]:
    """Say whether flufl.bounce finds addresses that failed for good, and some that did for now."""
    lines = _LONG_LINE.sub(rb"\1", mail[:_LONGEST_HEAD]).splitlines(keepends=True)
    head = b"".join(lines[:_MOST_LINES])
    if (
        head.count(b"\n--") > _MOST_BOUNDARIES
        or len(re.findall(rb"(?i)multipart/|message/", head)) > _MOST_NESTED
        or head.count(b";") > _MOST_PARAMETERS
    ):
        return False, False
    try:
        temporary, permanent = all_failures(BytesParser().parsebytes(head))
    except Exception:  # noqa: BLE001 -- sixteen sets of patterns, on what anybody wrote: tripping over it says nothing
        return False, False
    return bool(permanent), bool(temporary)
