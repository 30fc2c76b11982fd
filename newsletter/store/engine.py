"""
The store: one engine, two ways in.

`transaction()` is for verbs, `reading()` for looks. On SQLite a transaction takes the write lock at
its start (`BEGIN IMMEDIATE`): with the driver's own transactions a read-then-write loses updates,
and with a plain `BEGIN` it fails at once, whatever the busy timeout.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from newsletter.errors import NewsletterError
from newsletter.store.tables import meta

#: "dose", so that a file that is not ours is known before it is touched.
APPLICATION_ID = 0x646F7365
#: Seconds that a writer waits for the one before it.
BUSY_SECONDS = 30


class UnusableDatabase(NewsletterError):
    """The database can't be used: not there, not ours, too new, read-only, or full."""


class Store:
    """The database, by its address (`sqlite:///path` or `postgresql+psycopg://...`)."""

    def __init__(self, address: str) -> None:
        try:
            self.url: URL = make_url(_with_driver(address))
            self.engine: Engine = create_engine(self.url, **_options(self.url))
        except (ArgumentError, ImportError) as error:
            raise UnusableDatabase(f"DATABASE_URL {address!r} can't be used: {error}") from error
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = self.engine.execution_options(write=True)
        # One look is one state of the database, on both: SQLite's transactions are so by themselves.
        self._looking = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @property
    def is_sqlite(self) -> bool:
        """Say whether the database is embedded."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The database's file, where it is one."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """
        Open the one transaction of a verb: all of it is kept, or nothing.

        Raises `UnusableDatabase` where the database does not take it.
        """
        with _our_errors(self), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a consistent look at the database, which writes nothing."""
        with _our_errors(self), self._looking.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def change_number(connection: Connection) -> int:
    """Return the number that rises with every change that a reader or an editor could see."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == "change")) or 0)


def raise_change_number(connection: Connection) -> int:
    """Raise the change number and return it; on PostgreSQL this also queues writers behind each other."""
    number = change_number(_locked(connection)) + 1
    connection.execute(update(meta).where(meta.c.key == "change").values(value=str(number)))
    return number


def _locked(connection: Connection) -> Connection:
    connection.execute(select(meta.c.value).where(meta.c.key == "change").with_for_update())
    return connection


def remembered(connection: Connection, key: str) -> str | None:
    """Return what `remember` kept under *key*."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def remember(connection: Connection, key: str, value: str) -> None:
    """Keep a word of the service's own under *key*."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(meta).values(key=key, value=value)
    # Two processes that keep it first at the same moment must not fail each other.
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _with_driver(address: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if address.startswith(plain):
            return "postgresql+psycopg://" + address.removeprefix(plain)
    return address


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    return {"pool_pre_ping": True}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _our_errors(store: Store) -> Iterator[None]:
    try:
        yield
    except (OperationalError, DBAPIError) as error:
        if not isinstance(error, OperationalError) and not error.connection_invalidated:
            raise
        raise UnusableDatabase(f"the database {store.url.render_as_string()} does not answer: {_why(error)}") from error


def _why(error: DBAPIError) -> str:
    text = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    known = {
        "attempt to write a readonly database": "it is read-only: give the service's user the right to write it",
        "database or disk is full": "the disk is full: free some room, nothing was lost",
        "file is not a database": "the file is not a database: move it away, or set DATABASE_URL",
        "unable to open database file": "the file can't be opened: check the folder and its rights",
        "disk I/O error": "the disk does not take it (full, or failing)",
    }
    return known.get(text, text)
