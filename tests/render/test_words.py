from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import feed_samples
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.models import Attribution, Change, Correction, Kind, NamedGroup, PartialDate, Source
from newsletter.render import words


def test_a_day_is_said_with_its_month_in_words():
    assert words.long_day(date(2018, 1, 23)) == "23 January 2018"
    assert words.long_day(date(2018, 1, 23), "de") == "23. Januar 2018"
    assert words.long_day(date(2018, 1, 23), "en-US") == "January 23, 2018"
    assert words.long_day(date(2018, 1, 23), "tlh") == "23 January 2018"


@pytest.mark.parametrize(
    ("text", "said"), [("2018-01-23", "23 January 2018"), ("2018-01", "January 2018"), ("2018", "2018")]
)
def test_a_date_is_said_as_precisely_as_it_is_known(text, said):
    assert words.long_date(PartialDate.parse(text)) == said


def test_an_unknown_date_says_so():
    assert words.long_date(None) == "Date undetermined"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2018-01-23", "2018-01-25", "23 to 25 January 2018"),
        ("2018-01-23", "2018-02-01", "23 January to 1 February 2018"),
        ("2018-12-31", "2019-01-01", "31 December 2018 – 1 January 2019"),
        ("2018-01-23", "2018-01-23", "23 January 2018"),
        ("2018-01", "2018-03", "January 2018 – March 2018"),
    ],
)
def test_an_event_of_several_days_is_said_from_its_first_to_its_last(first, last, said):
    entry = feed_samples.entry(event_date=PartialDate.parse(first), event_end=PartialDate.parse(last))

    assert words.event_date(entry) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"killed": 41, "injured": 80}, "41 people killed, 80 injured"),
        ({"killed": 33, "killed_most": 41, "injured": 80, "injured_at_least": True},
         "between 33 and 41 people killed, at least 80 injured"),
        ({"killed": 3, "killed_most": 7}, "between three and seven people killed"),
        ({"killed": 3, "killed_most": 12}, "between 3 and 12 people killed"),
        ({"killed": 0, "killed_most": 2}, "between none and two people killed"),
        ({"killed": 30, "killed_most": 40, "killed_at_least": True}, "at least 30 and as many as 40 people killed"),
        ({"killed": 41, "killed_most": 41}, "41 people killed"),
        ({"killed": 1, "injured": 1}, "one person killed, one injured"),
        ({"killed": 1, "killed_at_least": True}, "at least one person killed"),
        ({"killed": 0, "injured": 5}, "no one killed, five injured"),
        ({"injured": 1}, "one person injured"),
        ({"injured": 1200}, "1,200 people injured"),
        ({"killed": 59, "killed_most": 60, "injured": 7, "injured_most": 8},
         "59 or 60 people killed, seven or eight injured"),
        ({"killed": 0, "killed_most": 1}, "none or one person killed"),
        ({"killed": 2, "toll_note": "not counting the attackers"}, "two people killed (not counting the attackers)"),
        ({"killed": 21, "injured": 45, "toll_note": "four of them children"},
         "21 people killed (four of them children), 45 injured"),
        ({"injured": 45, "toll_note": "four of them children"}, "45 people injured (four of them children)"),
        ({"toll_note": "many killed"}, "many killed"),
        ({}, None),
    ],
)  # fmt: skip
def test_a_toll_is_said_in_plain_words(fields, said):
    assert words.toll(feed_samples.entry(**fields)) == said


def test_the_ground_for_naming_a_group_is_said_with_it():
    groups = tuple(
        NamedGroup(slug=name.lower(), name=name, attribution=ground)
        for name, ground in [
            ("A", Attribution.CLAIMED), ("B", Attribution.CLAIMED), ("C", Attribution.CONVICTED),
            ("D", Attribution.ATTRIBUTED), ("E", Attribution.SUSPECTED), ("F", Attribution.DISPUTED),
        ]
    )  # fmt: skip

    assert words.attributions(feed_samples.entry(groups=groups)) == (
        "Claimed by: A and B",
        "Held responsible by a court: C",
        "Attributed to: D",
        "Blamed on: E",
        "Attribution disputed: F",
    )


def test_words_are_tied_to_a_group_and_never_blamed_on_one():
    group = NamedGroup(slug="a", name="A", attribution=Attribution.ATTRIBUTED)

    assert words.attributions(feed_samples.entry(kind=Kind.QUOTE, groups=(group,))) == ("Associated with: A",)


def test_whether_an_action_was_claimed_is_said():
    assert words.attributions(feed_samples.entry(claimed=False)) == ("No one claimed responsibility",)
    assert words.attributions(feed_samples.entry(claimed=True)) == ("Responsibility was claimed",)
    assert words.attributions(feed_samples.entry(kind=Kind.POST, claimed=False)) == ()
    assert words.attributions(feed_samples.entry()) == ()


@pytest.mark.parametrize(
    ("place", "country", "said"),
    [
        ("Benghazi", "LY", "Benghazi, Libya"),
        ("Benghazi, Libya", "LY", "Benghazi, Libya"),
        (None, "LY", "Libya"),
        ("At sea", None, "At sea"),
        ("unknown (video)", "NG", "Nigeria (video)"),
        ("Unknown", "NG", "Nigeria"),
        ("unknown (published in London)", None, "place unknown (published in London)"),
        ("Unknown", None, ""),
        (None, None, ""),
    ],
)
def test_a_place_names_its_country_once(place, country, said):
    assert words.place_line(feed_samples.entry(place=place, country=country)) == said


def test_a_country_is_named_in_the_language_asked_for():
    assert words.country_name("LY", "de") == "Libyen"
    assert words.country_name("ZZZ") == "ZZZ"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (feed_samples.SOURCE, "Ann Writer, “Two Car Bombs in Benghazi,” Example News, 23 January 2018"),
        (Source(raw="r", title="Why?", publisher="P"), "“Why?” P"),
        (Source(raw="“Alone,” a page", title="Alone"), "“Alone,” a page"),
        (Source(raw="r", title="On “terror”", published=PartialDate(2014)), "“On ‘terror’,” 2014"),
        (Source(raw="Reuters, https://r.example/x", url="https://r.example/x"), "Reuters"),
        (Source(raw="https://r.example/x", url="https://r.example/x"), ""),
        (Source(raw="https://r.example/x", url="https://r.example/x", publisher="R"), "R"),
        (Source(raw="As printed, p. 7"), "As printed, p. 7"),
    ],
)
def test_a_source_is_cited_without_its_address(source, said):
    assert words.citation(source) == said


def test_a_correction_is_a_dated_sentence():
    at = datetime(2024, 1, 5, 9, tzinfo=UTC)
    correction = Correction(entry="a", headline="h", corrected_at=at, note="The year was wrong")

    assert words.correction_line(correction) == "Correction, 5 January 2024: The year was wrong."
    assert words.correction_line(replace(correction, note="Wrong!")).endswith("Wrong!")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(field="event_date", was="2019-01-23", now="2018-01-23"),
         "Date: 23 January 2018; printed as 23 January 2019."),
        (Change(field="event_date", was="last week", now="2018"), "Date: 2018; printed as last week."),
        (Change(field="killed", was="12", now="14"), "Killed: 14; printed as 12."),
        (Change(field="country", was="LB", now="LY"), "Country: Libya; printed as Lebanon."),
        (Change(field="place", was=None, now="Derna"), "Place: Derna."),
        (Change(field="speaker_role", was="mayor", now=None), "Speaker’s role: taken out; printed as mayor."),
    ],
)  # fmt: skip
def test_a_change_says_what_is_right_and_what_was_printed(change, said):
    assert words.change_line(change) == said


@pytest.mark.parametrize(
    ("language", "way"),
    [("ar", "rtl"), ("he", "rtl"), ("fa-IR", "rtl"), ("ur", "rtl"), ("en", "ltr"), ("az-Arab", "rtl"),
     ("ar-Latn", "ltr"), ("ku", "ltr")],
)  # fmt: skip
def test_a_language_runs_the_way_of_its_script(language, way):
    assert words.direction(language) == way


def test_labels():
    assert [words.kind_label(kind) for kind in Kind] == ["Quote", "Post", "Fact", "Report"]
    assert [words.section_label(kind) for kind in Kind] == ["Words", "Words", "Actions", "Background"]
    assert words.byline(feed_samples.entry(speaker="A", speaker_role="mayor")) == "A, mayor"
    assert words.byline(feed_samples.entry()) is None


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.booleans())
def test_no_toll_loses_its_figures(low, more, at_least):
    """A figure is said in digits or, below ten, as a word; never neither."""
    entry = feed_samples.entry(killed=low, killed_most=low + more, killed_at_least=at_least)
    said = words.toll(entry)

    for figure in (low, low + more):
        names = (f"{figure:,}", ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][figure]
                 if figure < 10 else "-")  # fmt: skip
        assert any(name in said for name in names)
