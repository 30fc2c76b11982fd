"""
Two real feed readers that ask very differently follow the service for three days.

Each issue is shown once, an edited headline and a correction show nothing again, and who asks conditionally for what
did not change is told so. Six readers follow it for a month in tests/promises/test_followed_for_a_month.py.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from feed_readers import Newsboat, Reader, watching
from newsstand import NOW, TODAY, Stand
from reader import make_reader

PATH = "/usr/local/bin:/usr/bin:/bin"


class Library(Reader):
    """The library `reader`, in this process."""

    def begin(self) -> None:
        self._feeds = make_reader(str(self.folder / "reader.sqlite"))
        self._feeds.add_feed(self.address)

    def poll(self) -> None:
        for result in self._feeds.update_feeds_iter(scheduled=False):
            assert not isinstance(result.value, Exception), result

    def shown(self) -> list[str]:
        new = list(self._feeds.get_entries(read=False))
        for entry in new:
            self._feeds.mark_entry_as_read(entry)
        return [urlsplit(entry.link).path for entry in new]


@pytest.fixture
def readers(own_stand, tmp_path):
    """Subscribe newsboat by RSS, and `reader` to the JSON Feed."""
    with ExitStack() as stack:
        found: list[Reader] = []
        for kind, path in ((Newsboat, "/feed.rss"), (Library, "/feed.json")):
            watched = stack.enter_context(watching(own_stand.port))
            found.append(kind(kind.__name__, path, tmp_path / kind.__name__, watched, {"PATH": PATH}))
        yield found


def poll(readers: list[Reader]) -> list[tuple[list[str], list]]:
    """Let each reader ask; return what each showed as new, and how it was answered."""
    told = []
    for reader in readers:
        asked = len(reader.watched.polls)
        reader.poll()
        told.append((reader.shown(), reader.watched.since(asked)))
    return told


def turn(stand: Stand, number: int) -> None:
    """Publish the day that comes so many days later, and wait until the service shows it."""
    before = stand.get("/feed.rss").headers["etag"]
    stand.clock.instant = NOW + timedelta(days=number, seconds=1)
    stand.press.tick(stand.clock.instant - timedelta(seconds=1))
    follow(stand, before)


def follow(stand: Stand, before: str) -> None:
    from threading import Event
    from time import monotonic

    deadline = monotonic() + 10
    while stand.get("/feed.rss").headers["etag"] == before:
        assert monotonic() < deadline, "a change takes two seconds at most"
        Event().wait(0.05)


def page(number: int) -> str:
    return f"/archive/{(TODAY + timedelta(days=number)).isoformat().replace('-', '/')}"


def test_readers_show_each_issue_once_and_are_told_when_nothing_changed(own_stand, readers):
    stand, newsboat = own_stand, readers[0]
    assert isinstance(newsboat, Newsboat)
    for new, _ in poll(readers):
        assert len(new) == len({*new}) == 31
    for number in (1, 2):
        turn(stand, number)
        for new, polls in poll(readers):
            assert new == [page(number)]
            assert [each.status for each in polls] == [200]
        for new, polls in poll(readers):
            assert new == []
            assert [each.status for each in polls if each.conditional] == [304] * sum(
                each.conditional for each in polls
            )
    assert [(each.conditional, each.status) for each in newsboat.watched.polls] == [
        (False, 200), (False, 200), (True, 304), (True, 200), (True, 304)
    ], "newsboat asks without conditions twice"  # fmt: skip

    before = stand.get("/feed.rss").headers["etag"]
    stand.press.correct(None, TODAY, "It was Gao.", stand.clock.instant, values={"place": "Gao"})
    stand.press.amend(None, TODAY + timedelta(days=2), stand.clock.instant, {"headline": "A headline that was edited"})
    follow(stand, before)
    for new, polls in poll(readers):
        assert new == [], "nothing is shown again"
        assert [each.status for each in polls] == [200]
    assert newsboat.title(page(2)) == "A headline that was edited"
