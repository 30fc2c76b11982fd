"""
How often one network may ask for what costs work: the search and the API.

Feeds, pages and the box are never counted: they are bytes, and a school is one network to us.
"""

from __future__ import annotations

import re
from collections import OrderedDict

#: What is counted, below an edition's own address.
_COUNTED = re.compile(r"(?:/e/[^/]+)?/search/?|/api/.*", re.DOTALL)


def is_counted(path: str) -> bool:
    """Say whether requests for *path* are counted."""
    return _COUNTED.fullmatch(path) is not None


class Caps:
    """
    Lets each network ask *at_once* times, and in the long run every *each* seconds (GCRA: ITU-T I.371, annex A).

    Every process counts for itself. Of more than *most* networks, who has not asked for longest is forgotten.
    """

    def __init__(self, *, at_once: int = 60, each: float = 0.5, most: int = 10_000) -> None:
        self._early = (at_once - 1) * each
        self._each = each
        self._most = most
        #: When each network's next request is due, were they spread evenly.
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait(self, network: str, at: float) -> float:
        """Take a request at *at*, by a steady clock's seconds; return how long it has to wait instead, or 0."""
        due = max(self._due.pop(network, at), at)
        wait = due - at - self._early
        self._due[network] = due if wait > 0 else due + self._each
        if len(self._due) > self._most:
            self._due.popitem(last=False)
        return max(wait, 0.0)
