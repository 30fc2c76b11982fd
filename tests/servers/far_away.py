"""
A server as if it were far away: what is said to it, and what it says, takes its time.

`python far_away.py PORT TO_PORT SECONDS` is the process: it passes on every byte, either way, so many seconds after
it came, however many are on their way.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.ports import LOOPBACK, free_port, wait_for_port


class _End(asyncio.Protocol):
    """One end of a line; what it hears comes out at the *other* one, later."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.other: _End | None = None
        self.transport: asyncio.Transport | None = None
        #: What is on its way to this end; `None` is that nothing more comes.
        self.coming: deque[bytes | None] = deque()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self._pass_on(data)

    def connection_lost(self, _error):
        self._pass_on(None)

    def _pass_on(self, data: bytes | None) -> None:
        self.other.coming.append(data)
        asyncio.get_running_loop().call_later(self.seconds, self.other.arrive)

    def arrive(self) -> None:
        """Let the oldest of what is on its way come out."""
        data = self.coming.popleft()
        if data is None:
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write(data)


class _Near(_End):
    """The end that a client has reached: it makes the other one."""

    def __init__(self, port: int, seconds: float) -> None:
        super().__init__(seconds)
        self._port = port
        self._reaching: asyncio.Task[None] | None = None

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        self._reaching = asyncio.create_task(self._reach())

    async def _reach(self) -> None:
        self.other = _End(self.seconds)
        self.other.other = self
        await asyncio.get_running_loop().create_connection(lambda: self.other, LOOPBACK, self._port)
        self.transport.resume_reading()


async def _serve(port: int, to_port: int, seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Near(to_port, seconds), LOOPBACK, port, backlog=1024
    )
    await server.serve_forever()


@contextmanager
def far_away(port: int, round_trip: float) -> Iterator[int]:
    """Give a port at which the server on *port* seems to be so many seconds away, there and back."""
    near = free_port()
    command = [sys.executable, __file__, str(near), str(port), str(round_trip / 2)]
    process = subprocess.Popen(command, env={"PYTHONPATH": str(Path(__file__).parents[1])})
    try:
        wait_for_port(near)
        yield near
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
