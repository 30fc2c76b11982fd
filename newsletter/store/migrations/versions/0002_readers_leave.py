"""a name of its own for each subscription, and when its reader left."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """a name of its own for each subscription, and when its reader left."""
    op.add_column("subscriptions", sa.Column("uid", sa.Uuid(), nullable=True))
    op.add_column("subscriptions", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    subscriptions = sa.table("subscriptions", sa.column("id", sa.Integer()), sa.column("uid", sa.Uuid()))
    connection = op.get_bind()
    there = connection.scalars(sa.select(subscriptions.c.id)).all()
    if there:
        named = sa.update(subscriptions).where(subscriptions.c.id == sa.bindparam("whose"))
        connection.execute(named.values(uid=sa.bindparam("name")), [{"whose": each, "name": uuid4()} for each in there])
    op.create_index(op.f("ix_subscriptions_uid"), "subscriptions", ["uid"], unique=True)
