"""What the program says of itself, and to who calls it wrongly."""

from __future__ import annotations

import re

import pytest

COMMANDS = [
    *("run", "web", "schedule", "init", "status", "check"),
    *("pick", "forecast", "publish", "preview", "deliver", "hold", "release", "correct", "amend", "withdraw"),
    *("import", "export archive", "queue list", "queue add", "queue move", "queue remove"),
    *("editions list", "editions add", "editions set", "export subscribers"),
    *(f"subscribers {name}" for name in ("add", "import", "sync", "list", "show", "export", "suppress", "erase")),
]
#: What goes on until it is stopped, or prints what it was asked for.
WITHOUT_JSON = {"run", "web", "schedule", "preview"}


def test_the_help_names_every_command_in_a_whole_sentence(fresh):
    told = fresh.ok("--help").out

    listed = re.findall(r"^  ([a-z]+)  +(\S.*)$", told.partition("Commands:")[2], re.MULTILINE)
    assert {name for name, _ in listed} == {command.split()[0] for command in COMMANDS}
    assert [text for _, text in listed if not text.endswith(".") or text.endswith("...")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(fresh, command):
    told = fresh.ok(*command.split(), "--help").out

    assert re.search(rf"^  Example: daily-dose {command}\b", told, re.MULTILINE), told
    assert ("--json" in told) is (command not in WITHOUT_JSON)


@pytest.mark.parametrize("words", [[], ["queue"], ["export"], ["editions"], ["subscribers"]])
def test_a_call_without_a_command_shows_which_there_are(fresh, words):
    ran = fresh.run(*words)

    assert (ran.status, ran.out) == (2, "")
    assert "Commands:" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["frobnicate"], "No such command 'frobnicate'. (daily-dose --help says more)"),
        (["status", "--frob"], "No such option: --frob (daily-dose status --help says more)"),
        (["import"], "Missing argument 'FILE'. (daily-dose import --help says more)"),
        (["queue", "add"], "Missing argument 'ENTRY'. (daily-dose queue add --help says more)"),
        (
            ["pick", "today", "and", "then"],
            "Got unexpected extra argument(s) (and then) (daily-dose pick --help says more)",
        ),
        (["hold"], "expected a day, a range DAY..DAY, or --all"),
        (["hold", "today", "--all"], "expected a day, a range DAY..DAY, or --all"),
        (["hold", "--all", "--edition", "daily-dose"], "--all is every edition: leave --edition out, or name the days"),
        (["release", "--all", "--edition", "x"], "--all is every edition: leave --edition out, or name the days"),
        (["hold", "today..yesterday"], "expected the first day before the last, got 'today..yesterday'"),
        (["init", "--since", "soon"], "--since: expected a day as YYYY-MM-DD, today or yesterday, got 'soon'"),
        (["pick", "2026-02-30"], "expected a day as YYYY-MM-DD, today, yesterday or tomorrow, got '2026-02-30'"),
        (["publish", "2026"], "expected a day as YYYY-MM-DD, today, yesterday or tomorrow, got '2026'"),
        (["amend", "today", "--set", "killed"], "expected FIELD=VALUE, got 'killed'"),
        (["editions", "set", "daily-dose", "=x"], "expected FIELD=VALUE, got '=x'"),
    ],
)
def test_wrong_usage_is_told_in_a_line_with_status_2(dose, words, message):
    plain, told = dose.run(*words), dose.run(*words, "--json")

    assert (plain.status, plain.out, plain.error) == (2, "", message)
    if "(and then)" not in message:  # --json would be one more
        bare = message.partition(" (daily-dose")[0]
        assert (told.status, told.json) == (2, {"error": {"type": "WrongUsage", "message": bare}})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["preview", "--as", "pdf"],
            "'--as': expected one of 'html', 'text', 'eml', 'rss', 'atom', 'json', 'page', 'box', got 'pdf'",
        ),
        (["forecast", "--days", "0"], "'--days': expected a whole number of at least 1"),
        (["forecast", "--days", "9999"], "'--days': expected a whole number of at most 3660"),
        (["forecast", "--days", "many"], "'--days': expected a whole number"),
        (["import", "x", "--as", "xml"], "'--as': expected one of 'auto', 'page', 'csv', 'jsonl', got 'xml'"),
        (["queue", "move", "x", "0"], "'PLACE': expected a whole number of at least 1"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_named(dose, words, message):
    ran = dose.run(*words)

    command = " ".join(words[: 2 if words[0] == "queue" else 1])
    assert (ran.status, ran.error) == (2, f"Invalid value for {message} (daily-dose {command} --help says more)")


def test_the_program_says_which_version_it_is(fresh):
    assert re.fullmatch(r"daily-dose \d+\.\d+\.\d+\n", fresh.ok("--version").out)


@pytest.mark.parametrize(
    "words", [["pick", "9999-12-31"], ["forecast", "--from", "9999-12-31"], ["preview", "2100-01-01"]]
)
def test_a_day_that_nobody_can_wait_for_is_refused(dose, words):
    """Each pick needs all the days before it."""
    assert "expected a day up to 2036-11-29, got" in dose.run(*words).error


def test_what_stands_behind_two_dashes_is_no_option(dose):
    told = dose.ok("amend", "today", "--set", "place=Here").out

    assert dose.run("withdraw", "2020-01-01", "--", "--json").out == ""
    assert told.endswith("of 2026-11-22\n")
