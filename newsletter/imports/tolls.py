"""How many were killed and injured, as prose tells it, in figures or in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.fields import HIGHEST_COUNT
from newsletter.imports.elsewhere import is_dated, is_elsewhere
from newsletter.imports.figures import NUMBER, in_figures
from newsletter.imports.names import sentence_end, sentence_start
from newsletter.imports.subjects import has_verb, leaves_out

_PERSON = (
    r"(?:person|man|woman|child|boy|girl|baby|officer|policeman|policewoman|soldier|guard|civilian|teacher|priest|imam"
    r"|nun|rabbi|student|journalist|worker|driver|judge|mayor|politician|passer-by|bystander|worshipper|tourist|pilgrim|contractor"
    r"|diplomat|cleric|lawyer|pilot|sailor|marine|farmer|shopkeeper|engineer|nurse|doctor|resident|villager|passenger|hostage)"
)
_AMOUNT = re.compile(
    rf"""(?P<least>\b(?:at\ least|more\ than|over|no\ (?:fewer|less)\ than|not\ less\ than|upwards?\ of|in\ excess\ of
            |a\ minimum\ of)\s+)?
        (?P<most>\b(?:up\ to|as\ many\ as|at\ most|no\ more\ than|fewer\ than|less\ than|under)\s+)?
        (?:\b(?:about|around|approximately|roughly|nearly|almost|some|an?\ estimated|an?\ reported|a\ total\ of|a)\s+)?
        (?:(?:between|from)\s+(?P<from>{NUMBER})\s+(?:and|to)\s+(?P<till>{NUMBER})
          |(?P<low>{NUMBER})(?:\s*(?:[-–]|\bto\b|\bor\b)\s*(?P<high>{NUMBER})|(?P<more>\s+or\s+more|\+))?
          |(?P<one>\ban?\b)(?=\s+(?:[\w.-]+\s+){{0,2}}{_PERSON}\b))""",
    re.VERBOSE | re.IGNORECASE,
)
_KILLING = (
    r"(?:kill(?:ing(?:\s+of)?|ed|s)?|murder(?:ing|ed)|massacr(?:ing|ed)|execut(?:ing|ed)|behead(?:ing|ed)|slaughter(?:ing|ed)"
    r"|assassinat(?:ing|ed)|sho(?:t|oting)\s+dead|claim(?:ing|ed)\s+the\s+lives\s+of|t(?:ook|aking)\s+the\s+lives\s+of"
    r"|deaths?\s+(?:toll\s+)?(?:rose\s+to|stood\s+at|of|to|at|was|is|reached))"
)
_WOUNDING = r"(?:injur(?:ing|ed|es)|wound(?:ing|ed|s)|hurt(?:ing)?|maim(?:ing|ed))"
_BOTH = rf"(?:{_KILLING}\s+(?:and|or|and/or)\s+{_WOUNDING}|{_WOUNDING}\s+(?:and|or|and/or)\s+{_KILLING})"
_LINK = r"\s+(?:(?:himself|herself|themselves|itself)\s+(?:and|along\s+with)\s+)?(?:the\s+|all\s+|another\s+|also\s+)*"
_AUXILIARY = (
    r"(?:\s+(?:were|was|are|is|have|had|has|been|being|seriously|severely|badly|critically"
    r"|also|reportedly|later|instantly|confirmed))"
)
_DEAD = (
    r"(?:killed|dead|died|murdered|massacred|executed|beheaded|slain|shot\s+dead|fatalities|deaths"
    r"|(?:shot|stabbed|beaten|hacked|stoned|burned|bludgeoned|crushed|trampled)\s+to\s+death"
    r"|lost\s+their\s+lives|lives\s+were\s+lost)"
)
_HURT = r"(?:injured|wounded|hurt|injuries|maimed)"
_NOUNS = (
    r"(?!\s+(?:the|its|his|her|their|[0-9]+\s))"
    r"(?:\s+(?!(?:and|or|who|that|which|were|was|when|while|after|before|by|but"
    r"|would|could|might|may|should|will|can|cannot|not|never)\b)(?:U\.[SKN]\.|[\w’'-]+)){0,6}?"
)
_AMONG = (
    r"(?:,\s+(?:including|among\s+them|most(?:ly)?\s+(?:of\s+them\s+)?|[0-9]+\s+of\s+(?:them|whom)\b)"
    r"(?:[^,.;]|(?<=\b[A-Z])\.)*,)?"
)
#: After a bare "killed" no other sufferers follow: "two gunmen killed 12", "two bombs killed at least 30".
_PASSIVE = (
    r"(?=\s*(?:$|[.,;:)—–-]|(?:and|or|in(?!\s+(?:all|total)\b)|by|when|at(?!\s+least\b)|during|on|as(?!\s+many\b)|after|while"
    r"|outside|near|dead)\b))"
)
_ATTACKERS = re.compile(
    r"(?:\s+(?!(?:and|or|who|that|which|were|was|when|while|where|after|before|by|but|as|in|at|on|near|outside|during|with"
    r"|dead|killed|injured|wounded|hurt)\b)[\w’'-]+){0,2}?\s+(?:attackers?|gunm[ae]n|assailants?|militants?|terrorists?|bombers?|hijackers?"
    r"|insurgents?|perpetrators?|suspects?|fighters?|extremists?|jihadists?|rebels?)\b"
    r"|(?:\s+[\w-]+){1,2}?\s+who\s+had\s+(?:just\s+)?(?:stabbed|shot|killed|attacked|opened|rammed|driven|injured|wounded|taken|tried)\b",
    re.IGNORECASE,
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_BOTH_BEFORE = _pattern(rf"\b{_BOTH}{_LINK}$")
_KILLED_BEFORE = _pattern(rf"\b{_KILLING}{_LINK}$")
_INJURED_BEFORE = _pattern(rf"\b{_WOUNDING}{_LINK}$")
_BOTH_AFTER = _pattern(rf"{_NOUNS}{_AMONG}{_AUXILIARY}*\s+{_DEAD}\s+(?:and|or|and/or)\s+{_HURT}")
_KILLED_AFTER = _pattern(rf"{_NOUNS}{_AMONG}(?:{_AUXILIARY}+\s+{_DEAD}\b|\s+{_DEAD}\b{_PASSIVE})")
_INJURED_AFTER = _pattern(rf"{_NOUNS}{_AMONG}(?:{_AUXILIARY}+\s+{_HURT}\b|\s+{_HURT}\b{_PASSIVE})")
_AFTER = {"killed": _KILLED_AFTER, "injured": _INJURED_AFTER}
_AND_ALSO = _pattern(
    r"(?:\s+(?!(?:including|in|from|of|at|with|when|while|after|before|on|by|for|as|during)\b)(?!\w+ing\b)[\w’'-]+){1,4}?"
    r"(?:,?\s+and|,)\s+"
)
_NOT_AFTER = _pattern(
    r"(?:\s+of\s+(?:the|them|its|whom|these|those)\b|\s+(?:critically|seriously|severely|badly|gravely|fatally)\b"
    r"(?!\s+(?:injured|wounded|hurt)\b)|\s+(?:years?|months?|weeks?|days?|hours?|minutes?|percent|per\s+cent)\b|-year|\s+dozen"
    r"|\s+(?:[\w-]+\s+)?(?:generations?|famil(?:y|ies)|households?|couples|battalions?|platoons?|units?|animals?|horses?|dogs?)\b)"
)
_NOBODY = r"(?:no\s+one|nobody|no\s+people)"
_NONE_KILLED = _pattern(
    rf"\b{_NOBODY}\s+(?:(?:was|were)\s+(?:(?:injured|wounded|hurt)\s+or\s+)?killed|died)|\bkill(?:ing|ed|s)\s+{_NOBODY}\b"
    r"|\bno\s+(?:deaths|fatalities)\s+(?:(?:or|and)\s+injuries|(?:were\s+)?reported)"
    r"|\bno\s+injuries\s+or\s+(?:deaths|fatalities)|\bno\s+casualties\b"
)
_NONE_INJURED = _pattern(
    rf"\b{_NOBODY}\s+(?:was|were)\s+(?:killed\s+or\s+)?(?:injured|wounded|hurt)|\b(?:injuring|wounding)\s+{_NOBODY}\b"
    r"|\bno\s+injuries\s+(?:or\s+(?:deaths|fatalities)|(?:were\s+)?reported)"
    r"|\bno\s+(?:deaths|fatalities)\s+(?:or|and)\s+injuries|\bno\s+casualties\b"
)
_TAKING_LIVES = _pattern(r"\b(?:claim(?:ing|ed|s)|took|taking|cost(?:ing)?)\s+$")
_LIVES = _pattern(r"\s+(?:[\w’-]+\s+)?lives\b")
_ITEM = (
    r"(?:(?:at\s+least|more\s+than|over|some|about|around|approximately|nearly|almost|roughly|an\s+estimated)\s+)?"
    rf"(?:{NUMBER}|an?(?=\s+(?:[\w-]+\s+){{0,2}}{_PERSON}\b))"
    r"(?:\s+(?!(?:were|was|are|have|had|has|in|on|at|of|from|by|with|who|that|and|killed|died)\b)[\w’'-]+){1,3}"
)
#: What a clause begins with, before the last of those counted together: "five soldiers, two guards and".
_THOSE_BEFORE = _pattern(
    rf"(?:^|[.;:,”]\s+|\b(?:when|that|which|where|as|after|while|because)\s+"
    rf"|\b(?:killed|dead|died|injured|wounded|hurt),?\s+(?:and|while|with)\s+)(?P<items>{_ITEM}(?:,\s+{_ITEM})*),?\s+and\s+$"
)
#: Words between two figures of one sentence that make the second a part of the first, or the first anew.
_NO_SECOND = _pattern(
    r"\b(?:includ\w+|among|of\s+(?:whom|them|these|those)|toll|total|figure|number|count|since|deadliest|worst)\b|:"
)
_SHOT_BEFORE, _DEAD_AFTER = _pattern(r"\bshot\s+(?:another\s+)?$"), _pattern(rf"{_NOUNS}\s+(?:dead|to\s+death)\b")
#: Others beside those counted, of whom nobody says how many; there they may be one, or several.
_ONES_OWN_BESIDE = _pattern(
    r"(?:\s+(?!and\b)[\w’'-]+){0,4}?(?:,?\s+(?:and|along\s+with|together\s+with|as\s+well\s+as)|,)\s+(?:his|her|their|its)\s+"
    r"(?:[\w’-]+\s*){1,3}?(?=[.,;)]|$|\b(?:and|in|at|on|near|when|outside|during|with)\b)"
)
_OF_ANOTHER = _pattern(r"\band\s+(?:his|her|their|its)\s+$")
_MORE_BESIDE = _pattern(
    r"(?:\s+(?!and\b)[\w’'-]+){0,4}?\s+and\s+(?:many|several|some|a\s+few)\s+(?!(?:more|others?)?\s*(?:were|was|are)\b)"
    r"(?:[\w’-]+\s*){1,3}?(?=[.,;)]|$|\b(?:in|at|on|near|when|outside|during)\b)"
)


_SUFFERED = {
    "killed": _pattern(r"\b(?:killed|murdered|assassinated|executed|beheaded|dead|died|shot)\b"),
    "injured": _pattern(rf"\b{_HURT}\b"),
}
#: A part and its whole: "130 of the 850", "12 of the hotel’s 200".
_OF = (
    r"\s+of\s+(?:(?:the|its|their|his|her|those|these|some|about|around|nearly|almost|approximately|more\s+than|over|at\s+least)\s+"
    r"|[\w-]+(?:[’']s|s[’'])\s+)*"
)
_PART_OF = re.compile(rf"{_OF}{NUMBER}")
_WHOLE_OF = re.compile(rf"(?<!\b[Aa]ll){_OF}$|(?:^|\s)Of\s+(?:the|its|their|those|these)\s+$")
_SOME = (
    r"(?:\s+(?!(?:and|or|who|that|which|were|was|when|while|killed|dead|murdered|injured|wounded|hurt)\b)"
    r"[\w’'-]+){0,6}?"
)
_SUFFER_AFTER = {
    "killed": _pattern(rf"{_SOME}(?:{_AUXILIARY}+\s+{_DEAD}|\s+(?:died|perished|lost\s+their\s+lives))\b"),
    "injured": _pattern(rf"{_SOME}{_AUXILIARY}+\s+{_HURT}\b"),
}
_LATER_VERB = re.compile(r"(?:(?!\b(?:who|whom|that|which|where|when|while|as|and)\b)[^,;.]){0,60}?\s(?:were|was)\b")
#: In what tells of a part: "12 of the 30 were killed"; but "5 of the 12 killed" are twelve.
_FINITE = re.compile(r"\b(?:were|was|are|is|have|had|has|been|died|perished|lost)\b")
_OWN_VERB = re.compile(r"\s+(?:were|was|are|is)\b")
#: A second number whose verb is the first's: "killing 259 people on board and 11 on the ground".
_AND = re.compile(r"(?<![0-9]),?\s+and\s+(?:another\s+|a\s+further\s+)?$")
_GAPPED = _pattern(
    r"(?:\s+(?!\w+ed\b|(?:said|was|were|had|has|have|is|are|who|which|that|and|or|in|on|at|from|by|other\s+countries|more\s+than)\b"
    r"|(?:church|mosque|temple|synagogue|village|town|district|province|hotel|caf[eé]|restaurant|shop|store|building|house|home|car|bus|train|plane"
    r"|vehicle|truck|school|attack|bombing|bomb|blast|explosion|incident|checkpoint|base|station|market|state|site|place|office|camp)(?:e?s)?\b"
    r"|(?:cit|countr|embass)ies\b)[\w’'-]+){0,4}?"
    r"(?:\s+(?:in|on|at|outside|near|aboard|elsewhere|there|from|below|inside|during)\b|\s*(?:[.,;)]|$))"
)
#: Before a number in another sentence that is to be added to the first, or is the sum of all.
_ANOTHER = re.compile(
    r"\b(?:[Mm]inutes|[Mm]oments|[Hh]ours|[Ss]econds|[Ss]hortly|[Ss]oon)\s+(?:later|after|afterwards?)\b|\b[Ss]imultaneous|\b[Mm]eanwhile\b"
    r"|\b[Ss]ame\s+(?:day|time|morning|night|evening)\b|\b[Ll]ater\s+that\b|\b[Tt]hen\b|\b[Ee]lsewhere\b"
    r"|\b(?:[Ss]econd|[Tt]hird|[Aa]nother|[Oo]ther)\s+(?:[\w-]+\s+){0,2}(?:bomb|bomber|blast|attack|attacker|explosion|gunman|gunmen|device|team)s?\b"
)
_IN_ALL = re.compile(r"\b(?:[Ii]n\s+(?:all|total)|[Aa]ltogether|(?:rose|climbed)\s+to)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """How many: the lower figure, whether more is likely, and the upper figure of a range."""

    low: int
    at_least: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolls:
    """How many were killed and injured, where the text says so."""

    killed: Toll | None
    injured: Toll | None


def tolls_in(text: str) -> Tolls:
    """
    Return how many were killed and injured, as *text* first tells each.

    "At least", "more than" and "or more" mean that more is likely. What can't be counted
    ("dozens"), an upper bound alone ("up to 40"), attackers, and the killed and injured counted
    together give nothing.
    """
    text = in_figures(text)
    found: dict[str, Toll | None] = {}
    ends: dict[str, int] = {}
    for amount in _AMOUNT.finditer(text):
        kind = _kind(text, amount)
        if kind is None or _is_elsewhere(text, amount):
            continue
        if kind not in found:
            found[kind], ends[kind] = _first(text, amount, kind), amount.end()
        elif _anew(text, ends[kind], amount, found[kind]):
            found[kind] = None
    for kind, nobody in (("killed", _NONE_KILLED), ("injured", _NONE_INJURED)):
        if kind not in found and nobody.search(text):
            found[kind] = Toll(low=0)
    return Tolls(killed=found.get("killed"), injured=found.get("injured"))


def _first(text: str, amount: re.Match[str], kind: str) -> Toll | None:
    """Return the toll that *amount*, the first of its kind, tells; none where there are others whom it leaves out."""
    toll, end = _with_others(text, amount, kind)
    if toll is None or (kind == "killed" and _kills_again(text, amount)) or _goes_on(text, end):
        return None
    return toll


def _goes_on(text: str, start: int) -> bool:
    """Say whether the sentence has another number for the verb: "killed 213 in one town, and 11 in another"."""
    end = sentence_end(text, start)
    for other in _AMOUNT.finditer(text, start, end):
        if _NO_SECOND.search(text, start, other.start()):
            return False
        if (
            not other["most"]
            and _AND.search(text, start, other.start())
            and _GAPPED.match(text, other.end(), end)
            and not (_ATTACKERS.match(text, other.end()) or _NOT_AFTER.match(text, other.end()) or _kind(text, other))
        ):
            return True
    return False


def _anew(text: str, end: int, amount: re.Match[str], toll: Toll | None) -> bool:
    """Say whether *amount*, in a sentence after the one of *toll*, adds to it or is the sum of all."""
    start = sentence_start(text, amount.start())
    other = _toll(amount)
    if toll is None or other is None or other.low == toll.low:
        return False
    if _IN_ALL.search(text, max(start, end), min(amount.end() + 40, sentence_end(text, amount.end()))):
        return True
    return start >= end and bool(_ANOTHER.search(text, start, amount.start()))


def _kills_again(text: str, amount: re.Match[str]) -> bool:
    """Say whether the sentence tells of others killed elsewhere: "killing 8, and then shot 69 people dead"."""
    end = sentence_end(text, amount.end())
    for other in _AMOUNT.finditer(text, amount.end(), end):
        if _NO_SECOND.search(text, amount.end(), other.start()):
            return False
        shot = _SHOT_BEFORE.search(text, amount.end(), other.start()) and _DEAD_AFTER.match(text, other.end(), end)
        if shot or (_kind(text, other) == "killed" and not _is_elsewhere(text, other)):
            return True
    return False


def toll_of(text: str) -> Toll | None:
    """Return the toll that all of *text* is, as a table's cell has it: `12`, `33-41`, `at least 5`, `5+`."""
    text = in_figures(" ".join(text.split()))
    amount = _AMOUNT.fullmatch(text)
    return _toll(amount) if amount else None


def _kind(text: str, amount: re.Match[str]) -> str | None:
    """Return what the amount counts: `killed`, `injured`, or nothing of both."""
    before, end = text[max(0, amount.start() - 80) : amount.start()], amount.end()
    part = _PART_OF.match(text, end)
    end = part.end() if part else end
    if is_dated(text, amount.start(), amount.end()) or _ATTACKERS.match(text, end) or _NOT_AFTER.match(text, end):
        return None
    if _BOTH_BEFORE.search(before) or _BOTH_AFTER.match(text, end):
        return None
    own = _OWN_VERB.match(text, end)
    if not own and (_KILLED_BEFORE.search(before) or (_TAKING_LIVES.search(before) and _LIVES.match(text, end))):
        return "killed"
    if not own and _INJURED_BEFORE.search(before):
        return "injured"
    if "shot" in before and _SHOT_BEFORE.search(before) and _DEAD_AFTER.match(text, end):
        return "killed"
    return _kind_after(text, amount, end, part=bool(part))


def _kind_after(text: str, amount: re.Match[str], end: int, *, part: bool) -> str | None:
    """Return what the amount counts as the subject of what is after *end*; a whole is not counted with its part."""
    patterns = _SUFFER_AFTER if part else _AFTER
    found = [(match.end(), kind) for kind, pattern in patterns.items() if (match := pattern.match(text, end))]
    if not found:
        return None
    last, kind = min(found)
    whole = _WHOLE_OF.search(text, max(0, amount.start() - 80), amount.start())
    return None if whole and _FINITE.search(text, end, last) else kind


def _is_elsewhere(text: str, amount: re.Match[str]) -> bool:
    near = max(0, amount.start() - 80)
    verb = _KILLED_BEFORE.search(text, near, amount.start()) or _INJURED_BEFORE.search(text, near, amount.start())
    return is_elsewhere(text, amount.start(), amount.end(), verb)


def _with_others(text: str, amount: re.Match[str], kind: str) -> tuple[Toll | None, int]:
    """Return the toll of *amount* and of those named beside it, "two officers and three civilians", and its end."""
    toll = _toll(amount)
    before = text[max(0, amount.start() - 80) : amount.start()]
    if _OF_ANOTHER.search(before):
        return None, amount.end()
    if not (_KILLED_BEFORE.search(before) or _INJURED_BEFORE.search(before)):
        return _with_those_before(text, amount, toll, kind), amount.end()
    while toll and not toll.most:
        link = _AND_ALSO.match(text, amount.end())
        beside = _AMOUNT.match(text, link.end()) if link else None
        if not beside or _counts_alone(text, beside):
            break
        other = _toll(beside)
        if other is None or other.most:
            break
        toll = Toll(low=toll.low + other.low, at_least=toll.at_least or other.at_least)
        amount = beside
    if _ONES_OWN_BESIDE.match(text, amount.end()):
        return None, amount.end()
    if toll and not toll.most and _MORE_BESIDE.match(text, amount.end()):
        toll = Toll(low=toll.low, at_least=True)
    return toll, amount.end()


def _with_those_before(text: str, amount: re.Match[str], toll: Toll | None, kind: str) -> Toll | None:
    """Add the others of "five soldiers, two guards and seven civilians were killed" to the *toll* of the last."""
    link = _THOSE_BEFORE.search(text, max(0, amount.start() - 120), amount.start())
    if link and has_verb(link["items"]):  # "Two bombs went off and"
        link = None
    if not link and leaves_out(text, amount.start(), amount.end(), suffered=_SUFFERED[kind]):
        return None
    if not (toll and link) or toll.most:
        return toll
    for item in re.split(r",\s+", link["items"]):
        counted = _AMOUNT.match(item)
        other = _toll(counted) if counted and not _ATTACKERS.match(item, counted.end()) else None
        if other:
            toll = Toll(low=toll.low + other.low, at_least=toll.at_least or other.at_least)
    return toll


def _counts_alone(text: str, amount: re.Match[str]) -> bool:
    """Say whether *amount* opens a clause of its own: "and 80 others were injured"."""
    end = amount.end()
    return bool(
        _ATTACKERS.match(text, end)
        or _NOT_AFTER.match(text, end)
        or _KILLED_AFTER.match(text, end)
        or _INJURED_AFTER.match(text, end)
        or _LATER_VERB.match(text, end)
        or not re.match(
            r"(?:\s+(?!(?:were|was|are|have|had|has)\b)[\w’'-]+){1,3}?(?:\s+of\s+(?:the\s+)?[\w’'-]+)?(?:\s*(?:[.,;)]|$)|\s+(?:in|and|at|near|on|when|outside)\b)",
            text[end:],
        )
    )


def _toll(amount: re.Match[str]) -> Toll | None:
    if amount["one"]:
        return Toll(low=1)
    low, high = _figure(amount["from"] or amount["low"]), _figure(amount["till"] or amount["high"])
    if low > HIGHEST_COUNT or high > HIGHEST_COUNT or (amount["most"] and not high):
        return None
    if high:
        low, high = min(low, high), max(low, high)
    return Toll(low=low, at_least=bool(amount["least"] or amount["more"]), most=high if high > low else None)


def _figure(text: str | None) -> int:
    return int(text.replace(",", "")) if text else 0
