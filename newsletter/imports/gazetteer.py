"""
Countries and cities by the names that English prose gives them.

Names come from Unicode (Babel) and our own tables; cities from GeoNames (`data/README.md`).
"""

from __future__ import annotations

import gzip
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from newsletter.fields import country_codes

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city, where it is (degrees) and how many live there."""

    name: str
    country: str
    latitude: float
    longitude: float
    population: int


@cache
def table(name: str) -> dict[str, Any]:
    """Return one of our tables, by its file's name."""
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def plain(name: str) -> str:
    """Return *name* as it is looked up: no accents, apostrophes, hyphens or capitals."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[’‘'ʿʾʻ`.]", "", bare).replace("-", " ").split())


@cache
def _cities() -> dict[str, tuple[City, ...]]:
    found: dict[str, list[City]] = {}
    with gzip.open(DATA / "places.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            name, country, latitude, longitude, population = line.rstrip("\n").split("\t")
            city = City(
                name=name,
                country=country,
                latitude=float(latitude),
                longitude=float(longitude),
                population=int(population),
            )
            found.setdefault(plain(name), []).append(city)
    for said, spelt in table("spellings").items():
        found.setdefault(plain(said), []).extend(found.get(plain(spelt), ()))
    return {name: tuple(sorted(cities, key=lambda city: -city.population)) for name, cities in found.items()}


def cities_named(name: str) -> tuple[City, ...]:
    """Return the cities of that name, the largest first."""
    return _cities().get(plain(name), ())


@cache
def country_names() -> dict[str, str]:
    """Return what countries are called (parts of countries too), with their codes."""
    from babel import Locale

    territories = Locale("en").territories
    names: dict[str, str] = {}
    for code in country_codes():
        name = re.sub(r"\s*\(.*\)", "", territories[code])
        names |= {name: code, name.replace("&", "and"): code, name.replace("’", "'"): code}
    for code, called in table("countries")["names"].items():
        names |= dict.fromkeys(called, code)
    return names


@cache
def demonyms() -> dict[str, str]:
    """Return the adjectives of countries, and regions too vague to name one, with their codes."""
    return {word: code for code, words in table("countries")["demonyms"].items() for word in words}


@cache
def country_pattern() -> re.Pattern[str]:
    """Return the pattern of every country's name, the longest first."""
    return _any_of(country_names())


@cache
def demonym_pattern() -> re.Pattern[str]:
    """Return the pattern of every demonym, the longest first."""
    return _any_of(demonyms())


def _any_of(names: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")
