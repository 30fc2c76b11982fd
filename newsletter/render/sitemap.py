"""
What robots are told: sitemaps (https://www.sitemaps.org/protocol.html), `robots.txt` (RFC 9309), `security.txt`.

An instant of change is given only where it is known: a robot that has once been told a wrong one
believes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from newsletter.models import Publisher
from newsletter.render.links import Links
from newsletter.render.templates import contact_address

_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: What is one reader's own, leads elsewhere each time, or is without end: below an edition's address.
_NOT_FOR_ROBOTS = (
    "/random",
    "/search",
    "/confirm/",
    "/preferences",
    "/address/",
    "/unsubscribe/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address, with when readers last saw what stands there change, if that is known."""

    address: str
    changed_at: datetime | None = None


def sitemap(places: Iterable[Place]) -> str:
    """Return a sitemap: at most 50,000 addresses, which is the caller's to see to."""
    return _listing("urlset", "url", places)


def sitemap_index(parts: Iterable[Place]) -> str:
    """Return the list of sitemaps."""
    return _listing("sitemapindex", "sitemap", parts)


def _listing(whole: str, one: str, places: Iterable[Place]) -> str:
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{whole} xmlns="{_SCHEMA}">']
    for place in places:
        changed = f"<lastmod>{_instant(place.changed_at)}</lastmod>" if place.changed_at else ""
        lines.append(f"<{one}><loc>{escape(place.address)}</loc>{changed}</{one}>")
    return "\n".join([*lines, f"</{whole}>"]) + "\n"


def robots(editions: Sequence[Links]) -> str:
    """Return what robots are asked to leave alone, in every edition, and where its sitemaps are."""
    base = editions[0].path.base_url if editions else ""
    lines = ["User-agent: *"]
    for path in _NOT_FOR_ROBOTS:
        lines += [f"Disallow: {base}{path}", f"Disallow: {base}/e/*{path}"]
    lines += [f"Disallow: {base}/api/", f"Allow: {base}/", ""]
    lines += [f"Sitemap: {links.sitemap()}" for links in editions]
    return "\n".join(lines) + "\n"


def security(publisher: Publisher, links: Links, languages: Sequence[str], expires: datetime) -> str | None:
    """
    Return `security.txt` (RFC 9116), which holds until *expires*; `None` without a contact that it may name.

    It names an address of mail, or a page under https (2.5.3).
    """
    contact = publisher.stated_contact
    if not contact or contact.startswith("http://"):
        return None
    return (
        f"Contact: {contact_address(contact)}\n"
        f"Expires: {_instant(expires)}\n"
        f"Preferred-Languages: {', '.join(languages)}\n"
        f"Canonical: {links.security()}\n"
    )


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
