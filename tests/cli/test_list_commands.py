"""Lists of subscribers on the command line: files in and out, and what is told of them."""

from __future__ import annotations

import csv
import os
import pty
import stat
import subprocess

import pytest
from command_line import READER, TODAY, interrupt, running

CONSENT = ("--consent", "asked at the fair")
COUNTS = ("added", "known", "suppressed", "left", "bounced", "complained", "refused")


def import_(dose, file, *words):
    return dose.run("subscribers", "import", file, *CONSENT, *words)


def addresses(dose):
    return [each["address"] for each in dose.json("subscribers", "list")]


def test_a_list_comes_in_and_what_is_refused_is_named(dose, write):
    file = write("list.csv", "\ufeffName;Address\nA;Reader@Example.org\nB;nobody\nC;reader@example.org\nD\n")

    ran = import_(dose, file)

    assert (ran.status, ran.out) == (1, "1 added, 1 known already, 2 refused\n")
    assert ran.err.splitlines() == [
        f"error: {file}:3: address: An email address must have an @-sign.",
        f"error: {file}:5: expected 2 cells, got 1",
        "warning: columns that mean nothing here: 'Name'",
    ]
    assert addresses(dose) == ["Reader@example.org"]


def test_the_same_in_json(dose, write):
    file = write("list.csv", "address,consent\na@example.org,by letter\nnobody,x\nb@example.org,\n")

    ran = dose.run("subscribers", "import", file, "--json")

    assert (ran.status, ran.err) == (1, "")
    assert ran.json == {
        "errors": [
            {"file": str(file), "line": 3, "field": "address", "problem": "An email address must have an @-sign."},
            {
                "file": str(file),
                "line": 4,
                "field": "consent",
                "problem": "expected how, when and where they asked for the mail, in this column or by --consent TEXT",
            },
        ],
        **(dict.fromkeys(COUNTS, 0) | {"added": 1, "refused": 2}),
        "ignored": [],
    }


def test_many_refusals_are_told_some_to_a_person_and_all_to_a_program(dose, write):
    file = write("list.csv", "address\n" + "nobody\n" * 50)

    plain = import_(dose, file)

    assert plain.err.count("error: ") == 20
    assert "and 30 more of this kind: --json names them all" in plain.err
    assert len(import_(dose, file, "--json").json["errors"]) == 50


def test_a_dry_run_says_what_would_be(dose, write):
    file = write("list.csv", "address\na@example.org\nA@example.org\n")

    assert import_(dose, file, "--dry-run").out == "would be: 1 added, 1 known already, 0 refused\n"
    assert addresses(dose) == []


@pytest.mark.parametrize(
    ("content", "words", "why"),
    [
        ("a@example.org\n", CONSENT, "expected a first line that names its columns, address among them"),
        ("", CONSENT, "it is empty"),
        ("address\na@example.org\n", (), "it has no column consent: expected one, or --consent TEXT"),
        ("address\na@example.org\n", (*CONSENT, "--edition", "none"), "none"),
        (None, CONSENT, "it can't be read: No such file or directory"),
    ],
)
def test_what_is_no_list_is_refused_in_a_line(dose, write, tmp_path, content, words, why):
    file = tmp_path / "missing.csv" if content is None else write("list.csv", content)

    plain = dose.run("subscribers", "import", file, *words)
    told = dose.run("subscribers", "import", file, *words, "--json")

    assert (plain.status, plain.out, told.status) == (1, "", 1)
    assert why in plain.error
    assert told.json["error"]["message"] == plain.error


def test_an_import_shows_its_progress_on_a_terminal_and_stops_cleanly(live, tmp_path):
    """After Ctrl-C the rows that were taken stay, and the same command goes on from there."""
    fifo = tmp_path / "list.csv"
    os.mkfifo(fifo)
    leader, follower = pty.openpty()
    words = ("subscribers", "import", fifo, *CONSENT)
    with running(live.start(*words, stderr=follower, stdin=subprocess.DEVNULL)) as process:
        os.close(follower)
        with fifo.open("w") as rows:
            rows.write("address\n" + "".join(f"r{number}@example.org\n" for number in range(12_000)))
            rows.flush()
            shown = b""
            while b"10,000" not in shown:
                shown += os.read(leader, 65_536)
            ran = interrupt(process)
    os.close(leader)

    assert b"reading" in shown
    assert (ran.status, ran.out) == (130, "10,000 added, 0 known already, 0 refused\n")
    assert len(addresses(live)) == 10_000


def test_the_list_goes_out_for_its_owner_alone_and_comes_back(dose, empty, tmp_path):
    dose.ok("subscribers", "add", READER, "second@example.org", "--consent", 'asked, "twice"')
    file = tmp_path / "out.csv"

    assert dose.json("export", "subscribers", file) == {"path": str(file), "subscriptions": 2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [row["consent"] for row in csv.DictReader(file.read_text().splitlines())] == ['asked, "twice"'] * 2
    assert dose.ok("subscribers", "export", "-").out == file.read_text()
    assert dose.run("export", "subscribers", "-", "--json").status == 2

    assert empty.ok("subscribers", "import", file).out == "2 added, 0 known already, 0 refused\n"
    assert empty.ok("export", "subscribers", "-").out == file.read_text()


def test_a_list_that_can_t_be_written_is_told_and_leaves_what_was_there(dose, tmp_path):
    assert "can't be written" in dose.refusal("export", "subscribers", tmp_path)


def test_the_readers_become_those_on_a_list(dose, write):
    dose.ok("subscribers", "add", *(f"r{number}@example.org" for number in range(10)), *CONSENT)
    few = write("few.csv", "address\n" + "".join(f"r{number}@example.org\n" for number in range(5)))
    sync = ("subscribers", "sync", few, *CONSENT)

    assert dose.ok(*sync, "--dry-run").out == "would be: 0 added, 5 known already, 5 of 10 taken off, 0 refused\n"
    ran = dose.run(*sync)
    assert (ran.status, ran.out) == (1, "")
    assert "lacks 5 of the 10 who are subscribed; at most 1 are taken off unasked: --most 5 or --force" in ran.error
    assert dose.ok("subscribers", "list", "--state", "left").out == "nobody is subscribed so\n"
    assert dose.run(*sync, "--most", 4).status == 1
    assert dose.run(*sync, "--most", 4, "--force").status == 2

    told = dose.json(*sync, "--force")

    assert (told["members"], told["removed"], told["known"]) == (10, 5, 5)
    assert len(dose.json("subscribers", "list", "--state", "left")) == 5


@pytest.mark.parametrize(
    ("content", "why"), [("address\n", "nobody stands on it"), ("address\nr1@example.org\nx\n", "")]
)
def test_an_empty_or_broken_list_takes_off_nobody(dose, write, content, why):
    dose.ok("subscribers", "add", "r1@example.org", "r2@example.org", *CONSENT)

    ran = dose.run("subscribers", "sync", write("few.csv", content), *CONSENT, "--force")

    assert (ran.status, ran.out) == (1, "")
    assert "(nothing was changed)" in ran.err
    assert why in ran.err
    assert len(dose.json("subscribers", "list", "--state", "active")) == 2


def test_a_reader_is_shown_suppressed_and_erased(dose):
    dose.ok("subscribers", "add", READER, *CONSENT)
    dose.ok("publish", "today", "--now")

    told = dose.json("subscribers", "show", READER.upper())
    assert (told["address"], [each["key"] for each in told["deliveries"]]) == (READER, [TODAY])
    plain = dose.ok("subscribers", "show", READER).out
    assert f"address: {READER}" in plain
    assert (
        "consents: edition daily-dose, given_at 2026-11-22T12:00:00Z, origin operator, text asked at the fair" in plain
    )

    assert (
        dose.ok("subscribers", "suppress", READER, "x@example.org").out == "2 suppressed, 1 of them were subscribed\n"
    )
    assert dose.ok("subscribers", "add", "x@example.org", *CONSENT).out == "0 added, 0 known already, 1 suppressed\n"
    assert dose.json("subscribers", "suppress", "x@example.org", "--lift") == {"lifted": ["x@example.org"]}

    assert dose.ok("subscribers", "erase", READER, "x@example.org").out == "1 erased, nothing was held about 1\n"
    assert dose.json("subscribers", "list") == []
    assert dose.ok("subscribers", "show", "x@example.org").out == "nothing is held about x@example.org\n"
    assert dose.ok("subscribers", "show", READER).out.startswith("suppressed: reason operator")


def test_an_address_that_is_none_is_refused_by_each_command(dose):
    for command in ("erase", "suppress", "show"):
        assert dose.refusal("subscribers", command, "nobody").startswith("'nobody' is no e-mail address")


def test_an_unknown_edition_is_told(dose):
    assert "none" in dose.refusal("subscribers", "list", "--edition", "none")


def test_without_the_key_of_suppressed_addresses_nothing_goes_on(dose):
    """Otherwise a new one would be made, and a list would bring back who was erased."""
    dose.ok("subscribers", "add", READER, *CONSENT)
    dose.ok("subscribers", "erase", READER)
    key = dose.home / "keys" / "suppressions.secret"
    kept = key.read_bytes()
    key.unlink()

    assert "suppressions.secret is not there: take it from a backup" in dose.refusal("subscribers", "list")

    key.write_bytes(kept)
    assert dose.ok("subscribers", "add", READER, *CONSENT).out == "0 added, 0 known already, 1 suppressed\n"
