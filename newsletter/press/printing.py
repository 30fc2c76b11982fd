"""What is printed of issues: the day's mail, frozen once, and the feeds that readers poll."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from newsletter.archive import documents, editions, issues
from newsletter.models import Correction, Edition, Issue, Publisher
from newsletter.render import feeds
from newsletter.render.links import Links
from newsletter.render.mail import freeze, issue_mail
from newsletter.store import Connection
from newsletter.store.engine import change_number, raise_change_number, remember, remembered

#: How many issues a feed lists; the archive's documents hold the others.
FEED_LENGTH = 30
#: Raised when a renderer changes, so that cached documents are printed anew.
_PRINTER = "1"
_PRINTED = "printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a mail carries beside its issue: notes of corrections, and issues that no mail carried."""

    corrections: tuple[Correction, ...] = ()
    missed: tuple[Issue, ...] = ()


def links_of(edition: Edition, every: Sequence[Edition], publisher: Publisher) -> Links:
    """Return the addresses of an edition; the first one has the site's root."""
    first = not every or every[0].slug == edition.slug
    return Links(publisher.base_url, None if first else edition.slug)


def mail_of(issue: Issue, edition: Edition, links: Links, publisher: Publisher, carried: Carried) -> bytes:
    """Return the bytes of an issue's mail, with holes for what differs from reader to reader."""
    letter = issue_mail(
        issue,
        edition=edition,
        publisher=publisher,
        links=links,
        corrections=carried.corrections,
        missed=carried.missed,
    )
    page = links.issue(issue.day)
    return freeze(letter, uid=issue.uid, edition=edition, publisher=publisher, links=links, page=page)


def print_documents(connection: Connection, publisher: Publisher, now: datetime) -> None:
    """Print every edition's feeds, and keep those whose bytes are new."""
    every = editions.every(connection)
    for edition in every:
        newest = issues.newest(connection, edition.slug, FEED_LENGTH)
        if not newest:
            continue
        feed = feeds.Feed(
            edition=edition,
            publisher=publisher,
            links=links_of(edition, every, publisher),
            title=edition.title,
            issues=tuple(newest),
            updated=max(issue.updated_at for issue in newest),
            uid=edition.uid,
        )
        edition_id = editions.get_id(connection, edition.slug)
        for fmt, written in feeds.FORMATS.items():
            documents.keep(connection, edition_id, f"feed.{fmt}", feeds.MEDIA_TYPES[fmt], written(feed), now)
    remember(connection, _PRINTED, _stamp(raise_change_number(connection), publisher))


def is_stale(connection: Connection, publisher: Publisher) -> bool:
    """Say whether something changed since documents were printed: the archive, a setting, or a renderer."""
    return remembered(connection, _PRINTED) != _stamp(change_number(connection), publisher)


def _stamp(change: int, publisher: Publisher) -> str:
    settings = hashlib.sha256(repr((_PRINTER, astuple(publisher))).encode()).hexdigest()[:16]
    return f"{change} {settings}"
