"""
Citations glued to the end of a sentence: find them, lift them out, take them apart.

The form is that of the captured pages: `...common purposes.May Ying Welsh, “Making Sense of Mali’s
Armed Groups,” Al Jazeera, January 17, 2013,`. Perhaps a translator, a page, "last modified" or an
address; perhaps a book (`Author, Title (City: Publisher, 2006), 123.`); perhaps more prose after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.imports.dates import whole_date
from newsletter.imports.names import NO_END, looks_like_a_person, looks_like_a_title, looks_like_names
from newsletter.imports.publication import ADDRESS, Pieces, pieces_after, take_address
from newsletter.models import Source
from newsletter.text import clean_line

#: Where a citation may begin: right after the end of a sentence, or after the space that follows it; but not
#: between initials ("U.S.") or within a figure ("10,000", "9:5", "2.5"), and not after "Mr. ".
_GLUE = re.compile(
    r"(?!(?:(?<=\b[A-Z])|(?<=\bPh))\.[A-Z]\.)(?!(?<=\b[a-z])\.[a-z]\.)(?!(?<=[0-9])[,:][0-9])"
    r"(?!(?:(?<=\b[0-9])|(?<=\b[0-9]{2})|(?<=\b[0-9]{3}))\.[0-9])[.!?…:;,)\]”’\"'](?=[^\s.!?…:;,)\]”’'])"
)
_AFTER_SENTENCE = re.compile(rf"(?:[.!?…]{NO_END}[”’\"')\]]*)[ \t\u00a0]+(?=\S)")
#: An initial, or the last word of a sentence: only the former where nothing glued it to the one before.
_A_LONE_LETTER = re.compile(r"\b[A-Z]\.[A-Z][a-z]")
_AUTHOR = re.compile(r"(?P<author>[^“”„«»\";\n]{2,200}?)(?:,\s*|[.:]\s+)(?=[“\"„«‘])")
#: When a book was published: a year, seldom with its month or day.
_WHEN = r"(?P<when>(?:[A-Z][a-z]{2,8}\.?\s+(?:[0-9]{1,2},\s+)?)?(?P<year>[0-9]{4}))"
_IMPRINT = re.compile(
    r"(?P<author>[^“”\"\n()]{2,150}?),\s*(?:(?:eds?|trans|comps?)\.,\s*)?(?P<title>[^“”\"\n()]{2,250}?)(?:,\s*(?:(?:(?:trans|eds?)\.(?:\s+and\s+(?:trans|eds?)\.)?|(?:translated|edited)\s+by)\s[^,()\n]{2,80}|\w+\.?\s+ed\.|vol\.\s*[0-9IVX]+)){0,3}"
    rf"\s*\((?:(?P<city>[^():\n]{{2,60}}):\s*)?(?P<publisher>[^()\n]{{2,120}}?),\s*{_WHEN}\)"
)
#: A book that names no author has its city, lest prose with brackets be one.
_UNSIGNED = re.compile(
    rf"(?P<title>[^“”\"\n(),]{{2,150}}?)\s*\([^():\n]{{2,60}}:\s*(?P<publisher>[^()\n]{{2,120}}?),\s*{_WHEN}\)(?=[.,;]|$)"
)
_IBID = re.compile(r"(?:Ibid|Idem|Id)\.(?:,\s*(?:pp?\.\s*)?[0-9]+(?:[–-][0-9]+)?)?(?=[\s,.;]|$)")
#: A name before an opening quotation mark is the author of what is cited next.
#: How titles open, and what closes each; a single mark closes only where it is no apostrophe.
_CLOSING = {"“": "”", "„": "“”", "«": "»", "‘": "’", '"': '"'}
_SINGLE_CLOSED = re.compile(r"’(?=,\s)|(?<=[,.?!])’(?=\s)")
_AUTHOR_OF_THE_NEXT = re.compile(r"(?:,\s*|[.:]\s+)[“\"]")
#: What a citation without quotation marks must have: a year, an address, or the word that there is no date.
_DATED = re.compile(r"[0-9]{4}|https?:|www\.|[Uu]n(?:dated|determined|known)|n\.\s?d\.")
#: Behind a closing quotation mark: a full stop that ends the sentence, and what is glued to it.
_STOPPED = re.compile(r"\.(?=[^\s.])")
#: The comma that parts a title from what follows, perhaps within quotation marks of its own: "‘Disbelievers,’".
_LAST_COMMA = re.compile(r",+(?=[’'”\"]*$)")
#: What is in the names of those who publish reports of their own, and in few titles.
_AGENCY = re.compile(
    r"\b(?:Department|Ministry|Office|Bureau|Agency|Council|Commission|Committee|Human Rights Watch"
    r"|Amnesty International|International Crisis Group|Institute|Cent(?:er|re)|Organi[sz]ation|Foundation|World Bank"
    r"|United Nations|European Union|Parliament|White House|Government|Association"
    r"|Observatory|Federation|Europol|Interpol|Corporation)\b"
)
_PRESS = re.compile(
    r"\b(?:Times|Post|News|Journal|Guardian|Herald|Tribune|Reuters|Press|Telegraph|Magazine|Jazeera|CNN)\b"
)
_LONGEST, _LONGEST_AUTHOR, _LONGEST_TITLE, _LONGEST_BARE = 1_000, 200, 400, 500
_MARK = re.compile(r"\[\^[0-9]+\]")
_DEEPEST = 3  # quotation marks within quotation marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """A paragraph without its citations: the prose with the marks, and the sources in their order."""

    prose: str
    sources: tuple[Source, ...]


def lift_citations(paragraph: str, *, first: int = 1) -> Lifted:
    """
    Return *paragraph* with a mark `[^n]` for each citation, counted from *first*.

    Every other character stays; what looks like a mark but is none is escaped, as Markdown has it.
    A paragraph that is nothing but citations becomes nothing but marks.
    """
    prose: list[str] = []
    sources: list[Source] = []
    done = 0
    for start, end, source in _citations(paragraph):
        prose += [_unmarked(paragraph[done:start]), f"[^{first + len(sources)}]"]
        sources.append(source)
        done = end
    return Lifted(prose="".join(prose) + _unmarked(paragraph[done:]), sources=tuple(sources))


def _unmarked(prose: str) -> str:
    return _MARK.sub(r"\\\g<0>", prose)


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
        # A semicolon joins two citations as closely as a sentence and its own.
        start, glued, first = len(text) - len(text[end:].lstrip()), text[end - 1] == ";", False


def _starts(text: str) -> list[tuple[int, bool]]:
    """Return the places where a citation may begin, and whether nothing is between it and a sentence."""
    starts = {match.end(): False for match in _AFTER_SENTENCE.finditer(text)}
    starts |= {match.end(): True for match in _GLUE.finditer(text)}
    return sorted(starts.items())


def _citation_at(text: str, start: int, *, glued: bool, first: bool = False) -> tuple[int, Source] | None:
    """Return the end and the parts of the citation that begins at *start*, if one does."""
    window = text[start : start + _LONGEST]
    quoted = re.search(r"[“\"„«‘]", window[: _LONGEST_AUTHOR + 2])
    found = _titled(window, glued=glued and not first) if quoted else None
    if found is None and glued and "(" in window[:_LONGEST_BARE]:
        found = _book(window)
    if found is None and glued and (_IBID.match(window) or _DATED.search(window[:_LONGEST_BARE])):
        found = _bare(window, first=first)
    if found is None:
        return None
    end, source = found
    return start + end, source


def _titled(text: str, *, glued: bool) -> tuple[int, Source] | None:
    """Read `[Author,] “Title,” Publisher, Date[, page][, address],`."""
    found = _author_at(text, glued=glued)
    if not found or (text[found[1]] in "„«‘" and not glued):
        return None
    author, position = found
    closing = _closing_quote(text, position)
    never_closed = closing is None
    if closing is None:
        closing = _title_end(text, position) if glued else None
    if closing is None or not (never_closed or _closes_a_title(text, closing, with_author=author is not None)):
        return None
    title = _LAST_COMMA.sub("", clean_line(text[position + 1 : closing])).rstrip()
    pieces = pieces_after(text, closing + (not never_closed), small_names=author is not None)
    if not title or not pieces or not (pieces.names or pieces.url or author):
        return None
    if not pieces.closed or (never_closed and not pieces.names):
        # Without a date or an address, only what is glued on, and no further than one publisher.
        if not glued or not pieces.names or never_closed or _AUTHOR_OF_THE_NEXT.match(text, pieces.end):
            return None
        pieces = Pieces(end=pieces.first_end, names=pieces.names[:1])
    return _ended(text, pieces, author=author, title=title)


def _author_at(text: str, *, glued: bool) -> tuple[str | None, int] | None:
    """Return the author with whom *text* begins, and where the title opens; `None` where neither does."""
    if text[:1] in _CLOSING:
        return None, 0
    match = _AUTHOR.match(text)
    if not match or not looks_like_names(match["author"], agencies=glued):
        return None
    if not glued and _A_LONE_LETTER.search(match["author"]):
        return None
    return clean_line(match["author"]), match.end()


def _closes_a_title(text: str, closing: int, *, with_author: bool) -> bool:
    """
    Say whether the quotation mark at *closing* may end a title, rather than words that somebody said.

    A comma or a space follows a title; one without an author before it ends in no full stop.
    """
    after = text[closing + 1 : closing + 2]
    said = not with_author and ((text[closing - 1] in ".…" and after != ",") or _STOPPED.match(text, closing + 1))
    return not said and (not after.isalnum() or bool(re.match(r"https?://|www\.", text[closing + 1 :])))


def _book(text: str) -> tuple[int, Source] | None:
    """Read `[Author,] Title (City: Publisher, Year), page.`."""
    match = _IMPRINT.match(text)
    signed = bool(match and looks_like_names(match["author"], agencies=True) and looks_like_a_title(match["title"]))
    match = match if signed else _UNSIGNED.match(text)
    if not match or not looks_like_a_title(match["title"]):
        return None
    pieces = pieces_after(text, match.end(), closed=True) or Pieces(end=match.end())
    pieces.names = [clean_line(match["publisher"])]
    dated = whole_date(match["when"]) or whole_date(match["year"])
    pieces.published = dated.first if dated else None
    by = match["author"] if signed else ""
    author = None if _IBID.fullmatch(by) else clean_line(by) or None  # "Id., Social Justice": the one before's
    return _ended(text, pieces, author=author, title=clean_line(match["title"]))


def _bare(text: str, *, first: bool) -> tuple[int, Source] | None:
    """
    Read what has no quotation marks: an address alone, `Author, Title, Publisher, Date,` or `Ibid., 57.`.

    `Publisher, Date,` only follows a sentence: *first* in its paragraph it may be one.
    """
    ibid = _IBID.match(text)
    if ibid:
        return _ended(text, Pieces(end=ibid.end()), author=None, title=None)
    address = ADDRESS.match(text)
    if address:
        pieces = Pieces(end=0)
        take_address(pieces, address)
        return _ended(text, pieces, author=None, title=None)
    found = pieces_after(text, 0)
    if not found or not found.closed or not found.names:
        return None
    if len(found.names) == 1:
        of_a_day = not first and found.published and found.published.day and text[found.end : found.end + 1] == ","
        return _ended(text, found, author=None, title=None) if of_a_day else None
    author = _author_among(found.names)
    return _ended(text, found, author=author, title=found.names.pop(0))


def _author_among(names: list[str]) -> str | None:
    """
    Take the author from the *names* before a bare date, where there is one.

    An agency, and what it is part of, stands before the title of its report; of three names the first is a person.
    """
    agencies = 0
    while (
        not _PRESS.search(names[-1])
        and agencies < len(names) - 1
        and _AGENCY.search(names[agencies])
        and not re.search(r"[0-9]", names[agencies])
    ):
        agencies += 1
    if not agencies and len(names) > 2 and (looks_like_a_person(names[0]) or not _AGENCY.search(names[1])):  # noqa: PLR2004 -- a title and a publisher are two
        agencies = 1
    author = ", ".join(names[:agencies])
    del names[:agencies]
    return author or None


def _ended(text: str, pieces: Pieces, *, author: str | None, title: str | None) -> tuple[int, Source] | None:
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
    if text[opening : opening + 1] == "‘":
        single = _SINGLE_CLOSED.search(text, opening + 1, opening + _LONGEST_TITLE)
        return single.start() if single else None
    if text[opening : opening + 1] in {"„", "«"}:
        other = re.compile(f"[{_CLOSING[text[opening]]}]").search(text, opening + 1, opening + _LONGEST_TITLE)
        return other.start() if other else None
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
    if text[opening] not in '“"':
        return None
    match = re.compile(r"(?<=[?!])(?=\s)|,(?=\s)").search(text, opening + 1, opening + _LONGEST_TITLE)
    return match.start() if match and match.start() < len(text) else None
