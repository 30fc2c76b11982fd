"""What the service does by itself: the clock publishes, one round sends, another does the chores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from newsletter.bootstrap import Newsroom
from newsletter.delivery.feedback import imap
from newsletter.errors import NewsletterError
from scheduler.clock import Clock
from scheduler.rounds import Rounds

_log = structlog.get_logger(__name__)

#: Seconds between two rounds of chores; the first comes so long after the start, which has other things to do.
_CHORES = 60
#: Seconds between two looks into the mailbox where bounces arrive.
_LOOK_FOR_FEEDBACK = 300


class Works:
    """
    The clock of a newsroom, and the rounds that follow its ticks; *now* reads the wall clock.

    A round begins after a tick has looked at the clock, so nothing is sent by an instant that can't be believed; each
    has a thread of its own, so that neither a mailing of hours nor a mailbox that does not answer keeps an issue back.
    """

    def __init__(self, room: Newsroom, now: Callable[[], datetime]) -> None:
        self._room = room
        self._now = now
        self.clock = Clock(self._tick, alarm=room.press.guards.alarm, seconds=room.settings.tick_seconds)
        self._sending = Rounds(self._send)
        self._telling = Rounds(self._tell_hub)
        self._chores = Rounds(self._tend)
        self._tended = time.monotonic()
        self._looked = float("-inf")

    def start(self) -> None:
        """Begin to tick."""
        self._sending.start()
        self._telling.start()
        self._chores.start()
        self.clock.start()

    def stop(self) -> None:
        """Stop to tick, and let what is being done end."""
        self.clock.stop()
        self._sending.stop()
        self._telling.stop()
        self._chores.stop()

    def _tick(self, moment: datetime) -> None:
        with _told("tick failed"):
            published = self._room.press.tick(moment, self._now, lambda: self.clock.stopping)
            self._room.watchdog.tell(published)
        self._sending.wake()
        self._telling.wake()
        if time.monotonic() - self._tended >= _CHORES:
            self._tended = time.monotonic()
            self._chores.wake()

    def _send(self, enough: Callable[[], bool]) -> None:
        with _told("sending failed"):
            self._room.press.sending.sweep(self.clock.now(), enough=enough, look=self.clock.now)

    def _tell_hub(self, enough: Callable[[], bool]) -> None:
        with _told("telling the hub failed"):
            self._room.hub.tell(enough)

    def _tend(self, enough: Callable[[], bool]) -> None:
        self._room.watchdog.call()
        with _told("forgetting failed"):
            self._room.circulation.age_out_daily(self.clock.now(), lambda: not enough())
        address = self._room.settings.imap_url
        if address is None or time.monotonic() - self._looked < _LOOK_FOR_FEEDBACK or enough():
            return
        self._looked = time.monotonic()
        with _told("reading what came back failed"), imap.opened(address) as mailbox:
            self._room.intake.take_in(mailbox, self.clock.now())


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Log a refusal in a line: a full disk, say. It is tried again after the next tick."""
    try:
        yield
    except NewsletterError as error:
        _log.error(what, reason=str(error))
