"""The timeline and the map: what they draw they also say."""

from __future__ import annotations

import re

import pytest
import samples
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from newsletter.fields import country_codes
from newsletter.render import ways
from newsletter.render.ways import shade, world


def soup_of(name: str) -> BeautifulSoup:
    return BeautifulSoup(samples.every_page()[name], "lxml")


def test_the_timeline_has_a_bar_for_each_year_as_long_as_it_has_entries():
    soup = soup_of("timeline")
    links = {link["href"]: " ".join(link.get_text(" ").split()) for link in soup.select(".bars a")}
    bars = [int(bar["width"]) for bar in soup.select(".bars rect")]

    assert links == {
        "/timeline/2018": "2018 200 entries",
        "/timeline/2017": "2017 7 entries",
        "/timeline/1998": "1998 40 entries",
        "/timeline/0979": "979 1 entry",
    }
    assert bars == [1000, 35, 200, 5]
    assert [" ".join(each.get_text(" ").split()) for each in soup.select(".decade h2")] == [
        "2010–2019 207 entries",
        "1990–1999 40 entries",
        "970–979 1 entry",
    ]
    assert soup.select_one('a[href="/timeline/undated"]').get_text() == "Date undetermined: 3 entries"


def test_a_year_is_cut_into_months_and_pages_and_each_month_is_one_step_away():
    months = [(2017, 11, 2), (2018, 0, 5), (2018, 1, 120), (2018, 3, 80), (2018, 12, 1)]
    html = ways.timeline_year_page(2018, [samples.FACT], months, **samples.WHOSE, number=2, around=(2017, 2020))
    soup = BeautifulSoup(html, "lxml")

    assert {link.get_text(" ").split()[0]: link["href"] for link in soup.select(".jumps a")} == {
        "January": "/timeline/2018#m01",
        "March": "/timeline/2018/2#m03",
        "December": "/timeline/2018/3#m12",
    }
    assert soup.select_one("section[aria-labelledby=m01] h2").get_text() == "January"
    assert [link["href"] for link in soup.select(".turn a")] == [
        "/timeline/2018",
        "/timeline/2018/3",
        "/timeline/2017",
        "/timeline",
        "/timeline/2020",
    ]
    assert soup.select_one("link[rel=canonical]")["href"] == "https://dose.example.org/timeline/2018/2"


def test_what_began_before_and_what_has_no_month_stands_under_a_heading_of_its_own():
    entries = [samples.TWELVE_SOURCES, samples.FACT, samples.FACT]
    began = ways.timeline_year_page(2018, entries, [(2004, 3, 1), (2018, 1, 2)], **samples.WHOSE)

    assert [each.get_text() for each in BeautifulSoup(began, "lxml").select("main h2")] == ["Since before", "January"]


def test_content_notes_come_before_headlines_on_the_timeline():
    line = soup_of("timeline-year").select_one(".lines li")

    assert line.get_text().index("Content note") < line.get_text().index(samples.FACT.headline)


def test_every_country_with_entries_is_a_link_with_a_spoken_label_and_a_line_of_the_table():
    soup = soup_of("map")
    links = {link["aria-label"]: link["href"] for link in soup.select(".map a")}
    table = {row.select_one("a")["href"]: row.select_one("td").get_text() for row in soup.select("tbody tr")}

    assert links["Libya: 200 entries"] == "/countries/LY"
    assert links["Malta: 1 entry"] == "/countries/MT"
    assert soup.select_one('.map a[href="/countries/MT"] circle')
    assert set(table) == {f"/countries/{value.slug}" for value in samples.COUNTRIES}
    assert set(links.values()) == set(table) - {"/countries/SJ"}, "what is on no map is in the table"
    assert soup.select_one(".map g")["aria-hidden"] == "true"


def test_the_map_has_a_shape_for_every_country_that_has_a_code_but_some_small_ones():
    width, height, shapes = world()
    codes = [shape.code for shape in shapes]

    assert len(codes) == len(set(codes))
    assert set(codes) - country_codes() == {"XK"}, "Kosovo has no code of ISO 3166-1, and its place"
    assert len(codes) > 230
    for shape in shapes:
        assert 0 <= shape.x <= width, shape.code
        assert -10 <= shape.y <= height + 40, shape.code
        assert shape.path or shape.small, shape.code
        assert re.fullmatch(r"(M-?\d+ -?\d+l[-\d ]+z)*", shape.path), shape.code


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_entries_are_never_lighter_and_some_never_as_none(one, other):
    few, many = sorted((one, other))

    assert 1 <= shade(few, many) <= shade(many, many) == 5
    assert shade(0, many) == 0


@pytest.mark.parametrize("most", [1, 2, 3, 7, 100, 12345])
def test_the_maps_key_names_each_count_once(most):
    ranges = [text.replace(",", "").split("–") for _, text in ways._key(most)]
    counts = [count for each in ranges for count in range(int(each[0]), int(each[-1]) + 1)]

    assert counts == list(range(1, most + 1))
