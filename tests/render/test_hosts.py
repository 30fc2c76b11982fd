"""The box on other people's pages, in a browser: whatever a page does to its own, the box looks as it should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import samples
import stage
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from servers.missing import missing

from newsletter.render import embedding
from newsletter.render.box import box_page, box_script
from newsletter.render.embedding import Embedded

BASE = samples.LINKS.base_url
#: A style that means to leave nothing of anybody's as it was.
HOSTILE = """<style>
html { font-size: 5px } body { line-height: 6; direction: rtl }
* { all: unset !important; color: red !important; font: 40px cursive !important; letter-spacing: 9px !important;
    text-transform: uppercase !important; display: inline !important; }
.box, section, p, a, h1 { display: none !important; background: lime !important; }
</style>"""
ATTRIBUTES = ["src", "title", "width", "height", "frameborder", "style", "loading"]
SCRIPT = '<script src="/box.js" {} async></script>'


def host(inside: str, head: str = "", language: str = "en", direction: str = "ltr") -> str:
    """Return a page of somebody else's."""
    start = f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">{head}'
    return f"{start}<title>Theirs</title></head><body><main><h1>Theirs</h1>{inside}</main></body></html>"


FRAME_ONLY = f"<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; frame-src {BASE}/box\">"
NO_STYLES = "<meta http-equiv='Content-Security-Policy' content=\"style-src 'none'\">"
DOCUMENTS = {
    "/plain": host(SCRIPT.format("")),
    "/hostile": host(SCRIPT.format(""), HOSTILE),
    "/no-styles": host(SCRIPT.format(""), NO_STYLES),
    "/dark": host(SCRIPT.format('data-theme="dark"')),
    "/light": host(SCRIPT.format('data-theme="light"')),
    "/auto": host(SCRIPT.format('data-theme="auto"')),
    "/odd": host(SCRIPT.format('data-theme="&quot;><b>" data-dir="up"')),
    "/rtl": host(SCRIPT.format('data-dir="rtl"'), language="ar", direction="rtl"),
    "/frame": host(embedding.frame(f"{BASE}/box", "Daily Dose"), FRAME_ONLY),
    "/static": host(embedding.static_box(samples.ISSUE, edition=samples.EDITION, links=samples.LINKS)),
    "/box": box_page(samples.ISSUE, **samples.WHOSE),
    "/box.js": box_script(edition=samples.EDITION, links=samples.LINKS),
    "/embed": embedding.embed_page(samples.ISSUE, **samples.WHOSE),
}
DARK, LIGHT = "rgb(29, 31, 36)", "rgb(255, 255, 255)"
#: What is seen of the box's text and shape: of every element its place in the box, letters and colours.
SEEN = """box => {
    const corner = box.getBoundingClientRect();
    return [box, ...box.querySelectorAll('*')].map(element => {
        const style = getComputedStyle(element), rect = element.getBoundingClientRect();
        return [element.tagName, rect.x - corner.x, rect.y - corner.y, rect.width, rect.height, style.fontSize,
            style.fontFamily, style.color, style.backgroundColor, style.letterSpacing, style.textTransform,
            style.direction].join(' ');
    });
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path("/usr/bin/chromium").exists():
        missing("Chromium", install="apt-get install chromium")
    with stage.browser() as browser:
        yield browser


def shown(chromium: Browser, path: str, ask: str, *, width: int = 480, scheme: stage.Scheme = "light"):
    with stage.context(chromium, DOCUMENTS, width=width, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(BASE + path)
        box = page.locator("section.box")
        box.wait_for()
        return box.evaluate(ask)


def test_a_page_that_resets_everything_changes_nothing_of_the_box(chromium):
    """All elements are where they are on a page without a style, in the same letters and colours."""
    plain = shown(chromium, "/plain", SEEN)

    assert len(plain) > 15
    assert shown(chromium, "/hostile", SEEN) == plain
    assert shown(chromium, "/no-styles", SEEN) == plain


@pytest.mark.parametrize(
    ("path", "scheme", "ground"),
    [
        ("/plain", "light", LIGHT),
        ("/plain", "dark", DARK),
        ("/dark", "light", DARK),
        ("/light", "dark", LIGHT),
        ("/auto", "dark", DARK),
        ("/odd", "light", LIGHT),
    ],
)
def test_a_theme_is_the_hosts_choice_or_the_readers(chromium, path, scheme, ground):
    assert shown(chromium, path, "box => getComputedStyle(box).backgroundColor", scheme=scheme) == ground


@pytest.mark.parametrize(
    ("end", "scheme", "ground"), [("#dark", "light", DARK), ("#light", "dark", LIGHT), ("", "dark", DARK)]
)
def test_a_frames_theme_is_the_end_of_its_address(chromium, end, scheme, ground):
    with stage.context(chromium, DOCUMENTS, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{BASE}/box{end}")
        for seen in ("body", ".box"):
            assert page.locator(seen).evaluate("it => getComputedStyle(it).backgroundColor") == ground


def test_from_right_to_left_the_box_turns_and_what_is_english_in_it_does_not(chromium):
    sides = """box => ['time', '.kind'].map(name => box.querySelector(name).getBoundingClientRect().x)
        .concat(getComputedStyle(box.querySelector('.entry')).direction, box.dir)"""
    of_time, of_kind, entry, box = shown(chromium, "/rtl", sides)

    assert of_time > of_kind
    assert (entry, box) == ("ltr", "rtl")


@pytest.mark.parametrize("path", ["/plain", "/hostile", "/rtl"])
def test_in_280_pixels_nothing_sticks_out_of_the_box(chromium, path):
    seen = """box => {
        const edge = box.getBoundingClientRect();
        const sticksOut = it => it.getBoundingClientRect().width && (it.getBoundingClientRect().right > edge.right + 1
            || (it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).display === 'block'));
        return [edge.width <= 280, ...[...box.querySelectorAll('*')].filter(sticksOut).map(it => it.outerHTML)];
    }"""
    assert shown(chromium, path, seen, width=280) == [True]


def test_a_page_that_allows_only_the_frame_shows_it_within_its_width(chromium):
    with stage.context(chromium, DOCUMENTS, width=280) as context:
        page = context.new_page()
        page.goto(f"{BASE}/frame")

        assert page.frame_locator("iframe").locator("h1").inner_text().lower() == "daily dose"
        assert page.evaluate("document.documentElement.scrollWidth") <= 280


def test_the_static_form_needs_nothing_and_has_the_content_note_before_the_text():
    soup = BeautifulSoup(DOCUMENTS["/static"], "lxml").section
    text = " ".join(soup.get_text(" ").split())

    assert not soup.select("script, link, style, [class], [id], [onclick]")
    assert (
        0
        < text.index("Describes an attack")
        < text.index("The bombing was in 2018")
        < text.index("People were leaving")
    )
    assert all(link["href"].startswith(BASE) for link in soup.select("a"))


def test_the_page_that_shows_how_to_embed_gives_the_code_that_works():
    soup = BeautifulSoup(DOCUMENTS["/embed"], "lxml")
    codes = [code.get_text() for code in soup.select("pre code")]

    assert codes[0] == embedding.frame(f"{BASE}/box", "Daily Dose")
    assert '<script src="https://dose.example.org/box.js" async></script>' in codes
    assert codes[-1] in DOCUMENTS["/static"]
    assert not soup.main.select("script, iframe, section section")


@pytest.mark.parametrize("hostile", ["</pre><script>alert(1)</script>", '" onload="alert(1)', "' x='"])
def test_an_odd_title_breaks_out_of_no_code(hostile):
    frame = BeautifulSoup(embedding.frame(f"{BASE}/box", hostile), "lxml").iframe

    assert (frame["title"], set(frame.attrs)) == (hostile, {*ATTRIBUTES})
    answer = embedding.oembed(
        Embedded(address=f"{BASE}/box", title=hostile), edition=samples.EDITION, links=samples.LINKS
    )
    assert json.loads(embedding.as_json(answer))["title"] == hostile
    assert ET.fromstring(embedding.as_xml(answer)).findtext("title") == hostile


def test_oembeds_frame_and_picture_are_no_larger_than_allowed():
    of = Embedded(address=f"{BASE}/box", title="x", card=f"{BASE}/entries/x.png")
    whose = {"edition": samples.EDITION, "links": samples.LINKS}
    small, large = embedding.oembed(of, **whose, max_width=300, max_height=200), embedding.oembed(of, **whose)

    assert (small["width"], small["height"]) == (300, 200)
    assert 'width="300" height="200"' in small["html"]
    assert "thumbnail_url" not in small
    assert (large["thumbnail_width"], large["thumbnail_height"], large["thumbnail_url"]) == (1200, 630, of.card)
