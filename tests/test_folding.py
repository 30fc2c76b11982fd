"""Words as the search compares them, and what a person typed as terms."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.folding import LONGEST_WORD, fold, words
from newsletter.queries import LONGEST_QUERY, MOST_TERMS, Query, Term


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Évènements à Paris", "evenements a paris"),
        ("straße ŁÓDŹ Sørensen Þór", "strasse lodz sorensen thor"),
        ("Σίσυφος", "ΣΙΣΥΦΟΣ"),
        ("İstanbul", "istanbul"),
        ("al-Qa’ida’s", "al qa ida s"),
        ("الدَّوْلَةُ الإسلاميّة", "الدوله الاسلاميه"),
        ("أحمد إلى آية ٱلله", "احمد الي ايه الله"),
        ("مسـلم", "مسلم"),
        ("على", "علي"),
        ("١٢٣ ۴۵", "123 45"),
        ("گروه", "گروه"),
        ("کابل", "كابل"),
        ("می‌خواهم", "میخواهم"),
        ("東京都", "東 京 都"),
        ("ﬁne", "fine"),
        ("A\u0301", "Á"),
    ],
)
def test_what_readers_take_for_the_same_is_folded_to_the_same(one, other):
    assert fold(one) == fold(other) != []


def test_what_is_no_word_is_folded_to_nothing():
    assert fold("\x00 ' \" * ( ) -- \ue000\ue001\ue002 \u0301 ـ 😀") == []


@given(st.text())
def test_what_is_folded_is_folded_to_itself(text):
    folded = fold(text)
    assert fold(" ".join(folded)) == folded
    assert all(0 < len(word) <= LONGEST_WORD and not any(each.isspace() for each in word) for word in folded)


@given(st.text(alphabet="aZ9é ’-ـأ東\u0301½ßİ"))
def test_every_word_has_its_place_in_the_text(text):
    found = words(text)
    assert [word for word, _, _ in found] == fold(text)
    for word, start, end in found:
        assert word in fold(text[start:end])


def test_the_longest_text_of_anything_is_folded_in_its_time():
    for text in ("\u0301", "a\u0301", "ـ", "\u200d", "é", "a-", '"'):
        begun = process_time()
        fold(text * (300_000 // len(text)))
        assert process_time() - begun < 5


def test_words_phrases_and_beginnings_are_told_apart():
    assert Query.of('Kidnap* "car  bomb" al-Shabaab “two wo”* foo').terms == (
        Term(("kidnap",), is_prefix=True),
        Term(("car", "bomb")),
        Term(("al", "shabaab")),
        Term(("two", "wo"), is_prefix=True),
        Term(("foo",)),
    )


@pytest.mark.parametrize("text", ["", " ", "*", '"', '""*', "''", "()", "\x00", "- + | &", "\ud800"])
def test_what_has_no_word_asks_for_nothing(text):
    assert not Query.of(text)


def test_what_is_an_operator_elsewhere_is_a_word():
    assert [term.words for term in Query.of("NOT a OR b NEAR( c:d").terms] == [
        ("not",),
        ("a",),
        ("or",),
        ("b",),
        ("near",),
        ("c", "d"),
    ]


@given(st.text())
def test_whatever_is_typed_is_a_query(text):
    query = Query.of(text)
    assert len(query.terms) <= MOST_TERMS
    assert all(term.words for term in query.terms)


def test_only_the_beginning_of_what_is_very_long_is_read():
    assert Query.of("a" * LONGEST_QUERY + " b").terms == (Term(("a" * LONGEST_WORD,)),)
    assert len(Query.of(" ".join(map(str, range(100_000)))).terms) == MOST_TERMS
