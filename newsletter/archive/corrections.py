"""Corrections: the public notes, and which mailing carried them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, insert, select

from newsletter.models import Change, Correction
from newsletter.store.bulk import is_one_of
from newsletter.store.engine import raise_change_number
from newsletter.store.tables import correction_notes, corrections, editions, entries, issues, mailings, revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A correction in the store, with the entry's revision that is right."""

    id: int
    revision: int
    correction: Correction


def _selected() -> Select[Any]:
    return (
        select(corrections, entries.c.slug, revisions.c.headline)
        .join(entries, entries.c.id == corrections.c.entry_id)
        .join(
            revisions,
            and_(revisions.c.entry_id == corrections.c.entry_id, revisions.c.number == corrections.c.revision),
        )
        .order_by(corrections.c.corrected_at, corrections.c.id)
    )


def _noted(row: Row[Any]) -> Noted:
    return Noted(
        id=row.id,
        revision=row.revision,
        correction=Correction(
            entry=row.slug,
            headline=row.headline,
            corrected_at=row.corrected_at,
            note=row.note,
            changes=tuple(Change(field=field, was=was, now=now) for field, was, now in row.changes),
            slip=row.slip,
        ),
    )


def add(connection: Connection, entry_id: int, revision: int, correction: Correction) -> None:
    """Keep a public note on an entry, right from *revision* on."""
    raise_change_number(connection)
    connection.execute(
        insert(corrections).values(
            entry_id=entry_id,
            corrected_at=correction.corrected_at,
            note=correction.note,
            changes=[[change.field, change.was, change.now] for change in correction.changes],
            slip=correction.slip,
            revision=revision,
        )
    )


def has_note(connection: Connection, entry_id: int, note: str) -> bool:
    """Say whether an entry's newest correction says just this."""
    newest = (
        select(corrections.c.note)
        .where(corrections.c.entry_id == entry_id)
        .order_by(corrections.c.corrected_at.desc(), corrections.c.id.desc())
        .limit(1)
    )
    return connection.scalar(newest) == note


def of_entries(connection: Connection, entry_ids: Collection[int]) -> dict[int, list[Noted]]:
    """Return the corrections of each of these entries, the oldest first."""
    found: dict[int, list[Noted]] = {}
    if not entry_ids:
        return found
    statement = _selected().where(is_one_of(connection, corrections.c.entry_id, entry_ids))
    for row in connection.execute(statement):
        found.setdefault(row.entry_id, []).append(_noted(row))
    return found


def public(connection: Connection, edition: str, most: int = 1000) -> list[Correction]:
    """Return the corrections of what an edition published and did not withdraw, the newest first."""
    statement = _selected().where(_published_in(edition)).order_by(None)
    rows = connection.execute(
        statement.order_by(corrections.c.corrected_at.desc(), corrections.c.id.desc()).limit(most)
    )
    return [_noted(row).correction for row in rows]


def to_carry(connection: Connection, edition: str, kind: str, reached: ColumnElement[bool]) -> list[Noted]:
    """
    Return the corrections that the edition's next mailing of this kind is to carry; slips are not mailed.

    *reached* is what makes a mailing one that brought its notes to somebody: what another carried
    in vain is carried again.
    """
    carried = exists().where(
        correction_notes.c.correction_id == corrections.c.id,
        correction_notes.c.edition_id == editions.c.id,
        correction_notes.c.kind == kind,
        editions.c.slug == edition,
        mailings.c.edition_id == correction_notes.c.edition_id,
        mailings.c.kind == kind,
        mailings.c.key == correction_notes.c.key,
        reached,
    )
    rows = connection.execute(_selected().where(_published_in(edition), ~carried, corrections.c.slip.is_(False)))
    return [_noted(row) for row in rows]


def between(connection: Connection, edition: str, since: datetime, until: datetime) -> list[Correction]:
    """Return the corrections of an edition after *since*, up to *until*, the oldest first; slips are not mailed."""
    within = and_(corrections.c.corrected_at > since, corrections.c.corrected_at <= until)
    rows = connection.execute(_selected().where(_published_in(edition), within, corrections.c.slip.is_(False)))
    return [_noted(row).correction for row in rows]


def carried_by(connection: Connection, edition_id: int, kind: str, key: str) -> list[Noted]:
    """Return the notes that a mailing carries."""
    statement = _selected().join(correction_notes, correction_notes.c.correction_id == corrections.c.id)
    rows = connection.execute(
        statement.where(
            correction_notes.c.edition_id == edition_id,
            correction_notes.c.kind == kind,
            correction_notes.c.key == key,
        )
    )
    return [_noted(row) for row in rows]


def carried(connection: Connection, edition_id: int, kind: str, key: str, notes: Sequence[Noted]) -> None:
    """Keep which mailing carries these notes, in the place of one that carried them in vain."""
    if notes:
        connection.execute(
            delete(correction_notes).where(
                correction_notes.c.correction_id.in_([noted.id for noted in notes]),
                correction_notes.c.edition_id == edition_id,
                correction_notes.c.kind == kind,
            )
        )
        connection.execute(
            insert(correction_notes),
            [{"correction_id": noted.id, "edition_id": edition_id, "kind": kind, "key": key} for noted in notes],
        )


def _published_in(edition: str) -> ColumnElement[bool]:
    return exists().where(
        issues.c.entry_id == corrections.c.entry_id,
        issues.c.edition_id == editions.c.id,
        editions.c.slug == edition,
        issues.c.state == "published",
        # An issue that was printed right needs no note.
        issues.c.revision < corrections.c.revision,
    )
