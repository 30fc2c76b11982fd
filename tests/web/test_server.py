"""The server as a process: it starts where it is told, answers at once, and ends when it is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import httpx2
import pytest
from newsstand import serving

from newsletter.errors import NewsletterError
from newsletter.web.server import GRACE, NotListening, PortInUse, listen, serve

#: A program that serves one slow page, and says what became of it.
PROGRAM = """
import asyncio, sys, threading
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from newsletter.web.server import listen, serve_on

async def slow(request):
    print("asked", flush=True)
    await asyncio.sleep(1)
    return PlainTextResponse("whole")

stop = threading.Event()
listener = listen("127.0.0.1", 0)
try:
    serve_on(Starlette(routes=[Route("/", slow)]), listener,
             on_ready=lambda: print(listener.getsockname()[1], flush=True), stop=stop)
finally:
    print("cleaned up, stop is", stop.is_set(), flush=True)
"""


@contextmanager
def _program() -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_once_what_is_in_flight_is_answered(number):
    with _program() as (process, port):
        answers: list[str] = []
        asking = threading.Thread(
            target=lambda: answers.append(httpx2.get(f"http://127.0.0.1:{port}/", timeout=10).text), daemon=True
        )
        asking.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        told = monotonic()
        os.kill(process.pid, number)
        asking.join(10)

        assert process.wait(10) == 0
        assert monotonic() - told < GRACE
        assert answers == ["whole"]
        assert process.stdout.read() == "cleaned up, stop is True\n"


def test_an_idle_connection_does_not_hold_it_up():
    with _program() as (process, port), socket.create_connection(("127.0.0.1", port)):
        told = monotonic()
        os.kill(process.pid, signal.SIGTERM)

        assert process.wait(10) == 0
        assert monotonic() - told < 3


def test_a_port_in_use_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortInUse) as refused:
            serve(_short, "127.0.0.1", port, on_ready=lambda: None, stop=threading.Event())

    assert isinstance(refused.value, NewsletterError)
    assert str(refused.value) == (
        f"port {port} on 127.0.0.1 is in use by another program: end it, or set DAILY_DOSE_PORT to a free port"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "not an address"])
def test_a_host_that_is_not_this_machines_is_refused_by_its_setting(host):
    with pytest.raises(NotListening, match="DAILY_DOSE_HOST"):
        listen(host, 0)


def test_it_listens_on_the_newer_protocol_too():
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


def test_who_works_beside_ends_it_by_the_event_and_the_port_is_free_again():
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    for _ in range(2):
        ready, stop = threading.Event(), threading.Event()
        thread = threading.Thread(
            target=serve, args=(_short, "127.0.0.1", port), kwargs={"on_ready": ready.set, "stop": stop}
        )
        thread.start()
        assert ready.wait(10)
        assert httpx2.get(f"http://127.0.0.1:{port}/").text == "x"
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_small_answer_is_sent_at_once():
    """Without TCP_NODELAY each answer on a kept connection waits 40 ms for an acknowledgement."""
    with serving(_short) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        times = []
        for _ in range(15):
            begun = monotonic()
            client.get("/")
            times.append(monotonic() - begun)

    assert min(times[1:]) < 0.03


async def _short(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"x"})
