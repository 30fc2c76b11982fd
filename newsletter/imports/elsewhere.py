"""Whether a number is of something else than what was done: of what was meant, of another event, of the calendar."""

from __future__ import annotations

import re

from newsletter.imports.names import sentence_start

#: A number that is a day's or a year's.
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\.)"
)
_IN_A_DATE = re.compile(rf"\b{_MONTH}\s+(?:[0-9]{{1,2}}(?:st|nd|rd|th)?,?\s+)?$")
_DAY_OF = re.compile(rf"\s+(?:of\s+)?{_MONTH}(?!\w)")
_IN_YEAR, _YEAR = re.compile(r"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Oo]f)\s+$"), re.compile(r"(?:19|20)[0-9]{2}")
#: Before "kill": what is meant, feared or denied, and what was before: "a plot to", "could have", "had".
_NOT_DONE = re.compile(
    r"(?:(?<!\bwent on )(?<!managed )(?<!proceeded )(?<!continued )(?<!returned )(?<!able )(?<!began )\bto"
    r"|\b(?:would|could|might|may|should|can|cannot|will|must|not|never)(?:\s+have)?|n[’']t|\bhad"
    r"|\b(?:aimed\s+at|intent\s+on|bent\s+on|(?:aims?|goals?|intention|hopes?|purpose|idea|plans?|plots?)\s+(?:of|for)|capable\s+of"
    r"|plott(?:ed|ing)|plann(?:ed|ing)|attempted|threatened|without))"
    r"\s+(?:(?:the|also|already|previously|earlier|just|then|simultaneously)\s+)*$"
)
#: What was said of it afterwards has "had" as well.
_SAID_HAD = re.compile(r"\b(?:said|reported|announced|confirmed|told|believed|estimated)\s[^,;.]*\bhad\s")
_HAD_SUFFERED = re.compile(
    r"(?:\s+(?!(?:and|or|who|that|which|were|was|had)\b)[\w’'-]+){0,6}?\s+had\s+(?:already\s+|previously\s+|earlier\s+)?(?:been\s+\w+|died)\b"
    r"[^,;.]{0,60}\b(?:19|20)[0-9]{2}\b"
)
_UNIT = r"(?i:hours?|days?|weeks?|months?|years?|decades?)"
_STRIKE = r"(?:attack|assault|bombing|blast|explosion|massacre|shooting|strike|airstrike|raid|killing)s?"
#: As far as no other clause begins: a town's country stands between commas, and what tells which attack is meant.
_CLAUSE = (
    r"(?:[^,;.]|(?<=\b[A-Z])\.|,\s+(?:in\s+)?(?:which|that|when|where)\b"
    r"|,\s+[A-Z][\w’-]+(?:\s+[A-Z][\w’-]+){0,3}(?=,))*"
)
_MEASURED = rf"{_UNIT}\s+(?:to\s+the\s+day\s+)?(?:after|before|since|following)\b"
#: Another event, which was before: "three days after an attack that".
_OTHER_EVENT = re.compile(
    rf"(?:\b{_MEASURED}|\b[Ss]ince\b|\banniversary\s+of\b|\b(?:revenge|retaliation|reprisals?|retribution)\s+for\b|\bresponse\s+to\b"
    rf"|\b(?:similar\s+to|reminiscent\s+of|resembl(?:ed|ing))\b|\b(?:previous|earlier)\s+(?:[\w-]+\s+)?{_STRIKE}\b){_CLAUSE}$"
)
_OPENING_SINCE = re.compile(r"^Since\b[^;]*\b(?:has|have)\s+$")
_OPENING_EVENT = re.compile(
    rf"^(?:(?:[Aa]t\s+least|[Aa]bout|[Mm]ore\s+than|[Jj]ust|[Oo]nly|[Ll]ess\s+than)\s+)?(?:[\w-]+\s+(?:few\s+)?)?{_MEASURED}{_CLAUSE},\s+$"
)
_LONG_BEFORE = re.compile(
    rf"(?:(?!\b(?:who|which|that|where|and)\b)[^,;.]){{0,80}}?\b(?:{_UNIT}\s+(?:earlier|ago|previously)|in\s+an?\s+(?:earlier|previous)"
    r"|the\s+(?:year|month|week|day)\s+before(?=[.,;]|$)|the\s+previous\s+(?:day|week|month|year))\b"
)


def is_elsewhere(text: str, start: int, end: int, verb: re.Match[str] | None) -> bool:
    """
    Say whether the number in *text* from *start* to *end* is of what was not done, or of another event.

    *verb* is what stands right before it, if it does: "killing". "A plot to kill 300"; "which had
    killed 40"; "three days after an attack that killed 12".
    """
    start = verb.start() if verb else start
    sentence = text[sentence_start(text, start) : start]
    undone = _NOT_DONE.search(text, max(0, start - 60), start) if verb else _HAD_SUFFERED.match(text, end)
    had = undone and undone[0].startswith("had")
    if undone and not (had and (sentence.startswith("By ") or _SAID_HAD.search(sentence + "had "))):
        return True
    opening = verb and verb[0].split()[0].endswith("ing") and _OPENING_EVENT.search(sentence)
    return bool(
        opening or _OPENING_SINCE.search(sentence) or _OTHER_EVENT.search(sentence) or _LONG_BEFORE.match(text, end)
    )


def is_dated(text: str, start: int, end: int) -> bool:
    """Say whether the number in *text* from *start* to *end* is a day or a year: "On 29 November both died"."""
    near = max(0, start - 30)
    return bool(
        _DAY_OF.match(text, end)
        or _IN_A_DATE.search(text, near, start)
        or (_YEAR.fullmatch(text[start:end]) and _IN_YEAR.search(text, near, start))
    )
