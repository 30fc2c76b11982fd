"""What to say when there is nothing to show: plain pages, which tell nobody what they may not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from newsletter.models import Publisher
from newsletter.render import absence
from newsletter.web.answers import Answer, Headers
from newsletter.web.headers import PAGE_HEADERS
from newsletter.web.kept import Room
from newsletter.web.site import HTML, Whose

NOT_FOUND = 404
TOO_MANY = 429


class Words(NamedTuple):
    """What a problem page says: what is wrong, and what to do."""

    heading: str
    lines: Sequence[str]


_WORDS: Mapping[int, Words] = {
    NOT_FOUND: Words("There is no such page", ["The address may be mistyped."]),
    405: Words("This address can only be read", ["Ask for it with GET or HEAD."]),
    414: Words("That address is too long", ["Ask for the page without what follows its question mark."]),
    TOO_MANY: Words("That was too often", ["Please ask again in a moment. Pages and feeds are there meanwhile."]),
    500: Words("Something went wrong on our side", ["It was written down, and we will look at it. Please try again."]),
    503: Words("The archive does not answer just now", ["Please try again in a minute."]),
}
MORE: Mapping[int, Headers] = {
    405: ((b"allow", b"GET, HEAD"),),
    # The server ends the connection of a request that failed so: who asked must not use it again.
    500: ((b"connection", b"close"),),
    503: ((b"retry-after", b"30"),),
}


def problem(status: int, room: Room | None, publisher: Publisher) -> Answer:
    """Return the page for *status*, in an edition's dress where there is one to wear."""
    words = _WORDS.get(status, Words("This can't be answered", ["Please check the address."]))
    headers = (*PAGE_HEADERS, *MORE.get(status, ()))
    caching = "no-store" if status >= TOO_MANY else "no-cache"  # what passes is nobody's to keep
    if room is None:
        text, media_type = "\n".join([words.heading, *words.lines, ""]), "text/plain; charset=utf-8"
    else:
        whose: Whose = {"edition": room.edition, "publisher": publisher, "links": room.links}
        found = status != NOT_FOUND
        text = absence.problem_page(*words, **whose) if found else absence.not_found_page(**whose)
        media_type = HTML
    return Answer.of(text.encode(), media_type, status=status, cache_control=caching, headers=headers)
