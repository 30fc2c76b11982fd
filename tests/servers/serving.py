"""A server of the tests' own, in a thread, for as long as a block lasts."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from servers.ports import LOOPBACK


@contextmanager
def serving(kind: type[socketserver.TCPServer], conversation: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """Let a server of a *kind* hold a *conversation* with each client; give its port, which is free before."""
    with kind((LOOPBACK, 0), conversation) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
