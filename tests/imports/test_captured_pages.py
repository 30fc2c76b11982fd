"""Captured pages: the given one, and a dozen of the same form."""

import json
from pathlib import Path

import pytest

from newsletter.imports.pages import read_page
from newsletter.models import Entry
from newsletter.shapes import entry_shape

CITED = "Ann Smith, “A Border,” Example Post, March 12, 2012,"
HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def read(name):
    return list(read_page((HERE / "pages" / f"{name}.txt").read_bytes(), f"{name}.txt"))


def shapes(name):
    return [entry_shape(entry) for entry in read(name)]


def page(text):
    return list(read_page(text.encode(), "page.txt"))


def boxed(text):
    (entry,) = page(f"Daily Dose\n\nExtremists: Their Words. Their Actions.\n\n{text}\n\nView Archive\n")
    return entry_shape(entry)


def fields(shape, *names):
    return {name: shape[name] for name in names}


def test_the_given_page_gives_what_is_expected_in_every_field():
    expected = json.loads((ROOT / "tests" / "data" / "mali.expected.json").read_text())
    report, fact = read_page((ROOT / "seeds" / "mali.txt").read_bytes(), "mali.txt")

    for entry, wanted in ((report, expected["report"]), (fact, expected["fact"])):
        got = entry_shape(entry)
        sources = wanted.pop("sources", None)
        assert fields(got, *wanted) == wanted
        if sources:
            assert [fields(source, *sources[0]) for source in got["sources"]] == sources


def test_the_given_page_is_the_source_of_what_its_box_says_and_all_that_was_read_is_a_guess():
    _, fact = read_page((ROOT / "seeds" / "mali.txt").read_bytes(), "some/folder/mali.txt")

    assert fact.sources[0].title == "Islamist Takeover in Mali"
    assert fact.sources[0].published is None
    assert {"event_date", "country", "place", "killed", "injured", "claimed", "groups", "headline"} <= {*fact.guessed}
    assert [(str(group.attribution), group.name) for group in fact.groups] == [("suspected", "Islamic State")]
    assert (fact.status, fact.origin) == ("review", "page:mali.txt")


def test_the_same_page_gives_the_same_uids_however_its_lines_end():
    data = (ROOT / "seeds" / "mali.txt").read_bytes()

    again = read_page(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"), "renamed.txt")

    assert [entry.uid for entry in again] == [entry.uid for entry in read_page(data, "mali.txt")]


def test_a_title_with_speaker_role_and_day_makes_a_quote():
    quote, fact = shapes("quote-day")

    assert fields(quote, "kind", "speaker", "speaker_role", "event_date", "body") == {
        "kind": "quote",
        "speaker": "Elias Marwan",
        "speaker_role": "spokesman of the Example Front",
        "event_date": "1996-08-23",
        "body": "“The day will come when every one of you is asked where you stood.”[^1]",
    }
    assert {"speaker", "speaker_role", "event_date"} <= {*quote["guessed"]}
    assert fields(fact, "killed", "killed_at_least", "injured", "injured_at_least", "place", "country") == {
        "killed": 168,
        "killed_at_least": False,
        "injured": 500,
        "injured_at_least": True,
        "place": "Oklahoma City",
        "country": "US",
    }


def test_a_quote_of_a_month_has_no_day_and_its_translated_source_keeps_its_author():
    (quote,) = shapes("quote-month")

    assert quote["event_date"] == "2014-01"
    assert quote["body"].endswith("twice.[^1] The recording was removed a week later.")
    assert fields(quote["sources"][0], "author", "publisher", "published") == {
        "author": "Anna Keller",
        "publisher": "Example Review",
        "published": "2014-02",
    }
    assert quote["sources"][0]["raw"].endswith("trans. Peter Brandt, Example Review, February 2014, 23–25")


def test_an_undetermined_date_is_none_and_the_name_at_the_end_is_no_prose():
    quote, boxed_quote = shapes("quote-undetermined")

    assert fields(quote, "event_date", "body", "status") == {
        "event_date": None,
        "body": "“Our patience was never meant for them.”",
        "status": "draft",
    }
    assert fields(boxed_quote, "kind", "speaker", "event_date", "body", "headline") == {
        "kind": "quote",
        "speaker": "Samir Haddad",
        "event_date": "2009",
        "body": "“They will learn our names before they learn to fear them.”",
        "headline": "Samir Haddad, commander of the Example Front, 2009",
    }


def test_number_words_make_a_range_and_a_lower_bound():
    report, fact = shapes("number-words")

    assert fields(fact, "killed", "killed_most", "injured", "injured_at_least", "claimed") == {
        "killed": 141,
        "killed_most": 149,
        "injured": 114,
        "injured_at_least": True,
        "claimed": True,
    }
    assert fact["groups"] == [{"slug": "pakistani-taliban", "name": "Pakistani Taliban", "attribution": "claimed"}]
    assert report["sources"][0]["published"] == "2014-03-03"
    assert fact["sources"][0]["author"] == "Jane Doe"


def test_two_citations_in_a_paragraph_and_a_book_are_lifted_in_their_order():
    report, fact = shapes("two-citations")

    assert report["body"] == (
        "The first column crossed the border in March.[^1] Within a month it held three towns.[^2] "
        "Nobody expected it to stop there.\n\nThe second column came by night.[^3]"
    )
    assert [source["title"] for source in report["sources"]] == [
        "A Border Without Guards",
        "Three Towns Fall",
        "The Sahel at War",
    ]
    assert fields(fact, "event_date", "place", "killed", "killed_at_least") == {
        "event_date": "2013-01",
        "place": "In Amenas",
        "killed": 39,
        "killed_at_least": True,
    }


def test_an_address_is_kept_with_its_citation_or_alone():
    (report,) = shapes("address")

    assert [source["url"] for source in report["sources"]] == [
        "http://example.org/recruitment?id=7&lang=en",
        "https://www.example.org/interviews/12",
    ]


def test_a_page_without_citations_or_box_is_a_draft():
    (report,) = shapes("no-citation")

    assert (report["status"], report["sources"]) == ("draft", [])
    assert report["body"].count("\n\n") == 1


def test_a_box_may_hold_a_post():
    _, post = shapes("box-post")

    assert fields(post, "kind", "speaker", "speaker_role", "event_date", "headline") == {
        "kind": "post",
        "speaker": "Rami Khoury",
        "speaker_role": "Example Front supporter",
        "event_date": "2015-03-04",
        "headline": "Rami Khoury, Example Front supporter, 4 March 2015",
    }


def test_a_box_may_hold_what_somebody_said():
    _, quote = shapes("box-said")

    assert fields(quote, "kind", "speaker", "speaker_role", "event_date") == {
        "kind": "quote",
        "speaker": "Abu Karim al-Halabi",
        "speaker_role": "Example Front leader",
        "event_date": "2014-07",
    }


def test_a_box_without_an_entry_is_named_and_the_page_comes_in():
    report, problem = read("box-without-entry")

    assert isinstance(report, Entry)
    assert str(problem) == "box-without-entry.txt:5: box: expected an entry in the box, got none"


def test_straight_and_unbalanced_quotation_marks_lose_nothing():
    straight, _ = shapes("straight-quotes")
    (unbalanced,) = shapes("unbalanced")

    assert straight["body"] == 'He said that he had "nothing to add."[^1] The paper said "otherwise," though.'
    assert unbalanced["body"].startswith("The report spoke of “a front without a rear and of nothing else.[^1] Others")
    assert unbalanced["sources"][0]["raw"] == (
        "Jason Example, “A Front Without a Rear, Example Guardian (London), January 17, 2013"
    )


def test_days_from_one_to_another_have_an_end():
    _, fact = shapes("several-days")

    assert fields(fact, "event_date", "event_end", "killed", "injured", "place") == {
        "event_date": "2008-11-26",
        "event_end": "2008-11-29",
        "killed": 166,
        "injured": 300,
        "place": "Mumbai",
    }
    assert fact["groups"][0]["attribution"] == "disputed"


@pytest.mark.parametrize("name", sorted(path.stem for path in (HERE / "pages").glob("*.txt")))
def test_headlines_are_short_and_never_the_words_of_a_quote(name):
    for entry in read(name):
        if isinstance(entry, Entry):
            assert len(entry.headline) <= 90
            assert "“" not in entry.headline
            assert entry.kind != "quote" or entry.headline not in entry.body


@pytest.mark.parametrize(
    ("title", "text", "body"),
    [
        ("Abu Example, leader, 1998", "“We stay.”“Full Text,” Guardian, 1998, Abu Example", "“We stay.”[^1]"),
        ("Abu Example, leader, 1998", "“We stay.”\n\n“Full Text,” Guardian, 1998,\n\n— Abu Example", "“We stay.”[^1]"),
        ("Abu Example, leader, 1998", "Abu Example\n“We stay.”\nAbu Example, leader", "“We stay.”"),
        (
            "Abu Example, leader, 1998",
            "“We stay.\n\n“We never left.”Ann Smith, “Full Text,” Guardian, 1998,",
            "“We stay.\n\n“We never left.”[^1]",
        ),
        ("Abu Example, leader, 1998", "“We Stay,” Guardian, 1998,", "“We Stay,” Guardian, 1998,"),
        ("Abu Example, leader, 1998", "“I am Abu Example.”", "“I am Abu Example.”"),
        ("Abu Example, leader, 1998", "“We stay.”Abu Example", "“We stay.”"),
        ("Abu Example, leader, 1998", "“We stay.”\n\nSheikh Abu Example", "“We stay.”"),
    ],
)
def test_the_name_and_citation_at_the_end_of_a_quote_are_lifted_however_they_stand(title, text, body):
    (quote,) = page(f"{title}\n\n{text}\n")

    assert (quote.speaker, quote.body) == ("Abu Example", body)


def test_the_name_under_the_title_is_no_prose_where_the_citation_repeats_it():
    cited = "Sayyid Example, “Milestones,” Maktabah, 1964, 5,"
    (quote,) = page(f"Sayyid Example, Egyptian ideologue, 1964\n\nSayyid Example\n\n“It is the way.”{cited}")

    assert (quote.body, quote.sources[0].author, quote.origin) == (
        "“It is the way.”[^1]",
        "Sayyid Example",
        "page:page.txt, by Sayyid Example",
    )


def test_the_name_at_the_end_may_lack_its_honorific():
    (quote,) = page("Sheikh Abu Example, leader, 1998\n\n“We stay.”\n\nAbu Example\n")

    assert (quote.speaker, quote.body) == ("Sheikh Abu Example", "“We stay.”")


def test_a_text_that_is_too_long_is_not_said_to_be_missing_too():
    found = page("A Title\n\n" + "word " * 50_000)

    assert [str(problem) for problem in found] == ["page.txt:3: body: expected at most 200,000 characters, got 249,999"]


def test_a_page_with_more_sources_than_an_entry_may_have_is_refused_by_field_and_line():
    found = page("A Title\n\n" + "So.“T,” CNN, 2010, " * 1_001)

    assert [str(problem) for problem in found] == ["page.txt:3: sources: expected at most 1,000, got 1,001"]


def test_a_box_may_stand_alone_and_end_with_the_page():
    (entry,) = page("Daily Dose\nSomething happened in Kabul, Afghanistan.\nView Archive")
    (open_ended,) = page(
        "Daily Dose\nExtremists: Their Words. Their Actions.\nSomething happened in Kabul, Afghanistan."
    )

    assert (entry.uid, entry.sources[0].raw) == (open_ended.uid, "Daily Dose box of the page page.txt")


def test_an_author_may_stand_beside_the_label():
    _, fact = page("A Title\nName of Author: Jane Doe\nA text.\nDaily Dose\nIt happened in Kabul.\nView Archive")

    assert fact.sources[0].author == "Jane Doe"


@pytest.mark.parametrize(
    ("lines", "body", "author"),
    [
        (
            "Name of Author\n\nThe first is short.\n\nThe second follows.",
            "The first is short.\n\nThe second follows.",
            None,
        ),
        (f"Name of Author\n\nIt is short.{CITED}\n\nIt went on.", "It is short.[^1]\n\nIt went on.", None),
        ("Name of Author\n\nThe only paragraph.", "The only paragraph.", None),
        ("Name of Author\n\nJane Doe and Omar Diallo\n\nIt began.", "It began.", "Jane Doe and Omar Diallo"),
        ("Early Years\n\nIt began.", "Early Years\n\nIt began.", None),
        ("The Long War\n\nIt began.", "The Long War\n\nIt began.", None),
        ("Name of Author\n\nThe Long War\n\nIt began.", "The Long War\n\nIt began.", None),
        ("by Jane Doe\n\nIt began.", "It began.", "Jane Doe"),
        ("José María Aznar y López\n\nIt began.", "It began.", "José María Aznar y López"),
        ("Jane Doe and Ali al-Hasan\n\nIt began.", "It began.", "Jane Doe and Ali al-Hasan"),
        ("Jane Doe, Ali Roe, and Omar Diallo\n\nIt began.", "It began.", "Jane Doe, Ali Roe, and Omar Diallo"),
        ("Jane Doe, PhD\n\nIt began.", "It began.", "Jane Doe, PhD"),
        ("Jane A. Doe\n\nIt began.", "It began.", "Jane A. Doe"),
        ("Nguyen Van An\n\nIt began.", "It began.", "Nguyen Van An"),
        ("Jane Doe\n\nIt began.\n\nJane Roe", "It began.\n\nJane Roe", "Jane Doe"),
        *(
            (text, text, None)
            for text in (
                "Saudi Arabia\n\nThe kingdom is rich.",
                "San Bernardino\n\nIt is a town.",
                "Boko Haram\n\nIt began.",
                "Muslim Brotherhood\n\nIt began.",
                "Foreign Fighters\n\nThey came in spring.",
                "North Africa\n\nIt began.",
                "Osama Example\n\nHe was born in a town.\n\nAyman Example\n\nHe was born in another.",
                "Osama Example\n\nExample was born in a town.",
            )
        ),
    ],
)
def test_a_page_without_an_author_loses_no_line_and_one_with_an_author_names_them(lines, body, author):
    (report,) = page(f"A Title\n\n{lines}")

    assert report.body == body
    assert report.origin == (f"page:page.txt, by {author}" if author else "page:page.txt")


def test_a_quote_whose_title_is_too_long_for_a_headline_gets_a_shorter_one():
    role = "a speaker of the front and of many other things that take long to tell of"
    (quote,) = page(f"Abu Example, {role}, May 3, 1998\n\n“We stay.”")

    assert quote.headline.startswith("Abu Example, a speaker of the front")
    assert quote.headline.endswith("…, 3 May 1998")
    assert "headline" in quote.guessed


def test_paragraphs_without_empty_lines_between_them_stay_apart():
    long = "A sentence that is long enough to be a paragraph of its own on the page as it was captured, " * 2
    (report,) = page(f"A Title\n\n{long}\n{long}\nA last line.")

    assert report.body.split("\n\n") == [long.strip(), long.strip(), "A last line."]
