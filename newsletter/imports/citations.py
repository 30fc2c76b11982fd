"""
Citations glued to the end of a sentence: find them, lift them out, take them apart.

The form is that of the captured pages: `...common purposes.May Ying Welsh, “Making Sense of Mali’s
Armed Groups,” Al Jazeera, January 17, 2013,`. Perhaps a translator, a page, "last modified" or an
address; perhaps a book (`Author, Title (City: Publisher, 2006), 123.`); perhaps more prose after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.imports.dates import is_undated, whole_date
from newsletter.imports.names import looks_like_a_title, looks_like_names
from newsletter.models import PartialDate, Source
from newsletter.text import clean_line

#: Where a citation may begin: right after the end of a sentence, or after the space that follows it; but not
#: between initials ("U.S.").
_GLUE = re.compile(r"(?!(?<=\b[A-Z])\.[A-Z]\.)[.!?…:;,)\]”’\"'](?=[^\s.!?…:;,)\]”’'])")
_AFTER_SENTENCE = re.compile(r"(?:[.!?…][”’\"')\]]*)[ \t\u00a0]+(?=\S)")
_AUTHOR = re.compile(r"(?P<author>[^“”\"\n]{2,200}?)(?:,\s*|[.:]\s+)(?=[“\"])")
_DATE_WORDS = (
    r"(?:last\s+(?:modified|updated|accessed|visited|edited)"
    r"|(?:accessed|updated|modified|retrieved|posted|published)(?:\s+on)?)"
)
_ADDRESS = re.compile(
    r"(?:(?:available\s+(?:at|from)|at|via|see|retrieved\s+from|URL|from)\s*:?\s*)?[<(\[]?"
    r"(?P<url>(?:https?://|www\.)[^\s<>\"“”]+)[>)\]]?",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:(?:pp?\.|pages?|vol\.|volume|no\.|issue|ch\.|chapter|sec\.|section|par\.|para\.|ed\.|col\.)\s*[\w.–-]+"
    r"|[0-9]{1,2}(?::[0-9]{2}){1,2}|[A-Z]?[0-9]{1,4}(?:[–-][A-Z]?[0-9]{1,4})?|[ivxlc]{1,7})(?=\s*(?:[,;.]|$))",
    re.IGNORECASE,
)
_TRANSLATOR = re.compile(
    r"(?:(?:trans(?:lat(?:ed|ion|or))?|ed(?:ited)?)\b\.?(?:\s+by)?|(?:interview(?:ed)?\s+(?:by|with)))\s+(?P<who>[^,;“”\"\n()]{2,80})"
    r"|posted\s+(?:on\s+\w+\s+)?by\s+(?:[“\"][^“”\"\n]{1,80}[”\"]|[^,;“”\"\n()]{2,80})",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"\(?\[?(?:in\s+)?(?:Arabic|French|German|Spanish|Urdu|Russian|video|audio|PDF|subscription required)\]?\)?",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:[^,;“”\"\n()]|\([^()\n]*\))+")
_IMPRINT = re.compile(
    r"(?P<author>[^“”\"\n()]{2,150}?),\s*(?P<title>[^“”\"\n()]{2,250}?)(?:,\s*(?:trans|ed)\.\s[^,()\n]{2,80})?"
    r"\s*\((?:(?P<city>[^():\n]{2,60}):\s*)?(?P<publisher>[^()\n]{2,120}?),\s*(?P<year>[0-9]{4})\)"
)
_NUMBERED = re.compile(r"(?:vol|no)\.\s*[0-9]+\s*\((?P<date>[^()\n]*[0-9]{4})\)(?::\s*[0-9–-]+)?")
_JOURNAL = re.compile(r"(?P<name>.*?)\s*(?:\((?P<date>[^()]*[0-9]{4})\))(?::\s*[0-9–-]+)?")
_ABBREVIATED = re.compile(r"(?:\b[A-Z]|\b(?:Inc|Co|Corp|Ltd|St|Dr|Mr|Mrs|vol|no|pp?|ed|Dept|Univ|Jr|Sr|al|Gen|Sen))$")
#: What ends a part of a citation, a comma within quotation marks included; and what leads to the next part.
_PART_END = re.compile(r"\s*(?:[,;.]|$)|(?<=,[”\"])")
_LINK = re.compile(r",\s*|(?<=,[”\"])\s+|\s+(?=[<(]?(?:https?://|available\b|at\s+http))")
#: A name before an opening quotation mark is the author of what is cited next.
_AUTHOR_OF_THE_NEXT = re.compile(r"(?:,\s*|[.:]\s+)[“\"]")
#: What a citation without quotation marks must have: a year, an address, or the word that there is no date.
_DATED = re.compile(r"[0-9]{4}|https?:|www\.|[Uu]n(?:dated|determined|known)|n\.\s?d\.")
_LONGEST, _LONGEST_AUTHOR, _LONGEST_TITLE, _LONGEST_BARE = 1_000, 200, 400, 500
_LONGEST_NAME = 120
_DEEPEST = 3  # quotation marks within quotation marks
_MOST_PIECES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """A paragraph without its citations: the prose with the marks, and the sources in their order."""

    prose: str
    sources: tuple[Source, ...]


@dataclass(slots=True, kw_only=True)
class _Pieces:
    """What has been read of a citation after its title, up to *end*."""

    end: int
    names: list[str] = field(default_factory=list)
    published: PartialDate | None = None
    url: str | None = None
    closed: bool = False  # a date or an address has been read: no more names follow
    first_end: int = 0  # where the first name ends

    @property
    def publisher(self) -> str | None:
        return ", ".join(self.names) or None


def lift_citations(paragraph: str, *, first: int = 1) -> Lifted:
    """
    Return *paragraph* with a mark `[^n]` for each citation, counted from *first*.

    Every other character stays. A paragraph that is nothing but citations becomes nothing but
    marks.
    """
    prose: list[str] = []
    sources: list[Source] = []
    done = 0
    for start, end, source in _citations(paragraph):
        prose += [paragraph[done:start], f"[^{first + len(sources)}]"]
        sources.append(source)
        done = end
    return Lifted(prose="".join(prose) + paragraph[done:], sources=tuple(sources))


def _citations(text: str) -> Iterator[tuple[int, int, Source]]:
    """Yield where each citation begins and ends, and what it is."""
    alone = list(_chain(text, len(text) - len(text.lstrip()), first=True))
    if alone and not text[alone[-1][1] :].strip():  # the paragraph is nothing but citations
        yield from alone
        return
    position = 0
    for start, glued in _starts(text):
        if start >= position:
            for found in _chain(text, start, glued=glued):
                yield found
                position = found[1]


def _chain(text: str, start: int, *, glued: bool = True, first: bool = False) -> Iterator[tuple[int, int, Source]]:
    """Yield the citation that begins at *start* and those that follow it at once; *first* opens a paragraph."""
    while start < len(text) and (found := _citation_at(text, start, glued=glued, first=first)):
        end, source = found
        yield start, end, source
        start, glued, first = len(text) - len(text[end:].lstrip()), False, False


def _starts(text: str) -> list[tuple[int, bool]]:
    """Return the places where a citation may begin, and whether nothing is between it and a sentence."""
    starts = {match.end(): False for match in _AFTER_SENTENCE.finditer(text)}
    starts |= {match.end(): True for match in _GLUE.finditer(text)}
    return sorted(starts.items())


def _citation_at(text: str, start: int, *, glued: bool, first: bool = False) -> tuple[int, Source] | None:
    """Return the end and the parts of the citation that begins at *start*, if one does."""
    window = text[start : start + _LONGEST]
    found = _titled(window, glued=glued and not first) if re.search(r"[“\"]", window[: _LONGEST_AUTHOR + 2]) else None
    if found is None and glued and "(" in window[:_LONGEST_BARE]:
        found = _book(window)
    if found is None and glued and _DATED.search(window[:_LONGEST_BARE]):
        found = _bare(window)
    if found is None:
        return None
    end, source = found
    return start + end, source


def _titled(text: str, *, glued: bool) -> tuple[int, Source] | None:
    """Read `[Author,] “Title,” Publisher, Date[, page][, address],`."""
    author, position = None, 0
    if text[:1] not in '“"':
        match = _AUTHOR.match(text)
        if not match or not looks_like_names(match["author"]):
            return None
        author, position = clean_line(match["author"]), match.end()
    closing = _closing_quote(text, position)
    never_closed = closing is None
    if closing is None:
        closing = _title_end(text, position) if glued else None
        if closing is None:
            return None
    if not never_closed and not _closes_a_title(text, closing, with_author=author is not None):
        return None
    title = clean_line(text[position + 1 : closing]).rstrip(",").rstrip()
    pieces = _pieces(text, closing + (text[closing] in '”"'))
    if not title or not pieces or not (pieces.names or pieces.url or author):
        return None
    if not pieces.closed or (never_closed and not pieces.names):
        # Without a date or an address, only what is glued on, and no further than one publisher.
        if not glued or not pieces.names or never_closed or _AUTHOR_OF_THE_NEXT.match(text, pieces.end):
            return None
        pieces = _Pieces(end=pieces.first_end, names=pieces.names[:1])
    return _ended(text, pieces, author=author, title=title)


def _closes_a_title(text: str, closing: int, *, with_author: bool) -> bool:
    """
    Say whether the quotation mark at *closing* may end a title, rather than words that somebody said.

    A comma or a space follows a title; one without an author before it ends in no full stop.
    """
    after = text[closing + 1 : closing + 2]
    said = text[closing - 1] in ".…" and not with_author and after != ","
    return not said and (not after.isalnum() or bool(re.match(r"https?://|www\.", text[closing + 1 :])))


def _book(text: str) -> tuple[int, Source] | None:
    """Read `Author, Title (City: Publisher, Year), page.`."""
    match = _IMPRINT.match(text)
    if not match or not looks_like_names(match["author"]) or not looks_like_a_title(match["title"]):
        return None
    pieces = _pieces(text, match.end(), closed=True) or _Pieces(end=match.end())
    pieces.names = [clean_line(match["publisher"])]
    pieces.published = PartialDate(int(match["year"])) if int(match["year"]) else None
    return _ended(text, pieces, author=clean_line(match["author"]), title=clean_line(match["title"]))


def _bare(text: str) -> tuple[int, Source] | None:
    """Read what has no quotation marks: an address alone, or `Author, Title, Publisher, Date,`."""
    address = _ADDRESS.match(text)
    if address:
        pieces = _Pieces(end=0)
        _take_address(pieces, address)
        return _ended(text, pieces, author=None, title=None)
    found = _pieces(text, 0)
    if not found or not found.closed or len(found.names) < 2:  # noqa: PLR2004 -- a title and a publisher
        return None
    author = found.names.pop(0) if len(found.names) > 2 else None  # noqa: PLR2004 -- an author before them
    return _ended(text, found, author=author, title=found.names.pop(0))


def _ended(text: str, pieces: _Pieces, *, author: str | None, title: str | None) -> tuple[int, Source] | None:
    """Return the end of the citation, past the comma or full stop that closes it, and the source."""
    raw = clean_line(text[: pieces.end])
    end = pieces.end + (1 if text[pieces.end : pieces.end + 1] in {",", ".", ";"} else 0)
    if not raw or (text[end : end + 1].isalnum() and text[end - 1] not in ",.;)>]"):
        return None
    source = Source(
        raw=raw, author=author, title=title, publisher=pieces.publisher, published=pieces.published, url=pieces.url
    )
    return end, source


def _closing_quote(text: str, opening: int) -> int | None:
    """Return where the title that opens at *opening* is closed; quotes within it are counted."""
    if text[opening : opening + 1] == '"':
        closing = text.find('"', opening + 1, opening + _LONGEST_TITLE)
        fits = closing > opening + 1 and not text[opening + 1].isspace() and not text[closing - 1].isspace()
        return closing if fits else None
    depth = 0
    for mark in re.finditer(r"[“”]", text[opening : opening + _LONGEST_TITLE]):
        depth += 1 if mark[0] == "“" else -1
        if depth == 0:
            return opening + mark.start()
        if depth > _DEEPEST:
            return None
    return None


def _title_end(text: str, opening: int) -> int | None:
    """Return where a title that is never closed may end: at its first comma, or past a question."""
    match = re.compile(r"(?<=[?!])(?=\s)|,(?=\s)").search(text, opening + 1, opening + _LONGEST_TITLE)
    return match.start() if match and match.start() < len(text) else None


def _pieces(text: str, start: int, *, closed: bool = False) -> _Pieces | None:
    """Read the parts between commas that follow the title; stop at what belongs to no citation."""
    pieces = _Pieces(end=start, closed=closed)
    position = start + len(re.match(r"\s*[,.]?\s*", text[start:])[0])  # type: ignore[index]  # it fits everything
    for _ in range(_MOST_PIECES):
        if position >= len(text) or not _take(pieces, text, position):
            break
        pieces.first_end = pieces.first_end or pieces.end
        link = _LINK.match(text, pieces.end)
        if not link:
            break
        position = link.end()
    return pieces if pieces.end > start or closed else None


def _take(pieces: _Pieces, text: str, start: int) -> bool:
    """Add the part that begins at *start*; say whether there was one."""
    address = _ADDRESS.match(text, start)
    if address:
        _take_address(pieces, address)
        return True
    if _take_date(pieces, text, start):
        return True
    if _take_number(pieces, text, start):
        return True
    page = _PAGE.match(text, start) or _aside(text, start)
    if page:
        pieces.end = page.end()
        return True
    return not pieces.closed and _take_name(pieces, text, start)


def _aside(text: str, start: int) -> re.Match[str] | None:
    """Return what is said of the publication there: its language, a translator, who posted it."""
    aside = _BRACKETED.match(text, start) or _TRANSLATOR.match(text, start)
    if not aside or not _PART_END.match(text, aside.end()):
        return None
    who = aside.groupdict().get("who")
    return aside if who is None or looks_like_names(who.rstrip(". ")) else None


def _take_number(pieces: _Pieces, text: str, start: int) -> bool:
    """Take a journal's number, its date and pages: `no. 3 (Summer 2010): 34–56`."""
    match = _NUMBERED.match(text, start)
    dated = whole_date(match["date"]) if match else None
    if not match or not dated:
        return False
    pieces.published, pieces.end, pieces.closed = dated.first, match.end(), True
    return True


def _take_address(pieces: _Pieces, address: re.Match[str]) -> None:
    url = address["url"].rstrip(".,;:!?)]>")
    pieces.url = pieces.url or (url if "://" in url else f"https://{url}")
    pieces.end = address.start("url") + len(url)
    if re.search(r"[<(\[]\S*$", address[0]) and address.string[pieces.end : pieces.end + 1] in {">", ")", "]"}:
        pieces.end += 1
    pieces.closed = True


def _take_date(pieces: _Pieces, text: str, start: int) -> bool:
    """Take the longest date that begins at *start* and ends a part."""
    words = re.match(rf"{_DATE_WORDS}:?\s+", text[start:], re.IGNORECASE)
    begin = start + (words.end() if words else 0)
    for end in _part_ends(text, begin):
        part = text[begin:end]
        dated = whole_date(part)
        if dated or is_undated(part):
            looked_up = words and re.match(r"(?:last\s+)?(?:accessed|visited|retrieved)", words[0], re.IGNORECASE)
            if dated and not looked_up:
                pieces.published = pieces.published or dated.first
            pieces.end, pieces.closed = end, True
            return True
    return False


def _part_ends(text: str, start: int) -> list[int]:
    """Return where a date from *start* may end, the longest first."""
    ends = [match.start() for match in re.finditer(r"[,;.]|\s|$", text[start : start + 40])]
    return [start + end for end in reversed(ends) if end]


def _take_name(pieces: _Pieces, text: str, start: int) -> bool:
    """Take a publisher, or the like: a few words written as names are."""
    match = _NAMED.match(text, start, start + _LONGEST_NAME * 2)
    if not match:
        return False
    end = _before_full_stop(text, start, match.end())
    name = text[start:end].rstrip()
    journal = _JOURNAL.fullmatch(name)
    dated = whole_date(journal["date"]) if journal else None
    if journal and dated:
        pieces.published, pieces.closed = dated.first, True
        name_only = journal["name"]
    else:
        name_only = name
    if not name or len(name) > _LONGEST_NAME or not looks_like_a_title(name_only):
        return False
    pieces.names.append(clean_line(name_only))
    pieces.end = start + len(name)
    return True


def _before_full_stop(text: str, start: int, end: int) -> int:
    """Return where a sentence ends between *start* and *end*; abbreviations end none."""
    for stop in re.finditer(r"\.(?=\s|$)", text[start:end]):
        if not _ABBREVIATED.search(text[start : start + stop.start()]):
            return start + stop.start()
    return end
