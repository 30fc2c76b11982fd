"""
A wall clock of the tests' own, for processes that they start: Debian's libfaketime, moved by a file.

The file holds an offset to the real time and is read at every look at the clock, so that rewriting
it moves the clocks of live processes. The steady clocks (`CLOCK_MONOTONIC`, `CLOCK_BOOTTIME`) stay
as they are. Of a process under it only `time.sleep` fails (EINVAL on Python 3.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_FOLDERS = ("/usr/lib", "/usr/local/lib")


class NoFaketime(Exception):
    """The machine has no libfaketime for processes with threads."""


def faketime_library() -> Path:
    """Find the library for processes with threads, Debian's or one built by hand."""
    found = [path for folder in _FOLDERS for path in Path(folder).glob("**/faketime/libfaketimeMT.so.1")]
    if not found:
        raise NoFaketime("no libfaketimeMT.so.1 found")
    return found[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class WallClock:
    """The wall clock of every process that is started with its `environment`."""

    library: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to see this clock."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    @property
    def offset(self) -> timedelta:
        """How far it is ahead of the real time."""
        return timedelta(seconds=float(self.file.read_text(encoding="ascii")))

    def now(self) -> datetime:
        """Return what it shows, in UTC."""
        return datetime.now(UTC) + self.offset

    def show(self, instant: datetime) -> None:
        """Set it; it goes on from there."""
        self._write(instant - datetime.now(UTC))

    def advance(self, span: timedelta) -> None:
        """Set it forward, or back by a negative *span*."""
        self._write(self.offset + span)

    def _write(self, offset: timedelta) -> None:
        # Whole at every moment: a process may be reading it.
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{offset.total_seconds():+.6f}", encoding="ascii")
        draft.replace(self.file)
