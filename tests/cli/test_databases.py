"""A database that can't be used is told in one line that says what to do, and nothing in it is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from datetime import timedelta

import pytest
from command_line import READER, real_now, with_files_up_to, without_root_s_rights
from servers.missing import missing

CHANGES = [
    "hold 2026-12-24",
    f"subscribers add {READER} --consent x",
    "import {page}",
    "publish yesterday --mail",
    "init",
]


def foreign(file):
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.execute("INSERT INTO recipes VALUES ('soup')")
    connection.close()


def newer(file):
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


UNUSABLE = {
    "another program's": (
        foreign,
        "holds another program's tables: set DAILY_DOSE_DATABASE_URL to a database of our own",
    ),
    "no database": (lambda file: file.write_bytes(b"Dear diary, " * 1000), "the file is not a database"),
    "damaged": (
        lambda file: file.write_bytes(file.read_bytes()[:40_960]),
        "the file is damaged: restore it from a backup",
    ),
    "a newer version's": (newer, "was written by a newer version (schema 9999, this program knows "),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_database_that_is_not_ours_stays_as_it_was(dose, fresh, name):
    spoil, message = UNUSABLE[name]
    line = fresh if name in ("another program's", "no database") else dose
    line.home.mkdir(exist_ok=True)
    spoil(line.database)
    before = line.database.read_bytes()
    beside = sorted(file.name for file in line.home.iterdir())

    for words in (["status"], ["init"], ["run"], ["hold", "today"]):
        ran = line.run(*words)
        assert (ran.status, ran.out) == (1, "")
        assert message in ran.error
    assert message in line.refusal("publish")

    assert line.database.read_bytes() == before
    assert sorted(file.name for file in line.home.iterdir()) == beside


def test_a_folder_in_the_database_s_place_is_refused(fresh):
    fresh.database.mkdir(parents=True)

    assert fresh.refusal("init") == f"the database sqlite:///{fresh.database} can't be read: Is a directory"


@pytest.fixture
def page(tmp_path):
    file = tmp_path / "page.txt"
    file.write_text("A page about the matter.\n\nIt says something about it.\n")
    return file


READ_ONLY = (
    "the database sqlite:///{} does not answer: the {} {} is read-only: give the service's user the right to write it"
)


def test_a_read_only_database_is_looked_at_and_not_changed(live, page):
    before = live.export()
    live.database.chmod(0o444)

    for words in ("status", "export archive -", "init"):
        assert live.process(*words.split(), preexec_fn=without_root_s_rights).status == 0
    for words in CHANGES[:-1]:
        ran = live.process(*words.format(page=page).split(), preexec_fn=without_root_s_rights)
        assert ran.status == 1
        assert ran.error == READ_ONLY.format(live.database, "file", live.database)

    for file in live.home.iterdir():
        file.chmod(0o644)
    assert live.export() == before


def test_a_read_only_folder_is_refused(live):
    """SQLite keeps its journal beside the database."""
    before = live.database.read_bytes()
    live.home.chmod(0o555)
    live.database.chmod(0o444)
    try:
        for words in (["status"], ["hold", "tomorrow"]):
            ran = live.process(*words, preexec_fn=without_root_s_rights)
            assert (ran.status, ran.out) == (1, "")
            assert ran.error == READ_ONLY.format(live.database, "folder", live.home)
    finally:
        live.home.chmod(0o755)

    assert live.database.read_bytes() == before


def test_a_database_that_must_not_be_read_is_refused(live):
    error = (
        f"the database sqlite:///{live.database} can't be read: Permission denied: "
        f"give the service's user the right to read {live.home} and what is in it"
    )
    for shut in (live.database, live.home):
        shut.chmod(0)
        for words in (["status"], ["init"], ["publish"]):
            ran = live.process(*words, preexec_fn=without_root_s_rights)
            assert (ran.status, ran.error) == (1, error)
        shut.chmod(0o755)


def test_a_home_that_can_t_be_made_is_refused(fresh):
    fresh.home.mkdir(mode=0o555)
    for line in (fresh, type(fresh)(home=fresh.home / "below")):
        ran = line.process("init", preexec_fn=without_root_s_rights)

        assert (ran.status, ran.out) == (1, "")
        assert ran.error == (
            f"the database file {line.database} can't be made: Permission denied: give the service's user the right "
            f"to write {fresh.home}, or set DAILY_DOSE_HOME to another folder"
        )


def test_an_outbox_that_can_t_be_written_keeps_the_mail_for_later(dose):
    dose.ok("subscribers", "add", READER, "--consent", "x")
    (dose.home / "outbox").write_text("in its place")

    ran = dose.run("publish", "today", "--now")

    assert ran.status == 1
    waits, outbox = "it is published, and its mail waits", dose.home / "outbox"
    assert ran.error == f"{waits}: the outbox {outbox} does not take a message: Not a directory; nothing was lost"

    (dose.home / "outbox").unlink()
    assert dose.json("deliver") == {"sent": 1}
    assert len(dose.mails()) == 1


def test_a_file_that_can_t_grow_loses_nothing(live, page):
    """As on a disk that is full: the whole change is kept, or nothing of it."""
    live.ok("subscribers", "add", "second@example.org", "--consent", "x")
    before = live.export()
    for words in CHANGES[:-1]:
        ran = live.process(*words.format(page=page).split(), preexec_fn=with_files_up_to(8192))
        assert ran.status == 1
        assert "the disk" in ran.error
        assert live.export() == before

    for words in CHANGES:
        live.ok(*words.format(page=page).split())


def test_a_first_start_on_a_small_disk_goes_on_when_there_is_room(fresh):
    fresh.at = real_now()
    since = fresh.today - timedelta(days=60)
    stopped = fresh.process("init", "--since", since, preexec_fn=with_files_up_to(1_300_000))

    assert stopped.status == 1
    *progress, error = stopped.err.splitlines()
    assert progress == ["reading the starter archive", f"publishing the days since {since}"]
    assert error.startswith("error: the database ")
    assert "the disk" in error
    assert fresh.json("init", "--since", since)["issues"] >= 60
    assert fresh.json("status")["problems"] == []


def test_a_full_disk_loses_nothing(dose, tmp_path, page):
    """The same on a real one, a file system of its own; that takes root's rights."""
    full = tmp_path / "full"
    full.mkdir()
    size = dose.database.stat().st_size + 1_500_000
    mounted = shutil.which("mount") and os.geteuid() == 0
    if (
        not mounted
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", full], check=False).returncode
    ):
        missing("the right to mount a file system", install="run the tests as root in a container of their own")
    try:
        line = dose.copy(full / "var")
        line.ok("subscribers", "add", READER, "--consent", "x")
        before = line.export()
        with pytest.raises(OSError, match="No space left"):
            (full / "filler").write_bytes(bytes(size))
        for words in CHANGES:
            ran = line.run(*words.format(page=page).split())
            assert (ran.status, "the disk" in ran.error) == (1, True), ran
        (full / "filler").unlink()

        assert line.export() == before
        for words in CHANGES:
            line.ok(*words.format(page=page).split())
        assert len(line.mails()) == 1
    finally:
        subprocess.run(["umount", "--lazy", full], check=True)


def test_a_database_that_another_program_writes_to_is_waited_for(live):
    """And looks need not wait."""
    connection = sqlite3.connect(live.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        with live.start("hold", "tomorrow") as process:
            assert live.json("status")["holds"] == []
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=1)
            connection.execute("ROLLBACK")
            assert process.wait(timeout=30) == 0
    finally:
        connection.close()

    assert live.json("status")["holds"][0]["first"] == str(live.today + timedelta(days=1))
