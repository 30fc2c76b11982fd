"""Telling names and titles from prose, by their capitals."""

from __future__ import annotations

import re

#: Small words within a person's name; within several persons' or an agency's; within a title or a publisher's
#: name, the kinds of publication included.
_IN_A_PERSON = re.compile(
    r"abd|abu|ad|al|as|ash|at|bin|bint|da|das|de|del|della|den|der|di|do|dos|du|ed|el|ibn|la|le|ud|ul|ur|us|van|von|zu|y|e|i"
)
_IN_NAMES = re.compile(rf"{_IN_A_PERSON.pattern}|and|of|et|al\.|jr\.|sr\.|&")
_IN_AGENCIES = re.compile(
    rf"{_IN_NAMES.pattern}|for|the|on|in|to|at|against|upon|under|between|within|into|by|with|from"
)
#: No agency's name begins so, but a sentence may: "In the Guardian, “...".
_LEADING = re.compile(r"(?:In|On|To|At|For|Against|And|Of|From|With|By|As)\s")
_IN_TITLES = re.compile(
    r"an?|and|as|at|audio|blog|by|de|del|der|des|di|du|el|en|et|for|from|in|interview|la|le|letter|les|of|on|or|post"
    r"|press|release|speech|statement|testimony|the|to|transcript|und|via|video|von|with|y|nos?\.|vol\."
    r"|about|after|against|al|before|between|bin|during|into|over|since|through|under|upon|within|without"
)
_WORD = re.compile(r"[^\s,;&]+")
_SMALL_HYPHENED = re.compile(
    r"[’‘'ʿʾ]?(?:al|an|ar|as|ash|at|el|ul|us|wa|bi|fi|d|l|i|e)[-’'][’‘'ʿʾ]?[^\W\d_]", re.IGNORECASE
)
#: What a subheading has, and no name.
_IN_HEADINGS = re.compile(
    r"""\b(?:(?<!\s)an?(?!\.)|the|early|late|later|long|short|first|last|new|old|modern|years?|days?|times?|wars?|rise|fall|origins?
    |backgrounds?|history|introduction|overview|summary|aftermath|conclusions?|attacks?|bombings?|timeline|notes?|life
    |death|legacy|ideology|leaders?|leadership|recruitment|financ(?:es|ing)|propaganda|structure|tactics|goals
    |activit(?:y|ies)|beginnings?|end|today|abroad|relations?|group|front|movement|states?|government|network
    |brotherhood|party|army|brigades?|league|union|society|republic|kingdom|emirate|caliphate|islamic|council
    |africa|europe|asia|america|balkans|sahel|maghreb|caucasus|levant|prisons?|sources?|funding|fighters?|members?|membership
    |media|internet|online|social|foreign|external|internal|figures|women|children|youth|violence|terror(?:ism|ists?)?
    |extremis(?:m|ts?)|radicali[sz]ation|training|camps?|weapons|operations?|campaigns?|elections?|politics|political|religio(?:n|us)
    |links|ties|connections?|affiliates?|allies|rivals|enemies|strategy|doctrine|theology|sharia|courts?|trials?|arrests?
    |sanctions|threats?|responses?|reactions?|united|nations?|city|mosque|embassy|hotel|airport|university|victims)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_MOST_WORDS = 24
_LONGEST_SENTENCE = 600  # characters
_LONGEST_BYLINE = 12  # words


def looks_like_names(text: str, *, agencies: bool = False) -> bool:
    """
    Say whether *text* is one or more persons' or agencies' names: "Eric Schmitt and Thom Shanker".

    An agency's name may have small words that are in no person's: "Institute for the Study of War".
    What has the end of a sentence glued to a name within is none: "000.Eric Schmitt", "FBI.Eric Schmitt".
    """
    words = _WORD.findall(text)
    return (
        0 < len(words) <= _MOST_WORDS
        and (_capital(words[0]) or bool(_SMALL_HYPHENED.match(words[0])))
        and (
            all(_capital(word) or _small(word, _IN_NAMES) for word in words)
            or (agencies and not _LEADING.match(text) and all(_capital(w) or _small(w, _IN_AGENCIES) for w in words))
        )
        and not _sentence_ends_in(text)
        and not _GLUED.search(text)
    )


def looks_like_a_person(text: str) -> bool:
    """Say whether *text* could be one speaker's name, alone on its line."""
    bare = re.sub(r"\([^()]*\)|“[^“”]*”|\"[^\"]*\"", "", text).strip()
    bare = re.sub(r",?\s(?:Jr|Sr)\.?$", "", bare)
    words = _WORD.findall(bare)
    return (
        0 < len(words) <= 7  # noqa: PLR2004 -- Abu Muhammad al-Adnani al-Shami, and a few more
        and not re.search(r"[\d,;:?!]|(?<!\b[A-Z])\.$", bare)
        and (_capital(words[0]) or bool(_SMALL_HYPHENED.match(words[0])))
        and all(_capital(word) or _small(word, _IN_A_PERSON) for word in words)
    )


def looks_like_a_byline(text: str) -> bool:
    """Say whether *text*, a line of its own, names those who wrote a page: neither prose nor a subheading."""
    return (
        looks_like_names(text)
        and len(text.split()) <= _LONGEST_BYLINE
        and not re.search(r"[\d“”\":;?!]|[a-z]{3,}\.", text)
        and not _IN_HEADINGS.search(text)
    )


def looks_like_authors(text: str) -> bool:
    """Say whether *text*, a line of its own, is a byline of persons alone: "Jane Doe and Ali al-Hasan"."""
    persons = re.split(r",\s+(?:and\s+)?|\s+and\s+", re.sub(r",\s+(?:Ph\.?D|M\.?D|J\.?D|[JS]r)\b\.?", "", text))
    return looks_like_a_byline(text) and all(
        looks_like_a_person(person) and len(person.split()) > 1 for person in persons
    )


def looks_like_a_title(text: str) -> bool:
    """Say whether *text* is written as titles and publishers are, every word of weight with a capital."""
    words = _WORD.findall(text)
    return (
        0 < len(words) <= _MOST_WORDS
        and (_capital(words[0]) or "." in words[0][1:-1] or bool(_SMALL_HYPHENED.match(words[0])))
        and all(_capital(word) or _small(word, _IN_TITLES) or "." in word[1:-1] for word in words)
        and not _sentence_ends_in(text)
    )


def sentences(text: str) -> list[str]:
    """Return *text* cut after each sentence; initials and the commonest abbreviations end none."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def sentence_start(text: str, position: int) -> int:
    """Return where the sentence begins that *position* is in, as far as it is near."""
    near = max(0, position - _LONGEST_SENTENCE)
    return position - len(sentences(text[near:position] + "0")[-1]) + 1


def sentence_end(text: str, position: int) -> int:
    """Return where the sentence ends that *position* is in, as far as it is near."""
    return position + len((sentences(text[position : position + _LONGEST_SENTENCE]) or [""])[0])


#: Behind a full stop: the commonest abbreviations, which end no sentence.
NO_END = "".join(
    rf"(?<!\b{word}\.)"
    for word in (
        *("Mr", "Ms", "Mrs", "Dr", "St", "Lt", "Gen", "Col", "Sgt", "Sen", "no", "No", "vs"),
        *("Jan", "Feb", "Mar", "Apr", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec"),
    )
)
_ABBREVIATED = r"(?<!\b[A-Z]\.)" + NO_END
#: The end of a sentence with the next word right behind it; a lone letter before it is an initial.
_GLUED = re.compile(r"(?<!\b[^\W\d_])[.!?][”’\"')\]]*(?=[^\W\d_“‘„«])")
# The space and the stop first: the many looks back for abbreviations are for the few places that have both.
_SENTENCE_END = re.compile(r"(?=\s)(?:(?<=[.!?])|(?<=[.!?][”’\")\]]))" + _ABBREVIATED + r"\s+(?=[“\"‘(\[]?[A-Z0-9])")


def _sentence_ends_in(text: str) -> bool:
    """Say whether a sentence ends within *text*, with a space after it or with the next glued on."""
    return bool(re.search(r"[a-z]{3,}[.!?]\s|[a-z]{2}[.!?][”’\"')]*[A-Z“‘„«]", text)) and not re.search(
        r"\b(?:Inc|Corp|Dept|Univ)\.\s", text
    )


def _capital(word: str) -> bool:
    bare = word.lstrip("(“‘’\"'ʿʾ[")
    return bool(bare) and (bare[0].isupper() or bare[0].isdigit())


def _small(word: str, known: re.Pattern[str]) -> bool:
    return bool(known.fullmatch(word.casefold().strip("()")) or _SMALL_HYPHENED.match(word))
