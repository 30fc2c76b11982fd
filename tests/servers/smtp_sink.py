"""Postfix's `smtp-sink`: a mail server that keeps what it takes, and misbehaves as it is told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.ports import LOOPBACK, free_port, wait_for_port


class NoSmtpSink(Exception):
    """The machine has no `smtp-sink`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpSink:
    """A running sink, and the folder of what it took."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it at once; of what it was at, its folder has the beginning."""
        self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        """The address as `DAILY_DOSE_SMTP_URL` takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"

    def taken(self) -> list[tuple[str, str, bytes]]:
        """Return sender, recipient and message of each transaction with a final dot, in no order."""
        return [_read(file.read_bytes()) for file in sorted(self.folder.iterdir())]


def _read(dump: bytes) -> tuple[str, str, bytes]:
    """Part a dump: lines about the transaction, then the message; lines end as this system's do."""
    about, _, rest = dump.partition(b"\nReceived: ")
    sender, recipient = (
        found[1].decode() if (found := re.search(pattern, about, re.MULTILINE)) else ""
        for pattern in (rb"^X-Mail-Args: <(.*?)>", rb"^X-Rcpt-Args: <(.*?)>")
    )
    return sender, recipient, re.sub(rb"^.*?\n(?![ \t])", b"", rest, count=1, flags=re.DOTALL)


@contextmanager
def running_sink(*options: str, port: int | None = None) -> Iterator[SmtpSink]:
    """Give a sink, on a free port or on this one, until the block ends; raise `NoSmtpSink` where there is none."""
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NoSmtpSink("no smtp-sink found")
    folder = Path(tempfile.mkdtemp(prefix="sink-"))
    own = ("-u", "nobody") if os.geteuid() == 0 else ()
    if own:
        shutil.chown(folder, "nobody")
    port = port or free_port()
    process = subprocess.Popen(
        [program, *own, "-d", f"{folder}/", *options, f"inet:{LOOPBACK}:{port}", "100"], stderr=subprocess.DEVNULL
    )
    sink = SmtpSink(port=port, folder=folder, process=process)
    try:
        wait_for_port(port)
        yield sink
    finally:
        sink.kill()
        shutil.rmtree(folder)
