"""An IMAP mailbox (RFC 3501), over TLS, where mail that came back is read."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from newsletter.delivery.feedback.parts import ENOUGH
from newsletter.delivery.feedback.sources import Arrived, UnusableMailbox

#: Seconds that a server may take to answer.
_PATIENCE = 60
#: How many messages are asked for at once: that many heads are in memory. And how many are looked through at once: the
#: standard library takes no line of more than a million bytes.
_AT_ONCE, _LOOKED_THROUGH = 20, 10_000
_PORT, _TLS_PORT = 143, 993
_UID = re.compile(rb"\bUID (\d+)")


class ImapMailbox:
    """A folder, which is selected: what is not seen in it; it lets go by calling it seen."""

    origin = "imap"

    def __init__(self, session: imaplib.IMAP4, number: int) -> None:
        self._session = session
        self._number = number

    def arrived(self) -> Iterator[Arrived]:
        """Give what is not seen, in the order in which it came."""
        uids = [uid for first in range(1, self._number + 1, _LOOKED_THROUGH) for uid in self._unseen(first)]
        for start in range(0, len(uids), _AT_ONCE):
            # Peeked at: a message is seen once it is kept.
            some = self._ask("FETCH", ",".join(uids[start : start + _AT_ONCE]), f"(UID BODY.PEEK[]<0.{ENOUGH}>)")
            for told, following in zip(some, [*some[1:], b""], strict=True):
                if isinstance(told, tuple):
                    # The UID may stand before the message or after it.
                    uid = _UID.search(told[0]) or (_UID.search(following) if isinstance(following, bytes) else None)
                    if uid is not None:
                        yield Arrived(uid[1].decode(), told[1])

    def _unseen(self, first: int) -> list[str]:
        """Return the UIDs of what is not seen among so many messages from the *first* on."""
        last = min(first + _LOOKED_THROUGH - 1, self._number)
        found = self._ask("SEARCH", f"{first}:{last}", "UNSEEN")
        return [uid.decode() for line in found if isinstance(line, bytes) for uid in line.split()]

    def let_go(self, keys: Sequence[str]) -> None:
        """Call messages seen."""
        for start in range(0, len(keys), _AT_ONCE):
            self._ask("STORE", ",".join(keys[start : start + _AT_ONCE]), "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command: str, *words: str) -> list[bytes | tuple[bytes, bytes]]:
        answer, told = self._session.uid(command, *words)
        if answer != "OK":
            raise imaplib.IMAP4.error(f"{command}: {told!r}")
        return [each for each in told if each is not None]


@contextmanager
def opened(url: str) -> Iterator[ImapMailbox]:
    """
    Open the mailbox of *url* (`imaps://USER:PASSWORD@HOST:PORT/FOLDER`; `imap:` begins TLS by STARTTLS).

    The server's certificate is checked. Raises `UnusableMailbox`, which tells no password.
    """
    parts = urlsplit(url)
    name = f"{parts.scheme}://{parts.hostname}/{unquote(parts.path.lstrip('/'))}"
    try:
        session = _connected(parts.scheme, parts.hostname or "", parts.port)
        with _ending(session):
            _log_in(session, unquote(parts.username or ""), unquote(parts.password or ""))
            answer, told = session.select(_quoted(unquote(parts.path.strip("/")) or "INBOX"))
            if answer != "OK":
                raise UnusableMailbox(name, _said(told))
            yield ImapMailbox(session, int(_said(told)))
    except UnicodeEncodeError as error:
        raise UnusableMailbox(name, "expected a folder with a name in ASCII") from error
    except (imaplib.IMAP4.error, OSError) as error:
        raise UnusableMailbox(name, _why(error)) from error


def _connected(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    trust = ssl.create_default_context()
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or _TLS_PORT, ssl_context=trust, timeout=_PATIENCE)
    session = imaplib.IMAP4(host, port or _PORT, timeout=_PATIENCE)
    session.starttls(trust)
    return session


def _log_in(session: imaplib.IMAP4, user: str, password: str) -> None:
    if "AUTH=PLAIN" in session.capabilities:  # which takes any character (RFC 4616)
        session.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
    else:
        session.login(user, password)


@contextmanager
def _ending(session: imaplib.IMAP4) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            session.logout()


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(told: Sequence[object]) -> str:
    first = next(iter(told), b"")
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(error) or type(error).__name__
