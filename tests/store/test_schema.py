"""The migrations, and what a database is to this program, on both databases."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from servers.missing import missing
from servers.postgresql import PostgreSQL
from sqlalchemy import inspect, select, text

from newsletter.store import Store, UnusableDatabase
from newsletter.store import tables as our
from newsletter.store.engine import change_number, remember
from newsletter.store.schema import _FOLDER, HEAD, Schema, look, upgrade

ROOT = Path(__file__).parents[2]


def differences(connection) -> list[object]:
    """Compare the database with our tables; the index of words is each database's own, and in no MetaData."""

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return not (kind == "table" and name and name.split("_")[0] == "search")

    options = {"compare_type": True, "include_name": is_ours}
    return compare_metadata(MigrationContext.configure(connection, opts=options), our.metadata)


def test_the_migrations_make_just_the_tables_that_the_code_uses(store):
    with store.reading() as connection:
        assert differences(connection) == []
        assert inspect(connection).has_table("search")


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_upgrading_tells_what_was_there_and_the_second_time_changes_nothing(database_url):
    store = Store(database_url)
    before = upgrade(store)
    with store.transaction() as connection:
        remember(connection, "kept", "yes")

    assert before in (Schema.MISSING, Schema.EMPTY)
    assert upgrade(store) is Schema.CURRENT
    with store.reading() as connection:
        assert dict(map(tuple, connection.execute(select(our.meta)))) == {"change": "1", "kept": "yes"}
    store.close()


def as_first_published(store):
    """Make the tables of the first version, with a mailing to two readers."""
    upgrade(store)
    with store.transaction() as connection:
        config = Config()
        config.set_main_option("script_location", str(_FOLDER))
        config.attributes["connection"] = connection
        for table in reversed(our.metadata.sorted_tables):
            table.drop(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        command.upgrade(config, "0001")
        for statement in FIRST_ROWS:
            connection.exec_driver_sql(statement)


FIRST_ROWS = (
    (
        "INSERT INTO editions (id, uid, slug, title, language, days, rest_days, kinds, tags, since) VALUES "
        "(1, '00000000000000000000000000000001', 'a', 'A', 'en', '[]', 1, '[]', '[]', '2026-01-01')"
    ),
    (
        "INSERT INTO entries (id, uid, slug, status, guessed, revision, changed) VALUES "
        "(1, '00000000000000000000000000000002', 'e', 'ready', '[]', 1, 1)"
    ),
    (
        "INSERT INTO issues (id, uid, edition_id, day, number, state, rule, reason, subject, entry_id, revision, "
        "shown_revision, due_at, published_at, updated_at, caught_up, content, sha256) VALUES "
        "(1, '00000000000000000000000000000003', 1, '2026-01-01', 1, 'published', 'queued', 'q', 's', 1, 1, 1, "
        "'2026-01-01 06:00:00', '2026-01-01 06:00:00', '2026-01-01 06:00:00', false, '{}', 'x')"
    ),
    "INSERT INTO subscribers (id, address, folded, state) VALUES (1, 'r1', 'r1', 'good'), (2, 'r2', 'r2', 'good')",
    (
        "INSERT INTO subscriptions (id, subscriber_id, edition_id, state, cadence, format) VALUES "
        "(1, 1, 1, 'active', 'daily', 'html'), (2, 2, 1, 'active', 'daily', 'html')"
    ),
    (
        "INSERT INTO mailings (id, edition_id, kind, key, issue_id, frozen_number, created_at, audience) VALUES "
        "(1, 1, 'issue', '2026-01-01', 1, 1, '2026-01-01 06:00:00', 2)"
    ),
    (
        "INSERT INTO deliveries (mailing_id, subscription_id, state, due_at, attempts) VALUES "
        "(1, 1, 'sent', '2026-01-01 06:00:00', 1), (1, 2, 'queued', '2026-01-01 06:00:00', 0)"
    ),
)


def test_what_the_first_version_left_is_taken_on(database_url):
    old = Store(database_url)
    as_first_published(old)

    assert upgrade(old) is Schema.OLD
    with old.reading() as connection:
        readers = connection.execute(select(our.subscriptions)).all()
        waiting = connection.execute(select(our.deliveries).order_by(our.deliveries.c.subscription_id)).all()
        assert [row.state for row in readers] == ["active", "active"]
        assert len({row.uid for row in readers} - {None}) == 2
        assert [row.state for row in waiting] == ["sent", "queued"]
        assert waiting[1].ready_at == waiting[1].due_at
        assert differences(connection) == []
    old.close()


def test_looking_makes_no_file(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'there' / 'daily-dose.db'}")

    assert look(store) is Schema.MISSING
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_for_its_owner_alone_and_lets_readers_and_writers_be_at_once(tmp_path):
    file = tmp_path / "there" / "daily-dose.db"
    store = Store(f"sqlite:///{file}")
    upgrade(store)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with store.reading() as connection:
        settings = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
    assert settings == PRAGMAS
    store.close()


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "application_id": 0x646F7365}


def _start(url: str, gate: multiprocessing.synchronize.Barrier) -> None:
    gate.wait()
    store = Store(url)
    upgrade(store)
    with store.reading() as connection:
        assert change_number(connection) == 1


def test_processes_that_start_at_once_on_an_empty_database_all_find_it_made(database_url):
    spawning = multiprocessing.get_context("spawn")
    gate = spawning.Barrier(4)
    started = [spawning.Process(target=_start, args=(database_url, gate)) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)

    assert [process.exitcode for process in started] == [0, 0, 0, 0]


# What is not ours, or can't be used


def refusal(store: Store) -> str:
    """Return the one line in which both a look and an upgrade refuse a database."""
    with pytest.raises(UnusableDatabase) as looked:
        look(store)
    with pytest.raises(UnusableDatabase) as upgraded:
        upgrade(store)
    store.close()
    assert str(looked.value) == str(upgraded.value)
    assert "\n" not in str(looked.value)
    return str(looked.value)


@pytest.mark.parametrize("content", [b"not a database, " * 600, b"x", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path, content):
    file = tmp_path / "notes.txt"
    file.write_bytes(content)

    assert "the file is not a database: move it away, or set DAILY_DOSE_DATABASE_URL" in refusal(
        Store(f"sqlite:///{file}")
    )
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_refused(tmp_path):
    assert refusal(Store(f"sqlite:///{tmp_path}")).endswith("can't be read: Is a directory")


def test_another_programs_file_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "theirs.db"
    with closing(sqlite3.connect(file)) as theirs:
        theirs.execute("CREATE TABLE meta (key, value)")
        theirs.commit()
    before = file.read_bytes()

    assert "holds another program's tables: set DAILY_DOSE_DATABASE_URL" in refusal(Store(f"sqlite:///{file}"))
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_another_programs_tables_in_postgresql_are_refused_and_left(postgresql: PostgreSQL):
    name = postgresql.create_database()
    store = Store(postgresql.url(name))
    with store.transaction() as connection:
        connection.execute(text("CREATE TABLE theirs (id integer)"))

    assert "holds another program's tables" in refusal(store)
    with store.reading() as connection:
        assert inspect(connection).get_table_names() == ["theirs"]
    store.close()
    postgresql.drop_database(name)


def test_a_newer_versions_database_is_refused_and_left(store):
    with store.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    told = refusal(store)

    assert "was written by a newer version (schema 9999, this program knows" in told
    assert told.endswith("upgrade the program")
    with store.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_folder_where_nothing_may_be_made_is_refused(tmp_path):
    (tmp_path / "taken").write_text("a file where a folder should be")
    store = Store(f"sqlite:///{tmp_path / 'taken' / 'daily-dose.db'}")

    with pytest.raises(UnusableDatabase, match=r"daily-dose.db can't be made: .*taken: File exists"):
        upgrade(store)


#: Reads and writes as a user who owns nothing.
AS_NOBODY = """
import os, sys
from newsletter.store import Store, UnusableDatabase
from newsletter.store.engine import change_number, remember
from newsletter.store.schema import look, upgrade
import alembic.command, sqlalchemy.dialects.sqlite
store = Store(sys.argv[1])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(upgrade(store).value)
with store.reading() as connection:
    print(change_number(connection))
try:
    with store.transaction() as connection:
        remember(connection, "new", "word")
except UnusableDatabase as error:
    print(error)
"""


def test_a_file_that_may_not_be_written_is_read_and_a_change_refused(migrated_file):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "daily-dose.db"
        shutil.copy(migrated_file, file)
        file.chmod(0o444)
        Path(folder).chmod(0o777)  # the journal's own files stand beside it
        told = _python(AS_NOBODY, f"sqlite:///{file}")
        before = migrated_file.read_bytes()
        assert file.read_bytes() == before

    assert told[:2] == ["current", "1"]
    assert told[2].endswith(f"the file {file} is read-only: give the service's user the right to write it")
    assert len(told) == 3


#: Fills a database until the disk (a limit on the size of files) has no room; then says what is left.
FILLING = """
import resource, signal, sys
from newsletter.store import Store, UnusableDatabase
from newsletter.store.engine import remember
from newsletter.store.schema import upgrade
store = Store(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
kept = 0
try:
    upgrade(store)
    while True:
        with store.transaction() as connection:
            remember(connection, f"word {kept}", "x" * 10_000)
        kept += 1
except UnusableDatabase as error:
    print(error)
print(kept)
"""


@pytest.mark.parametrize("room", [1_000, 40_000, 700_000])
def test_a_full_disk_is_told_in_a_line_and_what_was_kept_is_there_afterwards(tmp_path, room):
    file = tmp_path / "daily-dose.db"

    told, kept = _python(FILLING, f"sqlite:///{file}", str(room))

    assert "the disk does not take it" in told or "the disk is full" in told
    store = Store(f"sqlite:///{file}")
    upgrade(store)
    with store.reading() as connection:
        words = connection.scalars(select(our.meta.c.key).where(our.meta.c.key.startswith("word"))).all()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.close()
    assert len(words) == int(kept)
    assert (int(kept) > 0) == (room == 700_000)


def test_a_full_disk_is_told_as_one_and_loses_nothing(migrated_file):
    """On a file system of its own, as small as it gets: what RLIMIT_FSIZE can't show is ENOSPC."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode:
            missing("the right to mount a file system", install="run the tests as root")
        try:
            file = Path(folder) / "daily-dose.db"
            shutil.copy(migrated_file, file)
            told, kept = _python(FILLING, f"sqlite:///{file}", "100000000")
            (Path(folder) / "daily-dose.db-shm").unlink(missing_ok=True)
            with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as connection:
                words = connection.execute("SELECT count(*) FROM meta WHERE key LIKE 'word %'").fetchone()[0]
        finally:
            subprocess.run(["umount", folder], check=True)

    assert told.endswith("the disk is full: free some room, nothing was lost")
    assert words == int(kept) > 0


def _python(program: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


# What is said of an address


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://dose:s3cret@127.0.0.1:1/dose",
        "postgresql://dose:s3cr%40et@127.0.0.1:1/dose?connect_timeout=2",
        "postgres://dose@127.0.0.1:1/dose?password=s3cret&connect_timeout=2",
        "postgresql://dose:s3cret@127.0.0.1:port/dose",
        "postgresql://dose:s3@cret@127.0.0.1:1/dose",
        "postgresql+nodriver://dose:s3cret@127.0.0.1:1/dose",
        "oracle://dose:s3cret@127.0.0.1:1/dose",
        "postgresql://dose:s3cret@",
    ],
)
def test_a_password_is_never_shown(address):
    with pytest.raises(UnusableDatabase) as refused:
        look(Store(address))

    shown = str(refused.value)
    assert "s3" not in shown
    assert "cret" not in shown
    assert "\n" not in shown


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "", "var/daily-dose.db"])
def test_an_address_that_names_no_database_of_ours_is_refused_with_what_is_allowed(address):
    with pytest.raises(UnusableDatabase, match="expected sqlite:///FILE or postgresql://"):
        Store(address)
