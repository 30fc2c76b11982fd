"""Where the program's words go, and how it ends when it is stopped: no traceback, whatever happens to its streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from command_line import PROGRAM, READER

SLOW = ["forecast", "--days", "3660"]


def test_answers_go_out_and_refusals_go_to_standard_error(live):
    told = live.process("pick", "yesterday")
    refused = live.process("pick", "2001-02-03")

    assert (told.status, told.err) == (0, "")
    assert told.out.startswith(f"{live.today - timedelta(days=1)}  ")
    assert (refused.status, refused.out) == (1, "")
    assert refused.error == f"daily-dose starts on {live.today - timedelta(days=4)}: it has no issue of 2001-02-03"


def test_a_forecast_is_cut_to_the_terminal_s_width(live):
    """And whole anywhere else."""
    whole = live.process("forecast", "--days", "3").out.splitlines()
    ours, theirs = os.openpty()
    try:
        live.process("forecast", "--days", "3", stdout=theirs, env={"COLUMNS": "40"})
        shown = os.read(ours, 10_000).decode().splitlines()
    finally:
        os.close(ours)
        os.close(theirs)

    assert shown == [f"{line[:39]}…" for line in whole]


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_any_script_is_printed_in_utf_8_whatever_the_locale(live, locale):
    live.ok("amend", live.json("status")["issue"]["entry"], "--set", "headline=“Édition” وكالة 🕊")

    told = live.process("status", env={"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})

    assert "“Édition” وكالة 🕊" in told.out


@pytest.mark.parametrize(
    "words",
    [["pick", "yesterday"], ["pick", "yesterday", "--json"], ["preview", "yesterday"], ["export", "archive", "-"]],
)
def test_an_answer_that_can_t_be_printed_is_refused(live, words):
    with Path("/dev/full").open("w") as full:
        ran = live.process(*words, stdout=full)

    assert ran.status == 1
    assert ran.error == "standard output can't be used: No space left on device"


@pytest.mark.parametrize(
    "words",
    [["export", "archive", "-"], ["forecast", "--days", "2000"], ["preview", "yesterday", "--as", "eml"], ["status"]],
)
def test_a_reader_that_goes_away_is_no_fault(live, words):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = live.process(*words, stdout=writing)
    finally:
        os.close(writing)

    assert (ran.status, ran.err) == (0, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_fault_and_none_of_the_database_s(live, closed):
    """A file that is opened next would take the closed stream's number, and be printed to."""
    words = f"subscribers add {READER} --consent x {closed}"

    ran = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" {words}', PROGRAM],
        env=os.environ | live.environment,
        capture_output=True,
        check=False,
    )

    assert ran.returncode == 0
    assert b"Traceback" not in ran.stdout + ran.stderr
    assert [each["address"] for each in live.json("subscribers", "list")] == [READER]
    assert live.json("check")["problems"] == []


@pytest.mark.parametrize("after", [0.15, 0.25, 0.4])
def test_ctrl_c_ends_a_command_in_one_line(live, after):
    before = live.export()
    with live.start(*SLOW) as process:
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (130, "stopped\n")
    # On a fast machine some of the answer may be out by then, but never all of it.
    assert len(out.splitlines()) < 3660
    assert live.export() == before


def test_a_ctrl_c_that_comes_where_python_passes_errors_over_stops_all_the_same():
    """As in the callbacks of imports, of which a start runs thousands."""
    program = """
import os, signal, sys, threading
from newsletter.cli.app import stop_all_the_same
sys.unraisablehook = stop_all_the_same
class Deaf:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass
try:
    Deaf()
    print("went on")
    threading.Event().wait(20)
except KeyboardInterrupt:
    print("stopped")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)

    assert (ran.returncode, ran.stdout.splitlines()[-1], ran.stderr) == (0, "stopped", "")


def test_ordinary_commands_log_nothing_unless_asked(dose):
    dose.ok("subscribers", "add", READER, "--consent", "x")
    day = "2026-11-23"
    quiet = dose.copy(dose.home.parent / "quiet")
    quiet.at = dose.at = dose.at.replace(day=23)

    assert quiet.ok("publish", day).err == ""
    dose.settings["LOG_LEVEL"] = "info"
    (line,) = dose.ok("publish", day).err.splitlines()

    assert line.startswith(f"info: published for {day} (daily-dose): ")
    assert READER not in line


def test_what_an_editor_should_know_is_said_in_a_sentence(dose):
    """A pin that was passed over, say."""
    slug = dose.json("forecast", "--days", "1")[0]["entry"]
    dose.ok("queue", "add", slug, "--day", "2026-11-23")
    dose.ok("amend", slug, "--set", "status=review")
    dose.at = dose.at.replace(day=23)

    (line,) = dose.ok("publish").err.splitlines()

    why = f"{slug}, pinned to this day, is not ready (review)"
    assert line == f"warning: passed over for 2026-11-23 (daily-dose): {why}"


def test_a_log_may_be_json(dose):
    dose.settings |= {"LOG_LEVEL": "info", "LOG_FORMAT": "json"}
    dose.at = dose.at.replace(day=23)

    (line,) = dose.ok("publish").err.splitlines()

    logged = json.loads(line)
    assert (logged["event"], logged["day"], logged["level"]) == ("published", "2026-11-23", "info")
