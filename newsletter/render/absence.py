"""The pages of what is not there: nothing ever was, it was taken back, or something went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.models import Edition, Publisher, Withdrawal
from newsletter.render import words
from newsletter.render.framing import page
from newsletter.render.links import Links
from newsletter.render.squares import Line


def not_found_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what to show under an address that leads nowhere (404)."""
    return problem_page(
        "There is no such page",
        ["The address may be mistyped, or nothing was published on that day."],
        edition=edition,
        publisher=publisher,
        links=links,
        seek=True,
    )


def gone_page(
    withdrawal: Withdrawal,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    title: str = words.WITHDRAWN,
    previous: Line | None = None,
    next: Line | None = None,  # noqa: A002 -- the word on the page
) -> str:
    """Return the notice that stands in the place of a withdrawn entry or issue (410)."""
    return page(
        "gone",
        edition=edition,
        publisher=publisher,
        links=links,
        listed=False,
        room="gone",
        title=f"{title} – {edition.title}",
        heading=title,
        description="What stood here was withdrawn.",
        address=links.home(),
        withdrawal=withdrawal,
        previous=previous,
        next=next,
    )


def problem_page(
    heading: str,
    lines: Sequence[str],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    **more: object,
) -> str:
    """Return a plain page that says what went wrong (*heading*) and what to do about it (*lines*)."""
    return page(
        "message",
        edition=edition,
        publisher=publisher,
        links=links,
        listed=False,
        room="message",
        title=f"{heading} – {edition.title}",
        heading=heading,
        description=heading,
        address=links.home(),
        lines=lines,
        **more,
    )
