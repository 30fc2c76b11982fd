"""Relays: the mail servers that mail is handed in to, and how a connection to one is made."""

from __future__ import annotations

import smtplib
import ssl
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from newsletter.delivery.replies import Reply
from newsletter.errors import NewsletterError

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_READING = threading.Lock()


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


def connected(relay: Relay, host_name: str, patience: Patience) -> smtplib.SMTP:
    """
    Return a connection that is greeted, secured and logged in.

    *host_name* is what we say who we are (EHLO). Raises `RelayUnusable` where the server can't be reached, can't prove
    who it is, or refuses us.
    """
    try:
        if relay.security == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, local_hostname=host_name, timeout=patience.connect, context=_trust()
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, local_hostname=host_name, timeout=patience.connect)
        try:
            _introduce(smtp, relay)
        except BaseException:
            smtp.close()
            raise
    except (smtplib.SMTPException, OSError) as error:
        late = isinstance(error.__context__, TimeoutError)  # which smtplib tells as a server that hung up
        raise RelayUnusable(relay, _why(relay, TimeoutError() if late else error)) from error
    return smtp


def _introduce(smtp: smtplib.SMTP, relay: Relay) -> None:
    smtp.ehlo_or_helo_if_needed()
    if relay.security == "smtp+starttls":
        smtp.starttls(context=_trust())
        smtp.ehlo()
    if relay.user is not None:
        smtp.login(relay.user, relay.password or "")


def _trust() -> ssl.SSLContext:
    """
    Return whom we believe to be who they say: the machine's authorities.

    To read them takes a fiftieth of a second, and a megabyte, for each connection; so they are read once, and again
    when they have changed.
    """
    paths = ssl.get_default_verify_paths()
    known = tuple((path, Path(path).stat().st_mtime_ns) for path in (paths.cafile, paths.capath) if path is not None)
    with _READING:  # many connections are made at once
        return _trusting(known)


@lru_cache(maxsize=1)
def _trusting(_known: tuple[tuple[str, int], ...]) -> ssl.SSLContext:
    return ssl.create_default_context()


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
