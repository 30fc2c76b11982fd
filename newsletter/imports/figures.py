"""Numbers in prose, written in figures whatever words they had."""

from __future__ import annotations

import re
from decimal import Decimal

from text_to_num import alpha2digit

_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million)"
)
_WORDS = re.compile(rf"(?<!\bno )\b{_WORD}(?:(?:[\s-]+and[\s-]+|[\s-]+){_WORD})*\b", re.IGNORECASE)
_TIMES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_MULTIPLE = re.compile(
    r"(?<![\w.,])(?P<count>[0-9]{1,4}(?:\.[0-9]{1,2})?)[\s-]+(?P<times>hundred|thousand|million)\b(?!-)", re.IGNORECASE
)
_A_HUNDRED = re.compile(r"\ba(?=\s+(?:hundred|thousand|million)\b)", re.IGNORECASE)
#: A number in figures, on its own: no part of a word, of a share or of another number.
NUMBER = r"(?<![\w.,])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,8})(?![\w%]|[.,][0-9]|-[a-z])"
#: "Dozens", "several hundred": nothing that can be counted.
_VAGUE = re.compile(
    r"\b(?:(?:several|many|a few|some|tens of|multiple)\s+)?(?:dozens|scores|hundreds|thousands|millions)\b"
    r"(?:\s+of\s+thousands)?"
    r"|\b(?:several|many|a few|a couple of|multiple)\s+(?:dozen|hundred|thousand|score)\b"
    r"|\b(?:(?:an?|[\w.]+\s+and\s+an?)\s+(?:half|quarter)|half\s+an?|a\s+quarter\s+of\s+an?)\s+(?:hundred|thousand|million)\b",
    re.IGNORECASE,
)
_DOZEN = re.compile(
    r"\b(?:(?P<half>half a)|(?P<one>a)|(?P<count>[0-9]{1,2}))\s+dozen\b(?:\s+or\s+(?:so|more))?", re.IGNORECASE
)


def in_figures(text: str) -> str:
    """Return *text* with its numbers in figures, and with "many" for what can't be counted."""
    text = _VAGUE.sub("many", text)
    text = _A_HUNDRED.sub("one", _MULTIPLE.sub(_product, text))
    text = _WORDS.sub(lambda words: str(alpha2digit(words[0].replace("-", " "), "en", 0)), text)
    return _DOZEN.sub(lambda dozen: str(6 if dozen["half"] else 12 * int(dozen["count"] or 1)), text)


def _product(multiple: re.Match[str]) -> str:
    product = Decimal(multiple["count"]) * _TIMES[multiple["times"].casefold()]
    return str(int(product)) if product == int(product) else "many"
