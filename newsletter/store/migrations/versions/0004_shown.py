"""what readers see, kept ready for facets and search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """what readers see, kept ready for facets and search; the next start of any process fills it."""
    op.create_table(
        "shown",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("seen_from", _INSTANT, nullable=False),
        sa.Column("seen_until", _INSTANT, nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("newest_day", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("event_year", sa.Integer(), nullable=True),
        sa.Column("event_month", sa.Integer(), nullable=True),
        sa.Column("event_day", sa.Integer(), nullable=True),
        sa.Column("event_from", sa.Integer(), nullable=True),
        sa.Column("event_to", sa.Integer(), nullable=True),
        sa.Column("facets", sa.JSON(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_shown_edition_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_shown_entry_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_shown_revision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shown")),
    )
    op.create_index(op.f("ix_shown_entry_id"), "shown", ["entry_id"])
    op.create_index("ix_shown_on", "shown", ["event_month", "event_day", "edition_id"])
    op.create_index("ix_shown_seen_from", "shown", ["edition_id", "seen_from"])
    passing = sa.text("seen_until IS NOT NULL")
    op.create_index(
        "ix_shown_seen_until", "shown", ["edition_id", "seen_until"], sqlite_where=passing, postgresql_where=passing
    )
    op.create_table(
        "shown_facets",
        sa.Column("facet", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("shown_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("passing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("facet", "value", "shown_id", name=op.f("pk_shown_facets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shown_counts",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("facet", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_shown_counts_edition_id")),
        sa.PrimaryKeyConstraint("edition_id", "facet", "value", name=op.f("pk_shown_counts")),
        sqlite_with_rowid=False,
    )
    _search()


def _search() -> None:
    """
    The index of words, by the ids of `shown`; each database has its own kind.

    On SQLite words come folded, with spaces between: all that is not ASCII belongs to them.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE IF EXISTS search")
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5"
            "(headline, names, body, facets, tokenize = 'ascii', prefix = '1 2 3')"
        )
        return
    op.execute("DROP TABLE IF EXISTS search")
    op.execute("CREATE TABLE search (shown_id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
    op.execute("CREATE INDEX ix_search_words ON search USING gin (words)")
