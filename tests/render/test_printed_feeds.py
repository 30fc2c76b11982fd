"""Every document that two whole archives print, checked for all that the W3C's validator found in one of them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import quote

import feedparser
import pytest
from feed_check import findings, opml_findings
from icalendar import Calendar
from lxml import etree
from whole_archives_printed import printed, printed_archive

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BASE = "https://dose.example.org/"
#: The first of the two turns a month, so that there are archive documents; an enemy has some twenty entries.
DAYS = {"starter": 33, "hostile": 17}


@pytest.fixture(scope="module", params=DAYS)
def documents(request, tmp_path_factory):
    with printed_archive(request.param, tmp_path_factory.mktemp("printed"), DAYS[request.param]) as room:
        yield printed(room)


def page(path: str) -> str:
    """Return the page of the feed that stands under *path*."""
    place = path.rpartition("/")[0]
    at_home = place in ("", "e/second") or place.startswith(("archive/", "e/second/archive/"))
    return BASE + quote(place) + ("/" if place and at_home else "")


def test_there_is_a_document_of_every_kind(documents):
    kinds = {re.sub(r"(ups|ies|nds|ags|hive)/.*/", r"\1/*/", path) for path in documents}
    rooms = ("kinds", "groups", "ideologies", "tags")
    assert {f"{room}/*/feed.{form}" for room in rooms for form in ("rss", "atom", "json")} <= kinds
    assert {"feed.rss", "feed.atom", "feed.json", "feeds.opml", "calendar.ics", "e/second/feed.atom"} <= kinds


def test_the_validator_would_find_nothing_in_any_feed_or_list(documents):
    for path, each in documents.items():
        if path.endswith((".rss", ".atom")):
            assert findings(each.body, now=NOW, home=page(path)) == [], path
        elif path.endswith(".opml"):
            assert opml_findings(each.body) == [], path


def test_feedparser_reads_them_without_complaint_and_a_json_feed_keeps_its_specification(documents):
    for path, each in documents.items():
        if path.endswith((".rss", ".atom")):
            assert path.count("/") > 1 or not feedparser.parse(each.body).bozo, path
        elif path.endswith(".json"):
            feed = json.loads(each.body)
            assert feed["version"] == "https://jsonfeed.org/version/1.1"
            assert feed["title"]
            assert feed["feed_url"].startswith(BASE)
            assert all(item["id"] and item["content_html"] and item["url"] for item in feed["items"]), path


def test_each_lists_what_the_others_of_its_facet_list(documents):
    for path in documents:
        if path.endswith("feed.rss"):
            rss, atom = (etree.fromstring(documents[path.removesuffix("rss") + form].body) for form in ("rss", "atom"))
            listed = [item["id"] for item in json.loads(documents[path.removesuffix("rss") + "json"].body)["items"]]
            assert [guid.text for guid in rss.iter("guid")] == listed
            assert [found.text for found in atom.iterfind("{*}entry/{*}id")] == listed


def test_no_two_feeds_have_one_title_or_one_id(documents):
    feeds = [etree.fromstring(each.body) for path, each in documents.items() if path.endswith("feed.atom")]
    assert len({feed.findtext("{*}id") for feed in feeds}) == len(feeds)
    assert len({feed.findtext("{*}title") for feed in feeds}) == len(feeds)


def test_an_icalendar_parser_reads_the_calendar_back(documents):
    calendar = Calendar.from_ical(documents["calendar.ics"].body)
    listed = json.loads(documents["feed.json"].body)["items"]
    events = {str(event["UID"]): event for event in calendar.walk("VEVENT")}

    assert {f"urn:uuid:{uid}" for uid in events} >= {item["id"] for item in listed}
    for item in listed:
        event = events[item["id"].removeprefix("urn:uuid:")]
        assert str(event["SUMMARY"]) == item["title"]
        assert event["DTSTART"].dt.isoformat() == item["_dailydose"]["day"]
        assert str(event["URL"]) == item["url"]
        assert event["LAST-MODIFIED"].dt == datetime.fromisoformat(item["date_modified"]).replace(microsecond=0)
    for line in documents["calendar.ics"].body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
