"""The list of feeds for feed readers: OPML 2.0 (opml.org/spec2.opml), each feed once, in Atom."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from lxml import etree

from newsletter.facets import Value
from newsletter.models import Edition
from newsletter.render.cuts import NAMES
from newsletter.render.feed_extension import without_tags
from newsletter.render.following import feeds_of, title
from newsletter.render.links import Links
from newsletter.text import clean_line

MEDIA_TYPE = "text/x-opml; charset=utf-8"


def opml(
    values: Sequence[Value],
    *,
    edition: Edition,
    links: Links,
    others: Sequence[tuple[str, Links]] = (),
) -> bytes:
    """Return the feeds of an edition and of *values*, in order, and of *others*, further editions with their titles."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = without_tags(clean_line(feeds_of(edition)))
    body = etree.SubElement(root, "body")
    _feed(body, clean_line(edition.title), links.feed("atom"), links.home())
    for name, there in others:
        _feed(body, clean_line(name), there.feed("atom"), there.home())
    for facet, those in groupby(values, key=lambda value: value.facet):
        folder = etree.SubElement(body, "outline", text=NAMES[facet][1])
        for value in those:
            page = links.facet(facet, value.slug)
            _feed(folder, title(value, edition), links.feed("atom", page), page)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _feed(parent: Any, title: str, address: str, page: str) -> None:  # noqa: ANN401 -- lxml has no types
    told = without_tags(title)
    etree.SubElement(parent, "outline", type="rss", text=told, title=told, xmlUrl=address, htmlUrl=page)
