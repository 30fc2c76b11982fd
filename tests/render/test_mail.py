"""The mail: two parts saying the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import feed_samples
import pytest
import samples
from bs4 import BeautifulSoup
from golden_pages import LETTERS, message
from letters import WHOSE, filled, frozen, parsed
from wording import words_in, words_of_html, words_of_text

from newsletter import resources
from newsletter.models import Correction, Entry
from newsletter.render import prose, words
from newsletter.render.mail import LARGEST, MailTooLarge, issue_mail
from newsletter.shapes import entry_of


@cache
def parts(name: str) -> tuple[str, str]:
    text, html = parsed(message(name)).iter_parts()
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("name", LETTERS)
def test_a_mail_has_a_text_and_an_html_part_that_say_the_same_words_in_the_same_order(name):
    whole = parsed(message(name))
    kinds = [part.get_content_type() for part in whole.iter_parts()]

    assert whole.get_content_type() == "multipart/alternative"
    assert kinds == ["text/plain", "text/html"]
    assert words_of_text(parts(name)[0]) == words_of_html(parts(name)[1])


@pytest.mark.parametrize("name", LETTERS)
def test_the_text_part_names_every_address_that_the_html_part_leads_to(name):
    text, html = parts(name)
    for link in BeautifulSoup(html, "lxml").select("a[href]"):
        address = link["href"].split("#")[0].removeprefix("mailto:")
        assert address in text


@pytest.mark.parametrize("name", LETTERS)
def test_the_content_note_comes_first_and_then_the_summary(name):
    issue, _ = LETTERS[name]
    told = prose.summary(replace(issue.entry, content_note=None), 140)
    note = f"Content note: {issue.entry.content_note} " if issue.entry.content_note else ""
    body = BeautifulSoup(parts(name)[1], "lxml").body.get_text(" ")

    assert " ".join(parts(name)[0].split()).startswith(note + told)
    assert words_in(body)[: len(words_in(note + told))] == words_in(note + told)


@pytest.mark.parametrize("name", LETTERS)
def test_nothing_is_hidden_and_nothing_is_loaded(name):
    html = parts(name)[1]
    soup = BeautifulSoup(html, "lxml")

    assert not re.search(r"display:\s*none|font-size:\s*[01]px|opacity|visibility|mso-hide|url\(|@import", html)
    assert not soup.select("img, link, script, form, iframe, input")


def test_the_titles_agree():
    for name in LETTERS:
        soup = BeautifulSoup(parts(name)[1], "lxml")
        assert soup.title.get_text() == parsed(message(name))["Subject"] == LETTERS[name][0].subject


def test_corrections_and_missed_issues_are_carried_and_slips_are_not():
    letter = issue_mail(
        samples.issue_of(samples.QUOTE),
        **WHOSE,
        corrections=[samples.CORRECTION, samples.SLIP],
        missed=[samples.WITHDRAWN, samples.issue_of(samples.POST, samples.TODAY - timedelta(days=3))],
    )

    for part in (letter.text, letter.html):
        assert "Correction, 20 November 2026:" in part
        assert "spelt" not in part
        assert part.index("19 November 2026") < part.index("21 November 2026")
        assert samples.LINKS.issue(samples.WITHDRAWN.day) in part
        assert "Benghazi mosque" in part  # the correction's headline
    assert "21 November 2026: Withdrawn" in letter.text


def test_missed_issues_that_a_mail_has_no_room_for_are_counted_and_found_in_the_archive():
    several = [samples.issue_of(samples.POST, samples.TODAY - timedelta(days=days)) for days in (2, 1)]
    letter = issue_mail(samples.ISSUE, **WHOSE, missed=several, more_missed=25)
    link = BeautifulSoup(letter.html, "lxml").find("a", string="archive")

    assert "And 25 more before these: see the archive.\nhttps://dose.example.org/archive/\n" in letter.text
    assert link["href"] == samples.LINKS.archive()
    assert link.parent.get_text() == "And 25 more before these: see the archive."
    assert "more before these" not in issue_mail(samples.ISSUE, **WHOSE, missed=several).text


def test_a_mail_says_which_part_of_it_is_what():
    soup = BeautifulSoup(issue_mail(samples.ISSUE, **WHOSE).html, "lxml")

    assert "Benghazi" in soup.find(role="main").get_text()
    assert "Unsubscribe" in soup.find(role="contentinfo").get_text()


def test_an_edition_without_rights_or_postal_address_leaves_no_gap():
    bare = replace(samples.PUBLISHER, rights="", postal_address="")
    letter = issue_mail(samples.ISSUE, **(WHOSE | {"publisher": bare}))

    assert letter.text.endswith("Report an error: editors@example.org\n")


def test_a_mail_of_twelve_sources_is_far_below_what_gmail_clips():
    letter = issue_mail(samples.issue_of(samples.TWELVE_SOURCES), **WHOSE)

    assert len(frozen(letter)) < 40_000


@pytest.mark.parametrize("many", [300, 1000])
def test_an_entry_too_long_for_a_mail_is_cut_to_its_beginning_with_a_way_to_the_rest(many):
    sources = samples.TWELVE_SOURCES.sources * (many // 12)
    marks = "".join(f"[^{number}]" for number in range(1, len(sources) + 1))
    entry = replace(samples.TWELVE_SOURCES, sources=sources, body=f"A first sentence. {'More of it. ' * 900}{marks}")
    letter = issue_mail(samples.issue_of(entry), **WHOSE)

    assert len(frozen(letter)) < LARGEST
    assert "The whole entry and all its sources" in letter.text
    assert words_of_text(letter.text) == words_of_html(letter.html)


def test_a_mail_that_cannot_be_made_small_is_refused_with_its_size():
    note = replace(samples.CORRECTION, note="x " * LARGEST)

    with pytest.raises(MailTooLarge, match="60,000"):
        issue_mail(samples.ISSUE, **WHOSE, corrections=[note])


def starter() -> list[Entry]:
    rows = (resources.folder("seeds") / "starter.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry_of(json.loads(row)) for row in rows]


def test_every_entry_of_the_starter_archive_makes_a_mail_whose_parts_agree():
    for entry in starter():
        letter = issue_mail(samples.issue_of(entry), **WHOSE)
        assert words_of_text(letter.text) == words_of_html(letter.html), entry.slug
        assert letter.subject == entry.headline
        assert len(frozen(letter)) < LARGEST


def test_a_hostile_archive_is_mailed_too():
    for issue in feed_samples.hostile().issues:
        if issue.withdrawal is None:
            letter = issue_mail(issue, **WHOSE)
            raw = filled(frozen(letter))
            assert len(raw) < 2 * LARGEST
            assert list(parsed(raw).keys()) == list(parsed(filled(frozen())).keys())
            assert not BeautifulSoup(letter.html, "lxml").select("script, svg, img, [onload], [onclick]")


def test_a_correction_of_the_text_leaves_the_printed_text_to_the_page():
    change = samples.Change(field="body", was="was " * 100, now="now")
    note = Correction(
        entry="x", headline="X", corrected_at=datetime(2026, 11, 20, tzinfo=UTC), note="Wrong", changes=(change,)
    )
    letter = issue_mail(samples.ISSUE, **WHOSE, corrections=[note])

    assert "was was" not in letter.text + letter.html


@pytest.mark.parametrize("name", LETTERS)
def test_a_reader_can_leave_by_a_link_near_the_top_and_one_at_the_end_of_both_parts(name):
    leave = f"{samples.LINKS.base_url}/unsubscribe/t0ken"
    text, html = parts(name)

    assert text.count(f"Unsubscribe: {leave}\r\n") == 2
    assert text.index(leave) < text.index(words.MOTTO)
    assert text.rindex(leave) > text.rindex(words.VIEW_ARCHIVE)
    links = [link for link in BeautifulSoup(html, "lxml").select("a[href]") if link["href"] == leave]
    assert [link.get_text() for link in links] == ["Unsubscribe", "Unsubscribe"]
    assert links[0].find_next("h1")
    assert not links[1].find_next("h1")
