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
from functools import cache
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import feed_samples
import feedparser
import lxml.html
import pytest
from feed_check import findings, unsafe
from feedgen.feed import FeedGenerator
from lxml import etree
from reader import make_reader

from newsletter.models import IssueState, Rule
from newsletter.render.feeds import FORMATS, MEDIA_TYPES, atom, json_feed, rss
from newsletter.render.items import item
from newsletter.render.links import Links
from newsletter.resources import folder
from newsletter.shapes import entry_of

GOLDEN = Path(__file__).parent / "golden" / "feeds"
NOW = datetime(2024, 12, 31, tzinfo=UTC)
HOME = "https://dose.example.org/"


@cache
def written(name: str, fmt: str) -> bytes:
    """Return a sample feed in a format; the hostile one takes a while."""
    return FORMATS[fmt](getattr(feed_samples, name)())


def items_of(body: bytes) -> list[etree._Element]:
    root = etree.fromstring(body, etree.XMLParser(huge_tree=True))
    return root.findall(".//item") or root.findall("{*}entry")


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


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_withdrawn_issue_keeps_its_id_and_address_and_nothing_else(fmt):
    feed = feed_samples.one_of_everything()
    gone = feed.issues[2]
    assert gone.state is IssueState.WITHDRAWN
    alone = FORMATS[fmt](feed_samples.feed(gone)).decode()

    assert gone.uid.urn in alone
    assert feed.links.issue(gone.day) in alone
    assert "This entry named a person wrongly." in alone
    for trace in ("Jane Doe", "Benghazi", "mosque", "news.example.com", "Ann Writer", "2018", "Libya"):
        assert trace not in alone


def test_a_withdrawal_is_an_update():
    parsed = feedparser.parse(written("one_of_everything", "atom")).entries[2]

    assert (parsed.published, parsed.updated) == ("2024-01-03T06:00:03+00:00", "2024-01-05T10:00:00+00:00")
    assert parsed.title == "Withdrawn: the issue of 3 January 2024"


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_correction_stands_before_the_text_and_a_slip_nowhere(fmt):
    corrected = feed_samples.feed(feed_samples.one_of_everything().issues[1])
    body = FORMATS[fmt](corrected).decode()

    assert body.index("Content note:") < body.index("An earlier version gave the year as 2019")
    assert body.rindex("Correction, 5 January 2024") < body.index("outside a mosque in", body.index("Correction,"))
    assert "Date: 23 January 2018; printed as 23 January 2019." in body
    assert "A typing mistake" not in body


def test_a_correction_is_an_update_and_no_new_publication():
    parsed = feedparser.parse(written("one_of_everything", "atom")).entries[1]

    assert (parsed.published, parsed.updated) == ("2024-01-04T06:00:03+00:00", "2024-01-05T09:30:00+00:00")


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_rerun_says_so_and_no_other_does(fmt):
    issue = feed_samples.issue(1, feed_samples.entry())

    assert b"From the archive" not in FORMATS[fmt](feed_samples.feed(issue))
    rerun = feed_samples.issue(1, feed_samples.entry(), rule=Rule.RERUN)
    assert b"<strong>From the archive</strong>" in FORMATS[fmt](feed_samples.feed(rerun)).replace(
        b"&lt;", b"<"
    ).replace(b"&gt;", b">")


def test_a_caught_up_issue_is_dated_when_it_was_due():
    for fmt in ("atom", "rss"):
        published = feedparser.parse(written("one_of_everything", fmt)).entries[3].published_parsed
        assert tuple(published)[:6] == (2024, 1, 2, 6, 0, 0)
    assert json.loads(written("one_of_everything", "json"))["items"][3]["date_published"] == "2024-01-02T06:00:00Z"


def test_when_and_where_it_happened_stands_apart_from_when_it_was_published():
    parsed = [feedparser.parse(written("one_of_everything", fmt)).entries for fmt in ("atom", "rss")]
    roots = [items_of(written("one_of_everything", fmt)) for fmt in ("atom", "rss")]

    for entries in parsed:
        assert entries[1].where == {"type": "Point", "coordinates": (20.0868, 32.1194)}
    for items in roots:
        assert [each.findtext("{http://purl.org/dc/terms/}temporal") for each in items] == [
            "2018-01-23", "2018-01-23", None, "2014-01", "start=2018-01-23; end=2018-01-25; scheme=W3C-DTF",
        ]  # fmt: skip


@pytest.mark.parametrize("fmt", ["atom", "rss"])
def test_sources_are_via_links_beside_the_one_alternate(fmt):
    links = feedparser.parse(written("one_of_everything", fmt)).entries[1].links

    assert [link.href for link in links if link.rel == "via"] == [
        "https://news.example.com/a?b=1&c=2",
        "https://court.example.org/7",
    ]
    assert [link.href for link in links if link.rel == "alternate"] == ["https://dose.example.org/archive/2024/01/04"]


def test_rss_titles_use_the_character_references_that_every_reader_gets_right():
    assert b"markets &#x26; schools &#x3C;again></title>" in written("one_of_everything", "rss").replace(b"&gt;", b">")


def test_json_feed_tells_sources_and_event_in_fields():
    document = json.loads(written("one_of_everything", "json"))
    corrected = document["items"][1]

    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "https://dose.example.org/feed.json"
    assert corrected["_dailydose"]["event_date"] == "2018-01-23"
    assert [source["url"] for source in corrected["_dailydose"]["sources"]] == [
        "https://news.example.com/a?b=1&c=2",
        "https://court.example.org/7",
    ]
    assert corrected["_dailydose"]["toll"] == (
        "between 33 and 41 people killed (not counting the attackers), at least 80 injured"
    )


def test_the_three_formats_say_the_same():
    """One fragment: the same HTML in each."""
    documents = json.loads(written("one_of_everything", "json"))["items"]
    from_atom = [each.findtext("{*}content") for each in items_of(written("one_of_everything", "atom"))]
    from_rss = [
        each.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
        for each in items_of(written("one_of_everything", "rss"))
    ]

    assert from_atom == from_rss == [each["content_html"] for each in documents]


def test_hostile_text_is_shown_and_never_run():
    """All of it, in the JSON too, and what was typed can still be read."""
    for each in json.loads(written("hostile", "json"))["items"]:
        assert unsafe(each["content_html"]) == []
    xss = next(each for each in json.loads(written("hostile", "json"))["items"] if "Scripts" in each["title"])
    text = lxml.html.fromstring(xss["content_html"]).text_content()
    assert text.count("<script>alert(1)</script>") >= 4
    assert "[x](javascript:alert(1))" in text


def test_three_hundred_sources_are_three_hundred_notes():
    """Each with its address, its way back for every mark, and marks without a source left out."""
    document = json.loads(written("hostile", "json"))["items"]
    content = next(each["content_html"] for each in document if each["title"] == "Three hundred sources")
    root = lxml.html.fromstring(content)

    assert len(root.xpath("//section//li")) == 300
    assert len(root.xpath("//sup/a")) == 302
    targets = {each.get("href").split("#")[1] for each in root.xpath("//a[contains(@href, '#fn')]")}
    assert targets == set(root.xpath("//@id"))
    assert "[^" not in root.text_content()


def test_a_right_to_left_entry_says_so():
    items = json.loads(written("hostile", "json"))["items"]
    arabic = next(each for each in items if each["language"] == "ar")

    assert arabic["content_html"].startswith('<div lang="ar" dir="rtl">')


def test_footnotes_of_two_days_never_share_an_id():
    ids = re.findall(rb'\bid="([^"]+)"', b"".join(map(str.encode, (
        each["content_html"] for each in json.loads(written("one_of_everything", "json"))["items"]
    ))))  # fmt: skip

    assert ids
    assert len(ids) == len(set(ids))


def test_a_feed_is_known_by_the_id_that_was_minted_or_by_its_address_without_the_scheme():
    plain = feed_samples.feed(links=Links("http://dose.example.org"))
    secure = feed_samples.feed(links=Links("https://dose.example.org"))
    facet = feed_samples.feed(page="https://dose.example.org/groups/x")
    minted = feed_samples.feed(uid=feed_samples.issue(1, feed_samples.entry()).uid)

    assert plain.id == secure.id
    assert len({plain.id, facet.id, minted.id}) == 3
    assert minted.id == minted.uid.urn


def test_a_facet_has_its_own_self_link_and_site():
    feed = feed_samples.feed(page=feed_samples.LINKS.month(2024, 1))

    assert b'<link href="https://dose.example.org/archive/2024/01/feed.atom" rel="self"' in atom(feed)
    assert b"<link>https://dose.example.org/archive/2024/01/</link>" in rss(feed)
    assert json.loads(json_feed(feed))["feed_url"] == "https://dose.example.org/archive/2024/01/feed.json"


def test_the_author_is_the_name_in_the_senders_address():
    assert feed_samples.feed().author == "Daily Dose"
