"""
What readers choose: the form that asks for a link, the page behind it, and the links of a change of address.

The link is the key: whoever has it may choose, for an hour. Nothing is done but by POST, and again does no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsletter.addresses import InvalidAddress
from newsletter.circulation.preferring import Holder
from newsletter.circulation.waiting import long_wait
from newsletter.preferences import Preferences, WrongPreferences, pause_until, preferences_of
from newsletter.render import preferring as pages
from newsletter.render.preferring import Card
from newsletter.render.subscribing import Filled, expired_page
from newsletter.tokens import ExpiredToken, InvalidToken
from newsletter.web.answers import Answer
from newsletter.web.bodies import read_form
from newsletter.web.counter import Counter, private
from newsletter.web.kept import Kept, Room
from newsletter.web.subscribing import Refused, check_form, still_good
from scheduler.calendar import edition_day

_WRONG = HTTPStatus.UNPROCESSABLE_ENTITY
_NO_ADDRESS = "expected a mail address such as reader@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form of a reader's page, and what is wrong with it."""

    token: str
    network: str
    fields: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def edition(self) -> str:
        """The edition that it is about."""
        return self.fields.get("edition", "")


@dataclass(frozen=True, slots=True)
class Preferring:
    """Answers `/preferences`, `/preferences/TOKEN` and `/address/TOKEN`."""

    counter: Counter

    async def ask(self, request: Request, _kept: Kept, room: Room) -> Answer:
        """Show the form that asks for a link, or take it."""
        whose = self.counter.whose(room)
        if request.method != "POST":
            token = self.counter.circulation.forms.token(self.counter.now())
            return private(pages.link_page(Filled(token=token), **whose))
        fields = await read_form(request)
        try:
            await self._send_link(fields, self.counter.network(request))
        except Refused as refused:
            filled = Filled(token=still_good(self.counter, fields), values=fields, problems=refused.problems)
            return private(pages.link_page(filled, **whose), _WRONG)
        return private(pages.link_sent_page(**whose))

    async def _send_link(self, fields: Mapping[str, str], network: str) -> None:
        check_form(self.counter, fields, network)
        preferring = self.counter.circulation.preferring
        verb = partial(preferring.send_link, fields.get("address", ""), network, self.counter.now())
        try:
            await self.counter.paced((lambda: None) if fields.get("homepage") else verb)
        except InvalidAddress as error:
            raise Refused({"address": _NO_ADDRESS}) from error

    async def page(self, request: Request, kept: Kept, room: Room) -> Answer:
        """Show a reader's page, or do what is asked on it."""
        counter = self.counter
        fields = await read_form(request) if request.method == "POST" else {}
        sent = Sent(token=request.path_params["token"], network=counter.network(request), fields=fields)
        asked = fields.get("do", "")
        problems: Mapping[str, str] = {}
        look = partial(counter.circulation.preferring.look, sent.token, counter.now())
        try:
            holder = await counter.do(look)
            if holder.is_erased:
                return private(pages.erased_page(**counter.whose(room)))
            if (verb := self._verb(asked, sent, kept)) is not None:
                holder = await (counter.paced if asked == "move" else counter.do)(verb)
        except ExpiredToken:
            return private(expired_page(**counter.whose(room)), HTTPStatus.GONE)
        except InvalidToken as error:
            raise HTTPException(HTTPStatus.NOT_FOUND) from error
        except WrongPreferences as error:
            problems = error.problems
        except InvalidAddress:
            problems = {"address": _NO_ADDRESS}
        return self._shown(holder, Sent(token=sent.token, network="", fields=fields, problems=problems), kept, room)

    def _verb(self, asked: str, sent: Sent, kept: Kept) -> Callable[[], Holder] | None:
        """Return what was asked for; `None` for nothing, and for what there is not."""
        circulation, now = self.counter.circulation, self.counter.now()
        doing, token, room = circulation.preferring, sent.token, kept.room(sent.edition)
        verb: Callable[[], Holder] | None = None
        match asked:
            case "move":
                verb = partial(circulation.moving.ask, token, sent.fields.get("address", ""), sent.network, now)
            case "held":
                verb = partial(doing.send_held, token, sent.network, now)
            case "erase-surely":
                verb = partial(doing.erase, token, now)
            case "keep" if room:
                verb = partial(doing.keep, token, sent.edition, preferences_of(sent.fields), now)
            case "pause" if room:
                until = pause_until(sent.fields.get("until", ""), edition_day(room.edition, now))
                verb = partial(doing.pause, token, sent.edition, until, now)
            case "join" if room:
                verb = partial(doing.join, token, sent.edition, sent.network, now)
            case "resume" if room:
                verb = partial(doing.resume, token, sent.edition, now)
            case "leave" if room:
                verb = partial(doing.leave, token, sent.edition, now)
        return verb

    def _shown(self, holder: Holder, sent: Sent, kept: Kept, room: Room) -> Answer:
        """Return a reader's page after what was done."""
        asked = sent.fields.get("do", "")
        whose = self.counter.whose((kept.room(holder.standing[0].edition) if holder.standing else None) or room)
        if holder.is_erased:
            return private(pages.erased_page(**whose))
        if asked == "erase":
            return private(pages.erase_page(**whose))
        text = pages.preferences_page(
            [self._card(holder, each, sent) for each in kept.rooms],
            holder.address,
            done="" if sent.problems else asked,
            problem=sent.problems.get("address", ""),
            typed=sent.fields.get("address", "") if sent.problems else "",
            **whose,
        )
        return private(text, _WRONG if sent.problems else 200)

    def _card(self, holder: Holder, room: Room, sent: Sent) -> Card:
        standing = holder.of(room.edition.slug)
        refused = bool(sent.problems) and sent.edition == room.edition.slug
        preferences = standing.preferences if standing is not None else Preferences()
        names = (*preferences.fields(), "until")
        return Card(
            edition=room.edition,
            state=standing.state if standing is not None and standing.gets_mail else "left",
            preferences=preferences,
            paused_until=standing.paused_until if standing is not None else None,
            wait=long_wait(room.edition, preferences, self.counter.now()),
            values={name: text for name, text in sent.fields.items() if name in names} if refused else {},
            problems=sent.problems if refused else {},
        )

    async def move(self, request: Request, kept: Kept, room: Room) -> Answer:
        """Show the button of one side of a change of address, or take its click."""
        counter, token = self.counter, request.path_params["token"]
        moving, now = counter.circulation.moving, counter.now()
        verb = partial(moving.look, token, now)
        if request.method == "POST":
            verb = partial(moving.confirm, token, counter.network(request), now)
        try:
            move = await counter.do(verb)
        except ExpiredToken:
            return private(expired_page(**counter.whose(room)), HTTPStatus.GONE)
        except InvalidToken as error:
            raise HTTPException(HTTPStatus.NOT_FOUND) from error
        return private(pages.move_page(move.side, move.said, **counter.whose(kept.room(move.edition) or room)))
