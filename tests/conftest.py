"""What every test may ask for: a fresh database of either kind, and a machine without our settings in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from servers.missing import missing
from servers.postgresql import NoPostgreSQL, PostgreSQL, running_server

# A shared machine stalls now and then, so no deadline; what CI finds must be found again.
hypothesis_settings.register_profile("ours", deadline=None, print_blob=True)
hypothesis_settings.load_profile("ours")


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_ours() -> Iterator[None]:
    """Take what the developer's shell says about a service of his own out of the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("DAILY_DOSE_"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL server, one for each worker of pytest-xdist, started when the first test asks for it."""
    try:
        with running_server() as server:
            yield server
    except NoPostgreSQL as error:
        missing(f"PostgreSQL 15 or newer ({error})", install="apt-get install postgresql")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database: a SQLite file not yet there, or a new one in PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'daily-dose.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)
