"""Archives whose every document is looked at: the starter archive, and one that an enemy wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hostile_entries
from rooms import Room, an_edition, at, starter

from newsletter.archive import documents
from newsletter.archive.documents import Document
from newsletter.models import Status
from newsletter.shapes import entry_of
from newsletter.store import Store
from newsletter.store.schema import upgrade


@contextmanager
def printed_archive(name: str, folder: Path, days: int) -> Iterator[Room]:
    """Give a room that has published *days* issues of an archive, `starter` or `hostile`, in two editions."""
    store = Store(f"sqlite:///{folder / name}.db")
    try:
        upgrade(store)
        room = Room(store, folder / f"outbox-{name}")
        room.open(an_edition(), an_edition("second", title="A <b>second</b> & “last” one"))
        room.add(*(starter() if name == "starter" else hostile()))
        room.press.catch_up(at(days - 1, 7))
        yield room
    finally:
        store.close()


def hostile():
    """Return an enemy's entries, each of them ready."""
    shapes = [json.loads(line) for line in hostile_entries.lines("https://beacon.example/")]
    return [entry_of({**shape, "status": str(Status.READY)}) for shape in shapes]


def printed(room: Room) -> dict[str, Document]:
    """Return every document of every edition, by its path."""
    with room.store.reading() as connection:
        found = [documents.find(connection, tag.edition, tag.name) for tag in documents.tags(connection)]
    return {("" if each.edition == "daily-dose" else f"e/{each.edition}/") + each.name: each for each in found if each}
