"""
The outbox: a Maildir in HOME, where every message is a file that a person or a mail reader opens.

A delivery's file has its name from its Message-ID, so that writing it again after a crash makes no
second message.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from newsletter.errors import NewsletterError

#: What a full disk does not take, in bytes: a mail is larger.
_PAGE = 65_536


class OutboxFull(NewsletterError):
    """A message can't be written to the outbox."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(f"the outbox {folder} does not take a message: {error.strerror}; nothing was lost")


class Outbox:
    """A Maildir (cr.yp.to/proto/maildir.html): `tmp`, then `new`, and `cur` once a reader has looked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, message_id: str, mail: bytes) -> Path:
        """Write a message durably and return its file; the same Message-ID again changes nothing."""
        name = hashlib.sha256(message_id.encode()).hexdigest()[:40]
        with self._folders():
            seen = next((self.folder / "cur").glob(f"{name}*"), None)
            if seen is not None:
                return seen
            draft, final = self.folder / "tmp" / name, self.folder / "new" / name
            # A Maildir keeps lines as its system does.
            with draft.open("wb") as file:
                file.write(mail.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(final)
        return final

    def test(self) -> None:
        """Raise `OutboxFull` if a message could not be written now."""
        with self._folders(), TemporaryFile(dir=self.folder / "tmp") as file:
            file.write(bytes(_PAGE))
            file.flush()

    @contextmanager
    def _folders(self) -> Iterator[None]:
        """Make the Maildir's folders where they are missing, and tell in one error what they refuse."""
        try:
            for part in ("tmp", "new", "cur"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise OutboxFull(self.folder, error) from error
