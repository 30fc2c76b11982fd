"""Where something happened, as prose tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from newsletter.imports.gazetteer import (
    City,
    cities_named,
    country_names,
    country_pattern,
    demonym_pattern,
    demonyms,
)

_CAPITAL = "A-ZÀ-ÖØ-ÞĀ-Ž"
_NAME = rf"(?:St\.\s)?(?:(?:[Aa]l|[Ee]l|[Aa]r|[Aa]sh?|[Aa]n|[Dd]e|[Ll]a)[-’'])?[{_CAPITAL}][\w’'-]*"
_RUN = rf"{_NAME}(?:\s(?:(?:de|del|di|el|la|le|of|sur|upon|am|al)\s)?{_NAME})*"
_BEFORE_COUNTRY = re.compile(rf"(?:^|(?<=[\s(“\"]))(?P<run>{_RUN}),\s+(?:in\s+)?(?:the\s+)?(?:\w*ern\s+)?$")
_PLACED = re.compile(
    rf"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Oo]utside|[Oo]utside\s+of|[Aa]round|[Oo]f|[Ii]nside|[Aa]cross)\s+"
    rf"(?:(?:central|downtown|northern|southern|eastern|western|nearby)\s+)?(?P<run>{_RUN})(?:,\s+(?P<within>{_RUN}))?"
)
_PROVINCE = re.compile(
    rf"\b(?:[Ii]n|[Nn]ear|[Oo]f)\s+(?:the\s+)?(?:\w+ern\s+|\w+’s\s+)?"
    rf"(?P<run>{_RUN}\s+(?:[Pp]rovince|[Dd]istrict|[Rr]egion|[Gg]overnorate|[Cc]ounty|[Vv]alley|[Vv]illage))\b"
)
_TOWN = re.compile(rf"\b(?:city|town|village|suburb|district|province|region)\s+of\s+(?P<run>{_RUN})")
_LEADING = re.compile(r"^(?:In|At|Near|Outside|On|From|Of|The|And)\s+")
_IN_COUNTRY = re.compile(
    r"(?:\b(?:in|across|inside|near|outside|of|throughout|\w+ern|central)\s+(?:the\s+)?|,\s+)$", re.IGNORECASE
)
_PLACE_WORD = (
    r"(?:city|cities|town|village|capital|province|district|region|governorate|county|suburb|resort|port|island|peninsula|state"
    r"|territory|coast|border|countryside|desert|mountains|soil|police|court|authorities|parliament|prison|airport)"
)
#: A country's people, and "U.S.", stand for the country only before what lies in it: "the Lebanese port city of".
_OF_A_PLACE = re.compile(
    rf"(?:[’']s)?\s+(?:(?!(?:in|at|on|of|and|to|from|by|near)\b)[\w-]+\s+)?{_PLACE_WORD}\b", re.IGNORECASE
)
_IN_REGION = re.compile(
    r"(?:\b(?:in|across|inside|near|outside|throughout|\w+ern|central)\s+(?:the\s+)?|,\s+)$", re.IGNORECASE
)
_REGION_ENDS = re.compile(
    r"(?:[’']s)?\s*(?:[.,;:)]|$)|\s+(?:in|on|at|near|when|where|after|before|during|by|with|while|as|that|which|killing|killed|injured|left"
    r"|was|were|has|had)\b"
)
_SUFFERED = re.compile(r"\s+(?:was|were)\s+(?:\w+\s+)?(?:hit|struck|rocked|shaken|attacked|bombed)\b")
_SITE = (
    r"(?:bus(?:es|\sstop)?|theat(?:er|re)|mall|hospital|clinic|metro|subway|underground|airport|station|market|marketplace|bazaar"
    r"|supermarket|shop|store|mosque|church|cathedral|synagogue|temple|shrine|school|seminary|university|college|hotel|restaurant"
    r"|caf[eé]|nightclub|disco(?:theque)?|club|bar|pub|park|square|street|stadium|arena|hall|bank|embassy|consulate|train|tram"
    r"|railway|prison|courthouse|building|bridge|tunnel|cinema|museum|library|beach|neighbou?rhood|suburb|cemetery)"
)
_CITY_WORDS = rf"(?P<run>(?:St\.\s)?[{_CAPITAL}][\w-]*(?:\s[{_CAPITAL}][\w-]*){{0,2}})"
#: A city that tells which: "on a Jerusalem bus", "Istanbul’s Ataturk Airport"; not "the Madrid train bombings".
_SITED = re.compile(
    rf"(?<!\bfrom\s)(?<!\bleft\s)(?<!\bfled\s)\b(?:(?:[Aa]n?|(?P<the>[Tt]he))\s+{_CITY_WORDS}\s+(?:[a-z-]+\s+){{0,2}}?"
    rf"|{_CITY_WORDS.replace('<run>', '<owner>')}[’']s\s+(?:[\w-]+\s+){{0,3}}?)(?P<site>(?i:{_SITE}))\b"
    r"(?!\s+(?:bomb|attack|shoot|sieg|plot|massacr|kill))"
)
_ONE_IN_TOWN = {"metro", "subway", "underground", "airport"}
#: From so many people on, a city is meant although nothing else tells the country.
_WELL_KNOWN = 250_000
#: "Kuta, on the island of Bali, Indonesia": what leads from a town to what it lies in.
_LIES_IN = re.compile(
    r",\s+(?:on|in)\s+the\s+(?:[\w-]+\s+)?(?:island|province|region|district|state|peninsula|governorate|county)\s+of\s+$"
)
_AND_ANOTHER = re.compile(r",?\s+(?P<and>and|or)\s+(?:in\s+)?(?:the\s+)?(?:\w+ern\s+)?|,\s+")
_ADJECTIVES = {"U.S.", "UK", "U.K.", "USA", "U.S.A.", "UAE"}
_NAME_GOES_ON = re.compile(rf"\s+(?!(?:On|In|At)\b)[{_CAPITAL}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place as far as it is known: its name, its country's code (ISO 3166-1), its city."""

    name: str | None = None
    country: str | None = None
    city: City | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A country's name, where it begins in the sentence and where it ends."""

    code: str
    start: int
    end: int


def place_in(sentences: list[str]) -> Place:
    """
    Return where it happened, of what *sentences* tell; the first that names a place decides.

    A name of several cities goes by a country that the text names, then by population.
    """
    country = None
    for sentence in sentences:
        place = _place_in(sentence, country)
        if place.name:
            return place
        country = country or place.country
    return Place(country=country)


def country_in(text: str) -> str | None:
    """Return the code of the first country that *text* names, or else of the first demonym."""
    named = [*_countries(text), *_demonyms(text)]
    return named[0].code if named else None


def _place_in(sentence: str, country: str | None) -> Place:
    named = list(_countries(sentence))
    told = [name for name in named if _tells_where(sentence, name)]
    listed = _listed(sentence, named)
    told += [name for name in _demonyms(sentence) if _tells_of_a_place(sentence, name)]
    hints = {name.code for name in told} | ({country} if country else set())
    found = _beside_country(sentence, named) or _in_a_region(sentence)
    if found:
        return found
    certain = next((name.code for name in told if name not in listed and _stands_for_where(sentence, name)), None)
    within = {certain} if certain else hints
    city = _placed_city(sentence, within, strict=certain is not None) or _city_of_a_site(sentence, within)
    if city:
        return Place(name=city[0], country=city[1].country, city=city[1])
    code = certain or next((name.code for name in told if name not in listed), country)
    unknown = _PROVINCE.search(sentence) or _TOWN.search(sentence)
    name = re.sub(r"^.*[’']s\s+", "", unknown["run"]) if unknown and code else None
    return Place(name=name if name not in country_names() else None, country=code)


def _listed(sentence: str, named: list[_Named]) -> list[_Named]:
    """Return the countries that are named together, where none is more than the others: "in Iraq and Syria"."""
    listed: list[_Named] = []
    for one, other in reversed([*pairwise(named)]):
        between = _AND_ANOTHER.fullmatch(sentence, one.end, other.start)
        if between and one.code != other.code and (other in listed or between["and"]):
            listed += [one, other]
    return listed


def _in_a_region(sentence: str) -> Place | None:
    """Return the place that is told to lie in a part of a country: "in Kuta, Bali"."""
    for match in _PLACED.finditer(sentence):
        code = demonyms().get(match["within"] or "")
        if code and match[0][:2].lower() != "of" and _REGION_ENDS.match(sentence, match.end()):
            return Place(name=match["run"], country=code, city=_city(match["run"], {code}, strict=True))
    return None


def _stands_for_where(sentence: str, name: _Named) -> bool:
    """Say whether something is told to be in the country: "in Mali", "Konduga, in the north, Nigeria,"."""
    if _NAME_GOES_ON.match(sentence, name.end):  # "Jordan Smith", "U.S. Navy"
        return False
    if sentence[name.start : name.end] in _ADJECTIVES and re.match(r"\s+[a-z]", sentence[name.end :]):
        return bool(re.match(r"\s+(?:in|on|at|when|after|during|by|and|as)\b", sentence[name.end :]))
    if _SUFFERED.match(sentence, name.end) or (not name.start and sentence[name.end : name.end + 1] == ":"):
        return True
    before = _IN_COUNTRY.search(sentence[: name.start])
    if not before:
        return False
    return not before[0].startswith(",") or bool(re.match(r"\s*(?:[.,;:)]|$)", sentence[name.end :]))


def _tells_where(sentence: str, name: _Named) -> bool:
    """Say whether a country's name tells where, itself or with a place in it: "Chad’s capital"."""
    return _stands_for_where(sentence, name) or bool(_OF_A_PLACE.match(sentence, name.end))


def _tells_of_a_place(sentence: str, name: _Named) -> bool:
    """Say whether a demonym tells of a place: "the Lebanese city of Tripoli", "in Bali"; not "French soldiers"."""
    if _OF_A_PLACE.match(sentence, name.end):
        return True
    return bool(_IN_REGION.search(sentence[: name.start]) and _REGION_ENDS.match(sentence, name.end))


def _beside_country(sentence: str, named: list[_Named]) -> Place | None:
    """Return the place that stands before a country's name and a comma: "in Benghazi, Libya"."""
    for country in named:
        runs = _runs_before(sentence, country.start)
        places = [run for run in runs if run not in country_names()]
        if not places or len(places) < len(runs):  # "in Mali, Niger and Nigeria" lists countries
            continue
        for run in reversed(places):  # "Maiduguri, Borno, Nigeria": the smallest is named first
            city = _city(run, {country.code}, strict=True)
            if city:
                return Place(name=run, country=country.code, city=city)
        other = _city(places[-1], set(), strict=False) if country.code == "GE" else None
        if other:  # "Atlanta, Georgia"
            return Place(name=places[-1], country=other.country, city=other)
        return Place(name=places[-1], country=country.code)
    return None


def _runs_before(sentence: str, end: int) -> list[str]:
    """Return the capitalised names before *end*, each followed by a comma, the nearest first; two at most."""
    runs: list[str] = []
    while len(runs) < 2:  # noqa: PLR2004 -- a town and its province
        match = _BEFORE_COUNTRY.search(sentence, max(0, end - 80), end)
        if not match:
            break
        run = match["run"]
        bare = run if sentence[: match.start("run")].strip() else _LEADING.sub("", run)
        if bare in {"On", "In", "At", "Near"}:
            break
        runs.append(bare)
        lies_in = _LIES_IN.search(sentence, 0, match.start("run"))
        end = lies_in.start() + len(", ") if lies_in else match.start("run")
        if bare != run or not sentence[:end].rstrip().endswith(","):
            break
    return runs


def _placed_city(sentence: str, hints: set[str], *, strict: bool) -> tuple[str, City] | None:
    """Return the first city that something is said to be in, at, near or outside of."""
    for match in _PLACED.finditer(sentence):
        for run in filter(None, (match["run"], match["within"])):  # "in Woolwich, London"
            words = run.split()
            for length in range(min(len(words), 4), 0, -1):
                name = " ".join(words[:length]).removesuffix("’s").removesuffix("'s")
                if name in country_names():
                    continue
                region = demonyms().get(name)  # "Bali" is no city elsewhere
                city = _city(name, {region} if region else hints, strict=strict or bool(region))
                if city:
                    return name, city
    return None


def _city_of_a_site(sentence: str, hints: set[str]) -> tuple[str, City] | None:
    """Return the first city that tells which bus, theatre or airport is meant."""
    for match in _SITED.finditer(sentence):
        name = match["run"] or match["owner"]
        if name in country_names() or name in demonyms():
            continue
        if match["the"] and not hints and match["site"] not in _ONE_IN_TOWN:  # "the Victoria station"
            continue
        city = _city(name, hints, strict=bool(hints))
        if city and (hints or city.population >= _WELL_KNOWN):
            return name, city
    return None


def _city(name: str, hints: set[str], *, strict: bool) -> City | None:
    """Return the largest city of that name in one of the countries *hints*, or anywhere unless *strict*."""
    cities = cities_named(name)
    hinted = [city for city in cities if city.country in hints]
    if hinted:
        return hinted[0]
    return cities[0] if cities and not strict else None


def _countries(text: str) -> Iterator[_Named]:
    for match in country_pattern().finditer(text):
        yield _Named(code=country_names()[match[0]], start=match.start(), end=match.end())


def _demonyms(text: str) -> Iterator[_Named]:
    for match in demonym_pattern().finditer(text):
        yield _Named(code=demonyms()[match[0]], start=match.start(), end=match.end())
