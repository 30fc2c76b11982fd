"""In a browser: our own policy refuses nothing that our pages need, and other sites can show the box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from newsstand import PUBLISHER, standing
from playwright.sync_api import Browser, Page, sync_playwright
from servers.missing import missing

SITE, THEIRS = "http://dose.test", "http://theirs.test"
THEIR_PAGE = (
    "<!doctype html><html lang=en><title>Theirs</title><p id=before>Before</p>"
    f'<script src="{SITE}/box.js" async></script><iframe src="{SITE}/box" title="Daily Dose"></iframe></html>'
)


@pytest.fixture(scope="module")
def browser(filled) -> Iterator[Browser]:
    """Start Chromium before a server that it finds under the name that our addresses have."""
    if not Path("/usr/bin/chromium").exists():
        missing("Chromium", install="apt-get install chromium")
    publisher = replace(PUBLISHER, base_url=SITE)
    with standing(f"sqlite:///{filled}", publisher) as stand, sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP dose.test:80 127.0.0.1:{stand.port}"
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-sync",
                rules,
                "--disable-features=LocalNetworkAccessChecks",
            ],
        )
        yield chromium
        chromium.close()


def _complaints(page: Page) -> list[str]:
    """Return the list that a page's errors and the browser's complaints will be in."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_our_policy_refuses_nothing_of_ours(browser):
    page = browser.new_page(java_script_enabled=True)
    complaints = _complaints(page)
    for path in ("/", "/archive/", "/archive/2026/", "/archive/2026/11/", "/archive/2026/11/22", "/about", "/box"):
        page.goto(SITE + path)
        styled = page.evaluate("getComputedStyle(document.body).margin")
        assert styled == "0px", f"{path} has no style"
    page.close()

    assert complaints == []


def test_another_site_frames_the_box_and_embeds_it_by_its_script(browser):
    page = browser.new_page()
    complaints = _complaints(page)
    page.route(f"{THEIRS}/**", lambda route: route.fulfill(body=THEIR_PAGE, content_type="text/html"))
    page.goto(f"{THEIRS}/")

    assert page.frame_locator("iframe").locator("h1").inner_text().lower() == "daily dose"
    assert page.locator("section.box h1").inner_text().lower() == "daily dose"
    assert page.context.cookies() == []
    page.close()
    assert complaints == []


def test_another_site_can_frame_nothing_but_the_box(browser):
    page = browser.new_page()
    complaints = _complaints(page)
    page.route(
        f"{THEIRS}/**",
        lambda route: route.fulfill(body=f'<iframe src="{SITE}/"></iframe>', content_type="text/html"),
    )
    page.goto(f"{THEIRS}/")
    page.wait_for_load_state("networkidle")

    assert any("frame-ancestors" in complaint for complaint in complaints), complaints
    page.close()
