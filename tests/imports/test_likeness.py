"""Near-duplicates: what is told twice is found, what is not is left alone."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.likeness import Likeness, Seen
from newsletter.imports.pages import read_page
from newsletter.models import Kind, PartialDate

ROOT = Path(__file__).parent.parent.parent
NAMESPACE = UUID(int=1)


def seen(number=0, **fields):
    body = f"Entry{number} tells{number} of{number} its{number} own{number} deed{number}."
    fields = {"kind": Kind.FACT, "body": body} | fields
    return Seen(uid=uuid5(NAMESPACE, str(number)), slug=f"entry-{number}", **fields)


def likeness(*entries):
    index = Likeness()
    for entry in entries:
        index.add(entry)
    return index


def test_the_bombing_of_benghazi_is_found_under_its_wrong_year():
    _, printed = read_page((ROOT / "seeds" / "mali.txt").read_bytes(), "mali.txt")
    right = seen(1, body="At least 33 people died at the Baiat al-Radwan mosque.", event_date=PartialDate(2018, 1, 23))
    right = replace(right, country="LY", place="Benghazi", killed=33, killed_most=41)

    (near,) = likeness(right).like(Seen.of(printed))

    assert near.slug == "entry-1"
    assert near.why == "same place (Benghazi) and toll (41 killed, 80 injured), only the year differs: 2018, here 2019"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "same place and day: Paris, 2015-11-13"),
        ({"place": "paris (Bataclan)"}, "same place and day: paris (Bataclan), 2015-11-13"),
        ({"kind": Kind.QUOTE}, None),
        ({"country": "US"}, None),
        ({"place": "Lyon"}, None),
        ({"event_date": PartialDate(2015, 11, 14)}, None),
        ({"event_date": PartialDate(2015, 11)}, None),
        (
            {"event_date": PartialDate(2014, 11, 13)},
            "same place (Paris) and toll (130 killed), only the year differs: 2015, here 2014",
        ),
        ({"event_date": PartialDate(2014, 11, 13), "killed": 129}, None),
        ({"event_date": PartialDate(2014, 11, 13), "killed": None}, None),
    ],
)
def test_same_kind_place_and_day_or_same_place_and_toll_in_another_year(change, why):
    fields = {"event_date": PartialDate(2015, 11, 13), "country": "FR", "place": "Paris", "killed": 130}
    index = likeness(seen(1, **fields))

    assert [near.why for near in index.like(seen(2, **fields | change))] == ([why] if why else [])


TEXT = (
    "On January 23, 2019, two car bombs exploded outside of a mosque in Benghazi, Libya, killing 41 people and "
    "injuring 80 others. No group claimed responsibility for the blast, but remnants suggested an affiliate was "
    "responsible."
)


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("outside of", "outside"),
        TEXT.replace("2019", "2018"),
        TEXT.replace("On January 23, 2019, two", "Two"),
        TEXT.removesuffix("was responsible.") + "did it.",
        TEXT.upper(),
        f"{TEXT} It was so.",
    ],
)
def test_nearly_the_same_text_is_found_wherever_it_differs(other):
    (near,) = likeness(seen(1, body=TEXT)).like(seen(2, body=other))

    assert near.why.startswith("nearly the same text: ")


def test_other_texts_are_not_alike():
    others = [
        TEXT.replace("bombs", "shots")[:90],
        "Two words.",
        "",
        TEXT[::-1],
        "A market was attacked at dawn in a town by the river.",
    ]

    assert [likeness(seen(1, body=TEXT)).like(seen(2, body=other)) for other in others] == [[]] * len(others)


def test_an_entry_is_known_by_its_uid_or_by_its_kind_and_text():
    index = likeness(seen(1, body="The  same\ntext."))

    assert index.known(seen(1, body="Another text.")) == "entry-1"
    assert index.known(seen(2, body="The same text.")) == "entry-1"
    assert index.known(seen(2, body="The same text.", kind=Kind.QUOTE)) is None
    assert index.known(seen(2)) is None


@pytest.mark.parametrize(
    "change", [{"event_date": PartialDate(2015, 11, 14)}, {"country": "BE"}, {"place": "Lyon"}, {"event_date": None}]
)
def test_the_same_text_of_another_day_or_place_is_not_known_but_near(change):
    fields = {"body": TEXT, "event_date": PartialDate(2015, 11, 13), "country": "FR", "place": "Paris"}
    index = likeness(seen(1, **fields))

    assert index.known(seen(2, **fields)) == "entry-1"
    assert index.known(seen(2, **fields | change)) is None
    assert [near.slug for near in index.like(seen(2, **fields | change))] == ["entry-1"]


def test_an_entry_is_not_like_itself():
    assert likeness(seen(1, body=TEXT)).like(seen(1, body=TEXT)) == []


def test_a_table_with_one_template_is_no_flood_of_likenesses():
    def row(number):
        day = PartialDate(2000 + number % 20, number % 12 + 1, number % 28 + 1)
        body = (
            f"On day {number} of year {day}, assailants attacked a village near Town {number}. "
            f"{number % 7} people were killed. Nobody claimed it."
        )
        return seen(number, body=body, place=f"Town {number}", event_date=day)

    rows = [row(number) for number in range(500)]
    index = likeness(*rows)

    assert [index.like(entry) for entry in rows] == [[]] * 500


@given(
    st.lists(
        st.tuples(st.text(max_size=60), st.text(max_size=10), st.integers(1, 9999), st.integers(0, 12)), max_size=8
    )
)
def test_what_was_added_is_known_and_nothing_raises(rows):
    entries = [
        seen(number, body=body, place=place, event_date=PartialDate(year, month), killed=year)
        for number, (body, place, year, month) in enumerate(rows)
    ]
    index = likeness(*entries)

    assert len(index) == len(entries)
    for entry in entries:
        assert index.known(entry) == entry.slug
        assert entry.uid not in {near.uid for near in index.like(entry)}
