"""
Where messages that came back are read: a Maildir, an mbox, a stream, an IMAP mailbox.

Each gives the heads of its messages, and is told which of them it may let go of once they are kept. A source that is
read again gives again what it was not told of: what is known counts once.
"""

from __future__ import annotations

import mailbox
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from newsletter.delivery.feedback.parts import ENOUGH
from newsletter.errors import NewsletterError

#: How much of what is not looked at is read at once, in bytes.
_GULP = 1_048_576


class UnusableMailbox(NewsletterError):
    """A mailbox can't be read."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the mailbox {name} can't be read: {why}")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message's head, and what names it in its source."""

    key: str
    head: bytes


class Source(Protocol):
    """Where messages are read."""

    @property
    def origin(self) -> str:
        """What kind of source it is, in a word."""

    def arrived(self) -> Iterator[Arrived]:
        """Give the messages that have arrived, in their order."""

    def let_go(self, keys: Sequence[str]) -> None:
        """Let go of messages that are kept elsewhere now."""


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open the Maildir, the mbox or the single message at *path*; raise `UnusableMailbox`."""
    try:
        if path.is_dir():
            yield Maildir(path)
        else:
            with path.open("rb") as file:
                begins_mbox = file.read(5) in (b"From ", b"")
                file.seek(0)
                if begins_mbox:
                    with _mbox(path) as box:
                        yield box
                else:
                    yield Stream(file, "file")
    except OSError as error:
        raise UnusableMailbox(str(error.filename or path), error.strerror or str(error)) from error


class Maildir:
    """A Maildir (cr.yp.to/proto/maildir.html): what is new in it; it lets go by calling it seen."""

    origin = "maildir"

    def __init__(self, folder: Path) -> None:
        self._new, self._seen = folder / "new", folder / "cur"
        if not (self._new.is_dir() and self._seen.is_dir()):
            raise UnusableMailbox(str(folder), "expected a Maildir with `new` and `cur` in it, or the file of an mbox")

    def arrived(self) -> Iterator[Arrived]:
        """Give what is in `new`, by name: that begins with when it came."""
        for file in sorted(self._new.iterdir(), key=lambda each: _came(each.name)):
            # A mail reader may have taken it meanwhile; what begins with a dot is no message.
            if file.is_file() and not file.name.startswith("."):
                with file.open("rb") as message:
                    head = message.read(ENOUGH)
                yield Arrived(file.name, head)

    def let_go(self, keys: Sequence[str]) -> None:
        """Move messages to `cur`, as seen."""
        for key in keys:
            with suppress(FileNotFoundError):
                (self._new / key).rename(self._seen / f"{key.partition(':')[0]}:2,S")


class Mbox:
    """An mbox (RFC 4155), which stays as it is: what was read before is known."""

    origin = "mbox"

    def __init__(self, box: mailbox.mbox) -> None:
        self._box = box

    def arrived(self) -> Iterator[Arrived]:
        """Give every message."""
        for key in self._box.iterkeys():
            with self._box.get_file(key) as file:
                yield Arrived(str(key), file.read(ENOUGH))

    def let_go(self, keys: Sequence[str]) -> None:
        """Change nothing."""


class Stream:
    """One message, such as a mail server pipes in."""

    def __init__(self, file: BinaryIO, origin: str = "pipe") -> None:
        self.origin = origin
        self._file = file

    def arrived(self) -> Iterator[Arrived]:
        """Give the message; the rest of it is read too, so that whoever writes it is not cut off."""
        head = self._file.read(ENOUGH)
        while self._file.read(_GULP):
            pass
        if head:
            yield Arrived("", head)

    def let_go(self, keys: Sequence[str]) -> None:
        """Change nothing: it is gone."""


@contextmanager
def _mbox(path: Path) -> Iterator[Mbox]:
    """Open an mbox, which nobody writes to meanwhile."""
    with closing(mailbox.mbox(path, create=False)) as box:
        # Whoever may only read it can't keep others from writing: at worst its last message is read by halves.
        with suppress(OSError):
            try:
                box.lock()
            except mailbox.ExternalClashError as error:
                raise UnusableMailbox(str(path), "another program is writing to it: try again") from error
        yield Mbox(box)


def _came(name: str) -> tuple[int, str]:
    """Order a Maildir's messages: by the second in which they came, in which names begin, then by name."""
    seconds = name.partition(".")[0]
    return (int(seconds) if seconds.isascii() and seconds.isdigit() else 0, name)
