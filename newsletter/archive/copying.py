"""
The whole archive as JSON Lines: what `restoring` puts into an empty one and exports again is the same bytes.

Each line has a `record`: `edition group entry correction issue pin queue hold`. An entry's line is
its JSON shape and, under `history`, its earlier revisions and old slugs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from newsletter.archive import editions as edition_rows
from newsletter.archive.rows import ENTRY_COLUMNS, entries_of
from newsletter.shapes import entry_shape, instant
from newsletter.store.tables import (
    correction_notes,
    corrections,
    editions,
    entries,
    frozen_mails,
    group_names,
    groups,
    holds,
    issues,
    mailings,
    pins,
    queue,
    redirects,
    revisions,
)

Record = dict[str, Any]


def lines(connection: Connection) -> Iterator[str]:
    """
    Yield the archive, a line (without its end) at a time, always in the same order.

    Words are sorted here, not by the database: each sorts them by a collation of its own.
    """
    for part in (_editions, _groups, _entries, _corrections, _issues, _plans):
        for record in part(connection):
            yield json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _editions(connection: Connection) -> Iterator[Record]:
    for edition in edition_rows.every(connection):
        yield {
            "record": "edition",
            "uid": str(edition.uid),
            "slug": edition.slug,
            "title": edition.title,
            "language": edition.language,
            "from": edition.sender,
            "since": edition.since.isoformat(),
            "days": sorted(edition.days),
            "rest_days": edition.rest_days,
            "kinds": sorted(map(str, edition.kinds)),
            "tags": sorted(edition.tags),
            "schedules": [
                {
                    "from_day": schedule.from_day.isoformat(),
                    "zone": schedule.zone.key,
                    "time": schedule.time.isoformat("minutes"),
                }
                for schedule in edition.schedules
            ],
        }


def _groups(connection: Connection) -> Iterator[Record]:
    names: dict[int, list[str]] = {}
    for name in connection.execute(select(group_names)):
        names.setdefault(name.group_id, []).append(name.name)
    for row in sorted(connection.execute(select(groups)), key=lambda row: str(row.slug)):
        yield {"record": "group", "slug": row.slug, "name": row.name, "names": sorted(names.get(row.id, []))}


def _entries(connection: Connection) -> Iterator[Record]:
    ids = connection.execute(select(entries.c.id, entries.c.published_revision).order_by(entries.c.uid)).all()
    for start in range(0, len(ids), 200):
        some = {row.id: row.published_revision for row in ids[start : start + 200]}
        yield from _some_entries(connection, some)


def _some_entries(connection: Connection, published: Mapping[int, int | None]) -> Iterator[Record]:
    rows = connection.execute(
        select(*ENTRY_COLUMNS, revisions.c.entry_id, revisions.c.created_at)
        .select_from(entries)
        .join(revisions, revisions.c.entry_id == entries.c.id)
        .where(entries.c.id.in_(published))
        .order_by(entries.c.uid, revisions.c.number)
    ).all()
    slugs: dict[int, list[str]] = {}
    for slug, entry_id in connection.execute(
        select(redirects.c.slug, redirects.c.entry_id).where(redirects.c.entry_id.in_(published))
    ):
        slugs.setdefault(entry_id, []).append(slug)
    versions: dict[int, list[Record]] = {}
    for row, entry in zip(rows, entries_of(connection, rows), strict=True):
        shape = {**entry_shape(entry), "created_at": instant(row.created_at)}
        versions.setdefault(row.entry_id, []).append(shape)
    for entry_id, shapes in versions.items():
        newest = shapes[-1]
        yield {
            "record": "entry",
            **{name: value for name, value in newest.items() if name != "created_at"},
            "history": {
                "created_at": newest["created_at"],
                "published_revision": published[entry_id],
                "slugs": sorted(slugs.get(entry_id, [])),
                "revisions": shapes[:-1],
            },
        }


def _corrections(connection: Connection) -> Iterator[Record]:
    rows = connection.execute(
        select(corrections, entries.c.uid)
        .join(entries, entries.c.id == corrections.c.entry_id)
        .order_by(corrections.c.corrected_at, corrections.c.id)
    ).all()
    for row in rows:
        carried = connection.execute(
            select(editions.c.slug, correction_notes.c.kind, correction_notes.c.key)
            .join(editions, editions.c.id == correction_notes.c.edition_id)
            .where(correction_notes.c.correction_id == row.id)
        )
        yield {
            "record": "correction",
            "entry": str(row.uid),
            "corrected_at": instant(row.corrected_at),
            "note": row.note,
            "slip": row.slip,
            "revision": row.revision,
            "changes": row.changes,
            "carried": sorted(list(each) for each in carried),
        }


def _issues(connection: Connection) -> Iterator[Record]:
    ids = connection.scalars(
        select(issues.c.id).join(editions, editions.c.id == issues.c.edition_id).order_by(editions.c.id, issues.c.day)
    ).all()
    for issue_id in ids:
        row = connection.execute(
            select(issues, editions.c.slug, entries.c.uid.label("entry_uid"))
            .join(editions, editions.c.id == issues.c.edition_id)
            .join(entries, entries.c.id == issues.c.entry_id)
            .where(issues.c.id == issue_id)
        ).one()
        mails = connection.execute(
            select(frozen_mails.c.frozen_at, frozen_mails.c.mail)
            .where(frozen_mails.c.issue_id == issue_id)
            .order_by(frozen_mails.c.number)
        ).all()
        mailing = connection.execute(
            select(mailings.c.created_at, mailings.c.frozen_number).where(
                mailings.c.issue_id == issue_id, mailings.c.kind == "issue"
            )
        ).first()
        yield {
            "record": "issue",
            "uid": str(row.uid),
            "edition": row.slug,
            "day": row.day.isoformat(),
            "number": row.number,
            "state": row.state,
            "rule": row.rule,
            "reason": row.reason,
            "subject": row.subject,
            "entry": str(row.entry_uid),
            "revision": row.revision,
            "shown_revision": row.shown_revision,
            "due_at": instant(row.due_at),
            "published_at": instant(row.published_at),
            "updated_at": instant(row.updated_at),
            "caught_up": row.caught_up,
            "content": row.content,
            "sha256": row.sha256,
            "withdrawn_at": instant(row.withdrawn_at) if row.withdrawn_at else None,
            "notice": row.notice,
            "mails": [{"frozen_at": instant(at), "base64": base64.b64encode(mail).decode()} for at, mail in mails],
            "mailing": {"created_at": instant(mailing.created_at), "frozen": mailing.frozen_number}
            if mailing
            else None,
        }


def _plans(connection: Connection) -> Iterator[Record]:
    for row in connection.execute(
        select(editions.c.slug, pins.c.day, entries.c.uid)
        .join(editions, editions.c.id == pins.c.edition_id)
        .join(entries, entries.c.id == pins.c.entry_id)
        .order_by(editions.c.id, pins.c.day)
    ):
        yield {"record": "pin", "edition": row.slug, "day": row.day.isoformat(), "entry": str(row.uid)}
    for row in connection.execute(
        select(editions.c.slug, queue.c.note, entries.c.uid)
        .join(editions, editions.c.id == queue.c.edition_id)
        .join(entries, entries.c.id == queue.c.entry_id)
        .order_by(editions.c.id, queue.c.position)
    ):
        yield {"record": "queue", "edition": row.slug, "entry": str(row.uid), "note": row.note}
    for row in connection.execute(
        select(holds, editions.c.slug).outerjoin(editions, editions.c.id == holds.c.edition_id).order_by(holds.c.id)
    ):
        yield {
            "record": "hold",
            "edition": row.slug,
            "first": row.first.isoformat() if row.first else None,
            "last": row.last.isoformat() if row.last else None,
            "since": instant(row.since),
            "until": instant(row.until) if row.until else None,
            "reason": row.reason,
            "origin": row.origin,
        }
