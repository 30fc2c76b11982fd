"""Who is suppressed stays out: under a hash that tells nothing, until a word lifts it that may."""

from __future__ import annotations

from rooms import SUPPRESSION_KEY, at

from newsletter.readers.suppressions import (
    ERASED,
    LEFT,
    address_hash,
    is_suppressed,
    lift,
    lift_own,
    reason_for,
    suppress,
    suppress_all,
    suppressed_of,
)

READER = address_hash(SUPPRESSION_KEY, "reader@example.org")
OTHER = address_hash(SUPPRESSION_KEY, "other@example.org")


def test_an_address_is_kept_as_a_hash_that_only_the_key_makes():
    assert address_hash(SUPPRESSION_KEY, "reader@example.org") == READER
    assert len({READER, OTHER, address_hash(b"another key of 32 bytes or more....", "reader@example.org")}) == 3
    assert len(READER) == 64
    assert "reader" not in READER


def test_who_is_suppressed_is_found_one_by_one_and_among_many(store):
    with store.transaction() as connection:
        suppress(connection, READER, "asked by letter", at(0))

        assert is_suppressed(connection, READER)
        assert not is_suppressed(connection, OTHER)
        assert suppressed_of(connection, [READER, OTHER]) == {READER}
        assert suppressed_of(connection, []) == set()
        assert reason_for(connection, READER) == "asked by letter"


def test_suppressing_again_keeps_the_first_reason_but_for_a_weightier_one(store):
    with store.transaction() as connection:
        suppress_all(connection, [READER, OTHER, OTHER], LEFT, at(0))
        suppress(connection, READER, ERASED, at(1))
        assert reason_for(connection, READER) == LEFT

        suppress(connection, READER, "operator", at(2))
        assert reason_for(connection, READER) == "operator"

        suppress(connection, READER, LEFT, at(3))
        suppress(connection, READER, "complained", at(3))
        assert (reason_for(connection, READER), reason_for(connection, OTHER)) == ("operator", LEFT)
        suppress_all(connection, [], LEFT, at(3))


def test_a_reader_s_own_word_lifts_what_it_may(store):
    with store.transaction() as connection:
        suppress(connection, READER, ERASED, at(0))
        suppress(connection, OTHER, "operator", at(0))

        assert lift_own(connection, READER)
        assert not is_suppressed(connection, READER)
        assert not lift_own(connection, OTHER)
        assert is_suppressed(connection, OTHER)


def test_the_operator_lifts_any_and_is_told_whether_there_was_one(store):
    with store.transaction() as connection:
        suppress(connection, READER, "operator", at(0))

        assert lift(connection, READER)
        assert not lift(connection, READER)
        assert not is_suppressed(connection, READER)
