"""What is printed of issues: the day's mail, frozen once, and the feeds that readers poll."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from newsletter.archive import documents, editions
from newsletter.archive.issues import FrozenMail
from newsletter.models import Correction, Edition, Issue, Publisher
from newsletter.press.sheets import Reading, sheets
from newsletter.render.links import Links
from newsletter.render.mail import issue_mail
from newsletter.render.message import Imprint, freeze, freeze_text
from newsletter.store import Connection
from newsletter.store.engine import change_number, raise_change_number, remember, remembered

#: Raised when a renderer changes, so that cached documents are printed anew.
_PRINTER = "3"
_PRINTED = "printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a mail carries beside its issue: notes of corrections, and issues that readers missed, or how many more."""

    corrections: tuple[Correction, ...] = ()
    missed: tuple[Issue, ...] = ()
    more_missed: int = 0


def links_of(edition: Edition, every: Sequence[Edition], publisher: Publisher) -> Links:
    """Return the addresses of an edition; the first one has the site's root."""
    first = not every or every[0].slug == edition.slug
    return Links(publisher.base_url, None if first else edition.slug)


def mail_of(issue: Issue, edition: Edition, links: Links, publisher: Publisher, carried: Carried) -> FrozenMail:
    """Return an issue's mail, with holes for what differs from reader to reader."""
    letter = issue_mail(
        issue,
        edition=edition,
        publisher=publisher,
        links=links,
        corrections=carried.corrections,
        missed=carried.missed,
        more_missed=carried.more_missed,
    )
    imprint = Imprint(
        uid=issue.uid,
        edition=edition,
        publisher=publisher,
        links=links,
        page=links.issue(issue.day),
        kind="issue",
        key=issue.day.isoformat(),
    )
    return FrozenMail(whole=freeze(letter, imprint), text=freeze_text(letter, imprint))


def print_documents(connection: Connection, publisher: Publisher, now: datetime, most: int | None = None) -> bool:
    """
    Print the documents whose issues, edition or publisher changed since they were printed.

    With *most*, print no more of them; say whether all are as they should be.
    """
    every = editions.every(connection)
    left = most
    for edition in every:
        edition_id = editions.get_id(connection, edition.slug)
        known = documents.stamps(connection, edition_id)
        settings = _settings(publisher, edition)
        reading = Reading(
            connection=connection,
            edition=edition,
            publisher=publisher,
            links=links_of(edition, every, publisher),
            others=[(other.title, links_of(other, every, publisher)) for other in every if other.slug != edition.slug],
        )
        for sheet in sheets(reading, known):
            stamp = f"{sheet.stamp} {settings}"
            if known.get(sheet.name) == stamp:
                continue
            if left == 0:
                raise_change_number(connection)
                return False
            left = left - 1 if left is not None else None
            printed = documents.Print(
                name=sheet.name, media_type=sheet.media_type, body=sheet.write(reading), stamp=stamp
            )
            documents.keep(connection, edition_id, printed, now)
    remember(connection, _PRINTED, _stamp(raise_change_number(connection), publisher))
    return True


def is_stale(connection: Connection, publisher: Publisher) -> bool:
    """Say whether something changed since documents were printed: the archive, a setting, or a renderer."""
    return remembered(connection, _PRINTED) != _stamp(change_number(connection), publisher)


def _stamp(change: int, publisher: Publisher) -> str:
    return f"{change} {_settings(publisher)}"


def _settings(publisher: Publisher, edition: Edition | None = None) -> str:
    """Return what documents depend on beside issues, as a short hash."""
    of_edition = (edition.title, edition.language, edition.uid, edition.since, edition.schedules) if edition else ()
    return hashlib.sha256(repr((_PRINTER, astuple(publisher), of_edition)).encode()).hexdigest()[:16]
