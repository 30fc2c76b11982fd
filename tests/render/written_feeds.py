"""Sample feeds as they are written, and their items as a reader of XML finds them."""

from __future__ import annotations

from functools import cache

import feed_samples
from lxml import etree

from newsletter.render.feeds import FORMATS


@cache
def written(name: str, fmt: str) -> bytes:
    """Return a sample feed in a format; the hostile one takes a while."""
    return FORMATS[fmt](getattr(feed_samples, name)())


def items_of(body: bytes) -> list[etree._Element]:
    root = etree.fromstring(body, etree.XMLParser(huge_tree=True))
    return root.findall(".//item") or root.findall("{*}entry")
