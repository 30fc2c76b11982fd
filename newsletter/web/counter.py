"""What pages that act share: who asks, from where, and an answer that tells nothing by its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from newsletter.circulation import Circulation
from newsletter.models import Publisher
from newsletter.web.answers import Answer
from newsletter.web.headers import PRIVATE_HEADERS
from newsletter.web.kept import Room
from newsletter.web.networks import Networks, network_of
from newsletter.web.site import HTML, Whose

T = TypeVar("T")
#: Says by the fields that were sent, and the network they came from, whether a person sent them: the place for a
#: CAPTCHA or a proof of work.
Challenge = Callable[[Mapping[str, str], str], bool]

#: Answers to who asks for a letter come after a whole number of these seconds, whatever was done in them.
STEP = 0.25
#: How many such requests are worked on at once: pages must be made meanwhile.
_AT_ONCE = 4


def anybody(_fields: Mapping[str, str], _network: str) -> bool:
    """Believe that it is a person: the challenge where none is set."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where readers are answered who want something."""

    circulation: Circulation
    publisher: Publisher
    now: Callable[[], datetime]
    trusted_proxies: Networks = ()
    challenge: Challenge = anybody
    _working: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def network(self, request: Request) -> str:
        """Return the network that a request comes from."""
        peer = request.client.host if request.client else None
        return network_of(peer, request.headers.getlist("x-forwarded-for"), self.trusted_proxies)

    def whose(self, room: Room) -> Whose:
        """Return what renderers are told of an edition."""
        return {"edition": room.edition, "publisher": self.publisher, "links": room.links}

    async def do(self, verb: Callable[[], T]) -> T:
        """Do something in a thread, a few at once."""
        async with self._working:
            return await run_in_threadpool(verb)

    async def paced(self, verb: Callable[[], T]) -> T:
        """Do something, and wait until the time that it took says nothing of it."""
        began = monotonic()
        try:
            return await self.do(verb)
        finally:
            await asyncio.sleep(STEP - (monotonic() - began) % STEP)


def private(text: str, status: int = 200) -> Answer:
    """Return a page that nobody keeps, and that leads nobody elsewhere."""
    return Answer.of(text.encode(), HTML, status=status, cache_control="no-store", headers=PRIVATE_HEADERS)
