"""
How fast a mailing goes out to a relay that is far away: 50 ms there and back, 64 connections, the default window.

`python benchmarks/bench_sending_far.py [READERS]`, on SQLite. A connection that pipelines hands in a message in each
round trip, so the reference is connections / round trip; beside it stands the round trip as it was, found by asking for
nothing (NOOP) before each run.
"""

from __future__ import annotations

import smtplib
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import databases
from readers import queue_again, queued
from senders import send, sink
from servers.far_away import far_away
from servers.ports import LOOPBACK

from newsletter.store import Store

READERS, ROUNDS = 20_000, 3
ROUND_TRIP, CONNECTIONS, PROMISED = 0.05, 64, 0.8


def found_round_trip(port: int) -> float:
    """Return the median time that a server takes to answer when nothing else is asked of it."""
    with smtplib.SMTP(LOOPBACK, port) as smtp:
        times = []
        for _ in range(11):
            begun = perf_counter()
            smtp.noop()
            times.append(perf_counter() - begun)
    return median(times)


def main(number: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = databases.sqlite(folder)
        port = stack.enter_context(far_away(stack.enter_context(sink()), ROUND_TRIP))
        store = Store(url)
        stack.callback(store.close)
        queued(store, folder, number)
        rates = []
        for _ in range(ROUNDS):
            queue_again(store)
            found = found_round_trip(port)
            told = send(url, port, number, connections=CONNECTIONS)
            rates.append(told.rate)
            print(f"  {told}; {told.rate * found / CONNECTIONS:.2f} of what {found * 1e3:.1f} ms allow", flush=True)
        reference = CONNECTIONS / ROUND_TRIP
        print(
            f"{CONNECTIONS} connections, {ROUND_TRIP * 1e3:.0f} ms away: {median(rates):,.0f}/s, "
            f"{median(rates) / reference:.2f} of connections / round trip ({reference:,.0f}/s; promised: {PROMISED})"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
