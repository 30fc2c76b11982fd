from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.models import Kind
from newsletter.render.links import Links

LINKS = Links("https://dose.example.org")


def test_every_address_is_the_documented_one():
    assert {
        LINKS.home(): "/",
        LINKS.archive(): "/archive/",
        LINKS.year(2018): "/archive/2018/",
        LINKS.month(2018, 1): "/archive/2018/01/",
        LINKS.issue(date(2018, 1, 23)): "/archive/2018/01/23",
        LINKS.entry("two-bombs"): "/entries/two-bombs",
        LINKS.entry("two-bombs", "csl.json"): "/entries/two-bombs.csl.json",
        LINKS.on(2, 29): "/on/02-29",
        LINKS.group("eta"): "/groups/eta",
        LINKS.country("LY"): "/countries/LY",
        LINKS.ideology("separatist"): "/ideologies/separatist",
        LINKS.tag("school"): "/tags/school",
        LINKS.kind(Kind.FACT): "/kinds/fact",
        LINKS.search("a & b"): "/search?q=a%20%26%20b",
        LINKS.search(): "/search",
        LINKS.random(): "/random",
        LINKS.corrections(): "/corrections",
        LINKS.about(): "/about",
        LINKS.subscribe(): "/subscribe",
        LINKS.feeds(): "/feeds",
        LINKS.feed("rss"): "/feed.rss",
        LINKS.feed("atom", LINKS.group("eta")): "/groups/eta/feed.atom",
        LINKS.feed("atom", LINKS.month(2018, 1)): "/archive/2018/01/feed.atom",
        LINKS.box(): "/box",
        LINKS.box_js(): "/box.js",
        LINKS.stylesheet(): "/static/site.css",
    } == {f"https://dose.example.org{path}": path for path in (
        "/", "/archive/", "/archive/2018/", "/archive/2018/01/", "/archive/2018/01/23", "/entries/two-bombs",
        "/entries/two-bombs.csl.json", "/on/02-29", "/groups/eta", "/countries/LY", "/ideologies/separatist",
        "/tags/school", "/kinds/fact", "/search?q=a%20%26%20b", "/search", "/random", "/corrections", "/about",
        "/subscribe", "/feeds", "/feed.rss", "/groups/eta/feed.atom", "/archive/2018/01/feed.atom", "/box", "/box.js",
        "/static/site.css",
    )}  # fmt: skip


def test_a_further_edition_lives_under_its_slug_and_shares_the_stylesheet():
    arabic = Links("https://dose.example.org", "جرعة")

    assert arabic.issue(date(2018, 1, 23)) == ("https://dose.example.org/e/%D8%AC%D8%B1%D8%B9%D8%A9/archive/2018/01/23")
    assert arabic.stylesheet() == LINKS.stylesheet()


@pytest.mark.parametrize(
    ("base", "home", "feed"),
    [
        ("https://dose.example.org", "/", "/feed.rss"),
        ("http://localhost:8000", "/", "/feed.rss"),
        ("https://example.org/dose", "/dose/", "/dose/feed.rss"),
    ],
)
def test_a_pages_own_links_are_relative_to_the_host(base, home, feed):
    assert Links(base).path.home() == home
    assert Links(base).path.feed("rss") == feed


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_no_slug_leaves_its_folder_or_breaks_an_address(slug):
    parts = urlsplit(LINKS.entry(slug))

    assert parts.path.isascii()
    assert parts.path.count("/") == 2
    assert not parts.query
    assert not parts.fragment
