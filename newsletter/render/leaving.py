"""The page for leaving an edition: one reader's, with one button."""

from __future__ import annotations

from typing import NamedTuple

from newsletter.models import Edition, Publisher
from newsletter.render.links import Links
from newsletter.render.subscribing import Button, asking_page


class _Said(NamedTuple):
    """What the page for leaving says, and the button under it: its field in the form, and its words."""

    heading: str
    line: str
    field: str
    button: str


_LEAVING = {
    "ask": _Said(
        heading="Unsubscribe",
        line="You get {title} by mail. One click, and no more of it is sent.",
        field="leave",
        button="Unsubscribe",
    ),
    "left": _Said(
        heading="You are unsubscribed",
        line="No more mail of {title} is sent to you. Nothing else is needed.",
        field="back",
        button="Subscribe again",
    ),
    "back": _Said(
        heading="You are subscribed again",
        line="{title} comes to you by mail, as before.",
        field="leave",
        button="Unsubscribe",
    ),
}


def leaving_page(said: str, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the page for leaving an edition: before it (`ask`), after it (`left`), or after coming `back`."""
    words_of_it = _LEAVING[said]
    return asking_page(
        words_of_it.heading,
        [words_of_it.line.format(title=edition.title)],
        button=Button(words_of_it.button, words_of_it.field),
        edition=edition,
        publisher=publisher,
        links=links,
    )
