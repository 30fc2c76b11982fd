"""The hub is told of what changed, after it was published, and never keeps anything back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from time import monotonic
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from rooms import PUBLISHER, Room, an_edition, at, day, entry, many
from servers.ports import free_port

from newsletter.archive import editions, entries, issues
from newsletter.bootstrap import newsroom
from newsletter.models import Schedule
from newsletter.press.hub import _ATTEMPTS, Hub
from newsletter.press.press import Press
from newsletter.settings import Settings
from newsletter.working import Works


@dataclass
class Counterpart:
    """A hub on loopback: what it was told, and what it answers."""

    port: int = 0
    status: int = 204
    told: list[list[tuple[str, str]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def topics(self) -> list[str]:
        """Return the feeds that it was told of since it was asked last."""
        found = [value for form in self.told for name, value in form if name == "hub.url"]
        assert all(form[0] == ("hub.mode", "publish") for form in self.told)
        self.told.clear()
        return [each.removeprefix(PUBLISHER.base_url) for each in found]


@contextmanager
def listening() -> Iterator[Counterpart]:
    counterpart = Counterpart()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/x-www-form-urlencoded"
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            counterpart.told.append(parse_qsl(body))
            self.send_response(counterpart.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        counterpart.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield counterpart
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def counterpart() -> Iterator[Counterpart]:
    with listening() as found:
        yield found


@dataclass
class Steady:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_room(store, tmp_path, hub: str | None) -> tuple[Room, Hub, Steady]:
    """Give a room with a day's issue, whose hub is at *hub* and was greeted."""
    room = Room(store, tmp_path / "outbox")
    room.open(an_edition())
    room.add(*many(20, country="ML"))
    publisher = replace(PUBLISHER, hub=hub)
    room.press = Press(store, publisher, room.means())
    room.press.tick(at(0))
    steady = Steady()
    teller = Hub(store, publisher, steady)
    assert teller.tell() == 0, "what stands there already it fetches when somebody subscribes"
    return room, teller, steady


PLACES = ("", "/kinds/fact", "/countries/ML")
TOPICS = sorted(f"{place}/feed.{form}" for place in PLACES for form in ("atom", "json", "rss"))


def test_it_is_told_once_of_each_feed_that_an_issue_a_correction_an_amendment_or_a_withdrawal_changed(
    store, tmp_path, counterpart
):
    room, hub, _ = a_room(store, tmp_path, counterpart.address)
    verbs = [
        lambda: room.press.tick(at(1)),
        lambda: room.press.correct(None, day(1), "It was wrong.", at(1, 7)),
        lambda: room.press.amend(None, day(1), at(1, 8), {"toll_note": "a note"}),
        lambda: room.press.withdraw(None, day(1), "A court ordered it.", at(1, 9)),
    ]
    for verb in verbs:
        verb()
        assert hub.tell() == len(TOPICS)
        assert sorted(counterpart.topics()) == TOPICS
        assert hub.tell() == 0
        assert counterpart.topics() == []


def test_what_changes_no_feed_is_not_told(store, tmp_path, counterpart):
    room, hub, _ = a_room(store, tmp_path, counterpart.address)
    room.add(entry("another"))
    room.desk.enqueue(None, "entry-009", at(0, 7))
    room.press.tick(at(0, 8))

    assert hub.tell() == 0
    assert counterpart.told == []


def test_it_is_named_in_what_it_is_told_of_and_nowhere_else(store, tmp_path, counterpart):
    from newsletter.archive import documents
    from newsletter.press.hub import is_told_of

    room, _, _ = a_room(store, tmp_path, counterpart.address)
    room.press.catch_up(at(40))
    with store.reading() as connection:
        found = [documents.find(connection, tag.edition, tag.name) for tag in documents.tags(connection)]

    named = {each.name for each in found if counterpart.address.encode() in each.body}
    assert named == {each.name for each in found if is_told_of(each.name)}
    assert {"feed.rss", "feed.atom", "feed.json", "countries/ML/feed.rss"} <= named
    assert "archive/2026/03/feed.atom" not in named


def test_without_a_hub_nobody_is_told_and_none_is_named(store, tmp_path):
    from newsletter.archive import documents

    room, hub, _ = a_room(store, tmp_path, None)
    room.press.tick(at(1))
    assert hub.tell() == 0
    with store.reading() as connection:
        for tag in documents.tags(connection):
            assert b"hub" not in documents.find(connection, tag.edition, tag.name).body


@pytest.mark.parametrize("trouble", ["refused", "unavailable"])
def test_a_hub_that_fails_is_told_again_ever_later_and_then_given_up_until_the_next_change(
    store, tmp_path, counterpart, trouble
):
    address = f"http://127.0.0.1:{free_port()}/" if trouble == "refused" else counterpart.address
    counterpart.status = 503
    room, hub, steady = a_room(store, tmp_path, address)
    assert [issue.day for issue in room.press.tick(at(1))] == [day(1)], "no issue waits for a hub"

    waits, last = [], 0.0
    for _ in range(100_000):
        before = hub._failed
        hub.tell()
        if hub._failed == 0:
            break
        if hub._failed != before:
            waits.append(steady.seconds - last)
            last = steady.seconds
        steady.seconds += 10
    assert len(waits) == _ATTEMPTS - 1
    assert waits == sorted(waits)
    assert waits[-1] > 10 * waits[1]
    counterpart.told.clear()
    steady.seconds += 100_000
    assert hub.tell() == 0
    assert counterpart.told == []


def test_a_process_that_ends_before_the_hub_answered_leaves_it_to_the_next(store, tmp_path, counterpart):
    room, hub, _ = a_room(store, tmp_path, counterpart.address)
    counterpart.status = 500
    room.press.tick(at(1))
    hub.tell()
    counterpart.told.clear()
    counterpart.status = 202

    assert Hub(store, replace(PUBLISHER, hub=counterpart.address)).tell() == len(TOPICS)
    assert sorted(counterpart.topics()) == TOPICS


def test_many_feeds_are_told_in_requests_of_some_each(store, tmp_path, counterpart, monkeypatch):
    monkeypatch.setattr("newsletter.press.hub._AT_ONCE", 4)
    room, hub, _ = a_room(store, tmp_path, counterpart.address)
    room.press.tick(at(1))

    assert hub.tell() == len(TOPICS)
    assert [len(form) - 1 for form in counterpart.told] == [4, 4, 1]


def test_the_service_tells_it_after_the_tick_that_published(tmp_path, counterpart):
    settings = Settings(home=tmp_path, hub_url=counterpart.address, tick_seconds=0.05)
    now = datetime.now(UTC)
    since = now.date()
    edition = an_edition(since=since, schedules=(Schedule(from_day=since, zone=ZoneInfo("UTC"), time=time(0)),))
    with newsroom(settings, upgraded=True) as made:
        with made.store.transaction() as connection:
            editions.add(connection, edition)
            entries.add(connection, many(5, country="ML"), now)
        made.press.print_if_stale(now)
        assert made.hub.tell() == 0
        works = Works(made, lambda: datetime.now(UTC))
        works.start()
        try:
            until = monotonic() + 30
            while not counterpart.told:
                assert monotonic() < until, "the hub is told"
                Event().wait(0.05)
        finally:
            works.stop()
        with made.store.reading() as connection:
            assert issues.newest_day(connection, "daily-dose") is not None
    told = [value.removeprefix(settings.base_url) for _, value in counterpart.told[0][1:]]
    assert sorted(told) == TOPICS
