"""
Every table, in one MetaData.

Content hangs on revisions: what an entry says, its sources, groups and tags belong to one revision
and never change after it. An entry points at its newest revision and at the one readers see.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)

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


def _key(target: str, *, primary_key: bool = False, index: bool = False, nullable: bool = False) -> Column[int]:
    name = target.removesuffix(".id").replace("entries", "entry").removesuffix("s") + "_id"
    return Column(name, ForeignKey(target), primary_key=primary_key, index=index, nullable=nullable)


meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

groups = Table(
    "groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
)

group_names = Table(
    "group_names",
    metadata,
    _key("groups.id", primary_key=True),
    Column("name", String, primary_key=True),
)

tags = Table(
    "tags",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Uuid, nullable=False, unique=True),
    Column("slug", String, nullable=False, unique=True),
    Column("status", String, nullable=False),
    Column("origin", String),
    Column("guessed", JSON, nullable=False),
    # The newest revision, and the one that readers see, by number: numbers are the entry's own.
    Column("revision", Integer, nullable=False),
    Column("published_revision", Integer),
    # The change number of the last change to it, for whoever keeps a copy.
    Column("changed", Integer, nullable=False, index=True),
    CheckConstraint("status IN ('draft', 'review', 'ready', 'retired')", name="status"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    _key("entries.id"),
    Column("number", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("kind", String, nullable=False),
    Column("headline", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("speaker", String),
    Column("speaker_role", String),
    Column("event_year", Integer),
    Column("event_month", Integer),
    Column("event_day", Integer),
    Column("end_year", Integer),
    Column("end_month", Integer),
    Column("end_day", Integer),
    Column("country", String(2)),
    Column("place", String),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("claimed", Boolean),
    Column("ideology", String),
    Column("attack_type", String),
    Column("killed", Integer),
    Column("killed_at_least", Boolean, nullable=False),
    Column("killed_most", Integer),
    Column("injured", Integer),
    Column("injured_at_least", Boolean, nullable=False),
    Column("injured_most", Integer),
    Column("toll_note", String),
    Column("content_note", String),
    Column("language", String, nullable=False),
    Column("translation_of", Uuid),
    UniqueConstraint("entry_id", "number"),
    Index("ix_revisions_event", "event_month", "event_day", "event_year"),
    CheckConstraint("kind IN ('quote', 'post', 'fact', 'report')", name="kind"),
)

sources = Table(
    "sources",
    metadata,
    _key("revisions.id", primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("raw", Text, nullable=False),
    Column("author", Text),
    Column("title", Text),
    Column("publisher", Text),
    Column("published", String(10)),
    Column("url", Text),
)

entry_groups = Table(
    "entry_groups",
    metadata,
    _key("revisions.id", primary_key=True),
    Column("position", Integer, primary_key=True),
    _key("groups.id", index=True),
    Column("attribution", String, nullable=False),
)

entry_tags = Table(
    "entry_tags",
    metadata,
    _key("revisions.id", primary_key=True),
    Column("position", Integer, primary_key=True),
    _key("tags.id", index=True),
)

redirects = Table(
    "redirects",
    metadata,
    Column("slug", String, primary_key=True),
    _key("entries.id", index=True),
)

editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Uuid, nullable=False, unique=True),
    Column("slug", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("language", String, nullable=False),
    Column("sender", String),
    Column("days", JSON, nullable=False),
    Column("rest_days", Integer, nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("since", Date, nullable=False),
)

edition_schedules = Table(
    "edition_schedules",
    metadata,
    _key("editions.id", primary_key=True),
    Column("from_day", Date, primary_key=True),
    Column("zone", String, nullable=False),
    Column("time", Time, nullable=False),
)

pins = Table(
    "pins",
    metadata,
    _key("editions.id", primary_key=True),
    Column("day", Date, primary_key=True),
    _key("entries.id", index=True),
)

queue = Table(
    "queue",
    metadata,
    _key("editions.id", primary_key=True),
    _key("entries.id", primary_key=True),
    Column("position", Integer, nullable=False),
    Column("note", String),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    _key("editions.id", nullable=True),
    Column("first", Date),
    Column("last", Date),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("reason", String, nullable=False),
    Column("origin", String, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Uuid, nullable=False, unique=True),
    _key("editions.id"),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("subject", String, nullable=False),
    _key("entries.id"),
    # The revision that was printed, and the one that readers are shown since a correction.
    Column("revision", Integer, nullable=False),
    Column("shown_revision", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("caught_up", Boolean, nullable=False),
    # What was printed, as JSON, and the SHA-256 of these bytes followed by the frozen mail's.
    Column("content", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("withdrawn_at", Instant),
    Column("notice", Text),
    UniqueConstraint("edition_id", "day"),
    # When an edition last published an entry is asked for every entry of the archive.
    Index("ix_issues_entry", "entry_id", "edition_id", "day"),
    UniqueConstraint("edition_id", "number"),
    UniqueConstraint("edition_id", "published_at"),
    CheckConstraint("state IN ('published', 'withdrawn')", name="state"),
)

frozen_mails = Table(
    "frozen_mails",
    metadata,
    _key("issues.id", primary_key=True),
    # 1 is what publishing froze; a later one was frozen again before anybody was sent it.
    Column("number", Integer, primary_key=True),
    Column("frozen_at", Instant, nullable=False),
    Column("mail", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    _key("entries.id", index=True),
    Column("corrected_at", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("slip", Boolean, nullable=False),
    # The entry's revision from which on readers see what is right.
    Column("revision", Integer, nullable=False),
)

correction_notes = Table(
    "correction_notes",
    metadata,
    _key("corrections.id", primary_key=True),
    _key("editions.id", primary_key=True),
    # Which kind of mailing carried the note, and which one did: each kind once (daily, digest).
    Column("kind", String, primary_key=True),
    Column("key", String, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    _key("editions.id", primary_key=True),
    Column("name", String, primary_key=True),
    Column("media_type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("last_modified", Instant, nullable=False),
    # What the bytes were printed from, so that they are printed again only when that changed.
    Column("stamp", String, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", String, nullable=False),
    # The address as it is compared: two spellings of it are one reader.
    Column("folded", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    CheckConstraint("state IN ('good', 'bounced', 'complained', 'erased')", name="state"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    _key("subscribers.id"),
    _key("editions.id"),
    Column("state", String, nullable=False),
    Column("cadence", String, nullable=False),
    Column("hour", Time),
    Column("zone", String),
    Column("format", String, nullable=False),
    # By which links and tokens name it: a number would tell how many readers there are.
    Column("uid", Uuid, index=True, unique=True),
    Column("left_at", Instant),
    UniqueConstraint("subscriber_id", "edition_id"),
    Index("ix_subscriptions_audience", "edition_id", "state"),
    CheckConstraint("state IN ('pending', 'active', 'paused', 'left')", name="state"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    _key("subscriptions.id", index=True),
    Column("given_at", Instant, nullable=False),
    Column("origin", String, nullable=False),
    Column("text", Text, nullable=False),
)

mailings = Table(
    "mailings",
    metadata,
    Column("id", Integer, primary_key=True),
    _key("editions.id"),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    _key("issues.id", index=True),
    Column("frozen_number", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("audience", Integer, nullable=False),
    UniqueConstraint("edition_id", "kind", "key"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _key("mailings.id", primary_key=True),
    _key("subscriptions.id", primary_key=True),
    Column("state", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    # Which of the issue's frozen mails it is, from the first claim on.
    Column("frozen_number", Integer),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("message_id", String),
    Column("sent_at", Instant),
    Column("reply", String),
    Index("ix_deliveries_state", "state", "due_at"),
    CheckConstraint(
        "state IN ('queued', 'claimed', 'sending', 'sent', 'deferred', 'unknown', 'failed', 'suppressed')", name="state"
    ),
)
