"""The pages: as they were looked at, in LOOK's order, with nothing in them that the archive could make run."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import pytest
import samples
from bs4 import BeautifulSoup
from golden_pages import GOLDEN, rendered
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from newsletter.render import absence, box, pages, squares, templates
from newsletter.render.article import article
from newsletter.render.links import Links
from newsletter.render.mail import issue_mail
from newsletter.render.squares import Line, Mark

PAGES = [name for name in samples.every_page() if not name.startswith("box")]


@cache
def page(name: str) -> BeautifulSoup:
    return BeautifulSoup(samples.every_page()[name], "lxml")


@pytest.mark.parametrize("name", rendered())
def test_the_bytes_are_the_ones_that_were_looked_at(name):
    """Golden files; `python tests/render/write_golden_pages.py` writes them anew."""
    assert rendered()[name] == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_one_heading_of_its_own_a_title_and_its_landmarks(name):
    soup = page(name)

    assert len(soup.select("h1")) == 1
    assert soup.title.get_text().endswith(samples.EDITION.title) or samples.EDITION.title in soup.title.get_text()
    assert len(soup.select("main#content")) == len(soup.select("header.masthead nav")) == 1
    assert len(soup.select("footer.colophon")) == 1
    assert soup.select_one("body > a.skip")["href"] == "#content"
    assert (soup.html["lang"], soup.html["dir"]) == ("en", "ltr")


#: Scripts, and not the data for programs.
SCRIPTS = "script:not([type='application/ld+json'])"


@pytest.mark.parametrize("name", PAGES)
def test_no_page_runs_a_script_or_loads_anything_but_its_stylesheet(name):
    soup = page(name)

    assert not soup.select(f"{SCRIPTS}, iframe, img, object, embed, [style], [onclick], base")
    assert {form["action"] for form in soup.select("form[action]")} <= {"/search"}
    assert [link["href"] for link in soup.select("link[rel=stylesheet]")] == ["/static/site.css"]
    assert not re.search(r"url\(|@import", templates.text("site/style.css"))


@pytest.mark.parametrize("name", PAGES)
def test_headings_step_down_one_level_at_a_time(name):
    levels = [int(heading.name[1]) for heading in page(name).select("h1, h2, h3, h4")]

    assert all(below - above <= 1 for above, below in zip([0, *levels], levels, strict=False))


@pytest.mark.parametrize("name", PAGES)
def test_the_three_feeds_are_found_under_titles_of_their_own(name):
    found = {link["type"]: (link["title"], link["href"]) for link in page(name).select("link[rel=alternate]")}
    found.pop("application/json+oembed", None)

    assert found == {
        "application/rss+xml": ("Daily Dose (RSS)", "/feed.rss"),
        "application/atom+xml": ("Daily Dose (Atom)", "/feed.atom"),
        "application/feed+json": ("Daily Dose (JSON Feed)", "/feed.json"),
    }


#: What stands on an issue's page, in the order in which a reader meets it.
ORDER = [
    ".folio",
    ".content-note",
    ".entry > .dateline",
    ".entry > h1, .entry > h2",
    ".correction",
    ".prose",
    ".facts",
    ".footnotes",
    ".slip",
    ".neighbours",
    ".beside section:nth-of-type(1)",
    ".cite",
]


@pytest.mark.parametrize("name", ["issue", "front"])
def test_an_issue_stands_in_the_order_that_a_reader_needs(name):
    everything = list(page(name).main.descendants)
    places = [next(i for i, tag in enumerate(everything) if tag is page(name).select_one(what)) for what in ORDER]

    assert places == sorted(places)


@pytest.mark.parametrize("name", ["issue-withdrawn", "gone", "front-withdrawn"])
def test_of_what_was_withdrawn_only_the_notice_is_left(name):
    html = samples.every_page()[name]

    assert "a court has since cleared" in html
    assert "The entry is being rewritten." in html
    for word in ("Benghazi", "worshippers", "Guardian", samples.FACT.slug):
        assert word not in html


def test_a_withdrawn_page_is_not_to_be_listed_and_other_pages_name_their_permanent_address():
    assert page("issue-withdrawn").select_one("meta[name=robots]")["content"] == "noindex"
    assert not page("issue-withdrawn").select("link[rel=canonical]")
    canonical = page("issue").select_one("link[rel=canonical]")["href"]
    assert canonical == "https://dose.example.org/archive/2026/11/22"
    assert page("issue").select_one("meta[property='og:url']")["content"] == canonical


def test_a_card_of_the_page_elsewhere_has_a_headline_and_a_summary_that_begins_with_the_content_note():
    told = {tag["property"]: tag["content"] for tag in page("issue").select("meta[property]")}

    assert told["og:title"] == samples.FACT.headline
    assert told["og:description"].startswith("Content note: Describes an attack on worshippers.")
    assert told["og:image"] == f"{samples.LINKS.entry(samples.FACT.slug)}.png"


def test_an_entry_in_another_language_runs_in_its_own_direction_on_a_page_that_keeps_its_own():
    entry = page("issue-arabic").select_one("article.entry")

    assert (entry["lang"], entry["dir"]) == ("ar", "rtl")
    assert entry.select_one(".facts")["dir"] == "ltr"


def test_an_edition_in_arabic_has_pages_from_right_to_left_under_its_own_address():
    soup = BeautifulSoup(samples.arabic_front(), "lxml")

    assert (soup.html["lang"], soup.html["dir"]) == ("ar", "rtl")
    assert soup.select_one(".card__foot a")["href"] == "/e/ar/archive/"


def test_every_mark_leads_to_its_source_and_back():
    soup = page("issue-sources")
    marks = [mark["href"][1:] for mark in soup.select("a.footnote")]
    backs = [back["href"][1:] for back in soup.select("a.reversefootnote")]

    assert len(marks) == len(backs) == 12
    assert all(soup.find(id=target) for target in marks + backs)


def test_sources_show_their_addresses_in_full():
    for link in page("issue-sources").select(".footnotes li > a:first-of-type"):
        assert link.get_text() == link["href"]


def test_a_correction_says_what_was_printed_and_a_slip_stands_below():
    soup = page("entry")

    assert "printed as 23 January 2019" in soup.select_one(".correction").get_text()
    assert "spelt" not in soup.select_one(".correction").get_text()
    assert "spelt" in soup.select_one(".slip").get_text()


def test_a_rerun_is_marked():
    assert "From the archive" in page("issue-post").select_one(".folio").get_text()


def test_an_entry_names_the_issues_in_which_it_appeared_and_marks_those_that_were_withdrawn():
    assert [(link["href"], link.get_text()) for link in page("entry").select(".days a")] == [
        ("/archive/2026/11/09", "The issue of 9 November 2026, withdrawn"),
        ("/archive/2026/11/08", "The issue of 8 November 2026"),
    ]


def test_corrections_come_newest_first_wherever_there_are_several():
    issue = samples.issue_of(samples.FACT, corrections=(samples.CORRECTION, samples.SLIP, samples.AGAIN))
    letter = issue_mail(samples.issue_of(samples.QUOTE), **samples.WHOSE, corrections=issue.corrections)
    told = [
        pages.issue_page(issue, **samples.WHOSE),
        pages.entry_page(samples.FACT, **samples.WHOSE, corrections=issue.corrections),
        pages.corrections_page(issue.corrections, **samples.WHOSE),
        box.box_page(issue, **samples.WHOSE),
        article(issue, samples.LINKS),
        issue_mail(issue, **samples.WHOSE).text,
        letter.text,
        letter.html,
    ]

    for each in told:
        text = " ".join(each.split())
        assert text.index("we printed the lowest figure alone") < text.index("The bombing was in 2018")


def test_the_page_of_a_withdrawn_issue_says_so_once():
    assert page("issue-withdrawn").main.get_text().count("Withdrawn") == 1
    assert "21 November 2026" in page("issue-withdrawn").select_one(".dateline").get_text()


@pytest.mark.parametrize(
    "hostile", ['<script>alert(1)</script>"', "' onclick='x", "</title><svg onload=x>", "javascript:alert(1)"]
)
def test_what_an_editor_typed_is_text_wherever_it_stands(hostile):
    entry = samples._entry(
        kind="quote",
        headline=f"Headline {hostile}",
        body=f"Body {hostile} [a]({hostile}) > x\n\n> {hostile}",
        speaker=hostile,
        speaker_role=hostile,
        place=hostile,
        toll_note=hostile,
        content_note=hostile,
        event_date="2018-01-23",
        groups=[{"name": f"g {hostile}", "attribution": "claimed"}],
        sources=[{"raw": hostile, "title": hostile, "publisher": hostile}],
    )
    note = samples.Correction(
        entry=entry.slug, headline=entry.headline, corrected_at=samples.CORRECTION.corrected_at, note=hostile
    )
    issue = samples.issue_of(entry, corrections=(note,))
    line = Line.of(issue)
    for html in (
        pages.front_page(issue, **samples.WHOSE, previous=line, same_day=[entry]),
        pages.issue_page(issue, **samples.WHOSE, previous=line, next=line, same_day=[entry]),
        pages.entry_page(entry, **samples.WHOSE, corrections=[note], issues=[line]),
        pages.archive_page([], **samples.WHOSE, latest=[line]),
        pages.year_page(2026, [line], **samples.WHOSE, today=samples.TODAY),
        pages.month_page(samples.TODAY, [line], **samples.WHOSE, today=samples.TODAY),
        pages.on_this_day_page(1, 23, [entry], **samples.WHOSE),
        pages.corrections_page([note], **samples.WHOSE),
        absence.problem_page(hostile, [hostile], **samples.WHOSE),
    ):
        soup = BeautifulSoup(html, "lxml")
        assert not soup.select(f"{SCRIPTS}, svg, [onclick], [onload], a[href^='javascript']")
        labels = " ".join(tag["aria-label"] for tag in soup.select("[aria-label]"))
        assert hostile in soup.get_text() + labels


def test_addresses_stay_under_the_path_that_the_site_is_served_under():
    links = Links("https://example.org/dose")
    whose = samples.WHOSE | {"links": links}
    soup = BeautifulSoup(pages.issue_page(samples.ISSUE, **whose), "lxml")
    own = [a["href"] for a in soup.select("a[href^='/']")] + [soup.select_one("link[rel=stylesheet]")["href"]]

    assert own
    assert all(address.startswith("/dose/") for address in own)


def test_a_name_that_a_template_was_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        templates.render("site/issue.html", title="only a title")


# The calendar


def test_each_square_says_in_words_what_it_shows_in_colour():
    squares_ = {a["href"][-5:]: a for a in page("year").select(".square[href]")}

    assert squares_["11/22"]["aria-label"].startswith("22 November 2026, today, ")
    assert "Words: " in squares_["11/20"]["aria-label"] or "Actions: " in squares_["11/20"]["aria-label"]
    assert squares_["11/09"]["aria-label"] == "9 November 2026, withdrawn"
    assert len(page("year").select(".square--today:not(.key *)")) == 1


def test_a_missing_day_is_hollow_and_what_is_still_to_come_is_not():
    lines = squares.by_day([Line.of(samples.ISSUE)])
    month = squares.month(2026, 11, lines, today=date(2026, 11, 24), since=date(2026, 11, 20))
    marks = {square.day.day: square.mark for week in month.weeks for square in week if square}

    assert marks[19] is Mark.OUTSIDE
    assert marks[20] is marks[21] is marks[23] is Mark.MISSING
    assert marks[22] is Mark.ACTIONS
    assert marks[24] is marks[25] is Mark.OUTSIDE
    assert month.issues == 1


@given(st.dates(), st.dates())
def test_a_month_has_each_of_its_days_once_in_weeks_of_seven(day, today):
    month = squares.month(day.year, day.month, {}, today=today, since=date.min)
    days = [square.day for week in month.weeks for square in week if square]

    assert all(len(week) == 7 for week in month.weeks)
    assert days == sorted(set(days))
    assert {found.month for found in days} == {day.month}
    assert day in days


def test_the_days_beside_the_29th_of_february_are_its_neighbours():
    links = [a["href"] for a in page("on-empty").select(".turn a")]

    assert links == ["/on/02-28", "/on/03-01"]


def test_the_key_of_a_year_says_how_many_issues_each_mark_has():
    key = [" ".join(item.get_text(" ").split()) for item in page("year").select(".key li")]
    marks = page("year").select("a.square:not(.key *)")

    assert key[0] == f"“ Words: {sum('square--words' in mark['class'] for mark in marks)}"
    assert key[1] == f"■ Actions: {sum('square--actions' in mark['class'] for mark in marks)}"
    assert key[2].startswith("× Withdrawn: ")
    assert [text for text in key[3:] if text] == ["No issue", "Today"]
