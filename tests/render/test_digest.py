"""The digest's mail: the week's issues in brief, in two parts that say the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import samples
from bs4 import BeautifulSoup
from letters import WHOSE, filled, imprint, parsed
from wording import words_of_html, words_of_text

from newsletter.models import Edition, Issue
from newsletter.render import message, words
from newsletter.render.digest import digest_mail
from newsletter.render.links import Links
from newsletter.render.mail import LARGEST, MailTooLarge
from newsletter.render.message import LEAVE, Letter, freeze

#: What every part of it must stay below, or Gmail cuts it off, and the way to leave with it.
CLIPPED = 95_000


def digest(issues: list[Issue] = samples.WEEK, **more: object) -> Letter:
    return digest_mail(issues, **WHOSE, **more)


def days_before(number: int) -> Issue:
    return samples.issue_of(samples.TWELVE_SOURCES, samples.TODAY - timedelta(days=number))


def arabic() -> Letter:
    edition = Edition(
        slug="ar", title="جرعة اليوم", language="ar", schedules=samples.EDITION.schedules, since=samples.TODAY
    )
    links = Links(samples.LINKS.base_url, edition="ar")
    return digest_mail([samples.issue_of(samples.ARABIC)], edition=edition, publisher=samples.PUBLISHER, links=links)


@pytest.mark.parametrize(
    "letter", [digest(), digest(corrections=[samples.CORRECTION]), digest(samples.WEEK[:1]), arabic()]
)
def test_both_parts_say_the_same_words_in_the_same_order_and_lead_to_the_same_pages(letter):
    assert words_of_text(letter.text) == words_of_html(letter.html)
    for link in BeautifulSoup(letter.html, "lxml").select("a[href]"):
        assert link["href"].removeprefix("mailto:") in letter.text


def test_it_says_in_its_subject_how_many_issues_of_which_days_it_holds():
    assert digest().subject == "Daily Dose: 7 issues, 16–22 Nov 2026"
    assert digest(samples.WEEK[:1]).subject == "Daily Dose: 1 issue, 16 November 2026"


def test_each_issue_has_its_day_its_half_its_headline_a_brief_text_and_a_link_in_day_order():
    text = digest().text
    of_issues = text.split("\n\n\n")[2:9]

    assert len(of_issues) == 7
    for issue, told in zip(samples.WEEK, of_issues, strict=True):
        assert f"{words.section_label(issue.entry.kind)}" in told.split("\n\n")[0]
        assert " ".join(issue.entry.headline.split()) in " ".join(told.split())
        assert str(issue.day.day) in told
        assert f"Read it with its sources: {samples.LINKS.issue(issue.day)}" in told
    assert "Osama bin Laden, leader of al-Qaeda" in of_issues[0]
    assert "From the archive" in of_issues[6]


def test_the_content_note_of_an_issue_comes_before_all_else_of_it():
    soup = BeautifulSoup(digest().html, "lxml")
    notes = soup.select(".content-note")

    assert [note.get_text() for note in notes] == ["Content note: Describes an attack on worshippers."] * 2
    for note in notes:
        assert note.find_previous_sibling() is None
        assert note.find_next("h2").get_text() == samples.FACT.headline


def test_an_issue_that_was_corrected_bears_the_note_and_it_is_carried_no_second_time():
    letter = digest(corrections=[samples.AGAIN, samples.CORRECTION, samples.SLIP])

    for part in (letter.text, letter.html):
        assert part.count("Correction, 21 November 2026:") == 1
        assert part.count("Correction, 20 November 2026:") == 1
        assert part.index("21 November 2026:") < part.index("Corrections of earlier issues")
        assert part.index("Corrections of earlier issues") < part.index("Correction, 20 November 2026:")
        assert "spelt" not in part


def test_a_reader_can_leave_near_the_top_and_at_the_end_and_nothing_is_hidden_or_loaded():
    letter = digest()
    leave = samples.LINKS.unsubscribe(LEAVE)
    soup = BeautifulSoup(letter.html, "lxml")
    links = [link for link in soup.select("a[href]") if link["href"] == leave]

    assert letter.text.count(f"Unsubscribe: {leave}") == 2
    assert letter.text.index(leave) < letter.text.index(words.MOTTO)
    assert letter.text.rindex(leave) > letter.text.rindex(words.VIEW_ARCHIVE)
    assert [link.get_text() for link in links] == ["Unsubscribe", "Unsubscribe"]
    assert links[0].find_next("h1")
    assert not links[1].find_next("h2")
    assert not soup.select("img, link, script, form, iframe, input")
    assert not re.search(r"display:\s*none|font-size:\s*[01]px|opacity|visibility|url\(|@import", letter.html)


def test_seven_long_issues_are_far_below_what_gmail_clips():
    long = replace(
        samples.TWELVE_SOURCES, body="A sentence of words that go on. " * 3000, content_note="It is long. " * 20
    )
    letter = digest([samples.issue_of(long, samples.TODAY - timedelta(days=number)) for number in range(6, -1, -1)])

    assert message.size(letter) < 40_000 < CLIPPED
    assert "Read it with its sources" in letter.text


def test_after_weeks_the_newest_are_told_those_before_linked_and_older_ones_counted():
    letter = digest([days_before(number) for number in range(49, -1, -1)])
    told, _, linked = letter.text.partition("You may have missed")

    assert told.count("Read it with its sources") == 14
    assert linked.count("Commuters killed") == 28
    assert "And 8 more before these: see the archive." in linked
    assert message.size(letter) < LARGEST
    assert letter.subject == "Daily Dose: 50 issues, 4 Oct – 22 Nov 2026"


def test_issues_of_a_digest_that_some_missed_are_linked_with_those_before():
    letter = digest(missed=[days_before(8), days_before(7)])
    _, _, linked = letter.text.partition("You may have missed")

    assert re.findall(r"archive/2026/11/(\d\d)\s", linked) == ["14", "15"]
    assert letter.subject == digest().subject


def test_a_note_on_an_issue_that_is_only_linked_is_carried_since_nothing_else_would_say_it():
    corrected = replace(days_before(20), corrections=(samples.CORRECTION,))
    letter = digest(
        [corrected, *(days_before(number) for number in range(13, -1, -1))], corrections=[samples.CORRECTION]
    )

    assert letter.text.count("Correction, 20 November 2026:") == 1
    assert letter.html.count("Correction, 20 November 2026:") == 1


def test_fewer_are_told_where_that_would_be_too_large():
    wordy = replace(samples.FACT, content_note="It is long. " * 300)
    letter = digest([samples.issue_of(wordy, samples.TODAY - timedelta(days=number)) for number in range(13, -1, -1)])

    assert letter.text.count("Read it with its sources") == 7
    assert message.size(letter) <= LARGEST


def test_a_digest_that_cannot_be_made_small_is_refused_with_its_size():
    with pytest.raises(MailTooLarge, match="60,000"):
        digest(corrections=[replace(samples.CORRECTION, note="x " * LARGEST)])


def test_it_says_to_mail_programs_that_it_is_a_digest_and_of_which_week():
    of_week = imprint(kind="digest", key="2026-W47-7", page=samples.LINKS.month(2026, 11))
    mail = parsed(filled(freeze(digest(), of_week)))

    assert mail["Archived-At"] == "<https://dose.example.org/archive/2026/11/>"
    assert mail["Feedback-ID"].startswith("2026-W47-7:daily-dose:digest:")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
