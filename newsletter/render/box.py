"""
The box: the day's entry on anybody's page.

`/box` is a small document to frame; `/box.js` fetches it and places it after its own tag, in a
shadow root, so that neither page's style touches the other. It sets no cookie and counts nothing.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

from markupsafe import escape

from newsletter.models import Edition, Entry, Issue, Publisher
from newsletter.render import prose, templates, words
from newsletter.render.framing import MARKS
from newsletter.render.links import Links

#: A longer text is a page's, not a box's: the box shows its beginning. In characters of the body.
LONGEST = 900


def box_page(
    issue: Issue | None, *, edition: Edition, publisher: Publisher, links: Links, permalink: str | None = None
) -> str:
    """
    Return the box as a full small document, all its addresses absolute; *issue* is the latest, if any.

    *permalink* is the address of what it is a box of, where that is not the latest issue, whatever it is.
    A frame whose address ends in `#dark` or `#light` has that theme, and else the reader's own.

    Its one style element needs `style_source()` in the Content-Security-Policy that it is served
    under; it has to be frameable by anybody, and readable by any origin (for `/box.js`).
    """
    values = short_of(issue, links) if issue and not issue.withdrawal else {}
    return templates.render(
        "box/box.html",
        issue=issue,
        edition=edition,
        publisher=publisher,
        links=links,
        marks=MARKS,
        style=templates.text("box/box.css"),
        canonical=permalink or links.home(),
        **values,
    )


def box_script(*, edition: Edition, links: Links) -> str:
    """Return the script that embeds the box; without scripts or network a link to the archive stays."""
    return templates.render(
        "box/box.js",
        title=_in_a_string(edition.title),
        view_archive=_in_a_string(words.VIEW_ARCHIVE),
        archive=_in_a_string(links.archive()),
        box=_in_a_string(links.box()),
    )


def style_source() -> str:
    """Return the box's style as a source expression of a Content-Security-Policy: `'sha256-…'`."""
    digest = sha256(templates.text("box/box.css").encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


def short_of(issue: Issue, links: Links) -> dict[str, object]:
    """Return what a box has room for of an issue that stands, by the names that templates have for it."""
    entry = issue.entry
    cut = len(entry.body) > LONGEST
    sources = entry.sources
    return {
        "body": _beginning(entry) if cut else _without_marks(entry, issue, links),
        "cut": cut,
        "corrections": [note for note in words.newest_first(issue.corrections) if not note.slip],
        "source": words.citation(sources[0], entry.language).rstrip(".") if sources else "",
        "more_sources": max(0, len(sources) - 1),
    }


def _without_marks(entry: Entry, issue: Issue, links: Links) -> str:
    """Return the text without its marks: a box has no room for the notes they lead to."""
    unsourced = replace(entry, sources=())
    return prose.html(unsourced, key=issue.day.isoformat(), permalink=links.issue(issue.day)).body


def _beginning(entry: Entry) -> str:
    return f"<p>{escape(prose.summary(replace(entry, content_note=None), LONGEST // 2))}</p>"


def _in_a_string(text: str) -> str:
    """Return *text* as the inside of a JavaScript string that no HTML parser trips over."""
    return json.dumps(text)[1:-1].replace("<", "\\u003c")
