"""The shelf is fast because it keeps orders; here it is held against plain looks at plain lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf_samples import DAY, ago, an_edition, an_entry, waiting

from newsletter.models import Kind, PartialDate, Rule
from scheduler import rotation
from scheduler.picker import Shelf, ShelfEntry, choose

EVENTS = [
    None,
    "2014",
    "2014-01",
    "2016-02-29",
    "2026-12-24",
    *(f"201{y}-{m:02}-10" for y in (3, 6) for m in range(1, 13)),
]

entries = st.lists(
    st.builds(
        an_entry,
        slug=st.integers(0, 40).map(str),
        event=st.sampled_from(EVENTS),
        kind=st.sampled_from(Kind),
        country=st.sampled_from([None, "ES", "LY"]),
        ideology=st.sampled_from([None, "jihadist"]),
        groups=st.sampled_from([(), ("eta",), ("eta", "x")]),
        last_published=st.none() | st.integers(1, 400).map(ago),
        ready=st.sampled_from([True, True, True, False]),
    ),
    max_size=40,
    unique_by=lambda entry: entry.uid,
)
days = st.sampled_from([DAY, date(2027, 2, 28), date(2028, 2, 29), date(2026, 12, 10), date(2027, 1, 3)])


def by_the_book(entries: list[ShelfEntry], day: date) -> list[str]:
    """Rule 4 as the words have it: a score for every rested entry, sorted."""
    near = {}
    for ahead in range(119, 0, -1):
        coming = day + timedelta(days=ahead)
        near[coming.month, coming.day] = ahead
        if (coming.month, coming.day) == (2, 28) and (coming + timedelta(days=1)).month == 3:
            near[2, 29] = ahead
    around = [entry for entry in entries if entry.last_published and 1 <= (day - entry.last_published).days <= 3]

    def score(entry: ShelfEntry) -> int:
        wait = min((day - entry.last_published).days, 365) if entry.last_published else 365
        wait -= 120 * any(set(entry.groups) & set(other.groups) for other in around)
        wait -= 90 * (entry.country is not None and any(entry.country == other.country for other in around))
        wait -= 40 * (entry.ideology is not None and any(entry.ideology == other.ideology for other in around))
        wait -= 20 * any(entry.kind == other.kind for other in around)
        ahead = near.get((entry.event_date.month, entry.event_date.day)) if entry.event_date else None
        return wait - (1_000 + 10 * (120 - ahead) if ahead else 0)

    def place(entry: ShelfEntry) -> tuple:
        return entry.last_published or date.min, blake2b(entry.uid.bytes, digest_size=8).digest()

    def before(event: PartialDate | None) -> bool:
        return event is None or (event.exact or date(event.year, event.month or 12, 28) + timedelta(days=5)) < day

    rested = [
        entry
        for entry in entries
        if entry.ready
        and entry.kind is not Kind.REPORT
        and before(entry.event_date)
        and (not entry.last_published or (day - entry.last_published).days >= 120)
    ]
    return [entry.slug for entry in sorted(rested, key=lambda entry: (-score(entry), *place(entry)))]


@given(entries, days)
def test_the_rotation_is_what_its_rule_says(entries, day):
    """Stopping early, when nothing further can be better, never changes the pick nor its runners-up."""
    found = choose(Shelf.of(entries), an_edition(), day, pins={}, queue=[])
    expected = by_the_book(entries, day)
    if found is not None and found.rule is Rule.ROTATION:
        assert [found.entry, *found.runners_up] == expected[:4]
    elif found is None or found.rule is Rule.RERUN:
        assert expected == []
    else:
        assert found.entry in expected


@given(st.data())
def test_a_shelf_that_was_kept_up_picks_as_one_made_anew(data):
    """However a shelf came to hold what it holds, the pick is the same: processes refresh theirs at different times."""
    now = {entry.uid: entry for entry in data.draw(entries)}
    shelf = Shelf.of(now.values())
    for entry in data.draw(entries):
        match data.draw(st.sampled_from(["put", "remove", "publish"])):
            case "put":
                shelf.put(entry)
                now[entry.uid] = entry
            case "remove":
                shelf.remove(entry.uid)
                now.pop(entry.uid, None)
            case "publish" if entry.uid in shelf:
                day = ago(data.draw(st.integers(1, 400)))
                shelf.published(entry.uid, day)
                last = max(day, now[entry.uid].last_published or day)
                now[entry.uid] = replace(now[entry.uid], last_published=last)
    anew = Shelf.of(reversed(now.values()))

    assert len(shelf) == len(anew) == len(now)
    assert all(uid in shelf for uid in now)
    for day in (DAY, *(DAY + timedelta(days=days) for days in (1, 20, 100))):
        assert choose(shelf, an_edition(), day, pins={}, queue=[]) == choose(anew, an_edition(), day, pins={}, queue=[])


def test_a_copy_changes_by_itself():
    shelf = Shelf.of([an_entry("a"), an_entry("b")])
    copy = shelf.copy()
    picked = choose(copy, an_edition(), DAY, pins={}, queue=[])
    copy.published(picked.uid, DAY)
    copy.put(an_entry("c", "2020-11-23"))

    assert choose(shelf, an_edition(), DAY, pins={}, queue=[]) == picked
    assert (len(shelf), len(copy)) == (2, 3)
    assert choose(copy, an_edition(), DAY + timedelta(days=1), pins={}, queue=[]).entry == "c"
    assert shelf.slot(waiting("c").uid) is None


def test_the_last_of_two_that_share_a_uid_stands():
    shelf = Shelf.of([an_entry("a", country="ES"), an_entry("a", ready=False)])

    assert len(shelf) == 1
    assert choose(shelf, an_edition(), DAY, pins={}, queue=[]) is None


def test_filling_a_day_in_the_past_leaves_an_entry_s_newest_day():
    shelf = Shelf.of([an_entry("a", last_published=ago(10))])
    shelf.published(waiting("a").uid, ago(300))

    assert choose(shelf, an_edition(), DAY, pins={}, queue=[]) is None


def test_removing_what_is_not_there_is_no_error_and_publishing_it_is_one():
    shelf = Shelf()
    shelf.remove(waiting("a").uid)

    with pytest.raises(KeyError):
        shelf.published(waiting("a").uid, DAY)


def test_a_large_archive_is_not_looked_through_to_its_end(monkeypatch):
    """The rotation compares what has waited longest, `LOOK` entries at most."""
    monkeypatch.setattr(rotation, "LOOK", 2)
    entries = [an_entry(str(days), last_published=ago(days), country="ES") for days in (200, 190)]
    entries += [an_entry("printed", last_published=ago(1), country="ES"), an_entry("other", last_published=ago(180))]

    assert choose(Shelf.of(entries), an_edition(), DAY, pins={}, queue=[]).entry == "200"
