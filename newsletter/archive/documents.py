"""Cached documents: the bytes of feeds, with what HTTP says of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from newsletter.store.tables import documents, editions


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    Bytes that many clients poll.

    *last_modified* (whole seconds, UTC) rises with every change of the bytes: a client that
    compares it would throw away new bytes under an old date (newsboat does).
    """

    edition: str
    name: str
    media_type: str
    body: bytes
    sha256: str
    last_modified: datetime


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
    second = now.replace(microsecond=0)
    values = {
        "media_type": printed.media_type,
        "body": body,
        "sha256": sha256,
        "last_modified": second,
        "stamp": printed.stamp,
    }
    if before is None:
        connection.execute(insert(documents).values(edition_id=edition_id, name=name, **values))
    elif before.sha256 != sha256:
        values["last_modified"] = max(second, before.last_modified + timedelta(seconds=1))
        connection.execute(update(documents).where(where).values(**values))
    else:
        connection.execute(update(documents).where(where).values(stamp=printed.stamp))


def every(connection: Connection) -> list[Document]:
    """Return every document of every edition."""
    rows = connection.execute(
        select(documents, editions.c.slug.label("edition")).join(editions, editions.c.id == documents.c.edition_id)
    )
    return [
        Document(
            edition=row.edition,
            name=row.name,
            media_type=row.media_type,
            body=row.body,
            sha256=row.sha256,
            last_modified=row.last_modified,
        )
        for row in rows
    ]
