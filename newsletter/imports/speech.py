"""Who said it, in what capacity and when, and whether a text gives words at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.imports.blame import groups_masked
from newsletter.imports.dates import is_undated, whole_date
from newsletter.imports.gazetteer import cities_named, country_names, country_pattern
from newsletter.imports.names import looks_like_a_person, sentences
from newsletter.imports.tolls import tolls_in
from newsletter.models import Kind, PartialDate
from newsletter.text import clean_line

_QUOTED = re.compile(r"“[^“”]*(?:“[^“”]*”[^“”]*)*”|\"[^\"]*\"|“[^”]*$")
_OPENING = ("“", '"', "«")
_NETWORK = (
    r"(?:Twitter|Facebook|Telegram|Instagram|Tumblr|VK|VKontakte|Gab|Parler|TikTok|8chan|4chan|Ask\.fm|Snapchat"
    r"|social\s+media)"
)
_POSTED = re.compile(
    rf"\btweet(?:ed|s|ing)?\b|\b(?:wrote|posted|said|shared|published|stated|announced|warned|declared)\b[^.“”]{{0,60}}\b(?:on|to|via|in)\s+"
    rf"(?:\w+\s+){{0,3}}?{_NETWORK}|{_NETWORK}\s+(?:post|message|status|account|page)\b|\bblog\s+post\b|(?:^|\s)[@#][A-Za-z]\w+",
    re.IGNORECASE,
)
#: A part of an attribution that says where it was posted: "on Twitter", "Facebook post", "in a tweet".
_POSTED_ON = re.compile(
    rf"(?:posted\s+)?(?:(?:on|via|to|in|from)\s+)?(?:(?:an?|the|his|her|their)\s+)?(?:{_NETWORK}(?:\s+(?:post|message|status|account|page|channel))?|X"
    r"|[Tt]weet|[Bb]log(?:\s+post)?|(?:social\s+media|online|forum|internet)\s+post|online)"
)
#: Or in what it was said, which is no role either.
_SAID_IN = re.compile(
    r"(?:in|on|from|during|via)\s+(?:an?|the|his|her|their|its)\s+(?:[\w-]+\s+){0,3}?(?:video|audio|speech|statement|interview|sermon|recording"
    r"|message|letter|lecture|broadcast|tape|post|article|book|essay|fatwa)(?:\s+\w+)?"
)
_SPOKEN = re.compile(
    r"\b(?:video|audio|speech|sermon|interview|lecture|recording|broadcast|trial|court)\b", re.IGNORECASE
)
_VERB = (
    r"(?:said|says|stated|declared|wrote|writes|tweeted|posted|warned|told|announced|proclaimed|preached|argued|vowed|urged"
    r"|asserted|explained|added|remarked|commented|threatened|called|pledged|praised|shouted)"
)
_SAID = re.compile(rf"\b{_VERB}\b[^“\"]{{0,80}}[“\"]")
#: What somebody does who is more than a speaker.
_DEED = re.compile(
    r"\b(?:stabb(?:ed|ing)|shot|shooting|attack(?:ed|ing)|kill(?:ed|ing)|bomb(?:ed|ing)|detonat(?:ed|ing)|explod(?:ed|ing)"
    r"|ramm(?:ed|ing)|open(?:ed|ing)\s+fire|storm(?:ed|ing)|set(?:ting)?\s+(?:fire|off)|blew|hijack(?:ed|ing)|seiz(?:ed|ing)"
    r"|kidnapp(?:ed|ing)|abduct(?:ed|ing)|assassinat(?:ed|ing)|murder(?:ed|ing)|drove|hurl(?:ed|ing)|fir(?:ed|ing))\b",
    re.IGNORECASE,
)
#: In what or where something was said: no part of a speaker's name or role.
_MEDIUM = re.compile(
    r",?\s+(?:(?:in|on|at|during|via)\s+(?:an?|the|his|her|their|its|one)\s+(?:[\w-]+\s+){0,2}?(?:video|audio|speech|statement"
    r"|interview|sermon|recording|message|letter|lecture|broadcast|trial|tape|post|article|book|essay|fatwa|rally|conference)\b"
    r"|(?:speaking|writing|appearing|addressing|talking|responding|referring)\b).*"
    r"|,\s+(?:in|on|at|during|via|from|after|before|when|while|as)\s.*",
    re.DOTALL,
)
_OCCASION = re.compile(r"\s+(?:in|on|at|during|via|from|after|before|when|while|as|to)\s.*", re.DOTALL)
#: What a title is about that gives nobody's words.
_EVENT = re.compile(
    r"\b(?:attacks?|bombings?|shootings?|massacres?|sieges?|killings?|murders?|hijackings?|kidnappings?|wars?|uprisings?|rise"
    r"|fall|origins|profiles?|recruitment|takeover|aftermath|timeline|chronology|history|overview|summary|report|introduction)\b",
    re.IGNORECASE,
)
#: What persons are, where a place follows it: "leader of the Taliban in Kandahar, Afghanistan".
_ROLE = re.compile(
    r"(?:leader|founder|member|spokes\w+|secretary|commander|cleric|imam|preacher|president|minister|emir|chief|head|official"
    r"|supporter|activist|fighter|militant|bomber|gunman|shooter|general|reverend|pastor|priest|rabbi|sheikh|scholar|ideologue"
    r"|senator|lawyer|professor|author|writer|propagandist|recruiter|organi[sz]er|candidate|politician|governor|mayor|king"
    r"|prince|ayatollah|guide|strategist|deputy|director|chairman|chairwoman|operative|hijacker|survivor|witness|mufti|mullah)\b",
    re.IGNORECASE,
)
#: Offices that stand before a name, with a capital: "Hezbollah Secretary-General Hassan Nasrallah".
_OFFICE = re.compile(
    r"(?:Vice-?)?(?:President|Minister|Secretary(?:-General)?|Premier|Chancellor|Leader|Commander(?:-in-Chief)?|Chief|Chairman"
    r"|Chairwoman|Director|Founder|Deputy|Spokes(?:man|woman|person)|Senator|Governor|Mayor|Ambassador|Official|Cleric|Rabbi)"
)
_WHEN = re.compile(r"^(?:On|In|During|At|By|Since|After)\b[^,]*(?:,\s*(?:1[0-9]{3}|20[0-9]{2}))?,\s*")
_PRONOUN = re.compile(r"(?:he|she|it|they|who|which|we|i)", re.IGNORECASE)
_PARTICLE = re.compile(
    r"(?:al|el|bin|ibn|bint|abu|abd|ul|ur|de|del|della|di|da|van|von|der|den|la|le|du)|(?:al|an|ar|as|ash|el|ul|ur)-.*"
)
#: From this share of quoted words on a text gives words: where nothing else tells, where it says who said them, and
#: where it tells of the dead or injured too.
_MOSTLY_WORDS, _SOME_WORDS, _NEARLY_ALL_WORDS = 0.35, 0.15, 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who said it, in what capacity, and when as far as that is known; and whether it was *posted* on a network."""

    speaker: str
    role: str | None = None
    dated: PartialDate | None = None
    posted: bool = False


#: What stands before a name and is often left out.
HONORIFIC = (
    r"(?:(?:Sheikh|Shaykh|Sheik|Imam|Ayatollah|Grand|Mullah|Maulana|Mawlana|Mufti|Emir|Amir|Sayyid|Sayyed|Haji|Dr\.|Mr\.|Ms\.|Mrs\."
    r"|Prof\.|Professor|Rev\.|Reverend|Pastor|Rabbi|Gen\.|General|Col\.|Colonel|Maj\.|Major|Capt\.|Captain|President|Prince|King)\s+)*"
)


def attribution_of(line: str) -> Said | None:
    """
    Return what *line* says if it has the form "Speaker, role, date".

    The date may be a day, a month, a year, or "Date Undetermined". "Paris, France, November 2015"
    has not that form: a role is no place, though one may follow it.
    """
    line = re.sub(r"^\((?P<all>[^()]*)\)$", r"\g<all>", clean_line(line).lstrip("—–- "))
    line = re.sub(r"\s*\((?P<date>[^()]*)\)$", r", \g<date>", line)
    parts = [part.strip() for part in re.split(r",(?![”\"])|(?<=,[”\"])\s", line.rstrip(".: "))]
    for length in (2, 1):
        tail = ", ".join(parts[-length:])
        dated, undated = whole_date(tail), is_undated(tail)
        if dated or undated:
            return _said(parts[:-length], dated.first if dated else None)
    return None


def _said(parts: list[str], dated: PartialDate | None) -> Said | None:
    if len(parts) > 1 and parts[1] in {"Jr.", "Sr.", "Jr", "Sr"}:
        parts = [f"{parts[0]}, {parts[1]}", *parts[2:]]
    posted = any(_POSTED_ON.fullmatch(part) for part in parts[1:])
    parts = _parts_without_medium(parts)
    if len(parts) < 2 or parts[0].startswith(_OPENING):  # noqa: PLR2004 -- a speaker and a role
        named = posted and looks_like_a_person(parts[0]) and not _names_a_place(parts[0])
        return Said(speaker=parts[0], dated=dated, posted=True) if named else None
    speaker, role = parts[0], re.sub(r",(?P<mark>[”\"])(?:,|$)", _marked, ", ".join(parts[1:]))
    placed = any(part in country_names() or cities_named(part) for part in parts[1:])
    if not parts[1] or _names_a_place(speaker) or _EVENT.search(speaker):
        return None
    if _is_a_subject(parts[1]) if _is_a_group(speaker) else not looks_like_a_person(speaker):
        return None
    if any(part.startswith("and ") for part in parts[1:]) and not _ROLE.search(role):
        return None  # "Foreign Fighters, Returnees, and Recidivism" is a list
    if _EVENT.match(re.sub(r"^(?:an?|the)\s+", "", role)) or (placed and not _ROLE.search(parts[1])):
        return None
    return Said(speaker=speaker, role=role, dated=dated, posted=posted)


def _parts_without_medium(parts: list[str]) -> list[str]:
    """Return the speaker and the role alone, without where it was posted; a role may stand in brackets."""
    speaker, *others = parts or [""]
    told = [part for part in others if not (_POSTED_ON.fullmatch(part) or _SAID_IN.fullmatch(part))]
    bracketed = None if told else re.fullmatch(r"(?P<name>[^()]+)\s\((?P<role>[^()]+)\)", speaker)
    if bracketed and is_a_role(bracketed["role"]):
        return [bracketed["name"], bracketed["role"]]
    return [speaker, *told]


def is_a_role(text: str) -> bool:
    """Say whether *text* has a word for what a person is: "al-Qaeda leader"."""
    return bool(_ROLE.search(text))


def _marked(end: re.Match[str]) -> str:
    """Return the closing quotation mark alone: the comma within it parted the role from what follows."""
    return end["mark"] if end.end() == len(end.string) else f",{end['mark']}"


def _is_a_subject(part: str) -> bool:
    """Say whether *part*, after a group's name, is what a page tells of too: another group, "Egypt and beyond"."""
    country = country_pattern().match(part)
    return _is_a_group(part) or bool(country and not re.match(r"[’']s\b", part[country.end() :]))


def _is_a_group(name: str) -> bool:
    return not groups_masked(re.sub(r"^[Tt]he\s+", "", name)).strip("_")


def kind_of(text: str) -> Kind:
    """Return what a box's text is: an account of something, or words spoken, written or posted."""
    quoted = [match[0] for match in _QUOTED.finditer(text)]
    share = sum(map(len, quoted)) / max(1, len(text))
    around = _QUOTED.sub(" ", text)
    tolls = tolls_in(around)
    tells_of_deeds = bool(tolls.killed or tolls.injured)
    if text.startswith(_OPENING):
        words = share >= _MOSTLY_WORDS or not (tells_of_deeds or _DEED.search(around))
    elif tells_of_deeds:
        words = share > _NEARLY_ALL_WORDS
    else:
        said = bool(_SAID.search(text)) and not _DEED.search(around)
        words = share >= _MOSTLY_WORDS or (share >= _SOME_WORDS and said)
    if not words:
        return Kind.FACT
    return words_kind(around)


def words_kind(around: str) -> Kind:
    """Return whether words were posted or spoken and written, by the prose *around* them."""
    return Kind.POST if _POSTED.search(around) and not _SPOKEN.search(around) else Kind.QUOTE


def speaker_in(text: str) -> Said | None:
    """Return who is quoted in prose: "On DATE, ISIS leader NAME said, “...”", "“...,” said NAME, ROLE."."""
    around = _QUOTED.sub("“”", text)
    for sentence in sentences(around) or [around]:
        said = _before_verb(sentence) or _after_verb(sentence)
        if said:
            return said
    return None


def _before_verb(sentence: str) -> Said | None:
    match = re.search(rf"\s(?:(?:has|had|also|then|later|publicly|reportedly)\s+)*{_VERB}\b", sentence)
    if not match:
        return None
    subject = sentence[: match.start()].replace("“”", " ").strip(" ,.")
    subject = _MEDIUM.sub("", _WHEN.sub("", subject))
    named = re.fullmatch(r"(?P<name>[^,]+),\s+(?P<role>.+?),?", subject)
    if named and looks_like_a_person(named["name"]):
        return _person(named["name"], _bare_role(named["role"]))
    *before, last = subject.rsplit(",", 1)
    said = _role_and_name(last.strip())
    if said and not said.role and before and not looks_like_a_person(before[0]):
        # "The group’s spokesman, NAME, wrote"
        return Said(speaker=said.speaker, role=_bare_role(before[0].rsplit(",", 1)[-1]))
    return said


def _after_verb(sentence: str) -> Said | None:
    match = re.search(rf"”,?\s+{_VERB}\s+(?P<who>[^,.;:“”]+)(?:,\s+(?P<role>[^.;:“”]+))?", sentence)
    if not match:
        return None
    who = _OCCASION.sub("", _MEDIUM.sub("", match["who"]))
    if match["role"] and who == match["who"] and looks_like_a_person(who):
        role = _MEDIUM.sub("", f", {match['role']}")  # where it begins so, it is none
        return _person(who, _bare_role(role))
    return _role_and_name(who.strip())


def _role_and_name(subject: str) -> Said | None:
    """Part "ISIS leader Abu Bakr al-Baghdadi" after the last word that is in no name, or says what somebody is."""
    words = subject.split()
    last = max((i for i, word in enumerate(words) if _ends_a_role(word)), default=-1)
    role = " ".join(words[: last + 1])
    if role.count(" ") == 0:  # "AQAP’s Nasir al-Wuhayshi"
        role = re.sub(r"[’']s$", "", role)
    return _person(" ".join(words[last + 1 :]), _bare_role(role))


def _ends_a_role(word: str) -> bool:
    small = not word[0].isupper() and not _PARTICLE.fullmatch(word)
    return small or word.endswith(("’s", "'s")) or bool(_OFFICE.fullmatch(word))


def _person(name: str, role: str | None) -> Said | None:
    name = clean_line(name)
    if not name or _PRONOUN.fullmatch(name) or not looks_like_a_person(name) or _names_a_place(name):
        return None
    return Said(speaker=name, role=role)


def _names_a_place(name: str) -> bool:
    return name in country_names() or (" " not in name and bool(cities_named(name)))


def _bare_role(role: str) -> str | None:
    return re.sub(r"^(?:the|an?)\s+", "", clean_line(role).strip(" ,"), flags=re.IGNORECASE) or None
