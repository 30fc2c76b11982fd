"""A whole archive back from its JSON Lines (`copying`), into an empty one: nothing is lost."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from newsletter.archive import editions as edition_rows
from newsletter.archive import entries as entry_rows
from newsletter.archive import shown
from newsletter.errors import InvalidEntry, NewsletterError
from newsletter.models import Edition, Entry, Kind, Schedule
from newsletter.shapes import entry_of
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
    entry_rows.write_entries(connection, [versions[0][1]], versions[0][0])
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
    shown.follow(connection)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
