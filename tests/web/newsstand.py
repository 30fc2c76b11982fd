"""A filled archive, served over a real server on loopback, to be read as readers read it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import httpx2
from rooms import KEYS, SUPPRESSION_KEY
from starlette.types import ASGIApp

from newsletter.archive import editions, entries, plans
from newsletter.circulation import Circulation
from newsletter.delivery.outbox import Outbox
from newsletter.models import Edition, Entry, Publisher, Schedule
from newsletter.press.means import Means
from newsletter.press.press import Press
from newsletter.shapes import entry_of
from newsletter.store import Store
from newsletter.store.schema import upgrade
from newsletter.web.app import create_app
from newsletter.web.caps import Caps
from newsletter.web.server import listen, serve_on

SINCE = date(2026, 10, 20)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
PUBLISHER = Publisher(
    base_url="https://dose.example.org",
    contact="editors@example.org",
    sender="Daily Dose <dose@example.org>",
    rights="Text: CC BY 4.0.",
)
DAILY = Edition(
    uid=uuid5(NAMESPACE_URL, "daily"),
    slug="daily-dose",
    title="Daily Dose",
    language="en",
    schedules=(Schedule(from_day=SINCE, zone=ZoneInfo("UTC"), time=time(6)),),
    since=SINCE,
)
GERMAN = replace(
    DAILY,
    uid=uuid5(NAMESPACE_URL, "german"),
    slug="deutsch",
    title="Tagesdosis",
    language="de",
    since=date(2026, 11, 20),
)
#: A word that stands in everything that readers may not see, and nowhere else.
SECRET = "quixotry"


def an_entry(name: str, **shape: Any) -> Entry:
    """Return a ready fact named *name*, with fields of its own."""
    shape = {
        "kind": "fact",
        "headline": f"Two people killed at {name}",
        "body": f"Two people were killed at the market of {name}.[^1]",
        "place": name,
        "country": "LY",
        "status": "ready",
        "sources": [{"raw": f"“Market of {name},” Example News, 3 May 2014", "url": "https://news.example/1"}],
        **shape,
    }
    return entry_of(shape, uid=uuid5(NAMESPACE_URL, name))


def published_entries() -> list[Entry]:
    """Return entries of every kind that an edition takes, enough for each day."""
    facts = [
        an_entry(f"Town {number:02}", event_date=str(date(2014, 1, 3) + timedelta(days=9 * number)), tags=["market"])
        for number in range(40)
    ]
    german = [
        an_entry(f"Stadt {number:02}", language="de", event_date=f"2015-03-{number + 1:02}") for number in range(6)
    ]
    report = an_entry("the north", kind="report", headline="Background to the north", event_date="2013-01-17")
    return [*facts, *german, report]


def hidden_entries() -> list[Entry]:
    """Return what readers may not see: in each status, of every kind, on days that published ones share."""
    shapes = (
        {"status": "draft"},
        {"status": "review"},
        {"status": "retired"},
        {"status": "ready"},
        {"status": "draft", "kind": "report"},
        {"status": "retired", "kind": "report"},
        {"status": "ready", "kind": "quote", "speaker": f"A {SECRET} speaker"},
    )
    return [
        an_entry(
            f"{SECRET} {number}",
            event_date="2014-01-03",
            tags=[SECRET],
            groups=[{"name": f"Front of {SECRET}", "attribution": "claimed"}],
            toll_note=f"one {SECRET} not counted",
            **shape,
        )
        for number, shape in enumerate(shapes)
    ]


def fill_a_day(store: Store) -> None:
    """Fill an empty database with two editions that began today, each with its first issue."""
    with store.transaction() as connection:
        for edition in (DAILY, GERMAN):
            editions.add(connection, replace(edition, since=TODAY))
        entries.add(connection, published_entries(), NOW - timedelta(days=1))
    press_of(store).catch_up(NOW)


def fill(store: Store) -> None:
    """Fill an empty database: two editions, a month of issues, and hidden entries, pinned and queued too."""
    upgrade(store)
    with store.transaction() as connection:
        editions.add(connection, DAILY)
        editions.add(connection, GERMAN)
        entries.add(connection, published_entries(), NOW - timedelta(days=40))
    press = press_of(store)
    press.catch_up(NOW)
    with store.transaction() as connection:
        kept = entries.add(connection, hidden_entries(), NOW)
        edition_id = editions.get_id(connection, DAILY.slug)
        ready = [entries.get_id(connection, entry.slug) for entry in kept if entry.status == "ready"]
        plans.pin(connection, edition_id, TODAY + timedelta(days=1), ready[0])
        plans.enqueue(connection, edition_id, ready[1])
    press.print_if_stale(NOW)


def press_of(store: Store) -> Press:
    """Return the press of *store*; it mails nothing, so there is no outbox."""
    return Press(store, PUBLISHER, Means(outbox=Outbox(Path(os.devnull)), keys=KEYS))


@dataclass(kw_only=True)
class Clock:
    """The instant that the server takes it to be: a moment after all was published."""

    instant: datetime = NOW + timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.instant


@dataclass(kw_only=True)
class Stand:
    """An archive and the server that shows it."""

    store: Store
    press: Press
    clock: Clock
    port: int
    client: httpx2.Client = field(repr=False)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for *path*; an underscore in a header's name is a hyphen."""
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """Serve *app* in a thread, and give its port."""
    listener = listen("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=serve_on, args=(app, listener), kwargs={"on_ready": ready.set, "stop": stop}, daemon=True
    )
    thread.start()
    try:
        assert ready.wait(10), "the server did not start"
        yield port
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive(), "the server did not end"


@contextmanager
def standing(address: str, publisher: Publisher = PUBLISHER, **options: Any) -> Iterator[Stand]:
    """
    Serve the filled database at *address* until the block ends; *options* are the application's own.

    All tests are one network: the caps that stop such are for tests of their own.
    """
    options = {"caps": Caps(at_once=100_000)} | options
    store = Store(address)
    clock = Clock()
    try:
        with (
            serving(
                create_app(store, publisher, Circulation(store, KEYS, SUPPRESSION_KEY, publisher), now=clock, **options)
            ) as port,
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
        ):
            yield Stand(store=store, press=press_of(store), clock=clock, port=port, client=client)
    finally:
        store.close()
