"""
How much memory sending takes, with few readers and with many: a process that only sends, and a whole `daily-dose run`.

`python benchmarks/bench_memory.py [READERS ...]`, on SQLite. What is told is the most that was resident (VmHWM); of
`daily-dose run` first once it serves, then once it has published today's issue and sent it to all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import databases
from readers import queued, subscribe
from senders import send, sink
from servers.ports import LOOPBACK, free_port, wait_for_port
from sqlalchemy import text

from newsletter.bootstrap import newsroom
from newsletter.founding import begin
from newsletter.settings import Settings
from newsletter.store import Store

READERS, PROMISED = (20_000, 200_000), 80
PROGRAM = Path(sys.executable).with_name("daily-dose")


def sender_alone(number: int, port: int) -> None:
    with TemporaryDirectory() as temporary:
        url = databases.sqlite(Path(temporary))
        store = Store(url)
        queued(store, Path(temporary), number)
        store.close()
        told = send(url, port, number)
        print(f"a sender alone, {number:,} readers: {told.memory:.0f} MB (promised: {PROMISED})", flush=True)


def found(home: Path, now: datetime, number: int) -> None:
    """Make a newsroom of a year, whose readers wait for today's issue."""
    with newsroom(Settings(home=home), upgraded=True) as room:
        begin(room, now - timedelta(days=1), since=None, empty=False, tell=lambda _: None)
        hour = max(now - timedelta(minutes=5), datetime.combine(now.date(), time(), UTC))
        room.desk.set_edition("daily-dose", {"zone": "UTC", "time": f"{hour:%H:%M}"}, now)
        subscribe(room.store, number)


def sent_to(store: Store) -> int:
    """Return how many readers have been sent the only mailing."""
    with store.reading() as connection:
        return connection.scalar(text("SELECT count(*) FROM deliveries WHERE state = 'sent'"))


@contextmanager
def running(home: Path, port: int):
    """Run the whole service."""
    site = free_port()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "run"],
            stderr=log,
            stdout=log,
            env={
                "DAILY_DOSE_HOME": str(home),
                "DAILY_DOSE_SMTP_URL": f"smtp://{LOOPBACK}:{port}",
                "DAILY_DOSE_PORT": str(site),
                "DAILY_DOSE_TICK_SECONDS": "10",
            },
        )
    try:
        wait_for_port(site, 60)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def whole_service(number: int, port: int) -> None:
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        now = datetime.now(UTC)  # noqa: TID251 -- a real process has no other clock
        found(home, now, number)
        store = Store(Settings(home=home).database_url)
        stack.callback(store.close)
        process = stack.enter_context(running(home, port))
        before = databases.most_resident(process.pid)
        while sent_to(store) < number:
            assert process.poll() is None, (home / "log").read_text(encoding="utf-8")
            Event().wait(2)
        after = databases.most_resident(process.pid)
        print(
            f"`daily-dose run`, {number:,} readers: {before:.0f} MB when it serves, {after:.0f} MB once all is sent "
            f"(load {os.getloadavg()[0]:.1f}; promised: {PROMISED})",
            flush=True,
        )


def main(numbers: tuple[int, ...]) -> None:
    databases.keep_silent()
    with sink() as port:
        for number in numbers:
            sender_alone(number, port)
            whole_service(number, port)


if __name__ == "__main__":
    main(tuple(int(each) for each in sys.argv[1:]) or READERS)
