"""
Generations: how a database that was set back, or copied, is told from the one that sent the mail.

Each mailing raises a number in the database; before anything of it is sent, a witness outside the database has seen
that number. A database that is behind its witness was restored from a backup, one without a witness may be a clone: it
does not know whom the other has mailed since.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from newsletter.errors import NewsletterError
from newsletter.store import Store
from newsletter.store.engine import remember, remembered

_KEPT = "generation"
_RESTORED = "the database was restored from a backup, or copied, since mail was last sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Which database it is, and how many mailings it has opened."""

    database: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Generation | None:
        """Return what `str` wrote; `None` for anything else."""
        database, _, number = text.strip().partition(" ")
        return cls(database=database, number=int(number)) if database and number.isdecimal() else None

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{self.database} {self.number}"


def generation(connection: Connection) -> Generation | None:
    """Return the database's generation; `None` before its first mailing."""
    kept = remembered(connection, _KEPT)
    return Generation.parse(kept) if kept else None


def raise_generation(connection: Connection) -> None:
    """Raise the database's generation, in the transaction that opens a mailing."""
    last = generation(connection) or Generation(database=uuid4().hex, number=0)
    remember(connection, _KEPT, str(Generation(database=last.database, number=last.number + 1)))


def adopt(connection: Connection, seen: Generation | None) -> Generation:
    """
    Let a database be the one that its witness is of, a new one or, on a human's word, a restored one.

    Return what it is now. A clone becomes a database of its own: the other's mailings are not its own any more.
    """
    own = generation(connection)
    number = max(own.number if own else 0, seen.number if seen else 0)
    adopted = Generation(database=uuid4().hex, number=number)
    remember(connection, _KEPT, str(adopted))
    return adopted


def is_new(own: Generation | None, seen: Generation | None) -> bool:
    """Say whether a database never opened a mailing, and has no witness yet: there is nothing to vouch for."""
    return seen is None and (own is None or own.number == 0)


def fault(own: Generation | None, seen: Generation | None) -> str | None:
    """Say in words why a database with the generation *own* may not send, given what its witness has *seen*."""
    if is_new(own, seen):
        return None
    if seen is None:
        return f"{_RESTORED}: there is no witness file beside it"
    if own is None:
        return f"{_RESTORED}: its witness knows {seen.number:,} mailings, and it knows none"
    if seen.database != own.database:
        return f"{_RESTORED}: its witness is another database's"
    if seen.number > own.number:
        return f"{_RESTORED}: its witness knows {seen.number:,} mailings, and it knows {own.number:,}"
    return None


def compared(witness: Witness | None, store: Store) -> tuple[Generation | None, Generation | None]:
    """
    Return the database's generation, and what its witness has seen.

    The witness comes first: the database is never behind it unless it was set back. Where there was none yet, another
    process may have made it since, and opened a mailing: then both are looked at again.
    """
    seen = witness.seen() if witness else None
    own = _read(store)
    if witness is not None and seen is None and own is not None:
        seen = witness.seen()
        own = _read(store)
    return own, seen


def _read(store: Store) -> Generation | None:
    with store.reading() as connection:
        return generation(connection)


class Restored(NewsletterError):
    """This database was set back, or copied: it does not know whom the other has mailed since."""

    def __init__(self, why: str) -> None:
        super().__init__(f"nothing is sent: {why}; make sure of it, then `daily-dose release --restored`")


class UnusableWitness(NewsletterError):
    """The witness file can't be read or written: nothing may be sent that it has not seen."""

    def __init__(self, file: Path, error: OSError) -> None:
        super().__init__(f"the witness {file} can't be used: {error.strerror}; nothing is sent until it can")


class Witness:
    """A file, outside the database, of the newest generation that was sent."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def seen(self) -> Generation | None:
        """Return what it has seen; `None` where there is no such file. Raises `UnusableWitness`."""
        try:
            return Generation.parse(self.file.read_text(encoding="ascii", errors="replace"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnusableWitness(self.file, error) from error

    def see(self, own: Generation) -> None:
        """Keep *own*, durably, unless it has seen a later one of the same database. Raises `UnusableWitness`."""
        try:
            with self._locked():
                seen = self.seen()
                if seen is None or seen.database != own.database or seen.number < own.number:
                    self._write(own)
        except OSError as error:
            raise UnusableWitness(self.file, error) from error

    def _write(self, own: Generation) -> None:
        draft = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        with draft.open("w", encoding="ascii") as file:
            file.write(f"{own}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time look and write."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_name(f"{self.file.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
