"""Which groups prose names, on what ground, and whether anybody claimed the deed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from newsletter.imports.culprits import did_it, is_another, is_beside
from newsletter.imports.gazetteer import country_names, demonyms, table
from newsletter.models import Attribution, NamedGroup
from newsletter.text import slugify

_RESPONSIBLE = r"(?:responsibility|credit)"
_DEED = r"(?:attacks?|bombings?|assaults?|killings?|shootings?|abductions?|kidnappings?|murders?|blasts?|explosions?)"
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
#: No sentence that names more groups, or is longer, tells who did it; each is weighed against the others.
_MOST_NAMED, _LONGEST_SENTENCE = 20, 5_000
#: Where a subject begins, and what joins other groups to it: "Both X and Y claimed".
_SUBJECT = re.compile(r"(?:^|[,;]\s+|\b(?:both|that|when)\s+)(?:the\s+)?$", re.IGNORECASE)
_JOINED = re.compile(r"^(?:\s*,?\s*(?:\band\s+|,\s*)(?:the\s+)?_+)+")
#: Another group, named only to say what the one before it is: "X, a splinter of Y, claimed", "X, an enemy of Y, ...";
#: but a person speaks for the group: "X, a commander of Y, claimed".
_PERSON = (
    r"(?:spokes\w+|leaders?|commanders?|members?|officials?|fighters?|m[ae]n|wom[ae]n|emir|chief|representatives?|bombers?|gunm[ae]n|militants?"
    r"|operatives?|supporters?|sympathi[sz]ers?|soldiers?|followers?|recruits?|head|founder)"
)
_APPOSED = re.compile(
    r",\s+(?:(?:(?:then|once|now|itself)\s+)?(?:an?|its|the|one)\s+(?!" + _PERSON + r"\s+(?:of|for|from|in)\b)"
    r"(?:(?!(?:former\s+)?" + _PERSON + r"\s+(?:of|for|from|in)\b)[\w’-]+\s+){1,10}?"
    r"|(?:[\w-]+\s+){0,5}?(?:precursor|forerunner|predecessor|successor|ally|allied|offshoot|splinter(?:\s+(?:group|faction))?"
    r"|breakaway(?:\s+(?:group|faction))?|affiliated?|branch|faction|rival|linked|loyal|aligned|close|part|front|wing|arm|proxy"
    r"|pledged\s+allegiance|split|splintered|broke(?:n)?\s+away|former\s+(?:members?|leaders?|commanders?))\s+)"
    r"(?:to|of|from|with|for|in|by|against)\s+(?:the\s+)?_+(?:\s+\([^()]*\)|,?\s+and\s+(?:the\s+)?_+)*(?=\s*[,.;])"
    r"|,\s+(?:an?|its|the)\s+(?:[\w’-]+\s+){0,3}_+(?:[’']s)?[\s-](?:affiliat|branch|offshoot|all(?:y|ied)\b|partner|rival|enem|splinter|prox|link|inspir|align)"
    r"[^,;.]{0,60}(?=,)"
)
#: What belongs to a group and is another: "al-Qaeda’s affiliate claimed".
_NOT_ITSELF = re.compile(
    r"(?:[’']s)?(?:\s+[\w-]+){0,2}?[\s-](?:affiliat|branch|offshoot|all(?:y|ies|ied)\b|franchise|partner|rival|enem|splinter|prox|predecessor|successor"
    r"|sympathi|link|inspir|align|opponent|competitor)"
)
#: The word before a group's name, where it has a capital: "the Punjabi Taliban"; and whether it opens a sentence.
_WORD_BEFORE = re.compile(r"(?:(?P<opens>^|[.!?:;]\s+|[“\"(\[*>]\s*|\n)|(?<=\s))(?P<word>[A-Z][\w’'-]*)\s+$")
_COMPOUND = re.compile(r"-[a-z]+ed$")  # "the Iran-backed Houthis", "the Taliban-linked Haqqani network"
_LONGEST_WORD = 40
_LONGEST_INITIALS = 4  # LeT, but not "let"
#: Words that open a sentence before a group's name and are no part of one.
_OPENERS = re.compile(
    r"the|an?|both|when|while|after|before|since|in|on|at|by|for|from|to|of|with|as|if|that|then|later|two|three|four|five"
    r"|six|seven|eight|nine|ten|several|many|some|armed|former|senior|suspected|alleged|gunmen|militants|members|fighters"
    r"|neither|either|only|even|on|not|no|where|whether|although|though|because|but|and|or|nor|so|yet|pro|anti|still|soon"
    r"|also|once|until|unlike|like|against|[a-z]+ly"
)
#: What says of a group what it is, and makes it no other; and days before it: "On Monday Hamas claimed".
_NO_QUALIFIER = re.compile(
    r"The|Former|Late|Then|Top|Senior|Suspected|Alleged|Self-proclaimed|Islami(?:st|c)|Shi[’']?a|Shi[’']?ite|Sunni|Marxist|Maoist|Salafist|Jihadist|Basque|Kurdish|Tamil|Palestinian|Irish|Arab"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December"
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
    forms = (
        re.escape(name) if name.isupper() or len(name) <= _LONGEST_INITIALS else f"(?i:{re.escape(name)})"
        for name in called
    )
    return re.compile(r"(?<![\w-])(?:" + "|".join(forms) + r")(?!\w)")


def groups_masked(text: str) -> str:
    """Return *text*, as long as before, without groups' names: "Islamic State of Iraq" names no country."""
    return _pattern().sub(lambda match: "_" * len(match[0]), text)


def names_a_group(text: str) -> bool:
    """Say whether *text* has a group's name in it, be it in another's: "Punjabi Taliban"."""
    return bool(_pattern().search(text))


def mentions(text: str) -> list[str]:
    """Return the names, as the archive has them, of the groups that *text* names, each as often as it does."""
    return [_names()[match[0].casefold()] for match in _pattern().finditer(text) if not _qualified(text, match)]


def _qualified(text: str, group: re.Match[str]) -> bool:
    """Say whether the word before the name makes it another's: "Punjabi Taliban", "Iraqi Hezbollah"."""
    word = _WORD_BEFORE.search(text, max(0, group.start() - _LONGEST_WORD), group.start())
    if not word or (word["opens"] is not None and _OPENERS.fullmatch(word["word"].lower())):
        return False
    if _COMPOUND.search(word["word"]):
        return False
    bare = re.sub(r"[’']s?$", "", word["word"])
    country = demonyms().get(bare) or country_names().get(bare)
    if country:
        homes = table("groups")["homes"].get(_names()[group[0].casefold()])
        return homes is not None and country not in homes
    return bare == word["word"] and not _NO_QUALIFIER.fullmatch(bare)


def claimed_in(text: str) -> bool | None:
    """Return whether *text* says that somebody claimed the deed; `None` where it says nothing of it."""
    if _CLAIMED.search(_PERHAPS_CLAIMED.sub("", _UNCLAIMED.sub("", text))):
        return True
    return False if _UNCLAIMED.search(text) else None


def groups_in(
    sentences: list[str], *, year: int | None = None, country: str | None = None, of_words: bool = False
) -> tuple[NamedGroup, ...]:
    """
    Return the groups that *sentences* name, each on the strongest ground that one of them gives.

    Whom something was done against is left out, who did not yet exist in the *year* of it, and whose name means
    another in the *country* of it; and so is every group that no sentence plainly says did it, but around words
    (*of_words*), where it is theirs.
    """
    grounds: dict[str, Attribution] = {}
    since, elsewhere = table("groups")["since"], table("groups")["elsewhere"]
    for sentence in sentences:
        found = list(_pattern().finditer(sentence))
        if len(found) > _MOST_NAMED or len(sentence) > _LONGEST_SENTENCE:
            continue
        for name, ground in _told_in(sentence, found, of_words=of_words) if found else ():
            if (year is None or year >= since.get(name, year)) and country not in elsewhere.get(name, ()):
                grounds[name] = min(grounds.get(name, ground), ground, key=_STRENGTH.index)
    return tuple(NamedGroup(slug=slugify(name), name=name, attribution=ground) for name, ground in grounds.items())


def _told_in(sentence: str, found: list[re.Match[str]], *, of_words: bool) -> Iterator[tuple[str, Attribution]]:
    """Yield the groups *found* in *sentence* that it offers as those who did it, and on what ground."""
    bare = sentence
    for no_claim in (_UNCLAIMED, _PERHAPS_CLAIMED):
        bare = no_claim.sub(lambda match: "_" * len(match[0]), bare)
    masked = bare
    for match in found:
        masked = masked[: match.start()] + "_" * len(match[0]) + masked[match.end() :]
    apposed = [] if of_words else [match.span() for match in _APPOSED.finditer(masked)]
    for match in found:
        if _qualified(sentence, match) or _within(apposed, match) or is_another(sentence, match):
            continue
        ground = _ground(bare, match)
        if of_words or _is_ground(ground, sentence, masked, match):
            yield _names()[match[0].casefold()], ground


def _is_ground(ground: Attribution, sentence: str, masked: str, group: re.Match[str]) -> bool:
    """Say whether *ground* holds for the group itself: a suspicion may be of its affiliate, a deed must be told."""
    if ground is Attribution.SUSPECTED:
        return not is_beside(sentence, group)
    if _NOT_ITSELF.match(sentence, group.end()) or is_beside(sentence, group):
        return False
    return ground is not Attribution.ATTRIBUTED or did_it(masked, group) or _may_claim(sentence, group)


def _within(spans: list[tuple[int, int]], group: re.Match[str]) -> bool:
    return any(start <= group.start() < end for start, end in spans)


def _may_claim(sentence: str, group: re.Match[str]) -> bool:
    """Say whether it is said of the group that it may yet claim the deed."""
    perhaps = _PERHAPS_CLAIMED.search(sentence, group.end())
    return bool(perhaps and re.fullmatch(r"\s*(?:(?:is|was|were|are)\s+)?", sentence[group.end() : perhaps.start()]))


def _ground(sentence: str, group: re.Match[str]) -> Attribution:
    """Return on what ground *sentence* names the group."""
    for claim in _CLAIMED.finditer(sentence):
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
