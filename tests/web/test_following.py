"""How an edition is followed over HTTP: feeds of facets, the list of all feeds, the calendar."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import feedparser
import pytest
from icalendar import Calendar
from lxml import etree
from lxml import html as markup
from newsstand import NOW, PUBLISHER, SECRET, TODAY, Stand, standing

PLACES = ("/countries/LY", "/kinds/fact", "/tags/market", "/e/deutsch/countries/LY")
FORMS = ("rss", "atom", "json")


@pytest.mark.parametrize("place", PLACES)
def test_every_facet_has_its_feeds_whose_items_are_those_of_the_edition(stand, place):
    prefix = place[: place.rindex("/", 0, place.rindex("/"))]
    whole = json.loads(stand.get(f"{prefix}/feed.json").content)
    feed = json.loads(stand.get(f"{place}/feed.json").content)

    assert feed["items"]
    assert [item["id"] for item in feed["items"]] == [item["id"] for item in whole["items"]][: len(feed["items"])]
    assert feed["title"] != whole["title"]
    assert feed["feed_url"] == f"{PUBLISHER.base_url}{place}/feed.json"
    for form in FORMS:
        answer = stand.get(f"{place}/feed.{form}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=3600")
        again = stand.get(f"{place}/feed.{form}", If_None_Match=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["last-modified"] == answer.headers["last-modified"]
        assert PUBLISHER.rights in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/countries/ZZ/feed.atom", "/countries/ly/feed.atom", "/kinds/quote/feed.rss", "/groups/none/feed.json",
        f"/tags/{SECRET}/feed.atom", f"/groups/front-of-{SECRET}/feed.atom", "/ideologies/x/feed.rss",
        "/countries/LY/feed.xml", "/countries/LY/feed.", "/countries//feed.atom", "/countries/LY/x/feed.atom",
        "/tags/%00/feed.atom", "/tags/%FF/feed.atom", "/tags/..%2F..%2Ffeed.atom", "/e/none/countries/LY/feed.atom",
        "/tags/market%0D%0AX: y/feed.atom", f"/tags/{'x' * 5000}/feed.atom", "/e/deutsch/tags/market/feed.atom",
    ],
)  # fmt: skip
def test_a_facet_that_never_had_an_issue_is_not_there_whatever_it_hides(stand, path):
    answer = stand.get(path)

    assert answer.status_code == 404
    assert answer.content == stand.get("/countries/ZZ/feed.rss").content or path.startswith("/e/deutsch")


def test_a_slash_too_many_and_the_first_edition_by_its_name_lead_to_the_feed(stand):
    for asked, there in (
        ("/countries/LY/feed.atom/", "/countries/LY/feed.atom"),
        ("/e/daily-dose/countries/LY/feed.atom", "/countries/LY/feed.atom"),
        ("/e/daily-dose/feeds.opml", "/feeds.opml"),
        ("/calendar.ics/", "/calendar.ics"),
        ("/feeds/", "/feeds"),
    ):
        answer = stand.get(asked)
        assert (answer.status_code, answer.headers["location"]) == (301, there)


@pytest.mark.parametrize("path", ["/countries/LY/feed.atom", "/feeds.opml", "/calendar.ics", "/e/deutsch/feeds.opml"])
def test_a_document_is_read_only(stand, path):
    answer = stand.client.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    head = stand.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(gzipped(stand, path))


def gzipped(stand: Stand, path: str) -> bytes:
    """Return what is sent of a document to who takes it packed."""
    with stand.client.stream("GET", path) as answer:
        return b"".join(answer.iter_raw())


def test_the_list_of_feeds_leads_to_feeds_that_are_there_each_once_and_to_no_others(stand):
    answer = stand.get("/feeds.opml")
    outlines = [each for each in etree.fromstring(answer.content).iter("outline") if each.get("xmlUrl")]

    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    addresses = [urlsplit(each.get("xmlUrl")).path for each in outlines]
    assert len(set(addresses)) == len(addresses)
    assert {"/feed.atom", "/e/deutsch/feed.atom", "/tags/market/feed.atom", "/countries/LY/feed.atom"} <= {*addresses}
    for each, address in zip(outlines, addresses, strict=True):
        parsed = feedparser.parse(stand.get(address).content)
        assert parsed.feed.title == each.get("title")
        assert parsed.feed.link == each.get("htmlUrl")


def test_the_page_of_feeds_names_every_feed_with_how_many_issues_it_has(stand):
    page = markup.fromstring(stand.get("/feeds").content)
    linked = {urlsplit(link).path for link in page.xpath("//main//a/@href")}
    listed = etree.fromstring(stand.get("/feeds.opml").content).xpath("//outline/@xmlUrl")

    assert {urlsplit(address).path for address in listed} <= linked
    assert {"/calendar.ics", "/feeds.opml", "/archive/2026/10/feed.atom", "/subscribe"} <= linked
    for path in linked:
        if "feed." in path or "." in path:
            assert stand.get(path).status_code == 200, path
    line = next(each for each in page.xpath("//main//li") if "/countries/LY" in each.xpath(".//a/@href"))
    assert line.text_content().split()[:2] == ["Libya", "34"]
    titles = page.xpath("//head/link[@rel='alternate']/@title")
    assert len(set(titles)) == len(titles) == 5


def test_the_calendar_has_an_event_a_day(stand):
    answer = stand.get("/calendar.ics")
    events = Calendar.from_ical(answer.content).walk("VEVENT")

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [event["DTSTART"].dt for event in events] == [TODAY - timedelta(days=n) for n in range(34)]
    assert len({event["UID"] for event in events}) == 34


def test_a_facet_that_was_taken_back_keeps_its_feed_with_the_notice_and_leaves_the_lists(own_stand):
    uid = json.loads(own_stand.get("/e/deutsch/countries/LY/feed.json").content)["items"][0]["id"]
    for number in range(3):
        day = TODAY - timedelta(days=number)
        own_stand.press.withdraw("deutsch", day, "A court ordered it.", NOW + timedelta(seconds=number))
    own_stand.clock.instant = NOW + timedelta(minutes=1)
    _wait(own_stand, "/e/deutsch/countries/LY/feed.json", b"A court ordered it.")

    feed = json.loads(own_stand.get("/e/deutsch/countries/LY/feed.json").content)
    assert feed["items"][0]["id"] == uid
    assert all("A court ordered it." in item["content_html"] for item in feed["items"])
    assert "countries" not in own_stand.get("/e/deutsch/feeds.opml").text
    assert "/e/deutsch/countries/LY" not in own_stand.get("/e/deutsch/feeds").text


def _wait(stand: Stand, path: str, expected: bytes) -> None:
    from threading import Event
    from time import monotonic

    deadline = monotonic() + 5
    while expected not in stand.get(path).content:
        assert monotonic() < deadline, "a change takes two seconds at most"
        Event().wait(0.1)


def test_a_hub_is_named_in_the_header_of_what_it_is_told_of(own_address):
    with standing(own_address, replace(PUBLISHER, hub="https://hub.example/")) as stand:
        stand.press.print_if_stale(NOW)
        for path in ("/feed.rss", "/feed.json", "/countries/LY/feed.atom", "/e/deutsch/kinds/fact/feed.rss"):
            named = f'<https://hub.example/>; rel="hub", <{PUBLISHER.base_url}{path}>; rel="self"'
            assert stand.get(path).headers["link"] == named
            etag = stand.get(path).headers["etag"]
            assert stand.get(path, If_None_Match=etag).headers["link"] == named
        for path in ("/archive/2026/10/feed.atom", "/feeds.opml", "/calendar.ics", "/"):
            assert "link" not in stand.get(path).headers


def test_documents_are_read_when_they_are_asked_for_and_few_are_kept(own_address):
    import asyncio

    from sqlalchemy import event

    from newsletter.store import Store
    from newsletter.web import kept
    from newsletter.web.kept import Memory

    store = Store(own_address)
    memory = Memory(store, PUBLISHER, lambda: NOW + timedelta(seconds=1))
    memory._documents = kept.Pages(10_000)
    read: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: read.append(given[2]))

    async def ask() -> None:
        found = (await memory.kept()).documents
        assert len(found) > 20
        assert not any("documents.packed" in statement for statement in read), "a start reads none"
        await asyncio.gather(*(memory.document(found["/feed.atom"]) for _ in range(20)))
        assert sum("documents.packed" in statement for statement in read) == 1, "once, however many ask"
        for document in found.values():
            whole = await memory.document(document)
            assert whole.sha256 == document.answer.sha256
        assert memory._documents._bytes <= 10_000

    asyncio.run(ask())
    store.close()
