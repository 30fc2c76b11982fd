"""
The hub (WebSub): it is told which feeds changed, and tells their readers at once.

What it was told of each document is kept beside the document, in the database, so that a process that ends loses
nothing, and whoever published, the service tells. It is told after the commit, by a thread of its own: a hub that is
slow or gone keeps no issue back. How a hub is told is its own affair (WebSub, 6); those that there are take a form
with `hub.mode=publish` and one `hub.url` or several.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.error import URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import structlog

from newsletter.archive import documents, editions
from newsletter.archive.documents import Tag
from newsletter.models import Publisher
from newsletter.press.printing import links_of
from newsletter.render.links import Links
from newsletter.store.engine import Store, change_number, remember, remembered

_log = structlog.get_logger(__name__)

#: Of how many feeds the hub is told in one request.
_AT_ONCE = 50
_SECONDS = 10
#: How often it is tried to tell of a change, and the seconds after the first failure; each time twice as many.
_ATTEMPTS = 8
_AFTER = 30.0
#: Which hub it is that was told.
_HUB = "hub"


def is_told_of(name: str) -> bool:
    """Say whether the hub is told of the document *name*: of feeds, but not of archive documents, nor of lists."""
    return name.rpartition("/")[2].startswith("feed.") and not name.startswith("archive/")


def topic(links: Links, name: str) -> str:
    """Return the address by which the hub and its readers know the feed *name*: its own."""
    return f"{links.home()}{quote(name)}"


class Hub:
    """Tells the hub, if the publisher has one; *steady* reads a clock that nobody sets, in seconds."""

    def __init__(self, store: Store, publisher: Publisher, steady: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._publisher = publisher
        self._steady = steady
        self._looked_at: int | None = None
        self._failed = 0
        self._not_before = float("-inf")

    def tell(self, enough: Callable[[], bool] = lambda: False) -> int:
        """
        Tell what the hub was not told of yet; return how many feeds.

        A hub that fails is told again after a while, ever later, and a bounded number of times. *enough* is asked
        between requests whether to leave the rest to another time.
        """
        if self._publisher.hub is None or self._steady() < self._not_before:
            return 0
        with self._store.reading() as connection:
            change = change_number(connection)
            if change == self._looked_at:
                return 0
            known = remembered(connection, _HUB)
            untold = [tag for tag in documents.untold(connection) if is_told_of(tag.name)]
            every = editions.every(connection)
            links = {each.slug: links_of(each, every, self._publisher) for each in every}
        if known != self._publisher.hub:
            self._greet(untold)
            return 0
        told = 0
        for start in range(0, len(untold), _AT_ONCE):
            if enough():
                return told
            some = untold[start : start + _AT_ONCE]
            if not self._say(self._publisher.hub, [topic(links[tag.edition], tag.name) for tag in some]):
                return told
            self._set_told(some)
            told += len(some)
        self._looked_at = change
        return told

    def _greet(self, every: Sequence[Tag]) -> None:
        """Begin with a hub: what stands there now it fetches when somebody subscribes."""
        assert self._publisher.hub is not None
        with self._store.transaction() as connection:
            remember(connection, _HUB, self._publisher.hub)
            documents.set_told(connection, every)

    def _say(self, hub: str, topics: Sequence[str]) -> bool:
        """Make a request; say whether these topics are done with: told, or given up."""
        problem = _publish(hub, topics)
        if problem is None:
            self._failed = 0
            return True
        self._failed += 1
        if self._failed >= _ATTEMPTS:
            _log.error("the hub was not told", hub=hub, feeds=len(topics), attempts=self._failed, reason=problem)
            self._failed = 0
            return True
        wait = _AFTER * 2 ** (self._failed - 1)
        self._not_before = self._steady() + wait
        _log.warning("the hub does not answer", hub=hub, reason=problem, again_after_seconds=int(wait))
        return False

    def _set_told(self, those: Sequence[Tag]) -> None:
        with self._store.transaction() as connection:
            documents.set_told(connection, those)


def _publish(hub: str, topics: Sequence[str]) -> str | None:
    """Tell a hub that these feeds changed; return what went wrong, if anything."""
    form = urlencode([("hub.mode", "publish"), *(("hub.url", each) for each in topics)]).encode()
    request = Request(hub, data=form, headers={"User-Agent": "daily-dose"})  # noqa: S310 -- the operator's own, http or https
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 -- as above
            refused = answer.status >= HTTPStatus.BAD_REQUEST
            return f"it answered {answer.status}" if refused else None
    except (URLError, OSError, ValueError) as error:
        return str(error)
