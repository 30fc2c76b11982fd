"""
The server: uvicorn beside the process's other threads, ended by a signal or by an event.

Its stock `run()` raises a signal again once it has ended, so that nobody's `finally` runs and the
exit status is 143; ours ends like any function, and the caller cleans up.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from newsletter.errors import NewsletterError

#: Seconds that requests in flight have to finish once we are told to end.
GRACE = 8
#: Bytes of a request's head that are read: enough to say that an address is too long.
_LONGEST_HEAD = 256 * 1024
_BACKLOG = 2048


class NotListening(NewsletterError):
    """The server can't listen where the settings say."""


class PortInUse(NotListening):
    """Another program listens there already."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is in use by another program: end it, or set DAILY_DOSE_PORT to a free port"
        )
        self.port = port


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on *host* and *port* (0: any free one); raise `PortInUse` or `NotListening`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # The protocol is named so that asyncio knows TCP and sends small answers at once (TCP_NODELAY).
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise NotListening(f"DAILY_DOSE_HOST {host!r} is no address of this machine: {error.strerror}") from error
    try:
        # Without it a restart would find its own old connections in the way.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(error, host, port) from error
    listener.set_inheritable(False)
    return listener


def serve(app: ASGIApp, host: str, port: int, *, on_ready: Callable[[], object], stop: threading.Event) -> None:
    """
    Serve *app* until a signal (SIGINT, SIGTERM) comes or *stop* is set; requests in flight finish first.

    *on_ready* is called once connections are taken. However it ends, *stop* is set then, for who
    works beside. Outside the main thread only *stop* ends it. Raises `PortInUse`, `NotListening`.
    """
    serve_on(app, listen(host, port), on_ready=on_ready, stop=stop)


def serve_on(app: ASGIApp, listener: socket.socket, *, on_ready: Callable[[], object], stop: threading.Event) -> None:
    """Serve *app* on a socket that listens, as `serve` does."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",  # nothing of ours needs it, and a second Ctrl-C would have it tell of its end as an error
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
    )
    try:
        _Server(config, on_ready, stop).run(sockets=[listener])
    finally:
        stop.set()
        listener.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object], stop: threading.Event) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop.is_set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._stop.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals end the server while it runs; once they have, more of them change nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, action in before.items():
                # What ends already would be killed by one more, in the midst of its last lines.
                signal.signal(number, signal.SIG_IGN if self.should_exit else action)


def _refusal(error: OSError, host: str, port: int) -> NotListening:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(host, port)
    if error.errno == errno.EACCES:
        return NotListening(f"port {port} needs rights that this user does not have: set DAILY_DOSE_PORT above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return NotListening(f"DAILY_DOSE_HOST {host!r} is no address of this machine")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return NotListening(f"can't listen on {host} port {port}: {reason}")
