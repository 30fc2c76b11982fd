"""
What a person typed into the search, as terms: words, "phrases", and the beginnings of words (`word*`).

Every term must be found. Whatever is typed is a query: what is no word is passed over, and nothing
is an operator, so that no text can be wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.folding import fold

#: What is read of a query, in characters; terms, and words of a phrase. Nobody types more to find something.
LONGEST_QUERY = 1_000
MOST_TERMS = 12
MOST_WORDS = 20

#: A phrase goes to the next quotation mark or to the end; `*` behind it, or behind a word, leaves its end open.
_PART = re.compile(r'"(?P<phrase>[^"]*)(?:"(?P<open>\*?)|$)|(?P<word>[^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»〝〞＂", '"') | dict.fromkeys("＊٭", "*"))


class Term(NamedTuple):
    """Folded words that follow one another; the last one may go on if *is_prefix*."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all be found, each once."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, text: str) -> Query:
        """Read what was typed, the beginning of it."""
        terms: dict[Term, None] = {}
        for match in _PART.finditer(text[:LONGEST_QUERY].translate(_QUOTES)):
            written = match["phrase"] if match["word"] is None else match["word"]
            # A word with a hyphen or an apostrophe in it is several, one behind the other.
            folded = fold(written)
            if folded:
                goes_on = bool(match["open"]) if match["word"] is None else written.endswith("*")
                terms[Term(tuple(folded[:MOST_WORDS]), goes_on and len(folded) <= MOST_WORDS)] = None
        return cls(tuple(terms)[:MOST_TERMS])

    def __bool__(self) -> bool:
        return bool(self.terms)
