"""
How fast a mailing goes out that is signed, by one process and by two on one ledger.

`python benchmarks/bench_sending_signed.py [READERS]`, on SQLite, beside one core's `openssl speed rsa2048` in the same
run. That counts its own CPU time, so that a machine which others use takes from us and not from it; beside it stands
what it makes by the clock (`-elapsed`), from which they take as much.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import databases
from dkim_keys import key
from readers import queue_again, queued
from senders import compare, send, signatures, sink

from newsletter.store import Store

READERS, ROUNDS = 20_000, 3
#: By the kind of key and the number of processes, what was promised of one core's signatures.
RUNS = {("rsa2048", 1): 0.8, ("rsa2048", 2): 1.2, ("ed25519", 1): None}


def main(number: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = databases.sqlite(folder)
        port = stack.enter_context(sink())
        store = Store(url)
        stack.callback(store.close)
        queued(store, folder, number)
        keys = {kind: key(folder, kind, kind).file for kind, _ in RUNS}
        references: list[float] = []
        by_the_clock: list[float] = []
        rates: dict[tuple[str, int], list[float]] = {run: [] for run in RUNS}
        for _ in range(ROUNDS):
            references.append(signatures())
            by_the_clock.append(signatures("-elapsed"))
            for kind, processes in RUNS:
                queue_again(store)
                told = send(url, port, number, key=keys[kind], processes=processes)
                rates[kind, processes].append(told.rate)
                print(
                    f"  {kind}, {processes} at work: {told}; openssl {references[-1]:,.0f}/s "
                    f"({by_the_clock[-1]:,.0f}/s by the clock)",
                    flush=True,
                )
        for (kind, processes), goal in RUNS.items():
            name = f"{kind}, {processes} at work"
            if goal is None:
                print(f"{name}: {median(rates[kind, processes]):,.0f}/s")
            else:
                compare(name, rates[kind, processes], "openssl's signatures", references, goal)
                compare(name, rates[kind, processes], "the same by the clock", by_the_clock, goal)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
