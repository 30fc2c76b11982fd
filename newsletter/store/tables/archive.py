"""
The archive's tables.

Content hangs on revisions: what an entry says, its sources, groups and tags belong to one revision
and never change after it. An entry points at its newest revision and at the one readers see.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
)

from newsletter.store.tables.columns import Instant, key, metadata

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
    key("groups.id", primary_key=True),
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
    key("entries.id"),
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
    key("revisions.id", primary_key=True),
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
    key("revisions.id", primary_key=True),
    Column("position", Integer, primary_key=True),
    key("groups.id", index=True),
    Column("attribution", String, nullable=False),
)

entry_tags = Table(
    "entry_tags",
    metadata,
    key("revisions.id", primary_key=True),
    Column("position", Integer, primary_key=True),
    key("tags.id", index=True),
)

redirects = Table(
    "redirects",
    metadata,
    Column("slug", String, primary_key=True),
    key("entries.id", index=True),
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
    key("editions.id", primary_key=True),
    Column("from_day", Date, primary_key=True),
    Column("zone", String, nullable=False),
    Column("time", Time, nullable=False),
)

pins = Table(
    "pins",
    metadata,
    key("editions.id", primary_key=True),
    Column("day", Date, primary_key=True),
    key("entries.id", index=True),
)

queue = Table(
    "queue",
    metadata,
    key("editions.id", primary_key=True),
    key("entries.id", primary_key=True),
    Column("position", Integer, nullable=False),
    Column("note", String),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    key("editions.id", nullable=True),
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
    key("editions.id"),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("subject", String, nullable=False),
    key("entries.id"),
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
    key("issues.id", primary_key=True),
    # 1 is what publishing froze; a later one was frozen again before anybody was sent it.
    Column("number", Integer, primary_key=True),
    Column("frozen_at", Instant, nullable=False),
    Column("mail", LargeBinary, nullable=False),
    # The same for who wants text alone; an older version froze none.
    Column("text_mail", LargeBinary),
    # Of `mail`.
    Column("sha256", String(64), nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    key("entries.id", index=True),
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
    key("corrections.id", primary_key=True),
    key("editions.id", primary_key=True),
    # Which kind of mailing carried the note, and which one did; what a digest carries follows from its time.
    Column("kind", String, primary_key=True),
    Column("key", String, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    key("editions.id", primary_key=True),
    Column("name", String, primary_key=True),
    Column("media_type", String, nullable=False),
    # Of what `packed` unpacks to.
    Column("sha256", String(64), nullable=False),
    Column("last_modified", Instant, nullable=False),
    # What the bytes were printed from, so that they are printed again only when that changed.
    Column("stamp", String, nullable=False),
    # The SHA-256 of the bytes that the hub was told of last.
    Column("told", String(64)),
    # By gzip; last, so that SQLite reads the others without going through it.
    Column("packed", LargeBinary, nullable=False),
)
