"""Who an imported entry is, so that the same thing imported twice is one entry."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

#: Our own namespace (RFC 9562, 5.5) for entries known by what they say. It never changes.
_SAID = uuid5(NAMESPACE_URL, "https://daily-dose.example/entries/said")


def uid_by_text(kind: str, body: str, *event: object) -> UUID:
    """
    Return the uid of an entry that has no other identity than its kind and what it says.

    White space doesn't matter: the same page captured with other line breaks is the same page.
    Where fields that nobody guessed tell of the *event* (its date, country and place), they tell
    two entries of the same words apart.
    """
    return uuid5(_SAID, said(kind, body, *event))


def said(kind: str, body: str, *event: object) -> str:
    """Return what `uid_by_text` goes by."""
    lines = [f"{kind}:{' '.join(body.split())}"]
    told = [" ".join(str(part or "").split()) for part in event]
    return "\n".join(lines + told if any(told) else lines).encode("utf-8", "replace").decode()


def uid_of_shape(shape: dict[str, Any]) -> UUID:
    """Return the uid of an entry, in its JSON shape, that came without one: by its text, date, country and place."""
    event = (shape.get(field) for field in ("event_date", "country", "place"))
    return uid_by_text(str(shape.get("kind")), str(shape.get("body")), *event)


def uid_by_origin(origin: str) -> UUID:
    """Return the uid of an entry that has an identity where it came from, such as a row's number."""
    return uuid5(NAMESPACE_URL, origin)
