"""
Leaving: the page behind the link in every mail, and the one click of RFC 8058.

Asking (GET, HEAD) shows a button and changes nothing, however often and by whatever scanner; POST acts, as often as
it comes, without a cookie and without a redirect. Nobody keeps these pages, and they lead nobody elsewhere: their
address is the reader's alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsletter.render.leaving import leaving_page
from newsletter.tokens import InvalidToken
from newsletter.web.answers import Answer
from newsletter.web.bodies import read_form
from newsletter.web.counter import Counter, private
from newsletter.web.kept import Kept, Room


@dataclass(frozen=True, slots=True)
class Leaving:
    """Answers `/unsubscribe/TOKEN`."""

    counter: Counter

    async def answer(self, request: Request, kept: Kept, _room: Room) -> Answer:
        """Answer a request; raise `HTTPException` (404) for a token that is none of ours."""
        token: str = request.path_params["token"]
        circulation = self.counter.circulation
        said, verb = "", circulation.reader_of
        if request.method == "POST":
            # Whatever else is sent (RFC 8058, 3.2, or nothing) means to leave; our own button gets a last letter.
            fields = await read_form(request)
            said, verb = "left", circulation.say_goodbye if "leave" in fields else circulation.leave
            if "back" in fields:
                said, verb = "back", circulation.come_back
        try:
            reader = await self.counter.do(partial(verb, token, self.counter.now()))
        except InvalidToken as error:
            raise HTTPException(HTTPStatus.NOT_FOUND) from error
        own = kept.room(reader.edition)
        if own is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return private(leaving_page(said or ("left" if reader.has_left else "ask"), **self.counter.whose(own)))
