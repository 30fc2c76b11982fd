"""What can't be done is refused in one line that says what to do, and changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from command_line import NOON, READER

WORDS = "It was wrong."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["publish", "tomorrow"], "2026-11-23 is still to come (it is 2026-11-22 there): pin an entry with"),
        (["publish", "tomorrow", "--now"], "2026-11-23 is still to come"),
        (["publish", "tomorrow", "--force"], "2026-11-23 is still to come"),
        (["publish", "2026-11-01"], "daily-dose starts on 2026-11-02: it has no issue of 2026-11-01"),
        (["pick", "2026-11-01"], "daily-dose starts on 2026-11-02: it has no issue of 2026-11-01"),
        (["correct", "2026-11-01", WORDS], "daily-dose of 2026-11-01 was never published"),
        (["correct", "tomorrow", WORDS], "daily-dose of 2026-11-23 was never published"),
        (["correct", "no-such-entry", WORDS], "no entry 'no-such-entry': expected a slug or uid"),
        (["correct", "today", " "], "a correction needs a note: say what was wrong and what is right"),
        (["correct", "today", WORDS, "--set", "colour=red"], "colour: expected one of attack_type, body,"),
        (
            ["correct", "today", WORDS, "--set", "killed=many"],
            "killed: expected JSON such as 41, true or null, got 'many'",
        ),
        (
            ["correct", "today", WORDS, "--set", "country=XX"],
            "country: expected a code of ISO 3166-1 such as LY, got 'XX'",
        ),
        (["correct", "today", WORDS, "--source", ""], "sources: expected a citation, got an empty one"),
        (["amend", "today"], "an amendment needs a change: --set FIELD=VALUE or --source TEXT"),
        (["withdraw", "2026-11-01", WORDS], "daily-dose of 2026-11-01 was never published"),
        (["withdraw", "today", ""], "a withdrawal needs a notice: say why it was taken back"),
        (["queue", "add", "no-such-entry"], "no entry 'no-such-entry'"),
        (["queue", "remove", "no-such-entry"], "no entry 'no-such-entry'"),
        (["status", "--edition", "weekly"], "no edition 'weekly': expected one of daily-dose"),
        (["editions", "add", "daily-dose"], "there is an edition 'daily-dose' already: change it with"),
        (["editions", "add", "Not A Slug"], "slug=Not A Slug: expected lower-case words with hyphens between"),
        (["editions", "set", "weekly", "title=x"], "no edition 'weekly': expected one of daily-dose"),
        (
            ["editions", "set", "daily-dose", "zone=Mars/Olympus"],
            "zone=Mars/Olympus: expected a zone of the tz database",
        ),
        (["editions", "set", "daily-dose", "time=24:00"], "time=24:00: expected an hour of the day as HH:MM"),
        (["editions", "set", "daily-dose", "days=someday"], "days=someday: expected weekdays"),
        (["editions", "set", "daily-dose", "language=english"], "language=english: expected a language of BCP 47"),
        (["editions", "set", "daily-dose", "kinds=rumour"], "kinds=rumour: expected some of quote, post, fact, report"),
        (["editions", "set", "daily-dose", "rest_days=-1"], "rest_days=-1: expected a number of days from 0 to"),
        (["editions", "set", "daily-dose", "colour=red"], "colour=red: expected one of the names title, language,"),
        (["subscribers", "add", "nobody", "--consent", "x"], "'nobody' is no e-mail address"),
        (["subscribers", "add", READER], "expected --consent TEXT: how, when and where"),
        (["init", "--since", "2026-11-23"], "--since 2026-11-23: expected today (2026-11-22) or a day before it"),
        (["init", "--since", "2026-01-01"], "--since 2026-01-01: daily-dose starts on 2026-11-02 already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_refusal_is_one_line_and_changes_nothing(dose, words, message):
    before = dose.export(), dose.json("subscribers", "list"), dose.json("editions", "list")

    assert dose.refusal(*words).startswith(message)

    assert (dose.export(), dose.json("subscribers", "list"), dose.json("editions", "list")) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2026-11-01", "daily-dose starts on 2026-11-02: it has no issue of 2026-11-01"),
        ("no-such-entry", "no entry 'no-such-entry': expected a slug or uid"),
    ],
)
def test_what_is_not_there_has_no_preview(dose, name, message):
    ran = dose.run("preview", name)

    assert (ran.status, ran.out) == (1, "")
    assert ran.error.startswith(message)


def test_a_day_that_is_not_due_waits_unless_it_is_wanted_now(dose):
    dose.at = NOON.replace(hour=5) + timedelta(days=1)

    assert (
        dose.refusal("publish")
        == "the issue of 2026-11-23 is due at 2026-11-23T06:00:00Z: wait, or publish it with --now"
    )
    assert dose.json("publish", "--now")["day"] == "2026-11-23"


def test_a_held_day_is_published_only_by_force(dose):
    dose.ok("hold", "tomorrow", "--reason", "a day of mourning")
    dose.at = NOON + timedelta(days=1)

    message = dose.refusal("publish", "--now")

    assert message == ("2026-11-23 is held (a day of mourning): release it, or publish it all the same with --force")
    assert dose.json("status")["issue"]["day"] == "2026-11-22"
    assert dose.json("publish", "--force")["day"] == "2026-11-23"


def test_a_day_without_anything_to_publish_is_refused(empty):
    assert empty.refusal("publish", "--now").startswith(
        "daily-dose has nothing to publish for 2026-11-22: no ready entry"
    )
    assert empty.refusal("pick").startswith("daily-dose has nothing to publish for 2026-11-22: no ready entry")


def test_a_weekday_without_publication_is_refused(dose):
    dose.ok("editions", "add", "weekdays", "days=mon-fri", "zone=UTC")

    message = dose.refusal("publish", "--edition", "weekdays", "--now")

    assert message.startswith("weekdays does not publish on a Sunday (2026-11-22)")


def test_what_was_never_published_is_amended_not_corrected(dose):
    slug = dose.json("forecast", "--days", "300")[-1]["entry"]

    message = dose.refusal("correct", slug, WORDS, "--set", "place=Elsewhere")

    assert message == f"{slug} was never published: change it with `daily-dose amend`"
    assert dose.json("amend", slug, "--set", "place=Elsewhere")["issues"] == []


def test_one_wrong_address_subscribes_nobody(dose):
    assert dose.refusal("subscribers", "add", READER, "nobody", "--consent", "x").startswith("'nobody' is no e-mail")
    assert dose.json("subscribers", "list") == []


def test_a_day_takes_one_pin_and_an_entry_one_plan(dose):
    first, second = (pick["entry"] for pick in dose.json("forecast", "--from", "2026-12-01", "--days", 2))
    dose.ok("queue", "add", first, "--day", "2026-12-24")
    before = dose.export()

    assert "2026-12-24" in dose.refusal("queue", "add", second, "--day", "2026-12-24")
    assert dose.refusal("queue", "add", second, "--day", "yesterday").startswith("2026-11-21 is past")
    assert dose.refusal("queue", "add", second, "--day", "today").startswith("2026-11-22 is past")
    assert dose.refusal("queue", "move", second, "1")
    assert dose.export() == before


@pytest.mark.parametrize(
    "words", [["status"], ["publish"], ["export", "archive", "-"], ["web"], ["schedule"], ["deliver"]]
)
def test_a_home_without_an_archive_says_what_to_do(fresh, words):
    ran = fresh.run(*words)

    assert (ran.status, ran.error) == (
        1,
        f"the database sqlite:///{fresh.database} is not there yet: run `daily-dose init`",
    )
    assert not fresh.home.exists()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "http", "DAILY_DOSE_PORT (environment) is 'http'; allowed: a whole number from 1 to 65535"),
        ("PROT", "80", "DAILY_DOSE_PROT (environment) is not a setting; the nearest is DAILY_DOSE_PORT"),
        (
            "DATABASE_URL",
            "mysql://localhost/x",
            "DAILY_DOSE_DATABASE_URL (environment) is 'mysql://localhost/x'; allowed:",
        ),
    ],
)
def test_a_wrong_setting_stops_every_command(dose, name, value, message):
    dose.settings[name] = value

    for words in (["status"], ["check"], ["init"]):
        assert dose.refusal(*words).startswith(message)
