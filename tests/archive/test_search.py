"""What the search finds: the same on both databases, and just what a plain look at the words finds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import Room, at, entry

from newsletter.archive import editions
from newsletter.archive.catalogue import FEW, Catalogue, Search
from newsletter.archive.reading import View
from newsletter.archive.shown_rows import Text
from newsletter.facets import Facet
from newsletter.models import Entry, PartialDate
from newsletter.queries import Query, Term

ISLAMIC_STATE = {"name": "Islamic State", "attribution": "claimed"}
ENTRIES = [
    entry(slug, kind="report", **shape)
    for slug, shape in {
        "bamako": {
            "headline": "Guests killed at a hotel in Bamako",
            "body": "Gunmen took *guests* of the Radisson Blu hostage.[^1]\n\n> Nothing was “spared”.",
            "event_date": "2015-11-20",
            "country": "ML",
            "place": "Bamako",
            "tags": ["hotel", "hostages"],
        },
        "mosul": {
            "headline": "Évènements à Mossoul",
            "body": "The Islamic State took the city; see [a report](https://hidden.example/address).[^1]",
            "event_date": "2014-06",
            "country": "IQ",
            "groups": [ISLAMIC_STATE],
            "ideology": "jihadist",
        },
        "sinai": {
            "headline": "مقتل المصلين في مسجد الروضة",
            "body": "الدَّوْلَةُ الإسلاميّة في سيناء",
            "language": "en",
            "event_date": "2017-11-24",
            "country": "EG",
            "groups": [ISLAMIC_STATE],
        },
        "berlin": {
            "headline": "A state of things",
            "body": "O'Brien said: x:y, C++, 100% and a-b. The state is not Islamic." + " the" * 400,
            "event_date": "2013",
            "event_end": "2016-02",
            "country": "DE",
        },
        "nowhere": {"headline": "Background", "body": "No date, no country.", "event_date": None, "country": None},
    }.items()
]


@pytest.fixture
def catalogue(room: Room) -> Catalogue:
    room.add(*ENTRIES)
    with room.store.reading() as connection:
        yield View(connection, editions.get(connection, None), at(0)).catalogue()


def found(catalogue: Catalogue, text: str = "", **search) -> list[str]:
    outcome = catalogue.search(Search(query=Query.of(text), **search))
    assert outcome.count == len(outcome.entries)
    return sorted(each.entry.slug for each in outcome.entries)


QUERIES = {
    "killed": ["bamako"],
    "KILLED guests": ["bamako"],
    "guests killed nowhere": [],
    "evenements": ["mosul"],
    "even*": ["mosul"],
    '"islamic state"': ["mosul", "sinai"],
    '"state islamic"': [],
    "islamic state": ["berlin", "mosul", "sinai"],
    "iraq": ["mosul"],
    "hostages": ["bamako"],
    "jihadist": ["mosul"],
    "الدوله": ["sinai"],
    "المصلِّين": ["sinai"],
    '"الدولة الاسلامية"': ["sinai"],
    "الرو*": ["sinai"],
    "o'brien": ["berlin"],
    "obrien": [],
    "x:y": ["berlin"],
    "c++": ["berlin"],
    "100%": ["berlin"],
    "a-b": ["berlin"],
    '"a b"': ["berlin"],
    '"gu*': [],
    '"guests of the rad"*': ["bamako"],
    "hidden": [],
    "example times": ["bamako", "berlin", "mosul", "nowhere", "sinai"],
    "NOT killed": [],
    '"hotel in bamako" radisson': ["bamako"],
    '"bamako gunmen"': [],
    "kindreport": [],
    "\ue000kind\ue000report": [],
    "the": ["bamako", "berlin", "mosul"],
}


def test_words_phrases_and_beginnings_are_found_as_they_are_typed(catalogue):
    assert {text: found(catalogue, text) for text in QUERIES} == QUERIES


def test_a_search_is_narrowed_by_facets_and_by_when_it_happened(catalogue):
    islamic = {"text": "islamic"}
    assert found(catalogue, **islamic, facets=((Facet.COUNTRY, "IQ"),)) == ["mosul"]
    assert found(catalogue, facets=((Facet.GROUP, "islamic-state"), (Facet.YEAR, "2017"))) == ["sinai"]
    assert found(catalogue, **islamic, facets=((Facet.COUNTRY, "iq'\" OR *"),)) == []
    assert found(catalogue, first=PartialDate(2014), last=PartialDate(2014)) == ["berlin", "mosul"]
    assert found(catalogue, **islamic, first=PartialDate(2014, 6, 30)) == ["berlin", "mosul", "sinai"]
    assert found(catalogue, first=PartialDate(2014, 7)) == ["bamako", "berlin", "sinai"]
    assert found(catalogue, last=PartialDate(2013, 12, 31)) == ["berlin"]
    assert found(catalogue, **islamic, first=PartialDate(2016, 2, 1), last=PartialDate(2016, 2, 1)) == ["berlin"]
    assert found(catalogue, **islamic, first=PartialDate(2016, 3), last=PartialDate(2016)) == []
    assert found(catalogue, first=PartialDate(2018), last=PartialDate(2014)) == []
    assert found(catalogue, first=PartialDate(1), last=PartialDate(9999)) == ["bamako", "berlin", "mosul", "sinai"]


def test_the_headline_counts_most_and_no_words_find_nothing(catalogue, room):
    said = [("by-the-way", {"body": "A siege, by the way."}), ("siege", {"headline": "The siege"}), ("none", {})]
    room.add(
        *(entry(slug, kind="report", event_date=f"200{number}", **shape) for number, (slug, shape) in enumerate(said))
    )
    with room.store.reading() as connection:
        later = View(connection, editions.get(connection, None), at(0)).catalogue()
        assert [each.entry.slug for each in later.search(Search(query=Query.of("siege"))).entries] == [
            "siege",
            "by-the-way",
        ]
    assert not Search()
    assert catalogue.search(Search()).entries == ()


def _has(those: tuple[str, ...], term: Term) -> bool:
    length = len(term.words)
    for at_ in range(len(those) - length + 1):
        *before, last = those[at_ : at_ + length]
        if tuple(before) == term.words[:-1] and (
            last.startswith(term.words[-1]) if term.is_prefix else last == term.words[-1]
        ):
            return True
    return False


def looked_through(those: list[Entry], query: Query) -> list[str]:
    """Return what has every term, by looking through all."""
    texts = {each.slug: Text.of(each).columns[:3] for each in those}
    return sorted(
        slug
        for slug, columns in texts.items()
        if query and all(any(_has(column, term) for column in columns) for term in query.terms)
    )


_WORDS = sorted({word for each in ENTRIES for column in Text.of(each).columns[:3] for word in column})
_TYPED = st.one_of(
    st.text(),
    st.text(alphabet="ab'\"*()-:^+~&|!<>\\\x00{}[] "),
    st.lists(
        st.tuples(st.sampled_from(_WORDS), st.sampled_from([" ", "* ", '"', ' "', "-", '"*'])), min_size=1, max_size=5
    ).map(lambda those: "".join(map("".join, those))),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TYPED)
def test_whatever_is_typed_finds_what_looking_through_all_of_it_finds(catalogue, text):
    assert found(catalogue, text) == looked_through(ENTRIES, Query.of(text))


def test_many_come_newest_first_and_few_are_counted(room):
    those = [
        entry(f"e-{number:03}", kind="report", body="Common words.[^1]", event_date=f"{1000 + number}")
        for number in range(FEW + 5)
    ]
    room.add(*those)
    with room.store.reading() as connection:
        catalogue = View(connection, editions.get(connection, None), at(0)).catalogue()
        many = catalogue.search(Search(query=Query.of("common")), most=20)
        assert (many.count, many.more) == (None, True)
        assert [each.entry.slug for each in many.entries] == [
            f"e-{number:03}" for number in range(FEW + 4, FEW - 16, -1)
        ]
        last = catalogue.search(Search(query=Query.of("common")), most=20, skip=FEW)
        assert [each.entry.slug for each in last.entries] == [f"e-{number:03}" for number in range(4, -1, -1)]
        assert (last.count, last.more) == (None, False)
        assert catalogue.search(Search(query=Query.of("common")), most=20, skip=10_000_000).entries == ()
        few = catalogue.search(Search(query=Query.of("common"), last=PartialDate(1009)), most=4, skip=8)
        assert (few.count, len(few.entries), few.more) == (10, 2, False)


def test_the_longest_texts_are_found_and_hinder_nobody(room):
    huge = entry("huge", kind="report", body="straw " * 33_000)
    strange = entry("strange", kind="report", body=" ".join(f"{number:05}{'ω' * 25}" for number in range(6_000)))
    room.add(huge, strange)
    with room.store.reading() as connection:
        catalogue = View(connection, editions.get(connection, None), at(0)).catalogue()
        assert found(catalogue, "straw") == ["huge"]
        assert found(catalogue, '"straw straw"') == ["huge"]
        assert found(catalogue, f"00007{'Ω' * 25}") == ["strange"]
