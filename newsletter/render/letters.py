"""Letters to one reader: what somebody's own doing brings about. Text and HTML say the same."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.models import Edition, Issue, Publisher
from newsletter.preferences import Preferences
from newsletter.render import choices, mail, message, words
from newsletter.render.links import Links
from newsletter.render.message import Letter

_ASKED = "You get this because somebody typed your address into a form of ours. It is one mail, and no list."
_YOURS = "You get this because you are a reader of {title}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What letters are set with: the edition, who publishes it, and its addresses."""

    edition: Edition
    publisher: Publisher
    links: Links


def confirmation(dress: Dress, token: str, preferences: Preferences) -> Letter:
    """Return what asks whoever reads an address's mail to confirm; nothing in it was typed by anybody."""
    told = choices.told(preferences)
    return _set("confirmation", dress, why=_ASKED, confirm=dress.links.confirm(token), told=told)


def already(dress: Dress) -> Letter:
    """Return what tells a reader that they are one."""
    return _set("already", dress, why=_yours(dress))


def welcome(dress: Dress, leave: str, preferences: Preferences, issue: Issue | None) -> Letter:
    """Return what greets a new reader, with the latest issue if there is one to bring; *leave* is a token."""
    said = {"why": _yours(dress), "leave": dress.links.unsubscribe(leave), "told": choices.told(preferences)}
    if issue is None:
        return _set("welcome", dress, issue=None, **said)
    whole = mail.in_letter(issue, dress.edition, dress.publisher, dress.links, whole=True)
    letter = mail.set_letter("welcome", _dressed(dress) | whole | said)
    if message.size(letter) <= mail.LARGEST:
        return letter
    beginning = mail.in_letter(issue, dress.edition, dress.publisher, dress.links, whole=False)
    return mail.set_letter("welcome", _dressed(dress) | beginning | said)


def goodbye(dress: Dress, leave: str) -> Letter:
    """Return the last mail to a reader who left, with the way back; *leave* is a token."""
    return _set(
        "goodbye",
        dress,
        why=f"You get this because you left {dress.edition.title}.",
        back=dress.links.unsubscribe(leave),
    )


def preferences(dress: Dress, token: str) -> Letter:
    """Return a link to a reader's preferences."""
    return _set("preferences", dress, why=_yours(dress), there=dress.links.preferences(token))


def old_address(dress: Dress, token: str, other: str) -> Letter:
    """Return what asks at a reader's address whether *other* is to be theirs."""
    return _set("address-old", dress, why=_yours(dress), confirm=dress.links.address(token), other=other)


def new_address(dress: Dress, token: str) -> Letter:
    """Return what asks at an address whether it is to be a reader's."""
    return _set("address-new", dress, why=_ASKED, confirm=dress.links.address(token))


def held(dress: Dress, everything: str) -> Letter:
    """Return everything that is held about a reader, as JSON text."""
    return _set("held", dress, why=_yours(dress), held=everything)


def _yours(dress: Dress) -> str:
    return _YOURS.format(title=dress.edition.title)


def _set(name: str, dress: Dress, **said: object) -> Letter:
    return mail.set_letter(name, _dressed(dress) | said)


def _dressed(dress: Dress) -> dict[str, object]:
    """Return what every letter is set with; its subject is the first of it that is set."""
    rtl = words.direction(dress.edition.language) == "rtl"
    return {
        "edition": dress.edition,
        "publisher": dress.publisher,
        "links": dress.links,
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
    }
