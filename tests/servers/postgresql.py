"""A PostgreSQL server of the tests' own: an empty cluster on a socket in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

OLDEST = 15

_UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NoPostgreSQL(Exception):
    """The machine has no PostgreSQL server that is new enough."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgreSQL:
    """A running server: its programs, its data, and the folder of its socket."""

    programs: Path
    data: Path
    socket: Path

    def url(self, database: str) -> str:
        """Return the address of *database*, as `DAILY_DOSE_DATABASE_URL` takes it."""
        return f"postgresql://postgres@/{database}?host={self.socket}"

    def create_database(self, *, template: str = "template1") -> str:
        """Create a database of a new name, a copy of *template*, and return its name."""
        name = f"test_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop_database(self, name: str) -> None:
        """Drop the database *name*, ending whoever is still connected to it."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = " ".join(f"-c {name}={value}" for name, value in _UNSAFE_BUT_FAST.items())
        options += f" -c unix_socket_directories={self.socket} -c listen_addresses="
        self._pg_ctl("start", "-w", "-l", str(self.data / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `smart` waits for clients, `fast` ends them, `immediate` is a crash."""
        self._pg_ctl("stop", "-w", "-m", mode)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _pg_ctl(self, *arguments: str) -> None:
        _run(str(self.programs / "pg_ctl"), "-s", "-D", str(self.data), *arguments)


@contextmanager
def running_server() -> Iterator[PostgreSQL]:
    """Give a server that runs until the block ends; raise `NoPostgreSQL` where there is none to run."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 characters
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        _run(
            *(str(programs / "initdb"), "--username=postgres", "--auth=trust", "--no-sync", "--no-instructions"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "-D", str(folder / "data")),
        )
        server = PostgreSQL(programs=programs, data=folder / "data", socket=folder)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Find the folder of the newest server's programs, among Debian's or on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    if found is None:
        raise NoPostgreSQL("no initdb found")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.split()[2].partition(".")[0]) < OLDEST:
        raise NoPostgreSQL(f"{version.strip()} is older than {OLDEST}")
    return Path(found).parent


def _run(*command: str) -> None:
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    group = pwd.getpwnam(user).pw_gid if user else None
    subprocess.run(
        command,
        user=user,
        group=group,
        extra_groups=[] if user else None,
        cwd="/",
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
