from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from shelf_samples import DAY, a_hold, ago, an_edition, an_entry, starter_archive, waiting

from newsletter.models import Kind, Pick, Rule
from scheduler.picker import Gap, HeldDay, Shelf, Traits, Waiting, choose, forecast, runway

ROOT = Path(__file__).parents[2]


def ahead(entries=(), days=5, *, edition=None, pins=None, queue=(), holds=(), first=DAY):
    shelf = Shelf.of(entries)
    return list(forecast(shelf, edition or an_edition(), first, days, pins=pins or {}, queue=queue, holds=holds))


def slugs(found) -> list[str | None]:
    return [each.entry if isinstance(each, Pick) else None for each in found]


def day(number: int) -> date:
    """Return the day so many days from today."""
    return DAY + timedelta(days=number)


def test_a_forecast_is_the_pick_of_each_day_after_those_before_it():
    shelf = Shelf.of(starter_archive())
    for found in ahead(starter_archive(), 30):
        assert found == choose(shelf, an_edition(), found.day, pins={}, queue=[])
        shelf.published(found.uid, found.day)


def test_a_forecast_changes_nothing():
    shelf, queue, pins = Shelf.of(starter_archive()), [waiting("a"), waiting("b")], {day(1): waiting("c")}
    first = list(forecast(shelf, an_edition(), DAY, 9, pins=pins, queue=queue))

    assert list(forecast(shelf, an_edition(), DAY, 9, pins=pins, queue=queue)) == first
    assert (len(queue), len(pins)) == (2, 1)


def test_pins_and_the_queue_are_spent_as_their_days_come():
    found = ahead(
        [an_entry("rested")],
        pins={day(1): waiting("pinned")},
        queue=[waiting("a"), waiting("draft", "is a draft"), waiting("b")],
    )

    assert slugs(found) == ["a", "pinned", "b", "rested", None]
    assert found[2].passed_over == ("draft, in the queue, is a draft",)
    assert found[4] == Gap(edition="daily-dose", day=day(4), passed_over=("draft, in the queue, is a draft",))


def test_the_pin_of_a_held_day_goes_to_the_head_of_the_queue():
    hold = a_hold(day(0), day(1))
    found = ahead(
        pins={day(0): waiting("first"), day(1): waiting("second"), day(3): waiting("third")},
        queue=[waiting("queued")],
        holds=[hold],
    )

    assert found[:2] == [HeldDay(edition="daily-dose", day=day(number), hold=hold) for number in range(2)]
    assert [(each.day, each.entry) for each in found if isinstance(each, Pick)] == [
        (day(2), "second"),
        (day(3), "third"),
        (day(4), "first"),
    ]


def test_days_without_publication_are_skipped():
    found = ahead([an_entry() for _ in range(9)], 9, edition=an_edition(days=frozenset({0, 6})))

    assert [each.day.weekday() for each in found] == [6, 0, 6, 0]


def test_a_released_hold_holds_no_day_to_come():
    released = a_hold(since=datetime(2026, 11, 19, tzinfo=UTC), until=datetime(2026, 11, 22, 5, tzinfo=UTC))

    assert [each.day for each in ahead([an_entry()], 1, holds=[released])] == [DAY]
    assert ahead([an_entry()], 1, holds=[a_hold()]) == [HeldDay(edition="daily-dose", day=DAY, hold=a_hold())]


def test_what_was_pinned_from_outside_the_shelf_counts_for_the_days_after_it():
    outside = Waiting(uid=waiting("x").uid, slug="x", traits=Traits(kind=Kind.FACT, country="ES"))
    archive = [an_entry("alike", last_published=ago(205), country="ES"), an_entry("other", last_published=ago(200))]

    assert slugs(ahead(archive, 2, pins={day(0): outside})) == ["x", "other"]
    assert slugs(ahead(archive, 2, queue=[outside])) == ["x", "other"]


def reach(entries=(), *, pins=None, queue=(), holds=(), horizon=200):
    return runway(Shelf.of(entries), an_edition(), DAY, pins=pins or {}, queue=queue, holds=holds, horizon=horizon)


def test_the_runway_ends_with_the_first_gap():
    assert reach() == 0
    assert reach([an_entry(), an_entry()]) == 2
    assert reach([an_entry()], queue=[waiting("a")], pins={day(1): waiting("b")}) == 3


def test_the_runway_ends_with_the_first_rerun():
    archive = [an_entry() for _ in range(40)]

    assert reach(archive) == 40
    assert ahead(archive, 41)[-1].rule is Rule.RERUN


def test_held_days_are_no_gap():
    assert reach([an_entry()], holds=[a_hold(day(0), day(9))]) == 11


def test_a_runway_without_end_is_as_long_as_one_looks():
    assert reach([an_entry() for _ in range(120)]) == 200
    assert reach([an_entry() for _ in range(119)]) == 119


@pytest.mark.parametrize(
    "today",
    [date(2026, 11, 22), date(2026, 1, 1), date(2027, 3, 1), date(2027, 7, 4), date(2028, 2, 29), date(2028, 9, 1)],
)
def test_three_years_of_the_starter_archive_hold_no_rerun_and_135_anniversaries_each(today):
    """The edition begins 365 days back, as a fresh install has it, and nobody does anything."""
    since = today - timedelta(days=365)
    picks = ahead(starter_archive(), 3 * 365, edition=an_edition(since=since), first=since)

    assert {each.rule for each in picks} == {Rule.ANNIVERSARY, Rule.ROTATION}
    for year in range(3):
        rules = [each.rule for each in picks[year * 365 : (year + 1) * 365]]
        assert rules.count(Rule.ANNIVERSARY) >= 135


PRINT_A_YEAR = """
import sys
sys.path[:0] = sys.argv[1:]
from test_forecast import ahead, starter_archive
for each in ahead(starter_archive(), 365):
    print(each)
"""


def test_every_process_picks_the_same():
    """Nor does it matter in which order the entries came."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT_A_YEAR, str(ROOT), str(ROOT / "tests" / "scheduler")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    here = "".join(f"{each}\n" for each in ahead(reversed(starter_archive()), 365))

    assert printed == {here}
