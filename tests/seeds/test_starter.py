"""The starter archive tells what its facts rows tell, in words of its own."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from newsletter.fields import LONGEST_HEADLINE
from newsletter.resources import folder
from newsletter.shapes import entry_of, entry_shape
from newsletter.text import slugify

Seed = dict[str, Any]
Row = dict[str, str]

STARTER = folder("seeds") / "starter.jsonl"
FACTS = Path(__file__).parents[1] / "data" / "facts.csv"
#: What the archive may be written from, and the status that it then has.
STATUS = {"strong": "ready", "wiki": "review"}
#: From this many words in a row on, it is somebody else's sentence.
COPIED = 7
OPENING = 5
WORDS_OF_QUOTE = 3

MONTHS = ["January", "February", "March", "April", "May", "June", "July"]
MONTHS += ["August", "September", "October", "November", "December"]
UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
UNITS += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

RANGE = re.compile(r"(\d+)-(\d+)(?: [^\W\d]+){0,2} in (?:reports|later counts)")
#: A remark of its own ("at least; excluding attackers"), not a part of one ("more than half children").
OPEN_ENDED = re.compile(r"(at least|more than)(?=[;,]|$)")
BLAMED = re.compile(r"\((blamed|suspected|investigators|purported)\)")
CHILDREN = re.compile(r"\b(child|children|baby|girls|schoolgirls|\d+-year-old among)\b")
HOSTAGES = re.compile(r"\b(hostages?|hijacked|abducted)\b")
MARK = re.compile(r"\[\^(\d+)\]")
#: A word with a capital and four letters at least.
NAME = re.compile(r"\b[^\W\d_a-zß-ÿ][^\W\d_]{3,}")
TYPEWRITER = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "Ø": "O", "’": "'"})
DAY = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b")


@cache
def rows() -> dict[tuple[str, str], Row]:
    """Read the facts, each row under the origin and the kind that name it."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    found = {(f"facts:{row['date']}:{row['place']}", row["kind"]): row for row in table}
    assert len(found) == len(table), "day, place and kind no longer tell the rows apart"
    return found


def row_name(seed: Seed) -> tuple[str, str]:
    """Return what names the seed's row; an origin ends in its kind where day and place alone name two."""
    return seed["origin"].removesuffix(f":{seed['kind']}"), seed["kind"]


@cache
def seeds() -> tuple[Seed, ...]:
    """Read every entry of the starter archive, line by line."""
    return tuple(json.loads(line) for line in STARTER.read_text("utf-8").splitlines())


def with_rows() -> Iterator[tuple[Seed, Row]]:
    """Give each seed beside the row that it was written from."""
    for seed in seeds():
        yield seed, rows()[row_name(seed)]


def words(text: str) -> list[str]:
    """Return the words of a text, without accents, apostrophes, case or footnote marks."""
    bare = unicodedata.normalize("NFKD", MARK.sub(" ", text).casefold())
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", re.sub(r"['’]", "", bare))


def plain(text: str) -> str:
    """Return a text in the letters of a typewriter; German umlauts become two."""
    bare = unicodedata.normalize("NFKD", text.translate(TYPEWRITER))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Return every *length* words in a row of a text."""
    found = words(text)
    return {tuple(found[start : start + length]) for start in range(len(found) - length + 1)}


def prose(seed: Seed) -> str:
    """Return the body without what it quotes."""
    return "\n".join(line for line in seed["body"].splitlines() if not line.startswith(">"))


def quoted(seed: Seed) -> str:
    """Return what the body quotes."""
    return " ".join(line[1:] for line in seed["body"].splitlines() if line.startswith(">"))


def says(text: str, count: int) -> bool:
    """Say whether a text states a number, in figures or, up to 99, in words."""
    forms = {str(count), f"{count:,}"}
    if count < len(UNITS):
        forms.add(UNITS[count])
    elif count < 10 * len(TENS):
        ten, unit = divmod(count, 10)
        forms.add(f"{TENS[ten]}-{UNITS[unit]}" if unit else TENS[ten])
    return any(re.search(rf"(?<![\w,-]){re.escape(form)}(?![\w-]|,\d)", text, re.IGNORECASE) for form in forms)


def toll(row: Row) -> tuple[int | None, bool, int | None]:
    """Read what a row says of the killed: the lower figure, whether more are likely, the upper figure."""
    if not row["killed"]:
        return None, False, None
    open_ended = bool(OPEN_ENDED.search(row["killed_note"]))
    if counts := RANGE.search(row["killed_note"]):
        lowest, highest = map(int, counts.groups())
        assert lowest <= int(row["killed"]) <= highest, row
        return lowest, open_ended, highest
    return int(row["killed"]), open_ended, None


def claim(row: Row) -> bool | None:
    """Read what a row says of a claim of responsibility: made, never made, or nothing."""
    said = f"{row['perpetrator']} {row['note_facts']}"
    if re.search(r"\bunclaimed\b|\bnever claimed\b|\bno claim\b", said):
        return False
    return True if re.search(r"\b(claimed|claim)\b(?! later withdrawn)", said) else None


@pytest.mark.parametrize(
    ("killed", "remark", "read"),
    [
        ("", "276 abducted", (None, False, None)),
        ("5", "four pedestrians and one police officer", (5, False, None)),
        ("20", "at least; excluding attackers", (20, True, None)),
        ("150", "more than; 90 in first reports", (150, True, None)),
        ("44", "44-48 in later counts", (44, False, 48)),
        ("18", "17-18 Greek visitors in reports", (17, False, 18)),
        ("9", "9-10 in reports; 4-5 children", (9, False, 10)),
        ("28", "at least; 28-33 in reports", (28, True, 33)),
        ("9", "some sources give 6-8", (9, False, None)),
        ("334", "excluding 31 attackers; more than half children", (334, False, None)),
    ],
)
def test_a_remark_is_read_as_an_editor_reads_it(killed, remark, read):
    """Counts that differ make a range; parts of the toll, and figures that a row sets aside, do not."""
    assert toll({"killed": killed, "killed_note": remark}) == read


@pytest.mark.parametrize(
    ("text", "count", "stated"),
    [
        ("Twenty-six of them died.", 26, True),
        ("Twenty-six of them died.", 6, False),
        ("It injured 1,400.", 1400, True),
        ("It injured 1,400.", 400, False),
        ("Of the 138 dead", 38, False),
        ("sixty people", 60, True),
    ],
)
def test_a_figure_is_found_in_digits_and_in_words(text, count, stated):
    """A part of a larger number does not state the smaller."""
    assert says(text, count) is stated


def test_the_archive_fills_a_newcomers_year():
    """There are at least 180 entries, on at least 155 days of the year and in every month."""
    days = {seed["event_date"][5:] for seed in seeds()}

    assert len(seeds()) >= 180
    assert len(days) >= 155
    assert {day[:2] for day in days} == {f"{month:02}" for month in range(1, 13)}


def test_each_entry_is_written_from_a_row_that_was_confirmed():
    """No seed comes from a thin, disputed or merged row, and none comes from nowhere."""
    for seed in seeds():
        assert row_name(seed) in rows(), seed["slug"]
        assert STATUS.get(rows()[row_name(seed)]["confidence"]) == seed["status"], seed["slug"]


def test_every_confirmed_row_has_its_entry():
    """Nothing that was confirmed in a named source is left out."""
    written = {row_name(seed) for seed in seeds()}

    assert [name for name, row in rows().items() if row["confidence"] == "strong" and name not in written] == []


def test_what_is_written_is_what_is_read():
    """Every seed is an entry, and reading it cleans, cuts and loses nothing."""
    for seed in seeds():
        read = entry_shape(entry_of(seed))
        read["sources"] = [{key: value for key, value in source.items() if value} for source in read["sources"]]

        assert {name: read[name] for name in seed} == seed


def test_no_two_entries_share_a_name():
    """Uids, slugs, origins and headlines are each one entry's own, and a uid follows from its origin."""
    for name in ("uid", "slug", "origin", "headline"):
        assert [value for value, count in Counter(seed[name].casefold() for seed in seeds()).items() if count > 1] == []
    for seed in seeds():
        assert UUID(seed["uid"]) == uuid5(NAMESPACE_URL, seed["origin"])


@pytest.mark.parametrize("name", ["kind", "country", "ideology", "attack_type"])
def test_an_entry_repeats_its_rows_plain_fields(name):
    """Kind, country, ideology and form of attack are the row's, letter for letter."""
    assert {seed["slug"]: (seed.get(name), row[name]) for seed, row in with_rows() if seed.get(name) != row[name]} == {}


def test_a_place_is_the_rows_in_the_letters_that_it_has_itself():
    """Where a row has plain letters, an entry has the place's own: `Mölln`, not `Moelln`."""
    assert {seed["place"]: row["place"] for seed, row in with_rows() if plain(seed["place"]) != row["place"]} == {}


def test_a_name_is_spelt_one_way():
    """No word with a capital stands with its accents here and without them there; sources are as they were printed."""
    spelt = defaultdict(set)
    for seed in seeds():
        told = [seed[name] for name in ("headline", "body", "place", "speaker", "speaker_role") if seed.get(name)]
        for word in NAME.findall(" ".join(told + [group["name"] for group in seed.get("groups", ())])):
            spelt[plain(word)].add(word)

    assert {word: found for word, found in spelt.items() if len(found) > 1} == {"Said": {"Said", "Saïd"}}, "two men"


def test_the_date_and_the_point_on_the_map_are_the_rows():
    """Dates are equal, coordinates are equal, and there are none where the row has none."""
    for seed, row in with_rows():
        assert seed["event_date"] == row["date"], seed["slug"]
        for name in ("latitude", "longitude"):
            assert seed.get(name) == (float(row[name]) if row[name] else None), seed["slug"]


def test_the_toll_follows_the_row_and_its_remark():
    """A range has both its ends, "at least" and "more than" are kept, and the injured are the row's."""
    for seed, row in with_rows():
        killed = seed.get("killed"), seed.get("killed_at_least", False), seed.get("killed_most")

        assert killed == toll(row), seed["slug"]
        assert seed.get("injured") == (int(row["injured"]) if row["injured"] else None), seed["slug"]


def test_the_body_states_the_toll():
    """Each figure of the toll stands in the body; one person alone is named or described instead."""
    silent = {}
    for seed in seeds():
        figures = [seed[name] for name in ("killed", "killed_most") if seed.get(name, 1) > 1]
        missing = [figure for figure in figures if not says(prose(seed), figure)]
        if seed.get("killed_at_least") and not re.search("at least|more than", prose(seed).lower()):
            missing.append("at least")
        if missing:
            silent[seed["slug"]] = missing

    assert silent == {}


def test_a_full_date_in_the_body_is_the_events():
    """A body that names days names the event's own among them."""
    for seed in seeds():
        named = {date(int(year), MONTHS.index(month) + 1, int(day)) for day, month, year in DAY.findall(prose(seed))}

        assert not named or date.fromisoformat(seed["event_date"]) in named, seed["slug"]


def test_each_entry_cites_what_was_read():
    """The row's source comes first, as published; then what else verified it, and nothing more."""
    for seed, row in with_rows():
        first = seed["sources"][0]
        verified = [address for address in row["verified_by"].split(" ; ") if address != row["source_url"]]

        assert [source["url"] for source in seed["sources"]] == [row["source_url"], *verified], seed["slug"]
        assert first["publisher"] == row["source_publisher"], seed["slug"]
        assert first.get("published", "") == row["source_date"], seed["slug"]
        assert words(first["title"]) == words(row["source_title"]), seed["slug"]


def test_every_source_has_its_mark():
    """The marks of a body run from 1 to the number of its sources, each once and in order."""
    for seed in seeds():
        marks = [int(mark) for mark in MARK.findall(seed["body"])]

        assert marks == list(range(1, len(seed["sources"]) + 1)), seed["slug"]


def test_no_sentence_is_anybody_elses():
    """No seven words in a row of a headline or of a body's own prose stand in the facts or in a source's title."""
    taken = {
        run for row in rows().values() for text in ("note_facts", "source_title") for run in runs(row[text], COPIED)
    }
    copied = {
        seed["slug"]: both
        for seed in seeds()
        for text in (seed["headline"], prose(seed))
        if (both := runs(text, COPIED) & taken)
    }

    assert copied == {}


def test_no_two_entries_are_cut_from_one_frame():
    """No two bodies begin with the same five words."""
    openings = Counter(tuple(words(seed["body"])[:OPENING]) for seed in seeds())

    assert [opening for opening, count in openings.items() if count > 1] == []


def test_a_headline_is_short_and_no_quotation():
    """It fits in a subject, and uses no three words in a row of what the entry quotes."""
    for seed in seeds():
        assert len(seed["headline"]) <= LONGEST_HEADLINE, seed["slug"]
        assert not re.search(r"[!“”\"]", seed["headline"]), seed["slug"]
        assert not runs(seed["headline"], WORDS_OF_QUOTE) & runs(quoted(seed), WORDS_OF_QUOTE), seed["slug"]


def test_words_are_quoted_as_published_between_sentences_of_ours():
    """A quote or a post has its speaker and role, a sentence before, the row's words, and a sentence after."""
    for seed, row in with_rows():
        if seed["kind"] == "fact":
            assert not quoted(seed), seed["slug"]
            continue
        published = re.match(r'"(.*)"', row["note_facts"])
        before, words_of_speaker, after = seed["body"].split("\n\n")

        assert published, row
        assert seed["speaker"], seed["slug"]
        assert seed["speaker_role"], seed["slug"]
        assert words(words_of_speaker) == words(published[1])
        assert not before.startswith(">"), seed["slug"]
        assert after.endswith((".", "]")), seed["slug"]


def test_a_group_has_one_name():
    """A group's slug goes with one name throughout, and is made from it."""
    names = defaultdict(set)
    for seed in seeds():
        for group in seed.get("groups", ()):
            names[group["slug"]].add(group["name"])

    assert {slug: found for slug, found in names.items() if len(found) > 1} == {}
    assert {slug: found for slug, found in names.items() if {slugify(name) for name in found} != {slug}} == {}


def test_nobody_is_charged_with_more_than_the_row_says():
    """Who was blamed is suspected; a claim is one that the row knows of."""
    for seed, row in with_rows():
        grounds = {group["attribution"] for group in seed.get("groups", ())}

        if BLAMED.search(row["perpetrator"]):
            assert grounds <= {"suspected"}, seed["slug"]
        if seed["kind"] == "fact":
            assert seed.get("claimed") == claim(row), seed["slug"]
            assert "claimed" not in grounds or seed["claimed"], seed["slug"]


def test_a_reader_is_warned_of_children_and_hostages():
    """Where the row tells of children or hostages among the victims, a note comes first."""
    unwarned = [
        seed["slug"]
        for seed, row in with_rows()
        if not seed.get("content_note")
        and any(told.search(f"{row['note_facts']} {row['killed_note']}".lower()) for told in (CHILDREN, HOSTAGES))
    ]

    assert unwarned == []


def test_the_file_reads_like_a_calendar():
    """The entries stand by month and day, then by year."""
    days = [seed["event_date"] for seed in seeds()]

    assert all((a[5:], a[:4]) <= (b[5:], b[:4]) for a, b in pairwise(days))
