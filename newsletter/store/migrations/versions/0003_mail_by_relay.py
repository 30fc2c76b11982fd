"""what mail over a relay, sign-up and feedback keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_STATES = "state IN ('queued', 'claimed', 'sending', 'sent', 'deferred', 'unknown', 'failed', 'suppressed')"


def upgrade() -> None:
    """what mail over a relay, sign-up and feedback keep."""
    for table, name, kind in (
        ("frozen_mails", "text_mail", sa.LargeBinary()),
        ("subscribers", "created_at", _INSTANT),
        ("subscribers", "bounce_score", sa.Float()),
        ("subscribers", "bounced_on", sa.Date()),
        ("subscriptions", "created_at", _INSTANT),
        ("subscriptions", "confirmed_at", _INSTANT),
        ("subscriptions", "weekday", sa.Integer()),
        ("subscriptions", "paused_until", sa.Date()),
        ("subscriptions", "left_by", sa.String()),
        ("consents", "network", sa.String()),
        ("deliveries", "ready_at", _INSTANT),
        ("deliveries", "address", sa.String()),
        ("deliveries", "format", sa.String()),
        ("deliveries", "signed_by", sa.String()),
        ("deliveries", "owner", sa.String()),
        ("deliveries", "replies_lost", sa.Integer()),
        ("mailings", "closed_at", _INSTANT),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.execute("UPDATE deliveries SET ready_at = due_at")
    op.drop_index("ix_deliveries_state", table_name="deliveries")
    op.create_index("ix_deliveries_ready", "deliveries", ["mailing_id", "state", "ready_at"])
    op.create_index("ix_deliveries_subscription_id", "deliveries", ["subscription_id", "mailing_id"])
    _readers()
    _mail()
    _aging()


def _readers() -> None:
    op.create_table(
        "sign_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ups")),
    )
    for name in ("asked_at", "address_hash", "network", "domain"):
        op.create_index(op.f(f"ix_sign_ups_{name}"), "sign_ups", [name])
    op.create_table(
        "address_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("old_confirmed_at", _INSTANT, nullable=True),
        sa.Column("new_confirmed_at", _INSTANT, nullable=True),
        sa.Column("done_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_address_changes_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
        sa.UniqueConstraint("uid", name=op.f("uq_address_changes_uid")),
    )
    op.create_index(op.f("ix_address_changes_subscriber_id"), "address_changes", ["subscriber_id"])
    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_suppressions")),
    )


def _mail() -> None:
    op.create_table(
        "digest_issues",
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_digest_issues_issue_id")),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name=op.f("fk_digest_issues_mailing_id")),
        sa.PrimaryKeyConstraint("mailing_id", "issue_id", name=op.f("pk_digest_issues")),
    )
    op.create_index(op.f("ix_digest_issues_issue_id"), "digest_issues", ["issue_id"])
    op.create_table(
        "frozen_digests",
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frozen_at", _INSTANT, nullable=False),
        sa.Column("mail", sa.LargeBinary(), nullable=False),
        sa.Column("text_mail", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name=op.f("fk_frozen_digests_mailing_id")),
        sa.PrimaryKeyConstraint("mailing_id", "number", name=op.f("pk_frozen_digests")),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("ready_at", _INSTANT, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("mail", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("replies_lost", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", _INSTANT, nullable=True),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("reply", sa.String(), nullable=True),
        sa.CheckConstraint(_STATES, name=op.f("ck_letters_state")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_letters_issue_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_letters_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_ready", "letters", ["state", "ready_at"])
    op.create_index(op.f("ix_letters_issue_id"), "letters", ["issue_id"])
    op.create_index(op.f("ix_letters_subscription_id"), "letters", ["subscription_id"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("mailing_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_feedback_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("origin", "event_id", name=op.f("uq_feedback_origin_event_id")),
    )
    op.create_index(op.f("ix_feedback_subscription_id"), "feedback", ["subscription_id"])


def _aging() -> None:
    """What ages out is found by indexes that hold nothing else."""
    for table, name, column, condition in (
        ("subscriptions", "left_at", "left_at", "left_at IS NOT NULL"),
        ("consents", "network", "given_at", "network IS NOT NULL"),
        ("letters", "address", "due_at", "address <> ''"),
        ("feedback", "kept", "received_at", "(raw IS NOT NULL OR detail <> '')"),
    ):
        where = sa.text(condition)
        op.create_index(f"ix_{table}_{name}", table, [column], sqlite_where=where, postgresql_where=where)
