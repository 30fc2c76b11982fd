"""
The interface for programs: a subscription is asked for as by the form, and guarded as that is.

A program fetches a token as a page does, waits as a person would, and sends it with the wish. Problems are told as
RFC 9457 has them; everything else is accepted, whatever is known of the address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request

from newsletter.circulation.forms import SHORTEST
from newsletter.render.subscribing import ASKED
from newsletter.shapes import instant
from newsletter.tokens import Purpose
from newsletter.web.answers import Answer
from newsletter.web.api.problems import refused
from newsletter.web.api.told import Accepted, FormToken, Wish
from newsletter.web.bodies import media_type, read_body
from newsletter.web.counter import Counter
from newsletter.web.headers import PRIVATE_HEADERS
from newsletter.web.subscribing import Refused, ask

_FIELDS = Wish.__required_keys__ | Wish.__optional_keys__


class NotAsExpected(Refused):
    """The body of a request is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Interface:
    """Answers `/api/v1/subscriptions`."""

    counter: Counter

    async def token(self, _request: Request) -> Answer:
        """Give a token, and say when it is believed."""
        now, lifetime = self.counter.now(), Purpose.FORM.lifetime
        assert lifetime is not None, "forms have their time"
        said: FormToken = {
            "token": self.counter.circulation.forms.token(now),
            "not_before": instant(now + SHORTEST),
            "expires": instant(now + lifetime),
        }
        return _json(said, HTTPStatus.OK)

    async def subscribe(self, request: Request) -> Answer:
        """Take a wish."""
        if media_type(request) != "application/json":
            problem = {"": "expected a body of application/json"}
            return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, problem, PRIVATE_HEADERS)
        try:
            fields = _fields(await read_body(request))
            await ask(self.counter, fields, "sign-up by program", request)
        except NotAsExpected as wrong:
            return refused(HTTPStatus.BAD_REQUEST, wrong.problems, PRIVATE_HEADERS)
        except Refused as wrong:
            return refused(HTTPStatus.UNPROCESSABLE_ENTITY, wrong.problems, PRIVATE_HEADERS)
        accepted: Accepted = {"status": "accepted", "detail": ASKED}
        return _json(accepted, HTTPStatus.ACCEPTED)


def _fields(body: bytes) -> Mapping[str, str]:
    """Return the fields of a wish; raise `NotAsExpected`."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAsExpected({"": "expected JSON"}) from error
    if not isinstance(given, dict):
        raise NotAsExpected({"": 'expected an object such as {"address": "reader@example.org", "token": "..."}'})
    if unknown := sorted(given.keys() - _FIELDS):
        problem = f"there is no such field: expected {', '.join(sorted(_FIELDS))}"
        raise Refused(dict.fromkeys(unknown, problem))
    told = {name: value for name, value in given.items() if value is not None}
    if wrong := [
        name
        for name, value in told.items()
        if not isinstance(value, str) and not (name == "weekday" and type(value) is int)
    ]:
        raise Refused(dict.fromkeys(wrong, "expected text"))
    return {name: str(value) for name, value in told.items()}


def _json(said: Mapping[str, object], status: int) -> Answer:
    body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    return Answer.of(body, "application/json", status=status, cache_control="no-store", headers=PRIVATE_HEADERS)
