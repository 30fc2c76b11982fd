"""Which kind of file it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.sniff import sniff


@pytest.mark.parametrize(
    ("head", "name", "form"),
    [
        (b"", "facts.CSV", "csv"),
        (b"", "archive.jsonl", "jsonl"),
        (b"", "archive.json", "jsonl"),
        (b"Islamist Takeover in Mali\n\nWhile many", "mali.txt", "page"),
        (b"Jane Doe, spokeswoman, of the Front, January 2014\n", "page", "page"),
        (b'\xef\xbb\xbf{"uid": "1"}', "export", "jsonl"),
        (b"date;place;killed\n2019;Paris;3\n", "export", "csv"),
        (b"date,place,killed\n", "-", "csv"),
        (b"sep=;\r\ndate;place\r\n", "-", "csv"),
        (b"", "nothing", "page"),
    ],
)
def test_the_name_decides_or_else_how_the_file_begins(head, name, form):
    assert sniff(head, name) == form


@given(st.binary(max_size=200), st.text(max_size=30))
def test_anything_is_one_of_the_three(head, name):
    assert sniff(head, name) in {"page", "csv", "jsonl"}
