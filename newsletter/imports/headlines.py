"""Headlines for what comes without one: factual, sober, never a quote's words."""

from __future__ import annotations

import re

from newsletter.fields import LONGEST_HEADLINE, country_name
from newsletter.imports.dates import date_at
from newsletter.imports.names import sentences
from newsletter.models import Kind, PartialDate
from newsletter.text import clean_line

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ON = re.compile(
    r"^(?:On|In|From|Between|Early on|Late on)\s+(?:the\s+\w+\s+of\s+)?(?:\w+day,?\s+)?(?:(?:early|mid|late)[\s-]+)?"
)
#: What parts a date that opens a text from what happened then.
_DATELINE = re.compile(r"\s*[:—–]\s*|\s+-\s+")
_YEAR = re.compile(r"(?:1[0-9]{3}|20[0-9]{2})(?=,\s)")
#: Words that have a capital only where they begin a sentence.
_ORDINARY = re.compile(
    r"(?:An?|The|At|In|One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Several|Many|Some|Dozens|Hundreds|Gunmen|Militants"
    r"|Insurgents|Attackers|Assailants|Terrorists|Extremists|Fighters|Rebels|Bombers|Bombings|Bombs|Armed|Masked|Suspected"
    r"|Unidentified|Unknown|Suicide|Car|Truck|Members|Police|Soldiers)\b(?!\s+[A-Z])"
)
_CONSEQUENCE = re.compile(
    r"\s*(?:[;:—]|,?\s+(?:in|of|at|on|from|during|for|by|with|to)\s+wh(?:ich|om)\b|,?\s+(?:killing|injuring|wounding|leaving|murdering|resulting|which|who|where|while|when|before|after)\b).*",
    re.DOTALL,
)
_QUOTE_MARK = re.compile(r"[“”\"«»]")
#: What no headline tells, in small letters: a pattern that ignores case takes three times as long.
_GRAPHIC = re.compile(
    r"behead|decapitat|mutilat|dismember|disembowel|crucif|tortur|\brap(?:e|ed|ing)\b|corpse|blood|throat|burn\w*\s+alive"
    r"|buried\s+alive|ston(?:ed|ing)\s+to\s+death|hacked|severed|\bgor[ey]\b"
)
#: A clause shorter than this says nothing.
_SHORTEST = 12


#: What stands before a town's name: "in the northern city of".
_IN_TOWN = re.compile(r"\s+in\s+(?:the\s+)?(?:(?!in\b)[\w’-]+\s+){0,3}$")
#: What ends it: its country or a genitive, and no second town.
_TOWN_ENDS = re.compile(r"\b(?>,\s+(?:the\s+)?[A-Z][\w’ -]*(?=[,.;]|$),?|’s)?+(?!,?\s+and\s+[A-Z])")
#: What goes on with where it was: a second town, a region, "near the border".
_WHERE_GOES_ON = re.compile(r",?\s*(?:and\s+)?[A-Z]|,\s+(?:(?:in|near|outside|on)\b|\w*ern\b|central\b)")
#: What is left where a clause was cut before "after" and the like: a span of time.
_SPAN = re.compile(
    r",?\s*\b(?:(?:almost|about|nearly|just|only|barely|less\s+than|more\s+than)\s+)?"
    r"(?:an?|the|one|two|three|four|five|six|seven|eight|nine|ten|twenty|several|many|a\s+few|some|[0-9]+)\s+"
    r"(?:years?|months?|weeks?|days?|nights?|hours?|minutes?|moments?)$|\s(?:years|months|weeks|days|hours|minutes|moments)$",
    re.IGNORECASE,
)


def said_date(day: PartialDate) -> str:
    """Return *day* as a headline says it: 23 January 2019, January 2019, 2019."""
    return " ".join(filter(None, (str(day.day or ""), _MONTHS[day.month - 1] if day.month else "", str(day.year))))


def shortened(text: str, longest: int = LONGEST_HEADLINE) -> str:
    """Return *text* on one line of at most *longest* characters, cut between words."""
    line = clean_line(text)
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut).rstrip(" ,;:-–—") + "…"


def words_headline(kind: Kind, speaker: str | None, role: str | None, day: PartialDate | None) -> str:
    """Return a headline for words: who, in what capacity, when."""
    when = said_date(day) if day else ""
    if speaker:
        who = f"{speaker}, {role}" if role else speaker
        return f"{shortened(who, LONGEST_HEADLINE - len(when) - 2)}, {when}" if when else shortened(who)
    what = "Post" if kind is Kind.POST else "Statement"
    return f"{what} of {when}" if when else f"{what}, date undetermined"


def fact_headline(text: str, place: str | None, country: str | None, day: PartialDate | None) -> str:
    """Return a headline for an account: where, and the first clause of what happened."""
    where = ", ".join(filter(None, (place, country_name(country) if country else None)))
    clause = _first_clause(text, place)
    if len(clause) >= _SHORTEST and not _QUOTE_MARK.search(clause) and not _GRAPHIC.search(clause.lower()):
        if not where or (place and place in clause):
            return shortened(clause[:1].upper() + clause[1:])
        if _ORDINARY.match(clause):
            clause = clause[0].lower() + clause[1:]
        return shortened(f"{where}: {clause}")
    return shortened(", ".join(filter(None, (where, said_date(day) if day else ""))) or "Event, date undetermined")


def _first_clause(text: str, place: str | None) -> str:
    """Return the first sentence without its date, its place and what came of it."""
    first = clean_line(re.sub(r"\[\^[0-9]+\]", "", sentences(text)[0])) if text.strip() else ""
    on = _ON.match(first)
    if on:
        dated, year = date_at(first, on.end()), _YEAR.match(first, on.end())
        first = first[dated.end :] if dated else first[year.end() :] if year else first
        first = first.lstrip(" ,")
    opening = None if on else date_at(first, 0)
    dateline = _DATELINE.match(first, opening.end) if opening else None
    if dateline:  # "May 22, 2013: Two men"
        first = first[dateline.end() :]
    if place:
        first = _without_town(first, place)
    cut = _CONSEQUENCE.sub("", first)
    clause = cut.strip(" ,.")
    return (
        _SPAN.sub("", clause).strip(" ,.") if re.match(r",?\s+(?:before|after|when)\b", first[len(cut) :]) else clause
    )


def _without_town(text: str, place: str) -> str:
    """Return *text* without "in" and *place*, and the country after it; patterns are the same for every row."""
    at = text.find(place)
    while at != -1:
        before, after = _IN_TOWN.search(text, 0, at), _TOWN_ENDS.match(text, at + len(place))
        if before and after and not (_WHERE_GOES_ON.match(text, after.end()) or _tells_which(before, after)):
            return text[: before.start()] + text[after.end() :]
        at = text.find(place, at + 1)
    return text


def _tells_which(before: re.Match[str], after: re.Match[str]) -> bool:
    """Say whether the town only tells which of a kind is meant: "in a Moscow theater", "in Kabul’s old market"."""
    article = re.search(r"\b(?:an?|the)\s+$", before[0])
    return bool(article or after[0] == "’s") and bool(re.match(r"\s+[a-z]", after.string[after.end() :]))
