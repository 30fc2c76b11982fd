"""
What follows a citation's title: its publisher, its date, pages, a translator, an address.

Each is a part between commas; reading stops at what belongs to no citation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from newsletter.imports.dates import date_at, is_undated, whole_date
from newsletter.imports.names import looks_like_a_title, looks_like_names
from newsletter.models import PartialDate
from newsletter.text import clean_line

_DATE_WORDS = (
    r"(?:last\s+(?:modified|updated|accessed|visited|edited)"
    r"|(?:accessed|updated|modified|retrieved|posted|published)(?:\s+on)?)"
)
ADDRESS = re.compile(
    r"(?:(?:available\s+(?:at|from)|(?-i:at|via|see|from)|retrieved\s+from|URL)\s*:?\s*)?[<(\[]?"
    r"(?P<url>(?:https?://|www\.)[^\s<>\"“”]+)[>)\]]?",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:(?:pp?\.|pages?|vol\.|volume|no\.|issue|ch\.|chapter|sec\.|section|par\.|para\.|ed\.|col\.)\s*[\w.–-]+(?:\(\w{1,4}\))?"
    r"|[0-9]{1,2}(?::[0-9]{2}){1,2}(?:\s*[ap]\.?m\b\.?)?|(?:at\s+)?[A-Z]{0,3}[0-9]{1,4}[A-Z]?\b(?:[–-][A-Z]{0,3}[0-9]{1,4}[A-Z]?)?"
    r"|(?-i:[ivxlc]{1,7})|[0-9]{1,3}(?:st|nd|rd|th)\s+(?:Cong(?:ress)?|sess(?:ion)?)\b\.?|L\s[0-9]+/[0-9]+)(?=\s*(?:;|[,.](?![0-9])|$))",
    re.IGNORECASE,
)
#: A figure that is a page only where no prose goes on after it: "45, or more, people died"; an address may.
_BARE_FIGURE = re.compile(
    rf"[0-9]+(?:[–-][0-9]+)?(?=,\s+(?!al-|bin\s|https?:|www\.|{_DATE_WORDS}\s|trans\b|eds?\.)[a-z])"
)
_TRANSLATOR = re.compile(
    r"(?:(?:trans(?:lat(?:ed|ion|or))?|ed(?:ited)?)\b\.?(?:\s+by)?|(?:interview(?:ed)?\s+(?:by|with)))\s+(?P<who>[^,;“”\"\n()]{2,80})"
    r"|posted\s+(?:on\s+\w+\s+)?by\s+(?:[“\"][^“”\"\n]{1,80}[”\"]|[^,;“”\"\n()]{2,80})",
    re.IGNORECASE,
)
_LANGUAGE = (
    r"(?:Arabic|Bengali|Dari|English|Farsi|French|German|Hebrew|Pashto|Persian|Russian|Somali|Spanish|Turkish|Urdu)"
)
#: Where a journal's articles are kept, and the number of one.
_KEPT = re.compile(r"(?:JSTOR|Project MUSE|ProQuest|LexisNexis|EBSCO(?:host)?|Factiva|SSRN)(?=\s*(?:[.,;]|$))")
_DOI = re.compile(r"(?:doi|DOI)\s*:?\s*(?P<doi>10\.[0-9]{4,9}/[^\s“”<>\"]+)")
#: Without its brackets only what no sentence begins with.
_BRACKETED = re.compile(
    rf"[(\[](?:in\s+)?(?:{_LANGUAGE}|video|audio|PDF|subscription required)[)\]]"
    rf"|(?-i:in\s+{_LANGUAGE}|video|audio|PDF|subscription required)",
    re.IGNORECASE,
)
#: What is said in brackets right after a date or an address: "(accessed June 1, 2015)", "(video removed)".
_REMARK = re.compile(
    rf"\s*[(\[](?:{_DATE_WORDS}[^()\[\]\n]{{4,40}}|(?:[\w’]+\s+){{0,4}}(?:removed|deleted|suspended|offline|unavailable|archived)"
    rf"|(?:in\s+)?{_LANGUAGE}|video|audio|PDF|subscription\s+required)[)\]](?=[,.;\s]|$)",
    re.IGNORECASE,
)
#: Publishers, or what takes their place, that are written small.
_SMALL_NAME = re.compile(
    r"(?:press|news|media)\s+(?:release|statement|briefing)|(?:blog|forum|video|internet)\s+post|fact\s+sheet|e-?mail|speech"
    r"|statement|testimony|transcript|interview|pamphlet|leaflet|unpublished\s+manuscript"
)
#: What was said, and before whom.
_GIVEN = re.compile(
    r"(?:testimony|statement|speech|remarks|lecture|paper|address)\s+(?:presented\s+)?(?:before|at|to)\s+(?:the\s+)?"
)
#: One word written small is a publisher only where an author and a title stood before it and a date follows.
_SMALL_WORD = re.compile(
    r"(?!\w+ed\b|sa(?:id|ys)\b|wr(?:ote|ites)\b|told\b|spoke\b|knew\b)[a-z][a-z0-9.-]{2,30}(?=,\s)"
)
#: What opens a sentence: "Edited by Bin Laden, the text said".
_SENTENCE_LIKE = re.compile(r"(?:Trans[a-z]+|Edited|Interview\w*|Posted)\s")
#: A sentence glued to an address: "http://example.org/a.Then it ended".
_NEXT_SENTENCE = re.compile(r"(?<=[^/.])[.,;](?!(?:Aspx?|Html?|Pdf|Php|Jsp)$)[A-Z][a-z’]*$")
_NAMED = re.compile(r"(?:[^,;“”\"\n()]|\([^()\n]*\))+")
_NUMBERED = re.compile(r"(?:vol|no)\.\s*[0-9]+\s*\((?P<date>[^()\n]*[0-9]{4})\)(?::\s*[0-9–-]+)?")
_WITHIN = re.compile(
    r"in\s+(?P<book>[^“”\"\n()]{2,250}?)(?:,\s*eds?\.\s[^()\n]{2,80})?"
    r"\s*\((?:[^():\n]{2,60}:\s*)?(?P<publisher>[^()\n]{2,120}?),\s*(?P<year>[12][0-9]{3})\)"
)
#: Dates that are not read to the day: in another language, in figures whose order is unknown; and impossible ones.
_OTHER_DATE = re.compile(
    r"(?:[0-9]{1,2}(?P<mark>[./-])[0-9]{1,2}(?P=mark)|[0-9]{1,2}\.?\s+(?:de\s+)?[^\W\d_]{3,10}\.?\s+(?:de\s+)?)(?P<year>[12][0-9]{3})(?![0-9])"
    r"|[A-Z][a-z]{2,8}\.?\s+[0-9]{1,2},?\s+[12][0-9]{3}(?![0-9])"
)
_JOURNAL = re.compile(r"(?P<name>.*?)\s*(?:\((?P<date>[^()]*[0-9]{4})\))(?::\s*[0-9–-]+)?")
_ABBREVIATED = re.compile(r"(?:\b[A-Z]|\b(?:Inc|Co|Corp|Ltd|St|Dr|Mr|Mrs|vol|no|pp?|ed|Dept|Univ|Jr|Sr|al|Gen|Sen))$")
#: What ends a part of a citation, a comma within quotation marks included; and what leads to the next part.
_PART_END = re.compile(r"\s*(?:[,;.]|$)|(?<=,[”\"])")
_LINK = re.compile(r",\s*|(?<=,[”\"])\s+|\s+(?=[<(]?(?:https?://|available\b|at\s+http))")
_LONGEST_NAME = 120
_MOST_PIECES = 6


@dataclass(slots=True, kw_only=True)
class Pieces:
    """What has been read of a citation after its title, up to *end*."""

    end: int
    names: list[str] = field(default_factory=list)
    published: PartialDate | None = None
    url: str | None = None
    closed: bool = False  # a date or an address has been read: no more names follow
    dated: bool = False  # a date has been read: another one is prose, but for "accessed"
    first_end: int = 0  # where the first name ends
    small_names: bool = False  # a publisher may be written small: there is an author

    @property
    def publisher(self) -> str | None:
        """The names, as they were printed; `None` without any."""
        return ", ".join(self.names) or None


def pieces_after(text: str, start: int, *, closed: bool = False, small_names: bool = False) -> Pieces | None:
    """
    Read the parts between commas that follow the title; stop at what belongs to no citation.

    After a book's imprint the date is known and the names are *closed*.
    """
    pieces = Pieces(end=start, closed=closed, dated=closed, small_names=small_names)
    position = start + len(re.match(r"\s*[,.]?\s*", text[start:])[0])  # type: ignore[index]  # it fits everything
    for _ in range(_MOST_PIECES):
        if position >= len(text) or not _take(pieces, text, position):
            break
        remark = _REMARK.match(text, pieces.end) if pieces.closed else None
        pieces.end = remark.end() if remark else pieces.end
        pieces.first_end = pieces.first_end or pieces.end
        link = _LINK.match(text, pieces.end)
        if not link:
            break
        position = link.end()
    return pieces if pieces.end > start or closed else None


def _take(pieces: Pieces, text: str, start: int) -> bool:
    """Add the part that begins at *start*; say whether there was one."""
    address = ADDRESS.match(text, start)
    if address:
        take_address(pieces, address)
        return True
    if _take_doi(pieces, text, start) or _take_date(pieces, text, start):
        return True
    if _take_number(pieces, text, start) or _take_book(pieces, text, start):
        return True
    page = _PAGE.match(text, start)
    if page and pieces.dated and _BARE_FIGURE.match(text, start):
        return False
    end = page.end() if page else _aside(text, start, pieces)
    if end:
        pieces.end = end
        return True
    return not pieces.closed and _take_name(pieces, text, start)


def _aside(text: str, start: int, pieces: Pieces) -> int | None:
    """Return the end of what is said of the publication there: its language, a translator, who posted it."""
    aside = _KEPT.match(text, start) or _BRACKETED.match(text, start) or _TRANSLATOR.match(text, start)
    if not aside or not _PART_END.match(text, aside.end()):
        return None
    if pieces.closed and _SENTENCE_LIKE.match(text, start):
        return None
    if not aside.groupdict().get("who"):
        return aside.end()
    end = _before_full_stop(text, aside.start("who"), aside.end())
    who = text[aside.start("who") : end].rstrip(". ")
    bare = who.removeprefix("the ")
    return end if who in {"unknown", "anonymous"} or looks_like_names(bare, agencies=bare != who) else None


def _take_book(pieces: Pieces, text: str, start: int) -> bool:
    """Take the book that something stands in: `in Title (City: Publisher, Year)`."""
    match = _WITHIN.match(text, start)
    if not match or not looks_like_a_title(match["book"]):
        return False
    pieces.names += [clean_line(match["book"]), clean_line(match["publisher"])]
    pieces.published, pieces.end = PartialDate(int(match["year"])), match.end()
    pieces.closed = pieces.dated = True
    return True


def _take_number(pieces: Pieces, text: str, start: int) -> bool:
    """Take a journal's number, its date and pages: `no. 3 (Summer 2010): 34–56`."""
    match = _NUMBERED.match(text, start)
    dated = whole_date(match["date"]) or whole_date(match["date"][-4:]) if match else None  # "May/June 2012"
    if not match or not dated:
        return False
    pieces.published, pieces.end = dated.first, match.end()
    pieces.closed = pieces.dated = True
    return True


def _take_doi(pieces: Pieces, text: str, start: int) -> bool:
    """Take the number by which an article is found: `doi:10.1093/gerhis/ghn076`."""
    match = _DOI.match(text, start)
    if not match:
        return False
    doi = match["doi"].rstrip(".,;:!?")
    pieces.url = pieces.url or f"https://doi.org/{doi}"
    pieces.end, pieces.closed = match.start("doi") + len(doi), True
    return True


def take_address(pieces: Pieces, address: re.Match[str]) -> None:
    """Add an *address* that `ADDRESS` found, without the marks that close the sentence around it."""
    url = _NEXT_SENTENCE.sub("", address["url"]).rstrip(".,;:!?)]>")
    follows = address["url"][len(url) :]
    if follows.startswith(")") and url.count("(") > url.count(")"):
        url += ")"
    pieces.url = pieces.url or (url if "://" in url else f"https://{url}")
    pieces.end = address.start("url") + len(url)
    if re.search(r"[<(\[]\S*$", address[0]) and address.string[pieces.end : pieces.end + 1] in {">", ")", "]"}:
        pieces.end += 1
    pieces.closed = True


def _take_date(pieces: Pieces, text: str, start: int) -> bool:
    """Take the longest date that begins at *start* and ends a part."""
    words = re.match(rf"{_DATE_WORDS}:?\s+", text[start:], re.IGNORECASE)
    if pieces.dated and not words:
        return False
    begin = start + (words.end() if words else 0)
    for end in _part_ends(text, begin):
        part = text[begin:end]
        dated = whole_date(part)
        if dated or is_undated(part):
            looked_up = words and re.match(r"(?:last\s+)?(?:accessed|visited|retrieved)", words[0], re.IGNORECASE)
            if dated and not looked_up:
                pieces.published = pieces.published or dated.first
            pieces.end, pieces.closed, pieces.dated = end, True, True
            return True
    other = _OTHER_DATE.match(text, begin)
    if not other or not _PART_END.match(text, other.end()):
        return False
    if other["year"]:
        pieces.published = pieces.published or PartialDate(int(other["year"]))
    pieces.end, pieces.closed, pieces.dated = other.end(), True, True
    return True


def _part_ends(text: str, start: int) -> list[int]:
    """Return where a date from *start* may end, the longest first."""
    ends = [match.start() for match in re.finditer(r"[,;.]|\s|$", text[start : start + 40])]
    return [start + end for end in reversed(ends) if end]


def _take_name(pieces: Pieces, text: str, start: int) -> bool:
    """Take a publisher, or the like: a few words written as names are."""
    match = _NAMED.match(text, start, start + _LONGEST_NAME * 2)
    if not match:
        return False
    end = _before_full_stop(text, start, match.end())
    name = text[start:end].rstrip()
    journal = _JOURNAL.fullmatch(name)
    dated = whole_date(journal["date"]) if journal else None
    if journal and dated:
        pieces.published, pieces.closed, pieces.dated = dated.first, True, True
        name_only = journal["name"]
    else:
        name_only = name
    if not name or len(name) > _LONGEST_NAME:
        return False
    if not looks_like_a_title(name_only) and not _is_small_name(pieces, text, start, name):
        return False
    pieces.names.append(clean_line(name_only))
    pieces.end = start + len(name)
    return True


def _is_small_name(pieces: Pieces, text: str, start: int, name: str) -> bool:
    """Say whether *name*, at *start*, is a publisher that is written small: "press release", "bellingcat"."""
    given = _GIVEN.match(name)
    if _SMALL_NAME.fullmatch(name) or (given and looks_like_a_title(name[given.end() :])):
        return True
    word = _SMALL_WORD.match(text, start) if pieces.small_names and not pieces.names else None
    return bool(word and word[0] == name and date_at(text, word.end() + len(", ")))


def _before_full_stop(text: str, start: int, end: int) -> int:
    """Return where a sentence ends between *start* and *end*; abbreviations end none."""
    for stop in re.finditer(r"\.(?=\s|$)(?!(?<=\bNo\.)\s*[0-9])", text[start:end]):
        if not _ABBREVIATED.search(text[start : start + stop.start()]):
            return start + stop.start()
    return end
