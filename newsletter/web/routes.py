"""
Routes: which page answers an address, and what is said where none does.

Redirects name a path and never a host, whatever host was asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from math import ceil
from time import monotonic
from urllib.parse import parse_qsl, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from newsletter.archive.reading import View
from newsletter.render.following import FOLLOWED
from newsletter.render.links import FOLDERS
from newsletter.store.engine import UnusableDatabase, change_number
from newsletter.text import clean_line
from newsletter.web import beside, embedding, robots, ways
from newsletter.web.answers import Answer, Asked, Reply, reply
from newsletter.web.api.pages import is_api
from newsletter.web.api.problems import problem as for_programs
from newsletter.web.browsing import ASKED
from newsletter.web.caps import Caps, is_counted
from newsletter.web.fixed import fixed, line
from newsletter.web.following import PAGES as FOLLOWING
from newsletter.web.headers import API_HEADERS, PAGE_HEADERS, PREFLIGHT
from newsletter.web.kept import Kept, Made, Memory, Moved, Passing, Room
from newsletter.web.metrics import Watch
from newsletter.web.problems import problem
from newsletter.web.site import PAGES, Look, Page, Parts

READS = ("GET", "HEAD")
#: The longest address that is read, in bytes; what is longer is nobody's link.
LONGEST_ADDRESS = 8000
#: Seconds that the database has to say that it is there.
_READY_WITHIN = 5.0
#: No address of ours has them, and PostgreSQL takes no U+0000.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_EDITION = re.compile(r"^/e/([^/]+)")
#: Where documents stand: feeds, those of facets, the list of them all, the calendar.
DOCUMENTS = (
    "/feed.{format}",
    *(f"/{FOLDERS[facet]}/{{slug}}/feed.{{format}}" for facet in FOLLOWED),
    "/feeds.opml",
    "/calendar.ics",
)
#: Where the pages of the first edition and of further ones begin.
_PREFIXES = ("", "/e/{edition}")
_ROOMS: Mapping[str, Page] = {**beside.PAGES, **embedding.PAGES, **ways.PAGES, **robots.PAGES, **FOLLOWING, **PAGES}
#: Every page in the order in which they are tried, and the fields of a query that it reads.
_PAGES: Mapping[str, tuple[Page, Sequence[str]]] = {**{path: (page, ()) for path, page in _ROOMS.items()}, **ASKED}

#: What names the edition, in an address or a query.
_NAMED = "edition"

Endpoint = Callable[[Request], Awaitable[Response]]
#: What a reader does on a page of an edition, with GET, HEAD or POST.
Doing = Callable[[Request, Kept, Room], Awaitable[Answer]]
#: What a program asks for, by a method.
Program = tuple[str, Callable[[Request], Awaitable[Answer]]]


class Site:
    """Answers requests with pages, and with what to say where there is none."""

    def __init__(
        self,
        memory: Memory,
        doings: Mapping[str, Doing],
        programs: Mapping[str, Program],
        *,
        api: Mapping[str, tuple[Page, Sequence[str]]],
        caps: Caps,
        network: Callable[[Request], str],
        watch: Watch,
    ) -> None:
        self._memory = memory
        self._doings = doings
        self._programs = programs
        self._api = api
        self._caps = caps
        self._network = network
        self._watch = watch
        self._asking: asyncio.Task[None] | None = None

    def routes(self) -> list[BaseRoute]:
        """Return a route for every address; one with a slash too many or too few leads to the right one."""
        routes: list[BaseRoute] = [Route("/healthz", self._alive), Route("/readyz", self._ready)]
        routes.append(Route("/metrics", self._tell))
        routes += [Route(path, self._always(answer)) for path, answer in fixed().items()]
        for path, (method, program) in self._programs.items():
            routes.append(Route(path, self._serve(program), methods=[method]))
        for path, page in self._api.items():
            routes.append(Route(path, self._page(*page)))
            routes.append(Route(path, self._permit, methods=["OPTIONS"]))
            routes.append(Route(f"{path}/", self._turn))
        for prefix in _PREFIXES:
            for path, page in _PAGES.items():
                routes.append(Route(prefix + path, self._page(*page)))
                turned = _turned(prefix + path)
                if turned:
                    routes.append(Route(turned, self._turn))
            for path, doing in self._doings.items():
                routes.append(Route(prefix + path, self._do(doing), methods=["GET", "HEAD", "POST"]))
                if "{" not in path:
                    routes.append(Route(_turned(prefix + path), self._turn))
            # The front answers the documents that there are; what comes this far is none, or no way to ask for one.
            for path in DOCUMENTS:
                routes.append(Route(prefix + path, self._no_document))
                routes.append(Route(f"{prefix}{path}/", self._turn))
        return routes

    # Pages

    def _page(self, page: Page, fields: Sequence[str] = ()) -> Endpoint:
        """Answer a page, which may read some *fields* of a query."""

        async def answer(request: Request) -> Response:
            kept, room, asked = await self._asked(request, fields)
            query = urlencode(asked)
            behind = f"?{query}" if query else ""
            if _elsewhere(request, room):
                return self._lead(request, _EDITION.sub("", request.scope["path"]), behind)
            make = partial(self._make, page, room, {**request.path_params, **asked})
            made = await self._memory.page(kept, request.scope["path"], make, query)
            match made:
                case None:
                    raise HTTPException(HTTPStatus.NOT_FOUND)
                case Moved(address):
                    return self._moved(request, address + behind)
                case Passing(address):
                    return self._passed(request, address)
                case Answer():
                    return self._response(request, made)

        return answer

    def _make(self, page: Page, room: Room, parts: Parts) -> Made:
        memory = self._memory
        with memory.store.reading() as connection:
            look = Look(
                view=View(connection, room.edition, memory.now()),
                whose={"edition": room.edition, "publisher": memory.publisher, "links": room.links},
                today=room.today,
            )
            return page(look, parts)

    async def _look(self, request: Request) -> tuple[Kept, Room]:
        """Return what is kept, and the edition that is asked for; raise `HTTPException` for what is no address."""
        kept, room, _ = await self._asked(request, ())
        return kept, room

    async def _asked(self, request: Request, fields: Sequence[str]) -> tuple[Kept, Room, Parts]:
        """Return the same, and what fills in those *fields* of the query, which may name the edition."""
        scope = request.scope
        if _CONTROL.search(scope["path"]):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise HTTPException(HTTPStatus.REQUEST_URI_TOO_LONG)
        self._count(request)
        kept = await self._memory.kept()
        if not kept.rooms:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE)
        asked = _filled_in(request, fields) if fields else {}
        room = kept.room(request.path_params.get(_NAMED, asked.get(_NAMED)))
        if room is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return kept, room, asked

    def _count(self, request: Request) -> None:
        """Raise `HTTPException` if the reader's network has asked too often for what costs work."""
        if not is_counted(request.scope["path"]):
            return
        wait = self._caps.wait(self._network(request), monotonic())
        if wait:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(ceil(wait))})

    async def _turn(self, request: Request) -> Response:
        """Lead to the address with its last slash taken off or put on."""
        await self._look(request)
        return self._lead(request, _turned(request.scope["path"]))

    def _do(self, doing: Doing) -> Endpoint:
        """Let a reader do something: to whatever edition a token says, whatever edition's address it came by."""

        async def answer(request: Request) -> Response:
            kept, room = await self._look(request)
            if _elsewhere(request, room) and request.method in READS:
                return self._lead(request, _EDITION.sub("", request.scope["path"]))
            return self._response(request, await doing(request, kept, room))

        return answer

    def _serve(self, program: Callable[[Request], Awaitable[Answer]]) -> Endpoint:
        async def answer(request: Request) -> Response:
            self._count(request)
            return self._response(request, await program(request))

        return answer

    # What is always there, and what never is

    def _always(self, answer: Answer) -> Endpoint:
        async def give(request: Request) -> Response:
            return self._response(request, answer)

        return give

    async def _permit(self, _request: Request) -> Response:
        """Let programs in any page read (Fetch, 4.8: the preflight)."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=PREFLIGHT)

    async def _alive(self, request: Request) -> Response:
        """Say that the process answers; it asks nothing of the database."""
        return self._response(request, line("alive"))

    async def _ready(self, request: Request) -> Response:
        """Say whether the database answers; it is asked once, however many want to know."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(run_in_threadpool(self._ask_database))
        asking = self._asking
        await asyncio.wait([asking], timeout=_READY_WITHIN)
        if asking.done() and asking.exception() is None:
            return self._response(request, line("ready"))
        return self._response(request, line("the database does not answer", HTTPStatus.SERVICE_UNAVAILABLE))

    async def _tell(self, request: Request) -> Response:
        """Tell the metrics, to who may ask."""
        told = await self._watch.tell(request)
        if told is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._response(request, told)

    def _ask_database(self) -> None:
        with self._memory.store.reading() as connection:
            change_number(connection)

    async def _no_document(self, request: Request) -> Response:
        """Lead to the document of the first edition, if it is asked for as a further one's."""
        _, room = await self._look(request)
        if _elsewhere(request, room):
            return self._lead(request, _EDITION.sub("", request.scope["path"]))
        raise HTTPException(HTTPStatus.NOT_FOUND)

    # What went wrong

    async def on_http_error(self, request: Request, error: Exception) -> Response:
        """Say that there is no such page, or no such way to ask for it."""
        assert isinstance(error, HTTPException)
        response = await self._problem(request, error.status_code)
        given = error.headers or {}
        if "Allow" in given:  # the router's, in an order that changes
            response.headers["Allow"] = ", ".join(sorted(given["Allow"].split(", ")))
        if "Retry-After" in given:
            response.headers["Retry-After"] = given["Retry-After"]
        return response

    async def on_unusable_database(self, request: Request, _error: Exception) -> Response:
        """Say that the archive does not answer."""
        return await self._problem(request, HTTPStatus.SERVICE_UNAVAILABLE)

    async def on_fault(self, request: Request, _error: Exception) -> Response:
        """Say that it is our fault; the server logs what it was."""
        return await self._problem(request, HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _problem(self, request: Request, status: int) -> Response:
        if is_api(request.scope["path"]):
            return self._response(request, for_programs(status))
        try:
            kept = await self._memory.kept()
        except UnusableDatabase:
            return self._response(request, problem(status, None, self._memory.publisher))
        named = _EDITION.match(request.scope["path"])
        room = (kept.room(named[1]) if named else None) or kept.room(None)
        key = f"{int(status)} {room.path if room else ''}"
        made = await self._memory.page(kept, key, partial(problem, status, room, self._memory.publisher))
        assert isinstance(made, Answer)
        return self._response(request, made)

    # Responses

    def _response(self, request: Request, answer: Answer) -> Response:
        return _sent(reply(answer, Asked.of(request.scope["headers"]), self._memory.now()), request)

    def _lead(self, request: Request, path: str, query: str = "") -> Response:
        return self._moved(request, self._memory.base + quote(path) + query)

    def _moved(self, request: Request, address: str) -> Response:
        common = API_HEADERS if is_api(request.scope["path"]) else PAGE_HEADERS
        headers = (*common, (b"location", address.encode()))
        moved = Answer.of(b"", "text/plain", status=301, cache_control="public, max-age=60", headers=headers)
        return self._response(request, moved)

    def _passed(self, request: Request, address: str) -> Response:
        """Lead elsewhere this once: nobody keeps it, and no robot follows it as a page of its own."""
        headers = (*PAGE_HEADERS, (b"location", address.encode()), (b"x-robots-tag", b"noindex, nofollow"))
        passed = Answer.of(b"", "text/plain", status=HTTPStatus.FOUND, cache_control="no-store", headers=headers)
        return self._response(request, passed)


def _filled_in(request: Request, fields: Sequence[str]) -> Parts:
    """Return those of *fields* that a query fills in, cleaned, in their own order; of a field given twice the last."""
    given = dict(parse_qsl(request.scope["query_string"].decode("utf-8", "replace")))
    cleaned = {name: clean_line(given[name]) for name in fields if name in given}
    return {name: text for name, text in cleaned.items() if text}


def _elsewhere(request: Request, room: Room) -> bool:
    """Say whether the first edition is asked for under `/e/`: it lives at the root."""
    return "edition" in request.path_params and not room.path


def _sent(answered: Reply, request: Request) -> Response:
    response = Response(b"" if request.method == "HEAD" else answered.body, answered.status)
    # As they are: a 304 has no length of its own, and that of a HEAD is the page's.
    response.raw_headers = answered.headers
    return response


def _turned(path: str) -> str:
    return path.rstrip("/") if path.endswith("/") else f"{path}/"
