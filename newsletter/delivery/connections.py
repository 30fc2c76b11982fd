"""A connection to a relay, the window of messages that is on it, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from newsletter import crashing
from newsletter.delivery.envelopes import Envelope, Handed, Outcome, Stage
from newsletter.delivery.relay import Patience, Relay, RelayUnusable
from newsletter.delivery.smtp import Session
from newsletter.delivery.work import Claimed

#: So many sessions that a server ended one after the other, having taken nothing, say that it is not to be asked now.
_TIMES = 3
_TOOK = (Outcome.SENT, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a relay is reached: as *host_name*, over so many *connections*."""

    relay: Relay
    host_name: str
    connections: int = 8
    window: int = 10
    patience: Patience = field(default_factory=Patience)


class Window(NamedTuple):
    """Work that is handed in one after the other, and its messages."""

    works: Sequence[Claimed]
    go_on: Callable[[], bool]
    envelopes: Sequence[tuple[Claimed, Envelope]]
    unsendable: Sequence[tuple[Claimed, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What became of a window, message by message; what is not there was not tried.

    *unsendable* are those of which no message can be made, and why. *fault* says why a connection takes no more.
    """

    window: Sequence[Claimed]
    handed: Sequence[tuple[Claimed, Handed]]
    unsendable: Sequence[tuple[Claimed, str]] = ()
    fault: RelayUnusable | None = None


class Connection:
    """A connection to the relay, made anew where the server ends it, and the window that is on it."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.session: Session | None = None
        self.window: Window | None = None
        self.fault: RelayUnusable | None = None
        self._left: Sequence[tuple[Claimed, Envelope]] = ()
        self._handed: list[tuple[Claimed, Handed]] = []
        #: How many of the window's messages this session has been given an answer for.
        self._tried = 0
        #: Whether the session was there before the window.
        self._kept = False
        #: How many sessions the server ended, one after the other, having taken nothing.
        self._in_vain = 0

    def take(self, window: Window) -> None:
        """Begin with a window."""
        self.window, self._left, self._handed = window, window.envelopes, []
        self._kept = True

    @property
    def is_done(self) -> bool:
        """Say whether there is nothing more to hand in, or nobody to take it."""
        return not self._left or self.fault is not None or self.window is None or not self.window.go_on()

    @property
    def is_open(self) -> bool:
        """Say whether a session is there that takes more."""
        return self.session is not None and self.session.usable

    def is_waiting(self) -> bool:
        """Say whether the server is to answer."""
        return self.session is not None and self.session.busy

    @property
    def ends_at(self) -> float:
        """Until when, by the steady clock, the server is waited for."""
        return self.session.ends_at if self.session is not None else inf

    def open(self) -> None:
        """Make a session; that takes its time, and a thread."""
        self._kept = False
        try:
            if self.session is not None:
                self.session.close()
            self.session = Session(self._route.relay, host_name=self._route.host_name, patience=self._route.patience)
        except RelayUnusable as error:
            self.session, self.fault = None, error

    def begin(self) -> None:
        """Hand in what is left; where the server hung up after it took something, that is in a new session."""
        session, window = self._at_work()
        self._tried = len(self._handed)
        self._see(session.begin([envelope for _, envelope in self._left], window.go_on))

    def proceed(self) -> None:
        """Go on with what the server did."""
        session, _ = self._at_work()
        self._see(session.proceed())

    def report(self) -> Report:
        """Return what became of the window, and be free for another."""
        assert self.window is not None, "it had work"
        window, self.window = self.window, None
        return Report(window=window.works, handed=self._handed, unsendable=window.unsendable, fault=self.fault)

    def _see(self, news: Sequence[Handed]) -> None:
        """Take what was decided, up to where the server would take no more."""
        session, window = self._at_work()
        for handed in news:
            if handed.outcome is Outcome.UNTRIED or _is_busy(handed):
                session.stop()
                break
            work, *_ = self._left[0]
            self._left = self._left[1:]
            self._handed.append((work, handed))
            crashing.reach("after_data_before_commit")
        if not session.busy:
            tried = self._handed[self._tried :]
            self.fault = self._found_fault(session, tried) if window.go_on() else None

    def _at_work(self) -> tuple[Session, Window]:
        assert self.session is not None, "it is open"
        assert self.window is not None, "it has work"
        return self.session, self.window

    def _found_fault(self, session: Session, tried: Sequence[tuple[Claimed, Handed]]) -> RelayUnusable | None:
        """Say why the server is not to be asked again now, if so."""
        if session.usable or any(handed.outcome in _TOOK for _, handed in tried):
            self._in_vain = 0
            return None
        if self._kept and not tried:  # what a server does to a session that idled says nothing
            return None
        self._in_vain += 1
        if tried and self._in_vain < _TIMES:
            return None
        return RelayUnusable(self._route.relay, session.last_words or "it hung up without a word")


def _is_busy(handed: Handed) -> bool:
    """Say whether a server takes nothing now, whoever it is for: a passing refusal before it knew that."""
    if handed.reply is None or handed.outcome is not Outcome.DEFERRED:
        return False
    return handed.stage is Stage.MAIL and not handed.reply.blames_sender
