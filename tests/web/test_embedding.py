"""The box of a day, the page that shows how to embed it, and oEmbed, asked for over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from time import monotonic
from xml.etree import ElementTree as ET

import pytest
from newsstand import DAILY, NOW, PUBLISHER, SECRET, TODAY, Stand, hidden_entries

from newsletter.archive import issues
from newsletter.models import Issue

BASE = PUBLISHER.base_url
YESTERDAY = TODAY - timedelta(days=1)


def issue_of(stand: Stand, day=TODAY, edition: str = "daily-dose") -> Issue:
    with stand.store.reading() as connection:
        return issues.get(connection, edition, day)


def asked(stand: Stand, url: str, **more: str):
    return stand.client.get("/oembed", params={"url": url, **more})


@pytest.mark.parametrize(
    ("path", "box"),
    [
        ("/", "/box"),
        ("/box", "/box"),
        ("", "/box"),
        (f"/archive/{YESTERDAY:%Y/%m/%d}", f"/box/{YESTERDAY}"),
        (f"/box/{YESTERDAY}", f"/box/{YESTERDAY}"),
        ("/e/deutsch/", "/e/deutsch/box"),
        (f"/e/deutsch/archive/{TODAY:%Y/%m/%d}?from=mail#x", f"/e/deutsch/box/{TODAY}"),
    ],
)
def test_oembed_answers_for_a_page_of_ours_with_the_frame_of_its_box(stand, path, box):
    answer = asked(stand, BASE + path)
    said = answer.json()

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert (said["version"], said["type"]) == ("1.0", "rich")
    assert f'<iframe src="{BASE}{box}"' in said["html"]
    assert stand.get(box).status_code == 200


def test_oembed_of_an_entry_is_the_box_of_the_day_that_showed_it(stand):
    entry = issue_of(stand, YESTERDAY).entry
    said = asked(stand, f"{BASE}/entries/{entry.slug}").json()

    assert f"{BASE}/box/{YESTERDAY}" in said["html"]
    assert (said["title"], said["thumbnail_url"]) == (entry.headline, f"{BASE}/entries/{entry.slug}.png")
    assert entry.body[:30] in stand.get(f"/box/{YESTERDAY}").text


def test_pages_lead_to_their_oembed_and_those_without_a_box_do_not(stand):
    found = {}
    for path in ("/", f"/archive/{YESTERDAY:%Y/%m/%d}", "/entries/background-to-the-north", "/about"):
        found[path] = re.findall(r'type="application/json\+oembed"[^>]* href="([^"]*)"', stand.get(path).text)
    (home,), (issue,) = found["/"], found[f"/archive/{YESTERDAY:%Y/%m/%d}"]

    assert f"{BASE}/box&quot;" in stand.get(home.removeprefix(BASE)).json()["html"].replace('"', "&quot;")
    assert f"{BASE}/box/{YESTERDAY}" in stand.get(issue.removeprefix(BASE)).json()["html"]
    assert found["/entries/background-to-the-north"] == found["/about"] == []


def test_oembed_speaks_xml_too_and_nothing_else(stand):
    xml = asked(stand, f"{BASE}/", format="xml")

    assert xml.headers["content-type"] == "text/xml; charset=utf-8"
    assert ET.fromstring(xml.content).findtext("type") == "rich"
    assert asked(stand, f"{BASE}/", format="yaml").status_code == 501


def test_oembed_keeps_to_the_room_that_there_is(stand):
    said = asked(stand, f"{BASE}/", maxwidth="300", maxheight="250").json()

    assert (said["width"], said["height"]) == (300, 250)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        f"{BASE}.elsewhere.example/",
        "ftp://dose.example.org/",
        "//dose.example.org/",
        f"{BASE}/about",
        f"{BASE}/entries/never-was",
        f"{BASE}/entries/%00",
        f"{BASE}/entries/%ff",
        f"{BASE}/archive/2026/02/30",
        f"{BASE}/archive/{TODAY + timedelta(days=1):%Y/%m/%d}",
        f"{BASE}/box/{TODAY + timedelta(days=1)}",
        f"{BASE}/e/never/",
        f"{BASE}/entries/background-to-the-north",
        "http://[",
        "x" * 6000,
    ],
)
def test_oembed_of_what_is_not_there_is_404(stand, url):
    answer = asked(stand, url)

    assert (answer.status_code, answer.text) == (404, "url: nothing that can be embedded stands there\n")


def test_oembed_of_what_is_hidden_is_that_of_what_never_was(stand):
    nothing = asked(stand, f"{BASE}/entries/never-was")
    for entry in hidden_entries():
        answer = asked(stand, f"{BASE}/entries/{entry.slug}")
        assert (answer.status_code, answer.content) == (nothing.status_code, nothing.content)


@pytest.mark.parametrize(
    "query", ["", "url=", "url=https%3A%2F%2Fdose.example.org%2F&maxwidth=-1", "url=%2F&maxheight=x", "%00"]
)
def test_a_question_that_cannot_be_read_is_400(stand, query):
    assert stand.get(f"/oembed?{query}").status_code == 400


def test_a_question_that_is_too_long_is_414_and_a_wrong_way_to_ask_405(stand):
    assert stand.get("/oembed?url=" + "a" * 9000).status_code == 414
    assert stand.client.post("/oembed").status_code == 405


def test_of_a_withdrawn_issue_the_box_is_the_notice_and_oembed_has_nothing(own_stand):
    entry = issue_of(own_stand).entry
    own_stand.press.withdraw(None, TODAY, "A court forbade it.", NOW)

    box = own_stand.get(f"/box/{TODAY}")
    assert box.status_code == 410
    assert "A court forbade it." in box.text
    assert entry.headline not in box.text
    assert f"market of {entry.place}" not in box.text
    assert asked(own_stand, f"{BASE}/archive/{TODAY:%Y/%m/%d}").status_code == 404
    assert asked(own_stand, f"{BASE}/entries/{entry.slug}").status_code == 404
    assert f"market of {entry.place}" not in own_stand.get("/embed").text


def test_the_box_of_a_day_to_come_is_answered_like_that_of_no_day(stand):
    nothing = stand.get("/box/2026-02-30")

    assert nothing.status_code == 404
    for day in (TODAY + timedelta(days=1), DAILY.since - timedelta(days=1), "2026-1-1", "today", "%00"):
        assert (stand.get(f"/box/{day}").status_code, stand.get(f"/box/{day}").content) == (404, nothing.content), day


def test_a_new_issue_is_in_the_box_within_a_minute_of_its_publication(own_stand):
    """What a browser may keep, and what a process takes to see it, are less than a minute together; and not before."""
    tomorrow, due = TODAY + timedelta(days=1), NOW + timedelta(days=1)
    answer = own_stand.get("/box")
    kept_for = int(answer.headers["cache-control"].rpartition("=")[2])
    own_stand.press.catch_up(due)
    assert f"{tomorrow:%Y/%m/%d}" not in own_stand.get("/box").text

    own_stand.clock.instant = due + timedelta(seconds=1)
    began = monotonic()
    while f"{tomorrow:%Y/%m/%d}" not in own_stand.get("/box").text:
        assert monotonic() - began + kept_for < 60


def test_the_page_for_embedding_shows_the_latest_that_stands(stand):
    page = stand.get("/embed")

    assert page.status_code == 200
    assert issue_of(stand).entry.place in page.text
    assert SECRET not in page.text
    assert 'href="/embed"' in stand.get("/about").text
