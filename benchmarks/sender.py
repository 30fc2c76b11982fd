"""
A process that sends what is queued, as a benchmark starts it: `sender.py DATABASE RELAY CONNECTIONS [KEY]`.

It says when it is ready, begins when a line comes in, and then prints what it sent and what that took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from databases import most_resident
from rooms import KEYS, at

from newsletter.delivery.connections import Route
from newsletter.delivery.dkim import Signer
from newsletter.delivery.relay import Relay
from newsletter.press.means import Means
from newsletter.press.sending import Sending
from newsletter.settings.values import DkimKey
from newsletter.store import Store


def main(database: str, relay: str, connections: int, key: str | None = None) -> None:
    route = Route(relay=Relay.parse(relay), host_name="news.example.org", connections=connections)
    signer = Signer([DkimKey("bench", Path(key))], "example.org") if key else None
    sending = Sending(Store(database), "dose@example.org", Means(outbox=None, keys=KEYS, route=route, signer=signer))
    print("ready", flush=True)
    sys.stdin.readline()
    begun, used = time.perf_counter(), time.process_time()
    sent = sending.sweep(at(0))
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
