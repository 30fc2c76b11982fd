"""The feeds over HTTP, as the readers that poll them ask."""

from __future__ import annotations

import gzip
import hashlib
import http.client
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

import feedparser
import pytest
from newsstand import NOW, TODAY, Stand

FEEDS = ("/feed.rss", "/feed.atom", "/feed.json")


def _raw(stand: Stand, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask with exactly these headers, and unpack nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", stand.port, timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/feed.rss", "application/xml"),
        ("/feed.atom", "application/xml"),
        ("/feed.json", "application/feed+json"),
        ("/e/deutsch/feed.rss", "application/xml"),
        ("/archive/2026/10/feed.atom", "application/xml"),
        ("/archive/2026/10/feed.json", "application/feed+json"),
    ],
)
def test_a_feed_is_the_bytes_that_were_printed(stand, path, media_type):
    answer, body = _raw(stand, path)

    with stand.store.reading() as connection:
        from newsletter.archive import documents

        found = [documents.find(connection, tag.edition, tag.name) for tag in documents.tags(connection)]
        printed = {document.sha256: document.body for document in found}
    assert answer.status == 200
    assert body == printed[hashlib.sha256(body).hexdigest()]
    assert answer.getheader("etag") == f'"{hashlib.sha256(body).hexdigest()}"'
    assert answer.getheader("content-type") == media_type
    assert answer.getheader("vary") == "Accept-Encoding"
    assert answer.getheader("content-length") == str(len(body))


@pytest.mark.parametrize("path", FEEDS)
def test_polling_again_costs_nothing(stand, path):
    """The three ways in which readers ask again: by tag, by date, by both."""
    first, body = _raw(stand, path)
    tag, date = first.getheader("etag"), first.getheader("last-modified")

    for headers in (
        {"If_None_Match": tag},
        {"If_Modified_Since": date},
        {"If_None_Match": f"W/{tag}", "If_Modified_Since": date},
        {"If_None_Match": tag.rstrip('"') + '-gzip"', "Accept_Encoding": "gzip"},
    ):
        answer, nothing = _raw(stand, path, **headers)
        assert (answer.status, nothing) == (304, b""), headers
        assert answer.getheader("last-modified") == date
        assert answer.getheader("etag")
        assert answer.getheader("cache-control") == first.getheader("cache-control")
    answer, again = _raw(stand, path, If_None_Match='"other"', If_Modified_Since=date)
    assert (answer.status, again) == (200, body)


@pytest.mark.parametrize("path", FEEDS)
def test_a_head_says_what_a_get_says_and_sends_no_body(stand, path):
    for encoding in ("", "gzip"):
        got, body = _raw(stand, path, Accept_Encoding=encoding)
        head, nothing = _raw(stand, path, "HEAD", Accept_Encoding=encoding)

        assert (head.status, nothing) == (200, b"")
        assert head.getheader("content-length") == str(len(body))
        assert {name: value for name, value in head.getheaders() if name != "date"} == {
            name: value for name, value in got.getheaders() if name != "date"
        }
    head, _ = _raw(stand, path, "HEAD", If_None_Match="*")
    assert head.status == 304


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_comes_packed_to_who_takes_it(stand, path):
    plain, body = _raw(stand, path)
    packed, packed_body = _raw(stand, path, Accept_Encoding="gzip, br")

    assert packed.getheader("content-encoding") == "gzip"
    assert plain.getheader("content-encoding") is None
    assert gzip.decompress(packed_body) == body
    assert len(packed_body) < len(body) / 3


def test_a_range_is_ignored(stand):
    whole, body = _raw(stand, "/feed.rss")

    answer, again = _raw(stand, "/feed.rss", Range="bytes=0-99")

    assert (answer.status, again) == (200, body)
    assert whole.getheader("accept-ranges") is None


def test_a_query_changes_nothing(stand):
    assert _raw(stand, "/feed.rss?utm_source=x")[1] == _raw(stand, "/feed.rss")[1]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_feed_can_only_be_read(stand, method):
    for path in (*FEEDS, "/archive/2026/10/feed.atom"):
        answer, _ = _raw(stand, path, method)
        assert answer.status == 405
        assert answer.getheader("allow") == "GET, HEAD"


def test_a_feed_may_be_kept_until_the_next_publication_and_no_longer_than_an_hour(own_stand):
    def max_age(instant: str) -> int:
        own_stand.clock.instant = datetime.fromisoformat(f"{instant}+00:00")
        answer, _ = _raw(own_stand, "/feed.rss")
        return int(answer.getheader("cache-control").removeprefix("public, max-age="))

    assert max_age("2026-11-22T06:31:00") == 3600
    assert max_age("2026-11-22T23:00:00") == 3600
    assert max_age("2026-11-23T05:40:00") == 1200
    assert max_age("2026-11-23T05:59:59") == 1
    assert max_age("2026-11-23T06:00:10") == 30, "due, and not there yet"


def test_last_modified_lies_in_the_past_and_grows_with_every_change(own_stand):
    seen = []
    for number in range(3):
        own_stand.press.correct(None, TODAY, f"It was wrong, {number}", NOW + timedelta(seconds=number))
        own_stand.clock.instant = NOW + timedelta(minutes=1 + number)
        seen.append(_changed(own_stand, "/feed.atom", seen[-1][0] if seen else ""))

    dates = [parsedate_to_datetime(date) for _, date in seen]
    assert dates == sorted(set(dates))
    assert all(date <= own_stand.clock.instant for date in dates)


def _changed(stand: Stand, path: str, before: str) -> tuple[str, str]:
    """Return the tag and date of *path*, once the tag is another than *before*."""
    deadline = monotonic() + 2
    while True:
        answer, _ = _raw(stand, path)
        tag, date = answer.getheader("etag"), answer.getheader("last-modified")
        if tag != before:
            return tag, date
        assert monotonic() < deadline, "a change takes two seconds at most"


def test_feedparser_polls_the_feeds_and_is_told_when_nothing_is_new(stand):
    for path in ("/feed.rss", "/feed.atom"):
        address = f"http://127.0.0.1:{stand.port}{path}"
        first = feedparser.parse(address)
        again = feedparser.parse(address, etag=first.etag, modified=first.modified)

        assert (first.status, first.bozo, len(first.entries)) == (200, False, 31)
        assert (again.status, again.entries) == (304, [])


def test_a_date_that_no_calendar_has_gets_the_feed(stand):
    for date in ("Sat, 99 Foo 99999 99:99:99 GMT", "0", "Mon, 01 Jan 99999999 00:00:00 GMT", "\xff" * 50, "x" * 20_000):
        assert _raw(stand, "/feed.rss", If_Modified_Since=date)[0].status == 200
    later = datetime(2400, 1, 1, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert _raw(stand, "/feed.rss", If_Modified_Since=later)[0].status == 200
