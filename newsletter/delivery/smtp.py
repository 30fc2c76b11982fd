"""
SMTP to a relay, pipelined.

The standard library's client does the greeting, TLS and AUTH. What it can't do is done here: MAIL, RCPT and DATA
leave in one write, and a message's body together with the next one's commands (RFC 2920), so that a message costs
one round trip instead of four. Where a server does not offer that, each command waits for its reply.

What became of each message is told honestly: one whose body was sent, dot and all, and whose reply never came is
`UNKNOWN`. Server and client may both have it (RFC 1047), and only whoever keeps the ledger may decide.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from newsletter.delivery.replies import Reply
from newsletter.errors import NewsletterError

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_GO_ON = 354
_PLAIN = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_END = b".\r\n"
_RESET = b"RSET\r\n"


class RelayUnusable(NewsletterError):
    """The mail server can't be used now: not there, not who it says it is, or not for us."""

    def __init__(self, relay: Relay, why: str) -> None:
        super().__init__(f"the mail server {relay} can't be used: {why}")
        self.relay = relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where mail is handed in. *security* is `smtp` (none), `smtps` (TLS from the start) or `smtp+starttls`."""

    host: str
    port: int
    security: str = "smtp"
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, address: str) -> Relay:
        """Return the relay of an address that the settings took, such as `smtp+starttls://user:password@host:587`."""
        parts = urlsplit(address)
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or _PORTS[parts.scheme],
            security=parts.scheme,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    def __str__(self) -> str:
        """Name it without its user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.security}://{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server is waited for, in seconds (RFC 5321, 4.5.3.2)."""

    connect: float = 30
    reply: float = 300
    #: After the final dot a server may be working for long, and giving up early makes a duplicate.
    dot: float = 600


class Outcome(StrEnum):
    """What became of a message that was to be handed in."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNTRIED = "untried"


class Stage(StrEnum):
    """What a reply answers; a refusal of MAIL is about us alone, since it names no reader."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "dot"


_COMMAND_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """
    A message to hand in.

    *sender* (empty for a message that nobody may bounce) and *recipient* are plain addresses in ASCII, *mail* is as
    `dot_stuffed` returns it. Raises `ValueError` for an address that could be more than that.
    """

    sender: str
    recipient: str
    mail: bytes

    def __post_init__(self) -> None:
        """Refuse what could end its command and begin another."""
        for address in (self.sender, self.recipient):
            if not _PLAIN.fullmatch(address) and (address or address is self.recipient):
                message = f"expected a plain address in ASCII, got {address!r}"
                raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """An envelope, what became of it, and the reply that says so at which *stage* (`None` where none came)."""

    envelope: Envelope
    outcome: Outcome
    stage: Stage | None = None
    reply: Reply | None = None


def dot_stuffed(mail: bytes) -> bytes:
    """
    Return *mail* as it may stand before the final dot (RFC 5321, 4.5.2): every line that begins with a dot has two.

    Raises `ValueError` for a CR or LF alone, by which a server may see another message's commands in a body.
    """
    if mail.count(b"\r") != mail.count(b"\n") or mail.count(b"\r\n") != mail.count(b"\n"):
        message = "expected lines that end in CR LF, got a CR or LF alone"
        raise ValueError(message)
    ended = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    stuffed = ended.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


class Session:
    """
    A connection to a relay, greeted, secured and logged in, for many messages one after the other.

    *host_name* is what we say who we are (EHLO). Raises `RelayUnusable` where the server can't be reached, can't
    prove who it is, or refuses us. `usable` says whether it takes more.
    """

    def __init__(self, relay: Relay, *, host_name: str, patience: Patience | None = None) -> None:
        self.relay = relay
        self._patience = patience or Patience()
        self._smtp = _opened(relay, host_name, self._patience)
        self._pipelines = self._smtp.has_extn("pipelining")
        self.usable = True
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
            self.usable = False
            self._smtp.close()

    def stop(self) -> None:
        """End the connection at once, without a goodbye."""
        self.usable = False
        self._smtp.close()

    def hand_in(self, envelopes: Sequence[Envelope], go_on: Callable[[], bool] = lambda: True) -> Iterator[Handed]:
        """
        Hand in messages, and yield what became of each, in order, as soon as that is known.

        *go_on* is asked before each message's body leaves; once it says no, nothing more is sent, and the connection
        ends: what the server was told of the next message is forgotten with it.

        Where the connection ends, the message that the server may have is `UNKNOWN` and those behind it are
        `UNTRIED`. It must be read to its end: a caller that stops leaves a reply behind, and the session unusable.
        """
        done = 0
        for handed in self._hand_in(envelopes, go_on):
            done += 1
            if handed.reply is not None and not handed.reply.is_yes:
                self.last_words = f"it says {handed.reply}"
            yield handed
        for envelope in envelopes[done:]:
            yield Handed(envelope=envelope, outcome=Outcome.UNTRIED)

    def _hand_in(self, envelopes: Sequence[Envelope], go_on: Callable[[], bool]) -> Iterator[Handed]:
        """Yield until the connection ends."""
        if not self.usable or not envelopes or not go_on():
            return
        self.usable = False  # until every reply is in
        one_by_one = self._pipelined if self._pipelines else self._in_lockstep
        try:
            for handed in one_by_one(envelopes, go_on):
                yield handed
                if handed.outcome is Outcome.UNKNOWN or (handed.reply and handed.reply.closes):
                    return
        except (smtplib.SMTPException, OSError):
            return
        self.usable = self._smtp.sock is not None

    def _pipelined(self, envelopes: Sequence[Envelope], go_on: Callable[[], bool]) -> Iterator[Handed]:
        """Hand in with one round trip for each message: its commands left with the body before it."""
        self._write(b"".join(_commands(envelopes[0])))
        for number, envelope in enumerate(envelopes, start=1):
            following = b"".join(_commands(envelopes[number])) if number < len(envelopes) else b""
            refused, last = self._answers(envelope)
            if refused is None and not go_on():
                self._smtp.close()
                return
            if refused is None:
                yield self._deliver(envelope, following)
                continue
            if last.closes:
                yield refused
                return
            # A server that asks for the data of a message without a recipient gets none; any other forgets it.
            self._write((_END if last.code == _GO_ON else _RESET) + following)
            self._reply(self._patience.reply)
            yield refused

    def _answers(self, envelope: Envelope) -> tuple[Handed | None, Reply]:
        """Read the replies to a message's commands; return the first refusal, if there is one, and the last reply."""
        refused = None
        for stage in _COMMAND_STAGES:
            reply = self._reply(self._patience.reply)
            if refused is None and not _goes_on(stage, reply):
                refused = _refused(envelope, stage, reply)
            if reply.closes:
                break
        return refused, reply

    def _in_lockstep(self, envelopes: Sequence[Envelope], go_on: Callable[[], bool]) -> Iterator[Handed]:
        """Hand in with four round trips for each message: for a server that can't be asked many things at once."""
        for envelope in envelopes:
            refused = None
            for stage, command in zip(_COMMAND_STAGES, _commands(envelope), strict=True):
                self._write(command)
                reply = self._reply(self._patience.reply)
                if not _goes_on(stage, reply):
                    refused = _refused(envelope, stage, reply)
                    break
            if refused is None and not go_on():
                self._smtp.close()
                return
            if refused is None:
                yield self._deliver(envelope, b"")
                continue
            if refused.reply and refused.reply.closes:
                yield refused
                return
            self._write(_RESET)
            self._reply(self._patience.reply)
            yield refused

    def _deliver(self, envelope: Envelope, following: bytes) -> Handed:
        """Send a message's body, its final dot and what *following* asks next; say what became of it."""
        try:
            self._write(envelope.mail + _END + following)
            reply = self._reply(self._patience.dot)
        except (smtplib.SMTPException, OSError):
            return Handed(envelope=envelope, outcome=Outcome.UNKNOWN, stage=Stage.DOT)
        if reply.is_yes:
            return Handed(envelope=envelope, outcome=Outcome.SENT, stage=Stage.DOT, reply=reply)
        return _refused(envelope, Stage.DOT, reply)

    def _write(self, data: bytes) -> None:
        self._smtp.send(data)

    def _reply(self, seconds: float) -> Reply:
        assert self._smtp.sock is not None, "a session that is not usable asks nothing"
        self._smtp.sock.settimeout(seconds)
        return Reply.of(*self._smtp.getreply())


def _commands(envelope: Envelope) -> tuple[bytes, bytes, bytes]:
    sender, recipient = envelope.sender.encode("ascii"), envelope.recipient.encode("ascii")
    return b"MAIL FROM:<%b>\r\n" % sender, b"RCPT TO:<%b>\r\n" % recipient, b"DATA\r\n"


def _goes_on(stage: Stage, reply: Reply) -> bool:
    return reply.code == _GO_ON if stage is Stage.DATA else reply.is_yes


def _refused(envelope: Envelope, stage: Stage, reply: Reply) -> Handed:
    """Say what a refusal makes of a message; what is no reply to what was asked is nothing to give a reader up for."""
    outcome = Outcome.FAILED if reply.is_for_good else Outcome.DEFERRED
    return Handed(envelope=envelope, outcome=outcome, stage=stage, reply=reply)


def _opened(relay: Relay, host_name: str, patience: Patience) -> smtplib.SMTP:
    """Return a connection that is greeted, secured and logged in; raise `RelayUnusable`."""
    context = ssl.create_default_context()
    try:
        if relay.security == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, local_hostname=host_name, timeout=patience.connect, context=context
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, local_hostname=host_name, timeout=patience.connect)
        try:
            _introduce(smtp, relay, context)
        except BaseException:
            smtp.close()
            raise
    except (smtplib.SMTPException, OSError) as error:
        late = isinstance(error.__context__, TimeoutError)  # which smtplib tells as a server that hung up
        raise RelayUnusable(relay, _why(relay, TimeoutError() if late else error)) from error
    return smtp


def _introduce(smtp: smtplib.SMTP, relay: Relay, context: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    if relay.security == "smtp+starttls":
        smtp.starttls(context=context)
        smtp.ehlo()
    if relay.user is not None:
        smtp.login(relay.user, relay.password or "")


def _why(relay: Relay, error: Exception) -> str:
    """Say in words what is wrong and how to mend it."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = f"{Reply.of(error.smtp_code, error.smtp_error)}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"it refuses user and password ({said}): set them in DAILY_DOSE_SMTP_URL, an @ in them as %40"
        return f"it says {said}"
    if isinstance(error, smtplib.SMTPNotSupportedError) and "STARTTLS" in str(error):
        return "it offers no STARTTLS: use smtps:// or, on a network of your own, smtp://"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good for {relay.host}: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS can be agreed on ({error.reason or error}): is the port right for {relay.security}://?"
    return next((words for kind, words in _WORDS.items() if isinstance(error, kind)), str(error)).format(
        error.strerror if isinstance(error, OSError) else error
    )


_WORDS = {
    smtplib.SMTPNotSupportedError: "it offers no way to log in: leave user and password out of DAILY_DOSE_SMTP_URL",
    smtplib.SMTPServerDisconnected: "it hung up without a word: is the port right, and may this machine connect?",
    TimeoutError: "it does not answer: is it running, and does a firewall let us through?",
    OSError: "{}: is it running, and are host and port right?",
}
