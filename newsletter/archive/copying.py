"""
The whole archive as JSON Lines, and back into an empty one: nothing is lost, a second copy is the same bytes.

Each line has a `record`: `edition group entry correction issue pin queue hold`. An entry's line is
its JSON shape and, under `history`, its earlier revisions and old slugs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from newsletter.archive import editions as edition_rows
from newsletter.archive import entries as entry_rows
from newsletter.archive.rows import ENTRY_COLUMNS, entries_of
from newsletter.errors import InvalidEntry, NewsletterError
from newsletter.models import Edition, Entry, Kind, Schedule
from newsletter.shapes import entry_of, entry_shape, instant
from newsletter.store.engine import raise_change_number
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


class NotEmpty(NewsletterError):
    """Only an empty archive takes a whole one."""

    def __init__(self) -> None:
        super().__init__("this archive is not empty: a whole archive can be imported only into an empty one")


class InvalidRecord(NewsletterError):
    """A line is no record of an archive, or it refers to what is not there."""


def is_empty(connection: Connection) -> bool:
    """Say whether there is no entry and no issue."""
    return not any(connection.scalar(select(func.count()).select_from(table)) for table in (entries, issues))


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
            select(mailings.c.created_at, mailings.c.frozen_number).where(mailings.c.issue_id == issue_id)
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
            "day": row.day.isoformat(),
            "until": instant(row.until) if row.until else None,
            "reason": row.reason,
            "origin": row.origin,
        }


# And back.


def put(connection: Connection, record: Record) -> Entry | None:
    """
    Put one line of a whole archive where it belongs; return the entry, if it is one.

    The lines must come in the order in which `lines` gives them. Raises `InvalidEntry` or
    `InvalidRecord` on a line that can't be right, of which nothing is kept.
    """
    putter = _PUTTERS.get(str(record.get("record")))
    if putter is None:
        raise InvalidRecord(f"expected one of {', '.join(_PUTTERS)}, got {record.get('record')!r}")
    try:
        with connection.begin_nested():
            return putter(connection, record)
    except InvalidEntry:
        raise
    except KeyError as error:
        raise InvalidRecord(f"expected a field {error}, got none") from error
    except IntegrityError as error:
        raise InvalidRecord("is there already, or lacks what it must have") from error
    except (DataError, InterfaceError, ProgrammingError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRecord(f"has a field of the wrong kind: {str(error).splitlines()[0]}") from error
    except NewsletterError as error:
        raise InvalidRecord(str(error)) from error


def _put_edition(connection: Connection, record: Record) -> None:
    edition = Edition(
        uid=UUID(record["uid"]),
        slug=record["slug"],
        title=record["title"],
        language=record["language"],
        sender=record["from"],
        since=date.fromisoformat(record["since"]),
        days=frozenset(record["days"]),
        rest_days=record["rest_days"],
        kinds=frozenset(map(Kind, record["kinds"])),
        tags=frozenset(record["tags"]),
        schedules=tuple(
            Schedule(
                from_day=date.fromisoformat(each["from_day"]),
                zone=ZoneInfo(each["zone"]),
                time=time.fromisoformat(each["time"]),
            )
            for each in record["schedules"]
        ),
    )
    if edition_rows.find(connection, edition.slug) is None:
        edition_rows.add(connection, edition)
    else:
        edition_rows.keep(connection, edition)
        connection.execute(update(editions).where(editions.c.slug == edition.slug).values(uid=edition.uid))


def _put_group(connection: Connection, record: Record) -> None:
    group_id = connection.scalar(insert(groups).values(slug=record["slug"], name=record["name"]).returning(groups.c.id))
    for name in record["names"]:
        connection.execute(insert(group_names).values(group_id=group_id, name=name))


def _put_entry(connection: Connection, record: Record) -> Entry:
    history = record["history"]
    shapes = [*history["revisions"], {**plain_entry(record), "created_at": history["created_at"]}]
    versions = [(_at(shape.pop("created_at")), entry_of(shape)) for shape in map(dict, shapes)]
    newest = versions[-1][1]
    entry_rows.insert_entries(connection, [versions[0][1]], versions[0][0])
    entry_id = entry_rows.get_id(connection, str(newest.uid))
    for created_at, entry in versions[1:]:
        entry_rows.insert_revisions(connection, [(entry_id, entry)], created_at)
    connection.execute(
        update(entries)
        .where(entries.c.id == entry_id)
        .values(
            slug=newest.slug,
            status=str(newest.status),
            guessed=list(newest.guessed),
            revision=newest.revision,
            published_revision=history["published_revision"],
        )
    )
    for slug in history["slugs"]:
        connection.execute(insert(redirects).values(slug=slug, entry_id=entry_id))
    return newest


def plain_entry(record: Record) -> Record:
    """Return an entry's line as the JSON shape of the entry alone."""
    return {name: value for name, value in record.items() if name not in ("record", "history")}


def _put_correction(connection: Connection, record: Record) -> None:
    correction_id = connection.scalar(
        insert(corrections)
        .values(
            entry_id=entry_rows.get_id(connection, record["entry"]),
            corrected_at=_at(record["corrected_at"]),
            note=record["note"],
            slip=record["slip"],
            revision=record["revision"],
            changes=record["changes"],
        )
        .returning(corrections.c.id)
    )
    for slug, kind, key in record["carried"]:
        edition_id = edition_rows.get_id(connection, slug)
        connection.execute(
            insert(correction_notes).values(correction_id=correction_id, edition_id=edition_id, kind=kind, key=key)
        )


def _put_issue(connection: Connection, record: Record) -> None:
    edition_id = edition_rows.get_id(connection, record["edition"])
    issue_id = connection.scalar(
        insert(issues)
        .values(
            uid=UUID(record["uid"]),
            edition_id=edition_id,
            day=date.fromisoformat(record["day"]),
            entry_id=entry_rows.get_id(connection, record["entry"]),
            due_at=_at(record["due_at"]),
            published_at=_at(record["published_at"]),
            updated_at=_at(record["updated_at"]),
            withdrawn_at=_at(record["withdrawn_at"]) if record["withdrawn_at"] else None,
            **{name: record[name] for name in _PLAIN_OF_ISSUE},
        )
        .returning(issues.c.id)
    )
    for number, mail in enumerate(record["mails"], start=1):
        body = base64.b64decode(mail["base64"], validate=True)
        connection.execute(
            insert(frozen_mails).values(
                issue_id=issue_id, number=number, frozen_at=_at(mail["frozen_at"]), mail=body, sha256=_sha256(body)
            )
        )
    if record["mailing"]:
        connection.execute(
            insert(mailings).values(
                edition_id=edition_id,
                kind="issue",
                key=record["day"],
                issue_id=issue_id,
                frozen_number=record["mailing"]["frozen"],
                created_at=_at(record["mailing"]["created_at"]),
                audience=0,
            )
        )


_PLAIN_OF_ISSUE = (
    "number", "state", "rule", "reason", "subject", "revision", "shown_revision", "caught_up", "content", "sha256",
    "notice",
)  # fmt: skip


def _put_pin(connection: Connection, record: Record) -> None:
    connection.execute(
        insert(pins).values(
            edition_id=edition_rows.get_id(connection, record["edition"]),
            day=date.fromisoformat(record["day"]),
            entry_id=entry_rows.get_id(connection, record["entry"]),
        )
    )


def _put_queued(connection: Connection, record: Record) -> None:
    edition_id = edition_rows.get_id(connection, record["edition"])
    position = connection.scalar(select(func.count()).where(queue.c.edition_id == edition_id))
    connection.execute(
        insert(queue).values(
            edition_id=edition_id,
            entry_id=entry_rows.get_id(connection, record["entry"]),
            position=position,
            note=record["note"],
        )
    )


def _put_hold(connection: Connection, record: Record) -> None:
    connection.execute(
        insert(holds).values(
            edition_id=edition_rows.get_id(connection, record["edition"]) if record["edition"] else None,
            first=date.fromisoformat(record["first"]) if record["first"] else None,
            last=date.fromisoformat(record["last"]) if record["last"] else None,
            since=_at(record["since"]),
            day=date.fromisoformat(record["day"]),
            until=_at(record["until"]) if record["until"] else None,
            reason=record["reason"],
            origin=record["origin"],
        )
    )


_PUTTERS: Mapping[str, Callable[[Connection, Record], Entry | None]] = {
    "edition": _put_edition,
    "group": _put_group,
    "entry": _put_entry,
    "correction": _put_correction,
    "issue": _put_issue,
    "pin": _put_pin,
    "queue": _put_queued,
    "hold": _put_hold,
}


def finish(connection: Connection) -> None:
    """Tell every process that the archive is another one now."""
    changed = raise_change_number(connection)
    connection.execute(update(entries).values(changed=changed))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
