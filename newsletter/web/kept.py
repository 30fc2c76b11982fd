"""
What a process keeps of the archive to answer from: the documents, and the pages it has rendered.

All of it belongs to one change number, which is looked at when a request comes and the last look
is a second old: so every process follows a change within two seconds, however many there are.
Looking and rendering use the database and happen in threads, never on the event loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from urllib.parse import urlsplit

import structlog
from starlette.concurrency import run_in_threadpool

from newsletter.archive import documents, editions
from newsletter.archive.reading import View
from newsletter.models import Edition, Publisher
from newsletter.press.hub import is_told_of, topic
from newsletter.press.printing import links_of
from newsletter.render.links import Links
from newsletter.store import Connection, Store, UnusableDatabase
from newsletter.store.engine import change_number
from newsletter.web.answers import Answer, Headers
from newsletter.web.headers import FEED_HEADERS
from scheduler.calendar import edition_day
from scheduler.due import next_due

_log = structlog.get_logger(__name__)

#: Seconds for which a look at the change number holds.
LOOK_EVERY = 1.0
#: Seconds that a request waits for a database that is slow to answer, while there is something kept.
_PATIENCE = 1.0
#: How many pages are made at once: the database has that many connections to spare.
_AT_ONCE = 4
_MOST_BYTES = 24 * 1024 * 1024
#: What people ask for has no end: those pages have little room, and put none of the others out.
_MOST_ASKED_BYTES = 4 * 1024 * 1024
#: Of documents, packed: a thousand feeds or so.
_MOST_DOCUMENT_BYTES = 12 * 1024 * 1024


class Pages:
    """Answers by what names them; those not asked for longest go first when there are too many bytes."""

    def __init__(self, most: int = _MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def find(self, key: str) -> Answer | None:
        """Return what is kept under *key*."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def keep(self, key: str, answer: Answer) -> None:
        """Keep an answer under *key*."""
        before = self._answers.pop(key, None)
        self._bytes += answer.size - (before.size if before else 0)
        self._answers[key] = answer
        while self._bytes > self._most:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= oldest.size


@dataclass(frozen=True, slots=True)
class Moved:
    """What was asked for stands at another address of this site; the query goes along."""

    address: str


@dataclass(frozen=True, slots=True)
class Passing:
    """What was asked for leads to an address of this site, and each time to another."""

    address: str


#: What comes of making a page; `None`: there is no such page.
Made = Answer | Moved | Passing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """An edition where it lives: *path* is what its addresses begin with, and *today* its day."""

    edition: Edition
    links: Links
    path: str
    today: date
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    A document, and the edition whose next issue will change it.

    *answer* says all of it but its bytes, which are read when they are asked for: there may be thousands of documents,
    of which a few are polled, mostly by who has them already.
    """

    name: str
    answer: Answer
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of one state of the archive; *until* is when more of it may be seen."""

    change: int
    until: datetime | None
    rooms: tuple[Room, ...]
    documents: Mapping[str, Document]
    pages: Pages = field(default_factory=Pages)
    asked: Pages = field(default_factory=lambda: Pages(_MOST_ASKED_BYTES))
    making: dict[str, asyncio.Task[Made]] = field(default_factory=dict)

    def holds(self, change: int, now: datetime) -> bool:
        """Say whether this is still what readers may see: nothing changed, and no day has turned."""
        return (
            self.change == change
            and (self.until is None or now < self.until)
            and all(edition_day(room.edition, now) == room.today for room in self.rooms)
        )

    def room(self, slug: str | None) -> Room | None:
        """Return the edition with this slug, the first one for no slug; `None` if there is none."""
        return next((room for room in self.rooms if slug is None or room.edition.slug == slug), None)


class Memory:
    """Keeps what this process answers from, and follows the change number."""

    def __init__(self, store: Store, publisher: Publisher, now: Callable[[], datetime]) -> None:
        self.store = store
        self.publisher = publisher
        self.now = now
        #: The path of BASE_URL, with which all our addresses begin.
        self.base = urlsplit(publisher.base_url).path.rstrip("/")
        self._kept: Kept | None = None
        self._looked_at = 0.0
        self._looking: asyncio.Task[Kept] | None = None
        self._making = asyncio.Semaphore(_AT_ONCE)
        #: Documents by the SHA-256 of their bytes, whatever changes around them.
        self._documents = Pages(_MOST_DOCUMENT_BYTES)
        self._reading: dict[str, asyncio.Task[Made]] = {}

    @property
    def last(self) -> Kept | None:
        """What was kept when we last looked, true or not."""
        return self._kept

    async def kept(self) -> Kept:
        """
        Return what readers may see now.

        While the database does not answer, what was last seen stands; raises `UnusableDatabase`
        where nothing was.
        """
        if self._kept is not None and monotonic() - self._looked_at < LOOK_EVERY:
            return self._kept
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again())
            self._looking.add_done_callback(self._looked)
        looking = self._looking
        await asyncio.wait([looking], timeout=_PATIENCE if self._kept is not None else None)
        if not looking.done() and self._kept is not None:
            return self._kept
        return await asyncio.shield(looking)

    async def page(self, kept: Kept, key: str, make: Callable[[], Made], query: str = "") -> Made:
        """
        Return the page *key*, made in a thread by *make* unless it is kept; once, however many ask.

        A page that a *query* makes is kept among its like alone.
        """
        pages = kept.asked if query else kept.pages
        key = f"{key}\n{query}"  # no address has a line's end in it
        found = pages.find(key)
        if found is not None:
            return found
        made = await self._once(kept.making, key, make)
        if isinstance(made, Answer):
            pages.keep(key, made)
        return made

    def document_at_hand(self, document: Document) -> Answer | None:
        """Return a document with its bytes, if they are kept."""
        return self._documents.find(document.answer.sha256)

    async def document(self, document: Document) -> Answer | None:
        """
        Return a document with its bytes, read in a thread unless they are kept; once, however many ask.

        It may have changed since the last look: then it is given as it is now. Raises `UnusableDatabase`.
        """
        found = self.document_at_hand(document)
        if found is None:
            sha256 = document.answer.sha256
            made = await self._once(self._reading, sha256, lambda: self._read(document))
            if not isinstance(made, Answer):
                return None
            found = made
            self._documents.keep(found.sha256, found)
        return found

    def _read(self, document: Document) -> Answer | None:
        with self.store.reading() as connection:
            found = documents.find(connection, document.room.edition.slug, document.name)
        return _answer(found, document.answer.headers, found.packed) if found is not None else None

    async def _once(self, making: dict[str, asyncio.Task[Made]], key: str, make: Callable[[], Made]) -> Made:
        task = making.get(key)
        if task is None:
            task = making[key] = asyncio.create_task(self._make(make))
            task.add_done_callback(lambda _: making.pop(key))
        return await asyncio.shield(task)

    async def _make(self, make: Callable[[], Made]) -> Made:
        async with self._making:
            return await run_in_threadpool(make)

    async def _look_again(self) -> Kept:
        try:
            self._kept = await run_in_threadpool(self._look, self._kept)
        except UnusableDatabase as error:
            if self._kept is None:
                raise
            _log.warning("serving what was last seen", reason=str(error))
        self._looked_at = monotonic()
        return self._kept

    def _looked(self, task: asyncio.Task[Kept]) -> None:
        self._looking = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may be left to wait

    def _look(self, known: Kept | None) -> Kept:
        now = self.now()
        with self.store.reading() as connection:
            change = change_number(connection)
            if known is not None and known.holds(change, now):
                return known
            every = editions.every(connection)
            views = [View(connection, edition, now) for edition in every]
            rooms = tuple(self._room(view, every) for view in views)
            hidden = [instant for view in views if (instant := view.first_hidden()) is not None]
            return Kept(
                change=change,
                until=min(hidden, default=None),
                rooms=rooms,
                documents=_documents(connection, rooms, self.publisher, known.documents if known is not None else {}),
            )

    def _room(self, view: View, every: list[Edition]) -> Room:
        edition = view.edition
        links = links_of(edition, every, self.publisher)
        newest = view.newest_lines(1)
        coming = next_due(edition, newest[0].day if newest else None, view.now)
        return Room(
            edition=edition,
            links=links,
            path=f"/e/{edition.slug}" if links.edition else "",
            today=edition_day(edition, view.now),
            next_due_at=coming.due_at if coming else None,
        )


def _documents(
    connection: Connection, rooms: Sequence[Room], publisher: Publisher, known: Mapping[str, Document]
) -> Mapping[str, Document]:
    """Return every document by its path; what is *known* and has not changed is not made again."""
    by_slug = {room.edition.slug: room for room in rooms}
    found: dict[str, Document] = {}
    for tag in documents.tags(connection):
        room = by_slug[tag.edition]
        path = f"{room.path}/{tag.name}"
        before = known.get(path)
        answer = (
            before.answer
            if before is not None and before.answer.sha256 == tag.sha256
            else _answer(tag, _headers(tag, room, publisher))
        )
        found[path] = Document(name=tag.name, answer=answer, room=room)
    return found


def _answer(tag: documents.Tag, headers: Headers, packed: bytes = b"") -> Answer:
    return Answer(
        media_type=tag.media_type,
        sha256=tag.sha256,
        packed=packed,
        last_modified=tag.last_modified,
        headers=headers,
    )


def _headers(tag: documents.Tag, room: Room, publisher: Publisher) -> Headers:
    """Return a document's headers; who is told of it at once is named, and by which name (WebSub, 4)."""
    if publisher.hub is None or not is_told_of(tag.name):
        return FEED_HEADERS
    own = topic(room.links, tag.name)
    return (*FEED_HEADERS, (b"link", f'<{publisher.hub}>; rel="hub", <{own}>; rel="self"'.encode()))
