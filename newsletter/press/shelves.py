"""The picker's shelves, one an edition, kept in this process and refreshed by the change number."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.archive.shelf import Shelved, open_shelf
from newsletter.models import Edition
from newsletter.store import Connection
from newsletter.store.engine import Store
from scheduler.shelf import Shelf


class Shelves:
    """Shelves that one thread uses at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, Shelved] = {}
        self._using = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction that may use the shelves; what it did to them goes with it if it fails."""
        with self._using:
            try:
                with self._store.transaction() as connection:
                    yield connection
            except BaseException:
                self._kept.clear()
                raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a look at the database that may use the shelves."""
        with self._using, self._store.reading() as connection:
            yield connection

    def of(self, connection: Connection, edition: Edition) -> Shelf:
        """Return *edition*'s shelf as the database has it now."""
        shelved = open_shelf(connection, edition, self._kept.get(edition.slug))
        self._kept[edition.slug] = shelved
        return shelved.shelf
