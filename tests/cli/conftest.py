"""The program with an archive: made once, copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from command_line import NOON, CommandLine, hourly, real_now


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Give the program with the starter archive and a few weeks of issues; to be copied, not changed."""
    made = CommandLine(home=tmp_path_factory.mktemp("first") / "var")
    made.ok("init", "--since", (NOON - timedelta(days=20)).date())
    return made


@pytest.fixture(scope="session")
def current(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], CommandLine]:
    """Give what makes the program with the starter archive and a few days of issues, by the real time; to be copied."""

    def make(hour: datetime) -> CommandLine:
        made = CommandLine(home=tmp_path_factory.mktemp("current") / "var", at=hour)
        made.ok("init", "--since", made.today - timedelta(days=4))
        return made

    return hourly(make)


@pytest.fixture
def live(current: Callable[[], CommandLine], tmp_path: Path) -> CommandLine:
    """Give the program for processes, which can't choose their time: a few days of issues up to now."""
    line = current().copy(tmp_path / "var")
    line.at = real_now()
    return line


@pytest.fixture
def dose(first: CommandLine, tmp_path: Path) -> CommandLine:
    """Give the program with the starter archive and a few weeks of issues, the newest today's, at noon."""
    return first.copy(tmp_path / "var")


@pytest.fixture
def fresh(tmp_path: Path) -> CommandLine:
    """Give the program before its first start."""
    return CommandLine(home=tmp_path / "fresh")


@pytest.fixture
def empty(fresh: CommandLine) -> CommandLine:
    """Give the program with an empty archive."""
    fresh.ok("init", "--empty")
    return fresh


@pytest.fixture
def write(tmp_path):
    """Give what writes a file, text or bytes, and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
