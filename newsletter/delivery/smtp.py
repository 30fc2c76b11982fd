"""
SMTP to a relay, pipelined, over a connection that never makes its caller wait.

The standard library's client does the greeting, TLS and AUTH. What it can't do is done here: MAIL, RCPT and DATA
leave in one write, and a message's body together with the next one's commands (RFC 2920), so that a message costs
one round trip instead of four. Where a server does not offer that, each command waits for its reply.

What became of each message is told honestly: one whose body was sent, dot and all, and whose reply never came is
`UNKNOWN`. Server and client may both have it (RFC 1047), and only whoever keeps the ledger may decide.
"""

from __future__ import annotations

import selectors
import smtplib
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from math import inf
from types import TracebackType
from typing import Self

from newsletter.delivery.envelopes import Envelope, Handed, Outcome, Stage
from newsletter.delivery.relay import Patience, Relay, connected
from newsletter.delivery.replies import Reply, ReplyReader

_COMMAND_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA)
_GO_ON = 354
_END = b".\r\n"
_RESET = b"RSET\r\n"
#: How much is read at once.
_AT_ONCE = 1 << 16
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

#: What is said and heard while messages are under way: it asks for each reply by how many seconds that may take, and
#: returns whether the connection takes more.
_Talk = Generator[float, Reply, bool]

#: A message, and what is asked before it leaves.
Leaving = tuple[Envelope, Callable[[], bool]]


class Session:
    """
    A connection to a relay, greeted, secured and logged in, for many windows of messages one after the other.

    Making one waits for the server; see `connected`. Afterwards nothing waits: whoever has begun a window calls
    `proceed` whenever one of `events` comes or `ends_at` is over, until it is not `busy`. `usable` says whether the
    server takes more.
    """

    def __init__(self, relay: Relay, *, host_name: str, patience: Patience | None = None) -> None:
        self.relay = relay
        self._patience = patience or Patience()
        self._smtp = connected(relay, host_name, self._patience)
        assert self._smtp.sock is not None, "it is connected"
        self._socket = self._smtp.sock
        self._socket.setblocking(False)
        # The end of a message leaves at once, not when the server has acknowledged what was before it.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pipelines = self._smtp.has_extn("pipelining")
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._unsent = memoryview(b"")
        self._talk: _Talk | None = None
        #: What is under way and has not been told of, in order.
        self._waiting: deque[Leaving] = deque()
        self._handed: list[Handed] = []
        self._waits = self._patience.reply
        self.usable = True
        #: Until when, by the steady clock, the server is waited for.
        self.ends_at = inf
        #: The last refusal, for who wants to know why it ended.
        self.last_words: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def largest(self) -> int | None:
        """The most bytes that a message may have, if the server says so (RFC 1870)."""
        said = self._smtp.esmtp_features.get("size", "")
        return int(said) or None if said.isdecimal() else None

    @property
    def busy(self) -> bool:
        """Say whether messages are under way."""
        return self._talk is not None

    @property
    def events(self) -> int:
        """What of its socket is waited for."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)

    def fileno(self) -> int:
        """Return its socket's number, by which a selector knows it."""
        return self._socket.fileno()

    def close(self) -> None:
        """Say goodbye, if there is still somebody to say it to; a server that hangs is not waited for."""
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(self._patience.connect)
        try:
            if self.usable:
                self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            pass
        finally:
            self.stop()

    def stop(self) -> None:
        """End the connection at once, without a goodbye."""
        self.usable = False
        self._talk, self.ends_at = None, inf
        self._smtp.close()

    def begin(self, messages: Iterable[Leaving]) -> list[Handed]:
        """
        Begin to hand in messages; return what became of some already.

        What stands beside each is asked before its body leaves; once it says no, nothing more is sent, and the
        connection ends: what the server was told of that message is forgotten with it.
        """
        self._waiting.extend(messages)
        if not self.usable or not self._waiting or not self._waiting[0][1]():
            return self._rest()
        self.usable = False  # until every reply is in
        self._talk = (self._pipelined if self._pipelines else self._in_lockstep)()
        return self._advance(lambda talk: self._wait(next(talk)))

    def add(self, messages: Iterable[Leaving]) -> None:
        """Hand in more behind what is under way: the server does not wait in between."""
        assert self.busy, "what comes first is begun with"
        self._waiting.extend(messages)

    def proceed(self) -> list[Handed]:
        """
        Write what may leave and hear what came; return what became known by it, in the order of the messages.

        Where the connection ends, the message that the server may have is `UNKNOWN` and those behind it are
        `UNTRIED`.
        """
        return self._advance(self._hear)

    def _advance(self, step: Callable[[_Talk], None]) -> list[Handed]:
        if (talk := self._talk) is None:
            return []
        try:
            step(talk)
            while self._replies:
                self._wait(talk.send(self._replies.popleft()))
            self._flush()
        except StopIteration as end:
            # A server that says more than it was asked is not understood any more, nor one that has not heard all.
            self._end(usable=end.value and not self._replies and not self._unsent)
        except OSError as error:
            self._lose(talk, error)
        told, self._handed = self._handed, []
        return told if self.busy else told + self._rest()

    def _hear(self, _talk: _Talk) -> None:
        """Read what came, and no more: others wait; raise `TimeoutError` where nothing did for too long."""
        try:
            data = self._socket.recv(_AT_ONCE)
            # Of what TLS has read ahead no selector tells.
            while data and isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
                data += self._socket.recv(_AT_ONCE)
        except _NOT_NOW:
            if time.monotonic() >= self.ends_at:
                raise TimeoutError from None
            return
        if not data:
            message = "it hung up"
            raise ConnectionResetError(message)
        self._replies.extend(self._reader.read(data))

    def _flush(self) -> None:
        """Write what may leave now."""
        try:
            while self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
                self.ends_at = time.monotonic() + self._waits
        except _NOT_NOW:
            return

    def _wait(self, seconds: float) -> None:
        """Wait for a reply that long, from now or from when the last of what is written has left."""
        self._waits = seconds
        self.ends_at = time.monotonic() + seconds

    def _lose(self, talk: _Talk, error: OSError) -> None:
        """Let a window know that the connection is lost."""
        with suppress(StopIteration, OSError):
            talk.throw(error)
        self._end(usable=False)

    def _end(self, *, usable: bool) -> None:
        self._talk, self.ends_at = None, inf
        self.usable = usable
        if not usable:
            self.stop()

    def _rest(self) -> list[Handed]:
        """Return what was not tried."""
        rest = [Handed(envelope=each, outcome=Outcome.UNTRIED) for each, _ in self._waiting]
        self._waiting.clear()
        return rest

    # What is said and heard.

    def _pipelined(self) -> _Talk:
        """Hand in with one round trip for each message: its commands left with the body before it."""
        following = b""
        while self._waiting:
            envelope, go_on = self._waiting[0]
            if not following:
                self._write(_commands_of(envelope))
            refused, last = yield from self._answers(envelope)
            if refused is None:
                if not go_on():
                    return False
                following = _commands_of(self._waiting[1][0]) if len(self._waiting) > 1 else b""
                handed = yield from self._deliver(envelope, following)
                if not self._tell(handed):
                    return False
                continue
            if not self._tell(refused) or last.closes:
                return False
            following = _commands_of(self._waiting[0][0]) if self._waiting else b""
            # A server that asks for the data of a message without a recipient gets none; any other forgets it.
            self._write((_END if last.code == _GO_ON else _RESET) + following)
            yield self._patience.reply
        return True

    def _answers(self, envelope: Envelope) -> Generator[float, Reply, tuple[Handed | None, Reply]]:
        """Hear the replies to a message's commands; return the first refusal, if there is one, and the last reply."""
        refused = None
        for stage in _COMMAND_STAGES:
            # They left with the body before them, and a server that is at work on that answers them later.
            reply = yield max(self._patience.reply, self._patience.dot)
            if refused is None and not _goes_on(stage, reply):
                refused = _refused(envelope, stage, reply)
            if reply.closes:
                break
        return refused, reply

    def _in_lockstep(self) -> _Talk:
        """Hand in with four round trips for each message: for a server that can't be asked many things at once."""
        while self._waiting:
            envelope, go_on = self._waiting[0]
            refused = None
            for stage, command in zip(_COMMAND_STAGES, _commands(envelope), strict=True):
                self._write(command)
                reply = yield self._patience.reply
                if not _goes_on(stage, reply):
                    refused = _refused(envelope, stage, reply)
                    break
            if refused is None:
                if not go_on():
                    return False
                handed = yield from self._deliver(envelope, b"")
                if not self._tell(handed):
                    return False
                continue
            if not self._tell(refused):
                return False
            self._write(_RESET)
            yield self._patience.reply
        return True

    def _deliver(self, envelope: Envelope, following: bytes) -> Generator[float, Reply, Handed]:
        """Send a message's body, its final dot and what *following* asks next; say what became of it."""
        self._write(envelope.mail + _END + following)
        try:
            reply = yield self._patience.dot
        except OSError:
            return Handed(envelope=envelope, outcome=Outcome.UNKNOWN, stage=Stage.DOT)
        if reply.is_yes and len(self._unsent) > len(following):
            # It can't have taken what has not left.
            self.last_words = f"before it has a message it says {reply}"
            raise ConnectionError(self.last_words)
        if reply.is_yes:
            return Handed(envelope=envelope, outcome=Outcome.SENT, stage=Stage.DOT, reply=reply)
        return _refused(envelope, Stage.DOT, reply)

    def _tell(self, handed: Handed) -> bool:
        """Keep what became of a message; say whether the connection goes on."""
        self._handed.append(handed)
        self._waiting.popleft()
        if handed.reply is not None and not handed.reply.is_yes:
            self.last_words = f"it says {handed.reply}"
        return handed.outcome is not Outcome.UNKNOWN and not (handed.reply is not None and handed.reply.closes)

    def _write(self, data: bytes) -> None:
        """Let *data* leave after what still waits to be written."""
        self._unsent = memoryview(data if not self._unsent else bytes(self._unsent) + data)


def _commands(envelope: Envelope) -> tuple[bytes, bytes, bytes]:
    sender, recipient = envelope.sender.encode("ascii"), envelope.recipient.encode("ascii")
    return b"MAIL FROM:<%b>\r\n" % sender, b"RCPT TO:<%b>\r\n" % recipient, b"DATA\r\n"


def _commands_of(envelope: Envelope) -> bytes:
    return b"".join(_commands(envelope))


def _goes_on(stage: Stage, reply: Reply) -> bool:
    return reply.code == _GO_ON if stage is Stage.DATA else reply.is_yes


def _refused(envelope: Envelope, stage: Stage, reply: Reply) -> Handed:
    """Say what a refusal makes of a message; what is no reply to what was asked is nothing to give a reader up for."""
    outcome = Outcome.FAILED if reply.is_for_good else Outcome.DEFERRED
    return Handed(envelope=envelope, outcome=outcome, stage=stage, reply=reply)
