"""
How our page of an entry is cited: a line, BibTeX, RIS, CSL-JSON and plain text.

What is cited is the page, a work of its own on the web, which has an address and no DOI. What the
entry itself rests on goes along as notes, in whatever each format keeps for the one who cites.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

from newsletter.models import Edition, Entry, PartialDate, Source
from newsletter.render import prose, words
from newsletter.render.links import Links

#: What LaTeX reads as its own in a field's text; a brace must come as a word, since BibTeX counts braces.
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
}
#: The macros of months that every BibTeX style knows.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: What the key of a BibTeX entry may hold, with room to spare.
_NO_KEY = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """
    What is said of an entry's page by whoever cites it.

    *published* is the day on which it first appeared, if an issue printed it. *sources* are the
    entry's own, a line for each.
    """

    key: str
    title: str
    site: str
    address: str
    language: str
    published: date | None = None
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def cited(entry: Entry, *, edition: Edition, links: Links, published: date | None = None) -> Cited:
    """Return what is to be said of *entry*'s own page; *links* must have their host."""
    return Cited(
        key=f"{_NO_KEY.sub('', edition.slug) or 'entry'}-{entry.uid.hex[:8]}",
        title=entry.headline,
        site=edition.title,
        address=links.entry(entry.slug),
        language=entry.language,
        published=published,
        keywords=entry.tags,
        sources=tuple(_source(source, entry.language) for source in entry.sources),
    )


def line(title: str, site: str, address: str, published: date | None, language: str) -> str:
    """Return a page as a note or a bibliography names it: “Title,” Site, day, address."""
    day = PartialDate.of(published) if published else None
    page = Source(raw="", title=title, publisher=site, published=day)
    return f"{words.citation(page, language)}, {address}."


def bibtex(of: Cited) -> str:
    """
    Return a BibTeX entry, in UTF-8.

    `@online` is biblatex's type of a web page; older styles take a type that they do not know as `@misc`.
    Two pairs of braces keep a title's capitals, and an author that is no person whole.
    """
    fields = [
        ("author", f"{{{{{_latex(of.site)}}}}}"),
        ("title", f"{{{{{_latex(of.title)}}}}}"),
        ("organization", f"{{{_latex(of.site)}}}"),
    ]
    if of.published:
        fields += [
            ("year", f"{{{of.published.year}}}"),
            ("month", _MONTHS[of.published.month - 1]),
            ("day", f"{{{of.published.day}}}"),
        ]
    # An address is taken as it stands (biblatex, 3.13.3); ours are percent-encoded, with no brace.
    fields += [("url", f"{{{of.address}}}"), ("language", f"{{{_latex(of.language)}}}")]
    if of.keywords:
        fields.append(("keywords", f"{{{_latex(', '.join(of.keywords))}}}"))
    if of.sources:
        # Kept for the reader of the file, and not printed in a bibliography.
        fields.append(("annote", f"{{{_latex(words.SOURCES + ': ' + _numbered(of.sources))}}}"))
    inside = ",\n".join(f"  {name} = {value}" for name, value in fields)
    return f"@online{{{of.key},\n{inside}\n}}\n"


def ris(of: Cited) -> str:
    """
    Return a record of RIS, in UTF-8: a tag, two spaces, a hyphen and a space before each value.

    `ELEC` is a web page. A value is one line, so that none can end the record. Lines end as the format
    has them, with CR LF.
    """
    lines = [("TY", "ELEC"), ("ID", of.key), ("AU", of.site), ("TI", of.title), ("T2", of.site)]
    if of.published:
        lines += [("PY", f"{of.published.year}"), ("DA", f"{of.published:%Y/%m/%d}/")]
    lines += [("UR", of.address), ("LA", of.language)]
    lines += [("KW", keyword) for keyword in of.keywords]
    lines += [("N1", source) for source in of.sources]
    lines.append(("ER", ""))
    return "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in lines)


def csl_json(of: Cited) -> str:
    """Return CSL-JSON: a list of one item, of type `webpage`."""
    item: dict[str, object] = {
        "id": of.key,
        "type": "webpage",
        "title": of.title,
        "container-title": of.site,
        "author": [{"literal": of.site}],
    }
    if of.published:
        item["issued"] = {"date-parts": [[of.published.year, of.published.month, of.published.day]]}
    item |= {"URL": of.address, "language": of.language}
    if of.keywords:
        item["keyword"] = ", ".join(of.keywords)
    if of.sources:
        item["note"] = f"{words.SOURCES}: {_numbered(of.sources)}"
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def plain(of: Cited, entry: Entry) -> str:
    """Return the citation as a line, and below it the entry's sources as footnotes."""
    cite = line(of.title, of.site, of.address, of.published, of.language)
    sources = prose.plain(entry).sources
    return f"{cite}\n\n{sources}\n" if sources else f"{cite}\n"


def _source(source: Source, language: str) -> str:
    cited_as = words.citation(source, language)
    return _one_line(", ".join(part for part in (cited_as, source.url or "") if part))


def _numbered(sources: tuple[str, ...]) -> str:
    return "; ".join(f"[{number}] {source}" for number, source in enumerate(sources, 1))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in _one_line(text))
