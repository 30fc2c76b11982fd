"""
Extracts: the part of a text in which a query is found, with what was found marked.

Made of the text that readers are shown, never by a database, and escaped here: `<mark>` is the
only markup in an extract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from markupsafe import Markup

from newsletter.folding import Word, words
from newsletter.queries import Query, Term

#: How long an extract is, in characters, and how much of it stands before what was found.
LENGTH = 240
_BEFORE = 60
#: A text is looked through no further: an entry of a megabyte has its match near the beginning, or an extract without.
_LONGEST = 100_000
#: What Markdown writes beside the words: footnote marks, targets of links, and its own signs.
_MARKS = re.compile(r"\[\^[0-9]+\]:?|(?<=\])\([^()\s]*\)|^[ \t]*>+[ \t]?|[*_`\[\]]|\\(?=[!-/:-@\[-`{-~])", re.MULTILINE)


def plain_text(markdown: str) -> str:
    """Return what a body says, on one line: fast, and good enough to look for words in."""
    return " ".join(_MARKS.sub("", markdown).split())


def highlighted(text: str, query: Query) -> Markup:
    """Return all of *text* escaped, with what *query* finds in it marked."""
    return _marked(text, 0, len(text), _places(text, query))


def extract(texts: Iterable[str], query: Query) -> Markup:
    """Return a part of the first of *texts* that *query* finds something in, or the first one's beginning."""
    first = ""
    for text in texts:
        first = first or text
        places = _places(text, query)
        if places:
            start, end = _window(text, places)
            return _marked(text, start, end, places)
    return _marked(first, *_window(first, ()), ())


def _places(text: str, query: Query) -> list[tuple[int, int]]:
    """Return where *query*'s terms stand in *text*, in order and without overlaps."""
    if not query:
        return []
    found = words(text[:_LONGEST])
    places: list[tuple[int, int]] = []
    for place in sorted(place for term in query.terms for place in _of_term(found, term)):
        if not places or place[0] >= places[-1][1]:
            places.append(place)
        elif place[1] > places[-1][1]:
            places[-1] = (places[-1][0], place[1])
    return places


def _of_term(found: Sequence[Word], term: Term) -> Iterator[tuple[int, int]]:
    *before, last = term.words
    length = len(term.words)
    for at in range(len(found) - length + 1):
        word, _, end = found[at + length - 1]
        fits = word.startswith(last) if term.is_prefix else word == last
        if fits and all(word == found[at + number][0] for number, word in enumerate(before)):
            yield found[at][1], end


def _window(text: str, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return from where to where an extract goes: between words, with as many of *places* in it as may be."""
    if len(text) <= LENGTH:
        return 0, len(text)
    best = max(places, key=lambda place: (_within(places, place[0]), -place[0]), default=(0, 0))[0]
    start = max(0, min(best - _BEFORE, len(text) - LENGTH))
    end = min(len(text), start + LENGTH)
    if start:
        start = text.find(" ", start, best) + 1 or start
    if end < len(text):
        cut = text.rfind(" ", start, end)
        end = cut if cut > best else end
    return start, end


def _within(places: Sequence[tuple[int, int]], start: int) -> int:
    return sum(start <= place[0] and place[1] <= start + LENGTH - _BEFORE for place in places[:500])


def _marked(text: str, start: int, end: int, places: Sequence[tuple[int, int]]) -> Markup:
    parts = ["…" if start else ""]
    at = start
    for first, last in places:
        if first >= at and first < end:
            last = min(last, end)  # noqa: PLW2901 -- cut where the extract ends
            parts += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
            at = last
    parts += [escape(text[at:end]), "…" if end < len(text) else ""]
    return Markup("".join(parts))  # noqa: S704 -- every part of the text was escaped above
