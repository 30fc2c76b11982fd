"""Queue, holds and releases on the command line: what is planned, and what is told of it."""

from __future__ import annotations

from datetime import timedelta

from command_line import NOON, TODAY, TOMORROW, ready


def test_the_queue_is_told_as_it_then_stands(dose):
    first, second, third = ready(dose)

    assert dose.json("queue", "list") == []
    dose.ok("queue", "add", first)
    dose.ok("queue", "add", second)
    dose.ok("queue", "add", third, "--day", "2026-12-24")
    moved = dose.json("queue", "move", second, 1)

    assert [(line["entry"], line["day"]) for line in moved] == [(third, "2026-12-24"), (second, None), (first, None)]
    assert dose.ok("queue", "list").out == f"2026-12-24  {third}\n        1.  {second}\n        2.  {first}\n"
    assert dose.json("pick", "tomorrow")["rule"] == "queued"
    assert dose.json("status")["queue"] == [second, first]
    for slug in (first, second, third):
        dose.ok("queue", "remove", slug)
    assert dose.ok("queue", "list").out.startswith("nothing is pinned or queued")


def test_a_queued_entry_that_is_not_ready_says_so(dose):
    slug = ready(dose)[0]
    dose.ok("amend", slug, "--set", "status=review")

    told = dose.json("queue", "add", slug)

    assert told == [{"entry": slug, "day": None, "obstacle": "is not ready (review)", "warning": None, "note": None}]
    assert dose.ok("queue", "list").out == f"        1.  {slug}  (is not ready (review))\n"


def test_the_desk_warns_of_a_plan_that_breaks_the_rest(dose):
    slug = dose.json("status")["issue"]["entry"]
    rest = "was published on 2026-11-22: has not rested 120 days"

    assert dose.ok("queue", "add", slug, "--day", "2026-12-24").out == f"2026-12-24  {slug}  ({rest})\n"
    dose.ok("queue", "remove", slug)
    assert dose.json("queue", "add", slug)[0]["warning"] == rest
    dose.ok("queue", "remove", slug)
    assert dose.json("queue", "add", slug, "--day", "2027-03-22")[0]["warning"] is None


def test_a_hold_is_set_told_and_lifted(dose):
    held = dose.json("hold", "tomorrow..2026-11-25", "--reason", "a day of mourning")

    assert held == {
        "edition": "daily-dose",
        "first": TOMORROW,
        "last": "2026-11-25",
        "since": held["since"],
        "reason": "a day of mourning",
        "origin": "editor",
    }
    assert dose.json("status")["holds"] == [held]
    assert dose.json("status")["next_due_at"] == "2026-11-26T06:00:00Z"
    assert "held          2026-11-23 to 2026-11-25: a day of mourning\n" in dose.ok("status").out
    assert dose.ok("release", "2026-11-24").out == (
        "1 hold lifted\n"
        "  held: 2026-11-23: a day of mourning (daily-dose release 2026-11-23)\n"
        "  held: 2026-11-25: a day of mourning (daily-dose release 2026-11-25)\n"
    )
    assert dose.json("release", "2026-11-23..2026-11-25") == {"released": 2, "empty": {}}
    assert dose.ok("release", "2026-11-24").out == "nothing was held\n"


def test_a_release_that_lifts_nothing_says_what_is_held_and_how_to_lift_it(dose):
    dose.ok("editions", "add", "weekdays", "days=mon-fri")
    dose.ok("hold", "2026-11-23..2026-11-25", "--edition", "weekdays")

    assert dose.ok("release", "--all").out == (
        "nothing was held but some days\n"
        "  held: 2026-11-23 to 2026-11-25 of weekdays "
        "(daily-dose release 2026-11-23..2026-11-25 --edition weekdays)\n"
    )
    dose.ok("hold", "--all", "--reason", "a fire")
    assert dose.ok("release", "tomorrow").out.startswith(
        "2026-11-23 of daily-dose was not held\n  held: 2026-11-23 to 2026-11-25 of weekdays"
    )
    assert dose.ok("release", "tomorrow").out.endswith("\n  held: everything: a fire (daily-dose release --all)\n")


def test_days_that_were_held_and_are_over_are_told_no_more(dose):
    dose.ok("hold", "yesterday..tomorrow")
    dose.at = NOON + timedelta(days=1)
    assert dose.ok("hold", "tomorrow").out == "2026-11-24 is held\n"
    assert "\nheld          2026-11-21 to 2026-11-23\n" in dose.ok("status").out
    dose.at = NOON + timedelta(days=2)

    assert [hold["first"] for hold in dose.json("status")["holds"]] == ["2026-11-24"]


def test_a_hold_says_what_of_it_is_out_already(dose):
    headline = dose.json("status")["issue"]["headline"]

    assert dose.ok("hold", "tomorrow").out == f"{TOMORROW} is held\n"
    assert dose.ok("hold", "today..tomorrow").out == (
        f"{TODAY} to {TOMORROW} are held\n  out already: the issue of {TODAY}, {headline}\n"
    )


def test_a_hold_names_its_edition_where_there_are_several(dose):
    dose.ok("editions", "add", "weekdays", "days=mon-fri")

    assert dose.ok("hold", "tomorrow").out == f"{TOMORROW} of daily-dose is held\n"
    assert dose.ok("hold", "tomorrow", "--edition", "weekdays").out == f"{TOMORROW} of weekdays is held\n"


def test_a_hold_on_everything_stands_until_it_is_released(dose):
    assert dose.ok("hold", "--all").out.startswith("everything is held\n  out already: the issue of 2026-11-22, ")

    assert dose.json("status")["holds"][0]["first"] is None
    assert "\nheld          everything\n" in dose.ok("status").out
    assert dose.json("release", "--all") == {"released": 1, "empty": {}}
    assert dose.json("status")["holds"] == []
