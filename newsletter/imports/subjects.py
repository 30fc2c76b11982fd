"""Whether a number of sufferers is all of its sentence's subject: in "the mayor and four others died" it is not."""

from __future__ import annotations

import re

from newsletter.imports.names import sentences

#: What joins the number to what is before it.
_JOINED = re.compile(
    r"(?:^|(?P<comma>,)?\s+)(?:(?P<and>[Aa]nd)|along\s+with|together\s+with|as\s+well\s+as|plus)"
    r"\s+(?:(?:another|a\s+further|the\s+other)\s+)?$"
)
_MARKS = re.compile(r"[;:—–]\s")
#: A conjunction, as far as it opens a clause; some are prepositions too.
_CONJUNCTION = re.compile(
    r"(?:^|\s)(?:(?P<relative>who|whom|whose|which|that)|(?P<preposition>after|before|since|until|as)"
    r"|when|while|where|because|if|although|though)\s",
    re.IGNORECASE,
)
#: The verbs of such sentences; capitals are names' (Mohammed), and an article makes an adjective ("the armed man").
_VERB = re.compile(
    r"^\w{2,}ing\b"
    r"|(?<!\b[Aa] )(?<!\b[Aa]n )(?<!\b[Tt]he )\b"
    r"(?!(?:armed|unarmed|wanted|retired|named|called|based|aged|nicknamed|identified|suspected|accused|linked|believed|dubbed|affiliated"
    r"|alleged|related|married|elected|appointed|dressed|disguised|assigned|stationed|employed|masked|hooded|hundred)\b)"
    r"(?:[a-z]{2,}ed|was|were|had|has|have|is|are|did|do|does|went|came|blew|fell|sank|hit|struck|broke|threw|drove|set|left|took|shot"
    r"|began|caught|gave|flew|ran|rose|fled|held|led|made|burst|tore|brought|sent|shook|said|swept|lost|fought|cut|won|met|put|kept"
    r"|told|found|spread|got|laid|spoke|burnt|strode|rode|broke|overran|withdrew|drew|bled|saw|knew|killing|injuring|wounding|leaving"
    r"|differ|vary|range|give|say|put)\b"
)
_OTHERS = re.compile(r"(?:\s+[\w-]+)?\s+others?\b|\s+more\b|\s+of\s+(?:his|her|their)\b")
_NEAR = 240  # characters


def leaves_out(text: str, start: int, end: int, *, suffered: re.Pattern[str]) -> bool:
    """
    Say whether sufferers are named, and not counted, beside the number that is in *text* from *start* to *end*.

    They are what is before an "and" that no verb is in: "General Ahmed Ali and", but not "the
    building collapsed, and". Where the number is that of "others", a verb that *suffered* matches
    tells of them as well: "The president was killed and".
    """
    joined = _JOINED.search(text, max(0, start - _NEAR), start)
    if joined is None:
        return False
    if not joined["and"]:
        return True
    before = sentences(text[max(0, start - _NEAR) : joined.start()])
    clause = _MARKS.split(before[-1])[-1].strip() if before else ""
    if not clause or before[-1].rstrip().endswith((".", "!", "?", ":", ";")):
        return False
    if _OTHERS.match(text, end) and suffered.search(clause):
        return True
    segments = clause.split(", ")
    if joined["comma"]:
        return not _has_main_clause(segments)
    return not _ends_in_clause(segments[-1].rsplit(" and ", 1)[-1])


def has_verb(words: str) -> bool:
    """Say whether a verb is in *words*, so that they are more than a subject."""
    return bool(_VERB.search(words))


def _ends_in_clause(segment: str) -> bool:
    """Say whether *segment* ends in a clause with a verb, to which "and" may join another."""
    conjunction, opened = _split(segment)
    if conjunction is None:
        return has_verb(segment)
    own = has_verb(opened)
    return own and (not conjunction["relative"] or has_verb(segment[: conjunction.start()]))


def _has_main_clause(segments: list[str]) -> bool:
    """Say whether one of *segments*, between commas, has the verb of a main clause; the last that tells decides."""
    for segment in reversed(segments):
        part = segment.removeprefix("and ")
        conjunction, opened = _split(part)
        if conjunction is None:
            if has_verb(part):
                return True
            continue
        main = has_verb(part[: conjunction.start()])
        if not has_verb(opened):
            return main and bool(conjunction["preposition"]) and segment is segments[-1]
        if main:
            return True
    return False


def _split(segment: str) -> tuple[re.Match[str] | None, str]:
    """Return the last conjunction in *segment*, and what it opens."""
    last = next(reversed(list(_CONJUNCTION.finditer(segment))), None)
    return last, segment[last.end() :] if last else segment
