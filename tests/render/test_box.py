"""The box: the day's entry on anybody's page, saying as little as it must and nothing of the reader."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256

import pytest
import samples
from bs4 import BeautifulSoup

from newsletter.models import Rule
from newsletter.render.box import LONGEST, box_page, box_script, style_source

WHOSE = samples.WHOSE


def soup_of(issue):
    return BeautifulSoup(box_page(issue, **WHOSE), "lxml")


def test_the_box_shows_what_the_given_page_shows_in_its_order():
    text = " ".join(soup_of(samples.ISSUE).select_one(".box").get_text(" ").split())
    parts = [
        "Daily Dose",
        "Extremists: Their Words. Their Actions.",
        "22 November 2026",
        "■ Actions",
        "Content note: Describes an attack on worshippers.",
        "Correction, 20 November 2026:",
        "People were leaving the evening prayer",
        "Source: “Benghazi: twin car bombing leaves dozens dead,” The Guardian, 24 January 2018 , and 1 more.",
        "View Archive",
    ]
    places = [text.replace("Content note:  ", "Content note: ").index(part) for part in parts]

    assert places == sorted(places)


def test_every_address_in_the_box_has_its_host_and_opens_in_the_whole_window():
    soup = soup_of(samples.ISSUE)

    assert soup.base["target"] == "_top"
    assert all(link["href"].startswith("https://dose.example.org/") for link in soup.select("a"))


def test_a_long_entry_is_cut_to_its_beginning_with_a_way_to_the_rest():
    long = replace(samples.FACT, body=("A sentence of some length. " * (LONGEST // 20)).strip())
    soup = soup_of(samples.issue_of(long))

    assert len(soup.select_one(".entry").get_text()) < LONGEST
    assert soup.select_one(".source a").get_text() == "Read on"


def test_of_a_withdrawn_issue_the_box_shows_the_notice_only():
    html = box_page(samples.WITHDRAWN, **WHOSE)

    assert "a court has since cleared" in html
    assert "Benghazi" not in html


def test_before_the_first_issue_the_box_says_so():
    assert "on its way" in soup_of(None).get_text()


def test_a_rerun_is_marked():
    assert "From the archive" in soup_of(samples.issue_of(samples.POST, rule=Rule.RERUN)).get_text()


def test_marks_whose_notes_the_box_has_no_room_for_are_left_out():
    assert not soup_of(samples.issue_of(samples.TWELVE_SOURCES)).select("sup")


def test_the_policy_names_the_style_that_the_box_has():
    style = soup_of(samples.ISSUE).style.string

    assert b64decode(style_source()[8:-1]) == sha256(style.encode()).digest()


def test_the_script_is_small_keeps_nothing_and_names_only_its_own_site():
    script = box_script(edition=samples.EDITION, links=samples.LINKS)

    assert len(script.encode()) < 2_000
    assert set(re.findall(r"https?://[^\"/]+", script)) == {"https://dose.example.org"}
    for kept in ("cookie", "localStorage", "sessionStorage", "innerHTML", "eval("):
        assert kept not in re.sub(r"^//.*", "", script, flags=re.MULTILINE)


@pytest.mark.parametrize("title", ['A "dose"', "</script><script>alert(1)", "back\\slash", "جرعة"])
def test_an_odd_title_stays_inside_its_string(title):
    script = box_script(edition=replace(samples.EDITION, title=title), links=samples.LINKS)
    strings = re.findall(r'"(?:[^"\\]|\\.)*"', script)

    assert "</script" not in script
    assert len(strings) == len(
        re.findall(r'"(?:[^"\\]|\\.)*"', box_script(edition=samples.EDITION, links=samples.LINKS))
    )
