"""
Whether a sentence makes a group that it names the doer of the deed.

A group may as well be the victim, the holder of a place, a speaker or an ally. Who offers it as the doer without
a ground slanders; so only what is plainly said counts. Every pattern looks at a short window beside the name.
"""

from __future__ import annotations

import re

#: How far around a name is looked, in characters.
_BEFORE, _AFTER = 120, 200
_PEOPLE = (
    r"(?:(?:suicide|car|truck)\s+)?(?:bombers?|gunm[ae]n|fighters?|militants?|militia(?:m[ae]n|s)?|insurgents?|terrorists?|guerr?illas?"
    r"|rebels?|commandos?|extremists?|jihadists?|attackers?|assailants?|hijackers?|kidnappers?|members?|operatives?|cells?|factions?"
    r"|splinter(?:\s+group)?|squads?|units?|soldiers?|forces|snipers?|m[ae]n|wom[ae]n|volunteers?)"
)
_ATTACKERS = (
    r"(?:[Bb]ombers?|[Gg]unm[ae]n|[Aa]ttackers?|[Aa]ssailants?|[Hh]ijackers?|[Kk]idnappers?|[Mm]urderers?|[Kk]illers?|[Aa]ssassins?"
    r"|[Pp]erpetrators?|[Ss]hooters?)"
)
#: What needs an object, lest it be said of those who suffered it: "three militants killed in the raid".
_DONE_TO_SOMEBODY = (
    r"(?:killed|murdered|shot|wounded|injured|captured|massacred|executed|seized|hijacked|abducted|kidnapped|ambushed)"
)
_DEED = (
    rf"(?:{_DONE_TO_SOMEBODY}(?!\s*(?:[.,;)]|$|(?:by|in|during|when|while|on|near)\b))"
    r"|attacked|assassinated|bombed|detonated|exploded|blew|rammed|opened\s+fire|stormed|set\s+(?:off|fire)|beheaded|slaughtered"
    r"|raided|stabbed|struck|hit|fired|launched|carried\s+out|staged|conducted|perpetrated|committed|planted|burned|razed|torched"
    r"|occupied|overran|(?:took|held)\s[^.;]{1,60}\b(?:hostages?|captives?|prisoners?)|sent\s+(?!an?\s+(?:letter|message|delegation))"
    r"|besieged|gunned|threw|hurled|drove|crashed|derailed|destroyed|invaded|targeted|released\s+(?:sarin|gas|nerve)|crucified"
    r"|shelled|drowned|hanged|hacked|tortured|enslaved|lynched|broke\s+into|burst\s+into|flew|ordered\s+the|came\s+for)\b"
)
_DEED_DONE = (
    r"\b(?:kill|attack|assassinat|murder|bomb|detonat|blown|ramm|storm|behead|slaughter|massacr|raid|stabb|struck|hit|fired|launch|shot"
    r"|carried|stag|conduct|perpetrat|commit|plant|burn|raz|torch|overrun|taken|sent|besieg|gunned|thrown|hurl|destroy|execut|hijack"
    r"|abduct|kidnap|ambush|seiz|held|wound|injur|claimed|explo|set\s+off|assault|shooting|strike|siege|operation)[^.;]*$"
)
#: Words that may stand between the beginning of a clause and the group that is its subject.
_NO_SUBJECT = (
    r"(?:in|at|near|outside|inside|on|onto|into|through|against|with|to|toward|towards|after|before|since|until|once|than|for|behind"
    r"|was|were|been|said|and|or|by|when|that|while|as)"
)
_OPENS = re.compile(
    r"(?:^|[,;:—–“(]\s*|\b(?:and|when|that|where|while|as|but|because|then|if|which|how)\s+|\b[0-9]{4}\s+|_+\s+and\s+)"
    rf"(?:(?!(?:{_NO_SUBJECT}|\w+ing|(?!armed|masked|suspected|hooded|alleged|named|called|so-called)\w+ed)\s)[\w’“”.-]+\s+){{0,8}}$"
)
_ACTS = re.compile(
    rf"(?:[’']s|-led)?(?:\s+\([^()]*\))?(?:\s+(?:{_PEOPLE}|leaders?|commanders?|rockets?|missiles?|drones?|bombs?)(?:\s+(?:disguised|dressed|posing)\s+as\b)?(?:\s+(?!(?:was|were|been|is|are|that|when|after|before|as|while|said)\b)[\w’.-]+){{0,7}}?)?"
    r"(?:,?\s+(?:and|or)\s+(?:the\s+)?_+)*(?:,\s[^,;.]{1,100},)?(?:,?\s+(?:which|who|that))?"
    rf"(?:\s+(?:[a-z]+ly|then|also|had|has|later|once))*\s+{_DEED}"
)
_BY = re.compile(
    rf"(?P<done>[^.;]{{0,90}})\bby\s+(?:(?!{_NO_SUBJECT}\s)[\w’“”.,-]+\s+){{0,7}}(?:(?:_+,?\s+)+(?:and|or)\s+(?:the\s+)?)?$"
)
#: By whom something is held, meant or judged is not by whom it was done.
_NO_DEED_BY = re.compile(
    r"\b(?:held|run|rul|controll|govern|own|organi[sz]|led|dominat|back|support|fund|financ|host|us|inspir|influenc|radicali[sz]"
    r"|condemn|denounc|prais|welcom|follow|call|known|recogni[sz]|report)\w*\s+$"
)
_WORK_OF = re.compile(
    r"\b(?:work\s+of|(?:attributed|ascribed|traced)\s+to|blame\s+on|fell\s+on|come\s+from|came\s+from|behind\s+(?:it|him|her|them)\s+(?:stood|was|were))"
    rf"\s+(?:(?!{_NO_SUBJECT}\s)[\w’“”.-]+\s+){{0,6}}$"
)
_RESPONSIBLE = re.compile(
    rf"(?:[’']s)?(?:\s+\([^()]*\))?(?:\s+{_PEOPLE})?(?:,\s[^,;.]{{1,100}},|,\s+which)?(?:,?\s+(?:and|or)\s+(?:the\s+)?_+)*"
    r"\s+(?:is|are|was|were)\s+(?:[\w-]+\s+){0,3}(?:responsible|behind|the\s+(?:perpetrators?|culprits?))\b"
)
_SAYS_SO = re.compile(
    r"(?:\s+\([^()]*\))?\s+(?:[a-z]+ly\s+|later\s+)?said\s+(?:that\s+)?(?:it|they|the\s+attack)\b[^.;]{0,30}\b(?:responsible|behind|carried|theirs)\b"
)
_BELONGED = re.compile(
    rf"\b{_ATTACKERS}(?:(?:,|\s+(?:was|were|is|are)\b)[^;.]{{0,60}}?\s+(?:(?:an?|all|both|the|two|three)\s+)?(?:[a-z]+\s+)?"
    r"(?:(?:members?|fighters?|soldiers?|part|followers?|cell)\s+(?:of|from)|act(?:ed|ing)\s+for|sent\s+by)"
    r"|(?:,[^;.,]{1,60},)?\s+(?:all\s+)?(?:belonged\s+to|came\s+from|acted\s+for))"
    r"\s+(?:an?\s+(?:cell|faction|unit)\s+of\s+)?(?:the\s+)?$"
)
#: "Killed in an ISIS attack".
_IN_THEIR_DEED = re.compile(r"\b(?:in|by|during)\s+an?\s+(?:[a-z]+\s+)?$")
_THEIR_DEED = re.compile(
    r"(?:[’']s)?\s+(?:[a-z]+\s+){0,2}?(?:attack|bomb|bombing|ambush|assault|raid|shooting|massacre|rocket|missile|strike|operation)\b"
)
#: What a group does that tells of others' deeds.
_JUDGED = re.compile(
    r"(?:,\s[^,;.]{1,100},)?\s+(?:later\s+|also\s+|has\s+|had\s+|publicly\s+)*(?:prais|condemn|denounc|applaud|celebrat|welcom|criticiz|criticis|hail|blam|accus|mourn)(?:e?d|es|ing)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"(?:\bagainst|\banti-|\bfighting|\bfought|\bcombat(?:ing|t?ed)?|\brival\w*|,\s+not)\s*(?:the\s+)?$|\bbetween\s[^,.;]{0,60}$",
    re.IGNORECASE,
)
#: What is done to a group or its people: "killed three Hamas commanders", "retook Fallujah from ISIS".
_DONE_TO = re.compile(
    r"(?:\b(?:kill|murder|assassinat|wound|injur|arrest|captur|detain|attack|target|bomb|shell|raid|storm|ambush|defeat|rout|expel"
    r"|oust|eliminat|execut)(?:l?ed|l?ing|s)?|\b(?:struck|hit|shot(?:\s+dead)?|drove\s+out|overran|liberated))"
    r"(?:\s+(?!(?:by|that|and|or|in|at|on|near|when|while|after|before|as|for|from|to|is|was|were|are|who|which|with|because|where)\b)[\w’.-]+(?:,[0-9]{3})*){0,4}\s*$"
    r"|\b(?:retook|recaptured|liberated|freed|wrested|rescued|seized|took|fled|escaped|won|recovered|split|broke|splinter(?:ed)?|defected)\b[^,.;]{0,60}\bfrom\s+(?:the\s+)?$",
    re.IGNORECASE,
)
#: "A Hamas commander in Gaza was killed", "two members of Hamas were shot".
_SUFFERED = re.compile(
    r"(?:[’']s)?(?:\s+(?!(?:and|but|where|when|that|after|before|while|as|[a-z]+ed|struck|hit|blew|shot)\b)[\w’-]+){0,6}?(?:,\s[^,;.]{1,80},)?\s+(?:was|were|been)\s+(?:(?!by\b)\w+\s+){0,2}(?:killed|assassinated|murdered|arrested|captured|wounded|injured"
    r"|shot|attacked|bombed|executed|targeted|among|ambushed|abducted|kidnapped)\b"
)
#: Whose place, gathering or office it is: "in a Hezbollah stronghold", "the Houthi-held city".
_IN_THEIRS = re.compile(
    r"(?<!blamed )(?<!blame )(?<!pinned )\b(?:in|at|near|outside|inside|on|onto|into|through|towards?|around|across)\s+"
    r"(?:an?\s+|the\s+|its\s+|their\s+)?(?:(?:[a-z][\w-]*|\w+[’']s)\s+){0,2}$"
)
_THEIR_PLACE = re.compile(
    rf"(?:[’']s?)?\s+(?!(?:{_PEOPLE}|and|or|in|on|at|near|by|who|which|that|claim\w*|said|killed|left|injured|wounded|was|were|had|has)\b)[a-z]"
)
_HELD = re.compile(r"-(?:held|run|controlled|ruled|governed|owned|dominated|occupied|led\s+government)\b")
#: "Days after the Taliban had taken the city" tells when it was.
_EARLIER = re.compile(r"\b(?:after|before|since|until|once|ahead\s+of)\s+(?:(?:the|an?)\s+)?(?:\w+\s+)?$")


#: "A sympathizer of ISIS" is none of ISIS.
_BESIDE = re.compile(
    r"\b(?:(?:sympathi[sz]er|supporter|admirer|follower|enemy|enemies|rival|critic|opponent|ally|allie|partner|competitor|dissident|defector"
    r"|splinter|offshoot|branche?|affiliate|successor|predecessor)s?(?:\s+(?:group|faction|cell)s?)?|former\s+\w+)\s+(?:of|to|from|in|with)\s+(?:the\s+)?$"
)


def is_another(sentence: str, group: re.Match[str]) -> bool:
    """Say whether the group suffered the deed, judged it, held the place, or is named to say when it was."""
    before = sentence[max(0, group.start() - _BEFORE) : group.start()]
    after = sentence[group.end() : group.end() + _AFTER]
    return bool(
        _AGAINST.search(before)
        or _DONE_TO.search(before)
        or _EARLIER.search(before)
        or _HELD.match(after)
        or (_IN_THEIRS.search(before) and _THEIR_PLACE.match(after) and not _THEIR_DEED.match(after))
        or _SUFFERED.match(after)
        or _JUDGED.match(after)
    )


def is_beside(sentence: str, group: re.Match[str]) -> bool:
    """Say whether somebody is named by what he is to the group, and is none of it."""
    return bool(_BESIDE.search(sentence, max(0, group.start() - _BEFORE), group.start()))


def did_it(masked: str, group: re.Match[str]) -> bool:
    """Say whether the sentence, with groups' names *masked*, plainly says that the group did it."""
    before = masked[max(0, group.start() - _BEFORE) : group.start()]
    after = masked[group.end() : group.end() + _AFTER]
    by = _BY.search(before)
    return bool(
        (by and re.search(_DEED_DONE, by["done"]) and not _NO_DEED_BY.search(by["done"]))
        or (_OPENS.search(before) and _ACTS.match(after))
        or (_IN_THEIR_DEED.search(before) and _THEIR_DEED.match(after))
        or _WORK_OF.search(before)
        or _RESPONSIBLE.match(after)
        or _SAYS_SO.match(after)
        or _BELONGED.search(before)
    )
