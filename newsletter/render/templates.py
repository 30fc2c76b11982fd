"""
The templates: one Jinja2 environment over the folder `templates/`, with our words as filters.

An undeclared name is an error, everything is escaped unless it came out of the sanitiser, and no
template decides what a reader may see.
"""

from __future__ import annotations

import re
import textwrap
from datetime import date
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from urllib.parse import quote

from babel.dates import format_date, format_skeleton
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from newsletter import resources
from newsletter.models import Entry
from newsletter.render import cuts, prose, words


def render(name: str, **values: object) -> str:
    """Return the template *name* (`site/issue.html`) filled with *values*."""
    return environment().get_template(name).render(**values)


def text(name: str) -> str:
    """Return a file of `templates/` as it stands: a stylesheet, a script."""
    return (_folder() / name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Return the environment, made once a process."""
    env = Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    env.globals.update(words=words, facet_links=cuts.facet_links)
    env.filters.update(
        attributes=_attributes,
        contact_address=contact_address,
        day=words.long_day,
        full_day=full_day,
        month=month_and_year,
        month_day=month_day,
        month_name=month_name,
        paragraphs=paragraphs,
        sentence=words.sentence,
        summary=prose.summary,
        tone=tone,
        weekday=weekday_and_day,
        wrapped=wrapped,
    )
    return env


def full_day(day: date, language: str = "en") -> str:
    """Return a day with its weekday: `Sunday 22 November 2026`."""
    return str(format_date(day, "full", locale=words.locale_of(language))).replace(",", "", 1)


def month_and_year(day: date, language: str = "en") -> str:
    """Return the month that *day* is in: `November 2026`."""
    return str(format_date(day, "LLLL y", locale=words.locale_of(language)))


def month_name(day: date, language: str = "en") -> str:
    """Return the month that *day* is in, alone: `November`."""
    return str(format_date(day, "LLLL", locale=words.locale_of(language)))


def month_day(day: date, language: str = "en") -> str:
    """Return a day of any year: `22 November`."""
    return str(format_skeleton("MMMMd", day, locale=words.locale_of(language)))


def weekday_and_day(day: date, language: str = "en") -> str:
    """Return a day of a month that is named elsewhere: `Sun 22`."""
    return str(format_date(day, "EEE d", locale=words.locale_of(language)))


def paragraphs(text: str) -> list[str]:
    """Return what an editor wrote as its paragraphs, which a blank line parts."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def tone(entry: Entry) -> str:
    """Return the colour's name that an entry has: `words`, `actions` or `background`."""
    return words.section_label(entry.kind).lower()


def contact_address(contact: str, subject: str = "") -> str:
    """Return where a link to *contact* leads: a page as it is, a mail address by mailto (RFC 6068)."""
    if "://" in contact:
        return contact
    address = parseaddr(contact)[1] or contact
    return f"mailto:{quote(address, safe='@')}" + (f"?subject={quote(subject, safe='')}" if subject else "")


def wrapped(line: str, width: int = 72) -> str:
    """Return *line* broken at *width* columns, addresses left whole."""
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def _attributes(entry: Entry) -> Markup:
    return Markup(prose.attributes(entry))  # noqa: S704 -- made of a language tag, escaped there


@cache
def _folder() -> Path:
    return resources.folder("templates")
