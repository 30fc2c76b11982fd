"""How a request is answered, as a pure function: conditions, encodings, dates."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.answers import Answer, Asked, http_date, names, parsed_date, reply, takes_gzip

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CHANGED = datetime(2026, 11, 22, 6, 0, 3, tzinfo=UTC)
BODY = b"<feed>" + b"The same again. " * 100 + b"</feed>"
FEED = Answer.of(BODY, "application/atom+xml", last_modified=CHANGED)
TAG = FEED.sha256
OTHER = "0" * 64


def _headers(headers):
    return {name.decode(): value.decode() for name, value in headers}


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (f'"{TAG}"', True),
        (f'W/"{TAG}"', True),
        (f'"{TAG}-gzip"', True),
        (f'W/"{TAG}-gzip"', True),
        (f'"{TAG};gzip"', True),
        (f'"{TAG}-br"', True),
        (f'"{TAG}-gzip-gzip"', True),
        (f'"{OTHER}", W/"x", "{TAG}"', True),
        (f'"a,b","{TAG}"', True),
        ("*", True),
        (" * ", True),
        (f'"{OTHER}"', False),
        (f'"{TAG[:-1]}"', False),
        (f'"{TAG}x"', False),
        ('""', False),
        ("", False),
        (TAG, False),
        (f'"{TAG}', False),
        ("W/", False),
    ],
)
def test_a_tag_is_known_in_every_form_that_proxies_give_it(header, known):
    assert names(header, TAG) is known


@given(st.text(max_size=300))
def test_no_other_text_names_the_tag(text):
    assert names(text, TAG) is (text.strip() == "*")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"if_none_match": f'"{TAG}"'}, 304),
        ({"if_none_match": f'"{OTHER}"'}, 200),
        ({"if_modified_since": http_date(CHANGED)}, 304),
        ({"if_modified_since": http_date(CHANGED + timedelta(minutes=5))}, 304),
        ({"if_modified_since": http_date(CHANGED - timedelta(seconds=1))}, 200),
        ({"if_modified_since": "Sunday, 22-Nov-26 06:00:03 GMT"}, 304),
        ({"if_modified_since": "Sun Nov 22 06:00:03 2026"}, 304),
        ({"if_modified_since": http_date(NOW + timedelta(days=400))}, 200),
        ({"if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"if_modified_since": "Sat, 99 Foo 99999 99:99:99 GMT"}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_modified_since": ""}, 200),
        # If-None-Match wins (RFC 9110, 13.1.3).
        ({"if_none_match": f'"{OTHER}"', "if_modified_since": http_date(CHANGED)}, 200),
        ({"if_none_match": f'"{TAG}"', "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
        ({"if_none_match": "", "if_modified_since": http_date(CHANGED)}, 200),
    ],
)
def test_what_the_client_has_is_not_sent_again(headers, status):
    answered = reply(FEED, Asked(**headers), NOW)

    assert answered.status == status
    assert answered.body == (b"" if status == 304 else BODY)


def test_a_304_says_what_the_200_says_of_the_document():
    whole = _headers(reply(FEED, Asked(accept_encoding="gzip"), NOW, "public, max-age=60").headers)
    nothing = _headers(reply(FEED, Asked(accept_encoding="gzip", if_none_match="*"), NOW, "public, max-age=60").headers)

    said = {name: whole[name] for name in ("etag", "last-modified", "cache-control", "vary")}
    assert said == {
        "etag": f'"{TAG}-gzip"',
        "last-modified": "Sun, 22 Nov 2026 06:00:03 GMT",
        "cache-control": "public, max-age=60",
        "vary": "Accept-Encoding",
    }
    assert {name: nothing.get(name) for name in said} == said
    assert not {"content-length", "content-type", "content-encoding"} & nothing.keys()


def test_last_modified_is_never_later_than_now():
    early = CHANGED - timedelta(seconds=1, microseconds=-5)

    headers = _headers(reply(FEED, Asked(), early).headers)

    assert headers["last-modified"] == "Sun, 22 Nov 2026 06:00:02 GMT"
    assert reply(FEED, Asked(if_modified_since=headers["last-modified"]), NOW).status == 200, "the client asks again"


def test_packed_and_plain_bytes_have_tags_of_their_own_and_say_the_same():
    plain, packed = reply(FEED, Asked(), NOW), reply(FEED, Asked(accept_encoding="gzip"), NOW)

    assert _headers(plain.headers)["etag"] != _headers(packed.headers)["etag"]
    assert "content-encoding" not in _headers(plain.headers)
    assert gzip.decompress(packed.body) == plain.body
    assert _headers(packed.headers)["content-length"] == str(len(packed.body))
    assert len(packed.body) < len(plain.body) / 5
    assert Answer.of(BODY, "x").packed == FEED.packed, "the same bytes in any process, at any time"


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("gzip ; q = 0", False),
        ("*;q=0", False),
        ("identity", False),
        ("", False),
        ("deflate, br", False),
        ("gzipped", False),
    ],
)
def test_gzip_goes_to_who_takes_it(header, taken):
    assert takes_gzip(header) is taken


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"if-none-match", b"if-modified-since", b"accept-encoding", b"range", b"cookie"]),
            st.binary(max_size=200) | st.sampled_from([b"*", FEED.sha256.encode(), b"Sun, 22 Nov 2026 06:00:03 GMT"]),
        ),
        max_size=6,
    )
)
def test_any_headers_get_the_document_or_nothing(headers):
    answered = reply(FEED, Asked.of(headers), NOW)

    assert answered.status in (200, 304)
    assert answered.body in ((FEED.body, FEED.packed) if answered.status == 200 else (b"",))


@given(
    st.text(max_size=200)
    | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,6} \d\d:\d\d:\d\d (GMT|[+-]\d{4})", fullmatch=True)
)
def test_any_text_is_a_date_or_none(text):
    found = parsed_date(text)

    assert found is None or found.utcoffset() == timedelta(0)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_date_that_we_write_is_read_back(instant):
    instant = instant.replace(microsecond=0)

    assert parsed_date(http_date(instant)) == instant


def test_a_page_that_is_not_there_has_no_conditions():
    gone = Answer.of(BODY, "text/html", status=410)

    answered = reply(gone, Asked(if_none_match="*"), NOW)

    assert answered.status == 410
    assert "etag" not in _headers(answered.headers)
