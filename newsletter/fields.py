"""What an entry's fields may hold: each read out of a mapping, with what is wrong with it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from newsletter.models import (
    Attribution,
    NamedGroup,
    PartialDate,
    Source,
)
from newsletter.text import clean, clean_line, slugify

LONGEST_HEADLINE = 90
LONGEST_BODY = 200_000
#: What is made of a headline has at most 80 characters; behind it there may be a date or a UUID, so that it is unique.
LONGEST_SLUG = 80 + len("-") + len(str(UUID(int=0)))
HIGHEST_COUNT = 10_000_000
MOST_SOURCES = 1_000

_GROUP_PARTS = ("slug", "name", "attribution")
_SOURCE_PARTS = ("author", "title", "publisher", "url", "raw", "published")

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
#: Regions that CLDR names and ISO 3166-1 does not.
_NOT_ISO = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"])

#: What nearly every address looks like, so that few need to be taken apart.
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?:/[A-Za-z0-9/._~%?=&+-]*)?")

#: Categories of Unicode that leave no mark of their own: controls, formats as the soft hyphen, spaces, lone accents.
_INVISIBLE = frozenset(["Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"])
#: Letters and a symbol without a shape: the fillers of Hangul and the empty cell of Braille.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")

E_ = TypeVar("E_", bound=StrEnum)


@cache
def country_codes() -> frozenset[str]:
    """Return the codes of ISO 3166-1 alpha-2."""
    from babel import Locale

    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if code.isalpha() and len(code) == len("LY")) - _NOT_ISO


@cache
def country_name(code: str) -> str:
    """Return what English calls the country *code*; the code itself where it has no name for it."""
    from babel import Locale

    return re.sub(r"\s*\(.*\)", "", str(Locale("en").territories.get(code, code)))


class EntryReader:
    """Reads an entry's fields out of a mapping and gathers what is wrong with each."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        self.shape = shape
        self.problems: list[tuple[str, str]] = []

    def wrong(self, name: str, problem: str) -> None:
        """Note what is wrong with a field."""
        self.problems.append((name, problem))

    def line(self, name: str, longest: int = 500) -> str | None:
        """Read a text of one line; `None` if it is missing or empty."""
        return self._text(name, clean_line, longest)

    def text(self, name: str, longest: int) -> str | None:
        """Read a text of many lines; `None` if it is missing or empty."""
        return self._text(name, lambda value: clean(value).strip(), longest)

    def _text(self, name: str, wash: Callable[[str], str], longest: int) -> str | None:
        value = self.shape.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong(name, f"expected text, got {value!r}")
            return None
        text = wash(value)
        if len(text) > longest:
            self.wrong(name, f"expected at most {longest:,} characters, got {len(text):,}")
            return None
        return text or None

    def one_of(self, name: str, kinds: type[E_], default: E_ | None = None) -> E_ | None:
        """Read one of *kinds*; *default* if it is missing or wrong."""
        value = self.shape.get(name)
        if value is None and default is not None:
            return default
        try:
            return kinds(str(value))
        except ValueError:
            self.wrong(name, f"expected one of {', '.join(kinds)}, got {value!r}")
            return default

    def partial_date(self, name: str, shape: Mapping[str, Any] | None = None) -> PartialDate | None:
        """Read a date or part of one, out of *shape* if it is given."""
        value = (self.shape if shape is None else shape).get(name)
        if value is None or value == "":
            return None
        try:
            return PartialDate.parse(str(value))
        except ValueError as error:
            self.wrong(name, str(error))
            return None

    def count(self, name: str) -> int | None:
        """Read a whole number, 0 to `HIGHEST_COUNT`."""
        value = self.shape.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST_COUNT:
            self.wrong(name, f"expected a whole number from 0 to {HIGHEST_COUNT:,}, got {value!r}")
            return None
        return value

    def degrees(self, name: str, most: float) -> float | None:
        """Read degrees from -*most* to *most*."""
        value = self.shape.get(name)
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or abs(value) > most
        ):
            self.wrong(name, f"expected degrees from -{most:g} to {most:g}, got {value!r}")
            return None
        return float(value) + 0.0  # -0.0 is 0.0, and one database says so where the other does not

    def flag(self, name: str) -> bool | None:
        """Read true or false; `None` if it is missing or wrong."""
        value = self.shape.get(name)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, f"expected true or false, got {value!r}")
            return None
        return value

    def uid(self, name: str) -> UUID | None:
        """Read a UUID."""
        value = self.shape.get(name)
        if value is None:
            return None
        try:
            return UUID(str(value))
        except ValueError:
            self.wrong(name, f"expected a UUID, got {value!r}")
            return None

    def items(self, name: str) -> Sequence[Any]:
        """Read a list; an empty one if it is missing or wrong."""
        value = self.shape.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.wrong(name, f"expected a list, got {value!r}")
            return ()
        return value

    def slugs(self, name: str) -> tuple[str, ...]:
        """Read words as slugs, each once."""
        found: dict[str, None] = {}
        for item in self.items(name):
            if not isinstance(item, str) or not slugify(item):
                self.wrong(name, f"expected words, got {item!r}")
            else:
                found[slugify(item)] = None
        return tuple(found)

    def groups(self) -> tuple[NamedGroup, ...]:
        """Read the groups that are named, each slug once."""
        found: dict[str, NamedGroup] = {}
        for item in self.items("groups"):
            if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
                self.wrong("groups", f"expected name and attribution, got {item!r}")
                continue
            self._parts_of("groups", item, _GROUP_PARTS)
            name = clean_line(item["name"])
            slug = slugify(str(item.get("slug") or name))
            try:
                attribution = Attribution(item.get("attribution") or Attribution.ATTRIBUTED)
            except ValueError:
                self.wrong("groups", f"expected one of {', '.join(Attribution)}, got {item['attribution']!r}")
                continue
            if slug:
                found.setdefault(slug, NamedGroup(slug=slug, name=name, attribution=attribution))
            else:
                self.wrong("groups", f"expected a name, got {item['name']!r}")
        return tuple(found.values())

    def sources(self) -> tuple[Source, ...]:
        """Read the sources, each with its citation."""
        items = self.items("sources")
        if len(items) > MOST_SOURCES:
            self.wrong("sources", f"expected at most {MOST_SOURCES:,}, got {len(items):,}")
            return ()
        found = []
        for item in items:
            if not isinstance(item, Mapping):
                self.wrong("sources", f"expected an object, got {item!r}")
                continue
            self._parts_of("sources", item, _SOURCE_PARTS)
            texts = {
                name: clean_line(value) if isinstance(value := item.get(name), str) else None
                for name in _SOURCE_PARTS[:-1]
            }
            published = self.partial_date("published", item)
            if texts["url"] and not is_web_address(texts["url"]):
                self.wrong("sources", f"expected an http or https address, got {texts['url']!r}")
                continue
            raw = (
                texts.pop("raw")
                or ", ".join(
                    part for part in (texts["author"], texts["title"], texts["publisher"], str(published or "")) if part
                )
                or texts["url"]
            )
            if not raw:
                self.wrong("sources", "expected a citation, got an empty one")
                continue
            found.append(Source(raw=raw, published=published, **{k: v or None for k, v in texts.items()}))
        return tuple(found)

    def _parts_of(self, name: str, item: Mapping[str, Any], known: Collection[str]) -> None:
        """Note what *item*, one of the field *name*'s, has that is no part of it or no text: it would be lost."""
        for part, value in item.items():
            if part not in known:
                self.wrong(name, f"expected {', '.join(known)}, got {part!r}")
            elif part != "published" and value is not None and not isinstance(value, str):
                self.wrong(name, f"{part}: expected text, got {value!r}")

    def country(self) -> str | None:
        """Read a code of ISO 3166-1 alpha-2."""
        value = self.line("country")
        if value is not None and value not in country_codes():
            self.wrong("country", f"expected a code of ISO 3166-1 such as LY, got {value!r}")
            return None
        return value

    def language(self) -> str:
        """Read a tag of BCP 47, `en` if it is missing or wrong."""
        value = self.line("language") or "en"
        if not is_language(value):
            self.wrong("language", f"expected a tag of BCP 47 such as en or pt-BR, got {value!r}")
            return "en"
        return value

    def range(self, name: str) -> tuple[int | None, bool, int | None]:
        """Return the lowest figure, whether more is likely, and the highest."""
        low, most = self.count(name), self.count(f"{name}_most")
        if most is not None and (low is None or most < low):
            self.wrong(f"{name}_most", f"expected at least {name} ({low}), got {most}")
            most = None
        return low, bool(self.flag(f"{name}_at_least")), most


def is_visible(text: str) -> bool:
    """Say whether *text* has a character that can be seen: neither a space nor one that only shapes others."""
    return any(unicodedata.category(char) not in _INVISIBLE and char not in _BLANK for char in text)


def is_language(text: str) -> bool:
    """Say whether *text* is a language tag of BCP 47 as we use them: language, script and region."""
    return _LANGUAGE.fullmatch(text) is not None


def is_web_address(text: str) -> bool:
    """Say whether *text* is an absolute http or https address, and nothing that a page would run."""
    if _PLAIN_ADDRESS.fullmatch(text):
        return True
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"]", text)
    except ValueError:
        return False
