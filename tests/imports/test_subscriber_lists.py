"""Lists of subscribers in CSV: every odd row is refused with its line and field, and costs no other."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.imports.subscribers import _NO_CONSENT, COLUMNS, InvalidList, Listed, ListReader, ListTerms, Refused
from newsletter.preferences import Preferences

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def terms(**changed) -> ListTerms:
    return ListTerms(
        **({"edition": "daily-dose", "editions": {"daily-dose", "other"}, "vouched": True, "now": NOW} | changed)
    )


def reader(content: str | bytes, **changed) -> ListReader:
    data = content.encode() if isinstance(content, str) else content
    return ListReader(io.BufferedReader(io.BytesIO(data)), "list.csv", terms(**changed))


def rows(content: str | bytes, **changed) -> list[Listed | Refused]:
    return list(reader(content, **changed))


def told(items: list[Listed | Refused]) -> list[str]:
    """Return what a list says: its addresses, and its refusals as they are printed."""
    return [
        text for item in items for text in ([item.address] if isinstance(item, Listed) else map(str, item.problems))
    ]


def test_a_row_says_all_that_its_columns_have():
    header = ",".join(COLUMNS)
    cells = "Reader@Bücher.example.org,other,paused,weekly,5,07:30,Europe/Berlin,text,2026-12-24,good,at the fair,"
    (row,) = rows(f"{header}\n{cells}2026-05-03T09:00:00+02:00,2026-05-04,\n")
    assert row == Listed(
        line=2,
        address="Reader@xn--bcher-kva.example.org",
        folded="reader@xn--bcher-kva.example.org",
        edition="other",
        state="paused",
        address_state="good",
        preferences=Preferences(cadence="weekly", weekday=5, hour=time(7, 30), zone="Europe/Berlin", format="text"),
        paused_until=date(2026, 12, 24),
        consent="at the fair",
        consented_at=datetime(2026, 5, 3, 7, tzinfo=UTC),
        confirmed_at=datetime(2026, 5, 4, tzinfo=UTC),
        left_at=None,
    )


def test_an_address_alone_is_active_daily_and_html():
    (row,) = rows("address\nreader@example.org\n")
    assert (row.edition, row.state, row.address_state, row.preferences, row.consent) == (
        *("daily-dose", "active", "good", Preferences(), ""),
    )


@pytest.mark.parametrize(
    "content",
    [
        "address,name\na@example.org,A\nb@example.org,B\n",
        "\ufeffaddress,name\r\na@example.org,A\r\n\r\nb@example.org,B",
        'name;"Address"\nA;a@example.org\nB; b@example.org \n',
        "sep=;\nName;ADDRESS\nA;a@example.org\nB;b@example.org\n",
        "address\tname\na@example.org\tA\nb@example.org\t\n",
        "address,name\na@example.org,Zoë\nb@example.org,B\n".encode("windows-1252"),
        "address,name\na@example.org,Zoë\nb@example.org,B\n".encode("utf-16"),
        "address;name\r\na@example.org;Zoë\r\nb@example.org;B\r\n".encode("utf-16-be").join([b"\xfe\xff", b""]),
    ],
)
def test_every_usual_form_of_file_is_read(content):
    assert told(rows(content)) == ["a@example.org", "b@example.org"]


def test_columns_that_mean_nothing_are_named():
    assert reader("First Name,address,Cadence,\nA,a@example.org,daily,\n").ignored == ("First Name", "")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        (
            "a@example.org\nb@example.org\n",
            "expected a first line that names its columns, address among them, got 'a@exa",
        ),
        ("email,name\na@example.org,A\n", "address among them, got 'email, name'"),
        ("address,consent,Address\n", "expected each column once, got address more than once"),
        (b"%PDF-1.7 and so on", "expected text, got a binary file"),
        (b"PK\x03\x04" + b"\x00" * 100, "expected text, got a binary file"),
        ("address\na@example.org\n".encode("utf-16-le"), "expected text, got a binary file"),
        (b"add\xffr\xc3\xa9ss\n", "expected text in UTF-8"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(content, why):
    with pytest.raises(InvalidList, match=r"list\.csv is no list of subscribers: ") as refused:
        rows(content)
    assert why in str(refused.value)


def test_without_anybody_s_word_of_consent_nobody_is_taken():
    with pytest.raises(InvalidList, match="it has no column consent: expected one, or --consent TEXT"):
        rows("address\na@example.org\n", vouched=False)
    kept = rows(
        "address,consent,state\na@example.org,,\nb@example.org,at the fair,\nc@example.org,,left\n", vouched=False
    )
    assert told(kept) == [
        f"list.csv:2: consent: {_NO_CONSENT}",
        *("b@example.org", "c@example.org"),
    ]


@pytest.mark.parametrize(
    ("columns", "cells", "problems"),
    [
        (",x", ",1", ["address: expected an address, got an empty cell"]),
        ("", "a@example.org b@example.org", ["address: expected one address, got more than one"]),
        (",edition", "a@example.org,third", ["edition: expected daily-dose, other, got 'third'"]),
        (",state", "a@example.org,gone", ["state: expected active, pending, paused or left, got 'gone'"]),
        (
            ",address_state",
            "a@example.org,erased",
            ["address_state: expected good, bounced or complained, got 'erased'"],
        ),
        (",cadence", "a@example.org,hourly", ["cadence: expected daily, weekdays or weekly, got 'hourly'"]),
        (
            ",cadence,weekday",
            "a@example.org,weekly,8",
            ["weekday: expected a number from 1, Monday, to 7, Sunday, got '8'"],
        ),
        (
            ",hour",
            "a@example.org,7",
            [
                "hour: expected an hour such as 07:30, or nothing, got '7'",
                "zone: expected the name of a time zone, such as Europe/Berlin, got ''",
            ],
        ),
        (
            ",hour,zone",
            "a@example.org,07:00,Mars",
            ["zone: expected the name of a time zone, such as Europe/Berlin, got 'Mars'"],
        ),
        (",format", "a@example.org,pdf", ["format: expected html or text, got 'pdf'"]),
        (",paused_until", "a@example.org,soon", ["paused_until: expected a day as YYYY-MM-DD, got 'soon'"]),
        (
            ",consented_at",
            "a@example.org,3.5.2026",
            ["consented_at: expected an instant as 2026-05-03T07:00:00Z, or a day, got '3.5.2026'"],
        ),
        (
            ",consented_at",
            "a@example.org,2030-01-01",
            ["consented_at: expected an instant that is past, got '2030-01-01'"],
        ),
        (
            ",left_at",
            "a@example.org,0001-01-01T00:00:00+05:00",
            ["left_at: expected an instant as 2026-05-03T07:00:00Z, or a day, got '0001-01-01T00:00:00+05:00'"],
        ),
        (
            ",state,format",
            "nobody,x,y",
            [
                "address: An email address must have an @-sign.",
                "state: expected active, pending, paused or left, got 'x'",
                "format: expected html or text, got 'y'",
            ],
        ),
        (",x", "a@example.org", ["expected 2 cells, got 1"]),
        (",x", "a@example.org,1,2", ["expected 2 cells, got 3"]),
        (",x", "a\x00@example.org,1", ["expected text, got a NUL byte"]),
    ],
)
def test_a_broken_row_is_told_by_line_and_field_and_costs_no_other(columns, cells, problems):
    more = "," * columns.count(",")
    items = rows(f"address{columns}\nfirst@example.org{more}\n{cells}\nlast@example.org{more}\n")
    assert told(items) == ["first@example.org", *(f"list.csv:3: {each}" for each in problems), "last@example.org"]


def test_half_a_character_of_utf_16_costs_its_row_alone():
    content = "address\na@example.org\nb\ud800@example.org\nc@example.org\n".encode("utf-16", "surrogatepass")
    first, broken, last = rows(content)
    assert (first.address, last.address) == ("a@example.org", "c@example.org")
    assert [each.field for each in broken.problems] == ["address"]


def test_a_long_list_in_utf_16_is_read_as_in_utf_8():
    content = "address,name\n" + "".join(f"reader.{number}@example.org,Zoë 😀\n" for number in range(20_000))
    assert told(rows(content.encode("utf-16"))) == told(rows(content))


def test_consent_is_one_clean_text():
    (row,) = rows('address,consent\na@example.org,"asked\x07\r\n at the fair\u202e "\n')
    assert row.consent == "asked\n at the fair"


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"address,consent,hour\n{text}".encode()))
def test_whatever_stands_in_a_file_is_read_or_refused(content):
    try:
        items = rows(content)
    except InvalidList:
        return
    for item in items:
        if isinstance(item, Refused):
            assert item.problems
            assert all(str(each).startswith("list.csv:") for each in item.problems)
        else:
            assert item.address.isascii()
            assert item.address.isprintable()


CELL = st.sampled_from(
    ["a@example.org", "B@example.org", "nobody", "a,b", 'with "quotes"', "", "x\ny", "ü@example.org"]
)


@given(
    st.lists(CELL, max_size=30), st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])
)
def test_each_row_becomes_one_address_or_one_refusal(cells, separator, encoding):
    quoted = [cell.replace('"', '""') for cell in cells]
    content = f"address{separator}x\n" + "".join(f'"{cell}"{separator}y\n' for cell in quoted)
    assert len(rows(content.encode(encoding))) == len(cells)
