"""The first start, at any hour and however often it is cut off; and the days after it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from command_line import DATA, NOON, READER, CommandLine, hourly, real_now

import newsletter.founding
from newsletter.bootstrap import newsroom
from newsletter.resources import folder
from newsletter.settings import Settings

CONSENT = "The address that make run adds"
#: What `make run` does before it serves.
SEQUENCE = [["init"], ["subscribers", "add", READER, "--consent", CONSENT], ["publish", "today", "--now"]]
DAY = timedelta(days=1)
HOURS = ["00:30", "05:59", "06:00", "12:00", "23:59"]


def at(hour, day=NOON):
    return datetime.combine(day, datetime.strptime(hour, "%H:%M").time(), UTC)


def tick(dose):
    """Do what a running clock does at each tick."""
    settings = Settings(home=dose.home)
    with newsroom(settings) as room:
        room.press.tick(dose.at)
        room.press.sending.sweep(dose.at)


def days_of(dose):
    """Return the days that have an issue, in the order of publication."""
    return [record["day"] for record in map(json.loads, dose.export().splitlines()) if record["record"] == "issue"]


def days(first, last):
    return [str(first.date() + n * DAY) for n in range((last.date() - first.date()).days + 1)]


def test_make_run_does_this_sequence():
    makefile = (DATA.parents[1] / "Makefile").read_text()

    recipe = makefile.partition("\nrun:")[2].partition("\n\n")[0]
    assert re.findall(r"daily-dose ([a-z ]+[a-z])", recipe) == [
        "init",
        "subscribers add reader",
        "publish today",
        "run",
    ]
    assert READER in recipe


@pytest.mark.parametrize("hour", HOURS)
def test_the_sequence_ends_with_today_s_issue_out_and_mailed_once(fresh, hour):
    """At any hour of the day; a second sequence publishes and mails nothing twice; the next day follows."""
    fresh.at = at(hour)
    begin = fresh.at - 9 * DAY
    fresh.ok("init", "--since", begin.date())
    for _ in range(2):
        for words in SEQUENCE:
            fresh.ok(*words)

        status = fresh.json("status")
        assert (status["issue"]["day"], status["issue"]["mailed"]) == ("2026-11-22", True)
        assert (status["deliveries"], len(fresh.mails())) == ({"sent": 1}, 1)
        assert days_of(fresh) == days(begin, fresh.at)
        for _ in range(2):
            fresh.at += timedelta(seconds=10)
            tick(fresh)

    fresh.at = at("06:01", NOON + DAY)
    tick(fresh)
    assert days_of(fresh) == days(begin, fresh.at)
    assert len(fresh.mails()) == 2

    fresh.at = at("11:00", NOON + 5 * DAY)  # after three days of downtime and a bit
    tick(fresh)
    assert days_of(fresh) == days(begin, fresh.at)
    assert len(fresh.mails()) == 3
    assert fresh.json("status")["problems"] == []


def test_the_first_start_fills_a_year(fresh):
    told = fresh.json("init")

    assert told["since"] == "2025-11-22"
    assert (told["issues"], told["entries"] >= 180) == (366, True)
    assert days_of(fresh) == days(NOON - 365 * DAY, NOON)
    assert fresh.json("subscribers", "list") == []
    assert fresh.json("status")["deliveries"] == {}
    (corrected,) = [
        record for record in map(json.loads, fresh.export().splitlines()) if record["record"] == "correction"
    ]
    assert "23 January 2018" in corrected["note"]


def test_init_changes_nothing_once_it_is_done(dose):
    before = dose.export()

    assert dose.ok("init").out == dose.ok("init").out
    for words in (["init", "--empty"], ["init", "--since", "2026-11-02"]):
        dose.at += DAY
        dose.ok(*words)

    assert dose.export() == before


def test_an_empty_start_has_no_entries_and_starts_today(fresh):
    assert fresh.json("init", "--empty") == {"entries": 0, "issues": 0, "since": "2026-11-22"}
    assert fresh.json("init") == {"entries": 0, "issues": 0, "since": "2026-11-22"}
    assert fresh.ok("init").err == ""


def test_a_start_that_lies_ahead_makes_no_edition(fresh):
    fresh.run("init", "--since", "2026-11-23")

    assert fresh.json("init", "--since", "2026-11-20")["since"] == "2026-11-20"


def plain(dose):
    """Return what the archive holds but for what differs from one first start to the next: ids and instants."""
    shown = ("record", "day", "number", "entry", "slug", "status", "headline", "body", "rule", "note", "caught_up")
    return [
        {name: record[name] for name in shown if name in record}
        for record in map(json.loads, dose.export().splitlines())
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Give what gives the program after a first start that nothing cut off, forty days back by the real time."""

    def make(hour):
        made = CommandLine(home=tmp_path_factory.mktemp("whole") / "var", at=hour)
        made.ok("init", "--since", made.today - 40 * DAY)
        return made

    return hourly(make)


@pytest.mark.parametrize(
    "moment", ["the database's making", "the seeds", "the first issues", "some issues", "most issues"]
)
def test_a_first_start_that_is_killed_is_completed_by_the_next(whole, fresh, moment):
    """At several moments, with SIGKILL: the same entries, the same issues, none twice."""
    uncut = whole()
    fresh.at, since = uncut.at, uncut.today - 40 * DAY
    reached = {
        "the database's making": fresh.database.exists,
        "the seeds": lambda: _count(fresh, "editions") == 1,
        "the first issues": lambda: _count(fresh, "entries") > 0,
        "some issues": lambda: _count(fresh, "issues") > 0,
        "most issues": lambda: _count(fresh, "issues") > 30,
    }[moment]
    with fresh.start("init", "--since", since) as process:
        while process.poll() is None and not reached():
            time.sleep(0.002)
        process.kill()
        process.communicate()

    fresh.ok("init", "--since", since)

    assert plain(fresh) == plain(uncut)
    assert days_of(fresh)[0] == str(since)
    assert sum(record["record"] == "correction" for record in plain(fresh)) == 1
    assert fresh.json("check")["problems"] == []


def _count(dose, table):
    try:
        with closing(sqlite3.connect(f"file:{dose.database}?mode=ro", uri=True, timeout=0.01)) as connection:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    except sqlite3.Error:
        return 0


def test_two_first_starts_at_once_make_one_archive(fresh):
    fresh.at = real_now()
    since = fresh.today - 30 * DAY
    with fresh.start("init", "--since", since) as one, fresh.start("init", "--since", since) as other:
        ended = [process.communicate(timeout=120) for process in (one, other)]

    assert [one.returncode, other.returncode] == [0, 0], ended
    assert len(days_of(fresh)) == len(set(days_of(fresh)))
    records = list(map(json.loads, fresh.export().splitlines()))
    assert sum(record["record"] == "correction" for record in records) == 1
    uids = [record["uid"] for record in records if record["record"] == "entry"]
    assert len(uids) == len(set(uids))
    assert {record["status"] for record in records if record["record"] == "entry"} == {"ready"}


def test_seeds_that_can_t_be_read_are_told(fresh, monkeypatch, tmp_path):
    """A damaged installation, say."""
    shutil.copytree(folder("seeds"), tmp_path / "seeds")
    with (tmp_path / "seeds" / "starter.jsonl").open("a") as file:
        file.write("{\n")
    monkeypatch.setattr(newsletter.founding, "folder", lambda name: tmp_path / name)

    ran = fresh.run("init")

    assert ran.status == 1
    assert ran.err.splitlines()[-1].startswith(f"error: {tmp_path / 'seeds' / 'starter.jsonl'}:")
    assert ran.err.endswith("(1 in all): install the program anew\n")
