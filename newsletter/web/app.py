"""
The site as one ASGI application.

Feeds are bytes that many clients poll, so a small front answers them before any routing. Nothing
that is answered depends on the Host that was asked, or on a cookie; none is set. Of a query only
the fields count that a page reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.circulation import Circulation
from newsletter.models import Publisher
from newsletter.store.engine import Store, UnusableDatabase
from newsletter.web.answers import Asked, Reply, reply
from newsletter.web.counter import Challenge, Counter, anybody
from newsletter.web.embedding import OEmbed
from newsletter.web.interface import Interface
from newsletter.web.kept import Document, Memory, Room
from newsletter.web.leaving import Leaving
from newsletter.web.networks import Networks
from newsletter.web.preferring import Preferring
from newsletter.web.routes import READS, Doing, Program, Site
from newsletter.web.subscribing import Subscribing

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
) -> ASGIApp:
    """
    Return the application that shows what *store* holds to readers, at the instants (UTC) that *now* gives.

    Readers ask from where `X-Forwarded-For` says, as far as *trusted_proxies* wrote it. *challenge* says whether a
    person sent a form.
    """
    memory = Memory(store, publisher, now)
    counter = Counter(
        circulation=circulation, publisher=publisher, now=now, trusted_proxies=trusted_proxies, challenge=challenge
    )
    oembed = {"/oembed": ("GET", OEmbed(memory).answer)}
    site = Site(memory, doings(counter), {**programs(counter), **oembed})
    app = Starlette(
        routes=site.routes(),
        exception_handlers={
            HTTPException: site.on_http_error,
            UnusableDatabase: site.on_unusable_database,
            Exception: site.on_fault,
        },
    )
    app.router.redirect_slashes = False
    return Front(memory, app)


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
    """Answers feeds from bytes, and passes everything else on."""

    def __init__(self, memory: Memory, site: ASGIApp) -> None:
        self._memory = memory
        self._site = site
        self._base = memory.base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await self._site(scope, receive, send)
            return
        path = self._path(scope["path"])
        document = await self._document(path) if "/feed." in path and scope["method"] in READS else None
        if document is None:
            await self._site({**scope, "path": path}, receive, send)
            return
        now = self._memory.now()
        await _send(reply(document.answer, Asked.of(scope["headers"]), now, caching(document.room, now)), scope, send)

    async def _document(self, path: str) -> Document | None:
        try:
            kept = await self._memory.kept()
        except UnusableDatabase:
            return None  # the site finds the same, and says so
        return kept.documents.get(path)

    def _path(self, path: str) -> str:
        if not path.startswith("/"):
            path = urlsplit(path).path or "/"  # a whole address, as a proxy asks (RFC 9112, 3.2.2)
        # A proxy may or may not have taken off what our addresses begin with.
        if self._base and (path + "/").startswith(self._base + "/"):
            path = path.removeprefix(self._base) or "/"
        return path


async def _send(answered: Reply, scope: Scope, send: Send) -> None:
    status, headers, body = answered
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def caching(room: Room, now: datetime) -> str:
    """Return a feed's Cache-Control: until the next publication, and no longer than an hour."""
    seconds = int((room.next_due_at - now).total_seconds()) if room.next_due_at else _LONGEST_KEPT
    if seconds <= 0:
        seconds = _SOON
    return f"public, max-age={min(seconds, _LONGEST_KEPT)}"
