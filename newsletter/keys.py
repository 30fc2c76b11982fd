"""The service's own keys, in files: those that tokens are signed with, and the one that addresses are hashed with."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from newsletter.errors import NewsletterError
from newsletter.tokens import Keyring

_FIRST = "0001.key"
#: No `.key`: it signs nothing, and is never replaced.
_SUPPRESSIONS = "suppressions.secret"
_BYTES = 32
_LOST = (
    f"addresses are suppressed already, and their key {_SUPPRESSIONS} is not there: take it from a backup, or from the "
    f"machine that shares the database (a new one, such as `openssl rand -hex {_BYTES}` makes, knows none of them)"
)


class UnusableKeys(NewsletterError):
    """The keys can't be read, or the first one can't be made."""

    def __init__(self, where: Path, why: str) -> None:
        super().__init__(f"the keys in {where} can't be used: {why}")


def keyring(folder: Path, secret: str | None = None) -> Keyring:
    """
    Return the keys of *folder*, and make the first one where there is none.

    *secret*, the setting, signs if it is given; otherwise the key of the last name does. All are believed, so that
    what was mailed with an older key works for as long as its file is kept: to take another, add a file of a higher
    number. Raises `UnusableKeys`.
    """
    try:
        files = sorted(folder.glob("*.key"), reverse=True) if folder.is_dir() else []
        if not files and secret is None:
            files = [_made(folder / _FIRST)]
        found = [file.read_text(encoding="ascii").strip().encode() for file in files]
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "expected letters and digits"
        raise UnusableKeys(folder, f"{why}: give the service's user the right to read and write it") from error
    try:
        return Keyring([*([secret.encode()] if secret else []), *found])
    except ValueError as error:
        raise UnusableKeys(folder, str(error)) from error


def suppression_key(folder: Path, is_needed: Callable[[], bool] = lambda: False) -> bytes:
    """
    Return the key in *folder* that suppressed addresses are hashed with; make it where there is none.

    It never rotates: an address that was erased is known by its hash alone, and by another key's it would be a
    stranger's. So none is made where *is_needed* says that there are hashes already. Machines that share a database
    share this file. Raises `UnusableKeys`.
    """
    file = folder / _SUPPRESSIONS
    try:
        if not file.exists():
            if is_needed():
                raise UnusableKeys(folder, _LOST)
            _made(file)
        found = file.read_bytes().strip()
    except OSError as error:
        why = f"{error.strerror}: give the service's user the right to read and write it"
        raise UnusableKeys(folder, why) from error
    if len(found) < _BYTES:
        raise UnusableKeys(folder, f"expected at least {_BYTES} bytes in {file.name}: take it from a backup")
    return found


def _made(file: Path) -> Path:
    """Make a key, readable by its owner alone; of two processes that start together one makes it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(secrets.token_hex(_BYTES) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(draft, file)  # fails where the other's is there already; a rename would put ours in its place
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file
