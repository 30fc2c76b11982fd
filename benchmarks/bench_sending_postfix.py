"""
How fast a mailing goes into a real Postfix that throws it away, beside `smtp-source` in the same run.

`python benchmarks/bench_sending_postfix.py [READERS]`, on SQLite, as root: Postfix starts as nobody else. It keeps each
message in a file of its queue, and that on the disk, before it says yes; what it took is gone before the next run.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import databases
from readers import queue_again, queued
from senders import SESSIONS, compare, send, source
from servers.postfix import NoPostfix, Postfix, running_postfix

from newsletter.store import Store

READERS, ROUNDS, PROMISED = 5_000, 3, 0.85
DISCARDING = {"default_transport": "discard:", "default_destination_concurrency_limit": "50"}


def emptied(postfix: Postfix) -> None:
    """Wait until its queue is empty."""
    while "empty" not in postfix.queue():
        Event().wait(0.2)


def main(number: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = databases.sqlite(folder)
        try:
            postfix = stack.enter_context(running_postfix(DISCARDING))
        except NoPostfix as error:
            print(f"not into Postfix: {error}")
            return
        store = Store(url)
        stack.callback(store.close)
        size, _ = queued(store, folder, number)
        rates, references = [], []
        for _ in range(ROUNDS):
            references.append(source(postfix.port, number, size))
            emptied(postfix)
            queue_again(store)
            told = send(url, postfix.port, number)
            emptied(postfix)
            rates.append(told.rate)
            print(f"  {told}; smtp-source {references[-1]:,.0f}/s", flush=True)
        compare(f"into Postfix, {SESSIONS} sessions", rates, "smtp-source", references, PROMISED)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else READERS)
