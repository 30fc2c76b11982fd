"""The tables of readers: subscribers, their subscriptions and consents, and what guards them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)

from newsletter.store.tables.columns import Instant, key, metadata, where

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", String, nullable=False),
    # The address as it is compared: two spellings of it are one reader.
    Column("folded", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("created_at", Instant),
    # What mail that came back counts for, and the last day that counted: one point a day at most.
    Column("bounce_score", Float),
    Column("bounced_on", Date),
    CheckConstraint("state IN ('good', 'bounced', 'complained', 'erased')", name="state"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    key("subscribers.id"),
    key("editions.id"),
    Column("state", String, nullable=False),
    Column("cadence", String, nullable=False),
    Column("hour", Time),
    Column("zone", String),
    Column("format", String, nullable=False),
    # By which links and tokens name it: a number would tell how many readers there are.
    Column("uid", Uuid, index=True, unique=True),
    Column("left_at", Instant),
    Column("created_at", Instant),
    Column("confirmed_at", Instant),
    # Of a weekly digest: 1 is Monday (ISO 8601).
    Column("weekday", Integer),
    # The first day with mail again.
    Column("paused_until", Date),
    # Who took them off: `sync`, a list that they stood on no more; null, they themselves. What a list took off, a
    # list may bring back.
    Column("left_by", String),
    UniqueConstraint("subscriber_id", "edition_id"),
    Index("ix_subscriptions_audience", "edition_id", "state"),
    # Which addresses to erase for age; an erased one has no instant any more.
    Index("ix_subscriptions_left_at", "left_at", **where(text("left_at IS NOT NULL"))),
    CheckConstraint("state IN ('pending', 'active', 'paused', 'left')", name="state"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    key("subscriptions.id", index=True),
    Column("given_at", Instant, nullable=False),
    Column("origin", String, nullable=False),
    Column("text", Text, nullable=False),
    # The prefix of the network it came from, never the whole address.
    Column("network", String),
    Index("ix_consents_network", "given_at", **where(text("network IS NOT NULL"))),
)

sign_ups = Table(
    "sign_ups",
    metadata,
    Column("id", Integer, primary_key=True),
    # Which letter was asked for: each has caps of its own beside those that all share.
    Column("kind", String, nullable=False),
    Column("asked_at", Instant, nullable=False, index=True),
    # What caps count by: a keyed hash of the address, the network's prefix, the address's domain.
    Column("address_hash", String(64), nullable=False, index=True),
    Column("network", String, nullable=False, index=True),
    Column("domain", String, nullable=False, index=True),
    # Whether a letter was sent for it.
    Column("mailed", Boolean, nullable=False),
)

address_changes = Table(
    "address_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Uuid, nullable=False, unique=True),
    key("subscribers.id", index=True),
    Column("address", String, nullable=False),
    Column("folded", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    # Confirmed at the address that is, and at the one that is to be.
    Column("old_confirmed_at", Instant),
    Column("new_confirmed_at", Instant),
    Column("done_at", Instant),
)

suppressions = Table(
    "suppressions",
    metadata,
    # A keyed hash of the folded address: it outlives an address that was erased.
    Column("address_hash", String(64), primary_key=True),
    Column("reason", String, nullable=False),
    Column("since", Instant, nullable=False),
)
