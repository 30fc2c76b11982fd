"""
How long it takes to freeze an audience of a million: the whole tick that publishes an issue and queues it for all.

`python benchmarks/bench_audience.py [READERS]`, on SQLite, and on PostgreSQL where there is one; each tick in a process
of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from zoneinfo import available_timezones

from databases import addresses, most_resident
from readers import prepared
from rooms import START, Room, at
from sqlalchemy import text

from newsletter.store import Store

READERS, ROUNDS, PROMISED = 1_000_000, 3, 20
#: All at the instant of publication; or, every other one, at an hour of their own, of which there are 24 in 40 zones.
ZONES = sorted(zone for zone in available_timezones() if zone.startswith("America/"))[:40]
AUDIENCES = {
    "nobody chose an hour": {},
    "half chose an hour": {
        "hour": [None if each % 2 else time(each // 2 % 24) for each in range(2 * 24)],
        "zone": [None if each % 2 else ZONES[each // 48 % 40] for each in range(2 * 24 * 40)],
    },
}


def tick(url: str, folder: Path) -> None:
    """Publish and mail the first day's issue; print what that took."""
    store = Store(url)
    room = Room(store, folder / "outbox")
    begun, used = perf_counter(), process_time()
    room.press.tick(at(START))
    told = {"seconds": perf_counter() - begun, "cpu": process_time() - used}
    store.close()
    print(json.dumps(told | {"memory": most_resident()}))


def forget(store: Store) -> None:
    """Make it as if nothing had been published."""
    tables = ("deliveries", "mailings", "frozen_mails", "issues")
    with store.transaction() as connection:
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))


def measured(store: Store, url: str, folder: Path) -> dict[str, float]:
    """Return what a tick took, in a process of its own, and how many it queued."""
    forget(store)
    ran = subprocess.run(
        [sys.executable, __file__, "--tick", url, str(folder)], check=True, stdout=subprocess.PIPE, text=True
    )
    with store.reading() as connection:
        queued = connection.scalar(text("SELECT audience FROM mailings"))
    return json.loads(ran.stdout.splitlines()[-1]) | {"queued": queued}


def main(number: int) -> None:
    for audience, wishes in AUDIENCES.items():
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            for name, url in stack.enter_context(addresses(folder)).items():
                store = Store(url)
                stack.callback(store.close)
                prepared(store, folder, number, wishes)
                figures = []
                for _ in range(ROUNDS):
                    told = measured(store, url, folder)
                    assert told["queued"] == number, told
                    figures.append(told)
                print(
                    f"{name}, {number:,} readers, {audience}: {median(each['seconds'] for each in figures):.1f} s "
                    f"(longest {max(each['seconds'] for each in figures):.1f}), {figures[-1]['cpu']:.1f} s of it our "
                    f"CPU, {max(each['memory'] for each in figures):.0f} MB (load {os.getloadavg()[0]:.1f}; "
                    f"promised on SQLite: {PROMISED} s)",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--tick"]:
        tick(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
