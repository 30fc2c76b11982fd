"""The tables of mail: mailings, their deliveries, letters, and what comes back."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from newsletter.store.tables.columns import Instant, key, metadata, where

mailings = Table(
    "mailings",
    metadata,
    Column("id", Integer, primary_key=True),
    key("editions.id"),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    # The issue that it brings; a digest's is its newest.
    key("issues.id", index=True),
    Column("frozen_number", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("audience", Integer, nullable=False),
    # Since when there is nothing left to do about any of its deliveries.
    Column("closed_at", Instant),
    UniqueConstraint("edition_id", "kind", "key"),
)

digest_issues = Table(
    "digest_issues",
    metadata,
    key("mailings.id", primary_key=True),
    key("issues.id", primary_key=True, index=True),
)

frozen_digests = Table(
    "frozen_digests",
    metadata,
    key("mailings.id", primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("frozen_at", Instant, nullable=False),
    Column("mail", LargeBinary, nullable=False),
    Column("text_mail", LargeBinary),
    Column("sha256", String(64), nullable=False),
)

_STATES = "state IN ('queued', 'claimed', 'sending', 'sent', 'deferred', 'unknown', 'failed', 'suppressed')"

deliveries = Table(
    "deliveries",
    metadata,
    key("mailings.id", primary_key=True),
    key("subscriptions.id", primary_key=True),
    Column("state", String, nullable=False),
    # The reader's own instant, which the mail is dated by.
    Column("due_at", Instant, nullable=False),
    # From when on it may be claimed: `due_at`, later its next attempt.
    Column("ready_at", Instant),
    # Which of the frozen mails it is, to whom and in which format: settled by the first claim.
    Column("frozen_number", Integer),
    Column("address", String),
    Column("format", String),
    # The selectors of the keys that signed it, with commas.
    Column("signed_by", String),
    Column("attempts", Integer, nullable=False),
    # How often the message was sent and the reply to it never came.
    Column("replies_lost", Integer),
    # Who works on it, and until when nobody else may.
    Column("owner", String),
    Column("lease_until", Instant),
    Column("message_id", String),
    Column("sent_at", Instant),
    Column("reply", String),
    Index("ix_deliveries_ready", "mailing_id", "state", "ready_at"),
    Index("ix_deliveries_subscription_id", "subscription_id", "mailing_id"),
    CheckConstraint(_STATES, name="state"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    # Whom it is about; an alert to editors is about nobody.
    key("subscriptions.id", nullable=True, index=True),
    # The issue that a welcome brings: its reader is in no audience of that issue.
    key("issues.id", nullable=True, index=True),
    Column("state", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("ready_at", Instant),
    Column("address", String, nullable=False),
    # As it is sent, but for its signature; emptied when it is done, since it may hold a token.
    Column("mail", LargeBinary, nullable=False),
    Column("message_id", String, nullable=False),
    Column("signed_by", String),
    Column("attempts", Integer, nullable=False),
    # How often the message was sent and the reply to it never came.
    Column("replies_lost", Integer),
    Column("owner", String),
    Column("lease_until", Instant),
    Column("sent_at", Instant),
    Column("reply", String),
    Index("ix_letters_ready", "state", "ready_at"),
    Index("ix_letters_address", "due_at", **where(text("address <> ''"))),
    CheckConstraint(_STATES, name="state"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    # Where it was read, and what names it there: the same one counts once.
    Column("origin", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("kind", String, nullable=False),
    key("subscriptions.id", nullable=True, index=True),
    Column("mailing_id", Integer),
    Column("status", String),
    Column("detail", Text, nullable=False),
    # Kept only of what a human has to look at.
    Column("raw", LargeBinary),
    UniqueConstraint("origin", "event_id"),
    Index("ix_feedback_kept", "received_at", **where(text("(raw IS NOT NULL OR detail <> '')"))),
)
