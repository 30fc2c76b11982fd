"""
Real feed readers poll the running service for days on end, through corrections, an edited headline, a changed slug.

Each issue is shown once; nothing that changes shows it again; who asks conditionally for what did not change is told
so. What each reader did in a month stands in docs/feed-readers.md. The short form is in tests/web/test_feed_readers.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from feed_readers import READERS, Reader, Sfeed, watching
from live_newsroom import HOUR, LiveNewsroom, until, utc
from servers.ports import free_port, wait_for_port

FIRST = date(2026, 9, 1)


@pytest.fixture
def database_url(tmp_path: Path, planted_file: Path) -> str:
    """Give a SQLite database: what readers are answered does not depend on which it is."""
    import shutil

    return f"sqlite:///{shutil.copyfile(planted_file, tmp_path / 'daily-dose.db')}"


class Month:
    """A service that publishes a day at a time under a moved clock, and who follows it."""

    def __init__(self, live: LiveNewsroom, names: list[str], stack: ExitStack) -> None:
        self.live = live
        self.port = free_port()
        live.clock.show(utc(FIRST.year, FIRST.month, FIRST.day, 6) + HOUR / 2)
        live.set(port=str(self.port), base_url="https://dose.example.org")
        live.prepare(FIRST, readers=0)
        self.day = FIRST
        self.publish()
        self.web = live.start("web")
        wait_for_port(self.port, 60)
        self.readers: dict[str, Reader] = {}
        for name in names:
            kind, path = READERS[name]
            watched = stack.enter_context(watching(self.port))
            self.readers[name] = kind(
                name, path, live.home / name.replace(" ", "-"), watched, {**live.clock.environment, "PATH": _PATH}
            )
        self.shown: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.published: dict[str, str] = {}

    def publish(self) -> None:
        """Publish the day, half an hour after it was due."""
        self.live.clock.show(utc(self.day.year, self.day.month, self.day.day, 6) + HOUR / 2)
        self.live.command("publish", "today", "--no-mail")

    def poll(self) -> dict[str, tuple[list[str], list]]:
        """Let each reader ask; return what each showed as new, and what it asked."""
        told = {}
        for name, reader in self.readers.items():
            asked = len(reader.watched.polls)
            reader.poll()
            new = reader.shown()
            self.shown[name].update(new)
            told[name] = (new, reader.watched.since(asked))
        return told

    def wait_for(self, before: str) -> None:
        """Wait until the service shows another feed than the one tagged *before*."""
        assert self.web.runs(), f"the service ended with {self.web.process.returncode}: {self.web.said()}"
        until(lambda: self.tag() != before, "the service to follow a change", 30)

    def tag(self) -> str:
        from urllib.request import Request, urlopen

        with urlopen(Request(f"http://127.0.0.1:{self.port}/feed.rss", method="HEAD")) as answer:
            return str(answer.headers["etag"])


_PATH = "/usr/local/bin:/usr/bin:/bin"


@contextmanager
def month(live: LiveNewsroom, names: list[str]) -> Iterator[Month]:
    with ExitStack() as stack:
        yield Month(live, names, stack)


def through(service: Month, days: int, changes: dict[int, list[str]]) -> dict[str, dict[str, int]]:
    """Go through days with their changes; return what each reader did, in figures."""
    figures: dict[str, Counter[str]] = {name: Counter() for name in service.readers}

    def note(told, *, changed: bool) -> None:
        for name, (new, polls) in told.items():
            figures[name]["polls"] += 1
            for poll in polls:
                figures[name]["requests"] += 1
                figures[name]["bytes"] += poll.size
                figures[name]["conditional"] += poll.conditional
                figures[name]["304"] += poll.status == 304
                assert poll.status in (200, 304), (name, poll)
                if poll.conditional and not changed:
                    assert poll.status == 304, f"{name} asked conditionally for what it had"
            figures[name]["requests saved"] += not polls
            figures[name]["shown"] += len(new)

    note(service.poll(), changed=True)
    for number in range(1, days):
        service.day = FIRST + timedelta(days=number)
        before = service.tag()
        service.publish()
        service.wait_for(before)
        note(service.poll(), changed=True)
        service.live.clock.advance(HOUR + HOUR / 4)
        note(service.poll(), changed=False)
        for words in [changes[number]] if number in changes else []:
            before = service.tag()
            service.live.command(*(word.replace("{day}", _day(number)) for word in words))
            service.wait_for(before)
            service.live.clock.advance(HOUR + HOUR / 4)
            told = service.poll()
            assert {name: new for name, (new, _) in told.items() if new} == {}, f"{words} shows nothing again"
            note(told, changed=True)
            service.live.clock.advance(HOUR + HOUR / 4)
            note(service.poll(), changed=False)
    pages = {f"/archive/{(FIRST + timedelta(days=n)).isoformat().replace('-', '/')}" for n in range(days)}
    for name, shown in service.shown.items():
        assert {*shown.values()} == {1}, f"{name} showed an issue twice: {shown.most_common(3)}"
        assert {*shown} == pages if "facet" not in name else {*shown} <= pages, name
    return {name: dict(counted) for name, counted in figures.items()}


def _day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


CORRECTION = ["correct", "{day}", "The place was given wrongly.", "--set", "place=Gao"]
HEADLINE = ["amend", "{day}", "--set", "headline=A headline that was edited"]
SLUG = ["amend", "{day}", "--set", "slug=another-slug"]
WITHDRAWAL = ["withdraw", "{day}", "A court ordered it."]


@pytest.mark.chaos
def test_every_reader_follows_a_month_with_all_that_changes_in_it(live):
    changes = {3: CORRECTION, 7: HEADLINE, 11: SLUG, 15: WITHDRAWAL, 19: [*CORRECTION[:-1], "country=ML"], 23: HEADLINE}
    with month(live, list(READERS)) as service:
        figures = through(service, 30, changes)
        sfeed = service.readers["sfeed"]
    for name, did in figures.items():
        print(name, did)
    assert isinstance(sfeed, Sfeed)
    assert sfeed.older_lines == 3, "two headlines were edited and an issue withdrawn: it keeps the older titles' lines"
    for name, did in figures.items():
        if name != "sfeed":
            assert did["304"] + did["requests saved"] >= 29, name
