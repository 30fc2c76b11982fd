"""
Joining: the form at `/subscribe`, and the page behind the link that confirms.

Whoever asks is told the same in the same time, whatever is known of the address. Asking with GET or HEAD shows a form
or a button, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsletter.addresses import InvalidAddress
from newsletter.archive.editions import NoSuchEdition
from newsletter.circulation import TooSoon, Wish
from newsletter.errors import NewsletterError
from newsletter.preferences import WrongPreferences, preferences_of
from newsletter.render import subscribing as pages
from newsletter.render.subscribing import Filled
from newsletter.tokens import ExpiredToken, InvalidToken
from newsletter.web.answers import Answer
from newsletter.web.bodies import read_form
from newsletter.web.counter import Counter, private
from newsletter.web.kept import Kept, Room

_WRONG = HTTPStatus.UNPROCESSABLE_ENTITY
_NOT_A_PERSON = "we could not tell that you are a person: please try again"


class Refused(NewsletterError):
    """What was sent can't be asked for; *problems* says by field what is wrong, and under no name of the whole."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Answers `/subscribe` and `/confirm/TOKEN`."""

    counter: Counter

    async def subscribe(self, request: Request, kept: Kept, room: Room) -> Answer:
        """Show the form, or take it."""
        if request.method != "POST":
            return self._form(kept, room, Filled(token=self._token()))
        fields = await read_form(request)
        try:
            await ask(self.counter, {"edition": room.edition.slug, **fields}, "sign-up form", request)
        except Refused as refused:
            filled = Filled(token=still_good(self.counter, fields), values=fields, problems=refused.problems)
            return self._form(kept, room, filled, _WRONG)
        return private(pages.asked_page(**self.counter.whose(room)))

    async def confirm(self, request: Request, kept: Kept, room: Room) -> Answer:
        """Show the button that confirms, or take its click."""
        counter, token = self.counter, request.path_params["token"]
        joining, now = counter.circulation.joining, counter.now()
        verb = partial(joining.look, token, now)
        if request.method == "POST":
            verb = partial(joining.confirm, token, counter.network(request), now)
        try:
            confirmation = await counter.do(verb)
        except ExpiredToken:
            return private(pages.expired_page(**counter.whose(room)), HTTPStatus.GONE)
        except InvalidToken as error:
            raise HTTPException(HTTPStatus.NOT_FOUND) from error
        own = kept.room(confirmation.edition)
        if own is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return private(pages.confirm_page(confirmation.said, confirmation.preferences, **counter.whose(own)))

    def _form(self, kept: Kept, room: Room, filled: Filled, status: int = 200) -> Answer:
        offered = [each.edition for each in kept.rooms]
        return private(pages.subscribe_page(filled, offered, **self.counter.whose(room)), status)

    def _token(self) -> str:
        return self.counter.circulation.forms.token(self.counter.now())


async def ask(counter: Counter, fields: Mapping[str, str], origin: str, request: Request) -> None:
    """
    Ask for a subscription with what was sent by *request*; raise `Refused` for what can't be asked for.

    Who fell into the trap for programs hears what everybody hears, and nothing comes of it.
    """
    network = counter.network(request)
    check_form(counter, fields, network)
    try:
        preferences = preferences_of(fields)
    except WrongPreferences as error:
        raise Refused(error.problems) from error
    wish = Wish(
        address=fields.get("address", ""),
        edition=fields.get("edition") or None,
        preferences=preferences,
        origin=origin,
        network=network,
    )
    verb = partial(counter.circulation.joining.ask, wish, counter.now())
    if fields.get("homepage"):
        verb = partial(_nothing)
    try:
        await counter.paced(verb)
    except InvalidAddress as error:
        raise Refused({"address": "expected a mail address such as reader@example.org"}) from error
    except NoSuchEdition as error:
        raise Refused({"edition": "there is no such edition"}) from error


def check_form(counter: Counter, fields: Mapping[str, str], network: str) -> None:
    """Raise `Refused` for a form that no person filled in just now."""
    try:
        counter.circulation.forms.check(fields.get("token", ""), counter.now())
    except TooSoon as error:
        raise Refused({"token": str(error)}) from error
    except ExpiredToken as error:
        raise Refused({"token": "this has stood open for too long: please send it once more"}) from error
    except InvalidToken as error:
        raise Refused({"token": "the form was not complete: please send it once more"}) from error
    if not counter.challenge(fields, network):
        raise Refused({"": _NOT_A_PERSON})


def still_good(counter: Counter, fields: Mapping[str, str]) -> str:
    """Return the token that a form was sent with, so that it need not wait again; another if that is over."""
    forms, token = counter.circulation.forms, fields.get("token", "")
    try:
        forms.check(token, counter.now())
    except TooSoon:
        return token
    except (ExpiredToken, InvalidToken):
        return forms.token(counter.now())
    return token


def _nothing() -> None:
    """Do nothing, where a program asked for it."""
