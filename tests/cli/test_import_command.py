"""What comes in, what is known, what is like another, and what is refused: each told, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import threading

import pytest
from command_line import DATA, SEEDS, CommandLine
from import_samples import ENTRY, lines

BOX = "Daily Dose\nExtremists: Their Words. Their Actions.\n\n{}\n\nView Archive\n"
PROSE = "A page about the matter.\n\nIt says something about it, at some length, and cites nobody.\n\n"
ROWS = [
    "day;where;dead;what;read in",
    "2011-05-03;Testville;2;Two people were killed at the market.;The Paper, 4 May 2011",
    "2012-06-04;Otherville;3;Three people were killed at the café.;The Paper, 5 June 2012",
]
MAPPING = """
[columns]
day = "event_date"
where = "place"
dead = "killed"
what = "body"
[constants]
kind = "fact"
country = "LY"
[[sources]]
raw = "read in"
"""


# The given page.


@pytest.mark.parametrize("home", ["fresh", "empty"])
def test_the_given_page_is_read_as_expected(home, request):
    """In every field that is named; a dry run needs no database, and makes none."""
    dose: CommandLine = request.getfixturevalue(home)
    there = dose.database.exists()

    told = dose.json("import", SEEDS / "mali.txt", "--dry-run")

    by_kind = {entry["kind"]: entry for entry in told["added"]}
    for name, expected in json.loads((DATA / "mali.expected.json").read_text()).items():
        _assert_agrees(by_kind[name], expected)
    assert (told["known"], told["near"], told["errors"]) == ([], [], [])
    assert dose.database.exists() is there


def _assert_agrees(told, expected, where=""):
    if isinstance(expected, dict):
        for name, value in expected.items():
            _assert_agrees(told[name], value, f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(told) == len(expected), where
        for number, (one, other) in enumerate(zip(told, expected, strict=True)):
            _assert_agrees(one, other, f"{where}[{number}]")
    else:
        assert told == expected, where


def test_the_given_page_is_known_after_the_first_start(dose):
    told = dose.json("import", SEEDS / "mali.txt")

    assert (told["added"], len(told["known"]), told["errors"]) == ([], 2, [])


# Once is enough.


def test_importing_twice_adds_nothing(empty, write):
    file = write("some.jsonl", lines(ENTRY))

    assert (
        empty.ok("import", file).out
        == "added  two-people-killed-at-a-market-in-testville\n1 added, 0 known, 0 near, 0 refused\n"
    )
    before = empty.export()
    again = empty.json("import", file, file)

    slug = "two-people-killed-at-a-market-in-testville"
    assert again == {"added": [], "known": [slug, slug], "near": [], "errors": [], "warnings": []}
    assert empty.export() == before


def test_a_file_given_twice_adds_its_entries_once(empty, write):
    file = write("some.jsonl", lines(ENTRY))

    told = empty.json("import", file, file)

    assert (len(told["added"]), len(told["known"])) == (1, 1)


@pytest.mark.parametrize("dry", [False, True])
def test_an_entry_like_another_comes_in_for_review(empty, write, dry):
    other_year = ENTRY | {"body": "Two died at the market of Testville in the spring.[^1]", "event_date": "2012-05-03"}
    file = write("some.jsonl", lines(ENTRY, other_year))

    told = empty.json("import", file, *["--dry-run"] * dry)

    slug = "two-people-killed-at-a-market-in-testville"
    (near,) = told["near"]
    assert (near["entry"], near["like"]) == (f"{slug}-2012-05-03", slug)
    assert "only the year differs: 2011, here 2012" in near["why"]
    assert [(entry["slug"], entry["status"]) for entry in told["added"]] == [
        (slug, "ready"),
        (f"{slug}-2012-05-03", "review"),
    ]


@pytest.mark.parametrize("asked", ["by the row", "by the command"])
def test_what_has_no_source_stays_a_draft_and_says_why(empty, write, asked):
    status = "ready" if asked == "by the row" else "review"
    rows = [
        "kind,headline,body,status",
        f"fact,A headline,A text.,{status}",
        f"fact,Another headline,And so on.,{status}",
    ]
    words = [
        "import",
        write("table.csv", "\n".join(rows)),
        *(["--status", "ready"] if asked == "by the command" else []),
    ]
    mend = "daily-dose amend ENTRY --source TEXT --set status=ready"

    told, plain = empty.json(*words, "--dry-run"), empty.ok(*words)

    assert told["warnings"] == [
        {"entry": slug, "warning": f"it has no source and stays a draft: {mend}"}
        for slug in ("a-headline", "another-headline")
    ]
    assert plain.out == (
        "added  a-headline  (draft)\n"
        "added  another-headline  (draft)\n"
        f"draft  2 have no source and stay drafts: {mend}\n"
        "2 added, 0 known, 0 near, 0 refused\n"
    )


# A dry run.


def test_a_dry_run_reports_the_same_and_changes_nothing(dose, write):
    files = [
        write("some.jsonl", lines(ENTRY, ENTRY | {"kind": "rumour"}, ENTRY | {"body": "Another.[^1]", "sources": []})),
        SEEDS / "mali.txt",
        write("page.txt", PROSE + BOX.format("")),
        write("nothing.txt", ""),
    ]
    bytes_before, before = dose.database.read_bytes(), dose.export()

    dry = dose.run("import", *files, "--dry-run", "--json")

    assert (dose.database.read_bytes(), dose.export()) == (bytes_before, before)
    wet = dose.run("import", *files, "--json")
    assert (dry.status, dry.json, dry.err) == (wet.status, wet.json, wet.err)
    assert [entry["status"] for entry in wet.json["added"]] == ["ready", "draft", "draft"]
    assert len(wet.json["errors"]) == 3
    again = dose.run("import", *files, "--json")
    assert (again.json["added"], again.json["errors"]) == ([], wet.json["errors"])


def test_a_dry_run_of_a_whole_archive_reports_the_same(dose, empty, write):
    file = write("archive.jsonl", dose.export() + '{"record": "issue", "edition": "daily-dose"}\n')

    dry, wet = empty.run("import", file, "--dry-run", "--json"), empty.run("import", file, "--json")

    assert (dry.status, wet.status) == (1, 1)
    assert dry.json == wet.json
    assert len(wet.json["added"]) > 180


# Tables.


def test_a_table_comes_in_with_a_mapping_and_no_code(empty, write):
    table, mapping = write("table.csv", "\n".join(ROWS)), write("table.toml", MAPPING)

    told = empty.json("import", table, "--map", mapping, "--status", "ready")

    one, other = told["added"]
    assert (one["event_date"], one["place"], one["killed"], one["country"]) == ("2011-05-03", "Testville", 2, "LY")
    assert (other["body"], other["status"], other["guessed"]) == (
        "Three people were killed at the café.",
        "ready",
        ["headline"],
    )
    assert one["sources"][0]["raw"] == "The Paper, 4 May 2011"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_a_table_may_come_as_spreadsheets_write_it(fresh, write, encoding, mark, ends):
    quoted = [mark.join(f'"{cell}"' for cell in row.split(";")) for row in ROWS]
    table, mapping = write("table.csv", (ends.join(quoted) + ends).encode(encoding)), write("table.toml", MAPPING)

    told = fresh.json("import", table, "--map", mapping, "--dry-run")

    assert [entry["killed"] for entry in told["added"]] == [2, 3]
    assert told["added"][1]["body"].endswith("café.")


def test_a_broken_row_costs_no_other(empty, write):
    broken = [*ROWS[:2], "2012-06-04;Otherville", "2012-13-04;Otherville;many;x;", *ROWS[2:]]
    table, mapping = write("table.csv", "\n".join(broken)), write("table.toml", MAPPING)

    ran = empty.run("import", table, "--map", mapping, "--json")

    assert ran.status == 1
    assert [entry["killed"] for entry in ran.json["added"]] == [2, 3]
    assert [(error["file"], error["line"], error["field"]) for error in ran.json["errors"]] == [
        (str(table), 3, ""),
        (str(table), 4, "event_date"),
        (str(table), 4, "killed"),
    ]
    plain = empty.run("import", table, "--map", mapping)
    assert plain.err.startswith(f"error: {table}:3: expected 5 cells, got 2\nerror: {table}:4: event_date: ")
    assert plain.out == "0 added, 2 known, 0 near, 3 refused\n"


def test_a_missing_column_is_named(empty, write):
    table = write("table.csv", "\n".join(row.rpartition(";")[0].rpartition(";")[0] for row in ROWS))
    mapping = write("table.toml", MAPPING)

    ran = empty.run("import", table, "--map", mapping)

    assert (ran.status, ran.out) == (1, "0 added, 0 known, 0 near, 2 refused\n")
    assert f"error: {table}:1: body: expected a column 'what', got day, where, dead\n" in ran.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, ": can't be read: No such file or directory"),
        ("columns = 1", ": columns: expected a table, got 1"),
        ("[columns]\nday = 'birthday'", ": columns.day: no such field: 'birthday'; there are attack_type, body,"),
        ("[columns]\nday = 3", ": columns.day: expected text or a list of texts, got 3"),
        (
            "date_formats = '%Q'\n[columns]\nday = 'body'",
            ": date_formats: expected formats such as %d/%m/%Y or %B %Y, got '%Q'",
        ),
        (b"\xff\xfe", ":1: expected text in UTF-8, got the byte 0xff: save it as UTF-8"),
        ("\n[columns", ":2: not TOML: expected ']' at the end of a table declaration"),
    ],
)
def test_a_wrong_mapping_is_named_and_nothing_comes_in(empty, write, tmp_path, content, problem):
    table = write("table.csv", "\n".join(ROWS))
    mapping = tmp_path / "table.toml" if content is None else write("table.toml", content)

    ran = empty.run("import", table, "--map", mapping)

    assert ran.status == 1
    assert ran.error.startswith(f"{mapping}{problem}")


# Bad files.

PAGES = {
    "nothing": (b"", "expected a page, got an empty file"),
    "binary": (bytes(range(256)) * 20, "expected text, got a binary file"),
    "utf-16": (PROSE.encode("utf-16"), "expected UTF-8 or Windows-1252, got UTF-16: save it as UTF-8"),
    "ten megabytes": (
        (PROSE * 120_000).encode()[:10_000_000],
        "expected a page of at most 2,000,000 bytes (2 MB), got 10,000,000",
    ),
    "a box without an entry": ((PROSE + BOX.format("")).encode(), "box: expected an entry in the box, got none"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_bad_page_is_one_line_and_costs_no_other(empty, write, name):
    content, problem = PAGES[name]
    bad, good = write("bad.txt", content), write("good.jsonl", lines(ENTRY))

    ran = empty.run("import", bad, good)

    assert ran.status == 1
    assert ran.error.startswith(str(bad))
    assert ran.error.endswith(problem)
    assert "added  two-people-killed-at-a-market-in-testville\n" in ran.out
    assert ran.out.endswith(" 1 refused\n")


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (PROSE.encode(), ["report"]),
        (PROSE.replace("something", "“something").encode(), ["report"]),
        ((PROSE + BOX.format("He said “we will, and left.")).encode(), ["report", "quote"]),
        (PROSE.replace("length", "café").encode("windows-1252"), ["report"]),
    ],
    ids=["no box", "unbalanced quotes", "unbalanced quotes in the box", "Windows-1252"],
)
def test_an_odd_page_comes_in(empty, write, content, kinds):
    told = empty.json("import", write("page.txt", content))

    assert [entry["kind"] for entry in told["added"]] == kinds
    assert told["errors"] == []


def test_a_file_that_can_t_be_read_costs_no_other(empty, write, tmp_path):
    ran = empty.run("import", tmp_path / "missing.txt", tmp_path, write("good.jsonl", lines(ENTRY)))

    assert ran.status == 1
    assert ran.err == (
        f"error: {tmp_path / 'missing.txt'}: can't be read: No such file or directory\n"
        f"error: {tmp_path}: can't be read: Is a directory\n"
    )
    assert ran.out.endswith("\n1 added, 0 known, 0 near, 2 refused\n")


def test_a_pipe_is_a_file_too(empty, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=[lines(ENTRY)])
    writer.start()

    told = empty.json("import", pipe)

    writer.join()
    assert len(told["added"]) == 1


def test_a_pipe_s_page_may_be_too_large_as_well(empty, tmp_path):
    """How large it is nobody knows before its end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[(PROSE * 30_000).encode()[:2_000_001]])
    writer.start()

    ran = empty.run("import", pipe)

    writer.join()
    assert ran.error == f"{pipe}: expected a page of at most 2,000,000 bytes (2 MB), got more"


def test_a_file_s_name_may_be_of_any_bytes(empty, tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")

    ran = empty.run("import", name, "--json")

    assert ran.status == 1
    assert ran.json["errors"][0]["problem"] == "can't be read: No such file or directory"


def test_an_import_without_a_database_says_so_once(fresh, write):
    file = write("good.jsonl", lines(ENTRY))

    plain, told = fresh.run("import", file), fresh.run("import", file, "--json")

    assert (plain.status, plain.out) == (1, "")
    assert plain.error.endswith("is not there yet: run `daily-dose init`")
    assert told.json["error"] == {"type": "NotInitialised", "message": plain.error}
    assert told.json["added"] == []


def test_an_import_goes_on_when_nobody_reads_its_report(empty, write):
    many = [ENTRY | {"body": f"{number} people were killed here.[^1]", "event_date": None} for number in range(1500)]
    file = write("many.jsonl", lines(*many))

    with empty.start("import", file, "--json", stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 0

    assert empty.json("init")["entries"] == 1500
