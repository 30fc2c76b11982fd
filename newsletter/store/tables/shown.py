"""
What readers see, kept ready to be asked: a cache of what issues and reports say, written by `newsletter.archive.shown`.

Its ids are in the order of lists: an edition's newest issue has its highest.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Index, Integer, String, Table, text

from newsletter.store.tables.columns import Instant, key, metadata, where

shown = Table(
    "shown",
    metadata,
    # Edition, issued or not, day and a number of its own: see `newsletter.archive.places`.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    key("editions.id"),
    key("entries.id", index=True),
    key("revisions.id"),
    # From when, and until when if something took its place, readers see this revision with these days.
    Column("seen_from", Instant, nullable=False),
    Column("seen_until", Instant),
    # The first and the newest standing day of issue; none for a report that no issue printed.
    Column("first_day", Date),
    Column("newest_day", Date),
    Column("kind", String, nullable=False),
    Column("country", String(2)),
    Column("event_year", Integer),
    Column("event_month", Integer),
    Column("event_day", Integer),
    # Between which days the event can have been, as YYYYMMDD.
    Column("event_from", Integer),
    Column("event_to", Integer),
    # Its facets as pairs of facet and value, and the CRC-32 of what the search keeps of it.
    Column("facets", JSON, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Index("ix_shown_on", "event_month", "event_day", "edition_id"),
    Index("ix_shown_seen_from", "edition_id", "seen_from"),
    Index("ix_shown_seen_until", "edition_id", "seen_until", **where(text("seen_until IS NOT NULL"))),
)

shown_facets = Table(
    "shown_facets",
    metadata,
    Column("facet", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("shown_id", BigInteger, primary_key=True, autoincrement=False),
    # Something took its place, or will.
    Column("passing", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

#: How many entries have a value, of those whose place nothing took or will take.
shown_counts = Table(
    "shown_counts",
    metadata,
    key("editions.id", primary_key=True),
    Column("facet", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("entries", Integer, nullable=False),
    sqlite_with_rowid=False,
)
