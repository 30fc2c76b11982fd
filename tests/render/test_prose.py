"""An entry's text as HTML and as plain text: complete, the same everywhere, and never dangerous."""

from __future__ import annotations

import re

import feed_samples
import lxml.html
import pytest
from feed_check import unsafe
from feed_samples import SCRIPTS, SOURCE, entry
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.models import Source
from newsletter.render import prose
from newsletter.text import clean

COURT = Source(raw="Report of the court, 2019", url="https://court.example.org/7")
MARKDOWN = st.text(st.sampled_from("[]()^*_>!<&\"'`\\#-|~\n\t 1290ab:/.é€↩\u200c") | st.characters(), max_size=200)


def body(text: str, **fields: object) -> str:
    return prose.html(entry(body=text, **fields), key="k").body


def test_the_narrow_markdown_is_paragraphs_emphasis_links_and_quotes():
    assert body("One *two* **three**.\n\n> Said [so](https://a.example/?b=1&c).\n\nEnd") == (
        "<p>One <em>two</em> <strong>three</strong>.</p>\n"
        '<blockquote>\n<p>Said <a href="https://a.example/?b=1&amp;c">so</a>.</p>\n</blockquote>\n'
        "<p>End</p>"
    )


@pytest.mark.parametrize(
    "text",
    ["# Heading", "- item", "1. item", "`code`", "~~gone~~", "| a | b |", "---", "<b>bold</b>", "&amp; &copy;",
     "https://bare.example/", "<https://auto.example/>", "Term[^a] and [^]"],
)  # fmt: skip
def test_everything_else_stays_as_it_was_typed(text):
    assert lxml.html.fromstring(body(text)).text_content().strip() == text
    assert prose.plain(entry(body=text)).body == text


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example/", "/admin",
     "admin", "#fn-k-1", "?q", "\\\\evil.example", "https:", "http:///x", "mailto:", "ftp://a.example/",
     "file:///etc/passwd", "https://[", "&#106;avascript:alert(1)", "java%0ascript:alert(1)"],
)  # fmt: skip
def test_only_absolute_addresses_of_the_web_and_of_mail_are_links(address):
    assert "<a" not in body(f"[x]({address})")


@pytest.mark.parametrize("address", ["http://a.example", "https://a.example/b#c", "mailto:a@b.example"])
def test_such_addresses_are(address):
    assert f'<a href="{address}">x</a>' in body(f"[x]({address})")


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_field_can_carry_a_script_into_the_fragment(script):
    text = prose.html(
        entry(
            body=script,
            content_note=script,
            sources=(Source(raw=script), Source(raw="r", title=script, author=script, publisher=script)),
        ),
        key="k",
    )

    assert unsafe(str(text).replace('href="#', 'href="https://x.example/#')) == []


@settings(max_examples=150)
@given(MARKDOWN)
def test_no_text_at_all_can(text):
    """And whatever was typed, rendering neither fails nor loses a letter of a plain paragraph."""
    shown = prose.html(
        entry(body=clean(text), content_note=clean(text) or None), key="k", permalink="https://x.example/"
    )

    assert unsafe(str(shown)) == []
    assert prose.sanitised(shown.body) == shown.body
    prose.plain(entry(body=clean(text)), width=40)


@settings(max_examples=100)
@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=200))
def test_no_letter_is_lost(text):
    letters = "".join(clean(text).split())

    for shown in (lxml.html.fragment_fromstring(body(clean(text)), "div").text_content(),
                  prose.plain(entry(body=clean(text)), width=30).body):  # fmt: skip
        assert "".join(shown.split()) == letters


def test_footnotes_carry_the_markup_that_feed_readers_know():
    """NetNewsWire pops `a.footnote` whose hash is an id in the article; back it is `.reversefootnote`."""
    shown = prose.html(entry(), key="2018-01-23", permalink="https://d.example/archive/2018/01/23")

    assert (
        '<sup id="fnref-2018-01-23-1"><a class="footnote" rel="footnote" role="doc-noteref" '
        'href="https://d.example/archive/2018/01/23#fn-2018-01-23-1">1</a></sup>'
    ) in shown.body
    assert shown.sources == (
        '<section class="footnotes" role="doc-endnotes" aria-label="Sources">\n<ol>\n'
        '<li id="fn-2018-01-23-1">Ann Writer, “Two Car Bombs in Benghazi,” Example News, 23 January 2018. '
        '<a href="https://news.example.com/a?b=1&amp;c=2">https://news.example.com/a?b=1&amp;c=2</a> '
        '<a class="reversefootnote" role="doc-backlink" aria-label="Back to the text, 1" '
        'href="https://d.example/archive/2018/01/23#fnref-2018-01-23-1">↩\ufe0e</a></li>\n</ol>\n</section>'
    )


def test_on_a_page_marks_stay_on_the_page():
    shown = prose.html(entry(), key="k")

    assert 'href="#fn-k-1"' in shown.body
    assert 'href="#fnref-k-1"' in shown.sources


def test_every_mark_has_an_id_of_its_own_and_a_way_back():
    root = lxml.html.fromstring(f"<div>{prose.html(entry(body='A.[^1] B.[^1] C.[^1]'), key='k')}</div>")
    ids = root.xpath("//@id")

    assert ids == ["fnref-k-1", "fnref-k-1-2", "fnref-k-1-3", "fn-k-1"]
    assert [href[1:] for href in root.xpath("//section//a[@class]/@href")] == ids[:3]


def test_a_mark_without_a_source_is_left_out_and_a_source_without_a_mark_is_listed():
    shown = prose.html(entry(body="A.[^2] B.[^0] C.[^3]", sources=(SOURCE, COURT)), key="k")
    root = lxml.html.fromstring(f"<div>{shown}</div>")

    assert [each.text for each in root.xpath("//sup/a")] == ["2"]
    assert [len(each.xpath(".//a[@class='reversefootnote']")) for each in root.xpath("//li")] == [0, 1]
    assert prose.plain(entry(body="A.[^2] B.[^0] C.[^3]", sources=(SOURCE, COURT))).body == "A.[2] B. C."


def test_without_ids_and_classes_it_can_still_be_read():
    """Some readers strip every attribute but the address: number, note, list and visible address remain."""
    shown = str(prose.html(entry(content_note="Describes deaths."), key="k"))
    stripped = re.sub(r' (?:id|class|rel|role|aria-label)="[^"]*"', "", shown)

    assert lxml.html.fromstring(f"<div>{stripped}</div>").text_content() == (
        "Content note: Describes deaths.\n\n"
        "Two car bombs went off outside a mosque in Benghazi as people left the evening prayer.1\n\n\n\n"
        "Ann Writer, “Two Car Bombs in Benghazi,” Example News, 23 January 2018. "
        "https://news.example.com/a?b=1&c=2 ↩\ufe0e\n\n"
    )
    assert "<ol>" in stripped


def test_plain_text_is_what_a_person_would_type():
    typed = prose.plain(
        entry(
            body="Two *car bombs* went off, [the court](https://court.example.org/7) said.[^1]\n\n"
            "> “We saw the light first,” a neighbour said.\\\n> “Then the sound.”\n>\n> “Then nothing.”[^2]\n\n"
            "Mail [a@b.example](mailto:a@b.example).",
            content_note="Describes deaths.",
            sources=(SOURCE, COURT),
        ),
        width=60,
    )

    assert str(typed) == (
        "Content note: Describes deaths.\n"
        "\n"
        "Two *car bombs* went off, the court\n"
        "(https://court.example.org/7) said.[1]\n"
        "\n"
        "> “We saw the light first,” a neighbour said.\n"
        "> “Then the sound.”\n"
        ">\n"
        "> “Then nothing.”[2]\n"
        "\n"
        "Mail a@b.example.\n"
        "\n"
        "Sources:\n"
        "[1] Ann Writer, “Two Car Bombs in Benghazi,” Example News,\n"
        "    23 January 2018.\n"
        "    https://news.example.com/a?b=1&c=2\n"
        "[2] Report of the court, 2019.\n"
        "    https://court.example.org/7"
    )


def test_html_and_plain_text_say_the_same():
    of = feed_samples.one_of_everything().issues[1].entry
    root = lxml.html.fromstring(f"<div>{prose.html(of, key='k')}</div>")
    for back in root.xpath("//a[@class='reversefootnote']"):
        back.drop_tree()
    for link in root.xpath("//p/a"):
        link.tail = f" ({link.get('href')}){link.tail or ''}"
    for mark in root.xpath("//sup/a"):
        mark.text = f"[{mark.text}]"
    typed = re.sub(r"^Sources:$|^\[\d+\] |\*", "", str(prose.plain(of)), flags=re.MULTILINE)

    assert root.text_content().split() == typed.split()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One. Two.", "One."),
        ("Gen. Ham of the U.S. Army said so. Then left.", "Gen. Ham of the U.S. Army said so."),
        ("“Stop!” he said. They did not.", "“Stop!” he said."),
        ("He said “Stop.” They did not.", "He said “Stop.”"),
        ("At 3.15 p.m. on 4 May it began.[^1] Then more.", "At 3.15 p.m. on 4 May it began."),
        ("انفجرت سيارتان. قُتل عشرة.", "انفجرت سيارتان."),
        ("No stop at all", "No stop at all"),
        ("*One* [two](https://a.example)[^1]. Three.", "One two."),
        ("> “Quoted.”\n\nFramed.", "“Quoted.”"),
        ("[^1]", ""),
    ],
)
def test_the_first_sentence_ends_where_a_reader_would_end_it(text, first):
    assert prose.summary(entry(body=text), longest=len(first)) == first


def test_a_summary_is_whole_sentences_after_the_content_note():
    of = entry(body="One is here. Two is here. Three is here.", content_note="Describes deaths")

    assert prose.summary(of, 60) == "Content note: Describes deaths. One is here. Two is here."
    assert prose.summary(entry(body="word " * 50), 22) == "word word word word…"


@given(MARKDOWN, st.integers(40, 300))
def test_a_summary_is_one_line_and_no_longer_than_asked(text, longest):
    said = prose.summary(entry(body=clean(text), content_note="Describes the killing of some children."), longest)

    assert len(said) <= longest
    assert "\n" not in said


def test_the_language_and_its_direction_go_with_the_text():
    assert prose.attributes(entry(language="ar")) == ' lang="ar" dir="rtl"'
    assert prose.attributes(entry()) == ' lang="en" dir="ltr"'
