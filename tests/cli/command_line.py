"""The program as a test calls it: in this process, where that is quick, or as one of its own."""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine

from newsletter.cli import main

PROGRAM = Path(sys.executable).with_name("daily-dose")
SEEDS = Path(__file__).parents[2] / "seeds"
DATA = Path(__file__).parents[1] / "data"
#: The instant of most tests: today's issue is out.
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY, TOMORROW = "2026-11-22", "2026-11-23"
READER = "reader@example.org"
#: Linux: `prctl` takes a right away from a process and those that it starts.
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 24, 1, 2


#: What a test with processes takes at most.
_A_TEST = timedelta(seconds=30)


def real_now() -> datetime:
    """Return the instant, in UTC, once the hour has a while to go.

    A process can't choose its time, and days turn and issues come out on the hour: what it does and what its test
    expects are to be of the same one.
    """
    while (now := datetime.now(UTC)).hour != (now + _A_TEST).hour:
        time.sleep(0.1)
    return now


def hourly(make: Callable[[datetime], CommandLine]) -> Callable[[], CommandLine]:
    """Return what gives the program that `make` made of this hour's beginning, in UTC: made once an hour at most."""
    made = cache(make)
    return lambda: made(real_now().replace(minute=0, second=0, microsecond=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line of a refusal, without `error: `; nothing else may stand on standard error."""
        assert self.err.startswith("error: "), self
        assert self.err.count("\n") == 1, self
        return self.err.removeprefix("error: ").removesuffix("\n")


@dataclass(slots=True, kw_only=True)
class CommandLine:
    """`daily-dose` in a home of its own, at an instant of the test's choice."""

    home: Path
    at: datetime = NOON
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.home / "daily-dose.db"

    @property
    def today(self) -> date:
        return self.at.date()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the program: only what the test sets, whatever the developer's shell says."""
        return {"DAILY_DOSE_HOME": str(self.home)} | {
            f"DAILY_DOSE_{name}": text for name, text in self.settings.items()
        }

    def run(self, *words: object) -> Ran:
        """Run a command in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch, time_machine.travel(self.at, tick=False):
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            for name, text in self.environment.items():
                patch.setenv(name, text)
            try:
                status = main([str(word) for word in words])
            finally:
                structlog.reset_defaults()
        return Ran(status=status, out=_text(out), err=_text(err))

    def ok(self, *words: object) -> Ran:
        """Run a command that must end well."""
        ran = self.run(*words)
        assert ran.status == 0, ran
        return ran

    def json(self, *words: object) -> Any:
        """Run a command that must end well, and return its answer."""
        ran = self.ok(*words, "--json")
        assert not ran.err, ran
        return ran.json

    def refusal(self, *words: object) -> str:
        """Run a command that must be refused in one line, the same in JSON, and return that line."""
        told = self.run(*words, "--json")
        plain = self.run(*words)
        assert (plain.status, told.status) == (1, 1), (plain, told)
        assert told.json["error"]["message"] == told.error == plain.error
        assert not plain.out
        return plain.error

    def start(self, *words: object, **options: Any) -> subprocess.Popen[str]:
        """Start a command as a process of its own, at the real time."""
        environment = {name: text for name, text in os.environ.items() if not name.startswith("DAILY_DOSE_")}
        return subprocess.Popen(
            [PROGRAM, *map(str, words)],
            **{
                "env": environment | self.environment | options.pop("env", {}),
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                "encoding": "utf-8",
            }
            | options,
        )

    def process(self, *words: object, **options: Any) -> Ran:
        """Run a command as a process of its own."""
        with self.start(*words, **options) as process:
            try:
                out, err = process.communicate(timeout=120)
            finally:
                process.kill()
        return Ran(status=process.returncode, out=out or "", err=err or "")

    def export(self) -> str:
        """Return the whole archive as lines."""
        return self.ok("export", "archive", "-").out

    def mails(self) -> list[bytes]:
        """Return the outbox's messages."""
        return [file.read_bytes() for file in sorted((self.home / "outbox" / "new").glob("*"))]

    def copy(self, home: Path) -> CommandLine:
        """Return the program in a copy of this home."""
        shutil.copytree(self.home, home)
        return CommandLine(home=home, at=self.at, settings=dict(self.settings))


def without_root_s_rights() -> None:
    """Make a process of root's obey the rights of files, as anybody's does; call it before the program starts."""
    for right in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, right, 0, 0, 0)


def with_files_up_to(size: int) -> Callable[[], None]:
    """Return what makes a process's files grow to *size* bytes and no further, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Let a process run for as long as the block, and no longer."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def until(look: Callable[[], Any], what: str, patience: float = 240) -> Any:
    """Look until there is something to see, and return it."""
    last = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < last, f"waited {patience} seconds for {what}"
        time.sleep(0.02)
    return seen


def interrupt(process: subprocess.Popen[str]) -> Ran:
    """Press Ctrl-C, and return how the process ended, at most ten seconds later."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    return Ran(status=process.returncode, out=out, err=err)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


def ready(dose: CommandLine, number: int = 3) -> list[str]:
    """Return slugs of entries that can be planned."""
    ahead = dose.json("forecast", "--from", TOMORROW, "--days", number)
    return [pick["entry"] for pick in ahead]
