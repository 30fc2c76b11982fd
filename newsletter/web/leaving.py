"""
Leaving: the page behind the link in every mail, and the one click of RFC 8058.

Asking (GET, HEAD) shows a button and changes nothing, however often and by whatever scanner; POST acts, as often as
it comes, without a cookie and without a redirect. Nobody keeps these pages, and they lead nobody elsewhere: their
address is the reader's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsletter.circulation import Circulation, Reader
from newsletter.models import Publisher
from newsletter.render.leaving import leaving_page
from newsletter.tokens import InvalidToken
from newsletter.web.answers import Answer
from newsletter.web.headers import PRIVATE_HEADERS
from newsletter.web.kept import Kept
from newsletter.web.site import HTML

#: What a form of ours sends, and what a mail provider does, is shorter; in bytes.
_LONGEST_BODY = 10_000


class Leaving:
    """Answers `/unsubscribe/TOKEN`."""

    def __init__(self, circulation: Circulation, publisher: Publisher, now: Callable[[], datetime]) -> None:
        self._circulation = circulation
        self._publisher = publisher
        self._now = now

    async def answer(self, request: Request, kept: Kept) -> Answer:
        """Answer a request; raise `HTTPException` (404) for a token that is none of ours."""
        token: str = request.path_params["token"]
        said, verb = None, self._circulation.reader_of
        if request.method == "POST":
            comes_back = await _asks_to_come_back(request)
            said, verb = ("back", self._circulation.come_back) if comes_back else ("left", self._circulation.leave)
        try:
            reader = await run_in_threadpool(verb, token, self._now())
        except InvalidToken as error:
            raise HTTPException(HTTPStatus.NOT_FOUND) from error
        return self._page(said or ("left" if reader.has_left else "ask"), reader, kept)

    def _page(self, said: str, reader: Reader, kept: Kept) -> Answer:
        room = kept.room(reader.edition)
        if room is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        text = leaving_page(said, edition=room.edition, publisher=self._publisher, links=room.links)
        return Answer.of(text.encode(), HTML, cache_control="no-store", headers=PRIVATE_HEADERS)


async def _asks_to_come_back(request: Request) -> bool:
    """Say whether it is the button for who left; whatever else is sent (RFC 8058, 3.2, or nothing) means to leave."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return False
    return "back" in parse_qs(body.decode("latin-1"))
