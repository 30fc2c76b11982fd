"""Sending processes, where they send to, and what sends beside them in the same run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import databases  # noqa: F401 -- lets what lives with the tests be imported
from servers.ports import LOOPBACK, free_port, wait_for_port

SESSIONS = 8
SENDER = Path(__file__).with_name("sender.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What sending took: seconds by the clock and of CPU, in all processes; megabytes in the largest."""

    sent: int
    seconds: float
    cpu: float
    memory: float

    @property
    def rate(self) -> float:
        """How many messages a second."""
        return self.sent / self.seconds

    def __str__(self) -> str:
        """Tell it in a line, with how busy the machine was."""
        each = self.cpu / max(self.sent, 1) * 1e6
        return f"{self.rate:,.0f}/s, {each:.0f} µs CPU a message, {self.memory:.0f} MB (load {os.getloadavg()[0]:.1f})"


def send(
    database: str,
    port: int,
    expected: int,
    *,
    connections: int = SESSIONS,
    key: Path | None = None,
    processes: int = 1,
) -> Told:
    """Send what is queued, in so many processes that begin at once; it must be as many as *expected*."""
    command = [sys.executable, str(SENDER), database, f"smtp://{LOOPBACK}:{port}", str(connections)]
    command += [str(key)] if key else []
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for each in running:
        assert each.stdout.readline() == "ready\n", "it starts"
    for each in running:
        each.stdin.write("\n")
        each.stdin.flush()
    told = [json.loads(each.communicate()[0].splitlines()[-1]) for each in running]
    sent = sum(each["sent"] for each in told)
    assert sent == expected, told
    return Told(
        sent=sent,
        seconds=max(each["ended"] for each in told) - min(each["begun"] for each in told),
        cpu=sum(each["cpu"] for each in told),
        memory=max(each["memory"] for each in told),
    )


@contextmanager
def sink() -> Iterator[int]:
    """Run a sink that keeps nothing, and give its port."""
    port = free_port()
    process = subprocess.Popen([_postfix("smtp-sink"), "-u", "nobody", f"inet:{LOOPBACK}:{port}", "1024"])
    try:
        wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait()


def source(port: int, number: int, size: int, sessions: int = SESSIONS) -> float:
    """Return how many messages a second `smtp-source` sends."""
    command = [_postfix("smtp-source"), "-d", "-s", str(sessions), "-m", str(number), "-l", str(size)]
    begun = perf_counter()
    subprocess.run([*command, "-t", "reader@r1.example", f"inet:{LOOPBACK}:{port}"], check=True)
    return number / (perf_counter() - begun)


def signatures(*options: str, seconds: int = 2) -> float:
    """Return how many RSA-2048 signatures a second one core makes, by `openssl speed` with these *options*."""
    command = ["openssl", "speed", "-seconds", str(seconds), *options, "rsa2048"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"rsa 2048 bits\s+([\d.]+)s", said)
    assert found, said
    return 1 / float(found[1])


def compare(name: str, rates: list[float], what: str, references: list[float], goal: float) -> None:
    """Print the medians of both, and their ratio beside the goal's."""
    ours, theirs = median(rates), median(references)
    print(f"{name}: {ours:,.0f}/s, {ours / theirs:.2f} of {what} ({theirs:,.0f}/s; promised: {goal:.2f})", flush=True)


def _postfix(program: str) -> str:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin") or program
