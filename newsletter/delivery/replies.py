"""What a mail server said, and whose fault it is."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from newsletter.feedback import FeedbackKind
from newsletter.text import clean_line

#: What is kept of a reply's text; some servers send an essay.
_LONGEST = 500
#: A server that says more than this without coming to an end speaks no SMTP.
_ENDLESS = 1 << 16
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
#: The same in a sentence: no part of a longer number, and of a subject that there is (RFC 3463, 3).
_IN_TEXT = re.compile(r"(?<![\w.])([245])\.([0-7])\.(\d{1,3})(?!\.?\w)", re.ASCII)
#: Enhanced status codes (RFC 3463, subject and detail) that say of a mailbox that there is none, or no more:
#: bad mailbox, system, syntax, moved, null MX; disabled; no way to its host.
_NO_MAILBOX = frozenset([(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4)])
#: Subjects of status codes that speak of the message or of who sends it: its form, and security or policy.
_ABOUT_US = frozenset([6, 7])


class StatusCode(NamedTuple):
    """An enhanced status code (RFC 3463), such as 5.1.1: whose fault it is, and how sure that is."""

    kind: int
    subject: int
    detail: int

    @classmethod
    def in_text(cls, text: str) -> list[StatusCode]:
        """Return the codes that stand in a text of any form, in their order."""
        return [cls(*map(int, found)) for found in _IN_TEXT.findall(text)]

    def __str__(self) -> str:
        """Write it as servers do."""
        return f"{self.kind}.{self.subject}.{self.detail}"

    @property
    def blames_sender(self) -> bool:
        """
        Say whether it is about the message or its sender, not about the reader.

        A provider that misses a signature or a name in the DNS (X.7.Y), or does not like the form (X.6.Y), would
        refuse everybody's mail: a reader has no part in it.
        """
        return self.subject in _ABOUT_US

    @property
    def says_no_mailbox(self) -> bool:
        """Say whether it is sure that this address takes no mail, now or ever."""
        return self.kind == 5 and (self.subject, self.detail) in _NO_MAILBOX  # noqa: PLR2004 -- RFC 3463, 2


def failure(codes: Collection[StatusCode]) -> FeedbackKind:
    """
    Return what a mail that failed for good is to its reader, by every code that was given for it.

    The mildest counts: one word of our own part in it, and it is ours; anything but "no such mailbox", or no code
    that says more than that it failed, and it is soft.
    """
    telling = [code for code in codes if (code.subject, code.detail) != (0, 0)]
    if any(code.blames_sender for code in telling):
        return FeedbackKind.OURS
    if telling and all(code.says_no_mailbox for code in telling):
        return FeedbackKind.HARD
    return FeedbackKind.SOFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply (RFC 5321, 4.2): its *code*, and its *text* on one line with the enhanced status code if it has one."""

    code: int
    text: str

    @classmethod
    def of(cls, code: int, said: bytes | str) -> Reply:
        """Return a reply as it is kept: on one clean line, not too long."""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return cls(code=code, text=clean_line(text)[:_LONGEST])

    def __str__(self) -> str:
        """Write it as the server said it."""
        return f"{self.code} {self.text}".strip()

    @property
    def is_yes(self) -> bool:
        """Say whether the server agreed (2yz)."""
        return 200 <= self.code <= 299  # noqa: PLR2004 -- RFC 5321, 4.2.1

    @property
    def is_for_good(self) -> bool:
        """Say whether asking again is of no use (5yz)."""
        return 500 <= self.code <= 599  # noqa: PLR2004 -- RFC 5321, 4.2.1

    @property
    def closes(self) -> bool:
        """Say whether the server hangs up (421)."""
        return self.code == 421  # noqa: PLR2004 -- RFC 5321, 3.8

    @property
    def status(self) -> StatusCode | None:
        """The enhanced status code (RFC 3463), such as 5.1.1; `None` where none stands, or one of another class."""
        found = _ENHANCED.match(self.text)
        if found is None or int(found[1]) != self.code // 100:
            return None
        return StatusCode(*map(int, found.groups()))

    @property
    def blames_sender(self) -> bool:
        """Say whether it is about the message or its sender, as far as its status code tells."""
        return self.status is not None and self.status.blames_sender

    @property
    def says_no_mailbox(self) -> bool:
        """Say whether it is sure that this address takes no mail, now or ever."""
        return self.status is not None and self.status.says_no_mailbox

    @property
    def failure(self) -> FeedbackKind:
        """What it is to the reader whose mail it refused for good."""
        return failure([self.status] if self.status else [])


class ReplyReader:
    """Makes replies of a server's bytes, however they come in."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    def read(self, data: bytes) -> list[Reply]:
        """Return the replies that *data* completes. Raises `ConnectionError` for one that comes to no end."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        replies = []
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-" or not line[:3].isdigit():
                replies.append(_said(b"\n".join(self._lines)))
                self._lines.clear()
        if len(self._rest) + sum(map(len, self._lines)) > _ENDLESS:
            message = "its reply comes to no end"
            raise ConnectionError(message)
        return replies


@lru_cache(maxsize=256)  # a server says "250 2.1.0 Ok" a million times
def _said(lines: bytes) -> Reply:
    """Return the reply of some *lines*; what begins with no code is no reply to anything, and has the code -1."""
    code = lines.rpartition(b"\n")[2][:3]
    text = b"\n".join([line[4:].strip() for line in lines.split(b"\n")])
    return Reply.of(int(code) if code.isdigit() else -1, text)
