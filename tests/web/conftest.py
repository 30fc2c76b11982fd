"""A filled archive behind a server: one to read, for all tests of a file, and one to change, for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from letterbox import PROXY
from newsstand import Stand, fill, fill_a_day, standing

from newsletter.store import Store


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a database once, to be copied."""
    file = tmp_path_factory.mktemp("filled") / "dose.db"
    store = Store(f"sqlite:///{file}")
    fill(store)
    store.close()
    return file


@pytest.fixture
def own_address(filled: Path, tmp_path: Path) -> str:
    """Give the test the address of a filled database of its own."""
    return f"sqlite:///{shutil.copy(filled, tmp_path / 'dose.db')}"


@pytest.fixture(scope="module")
def stand(filled: Path) -> Iterator[Stand]:
    """Serve an archive that no test changes."""
    with standing(f"sqlite:///{filled}") as found:
        yield found


@pytest.fixture
def own_stand(own_address: str) -> Iterator[Stand]:
    """Serve an archive that the test may change."""
    with standing(own_address) as found:
        yield found


@pytest.fixture
def counter(store: Store) -> Iterator[Stand]:
    """Serve a day's archive to readers who join and leave, on SQLite and on PostgreSQL."""
    fill_a_day(store)
    with standing(store.url.render_as_string(hide_password=False), trusted_proxies=PROXY) as found:
        yield found
