"""The three feeds: what they say, that nothing in them is wrong, and that nothing can make them so."""

from __future__ import annotations

import json
import locale
import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import feed_samples
import feedparser
import pytest
from feed_check import findings
from feedgen.feed import FeedGenerator
from lxml import etree
from reader import make_reader
from written_feeds import written

from newsletter.render.feeds import FORMATS, MEDIA_TYPES
from newsletter.render.items import item
from newsletter.resources import folder
from newsletter.shapes import entry_of

GOLDEN = Path(__file__).parent / "golden" / "feeds"
NOW = datetime(2024, 12, 31, tzinfo=UTC)
HOME = "https://dose.example.org/"


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_bytes_are_the_ones_that_were_looked_at(fmt):
    """Golden files; `python tests/render/write_golden_feeds.py` writes them anew."""
    assert written("one_of_everything", fmt) == (GOLDEN / f"everything.{fmt}").read_bytes()


@pytest.mark.parametrize("name", ["one_of_everything", "hostile"])
@pytest.mark.parametrize("fmt", ["atom", "rss"])
def test_the_validator_would_find_nothing(fmt, name):
    assert findings(written(name, fmt), now=NOW, home=HOME) == []


@pytest.mark.parametrize("fmt", ["atom", "rss"])
def test_the_validator_would_find_nothing_in_a_feed_without_issues_or_of_a_facet(fmt):
    page = feed_samples.LINKS.group("al-qaeda")

    assert findings(FORMATS[fmt](feed_samples.feed()), now=NOW, home=HOME) == []
    assert findings(FORMATS[fmt](feed_samples.feed(page=page)), now=NOW, home=page) == []


@pytest.mark.parametrize("fmt", ["atom", "rss"])
def test_nor_in_an_archive_document_which_leads_to_its_neighbours(fmt):
    month = feed_samples.LINKS.month
    beside = {"is_archive": True, "previous_archive": month(2023, 12), "next_archive": month(2024, 2)}
    feed = feed_samples.feed(page=month(2024, 1), **beside)
    body = FORMATS[fmt](feed)
    links = {
        link.get("rel"): link.get("href") for link in etree.fromstring(body).iter("{http://www.w3.org/2005/Atom}link")
    }

    assert findings(body, now=NOW, home=month(2024, 1)) == []
    assert links["prev-archive"] == "https://dose.example.org/archive/2023/12/feed.atom"
    assert (fmt == "rss") or links["next-archive"] == "https://dose.example.org/archive/2024/02/feed.atom"
    assert (fmt == "rss") or links["current"] == "https://dose.example.org/feed.atom"


@pytest.mark.parametrize("fmt", ["atom", "rss"])
def test_neither_would_it_in_the_starter_archive(fmt):
    paths = sorted(folder("seeds").glob("starter*.jsonl"))
    entries = [entry_of(json.loads(line)) for path in paths for line in path.read_text("utf-8").splitlines()]
    feed = feed_samples.feed(*(feed_samples.issue(number, each) for number, each in enumerate(entries, 1)))
    body = FORMATS[fmt](feed)

    assert len(entries) >= 180
    assert findings(body, now=NOW, home=HOME) == []
    assert not feedparser.parse(body).bozo


def plain_feedgen() -> FeedGenerator:
    """Return a feed as feedgen's own documentation would have it written."""
    generator = FeedGenerator()
    generator.load_extension("syndication")
    generator.load_extension("dc")
    generator.id("https://x.example/feed")
    generator.title("Dose & <Co>")
    generator.description("d")
    generator.link(href="https://x.example/", rel="alternate")
    generator.link(href="https://x.example/hub", rel="hub")
    generator.syndication.update_period("daily")
    for number in range(2):
        entry = generator.add_entry()
        entry.id(f"https://x.example/{number}")
        entry.title("A & <b>B</b>")
        entry.link(href=f"https://x.example/{number}")
        entry.link(href="https://source.example/", rel="via")
        entry.summary("<i>so</i>")
        entry.content('<a href="/x" style="color:red" onclick="y()">x</a><script>z()</script>', type="CDATA")
        entry.updated("2024-01-01T00:00:00+01:00")
        entry.published("1970-01-01T00:00:00Z")
        entry.dc.dc_date("1970-01-01")
    return generator


def test_the_check_finds_every_fault_of_plain_feedgen():
    """Otherwise its silence about our feeds would say nothing."""
    generator = plain_feedgen()

    def names(body):
        return {each.split(":")[0] for each in findings(body, now=NOW, home="https://x.example/")}

    assert names(generator.atom_str()) >= {
        "NoStylesheet", "MissingAtomSelfLink", "MissingDCLanguage", "InvalidURN", "DuplicateAtomLink",
        "DuplicateUpdated", "InvalidRFC3339Date", "InvalidMIMEType", "ContainsUndeclaredHTML", "ImplausibleDate",
    }  # fmt: skip
    assert names(generator.rss_str()) >= {
        "NoStylesheet", "MissingAtomSelfLink", "WrongChannelLink", "MissingDCLanguage", "UndefinedElement",
        "CharacterData", "InvalidRFC2822Date", "ImplausibleDate", "MissingTextualContent", "InvalidURN",
        "SecurityRisk", "DangerousStyleAttr", "ContainsRelRef",
    }  # fmt: skip


def test_the_check_finds_an_unregistered_link_and_a_missing_text():
    body = written("one_of_everything", "atom").replace(b'rel="via"', b'rel="cite-as"', 1)
    body = re.sub(rb'<summary type="html">[^<]+', b'<summary type="html">', body, count=1)

    found = {each.split(":")[0] for each in findings(body, now=NOW, home=HOME)}
    assert found == {"UnregisteredAtomLinkRel", "MissingTextualContent"}


@pytest.mark.parametrize("name", ["one_of_everything", "hostile"])
@pytest.mark.parametrize("fmt", ["atom", "rss"])
def test_feedparser_reads_it_without_complaint(fmt, name):
    feed = getattr(feed_samples, name)()
    parsed = feedparser.parse(written(name, fmt))

    assert not parsed.bozo, parsed.bozo_exception
    assert [each.id for each in parsed.entries] == [each.uid.urn for each in feed.issues]
    assert [each.link for each in parsed.entries] == [feed.links.issue(each.day) for each in feed.issues]
    assert all(each.summary and each.content[-1].value for each in parsed.entries)
    assert parsed.feed.link == HOME


@pytest.fixture
def address():
    """Serve the samples on the loopback; yield the address, under which they are `/NAME.FORMAT`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, fmt = self.path.strip("/").split(".")
            body = written(name, fmt)
            self.send_response(200)
            self.send_header("content-type", MEDIA_TYPES[fmt])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["one_of_everything", "hostile"])
def test_the_reader_library_reads_all_three(name, address, tmp_path, caplog):
    """With the same ids, titles and addresses, a correction's date, and no complaint."""
    feed = getattr(feed_samples, name)()
    with make_reader(str(tmp_path / "reader.sqlite")) as reader:
        for fmt in FORMATS:
            reader.add_feed(f"{address}/{name}.{fmt}")
        for result in reader.update_feeds_iter(scheduled=False):
            assert not isinstance(result.value, Exception), result
        for fmt in FORMATS:
            got = {each.id: each for each in reader.get_entries(feed=f"{address}/{name}.{fmt}")}
            assert set(got) == {each.uid.urn for each in feed.issues}
            for issue in feed.issues:
                entry = got[issue.uid.urn]
                assert entry.link == feed.links.issue(issue.day)
                assert entry.published == issue.shown_at
                assert fmt == "rss" or entry.updated == issue.updated_at
                if name == "one_of_everything":
                    assert unescape(entry.title) == item(issue, feed.links).title
    assert "bozo" not in caplog.text


SCRIPT = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
import feed_samples
from newsletter.render.feeds import FORMATS
for feed in (feed_samples.one_of_everything(), feed_samples.hostile()):
    for write in FORMATS.values():
        print(hashlib.sha256(write(feed)).hexdigest())
"""


def run(script: str, **environment: str) -> str:
    paths = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", script, *paths],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_other_processes_write_the_same_bytes():
    """Whatever the hash seed, the time zone, the locale and the hour."""
    first = run(SCRIPT, PYTHONHASHSEED="1", TZ="Pacific/Apia", LANG="C")
    second = run(SCRIPT, PYTHONHASHSEED="2", TZ="America/St_Johns", LANG="C.UTF-8")

    assert first == second
    assert len(set(first.split())) == 6


THREADS = """
import locale, pathlib, sys, tempfile, threading
sys.path[:0] = sys.argv[1:]
import feed_samples
from newsletter.render.feeds import rss
locale.setlocale(locale.LC_ALL, "C.UTF-8")
path = pathlib.Path(tempfile.mkdtemp()) / "text"
path.write_text("é" * 2000, encoding="utf-8")
feed = feed_samples.one_of_everything()
done, failures, reads = threading.Event(), [], [0] * 8
def read(number):
    while not done.is_set():
        try:
            with open(path) as file:
                file.read()
            reads[number] += 1
        except UnicodeDecodeError as error:
            failures.append(error)
threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for _ in range(150): rss(feed)
done.set()
for thread in threads: thread.join()
assert not failures, failures[0]
assert min(reads) > 0
print(locale.setlocale(locale.LC_ALL))
"""


def test_rss_harms_no_thread_that_reads_files_beside_it():
    """Eight threads open a file in UTF-8 by the locale, all the while; feedgen's dates would make theirs ASCII."""
    assert run(THREADS, LANG="C.UTF-8", PYTHONUTF8="0").strip() == "C.UTF-8"


def test_no_feed_touches_the_locale(monkeypatch):
    """The control: feedgen's own RSS does."""

    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(locale, "setlocale", refuse)
    for write in FORMATS.values():
        write(feed_samples.one_of_everything())
    with pytest.raises(AssertionError):
        plain_feedgen().rss_str()
