"""What stands beside an entry on its pages: how it is cited, its card, and what programs read of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from newsletter.models import Correction, Edition, Entry, Issue, Publisher
from newsletter.render import citing, linked_data
from newsletter.render.links import Beside as Form
from newsletter.render.links import Links

#: How wide and high a card is, in pixels: what networks ask for.
CARD = (1200, 630)
#: Each form of a citation that has a file of its own: its name and its media type.
FORMS: dict[Form, tuple[str, str]] = {
    "bib": ("BibTeX", "application/x-bibtex; charset=utf-8"),
    "ris": ("RIS", "application/x-research-info-systems; charset=utf-8"),
    "csl.json": ("CSL-JSON", "application/vnd.citationstyles.csl+json"),
    "txt": ("Plain text", "text/plain; charset=utf-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A citation as a file: *address* is relative to the host."""

    name: str
    media_type: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """All that a page of an entry says beside it; *card* and *permalink* have their host."""

    cited: str
    permalink: str
    files: tuple[File, ...]
    card: str
    linked_data: Markup
    oembed: str | None


def beside(
    entry: Entry,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    permalink: str,
    published: date | None,
    corrections: Sequence[Correction] = (),
) -> Beside:
    """
    Return what stands beside *entry* on the page at *permalink*.

    *published* is the day of the issue that the page is of, or of the first that printed the entry; what
    none printed has no box to embed.
    """
    return Beside(
        cited=citing.line(entry.headline, edition.title, permalink, published, edition.language),
        permalink=permalink,
        files=tuple(
            File(name=name, media_type=media_type.partition(";")[0], address=links.path.entry(entry.slug, form))
            for form, (name, media_type) in FORMS.items()
        ),
        card=links.entry(entry.slug, "png"),
        linked_data=linked_data.article(
            entry,
            edition=edition,
            publisher=publisher,
            links=links,
            address=permalink,
            published=published,
            corrections=corrections,
        ),
        oembed=links.oembed(permalink) if published else None,
    )


def beside_issue(issue: Issue, *, edition: Edition, publisher: Publisher, links: Links) -> Beside:
    """Return what stands beside the entry of *issue*, which was not withdrawn, on the issue's page."""
    return beside(
        issue.entry,
        edition=edition,
        publisher=publisher,
        links=links,
        permalink=links.issue(issue.day),
        published=issue.day,
        corrections=issue.corrections,
    )
