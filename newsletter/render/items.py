"""A feed and its items, as values: what the three formats say, worked out once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from newsletter.models import Edition, Entry, Issue, Publisher
from newsletter.render import words
from newsletter.render.article import article, summary
from newsletter.render.links import Format, Links
from newsletter.text import clean, clean_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """
    What a feed is made of.

    *issues* are newest first. *updated* is when a reader last saw a significant change in it, an
    instant in UTC that comes from the issues, never from a clock. *page* is the absolute address
    of the page whose feed it is (a facet's, a month's), the latest issue's by default; *uid* its
    id where one was minted.
    """

    edition: Edition
    publisher: Publisher
    links: Links
    title: str
    issues: tuple[Issue, ...]
    updated: datetime
    description: str = words.MOTTO
    page: str | None = None
    uid: UUID | None = None
    #: Whether it is an archive document (RFC 5005, 4), and the pages of the archive documents beside it.
    is_archive: bool = False
    previous_archive: str | None = None
    next_archive: str | None = None

    @property
    def home(self) -> str:
        """The address of the page whose feed it is."""
        return self.page or self.links.home()

    @property
    def hub(self) -> str | None:
        """The hub that is told of its changes (WebSub): archive documents hardly change, and it is not told of them."""
        return None if self.is_archive else self.publisher.hub

    @property
    def author(self) -> str:
        """The name under which the edition is published."""
        return clean_line(parseaddr(self.publisher.sender)[0]) or self.edition.title

    @property
    def id(self) -> str:
        """The feed's id; without one that was minted, made of its address but for the scheme."""
        address = urlsplit(self.home)
        return (self.uid or uuid5(NAMESPACE_URL, f"//{address.netloc}{address.path}")).urn

    def address(self, fmt: Format) -> str:
        """Return the feed's own address in a format."""
        return self.links.feed(fmt, self.page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One issue as every feed lists it.

    *id* is permanent; *content* is HTML with absolute addresses, *summary* plain text. Instants
    are in UTC. *event* is when it happened as a W3C date or a DCMI period, *point* a latitude
    and a longitude. *categories* are pairs of term and label, *via* the addresses of sources.
    """

    id: str
    url: str
    title: str
    summary: str
    content: str
    published: datetime
    updated: datetime
    language: str
    event: str | None = None
    point: str | None = None
    categories: tuple[tuple[str, str], ...] = ()
    via: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def item(issue: Issue, links: Links) -> Item:
    """
    Return an issue as a feed's item; a withdrawn one keeps its id and address, and nothing else of its own.

    Kept for a while: three formats ask for the same items, and tomorrow's feed holds all but one.
    """
    entry = issue.entry
    gone = issue.withdrawal is not None
    return Item(
        id=issue.uid.urn,
        url=links.issue(issue.day),
        title=words.withdrawn_title(issue) if gone else clean_line(entry.headline),
        summary=clean_line(summary(issue)),
        content=article(issue, links),
        published=issue.shown_at.astimezone(UTC),
        updated=issue.updated_at.astimezone(UTC),
        language=entry.language,
        event=None if gone else _event(entry),
        point=None if gone else _point(entry),
        categories=() if gone else tuple(_categories(issue)),
        via=() if gone else tuple(dict.fromkeys(_uri(source.url) for source in entry.sources if source.url)),
    )


def _uri(address: str) -> str:
    """
    Return a web address as a URI (RFC 3987, 3.1): its host by IDNA, the rest percent-encoded in UTF-8.

    A validator refuses letters that are written from right to left, and some readers all but ASCII.
    """
    text = clean(address)
    scheme, authority = re.match("([a-zA-Z]*://)?([^/?#]*)", text).groups("")  # type: ignore[union-attr]  # matches ""
    rest, mark, fragment = text[len(scheme + authority) :].partition("#")
    user, at, place = authority.rpartition("@")
    host, port = re.fullmatch(r"(?s)(.*?)(:[0-9]*)?", place).groups("")  # type: ignore[union-attr]  # matches anything
    return f"{scheme}{_quoted(user)}{at}{_host(host)}{port}{_quoted(rest)}{mark}{_quoted(fragment)}"


def _host(host: str) -> str:
    """Return a host in ASCII; percent-encoded (RFC 3986, 3.2.2) where IDNA of 2003 would name another, as for `ß`."""
    if host.isascii():
        return host if re.fullmatch(r"\[[0-9a-fA-F:.]+\]", host) else _quoted(host)
    try:
        named = host.encode("idna")
        if named.decode("idna") == host.lower():
            return _quoted(named.decode("ascii"))
    except UnicodeError:
        pass
    return _quoted(host)


def _quoted(text: str) -> str:
    """Return part of an address with what no URI may hold percent-encoded; what was encoded stays so."""
    return quote(re.sub("%(?![0-9a-fA-F]{2})", "%25", text), safe="%!$&'()*+,;=:@/?")


def _event(entry: Entry) -> str | None:
    if entry.event_date is None:
        return None
    if entry.event_end is None:
        return str(entry.event_date)
    return f"start={entry.event_date}; end={entry.event_end}; scheme=W3C-DTF"


def _point(entry: Entry) -> str | None:
    if entry.latitude is None or entry.longitude is None:
        return None
    return f"{_degrees(entry.latitude)} {_degrees(entry.longitude)}"


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _categories(issue: Issue) -> Iterator[tuple[str, str]]:
    """Yield each category once: how feeds say facets, and the mark of a rerun."""
    entry = issue.entry
    found = {str(entry.kind): words.kind_label(entry.kind)}
    if entry.country:
        found.setdefault(entry.country.lower(), words.country_name(entry.country, entry.language))
    for group in entry.groups:
        found.setdefault(group.slug, clean_line(group.name))
    for slug in (entry.ideology, *entry.tags):
        if slug:
            found.setdefault(slug, slug.replace("-", " "))
    if mark := words.rerun_line(issue):
        found.setdefault("from-the-archive", mark)
    yield from found.items()
