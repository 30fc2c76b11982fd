"""Who an imported entry is, so that the same thing imported twice is one entry."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

#: Our own namespace (RFC 9562, 5.5) for entries known by what they say. It never changes.
_SAID = uuid5(NAMESPACE_URL, "https://daily-dose.example/entries/said")


def uid_by_text(kind: str, body: str) -> UUID:
    """
    Return the uid of an entry that has no other identity than its kind and what it says.

    White space doesn't matter: the same page captured with other line breaks is the same page.
    """
    return uuid5(_SAID, f"{kind}:{' '.join(body.split())}".encode("utf-8", "replace").decode())


def uid_by_origin(origin: str) -> UUID:
    """Return the uid of an entry that has an identity where it came from, such as a row's number."""
    return uuid5(NAMESPACE_URL, origin)
