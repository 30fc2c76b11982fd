"""documents are kept packed, and know what the hub was told of them."""

from __future__ import annotations

import gzip

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """documents are kept packed, and know what the hub was told of them."""
    connection = op.get_bind()
    columns = ("edition_id", "name", "media_type", "body", "sha256", "last_modified", "stamp")
    before = sa.table("documents", *(sa.column(name) for name in columns))
    rows = [dict(row) for row in connection.execute(sa.select(before)).mappings()]
    op.drop_table("documents")
    documents = op.create_table(
        "documents",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("last_modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("told", sa.String(length=64), nullable=True),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_documents_edition_id")),
        sa.PrimaryKeyConstraint("edition_id", "name", name=op.f("pk_documents")),
    )
    for row in rows:
        packed = gzip.compress(row.pop("body"), 6, mtime=0)
        # Instants as they were read: as text on SQLite, which is how they are kept there.
        connection.execute(sa.insert(_untyped(documents)).values(**row, packed=packed))


def _untyped(table: sa.Table) -> sa.TableClause:
    return sa.table(table.name, *(sa.column(column.name) for column in table.columns))
