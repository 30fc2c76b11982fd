"""
The store: one engine, two ways in.

`transaction()` is for verbs, `reading()` for looks. A transaction takes the write lock at its start,
so that a verb decides on what nobody changes meanwhile, and two verbs never wait for each other
crosswise. On SQLite that is `BEGIN IMMEDIATE`: with the driver's own transactions a read-then-write
loses updates, and with a plain `BEGIN` it fails at once, whatever the busy timeout. On PostgreSQL it
is an advisory lock.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Integer, String, cast, create_engine, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from newsletter.errors import NewsletterError
from newsletter.store.tables import meta

#: "dose", so that a file that is not ours is known before it is touched.
APPLICATION_ID = 0x646F7365
#: Seconds that a writer waits for the one before it.
BUSY_SECONDS = 30


_ALLOWED = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE (an @ in a password as %40)"
#: SQLSTATEs that say not "you asked for nonsense" but "not here": a standby, and no right to a table.
_REFUSED = frozenset(["25006", "42501"])


class UnusableDatabase(NewsletterError):
    """The database can't be used: not there, not ours, too new, read-only, or full."""


class Store:
    """The database, by its address (`sqlite:///path` or `postgresql+psycopg://...`)."""

    def __init__(self, address: str) -> None:
        try:
            self.url: URL = _url(address)
            self.engine: Engine = create_engine(self.url, **_options(self.url))
        except (ArgumentError, ImportError, ValueError) as error:
            missing = isinstance(error, ImportError)
            why = f"{error}: install daily-dose[postgres]" if missing else f"expected {_ALLOWED}"
            raise UnusableDatabase(
                f"DAILY_DOSE_DATABASE_URL {_without_password(address)} can't be used: {why}"
            ) from None
        if self.is_sqlite:
            if self.url.database in (None, "", ":memory:"):
                raise UnusableDatabase(f"DAILY_DOSE_DATABASE_URL {address} names no file: expected {_ALLOWED}")
            event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", _begin_sqlite if self.is_sqlite else _begin_postgresql)
        self._writing = self.engine.execution_options(write=True)
        # One look is one state of the database, on both: SQLite's transactions are so by themselves.
        self._looking = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    def __str__(self) -> str:
        """Return the database's address without its password."""
        return _without_password(self.url.render_as_string())

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
        Open the one transaction of a verb: all of it is kept, or nothing. It is the only one until it ends.

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


_RAISE = (
    update(meta)
    .where(meta.c.key == "change")
    .values(value=cast(cast(meta.c.value, Integer) + 1, String))
    .returning(meta.c.value)
)


def change_number(connection: Connection) -> int:
    """Return the number that rises with every change that a reader or an editor could see."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == "change")) or 0)


def raise_change_number(connection: Connection) -> int:
    """Raise the change number, in a transaction, and return it."""
    return int(connection.scalar(_RAISE) or 0)


def remembered(connection: Connection, key: str) -> str | None:
    """Return what `remember` kept under *key*."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def remember(connection: Connection, key: str, value: str) -> None:
    """Keep a word of the service's own under *key*."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(meta).values(key=key, value=value)
    # Two processes that keep it first at the same moment must not fail each other.
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _url(address: str) -> URL:
    url = make_url(_with_driver(address))
    if "@" in (url.host or ""):
        raise ValueError("the half of a password that has an @ in it is no host")
    return url


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
    # Nothing here may change a file that is not ours: `upgrade` sets the journal's mode, once.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("write"))


def _without_password(address: str) -> str:
    """Return an address that may be shown: no password, neither before the host nor after it."""
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:***@", address))


@contextmanager
def _our_errors(store: Store) -> Iterator[None]:
    try:
        yield
    except PoolExhausted as error:
        raise UnusableDatabase(f"the database {store} is too busy: every connection is in use") from error
    except DBAPIError as error:
        if not _is_unusable(error):
            raise
        raise UnusableDatabase(
            f"the database {store} does not answer: {why(error.orig or error, store.file)}"
        ) from error


def _is_unusable(error: DBAPIError) -> bool:
    """Say whether the database is at fault, not what it was asked."""
    return (
        isinstance(error, OperationalError)
        or type(error) is DatabaseError
        or error.connection_invalidated
        or getattr(error.orig, "sqlstate", None) in _REFUSED
    )


def why(error: BaseException, file: Path | None = None) -> str:
    """Say in words why the database, kept in *file* if it is one, does not answer."""
    text = next(iter(str(error).strip().splitlines()), type(error).__name__)
    read_only = f"{_read_only(file)} is read-only: give the service's user the right to write it"
    known = {
        "attempt to write a readonly database": read_only,
        "database or disk is full": "the disk is full: free some room, nothing was lost",
        "file is not a database": "the file is not a database: move it away, or set DAILY_DOSE_DATABASE_URL",
        "database disk image is malformed": "the file is damaged: restore it from a backup",
        "unable to open database file": "the file can't be opened: check the folder and its rights",
        "database is locked": f"another program was writing to it for {BUSY_SECONDS} seconds: end it, or try again",
        "disk I/O error": "the disk does not take it (full, or failing): free some room, nothing was lost",
    }
    return known.get(text, text)


def _read_only(file: Path | None) -> str:
    """Name what can't be written: the database's folder, its file, or one of those that SQLite keeps beside it."""
    if file is None:
        return "it"
    if not os.access(file.parent, os.W_OK):
        return f"the folder {file.parent.absolute()}"
    beside = (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm")))
    return next(
        (f"the file {each.absolute()}" for each in beside if each.exists() and not os.access(each, os.W_OK)), "it"
    )
