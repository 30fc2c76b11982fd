"""What every table is made of: the one MetaData, instants, and keys of other tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, ForeignKey, MetaData, TextClause, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, in UTC both ways; SQLite keeps no zone, PostgreSQL answers in the session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime, which would mean another instant on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"an instant needs a zone: {value!r}"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give it back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def key(target: str, *, primary_key: bool = False, index: bool = False, nullable: bool = False) -> Column[int]:
    """Return the column that names a row of *target*, such as `entries.id`."""
    name = target.removesuffix(".id").replace("entries", "entry").removesuffix("s") + "_id"
    return Column(name, ForeignKey(target), primary_key=primary_key, index=index, nullable=nullable)


def where(condition: TextClause) -> dict[str, Any]:
    """Return what makes an index one of the rows alone that meet *condition*: the others cost it nothing."""
    return {"sqlite_where": condition, "postgresql_where": condition}
