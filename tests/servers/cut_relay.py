"""A mail server that hangs up after so many bytes, and keeps what it took and what it answered."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from servers.ports import LOOPBACK
from servers.serving import serving

_ENDLESS = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """After how many bytes heard or said, greetings not counted, a connection ends, and what is said before that."""

    hears: int = _ENDLESS
    says: int = _ENDLESS
    last_words: bytes = b""


@dataclass
class CutRelay:
    """The server at *port*: how the next connections end (*cuts*; the others don't), and what became of messages."""

    port: int
    pipelines: bool
    cuts: deque[Cut] = field(default_factory=deque)
    #: Whose messages came to their end, and who of them was told so.
    taken: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    #: How many bytes the last connection heard and said.
    heard: int = 0
    said: int = 0
    #: Goes up with each connection that is over.
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    #: Goes up with each message that was answered.
    told: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def url(self) -> str:
        """The address as `DAILY_DOSE_SMTP_URL` takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"


@contextmanager
def running_cut_relay(*, pipelines: bool = True) -> Iterator[CutRelay]:
    """Give a relay that runs until the block ends, and by then has ended every connection."""
    started = CutRelay(port=0, pipelines=pipelines)

    class Conversation(_Conversation):
        relay = started

    with serving(socketserver.ThreadingTCPServer, Conversation) as port:
        started.port = port
        yield started


class _HangUp(Exception):
    """It is enough."""


class _Conversation(socketserver.StreamRequestHandler):
    relay: CutRelay

    def handle(self) -> None:
        """Speak SMTP with one client, until it is enough."""
        self._cut = self.relay.cuts.popleft() if self.relay.cuts else Cut()
        self._heard = self._said = 0
        self._recipient, self._in_mail = "", False
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wfile.write(b"220 cut.example ESMTP\r\n")
        self.rfile.readline()
        self.wfile.write(b"250-cut.example\r\n%b250 8BITMIME\r\n" % (b"250-PIPELINING\r\n" * self.relay.pipelines))
        rest = b""
        try:
            while data := self.connection.recv(min(1 << 12, max(1, self._cut.hears - self._heard))):
                self._heard += len(data)
                *lines, rest = (rest + data).split(b"\r\n")
                for line in lines:
                    self._line(line)
                if self._heard >= self._cut.hears:
                    self._say(self._cut.last_words)
                    break
        except (_HangUp, ConnectionError):
            pass
        self.relay.heard, self.relay.said = self._heard, self._said

    def finish(self) -> None:
        """Let it be known that this connection is over."""
        super().finish()
        self.relay.ended.release()

    def _line(self, line: bytes) -> None:
        verb = line[:4].upper()
        if self._in_mail:
            if line == b".":
                self._in_mail = False
                self.relay.taken.append(self._recipient)
                self._say(b"250 2.0.0 Ok\r\n")
                self.relay.answered.append(self._recipient)
                self.relay.told.release()
        elif verb == b"RCPT":
            self._recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            self._say(b"250 2.1.5 Ok\r\n")
        elif verb == b"DATA":
            self._in_mail = True
            self._say(b"354 Go on\r\n")
        elif verb == b"QUIT":
            raise _HangUp
        else:
            self._say(b"250-2.0.0 Yes,\r\n250 2.0.0 Ok\r\n")

    def _say(self, words: bytes) -> None:
        left = words[: self._cut.says - self._said]
        # In two pieces: a client has to put replies together.
        for piece in (left[:5], left[5:]):
            self.wfile.write(piece)
        self._said += len(left)
        if len(left) < len(words):
            raise _HangUp
