"""What an enemy writes into an entry is shown as it was typed: nothing runs, nothing is loaded, feeds stay XML."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import feedparser
import hostile_entries
import pytest
from live_newsroom import DAY, LiveNewsroom, until, utc
from lxml import etree
from playwright.sync_api import Page, sync_playwright
from servers.missing import missing
from servers.ports import free_port

from newsletter.render.message import fill

TODAY = date(2026, 6, 30)
NOON = utc(2026, 6, 30, 12)
CHROMIUM = Path("/usr/bin/chromium")
#: What no reader may be sent: controls, lone surrogates, noncharacters, and what turns text around.
DIRT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069\ufeff]")
#: Everything on a page that could run, load or lead anywhere but where a link of ours leads.
DANGERS = """() => [...document.querySelectorAll('*')].flatMap(element => [
    ...(element.matches('script:not([type="application/ld+json"]), object, embed, base[href], ' +
        'form:not(.seek[action="/search"]), input:not(#permalink[readonly], .seek > input[name=q]), ' +
        'button:not(.seek > button), video, img, math, template, ' +
        'meta[http-equiv=refresh]') ? [element.outerHTML.slice(0, 200)] : []),
    ...[...element.attributes].filter(each => /^on/i.test(each.name) ||
        (/^(href|src|xlink:href|action|formaction|data|srcdoc|ping|poster)$/i.test(each.name) &&
            !/^(https?:|mailto:|[#/])/i.test(each.value))
    ).map(each => `${element.tagName} ${each.name}=${each.value}`),
])"""


class Trap:
    """A browser that shows documents, and tells what ran or was loaded: a dialogue, or a call at the beacon."""

    def __init__(self, page: Page, beacon: Beacon) -> None:
        self.page = page
        self.beacon = beacon
        self.caught: list[str] = []
        page.on("dialog", lambda dialog: (self.caught.append(f"dialogue on {page.url}"), dialog.dismiss()))
        page.on("popup", lambda _: self.caught.append(f"popup from {page.url}"))

    def visit(self, address: str) -> None:
        """Open an address, and look at everything on it."""
        self.page.goto(address)
        self.page.mouse.move(100, 100)
        self.page.wait_for_timeout(60)
        for frame in self.page.frames:
            self.caught += [f"{frame.url}: {danger}" for danger in frame.evaluate(DANGERS)]

    def show(self, name: str, documents: Sequence[str]) -> None:
        """Open documents side by side and without any policy, as a mail reader or a feed reader might."""
        frames = ""
        for number, document in enumerate(documents):
            self.beacon.documents[f"/{name}/{number}"] = document
            frames += f"<iframe src=/{name}/{number}></iframe>"
        self.beacon.documents[f"/{name}"] = f"<!doctype html><title>{name}</title>{frames}"
        self.visit(f"{self.beacon.address}{name}")
        assert len(self.page.frames) > len(documents)

    def all_caught(self) -> list[str]:
        """Return all that ran or was loaded, in words."""
        return self.caught + [f"loaded {path}" for path in self.beacon.calls]


class Beacon:
    """A server on loopback that has a few documents, and notes every other call."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}
        self.calls: list[str] = []
        beacon = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = beacon.documents.get(self.path)
                if document is None and self.path != "/favicon.ico":
                    beacon.calls.append(self.path)
                self.send_response(404 if document is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((document or "").encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def beacon() -> Iterator[Beacon]:
    made = Beacon()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@contextmanager
def trap(beacon: Beacon) -> Iterator[Trap]:
    """Open a browser; our policy, which would stop scripts anyway, is put aside: the markup itself must hold."""
    if not CHROMIUM.exists():
        missing("Chromium", install="apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield Trap(browser.new_context(bypass_csp=True).new_page(), beacon)
        browser.close()


def test_the_trap_catches_what_runs_or_loads(beacon):
    """A test that can't fail is a defect: most of the corpus does what it wants where nobody stops it."""
    silent = []
    with trap(beacon) as caught:
        for number, payload in enumerate(hostile_entries.MARKUP):
            before = len(caught.all_caught())
            document = f"<!doctype html><body>{payload}".replace("http://beacon.invalid/", beacon.address)
            caught.show(str(number), [document])
            if len(caught.all_caught()) == before:
                silent.append(payload)
        dialogues = sum("dialogue" in each for each in caught.caught)

    assert len(silent) <= 6, silent
    assert dialogues >= 12
    assert len(beacon.calls) >= 5


def published(live: LiveNewsroom, beacon: Beacon, most: int | None = None) -> list[date]:
    """Take (the first of) the hostile entries in, let an edition publish every one of them, and return its days."""
    entries = hostile_entries.lines(beacon.address)[:most]
    days = [TODAY - number * DAY for number in range(len(entries))]
    live.clock.show(NOON)
    live.prepare(days[-1], readers=1)
    with live.opened() as room:
        room.desk.set_edition("daily-dose", {"tags": hostile_entries.TAG}, live.clock.now())
    file = live.home / "hostile.jsonl"
    bad = hostile_entries.refused(beacon.address)
    file.write_text("".join(f"{line}\n" for line in [*bad, *entries]), encoding="utf-8")

    report = json.loads(live.command("import", str(file), "--json", status=1))
    assert [(each["line"], each["field"]) for each in report["errors"]] == [(n + 1, "sources") for n in range(len(bad))]
    assert (len(report["added"]), report["known"], report["near"]) == (len(entries), [], [])
    live.command("publish", "today")
    assert sorted(live.days()) == sorted(days)
    return days


@contextmanager
def site(live: LiveNewsroom) -> Iterator[str]:
    """Serve the site by a process of its own; give its address."""
    port = free_port()
    live.extra["DAILY_DOSE_PORT"] = str(port)
    part = live.start("web")
    until(lambda: "runs at" in part.said(), "the site")
    yield f"http://127.0.0.1:{port}"
    assert part.stop() == 0


def fetched(address: str) -> bytes:
    with urlopen(address) as answer:
        return answer.read()


def assert_well_formed(address: str, days: list[date]) -> None:
    """Check that feeds are XML and JSON with every issue, and that pages hold no dirt."""
    feeds = {name: fetched(f"{address}/feed.{name}") for name in ("rss", "atom", "json")}
    for name in ("rss", "atom"):
        root = etree.fromstring(feeds[name], etree.XMLParser(resolve_entities=False))
        assert len(root.findall(".//{*}item") + root.findall(".//{*}entry")) == len(days)
        read = feedparser.parse(feeds[name])
        assert not read.bozo, read.get("bozo_exception")
    assert len(json.loads(feeds["json"])["items"]) == len(days)

    pages = [fetched(f"{address}/archive/{day:%Y/%m/%d}").decode() for day in days]
    assert [found for page in pages for found in DIRT.findall(page)] == []


def assert_sound_mails(live: LiveNewsroom, days: list[date]) -> None:
    """Check that each day's mail has its two parts and its head, and no dirt in either; the newest went out."""
    mails = [message_from_bytes(as_sent(mail), policy=policy.default) for mail in live.frozen_mails().values()]
    assert len(mails) == len(days)
    for mail in mails:
        assert [len(mail.get_all(name)) for name in ("Subject", "From", "Content-Type")] == [1, 1, 1]
        assert mail["Subject"].replace("\u200d", "").isprintable(), mail["Subject"]
    texts = [part.get_content().replace("\r\n", "\n") for mail in mails for part in mail.iter_parts()]
    assert [found for text in texts for found in DIRT.findall(text)] == []
    assert len(live.outbox().files) == 1, "the newest went out"


@pytest.mark.chaos
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_hostile_entries_are_kept_and_published_by_postgresql_too(live, beacon):
    """It takes no U+0000 and no lone surrogate: neither comes that far."""
    days = published(live, beacon)
    assert_sound_mails(live, days)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "most",
    [
        pytest.param(hostile_entries.IN_EVERY_FIELD, id="every piece of markup, in every field"),
        pytest.param(None, id="dirt and too much, too", marks=pytest.mark.chaos),
    ],
)
def test_nothing_of_a_hostile_entry_runs_on_pages_in_the_box_in_mail_or_in_feeds(live, beacon, most):
    days = published(live, beacon, most)
    assert_sound_mails(live, days)
    slugs = live.published_slugs()
    with live.opened() as room:
        boxes = [room.press.proofs.proof(None, day, "box", NOON).decode() for day in days]

    with site(live) as address, trap(beacon) as caught:
        assert_well_formed(address, days)
        paths = ["/", "/archive/", "/archive/2026/", "/archive/2026/06/", "/corrections", "/box"]
        paths += [f"/archive/{day:%Y/%m/%d}" for day in days]
        paths += [f"/entries/{slugs[day]}" for day in (days[:1] if most else days)]
        for path in paths:
            caught.visit(address + path)
        caught.show("boxes", boxes)
        caught.show("mails", [html_of(mail) for mail in live.frozen_mails().values()])
        for name, items in contents(address).items():
            assert len(items) == len(days)
            caught.show(name, [f"<!doctype html><title>An item</title>{item}" for item in items])
        told = caught.all_caught()
        beacon.documents["/host"] = f"<!doctype html><title>Theirs</title><p>Here<script src={address}/box.js></script>"
        caught.page.goto(f"{beacon.address}host")
        caught.page.get_by_role("link", name="View Archive").first.wait_for()
        (ours, *others) = caught.page.evaluate(DANGERS)

    assert told == []
    assert (ours, others) == (f'<script src="{address}/box.js"></script>', [])


def contents(address: str) -> dict[str, list[str]]:
    """Return the HTML of every item of each feed, as it is sent."""
    found = {"json": [each["content_html"] for each in json.loads(fetched(f"{address}/feed.json"))["items"]]}
    for name in ("rss", "atom"):
        entries = feedparser.parse(fetched(f"{address}/feed.{name}"), sanitize_html=False).entries
        found[name] = [each.content[0].value for each in entries]
    return found


def as_sent(frozen: bytes) -> bytes:
    """Return a frozen mail as a reader gets it."""
    instant = datetime(2026, 11, 22, tzinfo=UTC)
    return fill(frozen, to="reader@example.org", message_id="<1@example.org>", date=instant, leave="t0ken")


def html_of(mail: bytes) -> str:
    """Return the HTML part of a mail."""
    part = message_from_bytes(as_sent(mail), policy=policy.default).get_body(["html"])
    assert part is not None
    return part.get_content()
