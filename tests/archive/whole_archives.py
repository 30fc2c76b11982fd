"""Whole archives: out of one store, and into another of the other kind."""

from __future__ import annotations

from pathlib import Path

from rooms import at

from newsletter.archive import copying
from newsletter.desk.importing import Import, Report
from newsletter.store import Store

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def export(store: Store) -> bytes:
    with store.reading() as connection:
        return "".join(f"{line}\n" for line in copying.lines(connection)).encode()


def restore(store: Store, exported: bytes, folder: Path, *, dry_run: bool = False) -> Report:
    file = folder / "archive.jsonl"
    file.write_bytes(exported)
    return Import(files=[str(file)]).run(store, at(500), dry_run=dry_run)
