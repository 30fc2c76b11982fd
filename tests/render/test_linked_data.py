"""What programs read in a page's head."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import samples
from bs4 import BeautifulSoup

from newsletter.models import Source
from newsletter.render import pages

BREAKS = ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028", "&amp;&lt;"]


def head(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml").head


def data(html: str) -> dict:
    return json.loads(head(html).select_one('script[type="application/ld+json"]').string)


def test_an_entry_is_an_article_with_its_place_time_and_sources():
    found = data(samples.every_page()["entry"])

    assert found["@type"] == "Article"
    assert found["headline"] == samples.FACT.headline
    assert found["url"] == samples.LINKS.entry(samples.FACT.slug)
    assert (found["temporalCoverage"], found["contentLocation"]["name"]) == ("2018-01-23", "Benghazi, Libya")
    assert (found["datePublished"], found["dateModified"]) == ("2026-11-08", "2026-11-21T09:30:00Z")
    assert [source["url"] for source in found["citation"]] == [source.url for source in samples.FACT.sources]
    assert len(found["correction"]) == 3
    assert found["description"].startswith("Content note: ")
    assert "mainEntity" not in found


def test_words_are_a_quotation_of_who_spoke_and_their_text_is_not_given():
    found = data(samples.every_page()["issue-quote"])

    assert found["mainEntity"] == {
        "@type": "Quotation",
        "name": samples.QUOTE.headline,
        "creator": {"@type": "Person", "name": "Osama bin Laden", "jobTitle": "leader of al-Qaeda"},
        "dateCreated": "1998-05-28",
    }
    assert "al-Qaeda" not in json.dumps({**found, "mainEntity": None}), "no group is named without its ground"


def test_background_is_a_report_and_says_only_what_is_known():
    found = data(samples.every_page()["entry-report"])

    assert found["@type"] == "Report"
    assert {"datePublished", "temporalCoverage", "contentLocation", "correction"}.isdisjoint(found)


@pytest.mark.parametrize("text", BREAKS)
def test_no_entry_breaks_out_of_the_script(text):
    entry = replace(samples.FACT, headline=text, place=text, tags=(text,), sources=(Source(raw=text, author=text),))
    html = pages.entry_page(entry, **samples.WHOSE)

    assert html.count("<script") == html.count("</script") == 1
    assert data(html)["headline"] == text
    assert data(html)["citation"][0]["author"] == text


def test_networks_are_told_of_the_card_by_its_whole_address():
    found = head(samples.every_page()["issue"])
    said = {tag.get("property") or tag.get("name"): tag["content"] for tag in found.select("meta[content]")}

    assert said["og:image"] == f"{samples.LINKS.entry(samples.FACT.slug)}.png"
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    assert said["twitter:card"] == "summary_large_image"
    assert said["og:title"] == said["og:image:alt"] == samples.FACT.headline


@pytest.mark.parametrize("name", ["issue-withdrawn", "front-withdrawn", "gone", "archive", "about"])
def test_a_page_of_no_entry_has_no_card_and_no_citation(name):
    html = samples.every_page()[name]

    assert "ld+json" not in html
    assert ".png" not in html
    assert "describedby" not in html
