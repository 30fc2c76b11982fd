"""
Cached documents: the bytes of feeds, of their list and of the calendar, with what HTTP says of them.

They are kept packed: that is how nearly every client takes them, and an eighth of the room.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from newsletter.archive.editions import id_of
from newsletter.store.tables import documents, editions

#: 9 takes a fifth longer and saves one byte in a hundred.
_LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """
    What is known of a document without its bytes; *sha256* is theirs, unpacked.

    *last_modified* (whole seconds, UTC) rises with every change of the bytes: a client that
    compares it would throw away new bytes under an old date (newsboat does).
    """

    edition: str
    name: str
    media_type: str
    sha256: str
    last_modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Tag):
    """Bytes that many clients poll, packed with gzip."""

    packed: bytes

    @property
    def body(self) -> bytes:
        """The bytes themselves."""
        return gzip.decompress(self.packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """A document as it comes from the press; *stamp* says what it was printed from."""

    name: str
    media_type: str
    body: bytes
    stamp: str


def stamps(connection: Connection, edition_id: int) -> dict[str, str]:
    """Return what each of an edition's documents was printed from, by name."""
    rows = connection.execute(select(documents.c.name, documents.c.stamp).where(documents.c.edition_id == edition_id))
    return dict(rows.all())


def keep(connection: Connection, edition_id: int, printed: Print, now: datetime) -> None:
    """Keep a document's bytes; the same bytes again keep their Last-Modified."""
    name, body = printed.name, printed.body
    sha256 = hashlib.sha256(body).hexdigest()
    where = (documents.c.edition_id == edition_id) & (documents.c.name == name)
    before = connection.execute(select(documents.c.sha256, documents.c.last_modified).where(where)).first()
    if before is not None and before.sha256 == sha256:
        kept = {"stamp": printed.stamp, "media_type": printed.media_type}
        connection.execute(update(documents).where(where).values(**kept))
        return
    second = now.replace(microsecond=0)
    values = {
        "media_type": printed.media_type,
        "packed": gzip.compress(body, _LEVEL, mtime=0),
        "sha256": sha256,
        "last_modified": second,
        "stamp": printed.stamp,
    }
    if before is None:
        connection.execute(insert(documents).values(edition_id=edition_id, name=name, **values))
    else:
        values["last_modified"] = max(second, before.last_modified + timedelta(seconds=1))
        connection.execute(update(documents).where(where).values(**values))


def tags(connection: Connection) -> list[Tag]:
    """Return what is known of every document of every edition."""
    return [Tag(**row) for row in connection.execute(_tags()).mappings()]


def find(connection: Connection, edition: str, name: str) -> Document | None:
    """Return a document of an edition as it is now."""
    where = (documents.c.edition_id == id_of(edition)) & (documents.c.name == name)
    row = connection.execute(_tags().add_columns(documents.c.packed).where(where)).mappings().first()
    return Document(**row) if row is not None else None


def _tags() -> Select[Any]:
    return select(
        editions.c.slug.label("edition"),
        documents.c.name,
        documents.c.media_type,
        documents.c.sha256,
        documents.c.last_modified,
    ).join(editions, editions.c.id == documents.c.edition_id)


# What the hub was told


def untold(connection: Connection) -> list[Tag]:
    """Return the documents whose bytes are others than the hub was told of last."""
    told = documents.c.told.is_not(None) & (documents.c.told == documents.c.sha256)
    statement = _tags().where(~told).order_by(documents.c.name)
    return [Tag(**row) for row in connection.execute(statement).mappings()]


def set_told(connection: Connection, those: Collection[Tag]) -> None:
    """Remember that the hub was told of documents with these bytes."""
    for tag in those:
        where = (documents.c.edition_id == id_of(tag.edition)) & (documents.c.name == tag.name)
        connection.execute(update(documents).where(where).values(told=tag.sha256))
