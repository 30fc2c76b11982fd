"""
What feedgen leaves out or gets wrong, written through its extension interface.

feedgen 1.0 makes every further link of an entry a second alternate, knows no stylesheet, no
`dcterms`, no `dc:creator`, and writes RSS dates by turning the locale of the whole process, under
which other threads' `open()` fails. So it is told one link and no RSS date, and the rest is added
here. Its Atom tree has no namespace: names in it are plain.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from newsletter.render.items import Feed, Item

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
FH = "http://purl.org/syndication/history/1.0"
DCTERMS = "http://purl.org/dc/terms/"
GEORSS = "http://www.georss.org/georss"
SY = "http://purl.org/rss/1.0/modules/syndication/"
XML = "http://www.w3.org/XML/1998/namespace"

#: Minutes for which an RSS reader may keep a feed: a correction is to be seen within the hour.
_TTL = 60


def rss_date(moment: datetime) -> str:
    """Return *moment* as RSS wants it (RFC 822, four-digit year, GMT), whatever the locale."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def hex_references(element: Any) -> None:  # noqa: ANN401 -- lxml has no types
    """Write `&` and `<` of an element's text as `&#x26;` and `&#x3C;`, as the RSS Profile asks of titles."""
    text = element.text or ""
    # There is no way to say in RSS that what has an end tag in it is text.
    first, *rest = re.split("([&<])", without_tags(text) if re.search("</[a-zA-Z]", text) else text)
    element.text = first
    for mark, tail in zip(rest[::2], rest[1::2], strict=True):
        reference = etree.Entity(f"#x{ord(mark):X}")
        reference.tail = tail
        element.append(reference)


def without_tags(text: str) -> str:
    """
    Return plain text with other brackets around what looks like a tag, for where readers take all text as HTML.

    They would leave the tag out, however it is escaped, or do what it says.
    """
    return text.replace("<", "‹").replace(">", "›") if re.search(r"<[a-zA-Z/!?]", text) else text


def looks_like_html(text: str) -> bool:
    """Say whether plain text has a tag or a character reference in it, for which readers would take it as HTML."""
    return re.search(r"<[a-zA-Z/!?]|&#?\w", text) is not None


def _told_as_text(construct: Any) -> None:  # noqa: ANN401 -- lxml has no types
    """Say of an Atom text that looks like HTML that it is text, which only escaped HTML can say to every reader."""
    if looks_like_html(construct.text or ""):
        construct.text = escape(construct.text, quote=False)
        construct.set("type", "html")


class FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Add to a feed what concerns all of it."""

    feed: Feed
    namespaces: dict[str, str]

    def extend_ns(self) -> dict[str, str]:
        """Return the prefixes that the format uses."""
        return self.namespaces

    def extend_atom(self, feed: Any) -> Any:  # noqa: ANN401 -- lxml has no types
        """Name the archive documents and, for people who open the feed in a browser, the stylesheet."""
        for name in ("title", "subtitle", "rights"):
            for construct in feed.iterfind(name):
                _told_as_text(construct)
        for name in feed.iterfind("author/name"):
            hex_references(name)
        links = self.feed.links
        if self.feed.is_archive:
            etree.SubElement(feed, f"{{{FH}}}archive")
            _lead(feed, "link", "current", links.feed("atom"))
        if self.feed.previous_archive:
            _lead(feed, "link", "prev-archive", links.feed("atom", self.feed.previous_archive))
        if self.feed.next_archive:
            _lead(feed, "link", "next-archive", links.feed("atom", self.feed.next_archive))
        elif self.feed.is_archive and not self.feed.previous_archive:
            # The only one so far: what follows it is the feed itself. A validator misses a neighbour otherwise.
            _lead(feed, "link", "next-archive", links.feed("atom"))
        self._stylesheet(feed)
        return feed

    def extend_rss(self, feed: Any) -> Any:  # noqa: ANN401 -- lxml has no types
        """Add the dates, how often it comes, where older items stand (in Atom, by the same ids), and the stylesheet."""
        channel = feed[0]
        for name in ("title", "description", "copyright"):
            for element in channel.iterfind(name):
                hex_references(element)
        _add(channel, "lastBuildDate", rss_date(self.feed.updated))
        _add(channel, "ttl", str(_TTL))
        _add(channel, f"{{{SY}}}updatePeriod", "daily")
        _add(channel, f"{{{SY}}}updateFrequency", "1")
        _add(channel, f"{{{SY}}}updateBase", self._first_hour())
        if self.feed.hub:
            etree.SubElement(channel, f"{{{ATOM}}}link", rel="hub", href=self.feed.hub)
        if self.feed.previous_archive:
            older = self.feed.links.feed("atom", self.feed.previous_archive)
            _lead(channel, f"{{{ATOM}}}link", "prev-archive", older)
        self._stylesheet(feed)
        return feed

    def _first_hour(self) -> str:
        edition = self.feed.edition
        schedule = edition.schedule_on(edition.since)
        hour = datetime.combine(edition.since, schedule.time, schedule.zone).astimezone(UTC)
        return hour.isoformat(timespec="minutes")

    def _stylesheet(self, root: Any) -> None:  # noqa: ANN401 -- lxml has no types
        href = self.feed.links.stylesheet("feed")
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{href}"'))


class ItemExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Add to an item its dates, place, sources and, in RSS, its author."""

    item: Item
    feed: Feed

    def extend_atom(self, entry: Any) -> Any:  # noqa: ANN401 -- lxml has no types
        """Say that a title with a `<b>` or an `&amp;` in it is text, mend feedgen's one link, and add the sources."""
        _told_as_text(entry.find("title"))
        link = entry.find("link")
        link.set("rel", "alternate")
        link.set("type", "text/html")
        for address in self.item.via:
            etree.SubElement(entry, "link", rel="via", href=address)
        if self.item.language != self.feed.edition.language:
            entry.set(f"{{{XML}}}lang", self.item.language)
        self._where_and_when(entry)
        return entry

    def extend_rss(self, entry: Any) -> Any:  # noqa: ANN401 -- lxml has no types
        """Add date, author and sources, and character references that every reader gets right."""
        for name in ("title", "category"):
            for element in entry.iterfind(name):
                hex_references(element)
        _add(entry, "pubDate", rss_date(self.item.published))
        _add(entry, f"{{{DC}}}creator", self.feed.author)
        hex_references(entry[-1])
        for address in self.item.via:
            etree.SubElement(entry, f"{{{ATOM}}}link", rel="via", href=address)
        self._where_and_when(entry)
        return entry

    def _where_and_when(self, entry: Any) -> None:  # noqa: ANN401 -- lxml has no types
        """
        Add when it happened and where.

        Never as a publication date: validators and readers take a year like 1970 for a mistake.
        """
        if self.item.event:
            _add(entry, f"{{{DCTERMS}}}temporal", self.item.event)
        if self.item.point:
            _add(entry, f"{{{GEORSS}}}point", self.item.point)


def _lead(parent: Any, name: str, rel: str, href: str) -> None:  # noqa: ANN401 -- lxml has no types
    etree.SubElement(parent, name, rel=rel, href=href, type="application/atom+xml")


def _add(parent: Any, name: str, text: str) -> None:  # noqa: ANN401 -- lxml has no types
    etree.SubElement(parent, name).text = text
