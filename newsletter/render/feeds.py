"""
The three feeds: RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1.

Pure and deterministic: the same feed gives the same bytes in any process, whatever its time zone
or hash seed. Full content and a summary; ids that never change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from html import escape

from feedgen.feed import FeedGenerator

from newsletter.models import Issue
from newsletter.render.feed_extension import (
    DC,
    DCTERMS,
    FH,
    GEORSS,
    SY,
    FeedExtension,
    ItemExtension,
    looks_like_html,
)
from newsletter.render.items import Feed, item
from newsletter.render.json_feed import json_feed
from newsletter.render.links import Format
from newsletter.text import clean_line

__all__ = ["FORMATS", "MEDIA_TYPES", "SERVED_AS", "Feed", "atom", "json_feed", "rss"]

GENERATOR = "Daily Dose"
#: An instant that no item shows.
_ANY = datetime(2000, 1, 1, tzinfo=UTC)
#: As they are registered or documented, and as links name them.
MEDIA_TYPES: Mapping[Format, str] = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
#: As they are served: what browsers show with our stylesheet, and every reader takes (docs/design-notes.md).
SERVED_AS: Mapping[Format, str] = {
    "rss": "application/xml",
    "atom": "application/xml",
    "json": "application/feed+json",
}


def atom(feed: Feed) -> bytes:
    """Return *feed* as Atom 1.0, in UTF-8."""
    whose = _whose(feed)
    return _around(_atom_head(feed), [_atom_item(issue, whose) for issue in feed.issues], b"</feed>")


def rss(feed: Feed) -> bytes:
    """Return *feed* as RSS 2.0 under the RSS Profile, in UTF-8."""
    whose = _whose(feed)
    return _around(_rss_head(feed), [_rss_item(issue, whose) for issue in feed.issues], b"</channel></rss>")


def _around(head: bytes, items: list[bytes], end: bytes) -> bytes:
    """Return a feed of its head and its items: an item has the same bytes in the feed of every facet."""
    start, found, _ = head.rpartition(end)
    assert found, "feedgen closes what it opened"
    return start + b"".join(items) + head[len(start) :]


def _whose(feed: Feed) -> Feed:
    """Return what the items of *feed* know of it, and what all feeds of an edition have in common."""
    return Feed(
        edition=feed.edition,
        publisher=feed.publisher,
        links=feed.links,
        title=feed.edition.title,
        issues=(),
        updated=_ANY,
    )


def _atom_head(feed: Feed) -> bytes:
    generator = _generator(feed, "atom", {"dcterms": DCTERMS, "georss": GEORSS, "fh": FH})
    generator.id(feed.id)
    generator.updated(feed.updated)
    generator.author(name=feed.author)
    return bytes(generator.atom_str())


@lru_cache(maxsize=512)
def _atom_item(issue: Issue, whose: Feed) -> bytes:
    each = item(issue, whose.links)
    generator = _generator(whose, "atom", {"dcterms": DCTERMS, "georss": GEORSS, "fh": FH})
    generator.id(whose.id)
    entry = generator.add_entry()
    entry.dose.item, entry.dose.feed = each, whose
    entry.id(each.id)
    entry.title(each.title)
    entry.link(href=each.url)
    entry.published(each.published)
    entry.updated(each.updated)
    entry.summary(escape(each.summary, quote=False), type="html")
    entry.content(each.content, type="html")
    for term, label in each.categories:
        entry.category(term=term, label=_label(term, label))
    return _cut(generator.atom_str(), b"<entry", b"</entry>")


def _rss_head(feed: Feed) -> bytes:
    generator = _generator(feed, "rss", {"dc": DC, "dcterms": DCTERMS, "georss": GEORSS, "sy": SY})
    return bytes(generator.rss_str())


@lru_cache(maxsize=512)
def _rss_item(issue: Issue, whose: Feed) -> bytes:
    each = item(issue, whose.links)
    generator = _generator(whose, "rss", {"dc": DC, "dcterms": DCTERMS, "georss": GEORSS, "sy": SY})
    entry = generator.add_entry()
    entry.dose.item, entry.dose.feed = each, whose
    entry.guid(each.id, permalink=False)
    entry.title(each.title)
    entry.link(href=each.url)
    # A description is HTML to every reader, so plain text is written as HTML.
    entry.summary(escape(each.summary, quote=False))
    entry.content(each.content, type="html")
    for term, label in each.categories:
        entry.category(term=term, label=_label(term, label))
    return _cut(generator.rss_str(), b"<item", b"</item>")


def _cut(document: bytes, start: bytes, end: bytes) -> bytes:
    """Return the one item of a document: text in it has no angle brackets of its own."""
    return bytes(document[document.index(start) : document.rindex(end) + len(end)])


def _label(term: str, label: str) -> str:
    """Return a category's label; its term where readers would take the label as HTML, which no label may be."""
    return term if looks_like_html(label) else label


class _Generator(FeedGenerator):  # type: ignore[misc]  # feedgen has no types
    """feedgen without its RSS date, which it would stamp now and write by turning the process's locale."""

    def __init__(self) -> None:
        super().__init__()
        self._FeedGenerator__rss_lastBuildDate = None


def _generator(feed: Feed, fmt: Format, namespaces: dict[str, str]) -> FeedGenerator:
    generator = _Generator()
    generator.register_extension("dose", FeedExtension, ItemExtension)
    generator.dose.feed, generator.dose.namespaces = feed, namespaces
    generator.title(clean_line(feed.title))
    generator.description(clean_line(feed.description))
    generator.link(href=feed.address(fmt), rel="self", type=MEDIA_TYPES[fmt])
    if feed.hub:
        generator.link(href=feed.hub, rel="hub")
    # The last link is the one that RSS gives as its site.
    generator.link(href=feed.home, rel="alternate", type="text/html")
    generator.language(feed.edition.language)
    generator.generator(GENERATOR)
    if feed.publisher.rights:
        generator.rights(clean_line(feed.publisher.rights))
    return generator


FORMATS: Mapping[Format, Callable[[Feed], bytes]] = {"rss": rss, "atom": atom, "json": json_feed}
