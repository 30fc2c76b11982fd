"""In a browser: our own policy refuses nothing that our pages need, and other sites can show the box."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from letterbox import ask, everything, mails
from newsstand import PUBLISHER, Stand, standing
from playwright.sync_api import Browser, Page, sync_playwright
from servers.missing import missing

SITE, THEIRS = "http://dose.test", "http://theirs.test"
THEIR_PAGE = (
    "<!doctype html><html lang=en><title>Theirs</title><p id=before>Before</p>"
    f'<script src="{SITE}/box.js" async></script><iframe src="{SITE}/box" title="Daily Dose"></iframe></html>'
)


@pytest.fixture(scope="module")
def served(filled, tmp_path_factory) -> Iterator[Stand]:
    """Serve an archive of this file's own under the name that its addresses have."""
    file = shutil.copy(filled, tmp_path_factory.mktemp("served") / "dose.db")
    with standing(f"sqlite:///{file}", replace(PUBLISHER, base_url=SITE)) as stand:
        yield stand


@pytest.fixture(scope="module")
def browser(served) -> Iterator[Browser]:
    """Start Chromium before a server that it finds under the name that our addresses have."""
    if not Path("/usr/bin/chromium").exists():
        missing("Chromium", install="apt-get install chromium")
    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP dose.test:80 127.0.0.1:{served.port}"
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
    for path in (
        "/",
        "/archive/",
        "/archive/2026/",
        "/archive/2026/11/",
        "/archive/2026/11/22",
        "/about",
        "/box",
        "/api/docs",
    ):
        page.goto(SITE + path)
        styled = page.evaluate("getComputedStyle(document.body).margin")
        assert styled == "0px", f"{path} has no style"
    page.close()

    assert complaints == []


def test_a_page_of_another_site_reads_the_api(browser):
    """With a header that a browser asks leave for first, and across a redirect; what was known costs nothing."""
    page = browser.new_page()
    page.route(f"{THEIRS}/**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(f"{THEIRS}/")
    told = page.evaluate(
        """async site => {
            const first = await fetch(`${site}/api/v1/today/`);
            const known = {"If-None-Match": first.headers.get("ETag")};
            const again = await fetch(first.url, {headers: known, cache: "no-store"});
            const gone = await fetch(`${site}/api/v1/entries/never-was`);
            return [(await first.json()).day, first.url, again.status, (await gone.json()).title];
        }""",
        SITE,
    )
    page.close()

    assert told == ["2026-11-22", f"{SITE}/api/v1/today", 304, "Not Found"]


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


@pytest.fixture
def reader(browser) -> Iterator[Page]:
    """Give a narrow, dark window without scripts."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True
    )
    yield context.new_page()
    context.close()


def test_who_has_no_script_subscribes_and_chooses_by_the_forms_alone(browser, reader, served):
    reader.goto(f"{SITE}/")
    reader.get_by_role("link", name="Get it by mail").click()
    reader.get_by_label("Mail address").fill("reader@example.org")
    reader.locator("summary").click()
    reader.get_by_label("How often").select_option("weekly")
    reader.get_by_label("Day of the weekly mail").select_option("6")
    reader.get_by_label("At what time").select_option("07:30")
    reader.get_by_label("Your time zone").fill("Europe/Berlin")
    served.clock.instant += timedelta(seconds=3)
    reader.get_by_role("button", name="Send me a mail to confirm").click()
    assert reader.get_by_role("heading", level=1).inner_text() == "Please look into your mail"

    reader.goto(SITE + mails(served.store)[-1].link("confirm", SITE))
    assert "once a week, on Saturday, at 07:30 in the time zone Europe/Berlin" in reader.inner_text("main")
    reader.get_by_role("button", name="Confirm").click()
    assert reader.get_by_role("heading", level=1).inner_text() == "You are subscribed"

    reader.get_by_role("link", name="Change what you get").click()
    reader.get_by_label("Mail address").fill("reader@example.org")
    served.clock.instant += timedelta(seconds=3)
    reader.get_by_role("button", name="Send me a link").click()
    reader.goto(SITE + mails(served.store)[-1].link("preferences", SITE))
    mine = reader.get_by_role("region", name="Daily Dose")
    assert mine.get_by_label("Day of the weekly mail").input_value() == "6"
    mine.get_by_label("How often").select_option("weekdays")
    mine.get_by_role("button", name="Keep this").click()
    assert "Kept." in reader.get_by_role("status").inner_text()
    assert "from Monday to Friday" in reader.inner_text("main")
    assert reader.context.cookies() == []


def test_nobody_sees_or_reaches_the_trap_for_programs(browser, reader):
    reader.goto(f"{SITE}/subscribe")
    box = reader.locator("#homepage").bounding_box()
    assert box is None or box["width"] <= 1 or reader.locator(".trap").bounding_box()["width"] <= 1
    for _ in range(12):
        reader.keyboard.press("Tab")
        assert reader.locator("#homepage:focus").count() == 0


def test_our_policy_refuses_nothing_of_the_forms(browser):
    page = browser.new_page()
    complaints = _complaints(page)
    for path in ("/subscribe", "/preferences"):
        page.goto(SITE + path)
        assert page.locator(".field input").first.evaluate("it => getComputedStyle(it).minHeight") == "44px"
    page.close()
    assert complaints == []


def test_a_scanner_that_runs_scripts_on_every_link_of_a_mail_changes_nothing(browser, served):
    ask(served, "scanned@example.org")
    served.client.post(mails(served.store)[-1].link("confirm", SITE))
    ask(served, "waiting@example.org")
    ask(served, "scanned@example.org", "/preferences")
    links = {link for mail in mails(served.store)[-3:] for link in mail.links(SITE)}
    rooms = {link.split("/")[1] for link in links}
    before = everything(served.store)
    page = browser.new_page()
    for link in sorted(links):
        page.goto(SITE + link, wait_until="networkidle")
    page.close()

    assert {"confirm", "unsubscribe", "preferences"} <= rooms
    assert everything(served.store) == before
