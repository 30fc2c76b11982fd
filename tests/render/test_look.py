"""How it looks, in a browser: nothing to scroll sideways on a phone, nothing that axe-core finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import samples
import stage
from axe_playwright_python.sync_playwright import Axe
from found_pages import every_found_page
from golden_pages import LETTERS
from playwright.sync_api import Browser
from reader_pages import every_letter, every_reader_page
from servers.missing import missing

from newsletter.render.box import box_script
from newsletter.render.mail import issue_mail
from newsletter.render.programs import api_page
from newsletter.web.api.document import document

SCHEMES = ["light", "dark"]
PAGES = samples.every_page() | {"arabic-front": samples.arabic_front()}
MAILS = {f"mail-{name}": issue_mail(issue, **samples.WHOSE, **more).html for name, (issue, more) in LETTERS.items()}
OF_READERS = every_reader_page() | {f"letter-{name}": letter.html for name, letter in every_letter().items()}
FOUND = every_found_page()
API = {"api": api_page(document(samples.WHOSE["publisher"], "Daily Dose"), "/api/v1/openapi.json", **samples.WHOSE)}
DOCUMENTS = {f"/{name}": html for name, html in (PAGES | MAILS | OF_READERS | FOUND | API).items()}
#: A page of somebody else's that embeds the box, with a style that would spoil it.
HOST = (
    "<!doctype html><html lang=en><title>Theirs</title><style>p, h1, a { color: red; font: 9px x }</style>"
    "<main><h1>Theirs</h1><p id=before>Before</p><script src=/box.js async></script><p id=after>After</p></main></html>"
)
#: What one touches by itself, outside of a sentence.
TOUCHED = (
    ".masthead .title, .month h2 a, .rooms a, .colophon a, .square[href], .beside a, .turn a, .years li a, .days a, "
    ".ways a, .card__foot a, .neighbours a, .press, .field input, .field select, summary, .values a, .cuts a, "
    ".narrowed a, .seek input[type=search]"
)
AXE = Axe().axe_script
#: Names each thing found, with where it is.
LOOK = """runOnly => axe.run({ runOnly, resultTypes: ["violations"] }).then(results => results.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.target} ${node.html}`)
))"""
#: axe's rules of WCAG 2.2 AA and below, and its best practices for whole pages.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Those of them that look at colours.
COLOURS = ["color-contrast", "link-in-text-block"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path("/usr/bin/chromium").exists():
        missing("Chromium", install="apt-get install chromium")
    with stage.browser() as browser:
        yield browser


def findings(page, path):
    """
    Return what axe-core finds on the page at *path*, by scheme.

    Nothing but its colours depends on the scheme, so the rest is looked for once: axe is slow.
    """
    page.emulate_media(color_scheme="light")
    page.goto(samples.LINKS.base_url + path)
    page.evaluate(AXE)
    found = {"light": page.evaluate(LOOK, {"type": "tag", "values": RULES})}
    page.emulate_media(color_scheme="dark")
    found["dark"] = page.evaluate(LOOK, {"type": "rule", "values": COLOURS})
    return {scheme: violations for scheme, violations in found.items() if violations}


def test_axe_finds_nothing_on_any_page_or_mail(chromium):
    with stage.context(chromium, DOCUMENTS, width=1280) as context:
        page = context.new_page()
        found = {path: violations for path in DOCUMENTS if (violations := findings(page, path))}

    assert found == {}


@pytest.mark.parametrize(
    ("path", "sound", "spoilt", "scheme", "rule"),
    [
        ("/about", "</head>", "<style>.motto { color: #999 !important }</style></head>", "light", "color-contrast"),
        ("/about", "</head>", "<style>.motto { color: #666 !important }</style></head>", "dark", "color-contrast"),
        ("/entry", '<aside class="correction"', '<aside aria-label="Corrections">1</aside>\\g<0>', "light",
         "landmark-unique"),
        ("/mail-quote", ' role="main"', "", "light", "landmark-one-main"),
    ],
)  # fmt: skip
def test_axe_would_find_what_is_wrong(chromium, path, sound, spoilt, scheme, rule):
    """A colour that is too pale on either paper, two landmarks of one name, a mail without its landmark."""
    wrong, places = re.subn(sound, spoilt, DOCUMENTS[path], count=1)
    assert places == 1
    with stage.context(chromium, {"/wrong": wrong}, width=1280) as context:
        found = findings(context.new_page(), "/wrong")

    assert any(line.startswith(rule) for line in found[scheme])


@pytest.fixture(scope="module")
def on_a_phone(chromium):
    """Return, for each document, how wide it is on a phone, and what one touches there with its height."""
    heights = "links => links.map(link => [link.innerText, link.getBoundingClientRect().height])"
    seen = {}
    with stage.context(chromium, DOCUMENTS, width=360, has_touch=True) as context:
        page = context.new_page()
        for path in DOCUMENTS:
            page.goto(samples.LINKS.base_url + path)
            width = page.evaluate("document.documentElement.scrollWidth")
            seen[path] = width, page.locator(TOUCHED).evaluate_all(heights)
    return seen


def test_nothing_is_to_be_scrolled_sideways_on_a_phone(on_a_phone):
    assert {path: width for path, (width, _) in on_a_phone.items() if width > 360} == {}


def test_what_one_touches_is_large_enough(on_a_phone):
    """44 pixels, but for links within a sentence or a citation, and headlines that are lines of a list."""
    small = [(path, *link) for path, (_, links) in on_a_phone.items() for link in links if 0 < link[1] < 44]

    assert small == []
    assert len(on_a_phone["/year"][1]) > 300


def test_a_square_of_the_calendar_is_large_in_a_narrow_window_whatever_one_points_with(chromium):
    with stage.context(chromium, DOCUMENTS, width=360) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/month")
        square = page.locator(".square[href]").first.bounding_box()

        assert min(square["width"], square["height"]) >= 44


def test_squares_of_the_calendar_have_a_line_between_them(chromium):
    """What can be touched reaches the next square; what is seen doesn't."""
    with stage.context(chromium, DOCUMENTS, width=1280) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/year")
        clips = page.eval_on_selector_all(
            ".square",
            "all => all.map(one => getComputedStyle(one).backgroundClip + getComputedStyle(one).borderTopWidth)",
        )

        assert set(clips) == {"padding-box1px"}
        assert len(clips) > 300


def test_months_side_by_side_begin_at_the_same_height(chromium):
    with stage.context(chromium, DOCUMENTS, width=1280) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/year")
        tops = [month.bounding_box()["y"] for month in page.locator(".month h2").all()]

        assert [len(set(tops[row : row + 4])) for row in (0, 4, 8)] == [1, 1, 1]


def test_a_week_of_the_calendar_fits_on_the_narrowest_phone(chromium):
    """At 320 pixels nothing is to be scrolled sideways (WCAG 2.2, 1.4.10)."""
    with stage.context(chromium, DOCUMENTS, width=320, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/year")

        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert page.locator(".square[href]").first.bounding_box()["width"] >= 40


def test_a_line_of_text_has_as_many_characters_as_the_eye_likes(chromium):
    """62 to 70 on a wide screen, counted in the fonts of this machine with some room for others."""
    count = """() => {
        const range = document.createRange();
        const text = document.querySelector('.prose p').firstChild;
        const lines = {};
        for (let i = 0; i < text.length; i++) {
            range.setStart(text, i); range.setEnd(text, i + 1);
            const top = Math.round(range.getBoundingClientRect().top);
            lines[top] = (lines[top] || 0) + 1;
        }
        return Object.values(lines).slice(0, -1);
    }"""
    with stage.context(chromium, DOCUMENTS, width=1280) as context:
        page = context.new_page()
        for name in ("issue", "front"):
            page.goto(f"{samples.LINKS.base_url}/{name}")
            lines = page.evaluate(count)
            assert 52 <= min(lines) <= max(lines) <= 74


def test_the_first_tab_shows_the_way_past_the_navigation_and_focus_is_seen(chromium):
    with stage.context(chromium, DOCUMENTS, width=360) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/issue")
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        assert skip.evaluate("it => it === document.activeElement")
        assert skip.bounding_box()["height"] >= 44
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate("it => getComputedStyle(it).outlineWidth") == "3px"


def test_paper_shows_the_entry_and_its_sources_and_nothing_to_press(chromium):
    with stage.context(chromium, DOCUMENTS, width=800) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/issue")
        page.emulate_media(media="print")
        for shown in (".entry", ".footnotes", ".title", ".correction", ".printed"):
            assert page.locator(shown).first.is_visible()
        for hidden in (".rooms", ".beside", ".neighbours", "a.reversefootnote", ".colophon ul"):
            assert not page.locator(hidden).first.is_visible()


def test_dark_and_light_are_two_papers(chromium):
    seen = set()
    for scheme in SCHEMES:
        with stage.context(chromium, DOCUMENTS, color_scheme=scheme) as context:
            page = context.new_page()
            page.goto(f"{samples.LINKS.base_url}/issue")
            seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert seen == {"rgb(251, 250, 247)", "rgb(21, 22, 26)"}


def test_the_headline_and_the_first_sentence_of_a_mail_are_seen_without_scrolling_on_a_phone(chromium):
    with stage.context(chromium, DOCUMENTS, width=360, height=640) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/mail-quote")
        first = page.locator(".prose p").first.bounding_box()

        assert first["y"] + first["height"] < 640


def test_the_script_places_the_box_after_its_own_tag_out_of_reach_of_the_pages_style(chromium):
    script = box_script(edition=samples.EDITION, links=samples.LINKS)
    documents = {"/host": HOST, "/box.js": script, "/box": PAGES["box"]}
    with stage.context(chromium, documents) as context:
        page = context.new_page()
        page.goto(f"{samples.LINKS.base_url}/host")
        box = page.locator("section.box")
        box.wait_for()

        assert page.evaluate("document.querySelector('script').nextSibling.shadowRoot !== null")
        assert box.locator("h1").evaluate("it => getComputedStyle(it).fontSize") == "28px"
        assert "View Archive" in box.inner_text()
        assert context.cookies() == []


def test_without_its_server_the_script_leaves_a_link_to_the_archive(chromium):
    script = box_script(edition=samples.EDITION, links=samples.LINKS)
    with stage.context(chromium, {"/host": HOST, "/box.js": script}) as context:
        page = context.new_page()
        complaints: list[object] = []
        page.on("pageerror", lambda error: complaints.append(error))  # noqa: PLW0108 -- Playwright marks its handlers
        page.goto(f"{samples.LINKS.base_url}/host")
        link = page.get_by_text("Daily Dose: View Archive")
        link.wait_for()

        assert link.get_attribute("href") == "https://dose.example.org/archive/"
        assert complaints == []
