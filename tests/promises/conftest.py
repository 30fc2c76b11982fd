"""A live newsroom: a planted database of either kind, and processes under a clock that the test sets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from live_mail import LiveMail
from live_newsroom import LiveNewsroom, plant
from servers.faketime import NoFaketime, WallClock, faketime_library
from servers.missing import missing
from servers.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def planted_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file that holds the starter archive, to be copied."""
    file = tmp_path_factory.mktemp("planted") / "daily-dose.db"
    plant(f"sqlite:///{file}", file.parent)
    return file


@pytest.fixture(scope="session")
def planted_database(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the name of a PostgreSQL database that holds the starter archive, to be copied."""
    name = postgresql.create_database()
    plant(postgresql.url(name), tmp_path_factory.mktemp("planted"))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database that holds the starter archive and no issue."""
    if request.param == "sqlite":
        file = tmp_path / "daily-dose.db"
        shutil.copyfile(request.getfixturevalue("planted_file"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create_database(template=request.getfixturevalue("planted_database"))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def wall_clock(tmp_path: Path) -> WallClock:
    """Give a clock that every process started with its environment sees, and that the test sets."""
    try:
        clock = WallClock(library=faketime_library(), file=tmp_path / "clock")
    except NoFaketime as error:
        missing(f"libfaketime ({error})", install="apt-get install libfaketime")
    clock.show(datetime.now(UTC))
    return clock


@pytest.fixture
def live(tmp_path: Path, database_url: str, wall_clock: WallClock) -> Iterator[LiveNewsroom]:
    """Give a newsroom whose processes are killed when the test has ended."""
    newsroom = LiveNewsroom(tmp_path, database_url, wall_clock)
    yield newsroom
    newsroom.close()


@pytest.fixture
def post(tmp_path: Path, database_url: str, wall_clock: WallClock) -> Iterator[LiveMail]:
    """Give a newsroom with many readers whose mail goes to relays."""
    newsroom = LiveMail(tmp_path, database_url, wall_clock)
    yield newsroom
    newsroom.close()
