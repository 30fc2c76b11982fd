"""Text as it may enter the archive, and the slugs made of it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import filterfalse

#: What kills a feed, hides text or turns it around: control characters (but tab and line feed),
#: lone surrogates, noncharacters, zero-width space, word joiner, byte order mark, and the bidi
#: embeddings, overrides and isolates. U+200C and U+200D stay: emoji, Sinhala and Persian need them.
_DIRT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
    "|[" + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17)) + "]"
)
#: Every way to end a line: CR LF, CR, NEL, line and paragraph separator.
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SLUG_WORD = re.compile(r"[^\W_]+")


def clean(text: str) -> str:
    """Return *text* without what no reader may be sent, each line ending in LF."""
    if text.isprintable():  # most lines are: nothing of the dirt is
        return text
    return _DIRT.sub("", _LINE_ENDS.sub("\n", text))


def clean_line(text: str) -> str:
    """Return *text* cleaned, on one line, with single spaces and none at the ends."""
    return " ".join(clean(text).split())


def _bare(text: str) -> str:
    """Return *text* with Latin letters bare of their accents."""
    if text.isascii():
        return text
    letters = filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", "".join(letters))


@lru_cache(maxsize=4096)  # a table names the same groups, places and kinds of attack again and again
def slugify(text: str, *, longest: int = 80) -> str:
    """
    Return *text* as lower-case words joined by hyphens, cut between words; "" if nothing is left.

    Latin letters lose their accents; letters of other scripts stay, since an Arabic headline needs
    an address too.
    """
    # Twice: a mathematical capital has no small form until it is bare, and a slug's slug is itself.
    bare = _bare(_bare(text.casefold()).casefold())
    words = _SLUG_WORD.findall(bare.replace("’", "").replace("'", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:longest]
        if len(longer) > longest:
            break
        slug = longer
    return slug
