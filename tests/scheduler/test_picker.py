"""Each rule of the pick, one claim a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from shelf_samples import DAY, ago, an_edition, an_entry, waiting

from newsletter.models import Kind, Rule
from scheduler.picker import Shelf, Traits, choose, passed_over

TODAY = DAY.isoformat()[5:]


def pick(entries=(), day=DAY, *, edition=None, pins=None, queue=(), missed=False):
    shelf = entries if isinstance(entries, Shelf) else Shelf.of(entries)
    return choose(shelf, edition or an_edition(), day, pins=pins or {}, queue=queue, missed=missed)


def taken(*args, **kwargs) -> str | None:
    """Return the slug that is picked."""
    found = pick(*args, **kwargs)
    return found and found.entry


# Rule 1: pinned


def test_what_is_pinned_to_the_day_wins():
    found = pick([an_entry("anniversary", f"2016-{TODAY}")], pins={DAY: waiting("pinned")}, queue=[waiting("queued")])

    assert (found.rule, found.entry, found.uid) == (Rule.PINNED, "pinned", waiting("pinned").uid)
    assert found.reason == "pinned to this day"
    assert (found.edition, found.day, found.runners_up, found.passed_over) == ("daily-dose", DAY, (), ())


def test_a_pin_that_is_not_ready_is_passed_over_and_said():
    found = pick(pins={DAY: waiting("pinned", "is a draft")}, queue=[waiting("queued")])

    assert (found.rule, found.entry) == (Rule.QUEUED, "queued")
    assert found.passed_over == ("pinned, pinned to this day, is a draft",)


def test_a_pin_may_break_the_rest():
    assert taken([an_entry("again", last_published=ago(1))], pins={DAY: waiting("again")}) == "again"


# Rule 2: queued


def test_the_head_of_the_queue_comes_before_an_anniversary():
    found = pick([an_entry("anniversary", f"2016-{TODAY}")], queue=[waiting(slug) for slug in "abcde"])

    assert (found.rule, found.entry, found.runners_up) == (Rule.QUEUED, "a", ("b", "c", "d"))
    assert found.reason == "first in the queue; 4 more entries in line, next: b"


def test_what_is_not_ready_in_the_queue_is_passed_over_and_said():
    found = pick(
        queue=[waiting("a", "is a draft"), waiting("b", "is retired"), waiting("c"), waiting("d", "is a draft")]
    )

    assert found.entry == "c"
    assert found.passed_over == ("a, in the queue, is a draft", "b, in the queue, is retired")
    assert found.reason == "first in the queue; nothing else in line"


def test_a_missed_day_never_spends_the_queue():
    found = pick([an_entry("other", "2016-05-01")], queue=[waiting("a", "is a draft"), waiting("b")], missed=True)

    assert (found.rule, found.entry, found.passed_over) == (Rule.ROTATION, "other", ())


def test_a_missed_day_takes_its_pin():
    assert taken(pins={DAY: waiting("pinned")}, missed=True) == "pinned"


# Rule 3: anniversary


def test_an_anniversary_comes_before_the_rotation_and_explains_itself():
    entries = [an_entry(slug, f"{year}-{TODAY}") for slug, year in [("ten", 2016), ("three", 2023), ("one", 2025)]]
    found = pick([*entries, an_entry("other", "2000-01-01")])

    assert (found.rule, found.entry) == (Rule.ANNIVERSARY, "ten")
    assert sorted(found.runners_up) == ["one", "three"]
    assert found.reason == (
        f"anniversary: 10 years ago; never published; 2 more entries of this day, next: {found.runners_up[0]}"
    )


def test_what_was_published_least_recently_is_remembered_first():
    entries = [
        an_entry("lately", f"1926-{TODAY}", last_published=ago(200)),
        an_entry("long ago", f"2023-{TODAY}", last_published=ago(700)),
    ]

    assert pick(entries).runners_up == ("lately",)
    assert pick(entries).reason == (
        "anniversary: 3 years ago; last published 700 days ago; 1 more entry of this day, next: lately"
    )
    assert taken([*entries, an_entry("never", f"2023-{TODAY}")]) == "never"


@pytest.mark.parametrize(
    ("round_year", "other_year"), [(1926, 1976), (1976, 2001), (2001, 2016), (2016, 2021), (2021, 2020), (1826, 1976)]
)
def test_the_rounder_anniversary_comes_first(round_year, other_year):
    entries = [an_entry("round", f"{round_year}-{TODAY}")]
    entries += [an_entry(f"other-{number}", f"{other_year}-{TODAY}") for number in range(9)]

    assert taken(entries) == "round"


def test_a_tie_is_settled_otherwise_on_another_day():
    """The hash is of uid and day: one entry of two does not lead for ever."""
    days = [DAY + timedelta(days=days) for days in range(20)]
    first = [taken([an_entry("a", f"2023-{day:%m-%d}"), an_entry("b", f"2023-{day:%m-%d}")], day) for day in days]

    assert set(first) == {"a", "b"}


def test_an_entry_that_has_not_rested_is_not_remembered():
    assert pick([an_entry(event=f"2016-{TODAY}", last_published=ago(120))]).rule is Rule.ANNIVERSARY
    assert pick([an_entry(event=f"2016-{TODAY}", last_published=ago(119))]).rule is Rule.RERUN
    short = an_edition(rest_days=50)
    assert pick([an_entry(event=f"2016-{TODAY}", last_published=ago(50))], edition=short).rule is Rule.ANNIVERSARY


def test_what_happens_on_the_day_itself_or_later_is_no_anniversary():
    assert pick([an_entry(event=f"2026-{TODAY}"), an_entry(event=f"2027-{TODAY}")]) is None


def test_a_date_that_is_not_known_to_the_day_is_no_anniversary():
    assert pick([an_entry(event="2016-11")]).rule is Rule.ROTATION
    assert pick([an_entry(event="2016")]).rule is Rule.ROTATION


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        ("2027-02-28", "anniversary"),
        ("2028-02-28", "rotation"),
        ("2028-02-29", "anniversary"),
        ("2027-03-01", "rotation"),
    ],
)
def test_29_february_also_counts_on_the_28th_of_common_years(day, rule):
    assert pick([an_entry(event="2024-02-29")], date.fromisoformat(day)).rule == rule


# Rule 4: rotation


def test_what_is_longest_unpublished_comes_round_first():
    entries = [
        an_entry("lately", last_published=ago(130)),
        an_entry("long ago", last_published=ago(300)),
        an_entry("less long ago", last_published=ago(200)),
    ]
    found = pick(entries)

    assert (found.rule, found.entry, found.runners_up) == (Rule.ROTATION, "long ago", ("less long ago", "lately"))
    assert found.reason == "rotation: last published 300 days ago; unlike the days around it"
    assert taken([*entries, an_entry("never")]) == "never"


def test_only_events_before_the_day_come_round():
    entries = [an_entry(event=event) for event in ("2026-11-22", "2026-11-23", "2027", "2026", "2026-11", "2026-12")]

    assert pick(entries) is None
    assert taken([*entries, an_entry("yesterday", "2026-11-21")]) == "yesterday"
    assert taken([*entries, an_entry("last month", "2026-10")]) == "last month"
    assert taken([*entries, an_entry("last year", "2025")]) == "last year"
    assert taken([*entries, an_entry("undated")]) == "undated"


TRAITS = [{"groups": ("x", "eta")}, {"country": "ES"}, {"ideology": "far-right"}, {"kind": Kind.QUOTE}]


@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize("days", [1, 2, 3])
def test_what_repeats_the_days_before_stands_back(trait, days):
    """Of two that have waited alike, the one that shares a trait with what was published comes second."""
    entries = [
        an_entry("printed", last_published=ago(days), **trait),
        an_entry("alike", "2000-01-01", last_published=ago(205), **trait),
        an_entry("other", "2000-01-01", last_published=ago(200), kind=Kind.POST),
    ]

    assert taken(entries) == "other"


@pytest.mark.parametrize("trait", TRAITS)
def test_four_days_later_nothing_is_a_repeat(trait):
    entries = [
        an_entry("printed", last_published=ago(4), **trait),
        an_entry("alike", last_published=ago(205), **trait),
        an_entry("other", last_published=ago(200), kind=Kind.POST),
    ]

    assert taken(entries) == "alike"


@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize(("days", "first"), [(1, "other"), (3, "other"), (4, "alike")])
def test_what_repeats_a_pin_of_the_three_days_after_stands_back(trait, days, first):
    entries = [
        an_entry("pinned", last_published=ago(10), **trait),
        an_entry("alike", last_published=ago(205), **trait),
        an_entry("other", last_published=ago(200), kind=Kind.POST),
    ]

    assert taken(entries, pins={DAY + timedelta(days=days): waiting("pinned")}) == first


def test_the_traits_of_a_pin_that_is_not_on_the_shelf_come_with_it():
    entries = [an_entry("alike", last_published=ago(205), country="ES"), an_entry("other", last_published=ago(200))]
    pin = replace(waiting("draft"), traits=Traits(country="ES"))

    assert taken(entries, pins={ago(-2): pin}) == "other"
    assert taken(entries, pins={ago(-2): waiting("draft")}) == "alike"


def test_a_retired_entry_still_counts_as_what_was_published():
    entries = [
        an_entry("retired", last_published=ago(1), country="ES", ready=False),
        an_entry("alike", last_published=ago(205), country="ES"),
        an_entry("other", last_published=ago(200)),
    ]

    assert taken(entries) == "other"


def test_a_repeat_is_taken_when_it_has_waited_long_enough_and_said():
    entries = [
        an_entry("printed", last_published=ago(1), country="ES", ideology="far-right", groups=("eta",)),
        an_entry("alike", last_published=ago(365), ideology="far-right", kind=Kind.POST),
        an_entry("other", last_published=ago(300), kind=Kind.POST),
    ]

    assert taken(entries) == "alike"
    assert pick(entries).reason.endswith("; like the days around it: far-right")


def test_what_a_repeat_has_in_common_is_said_in_words():
    printed = an_entry("printed", last_published=ago(1), country="ES", ideology="separatist", groups=("eta",))
    alike = an_entry("alike", last_published=ago(365), country="ES", ideology="separatist", groups=("eta",))

    assert pick([printed, alike]).reason.endswith("; like the days around it: the group eta, Spain, separatist, a fact")


def test_an_entry_is_kept_for_its_own_anniversary():
    entries = [an_entry("its day is near", "2016-12-24"), an_entry("lately", "2016-11-01", last_published=ago(120))]

    assert taken(entries) == "lately"


def test_an_anniversary_that_comes_after_the_rest_keeps_nothing():
    """119 days ahead it would not have rested again, 120 days ahead it would."""
    near, far = DAY + timedelta(days=119), DAY + timedelta(days=120)
    lately = an_entry("lately", last_published=ago(120))

    assert taken([an_entry("near", f"2016-{near:%m-%d}"), lately]) == "lately"
    assert taken([an_entry("far", f"2016-{far:%m-%d}"), lately]) == "far"


def test_the_nearer_an_anniversary_the_more_an_entry_is_kept_for_it():
    found = pick([an_entry(f"{month:02}", f"2016-{month:02}-10") for month in (12, 1, 2, 3)])

    assert [found.entry, *found.runners_up] == ["03", "02", "01", "12"]
    assert found.reason.endswith("nothing better had rested, though its anniversary comes in 108 days")


def test_29_february_is_kept_for_the_28th_of_a_common_year():
    leap, lately = an_entry("leap", "2024-02-29"), an_entry("lately", last_published=ago(130))

    assert taken([leap, lately]) == "lately"


def test_an_anniversary_on_a_weekday_without_publication_keeps_nothing():
    saturday, friday = an_entry("saturday", "2016-12-19"), an_entry("friday", "2016-12-18")
    weekdays = an_edition(days=frozenset(range(5)))
    lately = an_entry("lately", last_published=ago(130))

    assert taken([saturday, lately], edition=weekdays) == "saturday"
    assert taken([friday, lately], edition=weekdays) == "lately"


def test_what_is_queued_or_pinned_is_not_taken_before_its_turn():
    """A missed day leaves the queue alone: it doesn't take its entries by another rule either."""
    booked, lately = an_entry("booked"), an_entry("lately", last_published=ago(130))

    assert taken([booked, lately], queue=[waiting("booked")], missed=True) == "lately"
    assert taken([booked, lately], pins={DAY + timedelta(days=30): waiting("booked")}) == "lately"
    assert taken([booked, lately], pins={DAY + timedelta(days=130): waiting("booked")}) == "booked"
    found = pick([booked], queue=[waiting("booked")], missed=True)
    assert found.reason.endswith("nothing better had rested, though it is pinned or queued")


def test_reports_and_other_kinds_than_the_edition_s_are_never_picked():
    report, post = an_entry(kind=Kind.REPORT), an_entry("post", f"2016-{TODAY}", kind=Kind.POST)
    quotes = an_edition(kinds=frozenset({Kind.QUOTE, Kind.REPORT}))

    assert pick([report]) is None
    assert taken([report, post]) == "post"
    assert pick([report, post], edition=quotes) is None


def test_what_is_not_ready_is_never_picked():
    assert pick([an_entry(ready=False), an_entry(event=f"2016-{TODAY}", ready=False, last_published=ago(400))]) is None


# Rule 5: rerun


def test_when_nothing_has_rested_the_least_recently_published_comes_again():
    entries = [an_entry(f"{days}", last_published=ago(days)) for days in (31, 80, 119, 40, 10)]
    found = pick(entries)

    assert (found.rule, found.entry, found.runners_up) == (Rule.RERUN, "119", ("80", "40", "31"))
    assert found.reason == "rerun: nothing has rested 120 days; last published 119 days ago"


def test_nothing_is_rerun_within_thirty_days():
    assert pick([an_entry(last_published=ago(30))]).rule is Rule.RERUN
    assert pick([an_entry(last_published=ago(29))]) is None


def test_a_rerun_was_published_before():
    assert taken([an_entry("to come", "2027-01-01"), an_entry("printed", last_published=ago(40))]) == "printed"


# Rule 6, and days in the past


def test_an_empty_archive_has_nothing_to_pick():
    assert pick() is None


def test_what_a_day_without_a_pick_passed_over_can_be_told():
    pins, queue = {DAY: waiting("a", "is a draft")}, [waiting("b", "is retired")]

    assert pick(pins=pins, queue=queue) is None
    assert passed_over(DAY, pins=pins, queue=queue) == (
        "a, pinned to this day, is a draft",
        "b, in the queue, is retired",
    )
    assert passed_over(DAY, pins={}, queue=[]) == ()


def test_a_day_in_the_past_takes_nothing_that_was_published_soon_after_it():
    assert pick([an_entry(last_published=ago(-29))]) is None
    assert pick([an_entry(last_published=ago(-119))]).rule is Rule.RERUN
    found = pick([an_entry(last_published=ago(-120))])
    assert (found.rule, found.reason) == (
        Rule.ROTATION,
        "rotation: published 120 days later; unlike the days around it",
    )
