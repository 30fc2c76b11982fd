"""
How our pages are shown on others': the frame, oEmbed's answer, and the page that tells of both.

oEmbed 1.0 (https://oembed.com): who has an address of ours asks what to put in its place, and is
given a frame of the box.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from xml.sax.saxutils import escape as escape_xml

from newsletter.models import Edition, Issue, Publisher
from newsletter.render import templates
from newsletter.render.beside import CARD
from newsletter.render.box import short_of
from newsletter.render.framing import page
from newsletter.render.links import Links

#: What a frame of the box has room in, in CSS pixels: most entries without a scroll bar.
WIDTH, HEIGHT = 416, 640
#: What a paragraph of the static form says against the style of the page that it stands in.
_PARAGRAPH = "margin:0 0 10px;color:#1b1b1f;font:16px/1.5 Charter,Georgia,serif"
#: Seconds for which the answer may be kept: it is a frame, and what stands in it is always new.
_A_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What is asked to be embedded: *address* is the box's, *card* that of a picture, if there is one."""

    address: str
    title: str
    card: str | None = None


def frame(address: str, title: str, *, width: int | None = None, height: int = HEIGHT) -> str:
    """
    Return the element that frames a box, *width* pixels wide, or as wide as a box in whatever room there is.

    A host's policy may refuse the style; the attributes alone then keep the frame in its room, without a border.
    """
    wide, most = (f"{width}", "100%") if width else ("100%", f"{WIDTH}px")
    return (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{wide}" height="{height}" frameborder="0" '
        f'style="border:0;max-width:{most}" loading="lazy"></iframe>'
    )


def oembed(
    of: Embedded, *, edition: Edition, links: Links, max_width: int | None = None, max_height: int | None = None
) -> Mapping[str, str | int]:
    """Return oEmbed's answer (2.3.4): a frame no larger than is allowed, and a picture where that fits."""
    width, height = min(WIDTH, max_width or WIDTH), min(HEIGHT, max_height or HEIGHT)
    answer: dict[str, str | int] = {
        "version": "1.0",
        "type": "rich",
        "title": of.title,
        "provider_name": edition.title,
        "provider_url": links.home(),
        "cache_age": _A_DAY,
        "html": frame(of.address, of.title, width=width, height=height),
        "width": width,
        "height": height,
    }
    if of.card and CARD[0] <= (max_width or CARD[0]) and CARD[1] <= (max_height or CARD[1]):
        answer |= {"thumbnail_url": of.card, "thumbnail_width": CARD[0], "thumbnail_height": CARD[1]}
    return answer


def as_json(answer: Mapping[str, str | int]) -> str:
    """Return an answer as JSON."""
    return json.dumps(answer, ensure_ascii=False, indent=2) + "\n"


def as_xml(answer: Mapping[str, str | int]) -> str:
    """Return an answer as XML (2.3.4.2)."""
    inside = "".join(f"  <{name}>{escape_xml(str(value))}</{name}>\n" for name, value in answer.items())
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>\n{inside}</oembed>\n'


def static_box(issue: Issue | None, *, edition: Edition, links: Links) -> str:
    """Return the box as HTML that needs no frame, script or style sheet: the *issue* of today, which it stays."""
    short = short_of(issue, links) if issue and not issue.withdrawal else {}
    body = str(short.get("body", "")).replace("<p>", f'<p style="{_PARAGRAPH}">')
    return templates.render(
        "box/static.html", issue=issue if short else None, edition=edition, links=links, **(short | {"body": body})
    ).strip()


def embed_page(issue: Issue | None, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the page that shows how to embed the box; its static form is of *issue*, the latest that stands."""
    return page(
        "embed",
        edition=edition,
        publisher=publisher,
        links=links,
        room="embed",
        title=f"Embed it – {edition.title}",
        heading="Embed it",
        description="Show the day’s entry on your own pages: in a frame, by a script, or as plain HTML.",
        address=links.embed(),
        frame=frame(links.box(), edition.title),
        frame_dark=frame(f"{links.box()}#dark", edition.title),
        script=f'<script src="{escape(links.box_js())}" async></script>',
        script_dark=f'<script src="{escape(links.box_js())}" data-theme="dark" data-dir="rtl" async></script>',
        policy=f"frame-src {links.box()}",
        oembed=links.oembed(links.home()),
        static=static_box(issue, edition=edition, links=links),
    )
