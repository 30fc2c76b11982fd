"""Which groups prose names, on what ground, and whether anybody claimed the deed."""

from __future__ import annotations

import re
from functools import cache

from newsletter.imports.gazetteer import table
from newsletter.models import Attribution, NamedGroup
from newsletter.text import slugify

_RESPONSIBLE = r"(?:responsibility|credit)"
_DEED = r"(?:attacks?|bombings?|assaults?|killings?|shootings?)"
_CLAIM = (
    rf"(?:claim(?:ed|s|ing)?\s+(?:joint\s+|sole\s+)?(?:{_RESPONSIBLE}|(?:the|this)\s+{_DEED}|it(?=\s*(?:[.,;]|so\s+far|yet|$)))"
    rf"|(?:said|announced|admitted|declared)\s+(?:that\s+)?it\s+(?:had\s+)?(?:(?:been|was)\s+behind|(?:been|was)\s+responsible\s+for"
    rf"|carried\s+out|staged|conducted|committed)\s+(?:the|this)\s+(?:\w+\s+)?{_DEED}"
    rf"|took\s+{_RESPONSIBLE}|{_RESPONSIBLE}\s+(?:for\s+[^,.;]{{1,60}}\s+)?(?:was|were|has\s+been)\s+(?:later\s+)?claimed"
    r"|(?:was|were|been|attack|bombing|shooting|assault)\s+(?:later\s+)?claimed\s+by|claimed\s+by)"
)
_UNCLAIMED = re.compile(
    rf"\b(?:no\s+(?:group|one|body|organi[sz]ation|party|militant\s+group|terrorist\s+group|individual|person)|nobody|none|neither)\b[^.;]{{0,60}}?\b{_CLAIM}"
    rf"|\b(?:did\s+not|didn’t|didn't|never|has\s+not|have\s+not|had\s+not|not\s+yet|without|(?:yet|failed|refused|declined|neglected)\s+to)\s+(?:\w+\s+)?(?:{_CLAIM}|claim(?:ed|ing)?)"
    r"|\bno\s+(?:immediate\s+|credible\s+)?claims?\s+of\s+responsibility|\b(?:un|not\s+(?:\w+\s+)?)claimed\b",
    re.IGNORECASE,
)
#: Neither claimed nor unclaimed: nobody knows yet.
_PERHAPS_CLAIMED = re.compile(
    rf"\b(?:(?:expected|likely|thought|believed|preparing|going|about|poised|threaten(?:ed|ing))\s+to|may|might|could|would)\s+"
    rf"(?:\w+\s+)?(?:{_CLAIM}|claim)\b",
    re.IGNORECASE,
)
_CLAIMED = re.compile(rf"\b{_CLAIM}", re.IGNORECASE)
_CONVICTED = re.compile(r"\b(?:convict(?:ed|ion)|found\s+guilty|sentenced|court\s+(?:found|ruled))\b", re.IGNORECASE)
_DISPUTED = re.compile(r"\b(?:den(?:y|ies|ied|ying)|disput(?:e|ed|es)|disavow(?:ed|s)?)\b", re.IGNORECASE)
_SUSPECTED = re.compile(
    r"\b(?:suspect(?:ed|s)?|suggest(?:ed|s|ing)?|believed|thought\s+to|blam(?:e|ed|ing)|accus(?:ed|ing)|alleg(?:ed|edly)|likely"
    r"|possibl[ey]|presumed|apparently|may\s+have|point(?:ed|ing)\s+to|reported\s+to\s+be)\b",
    re.IGNORECASE,
)
#: What a group does that tells of others' deeds.
_JUDGED = re.compile(
    r"\s+(?:later\s+|also\s+|has\s+|had\s+|publicly\s+)*(?:prais|condemn|denounc|applaud|celebrat|welcom|criticiz|criticis|hail|blam|accus|mourn)(?:e?d|es|ing)\b",
    re.IGNORECASE,
)
#: Where a subject begins, and what joins other groups to it: "Both X and Y claimed".
_SUBJECT = re.compile(r"(?:^|[,;]\s+|\b(?:both|that|when)\s+)(?:the\s+)?$", re.IGNORECASE)
_JOINED = re.compile(r"^(?:\s*,?\s*(?:\band\s+|,\s*)(?:the\s+)?_+)+")
#: Another group, named only to say what the one before it is: "X, a splinter of Y, claimed".
_APPOSED = re.compile(
    r",\s+(?:(?:then|once|now)\s+)?(?:an?\s+|the\s+|its\s+)?(?:[\w-]+\s+){0,5}?(?:precursor|forerunner|predecessor|successor|ally|allied|offshoot"
    r"|splinter(?:\s+(?:group|faction))?|breakaway(?:\s+(?:group|faction))?|affiliated?|branch|faction|rival|linked|loyal|aligned|close"
    r"|part|front|wing|arm|proxy|pledged\s+allegiance|split|splintered|broke(?:n)?\s+away|former\s+(?:members?|leaders?|commanders?))\s+(?:to|of|from|with|for)\s+(?:the\s+)?_+(?:\s+\([^()]*\)|,?\s+and\s+(?:the\s+)?_+)*(?=\s*,)",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"(?:\bagainst|\banti-|\bfighting|\bfought|\bcombat(?:ing|t?ed)?|\brival\w*|,\s+not)\s*(?:the\s+)?$", re.IGNORECASE
)
#: What is done to a group or its people: "killed three Hamas commanders", "retook Fallujah from ISIS".
_DONE_TO = re.compile(
    r"(?:\b(?:kill|murder|assassinat|wound|injur|arrest|captur|detain|attack|target|bomb|shell|raid|storm|ambush|defeat|rout|expel"
    r"|oust|eliminat|execut)(?:l?ed|l?ing|s)?|\b(?:struck|hit|shot(?:\s+dead)?|drove\s+out|overran|liberated))"
    r"(?:\s+(?!(?:by|that|and|or|in|at|on|near|when|while|after|before|as|for|from|who|which|with|because|where)\b)[\w’.-]+(?:,[0-9]{3})*){0,4}\s*$"
    r"|\b(?:retook|recaptured|liberated|freed|wrested|rescued|seized|took|fled|escaped|won|recovered|split|broke|splinter(?:ed)?|defected)\b[^,.;]{0,60}\bfrom\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_SUFFERED = re.compile(
    r"(?:[’']s)?\s+(?:[\w-]+\s+){0,2}(?:leaders?|commanders?|chiefs?|officials?|founders?|spokes\w+|operatives?)\b[^,.;]{0,40}"
    r"\b(?:was|were|been)\s+(?:\w+\s+)?(?:killed|assassinated|murdered|arrested|captured|wounded|shot)\b",
    re.IGNORECASE,
)
#: Where one clause ends and another begins.
_CLAUSE_ENDS = re.compile(r";|,?\s+(?:while|but|though|although|whereas)\b|,\s+and\b", re.IGNORECASE)
_STRENGTH = (
    Attribution.CONVICTED,
    Attribution.CLAIMED,
    Attribution.DISPUTED,
    Attribution.SUSPECTED,
    Attribution.ATTRIBUTED,
)


@cache
def _names() -> dict[str, str]:
    """Return every name of a group, folded, with the name that the archive gives it."""
    names = table("groups")["names"]
    return {called.casefold(): name for name, aliases in names.items() for called in (name, *aliases)}


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of every group's name, the longest first; initials need their capitals."""
    longest_first = sorted(table("groups")["names"].items())
    called = sorted(
        {name for group, aliases in longest_first for name in (group, *aliases)}, key=lambda n: (-len(n), n)
    )
    forms = (re.escape(name) if name.isupper() else f"(?i:{re.escape(name)})" for name in called)
    return re.compile(r"(?<![\w-])(?:" + "|".join(forms) + r")(?!\w)")


def groups_masked(text: str) -> str:
    """Return *text*, as long as before, without groups' names: "Islamic State of Iraq" names no country."""
    return _pattern().sub(lambda match: "_" * len(match[0]), text)


def mentions(text: str) -> list[str]:
    """Return the names, as the archive has them, of the groups that *text* names, each as often as it does."""
    return [_names()[match[0].casefold()] for match in _pattern().finditer(text)]


def claimed_in(text: str) -> bool | None:
    """Return whether *text* says that somebody claimed the deed; `None` where it says nothing of it."""
    if _CLAIMED.search(_PERHAPS_CLAIMED.sub("", _UNCLAIMED.sub("", text))):
        return True
    return False if _UNCLAIMED.search(text) else None


def groups_in(sentences: list[str]) -> tuple[NamedGroup, ...]:
    """
    Return the groups that *sentences* name, each on the strongest ground that one of them gives.

    Whom something was done against is left out.
    """
    grounds: dict[str, Attribution] = {}
    for sentence in sentences:
        bare = sentence
        for no_claim in (_UNCLAIMED, _PERHAPS_CLAIMED):
            bare = no_claim.sub(lambda match: "_" * len(match[0]), bare)
        for match in _pattern().finditer(sentence):
            if _is_an_object(sentence, match) or _JUDGED.match(sentence, match.end()):
                continue
            name, ground = _names()[match[0].casefold()], _ground(bare, match)
            grounds[name] = min(grounds.get(name, ground), ground, key=_STRENGTH.index)
    return tuple(NamedGroup(slug=slugify(name), name=name, attribution=ground) for name, ground in grounds.items())


def _is_an_object(sentence: str, group: re.Match[str]) -> bool:
    """Say whether something was done to the group, or against it."""
    before = sentence[max(0, group.start() - 120) : group.start()]
    return bool(_AGAINST.search(before) or _DONE_TO.search(before) or _SUFFERED.match(sentence, group.end()))


def _ground(sentence: str, group: re.Match[str]) -> Attribution:
    """Return on what ground *sentence* names the group."""
    apposed = [match.span() for match in _APPOSED.finditer(groups_masked(sentence))]
    for claim in _CLAIMED.finditer(sentence):
        if any(start <= group.start() < end for start, end in apposed):
            break
        beside = sentence[group.end() : claim.start()] if group.end() <= claim.start() else None
        after = sentence[claim.end() : group.start()] if claim.end() <= group.start() else None
        # "X, through its agency, claimed responsibility", "responsibility was claimed by X"
        if beside and _SUBJECT.search(sentence[: group.start()]):
            beside = _past_those_joined(beside)
        if (beside is not None and not _pattern().search(_without_apposed(beside))) or (
            after is not None
            and re.fullmatch(r"(?:[^,;]{0,60}\bby)?\s*(?:the\s+|an?\s+)?(?:[\w’-]+\s+){0,4}", after)
            and ("by" in claim[0] + after)
        ):
            return Attribution.CLAIMED
    told = _told_of(sentence, group)
    for ground, pattern in (
        (Attribution.CONVICTED, _CONVICTED),
        (Attribution.DISPUTED, _DISPUTED),
        (Attribution.SUSPECTED, _SUSPECTED),
    ):
        if pattern.search(told):
            return ground
    return Attribution.ATTRIBUTED


def _told_of(sentence: str, group: re.Match[str]) -> str:
    """Return the clause that names the group, and those of the sentence that name none."""
    clauses, start = [], 0
    for end in (*(match.start() for match in _CLAUSE_ENDS.finditer(sentence)), len(sentence)):
        if start <= group.start() < end or not _pattern().search(sentence, start, end):
            clauses.append(sentence[start:end])
        start = end
    return " ".join(clauses)


def _without_apposed(text: str) -> str:
    """Return *text* without the groups that only say what another is; patterns are those of masked names."""
    kept, done = [], 0
    for match in _APPOSED.finditer(groups_masked(text)):
        kept.append(text[done : match.start()])
        done = match.end()
    return "".join([*kept, text[done:]])


def _past_those_joined(text: str) -> str:
    """Return what follows the groups that "and" or a comma joins to the one before *text*."""
    joined = _JOINED.match(groups_masked(text))
    return text[joined.end() :] if joined else text
