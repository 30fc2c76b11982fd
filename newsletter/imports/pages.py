"""
Captured pages: the plain text of a page, with the day's box at its end.

A title; perhaps `Name of Author` and the author, or the author's name alone on a line; paragraphs
with citations glued to their sentences (`citations`); perhaps the speaker's name once more; then,
mostly, the box: `Daily Dose`, the motto, the day's entry, `View Archive`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from newsletter.errors import InvalidEntry
from newsletter.fields import LONGEST_HEADLINE
from newsletter.imports.blame import names_a_group
from newsletter.imports.citations import lift_citations
from newsletter.imports.decoding import NotText, decoded, refuse_binary
from newsletter.imports.gazetteer import cities_named, country_names
from newsletter.imports.headlines import fact_headline, shortened, words_headline
from newsletter.imports.identity import uid_by_text
from newsletter.imports.names import looks_like_a_byline, looks_like_authors
from newsletter.imports.reading import read_event, read_report, read_words
from newsletter.imports.speech import HONORIFIC, Said, attribution_of, is_a_role, kind_of, speaker_in, words_kind
from newsletter.models import Entry, Kind, PartialDate, Problem, Source, Status
from newsletter.shapes import entry_of, source_shape
from newsletter.text import clean, clean_line

LARGEST_PAGE = 2_000_000  # bytes
#: A first line longer than this is prose: the page has no title.
_LONGEST_TITLE = 300
#: A line longer than this was not broken by hand: it is a paragraph of its own.
_LONGEST_BROKEN_LINE = 160

_BOX = re.compile(r"\s*daily\s+dose\s*[:.]?\s*", re.IGNORECASE)
_MOTTO = re.compile(r"\s*extremists\s*:\s*their\s+words\.?\s*their\s+actions\.?\s*", re.IGNORECASE)
_ARCHIVE = re.compile(r"\s*view\s+(?:the\s+)?archive\s*[»>→]?\s*", re.IGNORECASE)
_AUTHOR = re.compile(r"\s*name\s+of\s+author\s*:?\s*(?P<author>.*?)\s*", re.IGNORECASE)
#: A short line without an end: a subheading.
_HEADING = re.compile(r"[^\W\da-z][^.!?:;,”\"\n]{2,50}")
#: So much of a paragraph tells what it is about.
_OPENING = 60
#: Who said it, on the line of the words: before them, or after them behind a dash. With no dash all before it is words,
#: and where a comma ends them, as it ends a title, only a role tells.
_LED_BY = re.compile(r"(?P<said>[^“”\"\n]{5,200}?)\s*[:—–-]?\s*(?=[“\"])")
_CLOSED_BY = re.compile(r"[”\"]\s*(?P<said>\([^“”\"\n()]{5,200}\)(?=\.?$)|[^\W\da-z][^“”\"\n]{5,200})\.?$")
_DASHED = re.compile(r"[”\"]\s*[—–-]+\s*(?P<said>[^“”\"\n]{5,200})$")
_OPENING_MARKS = ("“", '"')
_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"")


@dataclass(slots=True, kw_only=True)
class _Page:
    """A page taken apart; *box* is `None` where there is none. Lines count from 1."""

    title: str | None = None
    author: str | None = None
    text: list[str] = field(default_factory=list)
    text_line: int = 1
    box: list[str] | None = None
    box_line: int = 0


def read_page(data: bytes, file: str, size: int | None = None) -> Iterator[Entry | Problem]:
    """
    Yield the page's entries (its main text, then its box's) and what is wrong with it.

    *file* names it in problems, and in the entries' origin, with the page's author after it; *size* is
    the whole page's, where *data* may be only the beginning of one that is too large (0: nobody knows). What
    was read out of the text is listed in `guessed`; an entry without a source is a draft, any other
    is up for review.
    """
    if len(data) > LARGEST_PAGE:
        got = f"{len(data) if size is None else size:,}" if size != 0 else "more"
        problem = f"expected a page of at most {LARGEST_PAGE:,} bytes (2 MB), got {got}"
        yield Problem(file=file, line=0, field="", problem=problem)
        return
    try:
        refuse_binary(data)
        page = _take_apart(clean(decoded(data)).split("\n"))
    except NotText as error:
        yield Problem(file=file, line=0, field="", problem=str(error))
        return
    if not page.text and page.box is None:
        expected = "expected a title and a text" if page.title else "expected a page, got an empty file"
        yield Problem(file=file, line=0, field="body" if page.title else "", problem=expected)
    if page.text:
        yield from _entry(_main(page, file), file, page.text_line)
    if page.box:
        yield from _entry(_boxed(page, file), file, page.box_line)
    elif page.box is not None:
        problem = "expected an entry in the box, got none"
        yield Problem(file=file, line=page.box_line, field="box", problem=problem)


def _take_apart(lines: list[str]) -> _Page:
    page = _Page()
    box = _box_at(lines)
    main = lines if box is None else lines[:box]
    if box is not None:
        page.box_line = box + 1
        page.box = _paragraphs(_inside(lines[box + 1 :]))
    start = _first_filled(main, 0)
    if start < len(main) and len(main[start]) <= _LONGEST_TITLE:
        page.title = clean_line(main[start])
        start = _first_filled(main, start + 1)
        start = _take_author(page, main, start)
    page.text_line = start + 1
    page.text = _paragraphs(main[start:])
    return page


def _box_at(lines: list[str]) -> int | None:
    """Return the line on which the box begins: its title, followed by the motto or closed by the link."""
    for number in range(len(lines) - 1, -1, -1):
        if _BOX.fullmatch(lines[number]):
            following = _first_filled(lines, number + 1)
            if following == len(lines) or _MOTTO.fullmatch(lines[following]):
                return number
            if any(_ARCHIVE.fullmatch(line) for line in lines[number:]):
                return number
    return None


def _inside(lines: list[str]) -> list[str]:
    """Return the box's lines between the motto and the link to the archive."""
    closed = next((number for number, line in enumerate(lines) if _ARCHIVE.fullmatch(line)), len(lines))
    return [line for line in lines[:closed] if not _MOTTO.fullmatch(line)]


def _first_filled(lines: list[str], start: int) -> int:
    return next((number for number in range(start, len(lines)) if lines[number].strip()), len(lines))


def _take_author(page: _Page, lines: list[str], start: int) -> int:
    """Take the author's line or lines from *start*, if they are there; return where the text begins."""
    if start >= len(lines):
        return start
    labelled = _AUTHOR.fullmatch(lines[start])
    if labelled:
        named = start if labelled["author"] else _first_filled(lines, start + 1)
        author = clean_line(labelled["author"] or (lines[named] if named < len(lines) else ""))
        if not looks_like_a_byline(author):  # nobody filled it in: what follows is the text
            return named
        page.author = author
        return _first_filled(lines, named + 1)
    alone = clean_line(lines[start]).removeprefix("By ").removeprefix("by ")
    said = attribution_of(page.title or "")
    spoke = said is not None and said.speaker == alone
    if spoke or (looks_like_authors(alone) and not _is_a_heading(alone, lines[start + 1 :])):
        page.author = alone
        return _first_filled(lines, start + 1)
    return start


def _is_a_heading(line: str, following: list[str]) -> bool:
    """
    Say whether *line*, which could be a name, is what the page tells of: a place, a group, a person.

    A heading tells of what follows it, and seldom stands alone; the last line of all may be the
    speaker's name once more.
    """
    if line in country_names() or cities_named(line) or names_a_group(line):
        return True
    filled = [other.strip() for other in following if other.strip()]
    opening = filled[0][:_OPENING] if filled else ""
    return bool(re.search(rf"\b{re.escape(line.rsplit(maxsplit=1)[-1])}\b", opening)) or any(
        _HEADING.fullmatch(other) for other in filled[:-1]
    )


def _paragraphs(lines: list[str]) -> list[str]:
    """Return the paragraphs: parted by empty lines, or each on a long line of its own."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if not line.strip():
            paragraphs.append([])
        elif paragraphs[-1] and len(paragraphs[-1][-1]) > _LONGEST_BROKEN_LINE:
            paragraphs.append([line.strip()])
        else:
            paragraphs[-1].append(line.strip())
    return ["\n".join(paragraph) for paragraph in paragraphs if paragraph]


def _main(page: _Page, file: str) -> dict[str, Any]:
    """Return the shape of the page's main text: a report, or a quote where the title says who said it."""
    title = page.title or ""
    said = attribution_of(title)
    text = _without_name(page.text, said, title) if said else page.text
    body, sources = _lifted(text)
    kind = Kind.REPORT if not said else Kind.POST if said.posted else Kind.QUOTE
    fields: dict[str, Any] = {"kind": kind, "body": body}
    guesses = _guessed_words(said, read_words(title)) if said else read_report(title, body)
    if said and len(title) > LONGEST_HEADLINE:
        headline = words_headline(Kind.QUOTE, said.speaker, said.role, said.dated)
    else:
        headline = shortened(title) if title else fact_headline(body, None, None, None)
    guesses |= {} if headline == title else {"headline": headline}
    by = f", by {page.author}" if page.author else ""  # an entry has no other room for who wrote the page
    return {"headline": headline} | _finished(fields, guesses, sources, file) | {"origin": f"{_origin(file)}{by}"}


def _boxed(page: _Page, file: str) -> dict[str, Any]:
    """Return the shape of the box's entry; its last source is the page itself."""
    assert page.box
    text, said = _box_attribution(page.box)
    body, sources = _lifted(text)
    around = _QUOTED.sub(" ", body)
    kind = words_kind(page.box[-1] if text != page.box else around) if said else kind_of(body)
    kind = Kind.POST if said and said.posted else kind
    fields: dict[str, Any] = {"kind": kind, "body": body}
    if kind is Kind.FACT:
        guesses = read_event(body)
        day = PartialDate.parse(guesses["event_date"]) if "event_date" in guesses else None
        guesses["headline"] = fact_headline(body, guesses.get("place"), guesses.get("country"), day)
    else:
        # Whose words they are is a role's to say: "ISIS leader".
        read = read_words(f"{around}\n{said.role}." if said and said.role else around)
        said = said or speaker_in(body)
        guesses = _guessed_words(said, read)
        day = PartialDate.parse(guesses["event_date"]) if "event_date" in guesses else None
        guesses["headline"] = words_headline(kind, said.speaker if said else None, said.role if said else None, day)
    guesses["kind"] = kind
    return _finished(fields, guesses, [*sources, _page_source(page, file)], file)


def _page_source(page: _Page, file: str) -> Source:
    """Return the page itself as a source: of what its box says, it is the one there is."""
    if page.title is None:
        return Source(raw=f"Daily Dose box of the page {PurePath(file).name}", author=page.author)
    by = f"{page.author}, " if page.author else ""
    return Source(raw=f"{by}“{page.title},” page with the Daily Dose box", author=page.author, title=page.title)


def _without_name(paragraphs: list[str], said: Said, title: str) -> list[str]:
    """Return the quote's text without the speaker's name that is repeated at its end."""
    *before, last = paragraphs
    bare = re.sub(rf"^{HONORIFIC}|\s*\([^()]*\)$", "", said.speaker) or said.speaker
    called = f"{HONORIFIC}(?:{re.escape(said.speaker)}|{re.escape(bare)})"
    name = rf"(?:{called}(?:,\s*{re.escape(said.role or '')})?|{re.escape(title)})"
    if before and re.fullmatch(rf"[\s—–-]*{name}[\s.]*", last, re.IGNORECASE):
        return before
    glued = re.search(rf"(?<=[,.!?”’\"\])])(?:\s*[—–-]+\s*|\s*){name}\.?$", last)
    return [*before, last[: glued.start()]] if glued else paragraphs


def _box_attribution(paragraphs: list[str]) -> tuple[list[str], Said | None]:
    """Return the box's text and who said it, where a line of its own tells: the last, or the first."""
    lines = [line for paragraph in paragraphs for line in (*paragraph.split("\n"), "")]
    filled = [number for number, line in enumerate(lines) if line]
    for number in (filled[-1], filled[0]):
        said = attribution_of(lines[number]) if len(filled) > 1 else None
        if said:
            return _paragraphs([line for index, line in enumerate(lines) if index != number]), said
    led = _LED_BY.match(paragraphs[0])
    said = attribution_of(led["said"]) if led else None
    if led and said:
        return [paragraphs[0][led.end() :], *paragraphs[1:]], said
    closed = _CLOSED_BY.search(paragraphs[-1]) if paragraphs[0][:1] in _OPENING_MARKS else None
    closed = closed or _DASHED.search(paragraphs[-1])
    said = attribution_of(closed["said"]) if closed else None
    titled = (
        closed is not None
        and paragraphs[-1][closed.start() - 1] == ","
        and not is_a_role(said.role or "" if said else "")
    )
    if closed and said and not titled:
        return [*paragraphs[:-1], paragraphs[-1][: closed.start() + 1]], said
    return paragraphs, None


def _lifted(paragraphs: list[str]) -> tuple[str, list[Source]]:
    """
    Return the body, with marks where citations stood, and the sources.

    Paragraphs that would leave no word of text are taken as the text that they are.
    """
    prose: list[str] = []
    sources: list[Source] = []
    for paragraph in paragraphs:
        lifted = lift_citations(paragraph, first=len(sources) + 1)
        sources += lifted.sources
        text = lifted.prose.strip()
        if prose and lifted.sources and re.fullmatch(r"(?:\[\^[0-9]+\]\s*)+", text):
            prose[-1] += re.sub(r"\s+", "", text)
        elif text:
            prose.append(text)
    if not any(re.sub(r"\[\^[0-9]+\]", "", text).strip() for text in prose):
        return "\n\n".join(paragraphs), []
    return "\n\n".join(prose), sources


def _guessed_words(said: Said | None, read: dict[str, Any]) -> dict[str, Any]:
    fields = dict(read)
    if said:
        fields["speaker"] = said.speaker
        if said.role:
            fields["speaker_role"] = said.role
        if said.dated:
            fields["event_date"] = str(said.dated)
            fields.pop("event_end", None)
    return fields


def _finished(fields: dict[str, Any], guesses: dict[str, Any], sources: list[Source], file: str) -> dict[str, Any]:
    status = Status.REVIEW if sources else Status.DRAFT
    return {
        **fields,
        **guesses,
        "sources": [source_shape(source) for source in sources],
        "status": status,
        "origin": _origin(file),
        "guessed": list(guesses),
    }


def _origin(file: str) -> str:
    return f"page:{PurePath(file).name}"


def _entry(shape: dict[str, Any], file: str, line: int) -> Iterator[Entry | Problem]:
    try:
        yield entry_of(shape, uid=uid_by_text(shape["kind"], shape["body"]))
    except InvalidEntry as error:
        for name, problem in error.problems:
            yield Problem(file=file, line=line, field=name, problem=problem)
