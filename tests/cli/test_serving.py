"""The commands that go on until they are stopped: what they print, how they end, and what they outlive."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from command_line import READER, interrupt, real_now, running, until


@pytest.fixture
def serving(live):
    """Give the program with a port of its own and a quick clock."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        live.settings |= {"PORT": str(found.getsockname()[1]), "TICK_SECONDS": "0.1"}
    return live


def page(dose, path="/"):
    """Return a page of the site, or nothing while it is not there."""
    try:
        with urlopen(f"http://127.0.0.1:{dose.settings['PORT']}{path}", timeout=5) as answer:
            return answer.read().decode()
    except URLError:
        return ""


def ticked(dose):
    return dose.json("status")["last_tick_at"]


def test_run_prints_its_addresses_publishes_and_stops_cleanly(serving):
    serving.ok("subscribers", "add", READER, "--consent", "x")
    address = f"http://127.0.0.1:{serving.settings['PORT']}"
    with running(serving.start("run")) as process:
        until(lambda: page(serving), "the site")
        until(lambda: ticked(serving), "a tick")
        feed = page(serving, "/feed.atom")
        ran = interrupt(process)

    assert ran.status == 0
    assert ran.out == (
        f"Daily Dose runs at {address}/\n"
        f"  archive  {address}/archive/\n"
        f"  feeds    {address}/feed.rss  {address}/feed.atom  {address}/feed.json\n"
        f"  box      {address}/box  {address}/box.js\n"
        f"  outbox   {serving.home / 'outbox'}\n"
        "Ctrl-C stops it.\n"
    )
    assert "<feed" in feed
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("words", "number"), [("run", signal.SIGTERM), ("web", signal.SIGINT), ("schedule", signal.SIGTERM)]
)
def test_a_signal_ends_it_well_within_seconds(serving, words, number):
    with running(serving.start(words)) as process:
        assert process.stdout.readline()
        begun = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=10)

    assert process.returncode == 0
    assert time.monotonic() - begun < 10
    assert "Traceback" not in err


@pytest.mark.parametrize("words", ["run", "web", "schedule"])
def test_a_second_ctrl_c_is_no_fault_either(serving, words):
    """Impatience, or a terminal and a program that both pass it on."""
    with running(serving.start(words)) as process:
        for _ in range(6):  # the addresses of a site are more lines than one
            if "Ctrl-C" in process.stdout.readline():
                break
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)

    assert process.returncode == 0
    assert "Traceback" not in err


def test_the_first_run_makes_the_archive(fresh, serving):
    fresh.settings, fresh.at = serving.settings, real_now()
    with running(fresh.start("run")) as process:
        until(lambda: page(fresh), "the site")
        time.sleep(0.3)
        ran = interrupt(process)

    assert ran.status == 0
    assert ran.err.splitlines()[:2] == [
        "reading the starter archive",
        f"publishing the days since {fresh.today - timedelta(days=365)}",
    ]
    assert fresh.json("init")["issues"] >= 365


def test_days_that_were_missed_are_published_and_the_newest_is_mailed_once(serving):
    """However often it starts."""
    serving.ok("subscribers", "add", READER, "--consent", "x")
    for _ in range(2):
        with running(serving.start("schedule")) as process:
            assert process.stdout.readline() == "The clock ticks. Ctrl-C stops it.\n"
            until(lambda: ticked(serving), "a tick")
            assert interrupt(process).status == 0

    status = serving.json("status")
    assert status["problems"] == []
    assert len(serving.mails()) == len({message_from_bytes(mail)["Message-ID"] for mail in serving.mails()}) <= 1


@pytest.mark.parametrize("words", ["run", "web"])
def test_a_port_in_use_is_told_in_a_line(serving, words):
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(serving.settings["PORT"])))
        other.listen()

        ran = serving.process(words)

    assert (ran.status, ran.out) == (1, "")
    assert ran.error == (
        f"port {serving.settings['PORT']} on 127.0.0.1 is in use by another program: "
        "end it, or set DAILY_DOSE_PORT to a free port"
    )


def test_a_wrong_host_is_told_in_a_line(serving):
    serving.settings["HOST"] = "192.0.2.1"

    ran = serving.process("web")

    assert (ran.status, ran.error) == (1, "DAILY_DOSE_HOST '192.0.2.1' is no address of this machine")


def test_sending_that_fails_is_a_line_of_the_log_and_tried_again(serving):
    """Here the outbox's place is taken, which an operator mends while it runs."""
    serving.settings["MAX_LATE"] = "2d"  # whatever the hour, there is something to mail
    serving.ok("publish", "today", "--now")
    serving.ok("subscribers", "add", READER, "--consent", "x")
    serving.ok("editions", "add", "second", "zone=UTC", "time=00:00")
    serving.ok("subscribers", "add", READER, "--edition", "second", "--consent", "x")
    outbox = serving.home / "outbox"
    shutil.rmtree(outbox, ignore_errors=True)
    outbox.write_text("in its place")
    with running(serving.start("schedule", stdout=subprocess.DEVNULL)) as process:
        log = until(lambda: _line_with(process, "sending failed"), "a round that fails")
        outbox.unlink()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=10)

    assert "[error    ] sending failed" in log
    assert f"the outbox {outbox} does not take a message: Not a directory; nothing was lost" in log
    assert "Traceback" not in log + rest
    assert process.returncode == 0
    serving.at = datetime.now(UTC)
    serving.ok("deliver")
    assert len(serving.mails()) == 1


def _line_with(process, text):
    line = process.stderr.readline()
    return line if text in line else ""


def test_a_database_that_goes_away_and_comes_back_is_outlived(serving):
    """The whole service goes on, says what is wrong in lines, and publishes again."""
    with running(serving.start("run", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as process:
        until(lambda: page(serving), "the site")
        before = until(lambda: ticked(serving), "a tick")
        kept = serving.home / "kept"
        kept.mkdir()
        serving.database.chmod(0o600)
        for file in serving.home.glob("daily-dose.db*"):
            file.rename(kept / file.name)
        time.sleep(0.5)
        assert process.poll() is None
        for file in kept.iterdir():
            file.replace(serving.home / file.name)
        until(lambda: ticked(serving) > before, "the next tick")
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
