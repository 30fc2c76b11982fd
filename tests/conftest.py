"""What every test may ask for: a fresh database of either kind, servers, and a machine without our settings in it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings
from provider import handing_on
from rooms import Room, an_edition
from servers.dovecot import Dovecot, NoDovecot, running_dovecot
from servers.missing import missing
from servers.name_server import NameServer, running_dns
from servers.opendkim import NoOpenDkim, OpenDkim, an_opendkim
from servers.postfix import NoPostfix, Postfix, running_postfix
from servers.postgresql import NoPostgreSQL, PostgreSQL, running_server
from servers.rspamd import NoRspamd, Rspamd, running_rspamd
from servers.smtp_sink import NoSmtpSink, SmtpSink, running_sink
from servers.spamassassin import NoSpamAssassin, SpamAssassin, a_spamassassin

from newsletter.store import Store
from newsletter.store.schema import upgrade

_INSTALL = "apt-get install --no-install-recommends"

# A shared machine stalls now and then, so no deadline. What CI finds must be found again: it tries the same each time,
# and everybody else tries something new.
hypothesis_settings.register_profile("ours", deadline=None, print_blob=True, derandomize="CI" in os.environ)
hypothesis_settings.load_profile("ours")

# What a script starts in the background ignores Ctrl-C, and so would the processes that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file that the migrations made, to copy."""
    file = tmp_path_factory.mktemp("migrated") / "daily-dose.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql: PostgreSQL) -> str:
    """Give the name of a PostgreSQL database that the migrations made, to copy."""
    name = postgresql.create_database()
    _migrate(postgresql.url(name))
    return name


@pytest.fixture
def archives(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Give a function that opens a new archive of the kind `sqlite` or `postgresql`, as the migrations make it."""
    with ExitStack() as opened:
        yield lambda kind: opened.enter_context(_archive(request, kind, tmp_path))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Give the kind of database, one after the other."""
    return str(request.param)


@pytest.fixture
def store(archives: Callable[[str], Store], database_kind: str) -> Store:
    """Give an empty archive, on SQLite and on PostgreSQL."""
    return archives(database_kind)


@pytest.fixture
def room(store: Store, tmp_path: Path) -> Room:
    """Give a newsroom with one edition and no entries, on SQLite and on PostgreSQL."""
    room = Room(store, tmp_path / "outbox")
    room.open(an_edition())
    return room


@pytest.fixture
def sink() -> Iterator[Callable[..., SmtpSink]]:
    """Give what starts a sink with the options that it is called with."""
    with ExitStack() as running:

        def start(*options: str, port: int | None = None) -> SmtpSink:
            try:
                return running.enter_context(running_sink(*options, port=port))
            except NoSmtpSink as error:
                missing(str(error), install=f"{_INSTALL} postfix")

        yield start


@pytest.fixture
def postfix() -> Iterator[Callable[..., Postfix]]:
    """Give what starts a Postfix with the settings that it is called with."""
    with ExitStack() as running:

        def start(**settings: str) -> Postfix:
            try:
                return running.enter_context(running_postfix(settings))
            except NoPostfix as error:
                missing(str(error), install=f"{_INSTALL} postfix")

        yield start


@pytest.fixture(scope="session")
def opendkim(tmp_path_factory: pytest.TempPathFactory) -> OpenDkim:
    """Give a judge of signatures."""
    try:
        return an_opendkim(tmp_path_factory.mktemp("opendkim"))
    except NoOpenDkim as error:
        missing(str(error), install=f"{_INSTALL} opendkim")


@pytest.fixture(scope="session")
def dns() -> Iterator[NameServer]:
    """Run a name server, which knows nothing but what tests put into its zone."""
    with running_dns() as server:
        yield server


@pytest.fixture(scope="session")
def rspamd(dns: NameServer) -> Iterator[Rspamd]:
    """Run an rspamd that asks our name server."""
    try:
        with running_rspamd(dns.port) as server:
            yield server
    except NoRspamd as error:
        missing(str(error), install=f"{_INSTALL} rspamd")


@pytest.fixture(scope="session")
def spamassassin(dns: NameServer, tmp_path_factory: pytest.TempPathFactory) -> SpamAssassin:
    """Give a SpamAssassin that asks our name server."""
    try:
        return a_spamassassin(tmp_path_factory.mktemp("spamassassin"), dns.port)
    except NoSpamAssassin as error:
        missing(str(error), install=f"{_INSTALL} spamassassin")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Run a Dovecot with a mailbox for everybody."""
    try:
        with running_dovecot() as server:
            yield server
    except NoDovecot as error:
        missing(str(error), install=f"{_INSTALL} dovecot-imapd dovecot-lmtpd")


@pytest.fixture(scope="session")
def exchange(dovecot: Dovecot) -> Iterator[Postfix]:
    """Run a Postfix that hands every mail for example.net on to its mailbox."""
    try:
        with running_postfix(handing_on(dovecot)) as server:
            yield server
    except NoPostfix as error:
        missing(str(error), install=f"{_INSTALL} postfix")


@contextmanager
def _archive(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Store]:
    if kind == "sqlite":
        file = folder / f"{uuid4().hex}.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        url, drop = f"sqlite:///{file}", file.unlink
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        name = server.create_database(template=request.getfixturevalue("migrated_database"))
        url, drop = server.url(name), partial(server.drop_database, name)
    store = Store(url)
    yield store
    store.close()
    drop()


def _migrate(url: str) -> None:
    store = Store(url)
    upgrade(store)
    store.close()
