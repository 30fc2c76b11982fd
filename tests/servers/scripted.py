"""A mail server that greets, says nothing more where it was told so, and counts who came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from servers.ports import LOOPBACK

_ANSWERS = {
    "EHLO": "250-scripted\r\n250 PIPELINING",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go on",
}


@dataclass(kw_only=True)
class Scripted:
    """A running server: its port, and how many connections it was asked for."""

    port: int
    connections: int = 0
    held: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address as `DAILY_DOSE_SMTP_URL` takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"


@contextmanager
def scripted_server(*, silent_at: str | None = None, hangs_up: bool = False) -> Iterator[Scripted]:
    """
    Give a server that answers nothing from the command *silent_at* on (`.` for a message's end), and keeps the line.

    One that *hangs_up* does so before it greets.
    """
    with socket.create_server((LOOPBACK, 0)) as listening:
        server = Scripted(port=listening.getsockname()[1])

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                server.connections += 1
                if hangs_up:
                    connection.close()
                    continue
                server.held.append(connection)
                threading.Thread(target=_converse, args=(connection, silent_at), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for connection in server.held:
                connection.close()


def _converse(connection: socket.socket, silent_at: str | None) -> None:
    try:
        connection.sendall(b"220 scripted\r\n")
        lines = connection.makefile("rb")
        body = False
        for line in lines:
            command = line.strip().decode("latin-1")
            if body and command != ".":
                continue
            word = "." if body else command.split(" ")[0].upper()
            if word == silent_at:
                return
            body = word == "DATA"
            connection.sendall(f"{_ANSWERS.get(word, '250 2.0.0 Ok')}\r\n".encode())
    except OSError:
        return  # whoever asked has hung up
