"""
A process that sends what is queued, as a benchmark starts it: `sender.py DATABASE RELAY CONNECTIONS [KEY]`.

It says when it is ready, begins when a line comes in, and then prints what it sent and what that took.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from databases import most_resident

from newsletter.delivery.connections import Route
from newsletter.delivery.dkim import Signer
from newsletter.delivery.relay import Relay
from newsletter.press.means import Means
from newsletter.press.sending import Sending
from newsletter.store import Store
from newsletter.tokens import Keyring

#: As `rooms.at(0)`; what the tests' rooms import would count as a sender's memory.
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def signer_with(file: str) -> Signer:
    """Return what signs with the key in *file*."""
    from newsletter.settings.values import DkimKey  # settings are none of a sender's memory

    return Signer([DkimKey("bench", Path(file))], "example.org")


def main(database: str, relay: str, connections: int, key: str | None = None) -> None:
    route = Route(relay=Relay.parse(relay), host_name="news.example.org", connections=connections)
    means = Means(outbox=None, keys=Keyring([bytes(32)]), route=route, signer=signer_with(key) if key else None)
    sending = Sending(Store(database), "dose@example.org", means)
    print("ready", flush=True)
    sys.stdin.readline()
    begun, used = time.perf_counter(), time.process_time()
    sent = sending.sweep(NOW)
    told = {
        "sent": sent,
        "begun": begun,
        "ended": time.perf_counter(),
        "cpu": time.process_time() - used,
        "memory": most_resident(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
