"""
A dead man's switch: an address that is called after each day's issue.

Whoever watches it (healthchecks.io, say) raises the alarm when the call does not come, for a process that is dead can
raise none.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from urllib.error import URLError
from urllib.request import Request, urlopen

import structlog

from newsletter.models import Issue

_log = structlog.get_logger(__name__)
_SECONDS = 10


class Watchdog:
    """Calls *address* (`None`: nobody) once for what was told since the last call; a call that fails is made again."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._owed = False

    def tell(self, published: Sequence[Issue]) -> None:
        """Say what was published; days that were missed are no sign of life."""
        self._owed = self._owed or any(not issue.caught_up for issue in published)

    def call(self) -> bool:
        """Make the call that is owed, if one is; say whether it was answered."""
        if self._address is None or not self._owed:
            return False
        request = Request(self._address, headers={"User-Agent": "daily-dose"})  # noqa: S310 -- the operator's own, http or https
        try:
            with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 -- as above
                answered = bool(answer.status < HTTPStatus.BAD_REQUEST)
        except (URLError, OSError, ValueError) as error:
            _log.warning("the watchdog does not answer", reason=str(error))
            return False
        self._owed = not answered
        return answered
