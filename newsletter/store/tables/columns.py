"""What every table is made of: the one MetaData, instants, and keys of other tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
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

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None]:
        """Give it back in UTC."""
        return _read_if_any

    @staticmethod
    def read(kept: str | datetime) -> datetime:
        """Return what a database gives for an instant: text (SQLite) or a datetime in the session's zone."""
        return _read(kept) if isinstance(kept, str) else kept.astimezone(UTC)


@lru_cache(maxsize=4096)  # readers of one place are due at one instant
def _read(kept: str) -> datetime:
    return datetime.fromisoformat(kept).replace(tzinfo=UTC)


def _read_if_any(kept: str | datetime | None) -> datetime | None:
    return Instant.read(kept) if kept is not None else None


def key(target: str, *, primary_key: bool = False, index: bool = False, nullable: bool = False) -> Column[int]:
    """Return the column that names a row of *target*, such as `entries.id`."""
    name = target.removesuffix(".id").replace("entries", "entry").removesuffix("s") + "_id"
    return Column(name, ForeignKey(target), primary_key=primary_key, index=index, nullable=nullable)


def where(condition: TextClause) -> dict[str, Any]:
    """Return what makes an index one of the rows alone that meet *condition*: the others cost it nothing."""
    return {"sqlite_where": condition, "postgresql_where": condition}
