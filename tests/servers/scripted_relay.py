"""A mail server that does to each message what it is told to, and keeps what it read; one connection at a time."""

from __future__ import annotations

import socketserver
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from servers.ports import LOOPBACK
from servers.serving import serving


class Act(StrEnum):
    """What is done to a message."""

    TAKE = "take"
    GREYLIST = "450 4.2.0 Greylisted"
    NO_SUCH_USER = "550 5.1.1 No such user"
    BUSY = "421 4.3.2 Too busy"
    #: After the message.
    DEFER_DATA = "451 4.3.0 Try later"
    REFUSE_DATA = "554 5.6.0 Not like this"
    #: For a fault of ours.
    BLAME = "550 5.7.26 Unauthenticated"
    #: The connection ends after the headers.
    CUT = "cut"
    #: The message is taken, and the connection ends before it is said.
    LOSE_REPLY = "lose reply"


_AT_RECIPIENT = (Act.GREYLIST, Act.NO_SUCH_USER, Act.BUSY)
#: After these nobody but the server knows what became of a message.
UNANSWERED = (Act.CUT, Act.LOSE_REPLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message that was read, whole but where it was cut, and what was done to it."""

    sender: str
    recipient: str
    mail: bytes
    act: Act


@dataclass
class ScriptedRelay:
    """The server at *port*: what it does to the next messages (*script*; then it takes them), and what it has seen."""

    port: int
    pipelines: bool
    script: deque[Act] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    #: What was refused before there was a message.
    turned_away: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address as `DAILY_DOSE_SMTP_URL` takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"


@contextmanager
def running_relay(*, pipelines: bool = True) -> Iterator[ScriptedRelay]:
    """Give a relay that runs until the block ends."""
    relay = ScriptedRelay(port=0, pipelines=pipelines)

    class Conversation(_Conversation):
        told = relay

    with serving(socketserver.TCPServer, Conversation) as port:
        relay.port = port
        yield relay


class _Conversation(socketserver.StreamRequestHandler):
    told: ScriptedRelay

    def handle(self) -> None:
        """Speak SMTP with one client, until either ends it."""
        self._say("220 scripted.example ESMTP")
        sender = recipient = ""
        act: Act | None = None
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self._say("250-scripted.example\r\n250-PIPELINING" if self.told.pipelines else "250-scripted.example")
                self._say("250 8BITMIME")
            elif verb == b"MAIL":
                sender, recipient, act = _address(line), "", None
                self._say("250 2.1.0 Ok")
            elif verb == b"RCPT":
                act = self.told.script.popleft() if self.told.script else Act.TAKE
                recipient = _address(line)
                if act in _AT_RECIPIENT:
                    self.told.turned_away.append(Seen(sender=sender, recipient=recipient, mail=b"", act=act))
                    self._say(act)
                    recipient = ""
                    if act is Act.BUSY:
                        return
                else:
                    self._say("250 2.1.5 Ok")
            elif verb == b"DATA" and recipient and act is not None:
                self._say("354 Go on")
                if not self._take(sender, recipient, act):
                    return
            elif verb == b"QUIT":
                self._say("221 2.0.0 Bye")
                return
            else:
                self._say("250 2.0.0 Ok" if verb == b"RSET" else "503 5.5.1 No recipient")

    def _take(self, sender: str, recipient: str, act: Act) -> bool:
        """Read a message, do what is to be done, and say whether the conversation goes on."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # no message that ends without its dot is taken
            lines.append(line.removeprefix(b"."))
            if act is Act.CUT and line == b"\r\n":
                break
        self.told.seen.append(Seen(sender=sender, recipient=recipient, mail=b"".join(lines), act=act))
        if act not in UNANSWERED:
            self._say("250 2.0.0 Ok" if act is Act.TAKE else act)
        return act not in UNANSWERED

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def _address(line: bytes) -> str:
    return line.partition(b"<")[2].partition(b">")[0].decode()
