"""The schema's version: look at it, and bring it up to this program's."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from newsletter.store.engine import APPLICATION_ID, Store, UnusableDatabase
from newsletter.store.tables import meta

#: The newest migration that this program knows (a test holds it to the folder's).
HEAD = "0001"

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
    if store.file is not None and not store.file.exists():
        return Schema.MISSING
    if store.file is not None and store.file.stat().st_size == 0:
        return Schema.EMPTY
    with store.reading() as connection:
        return _version(connection, store)


def _version(connection: Connection, store: Store) -> Schema:
    tables = set(inspect(connection).get_table_names())
    where = store.url.render_as_string()
    if not tables:
        return Schema.EMPTY
    if store.is_sqlite:
        ours = connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID
    else:
        ours = {"meta", "editions", "issues"} <= tables
    if not ours or "alembic_version" not in tables:
        raise UnusableDatabase(f"{where} holds another program's tables: set DATABASE_URL to a database of our own")
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found == HEAD:
        return Schema.CURRENT
    if found is None or str(found) > HEAD:
        raise UnusableDatabase(
            f"{where} was written by a newer version (schema {found}, this program knows {HEAD}): upgrade the program"
        )
    return Schema.OLD


def upgrade(store: Store) -> Schema:
    """
    Bring the database to this program's version, in one transaction; return what it was before.

    Makes the file (readable by its owner alone) and its folder where there are none.
    """
    before = look(store)
    if before is Schema.CURRENT:
        return before
    if store.file is not None:
        _make_file(store.file)
    from alembic import command
    from alembic.config import Config

    with store.transaction() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        else:
            # Two processes that start together on an empty database: the second waits, and finds it done.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
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
        raise UnusableDatabase(f"the database file {file} can't be made: {error.strerror}") from error
