"""The call after each day's issue: made once, made again while nobody answers, never for a day that was missed."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from rooms import Room, at, entry
from servers.ports import LOOPBACK, free_port

from newsletter.watchdog import Watchdog


@contextmanager
def watching(status=200):
    """Run what is to be called; yield its address and the paths that were asked for."""
    called = []

    class Watching(BaseHTTPRequestHandler):
        def do_GET(self):
            called.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer((LOOPBACK, 0), Watching)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/alive", called
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def issue(room: Room):
    room.add(entry("only"))
    return room.press.tick(at(0))[0]


def test_it_is_called_once_for_what_was_published(issue):
    with watching() as (address, called):
        dog = Watchdog(address)
        assert not dog.call()
        dog.tell([issue])
        assert dog.call()
        assert not dog.call()
    assert called == ["/alive"]


def test_a_day_that_was_missed_is_no_sign_of_life(issue):
    with watching() as (address, called):
        dog = Watchdog(address)
        dog.tell([replace(issue, caught_up=True)])
        assert not dog.call()
    assert called == []


def test_a_call_that_nobody_takes_is_made_again(issue):
    with watching(500) as (address, called):
        dog = Watchdog(address)
        dog.tell([issue])
        assert not dog.call()
        assert not dog.call()
    assert called == ["/alive", "/alive"]
    assert not Watchdog(f"http://{LOOPBACK}:{free_port()}/").call()


def test_without_an_address_nobody_is_called(issue):
    dog = Watchdog(None)
    dog.tell([issue])

    assert not dog.call()
