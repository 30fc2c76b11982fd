"""
Many rows, and many values, in one statement, as each database takes them fastest.

A list of values as one parameter each is written out, sent and parsed value by value; here a list is one
parameter: values an array on PostgreSQL and JSON on SQLite, which has no arrays; rows JSON on PostgreSQL, since
psycopg writes arrays slowly.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    CursorResult,
    FromClause,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, REGCLASS
from sqlalchemy.types import TypeEngine


def is_one_of(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return the condition that *column* (of text, whole numbers or UUIDs) has one of *values*, however many."""
    if connection.dialect.name != "sqlite":
        return column == any_(literal(list(values), ARRAY(column.type, dimensions=1)))
    kept = [value.hex if isinstance(value, UUID) else value for value in values]
    return column.in_(select(func.json_each(json.dumps(kept)).table_valued("value").c.value))


Columns = Mapping[str, type[TypeEngine[Any]]]


def rows_of(connection: Connection, columns: Columns, rows: Sequence[Sequence[Any]]) -> FromClause:
    """Return *rows* as something to select from or update from; see `rows_given`."""
    dialect = connection.dialect.name
    return rows_given(dialect, columns, literal(written_rows(dialect, columns, rows), Text))


def rows_given(dialect: str, columns: Columns, text: ColumnElement[Any]) -> FromClause:
    """
    Return the rows of *text*, which `written_rows` wrote, as something to select from or update from.

    An update should name all of a row's key by it: SQLite then looks up row by row, instead of the other way round.
    """
    if dialect != "sqlite":
        listed = func.json_to_recordset(cast(text, JSON)).table_valued(
            *(column(name, kind()) for name, kind in columns.items()), name="given_rows"
        )
        return listed.render_derived(with_types=True)
    each = func.json_each(text).table_valued("value", name="given_values")
    picked = (
        func.json_extract(each.c.value, f"$[{number}]", type_=kind()).label(name)
        for number, (name, kind) in enumerate(columns.items())
    )
    return select(*picked).subquery("given_rows")


def written_rows(dialect: str, columns: Columns, rows: Sequence[Sequence[Any]]) -> str:
    """Return *rows* (whole numbers, text and instants in *columns*' order) as text; an instant as it is kept."""
    if dialect != "sqlite":
        return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_as_json)
    return json.dumps(rows, default=_as_kept)


def reading_at_once(dialect: str, statement: Select[Any]) -> Select[Any]:
    """
    Return *statement* as one whose rows `rows_read` returns.

    SQLite gives row by row, and lets other threads run after each: a thread that reads many beside busy ones waits for
    them as often.
    """
    if dialect != "sqlite":
        return statement
    rows = statement.subquery("rows_to_read")
    return select(func.json_group_array(func.json_array(*rows.c, type_=Text), type_=Text))


def rows_read(result: CursorResult[Any]) -> list[Sequence[Any]]:
    """Return the rows of `reading_at_once`, in order; an instant in them is what `Instant.read` takes."""
    if result.dialect.name != "sqlite":
        return list(result.all())
    rows: list[Sequence[Any]] = json.loads(result.scalar_one())
    return rows


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows*, which all name the same columns."""
    if not rows:
        return
    # In the table's order, as a statement has them.
    names = [column.name for column in table.columns if column.name in rows[0]]
    if connection.dialect.name == "sqlite":
        _insert_rows_sqlite(connection, table, names, rows)
        return
    # The table's own row says what each column's type is ("JSON Functions and Operators").
    of_type: ColumnElement[Any] = literal_column(f"NULL::{table.name}")
    given = cast(bindparam("rows", type_=Text), JSON)
    listed = func.json_populate_recordset(of_type, given).table_valued(*names)
    statement = insert(table).from_select(names, select(*listed.c))
    connection.execute(statement, {"rows": json.dumps(rows, default=_as_json)})


def _insert_rows_sqlite(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert *rows* as SQLAlchemy does, column by column instead of row by row: in half the time."""
    dialect = connection.dialect
    columns: list[Iterable[Any]] = []
    for name in names:
        written = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[name] for row in rows]
        columns.append(map(written, values) if written is not None else values)
    statement = str(insert(table).values(dict.fromkeys(names)).compile(dialect=dialect))
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _as_json(value: UUID | datetime) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        message = f"an instant needs a zone: {value!r}"
        raise ValueError(message)
    return str(value)


def _as_kept(value: datetime) -> str:
    # As `Instant` has it written.
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def reserved_ids(connection: Connection, table: Table, number: int) -> list[int]:
    """Return so many ids, in order, that no row of *table* has; in a transaction that writes."""
    if connection.dialect.name == "sqlite":
        first = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
        return list(range(first, first + number))
    # Its name once, not once a number.
    sequence = cast(connection.scalar(select(func.pg_get_serial_sequence(table.name, "id"))), REGCLASS)
    return sorted(connection.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, number))))
