"""Many rows and many values in one statement, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import StatementError

from newsletter.store import Store
from newsletter.store.bulk import insert_rows, is_one_of, reserved_ids
from newsletter.store.tables import entries, revisions

SPACE = UUID(int=1)
#: What quoting, arrays and JSON might take for something else.
SLUGS = ('"', "'", "{}", "{a,b}", "[1]", "null", "NULL", "\\", "a,b", "خبر", "🕯", "a\nb", "%s", ":p", "")


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "uid": uuid5(SPACE, str(number)),
        "slug": f"entry-{number}",
        "status": "ready",
        "origin": None,
        "guessed": [],
        "revision": 1,
        "published_revision": None,
        "changed": 1,
    } | more


def revision(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "entry_id": 1,
        "number": number,
        "created_at": datetime(2026, 11, 22, tzinfo=UTC),
        "kind": "fact",
        "headline": "H",
        "body": "B",
        "killed_at_least": False,
        "injured_at_least": True,
        "language": "en",
    } | more


def test_rows_come_back_as_they_went(store: Store) -> None:
    rows = [
        entry(number, slug=slug, guessed=["killed", slug][: number % 3], origin=slug or None)
        for number, slug in enumerate(SLUGS, start=1)
    ]
    east = datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    of_first = [
        revision(1, created_at=east, latitude=0.1 + 0.2, longitude=-1e-17, claimed=None, body="\t\n\"'\\{},خبر"),
        revision(2, created_at=east, latitude=-90.0, longitude=180.0, claimed=True, translation_of=uuid5(SPACE, "1")),
    ]
    with store.transaction() as connection:
        insert_rows(connection, entries, rows)
        for row in of_first:
            insert_rows(connection, revisions, [row])
    with store.reading() as connection:
        kept = [dict(row._mapping) for row in connection.execute(select(entries).order_by(entries.c.id))]
        kept_revisions = [dict(row._mapping) for row in connection.execute(select(revisions).order_by(revisions.c.id))]
    assert kept == rows
    assert [{name: row[name] for name in own} for row, own in zip(kept_revisions, of_first, strict=True)] == of_first


def test_they_come_back_as_those_of_a_plain_insert_do(store: Store) -> None:
    rows = [entry(1, guessed=["killed"]), entry(2, origin="x")]
    with store.transaction() as connection:
        connection.execute(insert(entries), rows)
        plain = connection.execute(select(entries)).all()
        connection.execute(delete(entries))
        insert_rows(connection, entries, rows)
        assert connection.execute(select(entries)).all() == plain


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 22)
    with store.transaction() as connection:
        insert_rows(connection, entries, [entry(1)])
        with pytest.raises((ValueError, StatementError), match="an instant needs a zone"):
            insert_rows(connection, revisions, [revision(1, created_at=naive)])


def test_no_rows_are_no_statement(store: Store) -> None:
    with store.transaction() as connection:
        insert_rows(connection, entries, [])
        assert connection.execute(select(entries)).all() == []


@pytest.mark.parametrize("column", ["slug", "id", "uid"])
def test_a_condition_finds_the_values_that_are_there(store: Store, column: str) -> None:
    rows = [entry(number, slug=slug) for number, slug in enumerate(SLUGS, start=1)]
    others = {"slug": ["other", "{", "a"], "id": [0, -5, 99], "uid": [UUID(int=7)]}
    with store.transaction() as connection:
        insert_rows(connection, entries, rows)
        for some in ([], rows[:1], rows[3:9], rows):
            wanted = [row[column] for row in some] + others[column]
            condition = is_one_of(connection, entries.c[column], wanted)
            found = connection.scalars(select(entries.c.id).where(condition).order_by(entries.c.id)).all()
            assert found == [row["id"] for row in some]


def test_a_condition_takes_more_values_than_a_statement_has_parameters(store: Store) -> None:
    with store.transaction() as connection:
        insert_rows(connection, entries, [entry(number) for number in range(1, 4)])
        condition = is_one_of(connection, entries.c.slug, [f"entry-{number}" for number in range(3, 100_000)])
        assert connection.scalars(select(entries.c.id).where(condition)).all() == [3]


def test_reserved_ids_are_nobody_elses(store: Store) -> None:
    with store.transaction() as connection:
        first = reserved_ids(connection, entries, 3)
        insert_rows(connection, entries, [entry(number) for number in first])
        second = reserved_ids(connection, entries, 2)
        insert_rows(connection, entries, [entry(number) for number in second])
        own = {name: value for name, value in entry(0).items() if name != "id"}
        (third,) = connection.execute(insert(entries).values(own)).inserted_primary_key
    assert first + second == sorted({*first, *second})
    assert third not in {*first, *second}
