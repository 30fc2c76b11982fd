"""The pages of joining: the form, what is said when it was sent, and the page that confirms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.models import Edition, Publisher
from newsletter.preferences import Preferences, zones
from newsletter.render import choices
from newsletter.render.framing import page
from newsletter.render.links import Links

#: What is said to whoever asks, whatever is known of the address.
ASKED = "If this address may be written to, a mail is on its way."
_OPTIONAL = frozenset(["cadence", "weekday", "hour", "zone", "format"])


class Button(NamedTuple):
    """A button: its words, and what it sends."""

    label: str
    field: str
    value: str = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """
    A form as somebody filled it in, or as it is at first.

    *values* and *problems* are by field; a problem under any other name is the whole form's.
    """

    token: str
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def subscribe_page(
    filled: Filled, offered: Sequence[Edition], *, edition: Edition, publisher: Publisher, links: Links
) -> str:
    """Return the form that asks for a subscription to *edition*, or to another of those *offered*."""
    usual = Preferences(zone=edition.schedules[-1].zone.key).fields() | {"address": "", "edition": edition.slug}
    values = usual | {name: text for name, text in filled.values.items() if name in usual}
    return page(
        "subscribe",
        edition=edition,
        publisher=publisher,
        links=links,
        listed=False,
        room="subscribe",
        title=f"Subscribe – {edition.title}",
        heading=f"{edition.title} by mail",
        description="One dated, sourced entry a day, from an archive of what extremists have said and done.",
        address=links.subscribe(),
        offered={one.slug: one.title for one in offered},
        token=filled.token,
        values=values,
        problems={name: filled.problems.get(name, "") for name in values} | {"": of_the_whole(filled, values)},
        opened=any(values[name] != usual[name] for name in _OPTIONAL) or bool(_OPTIONAL & filled.problems.keys()),
        zones=zones(),
        choices=choices,
    )


def of_the_whole(filled: Filled, values: Mapping[str, str]) -> str:
    """Return what is wrong with a form as a whole, and with none of its fields."""
    return "; ".join(problem for name, problem in filled.problems.items() if name not in values)


def asked_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what is said once the form was sent: the same, whoever is known."""
    link = f"{ASKED} It has a link to a page with a button; with that you are subscribed."
    patience = (
        "If nothing comes within some minutes, look where your mail program puts what it takes for spam. An address "
        "gets one such mail a day, however often it is asked for."
    )
    heading = "Please look into your mail"
    return asking_page(heading, [link, patience], edition=edition, publisher=publisher, links=links)


def confirm_page(said: str, preferences: Preferences, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the page behind the link in the confirmation; *said* is as `Confirmation` has it."""
    told = choices.told(preferences)
    heading, line, button = {
        "ask": (
            f"Subscribe to {edition.title}",
            f"{edition.title} comes to you by mail, {told}. One click, and it does.",
            "Confirm",
        ),
        "done": (
            "You are subscribed",
            f"{edition.title} comes to you by mail, {told}. A mail to welcome you is on its way.",
            "",
        ),
        "already": ("You are subscribed already", f"{edition.title} comes to you by mail. Nothing else is needed.", ""),
        "refused": (
            "This address can’t be subscribed",
            f"We were told not to write to it. If that is a mistake, tell us: {publisher.contact}",
            "",
        ),
    }[said]
    ways = [("Change what you get", links.path.preferences())] if said in ("done", "already") else []
    return asking_page(
        heading,
        [line],
        button=Button(button, "confirm") if button else None,
        ways=ways,
        edition=edition,
        publisher=publisher,
        links=links,
    )


def expired_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what stands behind a link that worked once."""
    said = ["Links in our mails work for a while only, and this one’s while is over. You can ask for a new one."]
    ways = [("Subscribe", links.path.subscribe()), ("Change what you get", links.path.preferences())]
    return asking_page("This link has expired", said, ways=ways, edition=edition, publisher=publisher, links=links)


def asking_page(
    heading: str,
    lines: Sequence[str],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    button: Button | None = None,
    ways: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a page that is one reader's: what it says, a *button* if there is one, and *ways* on."""
    return page(
        "ask",
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
        button=button,
        ways=ways,
    )
