"""What other sites show of us: the box of a day, the page that tells how, and the answer to oEmbed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request

from newsletter.archive.reading import Shown, View
from newsletter.errors import NewsletterError
from newsletter.render import embedding
from newsletter.render.box import box_page, style_source
from newsletter.render.embedding import Embedded
from newsletter.web.answers import Answer
from newsletter.web.fixed import line
from newsletter.web.headers import FEED_HEADERS, box_headers
from newsletter.web.kept import Kept, Made, Memory, Room
from newsletter.web.site import CACHED, Look, Page, Parts, html

#: What the query of a question may be long, in bytes.
_LONGEST = 8000
_MOST_PIXELS = 10_000
_FORMS = {
    "json": ("application/json; charset=utf-8", embedding.as_json),
    "xml": ("text/xml; charset=utf-8", embedding.as_xml),
}
_EDITION = re.compile(r"^/e/([^/]+)(/.*)$")
_ISSUE = re.compile(r"/archive/([0-9]{4})/([0-9]{2})/([0-9]{2})")
_BOX = re.compile(r"/box/([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ENTRY = re.compile(r"/entries/([^/]+)")


class NotAnswered(NewsletterError):
    """A question of oEmbed has no answer."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


# Pages


def box_of_day(look: Look, parts: Parts) -> Made:
    """Answer the box of one day's issue, or of the notice in its place."""
    day = _day_at(f"/box/{parts['day']}", look.view)
    issue = look.view.issue(day) if day else None
    if issue is None:
        return None
    page = box_page(issue, **look.whose, permalink=look.whose["links"].issue(issue.day))
    status = HTTPStatus.GONE if issue.withdrawal else HTTPStatus.OK
    return html(page, status=status, headers=box_headers(style_source()))


def embed(look: Look, _parts: Parts) -> Made:
    """Answer how to embed the box."""
    return html(embedding.embed_page(look.view.latest(standing=True), **look.whose))


PAGES: Mapping[str, Page] = {"/box/{day}": box_of_day, "/embed": embed}


# oEmbed


class OEmbed:
    """Answers `/oembed`: what to put in the place of an address of ours."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._base = urlsplit(memory.publisher.base_url)

    async def answer(self, request: Request) -> Answer:
        """Answer a question: 400 for one that can't be read, 404 for what is not ours, 501 for an unknown format."""
        if len(request.scope["query_string"]) > _LONGEST:
            return line("the address is too long", HTTPStatus.REQUEST_URI_TOO_LONG)
        try:
            return await self._answer(request.query_params)
        except NotAnswered as refused:
            return line(str(refused), refused.status)

    async def _answer(self, asked: QueryParams) -> Answer:
        form = asked.get("format", "json")
        if form not in _FORMS:
            raise NotAnswered(HTTPStatus.NOT_IMPLEMENTED, "format: expected json or xml")
        width, height = _pixels(asked, "maxwidth"), _pixels(asked, "maxheight")
        kept = await self._memory.kept()
        room, path = self._place(asked.get("url", ""), kept)
        found = await run_in_threadpool(self._find, room, path)
        media_type, write = _FORMS[form]
        answer = embedding.oembed(found, edition=room.edition, links=room.links, max_width=width, max_height=height)
        return Answer.of(write(answer).encode(), media_type, cache_control=CACHED, headers=FEED_HEADERS)

    def _place(self, url: str, kept: Kept) -> tuple[Room, str]:
        """Return the edition that an address of ours is of, and its path there."""
        if not url:
            raise NotAnswered(HTTPStatus.BAD_REQUEST, "url: expected the address of a page of ours")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _nothing() from None
        ours = self._base.path.rstrip("/")
        if parts.scheme not in ("http", "https") or parts.netloc.lower() != self._base.netloc.lower():
            raise _nothing()
        if ours and not f"{parts.path}/".startswith(f"{ours}/"):
            raise _nothing()
        path = unquote(parts.path.removeprefix(ours)) or "/"
        named = _EDITION.match(path)
        room = kept.room(named[1] if named else None)
        if room is None:
            raise _nothing()
        return room, named[2] if named else path

    def _find(self, room: Room, path: str) -> Embedded:
        if path in ("/", "/box"):
            return Embedded(address=room.links.box(), title=room.edition.title)
        with self._memory.store.reading() as connection:
            view = View(connection, room.edition, self._memory.now())
            day = _day_at(path, view)
            issue = view.issue(day) if day else None
        if issue is None or issue.withdrawal:
            raise _nothing()
        entry, links = issue.entry, room.links
        return Embedded(address=links.box_of(issue.day), title=entry.headline, card=links.entry(entry.slug, "png"))


def _day_at(path: str, view: View) -> date | None:
    """Return the day whose issue stands at *path*: an issue's own, or the newest that shows an entry."""
    if match := _ISSUE.fullmatch(path) or _BOX.fullmatch(path):
        return _date(*match.groups())
    if (match := _ENTRY.fullmatch(path)) and not _unreadable(match[1]):
        found = view.entry(match[1])
        if isinstance(found, Shown):
            return max((each.day for each in found.lines if each.kind), default=None)
    return None


def _unreadable(slug: str) -> bool:
    """Say whether no slug is like that; PostgreSQL takes no U+0000."""
    return not slug.isprintable()


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _pixels(asked: QueryParams, name: str) -> int | None:
    text = asked.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not int(text):
        raise NotAnswered(HTTPStatus.BAD_REQUEST, f"{name}: expected a number of pixels")
    return min(int(text), _MOST_PIXELS)


def _nothing() -> NotAnswered:
    return NotAnswered(HTTPStatus.NOT_FOUND, "url: nothing that can be embedded stands there")
