"""The words of a mail's parts, to be compared: whatever is marked up, wrapped or linked."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup


def words_of_text(text: str) -> list[str]:
    return words_in(re.sub(r"\[\d+\]|^> ?|^- |\*", " ", text, flags=re.MULTILINE))


def words_of_html(html: str) -> list[str]:
    soup = BeautifulSoup(html, "lxml")
    for tag in soup(["sup", "style", "title"]):
        tag.decompose()
    return words_in(soup.get_text(" "))


def words_in(text: str) -> list[str]:
    """Return the words of *text* without addresses, in one case: only wording is compared."""
    return re.findall(r"\w+", re.sub(r"https?://\S+", " ", text.lower()))
