"""The pages of what readers choose: the one that asks for a link, a reader's own, and those of a change of address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from newsletter.models import Edition, Publisher
from newsletter.preferences import Preferences, zones
from newsletter.render import choices, words
from newsletter.render.framing import page
from newsletter.render.links import Links
from newsletter.render.subscribing import Button, Filled, asking_page, of_the_whole

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    One edition on a reader's page.

    *state* is the subscription's, `left` where there is none. *wait* is how long the reader's hour comes after an
    issue, if that is long. *values* and *problems* are of a form that was refused.
    """

    edition: Edition
    state: str
    preferences: Preferences
    paused_until: date | None = None
    wait: timedelta | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


#: What is said of what was just done.
DONE = {
    "keep": "Kept. It holds from the next issue on.",
    "pause": "Paused. Nothing is sent to you until then.",
    "resume": "Mail comes again, from the next issue on.",
    "leave": "You have left. No more of it is sent to you.",
    "join": "You are subscribed.",
    "move": "If that address may be written to, a mail is on its way to it, and another to the one you have. Please "
    "confirm both within seven days.",
    "held": "A mail with everything that we hold about you is on its way. We send it once a day at the most.",
}


def link_page(filled: Filled, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the form that asks for a link to one's preferences."""
    return page(
        "preferences_link",
        edition=edition,
        publisher=publisher,
        links=links,
        listed=False,
        room="preferences",
        title=f"Change what you get – {edition.title}",
        heading="Change what you get",
        description="How often, when, in which form, to which address; pause it, leave, or have everything erased.",
        address=links.preferences(),
        token=filled.token,
        values={"address": filled.values.get("address", "")},
        problems={"address": filled.problems.get("address", ""), "": of_the_whole(filled, {"address": ""})},
    )


def link_sent_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what is said to whoever asks for a link: the same, whoever is known."""
    said = "If we know this address, a mail with a link is on its way. The link works for one hour."
    return asking_page("Please look into your mail", [said], edition=edition, publisher=publisher, links=links)


def preferences_page(
    cards: Sequence[Card],
    address: str,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    done: str = "",
    problem: str = "",
    typed: str = "",
) -> str:
    """
    Return a reader's page: a card for each edition, then what concerns all of them.

    *done* names what was just done; *problem* is what is wrong with the new address that was *typed*.
    """
    return page(
        "preferences",
        edition=edition,
        publisher=publisher,
        links=links,
        listed=False,
        room="preferences",
        title=f"What you get – {edition.title}",
        heading="What you get",
        description="What you get, when, and in which form.",
        address=links.preferences(),
        reader=address,
        done=DONE.get(done, ""),
        cards=[_set(card) for card in cards],
        values={"address": typed},
        problems={"address": problem},
        zones=zones(),
        choices=choices,
    )


def erase_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what asks once more before a reader is erased."""
    what = (
        "Your address, what you chose and what you agreed to are erased, for every edition. What was counted stays "
        "counted, without you. It can’t be undone, though you may subscribe again."
    )
    code = "So that no list brings your address back, a code is kept that says nothing without our key."
    return asking_page(
        "Erase everything",
        [what, code],
        button=Button("Erase everything about me", "do", "erase-surely"),
        edition=edition,
        publisher=publisher,
        links=links,
    )


def erased_page(*, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return what is said to who was erased."""
    said = "Nothing is held about you any more, and nothing is sent to you."
    return asking_page("Everything is erased", [said], edition=edition, publisher=publisher, links=links)


def move_page(side: str, said: str, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the page behind a link of a change of address; *side* and *said* are as `Move` has them."""
    where = {"old": "here, at the address that you have now", "new": "here, at the new address"}[side]
    other = {"old": "the new address", "new": "the address that you have now"}[side]
    heading, line, button = {
        "ask": (
            "Change of address",
            f"Your mail goes to another address once both have confirmed. Confirm {where}:",
            "Confirm",
        ),
        "half": ("Confirmed here", f"Please confirm in the mail to {other} too; then the address is changed.", ""),
        "done": ("The address is changed", "From the next mail on, everything goes to the new address.", ""),
        "refused": ("The address can’t be changed", "Mail can’t go to that address. All stays as it is.", ""),
    }[said]
    press = Button(button, "confirm") if button else None
    return asking_page(heading, [line], button=press, edition=edition, publisher=publisher, links=links)


def _set(card: Card) -> dict[str, object]:
    """Return what the template has of a card."""
    zone = card.edition.schedules[-1].zone.key
    fields = card.preferences.fields()
    values = fields | {"zone": fields["zone"] or zone, "until": ""} | dict(card.values)
    options = choices.HOURS | ({values["hour"]: values["hour"]} if card.preferences.hour else {})
    until = card.paused_until
    return {
        "edition": card.edition,
        "state": card.state,
        "told": choices.told(card.preferences),
        "until": words.long_day(until, card.edition.language) if until else "",
        "hours": round(card.wait / _HOUR) if card.wait else 0,
        "values": values,
        "hour_options": options,
        "problems": {name: card.problems.get(name, "") for name in values},
    }
