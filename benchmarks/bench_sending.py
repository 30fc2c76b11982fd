"""
How fast a mailing goes out by a relay, the ledger kept in full, beside Postfix's own `smtp-source` in the same run.

`python benchmarks/bench_sending.py [READERS]`, on SQLite (`synchronous=FULL`), and on PostgreSQL where there is one.
Each run is a process of its own; `smtp-source` sends messages as long as ours, over as many sessions.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from databases import addresses
from readers import queue_again, queued
from senders import compare, send, sink, source

from newsletter.store import Store

READERS, ROUNDS = 20_000, 3
PROMISED = {"SQLite": 1.0, "PostgreSQL": 0.7}


def main(number: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        found = stack.enter_context(addresses(folder))
        port = stack.enter_context(sink())
        stores = {}
        for name, url in found.items():
            store = Store(url)
            stack.callback(store.close)
            size, seconds = queued(store, folder, number)
            print(f"{name}: published to {number:,} readers in {seconds:.1f} s")
            stores[name] = (store, url)
        print(f"a message has {size:,} bytes")
        references: list[float] = []
        rates: dict[str, list[float]] = {name: [] for name in stores}
        for _ in range(ROUNDS):
            references.append(source(port, number, size))
            for name, (store, url) in stores.items():
                queue_again(store)
                told = send(url, port, number)
                rates[name].append(told.rate)
                print(f"  {name}: {told}; smtp-source {references[-1]:,.0f}/s", flush=True)
        for name, figures in rates.items():
            compare(name, figures, "smtp-source", references, PROMISED[name])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
