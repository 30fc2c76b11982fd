"""Extracts: the part of a text in which something was found, marked and escaped."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from newsletter.folding import fold
from newsletter.queries import Query
from newsletter.render.extracts import LENGTH, extract, highlighted, plain_text


def test_what_was_found_is_marked_as_it_is_written():
    assert highlighted("Évènements à Paris", Query.of("evenement* PARIS")) == (
        "<mark>Évènements</mark> à <mark>Paris</mark>"
    )
    assert highlighted("الدَّوْلَةُ الإسلاميّة", Query.of("الدوله")) == "<mark>الدَّوْلَةُ</mark> الإسلاميّة"


def test_a_phrase_is_marked_as_one_and_overlaps_are_joined():
    query = Query.of('"two car" "car bomb" bomb')
    assert highlighted("One car. Two car bombs. Two car bomb.", query) == (
        "One car. <mark>Two car</mark> bombs. <mark>Two car bomb</mark>."
    )


def test_no_markup_comes_through():
    text = "<script>alert(1)</script> & <mark>'quoted'</mark>"
    assert extract([text], Query.of("script alert mark")) == (
        "&lt;<mark>script</mark>&gt;<mark>alert</mark>(1)&lt;/<mark>script</mark>&gt; &amp; "
        "&lt;<mark>mark</mark>&gt;&#x27;quoted&#x27;&lt;/<mark>mark</mark>&gt;"
    )


def test_an_extract_is_where_most_was_found():
    text = "One word. " + "Nothing here. " * 50 + "Then the word and another word stand here. " + "No more. " * 50
    found = extract([text], Query.of("word another"))
    assert "Then the <mark>word</mark> and <mark>another</mark> <mark>word</mark> stand here." in found
    assert found.startswith("…")
    assert found.endswith("…")


def test_an_extract_is_of_the_first_text_that_has_something_or_the_beginning_of_the_first():
    assert extract(["a body", "its source"], Query.of("source")) == "its <mark>source</mark>"
    assert extract(["a body", "its source"], Query.of("elsewhere")) == "a body"
    assert extract(["", ""], Query.of("x")) == ""


@given(st.lists(st.text(), max_size=3), st.text())
def test_an_extract_is_part_of_a_text_whatever_is_in_it(texts, typed):
    found = str(extract(texts, Query.of(typed)))
    bare = html.unescape(re.sub("</?mark>", "", found)).removeprefix("…").removesuffix("…")
    assert len(bare) <= LENGTH
    assert not texts or any(bare in f"{text}…" for text in ["", *texts])
    assert "<" not in found.replace("<mark>", "").replace("</mark>", "")


def test_a_body_is_read_without_its_markdown():
    body = "*Two* were **killed**.[^1] See [the report](https://example.org/a_(b)).\n\n> “Words,” \\*he\\* said.[^2]"
    assert fold(plain_text(body))[:6] == ["two", "were", "killed", "see", "the", "report"]
    assert "https" not in plain_text("[a](https://example.org/x)")
    assert plain_text("One.[^1]\n\n> Two") == "One. Two"


def test_a_text_of_a_megabyte_is_no_trouble():
    text = "the word " * 110_000
    assert "<mark>the word</mark>" in extract([text], Query.of('"the word" the'))
