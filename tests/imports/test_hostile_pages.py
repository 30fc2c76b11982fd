"""Captured pages: what is none, what is dirty, and what was made to trip the reader."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.pages import LARGEST_PAGE, read_page
from newsletter.models import Entry, Problem


def page(text):
    return list(read_page(text.encode(), "page.txt"))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "page.txt: expected a page, got an empty file"),
        (b" \n\n\t\n", "page.txt: expected a page, got an empty file"),
        (b"Only a Title\n", "page.txt: body: expected a title and a text"),
        (bytes(range(256)) * 8, "page.txt: expected text, got a binary file"),
        (b"%PDF-1.7 and so on", "page.txt: expected text, got a binary file"),
        (
            "Ein Titel\n\nText".encode("utf-16"),
            "page.txt: expected UTF-8 or Windows-1252, got UTF-16: save it as UTF-8",
        ),
        (b"Caf\x81\n\nText", "page.txt: expected text in UTF-8 or Windows-1252, got the byte 0x81"),
        (
            "The Army’s Reply\n\nThe chief, Général Désiré, spoke.”".encode()[:-1],
            "page.txt: expected text in UTF-8, got the byte 0xe2 of a broken character",
        ),
        (b"x" * 10_000_000, f"page.txt: expected a page of at most {LARGEST_PAGE:,} bytes (2 MB), got 10,000,000"),
    ],
)
def test_what_is_no_page_gets_one_clear_line(data, problem):
    assert [str(found) for found in read_page(data, "page.txt")] == [problem]


def test_a_page_in_windows_1252_is_read():
    (report,) = read_page("Café\n\nHe said “no” – twice.".encode("windows-1252"), "page.txt")

    assert (report.headline, report.body) == ("Café", "He said “no” – twice.")


def test_dirt_in_a_page_is_cleaned_away():
    (report,) = page("A Title\n\nA bad\x0b character\u202e and another\ufeff.")

    assert report.body == "A bad character and another."


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_make_a_page_raise(data):
    for found in read_page(data, "page.txt"):
        assert isinstance(found, Entry | Problem)


PIECES = st.sampled_from(
    (
        "Daily Dose¶|Extremists: Their Words. Their Actions.¶|View Archive|Name of Author¶|¶¶|.|”|“|Jane Doe, |"
        "“A Title,” |Example Post, |January 17, 2013,|February 30, 2013| killing |forty-one| people|41|, 2013| in |"
        " between 3 and 2 |Benghazi, Libya| ISIS | claimed responsibility|http://|(|)| (New York: X, 0000), 1.|"
        ' said, |Speaker, role, 0000| dozen|million million|99999999999|U.S.|al-|trans. | at least |<|0|[^1]|"'
    )
    .replace("¶", "\n")
    .split("|")
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_pieces_of_pages_make_a_page_raise_and_marks_count_the_sources(text):
    for found in page(text):
        assert isinstance(found, Entry | Problem)
        if isinstance(found, Entry) and "[^1]" not in text:
            marks = sum(found.body.count(f"[^{number}]") for number in range(1, 50))
            assert marks == len(found.sources) - (
                found.sources[-1:] != () and "Daily Dose box" in found.sources[-1].raw
            )


@pytest.mark.parametrize(
    "piece",
    [
        "A.B, ",
        "x.“",
        "A “b,” ",
        "A, (",
        "one hundred ",
        "12 people and ",
        ".A, B, ",
        "in Paris, ",
        "five men and ",
        "after May 3, 2012 ",
        "[^1]",
    ],
)
def test_a_hostile_page_is_read_in_seconds(piece):
    text = "Title\n\n" + piece * (200_000 // len(piece))
    start = time.process_time()

    assert list(page(text))
    assert time.process_time() - start < 10
