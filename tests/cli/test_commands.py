"""What each command answers, to a person and to a program (the shapes of ARCHITECTURE.md)."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_string, policy

import pytest
from command_line import NOON, READER, TODAY, TOMORROW, ready
from servers.ports import LOOPBACK, free_port

PICK = "edition day rule reason entry runners_up"
ISSUE = "edition day number state rule reason headline subject entry due_at published_at url mailed corrections"
EDITION = "slug title language zone time days from rest_days kinds tags since"
STATUS = "edition now day issue next_due_at holds runway queue deliveries last_tick_at problems"
SUBSCRIBER = "address state subscriptions"
SUBSCRIPTION = "edition state cadence hour zone format"


def test_status_says_how_it_stands(dose):
    told = dose.json("status")

    assert told.keys() >= set(STATUS.split())
    assert (told["day"], told["issue"]["day"], told["next_due_at"]) == (TODAY, TODAY, f"{TOMORROW}T06:00:00Z")
    assert told["issue"].keys() >= set(ISSUE.split())
    assert (told["holds"], told["queue"], told["deliveries"], told["problems"]) == ([], [], {}, [])
    lines = dose.ok("status").out.splitlines()
    assert lines[0] == f"daily-dose, {TODAY}"
    assert lines[1].startswith(f"newest issue  {TODAY}, {told['issue']['headline']} (")
    assert "next due      2026-11-23 06:00 UTC" in lines


def test_status_names_what_is_wrong(dose):
    dose.at = NOON + timedelta(days=3)

    assert "the issue of 2026-11-23 is overdue" in "".join(dose.json("status")["problems"])
    assert "\nproblem       the issue of 2026-11-23 is overdue" in dose.ok("status").out


def test_check_lists_the_settings_and_finds_nothing_wrong(dose):
    dose.settings["SECRET_KEY"] = "hunter2" * 8

    told = dose.json("check")

    settings = {setting["name"]: setting for setting in told["settings"]}
    assert settings["DAILY_DOSE_HOME"] == {
        "name": "DAILY_DOSE_HOME",
        "value": str(dose.home),
        "origin": "environment",
    }
    assert settings["DAILY_DOSE_PORT"]["origin"] == "default"
    assert told["problems"] == []
    plain = dose.ok("check").out
    assert plain.endswith("\nnothing is wrong\n")
    assert "hunter2" not in plain + str(told)


def test_a_mail_server_that_is_not_there_is_told_and_loses_nothing(dose):
    dose.ok("subscribers", "add", READER, "--consent", "x")
    dose.settings["SMTP_URL"] = f"smtp://{LOOPBACK}:{free_port()}"

    ran = dose.run("publish", "today", "--now")

    assert ran.status == 1
    assert "/archive/" in ran.out
    assert ran.err.startswith("error: it is published, and its mail waits: the mail server smtp://127.0.0.1:")
    assert dose.json("status")["deliveries"] == {"queued": 1}


def test_check_ends_with_status_1_where_something_is_wrong(dose, fresh):
    dose.at = NOON + timedelta(days=3)
    for line in (dose, type(fresh)(home=fresh.home / "nowhere")):
        ran, told = line.run("check"), line.run("check", "--json")

        assert (ran.status, told.status) == (1, 1)
        (problem,) = told.json["problems"]
        assert ran.out.endswith(f"problem: {problem}\n1 problem\n")
        assert not ran.err


def test_a_pick_explains_itself(dose):
    """The day that is out answers with its issue, a day to come with what would be."""
    out, coming = dose.json("pick"), dose.json("pick", "tomorrow")

    assert out.keys() >= set(PICK.split())
    assert (out["day"], out["entry"]) == (TODAY, dose.json("status")["issue"]["entry"])
    assert (coming["day"], coming["edition"]) == (TOMORROW, "daily-dose")
    assert coming["reason"].startswith(coming["rule"])
    assert dose.ok("pick", "tomorrow").out.startswith(f"{TOMORROW}  {coming['entry']}\n  {coming['reason']}\n")


def test_a_forecast_is_a_list_of_picks(dose):
    ahead = dose.json("forecast", "--days", 5)

    assert [pick["day"] for pick in ahead] == [str((NOON + timedelta(days=n)).date()) for n in range(1, 6)]
    assert ahead[0] == dose.json("pick", "tomorrow")
    assert dose.json("forecast", "--from", "2026-11-25", "--days", 2) == ahead[2:4]


def test_a_forecast_says_each_day_s_rule_headline_and_reason(dose):
    slug = ready(dose)[2]
    dose.ok("amend", slug, "--set", "headline=What was put in line")
    dose.ok("queue", "add", slug)

    line = f"{TOMORROW}  queued       What was put in line (first in the queue; nothing else in line)\n"
    assert dose.ok("forecast", "--days", 1).out == line


def test_a_forecast_names_held_days_and_why(dose):
    """A day that came due under a hold stays empty after its release, and says so."""
    dose.ok("hold", "tomorrow", "--reason", "a day of mourning")
    dose.ok("hold", "2026-11-24")
    assert dose.ok("forecast", "--days", 2).out == f"{TOMORROW}  held (a day of mourning)\n2026-11-24  held\n"
    assert dose.json("forecast", "--days", 2) == []
    dose.at = NOON + timedelta(days=1)
    dose.ok("release", "tomorrow")
    dose.ok("release", "today")

    first, second = dose.ok("forecast", "--days", 2).out.splitlines()

    assert first == f"{TOMORROW}  held         it came due under a hold (publish {TOMORROW} --force fills it)"
    assert second.startswith("2026-11-24  ")
    assert "held" not in second


def test_a_forecast_names_a_day_with_nothing_to_publish(empty):
    assert (
        empty.ok("forecast", "--days", 1).out
        == "2026-11-22  -            nothing to publish: add entries, or make some ready\n"
    )
    assert empty.json("forecast", "--days", 1) == []


def test_looking_changes_nothing(dose):
    dose.ok("queue", "add", ready(dose)[0])
    before = dose.export()

    for words in (["pick", "tomorrow"], ["forecast"], ["status"], ["preview", "tomorrow"], ["queue", "list"]):
        dose.ok(*words)

    assert dose.export() == before


def test_publish_answers_with_the_same_issue_again(dose):
    dose.at = NOON + timedelta(days=1)

    first, again = dose.json("publish"), dose.json("publish", TOMORROW)

    assert first.keys() >= set(ISSUE.split())
    assert (first["day"], first["state"], first["corrections"]) == (TOMORROW, "published", [])
    assert first["url"] == "http://127.0.0.1:8000/archive/2026/11/23"
    assert again == first
    assert dose.ok("publish").out.splitlines()[0] == f"{TOMORROW}  {first['headline']}"


def test_publish_now_mails_once(dose):
    dose.ok("subscribers", "add", READER, "--consent", "a test")

    assert dose.ok("publish", "today", "--now").out.endswith("\n  1 message went out\n")
    assert dose.ok("publish", "today", "--now").out.endswith("\n  nothing to send\n")
    assert dose.json("publish", "today", "--now")["mailed"] is True
    (mail,) = dose.mails()
    assert f"To: {READER}".encode() in mail


def test_publish_fills_what_was_missed_and_deliver_sends_what_is_due(dose):
    dose.ok("subscribers", "add", READER, "--consent", "a test")
    dose.at = NOON + timedelta(days=3)

    dose.ok("publish", "today", "--no-mail")

    assert [dose.json("pick", f"2026-11-{day}")["rule"] for day in (23, 24, 25)]
    assert dose.json("status")["issue"]["number"] == 24
    assert dose.json("deliver") == {"sent": 0}
    assert dose.ok("deliver").out == "nothing to send\n"
    assert dose.mails() == []


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("html", "<html"),
        ("text", "EXTREMISTS"),
        ("eml", "MIME-Version: 1.0"),
        ("rss", "<rss"),
        ("atom", "<feed"),
        ("json", "https://jsonfeed.org"),
        ("page", "<!doctype html>"),
        ("box", "View Archive"),
    ],
)
@pytest.mark.parametrize("name", ["today", "tomorrow", "an entry"])
def test_a_preview_shows_a_day_or_an_entry_in_every_form(dose, form, holds, name):
    name = ready(dose)[2] if name == "an entry" else name

    shown = dose.ok("preview", name, "--as", form)

    assert holds.casefold() in shown.out.casefold()
    assert not shown.err


def test_a_preview_of_the_mail_has_two_parts(dose):
    mail = message_from_string(dose.ok("preview", "today", "--as", "eml").out, policy=policy.default)

    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Subject"] == dose.json("status")["issue"]["subject"]


def test_editions_are_listed_added_and_changed(dose):
    (one,) = dose.json("editions", "list")
    assert list(one) == [*EDITION.split(), "schedules"]
    assert (one["slug"], one["zone"], one["time"], one["days"]) == ("daily-dose", "UTC", "06:00", "mon-sun")

    two = dose.json("editions", "add", "weekdays", "title=Weekdays", "days=mon-fri", "zone=Asia/Beirut", "time=07:30")
    assert (two["days"], two["zone"], two["time"], two["since"]) == ("mon-fri", "Asia/Beirut", "07:30", TODAY)
    assert dose.json("editions", "set", "weekdays", "kinds=quote,post", "rest_days=30")["kinds"] == ["post", "quote"]
    assert dose.ok("editions", "set", "daily-dose", "time=05:00").out == f"daily-dose: from {TOMORROW} at 05:00 UTC\n"
    assert [each["slug"] for each in dose.json("editions", "list")] == ["daily-dose", "weekdays"]
    assert "weekdays: Weekdays, en, 07:30 Asia/Beirut, mon-fri, since 2026-11-22\n" in dose.ok("editions", "list").out
    assert dose.json("pick", "2026-11-23", "--edition", "weekdays")["edition"] == "weekdays"


def test_a_new_hour_is_listed_with_the_day_it_holds_from(dose):
    dose.ok("editions", "set", "daily-dose", "zone=Europe/London", "time=06:30")

    now, then = f"06:00 UTC (from {TOMORROW}: 06:30 Europe/London)", "06:30 Europe/London"
    assert dose.ok("editions", "list").out == f"daily-dose: Daily Dose, en, {now}, mon-sun, since 2026-11-02\n"
    assert [each["from"] for each in dose.json("editions", "list")[0]["schedules"]] == ["2026-11-02", TOMORROW]
    dose.at = NOON + timedelta(days=1)
    assert dose.ok("editions", "list").out == f"daily-dose: Daily Dose, en, {then}, mon-sun, since 2026-11-02\n"


def test_today_is_a_day_in_the_edition_s_zone(dose):
    dose.ok("editions", "add", "kiribati", "zone=Pacific/Kiritimati")

    assert dose.json("status", "--edition", "kiribati")["day"] == "2026-11-23"


def test_subscribers_are_added_once_and_listed(dose):
    assert dose.ok("subscribers", "list").out.startswith("nobody is subscribed")

    assert dose.json("subscribers", "add", READER, "Second@Example.ORG", "--consent", "asked by letter")["added"] == [
        READER,
        "Second@example.org",
    ]
    assert dose.ok("subscribers", "add", READER, "--consent", "again").out == "0 added, 1 known already\n"
    every = dose.json("subscribers", "list")
    assert list(every[0]) == SUBSCRIBER.split()
    assert list(every[0]["subscriptions"][0]) == SUBSCRIPTION.split()
    assert every[0]["subscriptions"][0]["state"] == "active"
    assert dose.ok("subscribers", "list").out.splitlines()[0] == f"{READER}  good  daily-dose active"
