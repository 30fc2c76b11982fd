"""What people type, in feeds: addresses in any script, and text that looks like HTML and is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import feed_samples
import lxml.html
import pytest
from feed_check import URI, findings
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.models import Source
from newsletter.render.feeds import atom, rss
from newsletter.render.items import item

NOW = datetime(2024, 12, 31, tzinfo=UTC)
HOME = "https://dose.example.org/"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://example.org/فارسی", "https://example.org/%D9%81%D8%A7%D8%B1%D8%B3%DB%8C"),
        ("https://مثال.إختبار/", "https://xn--mgbh0fb.xn--kgbechtv/"),
        ("https://straße.example:8080/ß", "https://stra%C3%9Fe.example:8080/%C3%9F"),
        ("https://[2001:db8::1]/a[1]|b%zz%41#a#b", "https://[2001:db8::1]/a%5B1%5D%7Cb%25zz%41#a%23b"),
        ("https://news.example.com/a?b=1&c=2", "https://news.example.com/a?b=1&c=2"),
    ],
)
def test_a_source_is_linked_by_an_address_that_every_reader_can_follow(typed, sent):
    """In ASCII, and never another host: IDNA of 2003 would make `ss` of `ß`."""
    of = feed_samples.entry(sources=(Source(raw="A report", url=typed),))

    assert item(feed_samples.issue(1, of), feed_samples.LINKS).via == (sent,)


@given(st.text(max_size=60))
def test_whatever_an_address_holds_is_sent_as_a_uri(text):
    """And stays as it is when it is sent again."""
    of = feed_samples.entry(sources=(Source(raw="A report", url=f"https://x{text}"),))
    (sent,) = item(feed_samples.issue(1, of), feed_samples.LINKS).via
    again = feed_samples.entry(sources=(Source(raw="A report", url=sent),))

    assert URI.fullmatch(sent)
    assert item(feed_samples.issue(1, again), feed_samples.LINKS).via == (sent,)


@pytest.mark.parametrize("title", [feed_samples.REFERENCES, "A &amp; B", "Q&A4", "AT&T & <b>Co</b>", "a < b & c > d"])
def test_a_title_that_looks_like_html_is_read_as_it_was_typed(title):
    feed = feed_samples.feed(feed_samples.issue(1, feed_samples.entry(headline=title)), title=title, description=title)
    root = etree.fromstring(atom(feed))

    for element in root.iterfind(".//{*}title"):
        text = element.text if element.get("type", "text") == "text" else lxml.html.fromstring(element.text).text
        assert text == title
    told = title.replace("<", "‹").replace(">", "›") if "</" in title else title
    assert etree.fromstring(rss(feed)).findtext("channel/item/title") == told, "RSS has no way to say that it is text"
    assert findings(atom(feed), now=NOW, home=HOME) == []


def test_a_category_whose_name_looks_like_html_is_named_by_its_term():
    """A label can't say that it is text."""
    groups = next(each.entry for each in feed_samples.hostile().issues if each.entry.slug == "references").groups
    feed = feed_samples.feed(feed_samples.issue(1, feed_samples.entry(country=None, groups=groups)))
    categories = etree.fromstring(atom(feed)).findall(".//{*}category")[1:]

    assert [each.get("label") for each in categories] == ["group-0", "group-1", "C & D", "group-3", "group-4"]
    assert [each.text for each in etree.fromstring(rss(feed)).iter("category")][1:] == [
        each.get("label") for each in categories
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "finding"),
    [
        (rb'via" href="[^"]+"', 'via" href="https://example.org/فارسی"', "InvalidIRI"),
        (rb"<title>Daily Dose", "<title>Daily &amp;amp; Dose", "ContainsUndeclaredHTML"),
        (rb"<subtitle>", "<subtitle>&amp;#60;", "ContainsUndeclaredHTML"),
        (rb"<title>Two car", "<title>Two &amp;copy car", "ContainsUndeclaredHTML"),
        (rb' label="', ' label="&lt;/b>', "ContainsHTML"),
    ],
)
def test_the_check_finds_addresses_and_texts_that_the_validator_would(was, becomes, finding):
    body = re.sub(was, becomes.encode(), atom(feed_samples.one_of_everything()), count=1)

    assert {each.split(":")[0] for each in findings(body, now=NOW, home=HOME)} == {finding}
