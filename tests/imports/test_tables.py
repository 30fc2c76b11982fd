"""CSV tables: with and without a mapping, whole and broken."""

import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.mapping import InvalidMapping, Mapping
from newsletter.imports.tables import read_csv
from newsletter.models import Entry, PartialDate, Problem

ROOT = Path(__file__).parent.parent
HEADER = "kind,headline,body,event_date,killed\n"


def table(text, mapping=None):
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_csv(io.BytesIO(data), "t.csv", mapping and Mapping.parse(mapping.encode(), "m.toml")))


def entries(found):
    return [entry for entry in found if isinstance(entry, Entry)]


def problems(found):
    return [str(problem) for problem in found if isinstance(problem, Problem)]


def test_columns_named_like_fields_need_no_mapping():
    (entry,) = table(
        "Kind,headline,body,event date,country,latitude,longitude,killed,claimed,groups,tags,source_title,source_url,"
        "source_published\n"
        'fact,A Headline,"Two lines,\nin one cell.",2019-01,Libya,32.1,20.1,33-41,no,'
        "Islamic State (suspected); Boko Haram,market;police,"
        "A Report,https://example.org/1,2019-02-03\n"
    )

    assert (entry.body, str(entry.event_date), entry.country) == ("Two lines,\nin one cell.", "2019-01", "LY")
    assert (entry.killed, entry.killed_most, entry.claimed) == (33, 41, False)
    assert [(group.slug, str(group.attribution)) for group in entry.groups] == [
        ("islamic-state", "suspected"),
        ("boko-haram", "attributed"),
    ]
    assert entry.tags == ("market", "police")
    assert (entry.sources[0].title, entry.sources[0].published) == ("A Report", PartialDate(2019, 2, 3))
    assert entry.status == "review"


def test_a_table_whose_only_line_is_broken_is_not_said_to_be_empty_too():
    found = problems(table(b"kind,headline,body\rfact,One,First\r"))

    assert found == ["t.csv:1: expected lines that end in LF or CR LF, got a CR alone"]
    assert problems(table(b"")) == ["t.csv: expected a header line with the columns' names, got an empty file"]


def test_the_facts_come_in_by_a_mapping_with_the_uids_of_their_origin():
    mapping = Mapping.parse((ROOT / "imports" / "facts.toml").read_bytes(), "facts.toml")
    with (ROOT / "data" / "facts.csv").open("rb") as stream:
        found = list(read_csv(stream, "facts.csv", mapping))

    benghazi = next(entry for entry in entries(found) if entry.origin == "facts:2018-01-23:Benghazi")
    assert (benghazi.killed, benghazi.injured, benghazi.groups, benghazi.country) == (41, 80, (), "LY")
    assert len(entries(found)) == 328
    assert problems(found) == [
        "facts.csv:97: id: expected an id of its own, got that of line 96",
        "facts.csv:272: id: expected an id of its own, got that of line 271",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "only,three,cells",
        "a,b,c,d,e,f",
        "fact,A \x00 NUL,b,2019,1",
        "fact,H,b,2019,many",
        'fact,"H,b,2019,1',
        "fact,H\x81,b,2019,1",
    ],
)
def test_a_broken_row_in_the_middle_costs_no_other(broken):
    text = f"{HEADER}fact,One,First body,2019,1\n{broken}\nfact,Two,Second body,2019,2\nfact,Three,Third,2019,3\n"
    found = table(text.encode("latin-1"))

    assert [entry.headline for entry in entries(found)] == ["One", "Two", "Three"]
    assert [problem.line for problem in found if isinstance(problem, Problem)] == [3]


def test_every_wrong_field_of_a_row_is_named_with_its_line():
    found = table(f"{HEADER}fact,H,b,31/12/2019,many\nnews,H,b,2019,1\n")

    assert problems(found) == [
        "t.csv:2: event_date: expected a date such as 2019-01-23 (a mapping can name its format), got '31/12/2019'",
        "t.csv:2: killed: expected a number, a range such as 33-41, or at least 33, got 'many'",
        "t.csv:3: kind: expected one of quote, post, fact, report, got 'news'",
    ]


@pytest.mark.parametrize(
    ("field", "cell", "problem"),
    [
        ("claimed", "perhaps", "expected true or false, got 'perhaps'"),
        ("latitude", "north", "expected degrees such as 32.11, got 'north'"),
        ("country", "Atlantis", "expected a country's code or English name, got 'Atlantis'"),
        (
            "event_date",
            "x" * 90,
            f"expected a date such as 2019-01-23 (a mapping can name its format), got '{'x' * 60}…'",
        ),
    ],
)
def test_a_cell_that_says_something_else_is_refused(field, cell, problem):
    assert f"t.csv:2: {field}: {problem}" in problems(table(f"kind,headline,body,{field}\nfact,H,b,{cell}\n"))


def test_cells_say_yes_countries_and_dates_as_people_write_them():
    (entry,) = table(
        "kind,headline,body,claimed,country,event_date,latitude,longitude\n"
        'fact,H,b,YES,ly,"January 23, 2019","32,5",20\n'
    )

    assert (entry.claimed, entry.country, str(entry.event_date), entry.latitude) == (True, "LY", "2019-01-23", 32.5)


def test_a_line_without_end_is_refused_and_the_next_is_read():
    found = table(f"{HEADER}fact,{'x' * 5_000_000},b,2019,1\nfact,H,b,2019,1\n")

    assert problems(found) == ["t.csv:2: expected a line of at most 2,000,000 bytes, got a longer one"]
    assert len(entries(found)) == 1


def test_an_empty_id_and_a_wrong_source_are_refused():
    mapping = """
[columns]
Text = "body"
[constants]
kind = "fact"
[[sources]]
url = "Link"
published = "Am"
[id]
columns = ["Nr"]
prefix = "x:"
"""
    found = table("Nr,Text,Link,Am\n,b,,\n2,b,ftp://x,\n3,b,https://example.org/,soon\n", mapping)

    assert [(problem.line, problem.field) for problem in found] == [(2, "id"), (3, "sources"), (4, "sources")]


def test_a_column_that_stands_twice_is_named_and_the_first_is_taken():
    found = table("kind,headline,body,body\nfact,H,one,two\n")

    assert problems(found) == ["t.csv:1: body: a column of this name stands twice: the first is taken"]
    assert entries(found)[0].body == "one"


def test_a_byte_order_mark_semicolons_and_windows_1252_are_read():
    plain = "kind;headline;body\nfact;Café;“Déjà vu” – twice\n"
    for data in (
        b"\xef\xbb\xbf" + plain.encode(),
        plain.encode("windows-1252"),
        b"sep=;\r\n" + plain.replace("\n", "\r\n").encode(),
    ):
        (entry,) = table(data)
        assert (entry.headline, entry.body) == ("Café", "“Déjà vu” – twice")


def test_a_missing_column_is_named_and_the_rest_goes_on():
    found = table(
        "Art,Titel,Text\nfact,H,b\n",
        '[columns]\nArt = "kind"\nTitel = "headline"\nText = "body"\nTote = "killed"\n',
    )

    assert problems(found) == ["t.csv:1: killed: expected a column 'Tote', got Art, Titel, Text"]
    assert [entry.headline for entry in entries(found)] == ["H"]


def test_without_a_column_for_the_body_no_row_is_read_and_one_line_says_so():
    found = table("kind,headline\nfact,H\nfact,H\n")

    (problem,) = problems(found)
    assert problem == (
        "t.csv:1: expected columns named like an entry's fields, at least kind and body, got kind, headline; "
        "a mapping says which column is which field (--map FILE.toml)"
    )
    assert entries(found) == []


def test_what_no_column_of_a_mapping_gives_is_named():
    """One that it names and the table lacks is told once."""
    mapping = '[columns]\nTitel = "headline"\nText = "body"\n'
    found = table("Titel\nH\n", mapping)

    assert problems(found) == [
        "t.csv:1: body: expected a column 'Text', got Titel",
        "t.csv:1: kind: expected a column or a constant for kind: no row can be read without it",
    ]
    assert entries(found) == []


def test_a_strange_column_is_named_once_and_passed_over():
    found = table("kind,headline,body,kiled\nfact,H,b,4\nfact,H,c,4\n")

    assert problems(found) == ["t.csv:1: kiled: no such field: the column is passed over; a mapping can name its field"]
    assert len(entries(found)) == 2


def test_an_open_quotation_mark_loses_only_its_row():
    rows = "".join(f"fact,H{number},body {number},2019,1\n" for number in range(3000))
    found = table(f'{HEADER}fact,"open,b,2019,1\n{rows}')

    assert len(entries(found)) == 3000
    assert len(problems(found)) == 1


def test_a_mapping_has_values_constants_formats_groups_and_ids():
    mapping = """
date_formats = ["%d.%m.%Y", "%m/%Y"]
delimiter = ";"
[columns]
Was = "body"
Wann = "event_date"
Tote = "killed"
Breite = "latitude"
Laenge = "longitude"
Wer = "groups"
[constants]
kind = "fact"
language = "de"
tags = ["archiv"]
[values.killed]
unbekannt = ""
[values.groups]
unbekannt = ""
IS = "Islamic State"
[groups]
separator = "/"
attribution = "suspected"
[[sources]]
title = "Quelle"
constants = { publisher = "Beispiel" }
[id]
columns = ["Nr"]
prefix = "beispiel:"
"""
    header = "Nr;Was;Wann;Tote;Breite;Laenge;Wer;Quelle\n"
    one, two, problem = table(
        f"{header}7;Es geschah.;03.02.2001;unbekannt;32,5;20;IS/PKK;Bericht\n"
        "8;Es geschah wieder.;02/2001;5+;;;unbekannt;\n7;Noch einmal.;;;;;;\n",
        mapping,
    )

    assert (str(one.event_date), one.killed, one.latitude, one.language, one.tags) == (
        "2001-02-03",
        None,
        32.5,
        "de",
        ("archiv",),
    )
    assert [(group.name, str(group.attribution)) for group in one.groups] == [
        ("Islamic State", "suspected"),
        ("PKK", "suspected"),
    ]
    assert (one.origin, one.sources[0].publisher, one.status) == ("beispiel:7", "Beispiel", "review")
    assert (str(two.event_date), two.killed, two.killed_at_least, two.groups, two.status) == (
        "2001-02",
        5,
        True,
        (),
        "draft",
    )
    assert str(problem) == "t.csv:4: id: expected an id of its own, got that of line 2"


def test_a_headline_that_no_column_gives_is_made_and_marked_as_a_guess():
    fact, quote = table(
        "kind,body,place,country,event_date,speaker,speaker_role\n"
        'fact,"On January 23, 2019, two car bombs exploded in Benghazi, killing 41.",Benghazi,LY,2019-01-23,,\n'
        "quote,“We stay.”,,,2019-01,Jane Doe,spokeswoman\n"
    )

    assert (fact.headline, fact.guessed) == ("Benghazi, Libya: two car bombs exploded", ("headline",))
    assert quote.headline == "Jane Doe, spokeswoman, January 2019"


def test_the_same_table_read_twice_gives_the_same_uids():
    text = f"{HEADER}fact,H,b,2019,1\n"

    assert table(text)[0].uid == table(text)[0].uid


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "t.csv: expected a header line with the columns' names, got an empty file"),
        (b"\x00\x01\x02\x03\x04" * 9, "t.csv: expected text, got a binary file"),
        ("kind,body\n".encode("utf-16"), "t.csv: expected UTF-8 or Windows-1252, got UTF-16: save it as UTF-8"),
    ],
)
def test_what_is_no_table_gets_one_clear_line(data, problem):
    assert problems(table(data)) == [problem]


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ("columns = 3", "columns"),
        ('[columns]\nA = "bodie"', "columns.A"),
        ('[columns]\nA = "body"\n[constants]\nkind = "news"', "constants.kind"),
        ('delimiter = ";;"\n[columns]\nA = "body"', "delimiter"),
        ('encoding = "utf-16"\n[columns]\nA = "body"', "encoding"),
        ('encoding = "klingon"\n[columns]\nA = "body"', "encoding"),
        ('date_formats = ["%Q"]\n[columns]\nA = "body"', "date_formats"),
        ('[columns]\nA = "body"\n[id]\ncolumns = ["A"]', "id.prefix"),
        ('[columns]\nA = "body"\n[groups]\nattribution = "surely"', "groups.attribution"),
        ('[columns]\nA = "body"\n[groops]\nseparator = ";"', "groops"),
        ('[columns]\nA = "body"\n[[sources]]\nauthors = "A"', "sources.authors"),
        ("not toml", ""),
        ("[columns]\nA = 3", "columns.A"),
        ('[columns]\nA = "body"\n[tags]\nseparator = 3', "tags.separator"),
        ('sources = [3]\n[columns]\nA = "body"', "sources"),
        ('[columns]\nA = "body"\n[values]\nnews = 3', "values.news"),
        ("", "columns"),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_key(mapping, key):
    with pytest.raises(InvalidMapping) as refused:
        Mapping.parse(mapping.encode(), "m.toml")

    assert [problem.field for problem in refused.value.problems] == [key]


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: HEADER.encode() + text.encode("utf-8", "replace"))
)
def test_no_bytes_make_a_table_raise(data):
    assert all(isinstance(found, Entry | Problem) for found in table(data))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_make_a_mapping_raise_but_as_it_says(data):
    with suppress(InvalidMapping):
        assert isinstance(Mapping.parse(data, "m.toml"), Mapping)
