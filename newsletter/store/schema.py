"""The schema's version: look at it, and bring it up to this program's."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from enum import Enum
from pathlib import Path
from threading import Event

from sqlalchemy import Connection, inspect, text

from newsletter.store.engine import APPLICATION_ID, BUSY_SECONDS, Store, UnusableDatabase, why
from newsletter.store.tables import meta

#: The newest migration that this program knows (a test holds it to the folder's).
HEAD = "0004"

#: What every database file begins with (sqlite.org/fileformat2.html, 1.3).
_MAGIC = b"SQLite format 3\0"
_NOT_A_DATABASE = sqlite3.DatabaseError("file is not a database")
_FOLDER = Path(__file__).parent / "migrations"


class Schema(Enum):
    """What a database is to this program."""

    MISSING = "missing"
    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"


def look(store: Store) -> Schema:
    """
    Say what the database holds, without changing it or making a file.

    Raises `UnusableDatabase` where it is not ours, or from a newer version of this program.
    """
    if store.file is not None:
        try:
            if not store.file.exists():
                return Schema.MISSING
            if not _holds_database(store, store.file):
                return Schema.EMPTY
        except OSError as error:
            what = f": give the service's user the right to read {store.file.parent.absolute()} and what is in it"
            mend = what if isinstance(error, PermissionError) else ""
            raise UnusableDatabase(f"the database {store} can't be read: {error.strerror}{mend}") from error
    with store.reading() as connection:
        return _version(connection, store)


def _holds_database(store: Store, file: Path) -> bool:
    """Say whether a file holds anything; raise `UnusableDatabase` if that is no database."""
    with file.open("rb") as opened:
        start = opened.read(len(_MAGIC))
    if start and start != _MAGIC:
        # SQLite itself takes a file of some bytes for an empty database, and writes over it.
        raise UnusableDatabase(f"the database {store} does not answer: {why(_NOT_A_DATABASE)}")
    return bool(start)


def _version(connection: Connection, store: Store) -> Schema:
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return Schema.EMPTY
    if store.is_sqlite:
        ours = connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID
    else:
        ours = {"meta", "editions", "issues"} <= tables
    if not ours or "alembic_version" not in tables:
        raise UnusableDatabase(
            f"{store} holds another program's tables: set DAILY_DOSE_DATABASE_URL to a database of our own"
        )
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found == HEAD:
        return Schema.CURRENT
    if found is None or str(found) > HEAD:
        raise UnusableDatabase(
            f"{store} was written by a newer version (schema {found}, this program knows {HEAD}): upgrade the program"
        )
    return Schema.OLD


def upgrade(store: Store) -> Schema:
    """
    Bring the database to this program's version, in one transaction; return what it was before.

    Makes the file (readable by its owner alone) and its folder where there are none.
    """
    before = look(store)
    if store.file is not None:
        if before is not Schema.CURRENT:
            _make_file(store.file)
        _write_ahead(store, store.file)
    if before is Schema.CURRENT:
        return before
    from alembic import command
    from alembic.config import Config

    # Of two processes that start together on an empty database the second waits, and finds it done.
    with store.transaction() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        if _version_or_empty(connection, store) is not Schema.CURRENT:
            config = Config()
            config.set_main_option("script_location", str(_FOLDER))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if before in (Schema.MISSING, Schema.EMPTY):
                connection.execute(meta.insert(), [{"key": "change", "value": "1"}])
    return before


def _version_or_empty(connection: Connection, store: Store) -> Schema:
    if not inspect(connection).has_table("alembic_version"):
        return Schema.EMPTY
    return _version(connection, store)


def _make_file(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}"
        if error.errno in (errno.EACCES, errno.EROFS):
            folder = next(each for each in file.absolute().parents if each.exists())
            mend = f"give the service's user the right to write {folder}, or set DAILY_DOSE_HOME to another folder"
            problem = f"{error.strerror}: {mend}"
        raise UnusableDatabase(f"the database file {file} can't be made: {problem}") from error


def _write_ahead(store: Store, file: Path) -> None:
    """
    Set the file's journal, for good, to the mode in which nobody who reads waits for who writes.

    SQLite answers at once that the file is busy where two processes set the mode together: its own
    patience does not hold for this (sqlite3_busy_handler, the paragraph on deadlock), so ours does.
    """
    patience = Event()
    for left in reversed(range(BUSY_SECONDS * 10)):
        try:
            with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            if not left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise UnusableDatabase(f"the database {store} does not answer: {why(error, file)}") from error
            patience.wait(0.1)
        else:
            return
