"""Whole archives on the command line: out, in again, and where an export is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import SEEDS, CommandLine
from import_samples import ENTRY, lines

# A whole archive.


def test_an_archive_goes_out_and_comes_in_whole(dose, empty, write, tmp_path):
    """The second export is the same bytes: issues, corrections, withdrawals, plans and holds are there."""
    ahead = [pick["entry"] for pick in dose.json("forecast", "--days", 4)]
    dose.ok("correct", "today", "It was elsewhere.", "--set", "place=Elsewhere", "--set", "slug=elsewhere")
    dose.ok("withdraw", "yesterday", "It named the wrong man.")
    dose.ok("queue", "add", ahead[1])
    dose.ok("queue", "add", ahead[2], "--day", "2026-12-24")
    dose.ok("hold", "2026-12-25", "--reason", "a holiday")
    dose.ok("editions", "add", "weekdays", "days=mon-fri", "zone=Asia/Beirut")
    dose.ok("export", "archive", tmp_path / "one.jsonl")

    empty.ok("import", tmp_path / "one.jsonl")
    empty.ok("export", "archive", tmp_path / "two.jsonl")

    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    for words in (["status"], ["queue", "list"], ["forecast"], ["editions", "list"]):
        assert empty.json(*words) == dose.json(*words)


def test_a_broken_line_of_an_archive_costs_no_other(dose, empty, write):
    all_lines = dose.export().splitlines()
    (at,) = (
        number for number, line in enumerate(all_lines) if '"record":"issue"' in line and '"day":"2026-11-20"' in line
    )
    broken = [
        *all_lines[:at],
        "{",
        all_lines[at].replace('"published_at":"2026', '"published_at":"soon'),
        all_lines[at].replace('"number"', '"nummer"'),
        all_lines[at].replace('"entry":"', '"entry":"no-'),
        *all_lines[at + 1 :],
        '{"record":"rumour"}',
    ]

    ran = empty.run("import", write("archive.jsonl", "\n".join(broken)), "--json")

    assert ran.status == 1
    assert [error["line"] for error in ran.json["errors"]] == [at + 1, at + 2, at + 3, at + 4, len(broken)]
    assert empty.json("init")["issues"] == dose.json("init")["issues"] - 1
    assert empty.refusal("correct", "2026-11-20", "x").startswith("daily-dose of 2026-11-20 was never published")


def test_of_an_archive_into_another_only_entries_are_taken(dose, empty, write):
    empty.ok("import", write("good.jsonl", lines(ENTRY)))
    file = write("archive.jsonl", dose.export())

    ran = empty.run("import", file)

    assert ran.status == 1
    assert ran.error == f"{file}:1: record: this archive is not empty: of a whole archive only its entries are taken"
    assert empty.json("init")["issues"] == 0
    assert empty.json("init")["entries"] == dose.json("init")["entries"] + 1


# Out again.


@pytest.mark.parametrize("path", ["nowhere/archive.jsonl", "."])
def test_an_export_that_can_t_be_written_is_refused(dose, tmp_path, path):
    ran = dose.run("export", "archive", tmp_path / path)

    assert (ran.status, ran.out) == (1, "")
    assert ran.error.startswith(f"{tmp_path / path} can't be written: ")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["var"]


def test_an_export_takes_a_file_s_place_only_when_it_is_whole(dose, tmp_path):
    file = tmp_path / "archive.jsonl"
    file.write_text("the export before\n")
    dose.database.write_bytes(dose.database.read_bytes()[: 200 * 4096])

    ran = dose.run("export", "archive", file)

    assert ran.status == 1
    assert ran.error.startswith("the database ")
    assert file.read_text() == "the export before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.jsonl", "var"]


def test_an_export_is_its_owner_s_alone(dose, tmp_path):
    """It holds what readers are not to see yet."""
    ran = dose.ok("export", "archive", tmp_path / "archive.jsonl")

    assert (tmp_path / "archive.jsonl").stat().st_mode & 0o077 == 0
    lines = (tmp_path / "archive.jsonl").read_text().splitlines()
    assert (ran.out, ran.err) == ("", f"{len(lines)} lines written to {tmp_path / 'archive.jsonl'}\n")


def test_an_export_may_answer_in_json(dose, tmp_path):
    file = tmp_path / "archive.jsonl"

    told = dose.json("export", "archive", file)

    assert told == {"path": str(file), "lines": len(file.read_text().splitlines())}
    ran = dose.run("export", "archive", "-", "--json")
    assert (ran.status, ran.json["error"]["type"]) == (2, "WrongUsage")


def test_an_export_through_a_link_writes_what_it_points_to(dose, tmp_path):
    (tmp_path / "kept.jsonl").write_text("")
    (tmp_path / "link.jsonl").symlink_to("kept.jsonl")

    dose.ok("export", "archive", tmp_path / "link.jsonl")

    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "kept.jsonl").read_text() == dose.export()


def test_a_device_is_written_to_not_replaced(live):
    ran = live.process("export", "archive", "/dev/full")

    assert ran.status == 1
    assert ran.error == "/dev/full can't be written: No space left on device"
    assert not Path("/dev/full").is_file()


def test_both_databases_give_and_take_the_same_archive(dose, write, tmp_path, postgresql):
    """A broken line costs no other on PostgreSQL either, where it would end a transaction."""
    archive = dose.export()
    name = postgresql.create_database()
    other = CommandLine(home=tmp_path / "other", settings={"DATABASE_URL": postgresql.url(name)})
    try:
        other.ok("init", "--empty")
        broken = next(line for line in archive.splitlines() if '"record":"issue"' in line).replace('"rule"', '"ruler"')
        ran = other.run("import", write("archive.jsonl", archive + broken + "\n"), "--json")

        assert [error["line"] for error in ran.json["errors"]] == [archive.count("\n") + 1]
        assert other.export() == archive
        assert other.json("status") == dose.json("status")
        assert other.json("forecast") == dose.json("forecast")
        assert other.json("import", SEEDS / "mali.txt")["added"] == []
    finally:
        postgresql.drop_database(name)
