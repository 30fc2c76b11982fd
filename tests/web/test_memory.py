"""What a process keeps: it follows the archive, outlives its database, and makes a page once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import httpx2
import pytest
from newsstand import KEYS, NOW, PUBLISHER, SUPPRESSION_KEY, TODAY, fill, serving, standing
from servers.postgresql import PostgreSQL
from sqlalchemy import event

from newsletter.circulation import Circulation
from newsletter.store import Store
from newsletter.store.schema import upgrade
from newsletter.web.answers import Answer
from newsletter.web.app import create_app
from newsletter.web.kept import LOOK_EVERY, Memory, Pages


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if true():
            return True
    return False


def test_every_process_follows_a_change_within_two_seconds(own_stand, own_address):
    """Two servers with a store each, as two processes have; both have been asked just before the change."""
    other = Store(own_address)
    try:
        with (
            serving(
                create_app(other, PUBLISHER, Circulation(other, KEYS, SUPPRESSION_KEY, PUBLISHER), now=own_stand.clock)
            ) as port,
            httpx2.Client(base_url=f"http://127.0.0.1:{port}") as second,
        ):
            clients = (own_stand.client, second)
            paths = ("/", "/feed.atom", "/corrections", "/box")
            for client in clients:
                assert not any("Another town" in client.get(path).text for path in paths)
            own_stand.press.correct(None, TODAY, "Another town", NOW)
            changed = monotonic()
            for client in clients:
                for path in paths:
                    assert _within(
                        2 - (monotonic() - changed), lambda c=client, p=path: "Another town" in c.get(p).text
                    )
    finally:
        other.close()


def test_while_the_database_is_down_what_was_seen_is_served(postgresql: PostgreSQL):
    name = postgresql.create_database()
    store = Store(postgresql.url(name))
    fill(store)
    store.close()
    try:
        with standing(postgresql.url(name)) as stand:
            seen = {path: stand.get(path).content for path in ("/", "/feed.rss", "/archive/2026/11/")}
            assert stand.get("/readyz").status_code == 200
            postgresql.stop("immediate")
            try:
                asyncio.run(asyncio.sleep(LOOK_EVERY + 0.1))
                assert {path: stand.get(path).content for path in seen} == seen
                unseen = stand.get("/archive/2026/10/")
                assert unseen.status_code == 503
                assert unseen.headers["cache-control"] == "no-store"
                assert unseen.headers["retry-after"] == "30"
                assert "The archive does not answer just now" in unseen.text
                assert "postgres" not in unseen.text
                assert stand.get("/readyz").status_code == 503
                assert stand.get("/healthz").status_code == 200
            finally:
                postgresql.start()
            assert stand.get("/archive/2026/10/").status_code == 200, "it comes back by itself"
            assert stand.get("/readyz").status_code == 200
    finally:
        postgresql.drop_database(name)


def test_a_start_without_a_database_says_so_on_every_page(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'missing' / 'dose.db'}")
    with (
        serving(create_app(store, PUBLISHER, Circulation(store, KEYS, SUPPRESSION_KEY, PUBLISHER))) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        for path in ("/", "/feed.rss", "/archive/", "/entries/x"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
            assert str(tmp_path) not in answer.text
        assert client.get("/healthz").status_code == 200
    store.close()


def test_an_archive_without_an_edition_asks_to_come_back(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'dose.db'}")
    upgrade(store)
    with serving(create_app(store, PUBLISHER, Circulation(store, KEYS, SUPPRESSION_KEY, PUBLISHER))) as port:
        assert httpx2.get(f"http://127.0.0.1:{port}/").status_code == 503
    store.close()


def test_a_fault_of_ours_is_a_plain_page_that_tells_nothing_of_it(own_stand):
    with own_stand.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE issues SET rule = 'xyzzy' WHERE day = '2026-11-20'")

    answer = own_stand.get("/archive/2026/11/20")

    assert answer.status_code == 500
    assert answer.headers["cache-control"] == "no-store"
    assert "Something went wrong on our side" in answer.text
    assert "xyzzy" not in answer.text
    assert own_stand.get("/archive/2026/11/19").status_code == 200


def test_a_page_is_made_once_however_many_ask_for_it_at_once(own_address):
    store = Store(own_address)
    memory = Memory(store, PUBLISHER, lambda: NOW + timedelta(seconds=1))
    made: list[str] = []

    def make() -> Answer:
        made.append("once")
        return Answer.of(b"page", "text/plain")

    async def ask() -> list[object]:
        kept = await memory.kept()
        return await asyncio.gather(*(memory.page(kept, "/x", make) for _ in range(20)))

    answers = asyncio.run(ask())
    store.close()

    assert made == ["once"]
    assert len({id(answer) for answer in answers}) == 1


def test_a_page_that_could_not_be_made_is_tried_again(own_address):
    store = Store(own_address)
    memory = Memory(store, PUBLISHER, lambda: NOW)
    answers: list[Answer | None] = [Answer.of(b"page", "text/plain"), None]

    async def ask() -> list[object]:
        kept = await memory.kept()
        return [await memory.page(kept, "/x", answers.pop) for _ in range(3)]

    first, second, third = asyncio.run(ask())
    store.close()

    assert first is None
    assert second is third
    assert answers == []


def test_what_was_not_asked_for_longest_makes_room():
    pages = Pages(most=100)
    for key in "abc":
        pages.keep(key, Answer.of(key.encode() * 40, "text/plain"))
        pages.find("a")

    assert pages.find("b") is None
    assert pages.find("a") is not None
    assert pages.find("c") is not None


def test_pages_count_the_bytes_of_what_replaces_them():
    pages = Pages(most=100)
    for _ in range(50):
        pages.keep("a", Answer.of(b"x" * 40, "text/plain"))
    pages.keep("b", Answer.of(b"x" * 40, "text/plain"))

    assert pages.find("a") is not None


@pytest.mark.parametrize("path", ["/archive/2026/", "/archive/2026/11/", "/archive/", "/archive/2026/11/22"])
def test_a_page_asks_the_database_a_few_times_however_long_it_is(own_address, path):
    """No list asks again for each of its lines."""
    with standing(own_address) as stand:
        asked: list[str] = []
        event.listen(stand.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        stand.get(path)

    assert 0 < len(asked) < 25, f"{len(asked)} statements"
