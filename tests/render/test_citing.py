"""Citations, read back by the parsers of those who take them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import bibtexparser
import pytest
import rispy
import samples
from bibtexparser.middlewares import LatexDecodingMiddleware, MonthIntMiddleware
from hypothesis import given
from hypothesis import strategies as st

from newsletter.models import Source
from newsletter.render import citing
from newsletter.text import clean_line

DAY = date(2026, 11, 22)
#: What breaks out of one format or another.
HOSTILE = [
    'A "quoted" {title} with \\ and 100 % of $5 & #1_2 ~ ^',
    "}, author = {Somebody else",
    "@online{other, title = {x}}",
    "\\input{/etc/passwd}",
    "unbalanced } brace {{{",
    "ER - ",
    "TY - BOOK",
    "الهجوم على مسجد الروضة",
    "Ünïcödé – “quotes” and 😀",
]


def of(headline: str, sources: tuple[Source, ...] = samples.FACT.sources) -> citing.Cited:
    entry = replace(samples.FACT, headline=headline, sources=sources, tags=("mosque", "car-bomb"))
    return citing.cited(entry, edition=samples.EDITION, links=samples.LINKS, published=DAY)


def from_bibtex(text: str) -> dict[str, str]:
    """Return the fields of a BibTeX file's one entry, as a reader of it sees them."""
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    (entry,) = library.entries
    for field in entry.fields:  # words of LaTeX that the decoder of the parser lacks
        field.value = field.value.replace(r"\textbraceleft{}", r"\{").replace(r"\textbraceright{}", r"\}")
        field.value = field.value.replace(r"\textasciicircum{}", "^")
    library = LatexDecodingMiddleware().transform(MonthIntMiddleware().transform(library))
    (entry,) = library.entries
    return {"type": entry.entry_type, "key": entry.key} | {field.key: str(field.value) for field in entry.fields}


def test_a_page_is_cited_in_a_line():
    line = citing.line("Two bombs", "Daily Dose", "https://dose.example.org/entries/two-bombs", DAY, "en")

    assert line == "“Two bombs,” Daily Dose, 22 November 2026, https://dose.example.org/entries/two-bombs."


@pytest.mark.parametrize("title", HOSTILE)
def test_bibtex_says_the_same_when_it_is_read_back(title):
    fields = from_bibtex(citing.bibtex(of(title)))

    assert fields["title"] == title.strip()
    assert (fields["type"], fields["author"].strip("{}")) == ("online", "Daily Dose")
    assert (fields["year"], fields["month"], fields["day"]) == ("2026", "11", "22")
    assert fields["url"] == samples.LINKS.entry(samples.FACT.slug)
    assert "The Guardian" in fields["annote"]
    assert samples.FACT.sources[0].url in fields["annote"]


@pytest.mark.parametrize("title", HOSTILE)
def test_ris_says_the_same_when_it_is_read_back(title):
    (record,) = rispy.loads(citing.ris(of(title)))

    assert record["title"] == title.strip()
    assert (record["type_of_reference"], record["authors"], record["date"]) == ("ELEC", ["Daily Dose"], "2026/11/22/")
    assert record["urls"] == [samples.LINKS.entry(samples.FACT.slug)]
    assert record["keywords"] == ["mosque", "car-bomb"]
    assert [note.split(",")[0] for note in record["notes"]] == [
        "“Benghazi: twin car bombing leaves dozens dead",
        "A. Reporter",
    ]


@pytest.mark.parametrize("title", HOSTILE)
def test_csl_json_says_the_same_when_it_is_read_back(title):
    (item,) = json.loads(citing.csl_json(of(title)))

    assert item["title"] == title
    assert (item["type"], item["author"], item["container-title"]) == (
        "webpage",
        [{"literal": "Daily Dose"}],
        "Daily Dose",
    )
    assert item["issued"] == {"date-parts": [[2026, 11, 22]]}
    assert item["URL"] == samples.LINKS.entry(samples.FACT.slug)
    assert "DOI" not in item
    assert item["note"].startswith("Sources: [1] “Benghazi: twin car bombing leaves dozens dead,” The Guardian")


@given(st.text(min_size=1).map(clean_line).filter(bool))
def test_no_headline_breaks_out_of_a_record(title):
    (record,) = rispy.loads(citing.ris(of(title, ())))
    (item,) = json.loads(citing.csl_json(of(title, ())))
    bibtex = citing.bibtex(of(title, ()))

    assert (record.get("title"), item["title"]) == (title, title)
    assert len(bibtexparser.parse_string(bibtex).entries) == 1
    assert bibtex.count("{") == bibtex.count("}")


def test_an_entry_that_no_issue_printed_has_no_date():
    undated = citing.cited(samples.REPORT, edition=samples.EDITION, links=samples.LINKS)

    assert "year" not in from_bibtex(citing.bibtex(undated))
    assert "date" not in rispy.loads(citing.ris(undated))[0]
    assert "issued" not in json.loads(citing.csl_json(undated))[0]


def test_the_plain_form_ends_with_the_entrys_own_sources():
    text = citing.plain(of(samples.FACT.headline), samples.FACT)

    assert text.startswith(
        f"“{samples.FACT.headline},” Daily Dose, 22 November 2026, https://dose.example.org/entries/"
    )
    assert "[2] A. Reporter, “January in Benghazi,” Libya Security Monitor, 30 January 2018." in text
    assert samples.FACT.sources[1].url in text


def test_a_bibtex_key_is_the_same_whatever_an_entrys_address_becomes():
    moved = citing.cited(replace(samples.FACT, slug="moved"), edition=samples.EDITION, links=samples.LINKS)

    assert moved.key == of(samples.FACT.headline).key
