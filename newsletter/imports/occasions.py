"""Which of the dates that an account names is that of what it tells of."""

from __future__ import annotations

import re
from collections.abc import Callable

from newsletter.imports.dates import Dated, dates_in, day_alone_at, years_in

#: What may come before the date of something else: "after the attack of June 1, 2010".
_EARLIER = re.compile(r"\b(?:after|since|before|following|anniversary\s+of|until)\b[^,;]{0,60}$", re.IGNORECASE)
#: What surely does: "the anniversary of the attack of", "two years after the vote of".
_MEASURED = re.compile(
    r"\b(?:hours?|days?|weeks?|months?|years?|decades?)\s+(?:after|before|since|following)\b[^,;]{0,60}$", re.IGNORECASE
)
_ANNIVERSARY = re.compile(r"\banniversary\s+of\b[^,;]{0,60}$")
_BORN = re.compile(r"(?<![-–\w])(?:born|b\.|d\.)\s[^;]{0,60}$", re.IGNORECASE)
_PARTICIPLE = (
    r"(?:founded|formed|established|created|released|freed|arrested|jailed|imprisoned|convicted|sentenced|indicted"
    r"|extradited|acquitted|elected|appointed|posted|published|aired|broadcast|uploaded|dated|(?:claimed|condemned)\s+by)"
)
#: What is told by the way: "who had been released on", "The bomber, released on".
_BY_THE_WAY = re.compile(
    r"(?:\b(?:who|which|that|whose\s+\w+)\s+had\b(?:(?!\swas\s|\swere\s)[^,;]){0,60}"
    rf"|(?:^|[,(–—]\s*|\bwho\s+(?:was|were|is|are)\s+)(?:first\s+|later\s+)?{_PARTICIPLE}\b[^,;]{{0,40}})$",
    re.IGNORECASE,
)
_STATEMENT = r"(?:videos?|statements?|messages?|tapes?|recordings?|letters?|speech|interview|audio)"
#: "In a video released on", "in a statement of".
_WORDS_OF = re.compile(
    rf"\b(?:{_STATEMENT}\s+(?:\w+ed|broadcast)\s+(?:online\s+)?(?:on|in)"
    rf"|[Ii]n\s+(?:an?|the|its|his|her|their)\s+(?:[\w-]+\s+)?{_STATEMENT}\s+(?:on|of|from|in|dated))\s+$"
)
_ACT = re.compile(
    r"\b(?:kill|murder|shot\b|shoot|bomb|attack|explo[ds]|stab|massacre|hijack|blew\b|blast|ramm|behead|assassin|detonat|storm"
    r"|abduct|kidnap|struck\b|seize|injur|wound|raid|dead\b|died\b|(?:open|fir|car-bomb)ed\b)"
)
#: What comes after an attack, and what is said of it.
_AFTERMATH = re.compile(
    r"\b(?:arrested|convicted|conviction|sentenced|charged|trial|indicted|pleaded|extradited|acquitted|jailed|imprisoned"
    r"|guilty|executed|hanged|court|verdict|claim(?:ed|ing)|denied|condemned|released|aired|published|memorial)\b"
)
#: Before a date that is the attack's even there: "claimed the attack of".
_OF_THE_ACT = re.compile(r"\b(?:attack|bombing|blast|explosion|massacre|shooting|killing|assault)s?\s+(?:of|on|in)\s+$")
#: The verb of who "had" done something before: "gunmen who had trained abroad attacked".
_STRUCK = re.compile(
    r"\bhad(?:\s+[\w-]+){2,}?\s+(?:attacked|bombed|killed|stormed|raided|murdered|stabbed|hijacked|struck|shot|blew|opened|detonated|rammed)\b"
)
_OPENING = re.compile(r"(?:On\s+(?:[A-Z]\w+day,?\s+)?(?:the\s+)?|In\s+)")
_RELATIVE = re.compile(r",?\s(?:who|which|whose|that)\s")
#: From birth to death, in brackets; nothing that is one event takes so many years.
_LIFETIME = re.compile(
    r"\([^()]{0,40}?\b(?P<from>1[0-9]{3}|20[0-9]{2})\s*(?:[-–—]|to\b)\s*[^()]{0,30}?\b(?P<till>1[0-9]{3}|20[0-9]{2})\)"
)
_LONGEST_EVENT = 10  # years
_NEAR = 80  # characters before a date that may say what it is the date of


def event_date(sentences: list[str]) -> Dated | None:
    """
    Return when it happened, of what *sentences* tell.

    The first sentence that names a date decides; in it a day goes before a month, and the first
    before the others, unless it tells of what was before. Without any, a year after "in". Once an
    attack was told, what a trial or a claim of it is dated to is passed over. Where it is told of a
    day without a year, no other day is taken; where it is told of a year, no other year.
    """
    told, opened, year = False, None, None
    for number, sentence in enumerate(map(_without_lifetimes, sentences)):
        opening = _OPENING.match(sentence)
        day = day_alone_at(sentence, opening.end()) if opening else None
        if day and _ACT.search(sentence):
            return _on_day(day, sentences[number:]) or _year(sentence)
        after = told and bool(_AFTERMATH.search(sentence))
        found = _named(sentence, _is_elsewhere, only=_OF_THE_ACT if after else None)
        if opened is None and opening and not after:
            opened = _opening_year(sentence, opening)
            if found and opened and found.first.year != opened.first.year:
                continue
        if found:
            return found if opened is None or found.first.year == opened.first.year else None
        if year is None and not after:
            year = _year(sentence)
        told = told or bool(_ACT.search(sentence))
    return opened or year


def words_date(sentences: list[str]) -> Dated | None:
    """Return when something was said, of which *sentences* tell: the first date, or the first year after "in"."""
    named = (_named(_without_lifetimes(sentence), _is_measured) for sentence in sentences)
    years = (_year(sentence) for sentence in sentences)
    return next(filter(None, (*named, *years)), None)


def _named(sentence: str, elsewhere: Callable[[str], bool], *, only: re.Pattern[str] | None = None) -> Dated | None:
    """Return the date of what *sentence* tells, of those with a month; after *only*, where it is given."""
    named = [
        (dated, before)
        for dated in dates_in(sentence)
        if not elsewhere(before := sentence[max(0, dated.start - _NEAR) : dated.start])
        and (only is None or only.search(before))
    ]
    found = [dated for dated, before in named if not _EARLIER.search(before)] or [dated for dated, _ in named]
    return next((dated for dated in found if dated.first.day), found[0] if found else None)


def _on_day(day: tuple[int, int], sentences: list[str]) -> Dated | None:
    """Return the first date in *sentences* that is that *day*, a month and a day, of some year."""
    dates = (dated for sentence in sentences for dated in dates_in(sentence))
    return next((dated for dated in dates if (dated.first.month, dated.first.day) == day), None)


def _opening_year(sentence: str, opening: re.Match[str]) -> Dated | None:
    """Return the year that *sentence* opens with, if what it tells of then is an attack."""
    year = next(years_in(sentence), None) if sentence.startswith("In ") else None
    relative = _RELATIVE.search(sentence)
    end = relative.start() if relative else len(sentence)
    return year if year and year.start <= opening.start() and _ACT.search(sentence, 0, end) else None


def _year(sentence: str) -> Dated | None:
    return next(
        (
            year
            for year in years_in(sentence)
            if not _is_elsewhere(sentence[max(0, year.start + 3 - _NEAR) : year.start + 3])
        ),
        None,
    )


def _is_elsewhere(before: str) -> bool:
    """Say whether the date after *before* is that of something else for sure."""
    aside = _BY_THE_WAY.search(before)
    return bool(_is_measured(before) or (aside and not _STRUCK.search(aside[0])) or _WORDS_OF.search(before))


def _is_measured(before: str) -> bool:
    born, of = _BORN.search(before), _ANNIVERSARY.search(before)
    return bool(
        _MEASURED.search(before)
        or (born and not _ACT.search(born[0]))
        or (of and (of[0].endswith("of ") or _ACT.search(of[0])))
    )


def _without_lifetimes(sentence: str) -> str:
    return _LIFETIME.sub(_unless_lived, sentence) if "(" in sentence else sentence


def _unless_lived(dates: re.Match[str]) -> str:
    return "" if int(dates["till"]) - int(dates["from"]) > _LONGEST_EVENT else dates[0]
