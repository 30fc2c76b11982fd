"""
The postman: hands windows of messages to a relay, over several kept connections, each in a thread of its own.

The threads speak SMTP and nothing else. Whoever gives them work keeps the ledger: it marks a window before it hands it
over, and records what came of it, so that what is in flight is never more than connections times the window.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self

from newsletter import crashing
from newsletter.delivery.smtp import Envelope, Handed, Outcome, Patience, Relay, RelayUnusable, Session, Stage
from newsletter.delivery.work import Claimed
from newsletter.errors import NewsletterError

#: So many sessions that a server ended one after the other, having taken nothing, say that it is not to be asked now.
_TIMES = 3
_TOOK = (Outcome.SENT, Outcome.UNKNOWN)


class Unsendable(NewsletterError):
    """No message can be made of this, now or ever."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a relay is reached: as *host_name*, over so many *connections*."""

    relay: Relay
    host_name: str
    connections: int = 8
    window: int = 10
    patience: Patience = field(default_factory=Patience)


class _Window(NamedTuple):
    """Work that is handed in one after the other."""

    works: Sequence[Claimed]
    go_on: Callable[[], bool]


class Postman:
    """
    Takes windows and reports them.

    *envelope_of* makes a message of claimed work, in the postman's thread; it raises `Unsendable` where none can be
    made.
    """

    def __init__(self, route: Route, envelope_of: Callable[[Claimed], Envelope]) -> None:
        self._route = route
        self._envelope_of = envelope_of
        self._windows: SimpleQueue[_Window | None] = SimpleQueue()
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        #: How many connections may be used: one that finds no server is not tried again.
        self.connections = route.connections
        #: How many windows are under way.
        self.busy = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._windows.put(None)

    def take(self, works: Sequence[Claimed], go_on: Callable[[], bool]) -> None:
        """Begin to hand in a window, on a connection that is free; *go_on* is asked before each message leaves."""
        self.busy += 1
        if len(self._threads) < self.busy:
            thread = threading.Thread(target=self._work, name=f"postman {len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._windows.put(_Window(works, go_on))

    def reports(self, seconds: float) -> list[Report]:
        """Return the reports that are in; wait for the first one, *seconds* at the most."""
        found = []
        try:
            found.append(self._reports.get(timeout=seconds))
            while True:
                found.append(self._reports.get_nowait())
        except Empty:
            pass
        self.busy -= len(found)
        self.connections -= sum(1 for report in found if report.fault)
        return found

    def _work(self) -> None:
        connection = _Connection(self._route, self._envelope_of)
        try:
            while (window := self._windows.get()) is not None:
                self._reports.put(connection.hand_in(window))
        finally:
            connection.close()


class _Connection:
    """One thread's connection to the relay, made anew where the server ends it."""

    def __init__(self, route: Route, envelope_of: Callable[[Claimed], Envelope]) -> None:
        self._route = route
        self._envelope_of = envelope_of
        self._session: Session | None = None
        #: How many sessions the server ended, one after the other, having taken nothing.
        self._in_vain = 0

    def close(self) -> None:
        """Say goodbye, where there is still somebody to say it to."""
        if self._session is not None:
            self._session.close()

    def hand_in(self, window: _Window) -> Report:
        """Hand in a window; where the server hangs up after it took something, go on in a new session."""
        go_on = window.go_on
        left, unsendable = self._envelopes(window.works)
        handed: list[tuple[Claimed, Handed]] = []
        fault = None
        try:
            while left and fault is None and go_on():
                kept = self._session is not None and self._session.usable
                session = self._opened()
                tried = self._try(session, left, go_on)
                handed += tried
                left = left[len(tried) :]
                fault = self._fault(session, tried, kept=kept) if go_on() else None
        except RelayUnusable as error:
            fault = error
        return Report(window=window.works, handed=handed, unsendable=unsendable, fault=fault)

    def _opened(self) -> Session:
        if self._session is None or not self._session.usable:
            self.close()
            route = self._route
            self._session = Session(route.relay, host_name=route.host_name, patience=route.patience)
        return self._session

    def _try(
        self, session: Session, left: Sequence[tuple[Claimed, Envelope]], go_on: Callable[[], bool]
    ) -> list[tuple[Claimed, Handed]]:
        """Hand in during one session; return what was decided, up to where the server would take no more."""
        tried = []
        for (work, _), handed in zip(left, session.hand_in([each for _, each in left], go_on), strict=True):
            if handed.outcome is Outcome.UNTRIED or _is_busy(handed):
                session.stop()
                break
            tried.append((work, handed))
            crashing.reach("after_data_before_commit")
        return tried

    def _fault(self, session: Session, tried: Sequence[tuple[Claimed, Handed]], *, kept: bool) -> RelayUnusable | None:
        """Say why the server is not to be asked again now, if so."""
        if session.usable or any(handed.outcome in _TOOK for _, handed in tried):
            self._in_vain = 0
            return None
        if kept and not tried:  # what a server does to a session that idled says nothing
            return None
        self._in_vain += 1
        if tried and self._in_vain < _TIMES:
            return None
        return RelayUnusable(self._route.relay, session.last_words or "it hung up without a word")

    def _envelopes(self, window: Sequence[Claimed]) -> tuple[list[tuple[Claimed, Envelope]], list[tuple[Claimed, str]]]:
        envelopes, unsendable = [], []
        for work in window:
            try:
                envelopes.append((work, self._envelope_of(work)))
            except Unsendable as error:
                unsendable.append((work, str(error)))
        return envelopes, unsendable


def _is_busy(handed: Handed) -> bool:
    """Say whether a server takes nothing now, whoever it is for: a passing refusal before it knew that."""
    if handed.reply is None or handed.outcome is not Outcome.DEFERRED:
        return False
    return handed.stage is Stage.MAIL and not handed.reply.blames_sender
