"""What feeds say of an issue: withdrawals, corrections, reruns, places, sources and hostile text."""

from __future__ import annotations

import json
import re

import feed_samples
import feedparser
import lxml.html
import pytest
from feed_check import unsafe
from written_feeds import items_of, written

from newsletter.models import IssueState, Rule
from newsletter.render.feeds import FORMATS, atom, json_feed, rss
from newsletter.render.links import Links


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
