"""JSON Lines: entries, other records, and lines that are neither."""

import io
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.desk.importing import Import, Report
from newsletter.imports.lines import LONGEST_LINE, Other, read_jsonl
from newsletter.models import Entry, Problem
from newsletter.shapes import entry_shape

UID = "8d0b5a52-7d1c-4a65-9a0e-0d6a3c0f6f10"
GOOD = {"uid": UID, "kind": "fact", "headline": "H", "body": "b"}


def lines(*rows):
    data = b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
    return list(read_jsonl(io.BytesIO(data), "a.jsonl"))


def test_an_entry_comes_in_as_it_went_out():
    (entry,) = lines(GOOD | {"killed": 3, "sources": [{"title": "T", "raw": "“T”"}], "status": "ready"})

    assert lines(entry_shape(entry)) == [entry]
    assert (entry.uid, entry.killed, entry.status) == (UUID(UID), 3, "ready")


def test_a_record_of_the_archive_is_handed_out_as_it_stands():
    assert lines({"record": "issue", "day": "2019-01-23"}, GOOD)[0] == Other(
        line=1, shape={"record": "issue", "day": "2019-01-23"}
    )


def test_an_entry_without_uid_and_status_gets_them_of_what_it_says():
    bare = {"kind": "fact", "headline": "H", "body": "b"}
    one, two = lines(bare, bare | {"body": "c", "sources": [{"raw": "R"}]})

    assert lines(bare)[0].uid == one.uid != two.uid
    assert (one.status, two.status) == ("draft", "review")


@pytest.mark.parametrize("uid", [{}, {"uid": UID}])
def test_two_entries_of_the_same_words_on_other_days_both_come_in_and_the_second_is_near(tmp_path, uid):
    one = {"kind": "fact", "headline": "H", "body": "A bomb went off in the market at noon.", "sources": [{"raw": "R"}]}
    one |= {"event_date": "2012-05-03", "country": "IQ", "place": "Mosul", "killed": 12, "status": "ready"}
    two = one | {"event_date": "2014-06-05", "country": "YE", "place": "Aden", "killed": 3} | uid
    file = tmp_path / "two.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (one, two, two | {"killed": 4} if not uid else one)))
    kept = []

    report = Import(files=[str(file)]).run(
        None, datetime(2026, 1, 1, tzinfo=UTC), dry_run=True, report=Report(added=kept.append)
    )

    assert [(entry.killed, entry.status) for entry in kept] == [(12, "ready"), (3, "review")]
    assert [near.why for near in report.near] == ["nearly the same text: 100% of the words"]
    assert [problem.field for problem in report.errors] == ["uid"]


@pytest.mark.parametrize(
    ("row", "field", "problem"),
    [
        (b"{", "", "not JSON"),
        (b"[1]", "", "expected a JSON object, got a list"),
        (b"3", "", "expected a JSON object, got a single value"),
        (b'{"killed": NaN}', "", "not JSON: NaN is no number of JSON"),
        (b'{"kind": "fact", "kind": "quote"}', "", "not JSON: the key 'kind' stands twice"),
        (b'{"killed": ' + b"9" * 5000 + b"}", "", "not JSON: a number of thousands of digits"),
        (b"[" * 100_000, "", "expected an entry, got brackets within brackets without end"),
        (b'{"body": "\xff"}', "", "expected text in UTF-8"),
        (GOOD | {"uid": "x"}, "uid", "expected a UUID, got 'x'"),
        (GOOD | {"kiled": 3}, "kiled", "no such field"),
        (GOOD | {"guessed": ["kiled"]}, "guessed", "expected names of fields, got 'kiled'"),
        (GOOD | {"guessed": [["killed"]]}, "guessed", "expected names of fields, got ['killed']"),
        (GOOD | {"sources": [{"raw": "R", "titel": "T"}]}, "sources", "expected author, title, publisher, url, raw"),
        (GOOD | {"sources": [{"raw": "R", "title": 5}]}, "sources", "title: expected text, got 5"),
        (GOOD | {"groups": [{"name": "X", "atribution": "claimed"}]}, "groups", "expected slug, name, attribution"),
        (GOOD | {"groups": [{"name": "X", "slug": ["x"]}]}, "groups", "slug: expected text, got ['x']"),
        (GOOD | {"headline": None}, "headline", "expected a headline, got none"),
        (GOOD | {"headline": "\u00ad\u3164 \u0301"}, "headline", "expected a headline, got none"),
        (GOOD | {"body": "\u00ad\n\n\u200d"}, "body", "expected text, got none"),
        (GOOD | {"killed": -1}, "killed", "expected a whole number"),
        (GOOD, "uid", "expected a uid of its own, got that of line 1"),
        (
            b'{"body": "' + b"x" * LONGEST_LINE + b'"}',
            "",
            "expected a line of at most 8,000,000 bytes, got a longer one",
        ),
    ],
)
def test_a_wrong_line_is_refused_by_its_number_and_the_rest_goes_on(row, field, problem):
    first, refused, last = lines(GOOD, row, GOOD | {"uid": "11111111-1111-4111-8111-111111111111"})

    assert isinstance(first, Entry)
    assert isinstance(last, Entry)
    assert (refused.line, refused.field) == (2, field)
    assert refused.problem.startswith(problem)
    assert len(refused.problem) <= 300


def test_a_byte_order_mark_and_empty_lines_are_passed_over():
    assert len(lines(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), b"", b"  \r")) == 1


def test_an_empty_file_gets_one_clear_line():
    assert [str(found) for found in lines()] == ["a.jsonl: expected a JSON object a line, got an empty file"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(sorted(entry_shape(lines(GOOD)[0])))


@given(
    st.dictionaries(FIELDS, JSON, max_size=6).map(lambda shape: json.dumps(GOOD | shape).encode())
    | st.binary(max_size=200)
)
def test_no_bytes_make_json_lines_raise(data):
    assert all(isinstance(found, Entry | Problem | Other) for found in read_jsonl(io.BytesIO(data), "a.jsonl"))
