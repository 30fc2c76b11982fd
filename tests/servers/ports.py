"""Free ports on loopback, and waiting until a server listens on one."""

from __future__ import annotations

import socket
from threading import Event
from time import monotonic

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        return int(listening.getsockname()[1])


def wait_for_port(port: int, seconds: float = 20) -> None:
    """Return once somebody listens on *port*; raise `TimeoutError` after so long."""
    end, pause = monotonic() + seconds, Event()
    while monotonic() < end:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1):
                return
        except OSError:
            pause.wait(0.02)
    message = f"nobody listens on port {port}"
    raise TimeoutError(message)
