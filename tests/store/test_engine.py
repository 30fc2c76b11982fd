"""Transactions and looks: what four writers and a reader may count on, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from newsletter.store import Store, UnusableDatabase
from newsletter.store import tables as our
from newsletter.store.engine import change_number, raise_change_number, remember, remembered
from newsletter.store.tables import Instant


def test_four_writers_that_read_and_then_write_lose_no_update(store):
    def count() -> None:
        for _ in range(25):
            with store.transaction() as connection:
                number = int(remembered(connection, "number") or 0)
                remember(connection, "number", str(number + 1))
                raise_change_number(connection)

    _at_once([count] * 4)

    with store.reading() as connection:
        assert remembered(connection, "number") == "100"
        assert change_number(connection) == 101


def test_writers_that_take_rows_in_opposite_order_do_not_wait_for_each_other_for_ever(store):
    with store.transaction() as connection:
        remember(connection, "a", "0")
        remember(connection, "b", "0")

    def swap(first: str, second: str) -> None:
        for _ in range(20):
            with store.transaction() as connection:
                for key in (first, second):
                    remember(connection, key, str(int(remembered(connection, key) or 0) + 1))

    _at_once([lambda: swap("a", "b"), lambda: swap("b", "a")] * 2)

    with store.reading() as connection:
        assert (remembered(connection, "a"), remembered(connection, "b")) == ("80", "80")


def test_a_word_that_two_keep_first_at_the_same_moment_is_kept_by_both(store):
    _at_once([partial(_keep, store, str(number)) for number in range(8)])

    with store.reading() as connection:
        assert remembered(connection, "word") in map(str, range(8))


def test_a_reader_waits_for_no_writer_and_sees_one_state_to_its_end(store):
    with store.transaction() as connection:
        remember(connection, "word", "old")
    with store.reading() as reader, store.transaction() as writer:
        assert remembered(reader, "word") == "old"
        remember(writer, "word", "new")
        raise_change_number(writer)
        assert remembered(reader, "word") == "old"
        with store.reading() as another:
            assert remembered(another, "word") == "old"
        writer.commit()
        assert (remembered(reader, "word"), change_number(reader)) == ("old", 1)

    with store.reading() as reader:
        assert (remembered(reader, "word"), change_number(reader)) == ("new", 2)


def test_a_verb_that_fails_leaves_nothing_and_the_next_one_is_not_kept_waiting(store):
    def fail() -> None:
        with store.transaction() as connection:
            remember(connection, "word", "half")
            raise_change_number(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    _keep(store, "whole")
    with store.reading() as connection:
        assert (remembered(connection, "word"), change_number(connection)) == ("whole", 1)


def test_a_row_that_points_nowhere_is_refused(store):
    with pytest.raises(IntegrityError), store.transaction() as connection:
        connection.execute(insert(our.redirects).values(slug="from-here", entry_id=4711))


def test_a_store_with_every_connection_in_use_says_that_it_is_busy(archives, database_kind):
    store: Store = archives(database_kind)
    store.engine.pool._timeout = 0.01
    with pytest.raises(UnusableDatabase, match="is too busy: every connection is in use"):
        _nested(store, 40)


def test_a_database_that_went_away_is_told_in_a_line_and_used_again_when_it_is_back(postgresql, archives):
    store: Store = archives("postgresql")
    _keep(store, "kept")
    postgresql.stop("fast")
    try:
        with pytest.raises(UnusableDatabase) as gone, store.transaction() as connection:
            remember(connection, "word", "lost")
    finally:
        postgresql.start()

    assert "does not answer" in str(gone.value)
    assert "\n" not in str(gone.value)
    with store.reading() as connection:
        assert remembered(connection, "word") == "kept"


# Instants

INSTANTS = Table("instants", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def keeper(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Give a store with a table of instants."""
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path_factory.mktemp('instants') / 'instants.db'}")
    else:
        server = request.getfixturevalue("postgresql")
        store = Store(server.url(server.create_database()))
    with store.transaction() as connection:
        INSTANTS.create(connection)
    yield store
    store.close()


@given(
    at=st.datetimes(
        min_value=datetime(1, 1, 2),
        max_value=datetime(9999, 12, 30),
        timezones=st.timedeltas(-timedelta(hours=23), timedelta(hours=23)).map(
            lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
        ),
    )
)
def test_an_instant_comes_back_in_utc_to_the_microsecond(keeper, at):
    with keeper.transaction() as connection:
        row = connection.scalar(insert(INSTANTS).values(at=at).returning(INSTANTS.c.id))
        back = connection.scalar(select(INSTANTS.c.at).where(INSTANTS.c.id == row))

    assert back == at
    assert back.tzinfo is UTC


def test_instants_are_compared_as_instants_whatever_their_zone(keeper):
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    east = noon.astimezone(timezone(timedelta(hours=9))) - timedelta(microseconds=1)
    with keeper.transaction() as connection:
        connection.execute(INSTANTS.delete())
        connection.execute(insert(INSTANTS), [{"at": noon}, {"at": east}])

        assert connection.scalars(select(INSTANTS.c.at).where(INSTANTS.c.at < noon)).all() == [east]


def test_a_naive_datetime_is_no_instant(keeper):
    with pytest.raises(StatementError, match="an instant needs a zone"), keeper.transaction() as connection:
        connection.execute(insert(INSTANTS).values(at=datetime(2026, 1, 2)))


def _keep(store: Store, word: str) -> None:
    with store.transaction() as connection:
        remember(connection, "word", word)


def _nested(store: Store, depth: int) -> None:
    if depth:
        with store.reading() as connection:
            change_number(connection)
            _nested(store, depth - 1)


def _at_once(works: list[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(run, work) for work in works]:
            done.result(timeout=60)
