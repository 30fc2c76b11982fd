"""
Words as the search compares them, whatever database looks for them.

A word is letters and digits of any script. It is folded: no capitals, no accents, letters that a
keyboard lacks as it has them (`ø` as `o`), digits of every script as 0 to 9. Arabic loses what
writers leave out or set as they like: the hamza and madda of alef, yeh and waw, short vowels, the
tatweel; alef maksura is yeh, teh marbuta is heh. Scripts without spaces (Chinese, Japanese) are
folded character by character, so that what is typed is found as a phrase.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

#: The longest word that is kept, in characters: PostgreSQL keeps none of 2,048 bytes.
LONGEST_WORD = 64

_ASCII_WORD = re.compile("[a-z0-9]+")
#: What printers set and nobody's word has; each is one character, so that every place stays.
_PUNCTUATION = str.maketrans(dict.fromkeys("‘’“”„‚«»–—…·•\u00a0\u202f\u2009", " "))
#: What stays in a word and is nothing by itself: ZWNJ and ZWJ, the soft hyphen.
_JOINERS = "\u00ad\u200c\u200d"
_TATWEEL = "\u0640"
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
#: Letters that no decomposition makes plain.
_PLAIN = str.maketrans(
    {
        "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŋ": "n",
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ە": "ه",
        "ʼ": None, "ʻ": None, "ʿ": None, "ʾ": None, "ء": None,
        **dict.fromkeys([*_JOINERS, _TATWEEL]),
    }
)  # fmt: skip


#: A folded word, and from where to where the text has it.
Word = tuple[str, int, int]


def fold(text: str) -> list[str]:
    """Return the folded words of *text*, in order."""
    plain = text.translate(_PUNCTUATION)
    if plain.isascii():
        return [word[:LONGEST_WORD] for word in _ASCII_WORD.findall(plain.lower())]
    return [folded for written in _written().findall(text) for folded in _folded(written)]


def words(text: str) -> list[Word]:
    """Return the folded words of *text* with their places; what one written word is folded to shares a place."""
    plain = text.translate(_PUNCTUATION)
    if plain.isascii():  # most of it is, and is done in a third of the time
        return [(match[0][:LONGEST_WORD], *match.span()) for match in _ASCII_WORD.finditer(plain.lower())]
    return [(folded, *match.span()) for match in _written().finditer(text) for folded in _folded(match[0])]


@lru_cache(maxsize=16_384)  # an archive uses the same words again and again
def _folded(written: str) -> tuple[str, ...]:
    plain = written.casefold().translate(_PLAIN)
    # Twice: a letter may be one with a mark only once it is small or decomposed, and what it is made of plain as well.
    letters = [each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each)]
    plain = "".join(letters).casefold().translate(_PLAIN)
    digits = "".join(str(unicodedata.decimal(each, each)) for each in plain)
    return tuple(match[0][:LONGEST_WORD] for match in _written().finditer(unicodedata.normalize("NFC", digits)))


@cache
def _written() -> re.Pattern[str]:
    """Return what is a word as it is written: letters and digits, and marks, which Python's words leave out."""
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in _runs_of_marks())
    letter = f"[^\\W_{_ALONE}]"
    # A letter first: a text of marks alone is not tried again from each of them.
    return re.compile(f"[{_ALONE}][{marks}]*|{letter}(?:{letter}|[{marks}{_JOINERS}])*")


def _runs_of_marks() -> Iterator[tuple[int, int]]:
    """Yield the runs of code points that are marks (Unicode categories Mn and Mc), first and last."""
    first = last = -1
    for point in range(0x300, min(0x1F000, sys.maxunicode)):
        if unicodedata.category(chr(point)) in ("Mn", "Mc"):
            if point != last + 1 and first >= 0:
                yield first, last
            if point != last + 1:
                first = point
            last = point
    yield first, last
