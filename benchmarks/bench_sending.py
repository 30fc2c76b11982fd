"""
How fast a mailing goes out by a relay, the ledger kept in full, beside Postfix's own `smtp-source` in the same run.

`python benchmarks/bench_sending.py [READERS]`, on SQLite (`synchronous=FULL`), and on PostgreSQL where there is one.
Each run is a process of its own; `smtp-source` sends messages as long as ours, over as many sessions.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID, uuid5

from databases import addresses
from rooms import START, Room, an_edition, at, entry
from servers.ports import LOOPBACK, free_port, wait_for_port
from sqlalchemy import text

from newsletter.store import Store
from newsletter.store import tables as our
from newsletter.store.bulk import insert_rows
from newsletter.store.schema import upgrade

READERS, ROUNDS, SESSIONS = 20_000, 3, 8
SPACE = UUID(int=2)
#: About 10 kB as it goes out.
BODY = "Plain words, said in a sentence of some length, so that a message has its ten thousand bytes.[^1] " * 6


def subscribe(store: Store, number: int) -> None:
    """Make so many readers."""
    for start in range(1, number + 1, 50_000):
        numbers = range(start, min(number + 1, start + 50_000))
        with store.transaction() as connection:
            insert_rows(
                connection,
                our.subscribers,
                [
                    {"id": each, "address": f"reader-{each}@r{each % 7}.example", "folded": f"{each}", "state": "good"}
                    for each in numbers
                ],
            )
            insert_rows(
                connection,
                our.subscriptions,
                [
                    {
                        "id": each,
                        "subscriber_id": each,
                        "edition_id": 1,
                        "state": "active",
                        "cadence": "daily",
                        "format": "html",
                        "uid": uuid5(SPACE, str(each)),
                    }
                    for each in numbers
                ],
            )


def prepared(store: Store, folder: Path, number: int) -> Room:
    """Make a newsroom with readers and one entry."""
    upgrade(store)
    room = Room(store, folder / "outbox")
    room.open(an_edition())
    room.add(entry("only", body=BODY))
    subscribe(store, number)
    return room


def queue_again(store: Store) -> None:
    """Make a mailing that was sent one that is to be sent."""
    with store.transaction() as connection:
        connection.execute(text("UPDATE mailings SET closed_at = NULL"))
        connection.execute(
            text(
                "UPDATE deliveries SET state = 'queued', attempts = 0, owner = NULL, lease_until = NULL, reply = NULL, "
                "frozen_number = NULL, address = NULL, format = NULL, message_id = NULL, sent_at = NULL"
            )
        )
        if not store.is_sqlite:
            connection.execute(text("ANALYZE"))


SENDER = """
import json, resource, sys, time
sys.path[:0] = sys.argv[3:]
from newsletter.delivery.connections import Route
from newsletter.delivery.relay import Relay
from newsletter.press.means import Means
from newsletter.press.sending import Sending
from newsletter.store import Store
from rooms import KEYS, at
store = Store(sys.argv[1])
route = Route(relay=Relay.parse(sys.argv[2]), host_name="news.example.org")
sending = Sending(store, "dose@example.org", Means(outbox=None, keys=KEYS, route=route))
begun, used = time.perf_counter(), time.process_time()
sent = sending.sweep(at(0))
seconds = time.perf_counter() - begun
print(json.dumps({"sent": sent, "seconds": seconds, "cpu": time.process_time() - used,
                  "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


@contextmanager
def sink():
    """Run a sink that keeps nothing."""
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    port = free_port()
    process = subprocess.Popen([program, "-u", "nobody", f"inet:{LOOPBACK}:{port}", "1024"])
    try:
        wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait()


def source(port: int, number: int, size: int) -> float:
    """Return how many messages a second `smtp-source` sends."""
    program = shutil.which("smtp-source") or shutil.which("smtp-source", path="/usr/sbin")
    begun = perf_counter()
    subprocess.run(
        [program, "-d", "-s", str(SESSIONS), "-m", str(number), "-l", str(size), f"inet:{LOOPBACK}:{port}"], check=True
    )
    return number / (perf_counter() - begun)


def ours(url: str, port: int) -> dict[str, float]:
    """Send what is queued, in a process of its own."""
    root = Path(__file__).parents[1]
    ran = subprocess.run(
        [sys.executable, "-c", SENDER, url, f"smtp://{LOOPBACK}:{port}", str(root), str(root / "tests")],
        check=True,
        capture_output=True,
        text=True,
    )
    told = json.loads(ran.stdout.splitlines()[-1])
    return told | {"rate": told["sent"] / told["seconds"]}


def main(number: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        found = stack.enter_context(addresses(folder))
        port = stack.enter_context(sink())
        stores = {}
        for name, url in found.items():
            store = Store(url)
            stack.callback(store.close)
            room = prepared(store, folder, number)
            begun = perf_counter()
            room.press.tick(at(START))
            print(f"{name}: published to {number:,} readers in {perf_counter() - begun:.1f} s")
            stores[name] = (store, url)
            work = room.claim(at(0), 1)[0]
            size = len(room.press.sending.composing.message(work))
        print(f"a message has {size:,} bytes")
        rates: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            rates.setdefault("smtp-source", []).append(source(port, number, size))
            for name, (store, url) in stores.items():
                queue_again(store)
                told = ours(url, port)
                assert told["sent"] == number, told
                rates.setdefault(name, []).append(told["rate"])
                print(
                    f"  {name}: {told['rate']:,.0f}/s, {told['cpu'] / number * 1e6:.0f} µs CPU a message, "
                    f"{told['rss']:.0f} MB; smtp-source {rates['smtp-source'][-1]:,.0f}/s"
                )
        reference = median(rates["smtp-source"])
        for name, figures in rates.items():
            print(f"{name}: {median(figures):,.0f} messages a second, {median(figures) / reference:.2f} of smtp-source")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
