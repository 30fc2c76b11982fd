"""
The postman: hands windows of messages to a relay, over several kept connections at once.

One thread of its own speaks SMTP on all connections; others sign messages, or wait for a new connection. Whoever gives
it work keeps the ledger: it marks a window before it hands it over, and records what came of it, so that what is in
flight is never more than connections times the window.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from newsletter.delivery.connections import Connection, Report, Route, Window
from newsletter.delivery.envelopes import Envelope
from newsletter.delivery.work import Claimed
from newsletter.errors import NewsletterError

#: Seconds: how long others are waited for once one window is done, and how often to look for servers that are late.
_A_MOMENT, _LOOK = 0.005, 0.25

#: What tells of many windows at once: to wake a thread costs as much as to send a message.
_Reports = Sequence[Report]


class Unsendable(NewsletterError):
    """No message can be made of this, now or ever."""


class Postman:
    """
    Takes windows and reports them.

    *envelope_of* makes a message of claimed work; it raises `Unsendable` where none can be made. If it *signs*, which
    lets others run meanwhile, threads of the postman's call it, and otherwise whoever hands work over.
    """

    def __init__(self, route: Route, envelope_of: Callable[[Claimed], Envelope], *, signs: bool) -> None:
        self._route = route
        self._envelope_of = envelope_of
        self._reports: SimpleQueue[_Reports | BaseException] = SimpleQueue()
        self._round: _Round | None = None
        # Signatures are made on as many processors as there are.
        self._composers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="composer") if signs else None
        #: How many connections may be used: one that finds no server is not tried again.
        self.connections = route.connections
        #: How many windows are under way, and how many messages.
        self.busy = 0
        self._in_flight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._composers is not None:
            self._composers.shutdown(wait=False, cancel_futures=True)
        if self._round is not None:
            self._round.tell(None)

    @property
    def room(self) -> tuple[int, int]:
        """How many windows may be handed over now, and how many messages."""
        connections = min(self.connections, self._route.connections)
        return connections * self._route.parts - self.busy, connections * self._route.window - self._in_flight

    def take(self, windows: Sequence[Sequence[Claimed]], go_on: Callable[[], bool]) -> None:
        """Begin to hand in windows, on connections that are free; *go_on* is asked before each message leaves."""
        if not windows:
            return
        self.busy += len(windows)
        self._in_flight += sum(len(works) for works in windows)
        if self._round is None:
            self._round = _Round(self._route, self._reports)
            threading.Thread(target=self._round.work, name="postman", daemon=True).start()
        if self._composers is None:
            self._compose(self._round, windows, go_on)
            return
        for works in windows:
            self._composers.submit(self._compose, self._round, [works], go_on)

    def reports(self, seconds: float) -> list[Report]:
        """Return the reports that are in; wait for the first ones, *seconds* at the most."""
        found: list[Report] = []
        try:
            found += self._told(seconds)
            while True:
                found += self._told(0)
        except Empty:
            pass
        except Exception as error:
            if not found:
                raise
            self._reports.put(error)  # first what is known is recorded
        self.busy -= len(found)
        self._in_flight -= sum(len(report.window) for report in found)
        self.connections -= sum(1 for report in found if report.fault)
        return found

    def _told(self, seconds: float) -> _Reports:
        reports = self._reports.get(timeout=seconds) if seconds else self._reports.get_nowait()
        if isinstance(reports, BaseException):
            raise reports
        return reports

    def _compose(self, its_round: _Round, windows: Sequence[Sequence[Claimed]], go_on: Callable[[], bool]) -> None:
        """Make the messages of windows and pass them on."""
        try:
            composed = [self._composed(works, go_on) for works in windows]
        except BaseException as error:  # noqa: BLE001 -- it is raised where reports are awaited
            self._reports.put(error)
        else:
            its_round.tell(composed)

    def _composed(self, works: Sequence[Claimed], go_on: Callable[[], bool]) -> Window:
        envelopes, unsendable = [], []
        for work in works:
            try:
                envelopes.append((work, self._envelope_of(work)))
            except Unsendable as error:
                unsendable.append((work, str(error)))
        return Window(works, go_on, envelopes, unsendable)


class _Round:
    """The thread that goes round all connections and waits for none."""

    def __init__(self, route: Route, reports: SimpleQueue[_Reports | BaseException]) -> None:
        self._route = route
        self._reports = reports
        self._news: SimpleQueue[Sequence[Window] | Connection | BaseException | None] = SimpleQueue()
        self._heard, self._bell = socket.socketpair()
        self._heard.setblocking(False)
        self._bell.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._heard, selectors.EVENT_READ)
        self._free: list[Connection] = []
        self._connections: list[Connection] = []
        self._windows: deque[Window] = deque()
        self._under_way: set[Connection] = set()
        #: How many connections found no server, and are tried no more.
        self._faults = 0
        #: How many windows came and are not told of, what is to be told of them, and until when that may wait.
        self._left = 0
        self._done: list[Report] = []
        self._tells_at = 0.0
        self._ending = False
        self._looks_at = 0.0

    def tell(self, news: Sequence[Window] | Connection | BaseException | None) -> None:
        """Let it know of windows, of a session that was made, of an error, or (`None`) that nothing more comes."""
        self._news.put(news)
        with suppress(OSError):  # it was rung often enough, or nobody is there any more
            self._bell.send(b".")

    def work(self) -> None:
        """Go round until nothing more comes, and what is under way is done."""
        try:
            while not self._ending or self._under_way:
                self._look()
        except BaseException as error:  # noqa: BLE001 -- it is raised where reports are awaited
            self._reports.put(error)
        finally:
            self._end()

    def _look(self) -> None:
        """Wait until something happens, and see to it."""
        waits = _A_MOMENT if self._done else _LOOK if self._under_way else None
        for key, _ in self._selector.select(waits):
            if key.data is None:
                self._hear()
            else:
                self._proceed(key.data)
        now = time.monotonic()
        # To record a window alone costs as much as to record several: half of what is under way is told of at once.
        if self._done and (2 * len(self._done) >= self._left or now >= self._tells_at):
            self._tell()
        if now >= self._looks_at:
            self._looks_at = now + _LOOK
            for each in [each for each in self._under_way if each.ends_at <= now]:
                self._proceed(each)

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            self._heard.recv(1 << 12)
        while True:
            try:
                news = self._news.get_nowait()
            except Empty:
                break
            if news is None:
                self._ending = True
            elif isinstance(news, Connection):
                self._go_on(news)
            elif isinstance(news, BaseException):
                raise news
            else:
                self._left += len(news)
                self._windows.extend(news)
        while self._windows:
            window, connection = self._windows.popleft(), self._freest()
            if connection is None:
                self._keep([Report(window=window.works, handed=[], unsendable=window.unsendable)])
                continue
            connection.take(window)
            if connection not in self._under_way:
                self._under_way.add(connection)
                self._go_on(connection)

    def _freest(self) -> Connection | None:
        """Return a connection that is free, or one more, or the one with the least to do; `None` where none is left."""
        if self._free:
            return self._free.pop()
        if len(self._connections) < self._route.connections - self._faults:
            self._connections.append(Connection(self._route))
            return self._connections[-1]
        return min(self._connections, key=lambda each: each.windows, default=None)

    def _go_on(self, connection: Connection) -> None:
        """Do what comes next on a connection that waits for nothing."""
        while True:
            self._keep(connection.reports())
            if not connection.windows:
                break
            if not connection.is_open:
                threading.Thread(target=self._open, args=(connection,), name="connecting", daemon=True).start()
                return
            connection.begin()
            if connection.session is not None and connection.is_waiting():
                self._selector.register(connection.session, connection.session.events, connection)
                return
        self._under_way.discard(connection)
        if connection.fault is None:
            self._free.append(connection)
        else:
            self._connections.remove(connection)
            self._faults += 1

    def _keep(self, reports: Sequence[Report]) -> None:
        if reports and not self._done:
            self._tells_at = time.monotonic() + _A_MOMENT
        self._done += reports

    def _tell(self) -> None:
        self._left -= len(self._done)
        self._reports.put(self._done)
        self._done = []

    def _open(self, connection: Connection) -> None:
        try:
            connection.open()
        except BaseException as error:  # noqa: BLE001 -- it is raised where reports are awaited
            self.tell(error)
        else:
            self.tell(connection)

    def _proceed(self, connection: Connection) -> None:
        session = connection.session
        if session is None or not connection.is_waiting():
            return
        events, number = session.events, session.fileno()
        connection.proceed()
        if not connection.is_waiting():
            self._selector.unregister(number)
            self._go_on(connection)
            return
        self._keep(connection.reports())
        if session.events != events:
            self._selector.modify(session, session.events, connection)

    def _end(self) -> None:
        if self._done:
            self._tell()
        self._selector.close()
        for each in (self._heard, self._bell):
            each.close()
        for connection in self._connections:
            if connection.session is not None:
                connection.session.close()
