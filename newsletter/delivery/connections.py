"""A connection to a relay, the windows of messages that are on it, and what becomes of them."""

from __future__ import annotations

from collections import deque
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
    """
    How a relay is reached: as *host_name*, over so many *connections*.

    On each are no more messages than *window* of which the ledger does not know what became.
    """

    relay: Relay
    host_name: str
    connections: int = 8
    window: int = 10
    patience: Patience = field(default_factory=Patience)

    @property
    def parts(self) -> int:
        """In how many parts it is handed over: while one is recorded, the server is busy with the other."""
        return min(2, self.window)


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


@dataclass(slots=True, eq=False)
class _Task:
    """A window on its way: how many of its messages are left, and what became of the others."""

    window: Window
    left: int
    handed: list[tuple[Claimed, Handed]] = field(default_factory=list)

    def report(self, fault: RelayUnusable | None) -> Report:
        """Tell of it."""
        window = self.window
        return Report(window=window.works, handed=self.handed, unsendable=window.unsendable, fault=fault)


class Connection:
    """A connection to the relay, made anew where the server ends it, and the windows that are on it."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.session: Session | None = None
        self.fault: RelayUnusable | None = None
        self._tasks: list[_Task] = []
        self._left: deque[tuple[_Task, Claimed, Envelope]] = deque()
        #: What the server has answered since messages are under way.
        self._tried: list[Handed] = []
        #: Whether the session was there before them.
        self._kept = False
        #: How many sessions the server ended, one after the other, having taken nothing.
        self._in_vain = 0

    @property
    def windows(self) -> int:
        """How many windows are on it."""
        return len(self._tasks)

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

    def take(self, window: Window) -> None:
        """Take a window, behind those that are on it."""
        task = _Task(window, len(window.envelopes))
        self._tasks.append(task)
        self._left.extend((task, work, envelope) for work, envelope in window.envelopes)
        if self.session is not None and self.session.busy:
            self.session.add([(envelope, window.go_on) for _, envelope in window.envelopes])

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
        self._tried = []
        self._see(self._at_work().begin([(envelope, task.window.go_on) for task, _, envelope in self._left]))

    def proceed(self) -> None:
        """Go on with what the server did."""
        self._see(self._at_work().proceed())

    def reports(self) -> list[Report]:
        """Return what became of the windows that are done, or that nobody takes or nobody wants handed in any more."""
        over = [task for task in self._tasks if not task.left or (not self.is_waiting() and self._is_over(task))]
        if not over:
            return []
        self._tasks = [task for task in self._tasks if task not in over]
        self._left = deque(each for each in self._left if each[0] not in over)
        # A fault is the connection's, and told once, whatever is on it.
        return [task.report(self.fault if task is over[0] else None) for task in over]

    def _is_over(self, task: _Task) -> bool:
        return self.fault is not None or not task.window.go_on()

    def _see(self, news: Sequence[Handed]) -> None:
        """Take what was decided, up to where the server would take no more."""
        session = self._at_work()
        for handed in news:
            if handed.outcome is Outcome.UNTRIED or _is_busy(handed):
                session.stop()
                break
            task, work, _ = self._left.popleft()
            task.left -= 1
            task.handed.append((work, handed))
            self._tried.append(handed)
            crashing.reach("after_data_before_commit")
        if not session.busy:
            goes_on = any(task.window.go_on() for task in self._tasks)
            self.fault = self._found_fault(session, self._tried) if goes_on else None
            self._kept, self._tried = True, []

    def _at_work(self) -> Session:
        assert self.session is not None, "it is open"
        return self.session

    def _found_fault(self, session: Session, tried: Sequence[Handed]) -> RelayUnusable | None:
        """Say why the server is not to be asked again now, if so."""
        if session.usable or any(handed.outcome in _TOOK for handed in tried):
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
