"""
The site as one ASGI application.

Feeds are bytes that many clients poll, so a small front answers them before any routing. Nothing
that is answered depends on the Host that was asked, or on a cookie; none is set. Of a query only
the fields count that a page reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.circulation import Circulation
from newsletter.models import Publisher
from newsletter.store.engine import Store, UnusableDatabase
from newsletter.web.answers import Asked, Reply, is_known, reply
from newsletter.web.api.pages import pages
from newsletter.web.caps import Caps
from newsletter.web.counter import Challenge, Counter, anybody
from newsletter.web.embedding import OEmbed
from newsletter.web.interface import Interface
from newsletter.web.kept import Memory, Room
from newsletter.web.leaving import Leaving
from newsletter.web.metrics import Metrics, Watch
from newsletter.web.networks import Networks
from newsletter.web.preferring import Preferring
from newsletter.web.problems import problem
from newsletter.web.routes import READS, Doing, Program, Site
from newsletter.web.subscribing import Subscribing

#: The documents that are no feeds.
LISTS = frozenset(["feeds.opml", "calendar.ics"])
#: Seconds for which a feed may be kept, whatever the schedule says: corrections must get through.
_LONGEST_KEPT = 3600
#: Seconds after which to look again for an issue that is due and not there yet: the clock ticks as often.
_SOON = 30


def utc_now() -> datetime:
    """Return the instant that it is."""
    return datetime.now(UTC)


def create_app(
    store: Store,
    publisher: Publisher,
    circulation: Circulation,
    *,
    now: Callable[[], datetime] = utc_now,
    trusted_proxies: Networks = (),
    challenge: Challenge = anybody,
    caps: Caps | None = None,
    watch: Watch | None = None,
) -> ASGIApp:
    """
    Return the application that shows what *store* holds to readers, at the instants (UTC) that *now* gives.

    Readers ask from where `X-Forwarded-For` says, as far as *trusted_proxies* wrote it. *challenge* says whether a
    person sent a form, *caps* how often one network may search, *watch* what is told of how the service is.
    """
    memory = Memory(store, publisher, now)
    counter = Counter(
        circulation=circulation, publisher=publisher, now=now, trusted_proxies=trusted_proxies, challenge=challenge
    )
    watch = watch or Watch(Metrics(tuple))
    asked = {**programs(counter), "/oembed": ("GET", OEmbed(memory).answer)}
    site = Site(
        memory,
        doings(counter),
        asked,
        api=pages(circulation.forms.keys),
        caps=caps or Caps(),
        network=counter.network,
        watch=watch,
    )
    app = Starlette(
        routes=site.routes(),
        exception_handlers={
            HTTPException: site.on_http_error,
            UnusableDatabase: site.on_unusable_database,
            Exception: site.on_fault,
        },
    )
    app.router.redirect_slashes = False
    return Front(memory, app, watch.metrics)


def doings(counter: Counter) -> Mapping[str, Doing]:
    """Return what readers can do, by its address below an edition's own."""
    subscribing, preferring = Subscribing(counter), Preferring(counter)
    return {
        "/subscribe": subscribing.subscribe,
        "/confirm/{token}": subscribing.confirm,
        "/preferences": preferring.ask,
        "/preferences/{token}": preferring.page,
        "/address/{token}": preferring.move,
        "/unsubscribe/{token}": Leaving(counter).answer,
    }


def programs(counter: Counter) -> Mapping[str, Program]:
    """Return what programs can ask for, by its address."""
    interface = Interface(counter)
    return {
        "/api/v1/subscriptions": ("POST", interface.subscribe),
        "/api/v1/subscriptions/token": ("GET", interface.token),
    }


class Front:
    """Answers feeds from bytes, and passes everything else on; counts what was answered."""

    def __init__(self, memory: Memory, site: ASGIApp, metrics: Metrics) -> None:
        self._memory = memory
        self._site = site
        self._metrics = metrics
        self._base = memory.base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await self._site(scope, receive, send)
            return
        path = self._path(scope["path"])
        answered = await self._document(path, scope) if scope["method"] in READS and _may_be_one(path) else None
        if answered is None:
            await self._pass_on({**scope, "path": path}, receive, send)
            return
        self._metrics.count("feed", answered.status)
        await _send(answered, scope, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = monotonic()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = "api" if scope["path"].startswith("/api/") else "page"
                self._metrics.count(kind, message["status"], monotonic() - began)
            await send(message)

        await self._site(scope, receive, count)

    async def _document(self, path: str, scope: Scope) -> Reply | None:
        """Answer with a document; `None` if there is none, and where the site finds the same trouble and says so."""
        try:
            document = (await self._memory.kept()).documents.get(path)
        except UnusableDatabase:
            return None
        if document is None:
            return None
        asked, now = Asked.of(scope["headers"]), self._memory.now()
        caching = until_next(document.room, now)
        whole = self._memory.document_at_hand(document)
        if whole is None and is_known(document.answer, asked, now):
            return reply(document.answer, asked, now, caching)
        try:
            whole = whole or await self._memory.document(document)
        except UnusableDatabase:
            return reply(problem(503, document.room, self._memory.publisher), asked, now)
        return reply(whole, asked, now, caching) if whole is not None else None

    def _path(self, path: str) -> str:
        if not path.startswith("/"):
            path = urlsplit(path).path or "/"  # a whole address, as a proxy asks (RFC 9112, 3.2.2)
        # A proxy may or may not have taken off what our addresses begin with.
        if self._base and (path + "/").startswith(self._base + "/"):
            path = path.removeprefix(self._base) or "/"
        return path


def _may_be_one(path: str) -> bool:
    """Say whether a document may stand under *path*: a feed, or the list of feeds, or the calendar."""
    name = path[path.rfind("/") + 1 :]
    return name.startswith("feed.") or name in LISTS


async def _send(answered: Reply, scope: Scope, send: Send) -> None:
    status, headers, body = answered
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def until_next(room: Room, now: datetime) -> str:
    """Return a feed's Cache-Control: until the next publication, and no longer than an hour."""
    seconds = int((room.next_due_at - now).total_seconds()) if room.next_due_at else _LONGEST_KEPT
    if seconds <= 0:
        seconds = _SOON
    return f"public, max-age={min(seconds, _LONGEST_KEPT)}"
