"""
The postman: hands windows of messages to a relay, over several kept connections at once.

One thread of its own speaks SMTP on all connections; others make the messages, or wait for a new connection. Whoever
gives it work keeps the ledger: it marks a window before it hands it over, and records what came of it, so that what is
in flight is never more than connections times the window.
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


class Unsendable(NewsletterError):
    """No message can be made of this, now or ever."""


class Postman:
    """
    Takes windows and reports them.

    *envelope_of* makes a message of claimed work, in a thread of the postman's; it raises `Unsendable` where none can
    be made.
    """

    def __init__(self, route: Route, envelope_of: Callable[[Claimed], Envelope]) -> None:
        self._route = route
        self._envelope_of = envelope_of
        self._reports: SimpleQueue[Report | BaseException] = SimpleQueue()
        self._round: _Round | None = None
        # Signatures are made on as many processors as there are.
        self._composers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="composer")
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
        self._composers.shutdown(wait=False, cancel_futures=True)
        if self._round is not None:
            self._round.tell(None)

    @property
    def room(self) -> tuple[int, int]:
        """How many windows may be handed over now, and how many messages."""
        connections = min(self.connections, self._route.connections)
        return connections * self._route.parts - self.busy, connections * self._route.window - self._in_flight

    def take(self, works: Sequence[Claimed], go_on: Callable[[], bool]) -> None:
        """Begin to hand in a window, on a connection that is free; *go_on* is asked before each message leaves."""
        self.busy += 1
        self._in_flight += len(works)
        if self._round is None:
            self._round = _Round(self._route, self._reports)
            threading.Thread(target=self._round.work, name="postman", daemon=True).start()
        self._composers.submit(self._compose, self._round, works, go_on)

    def reports(self, seconds: float) -> list[Report]:
        """
        Return the reports that are in; wait for the first one, *seconds* at the most.

        Others that are about to come are waited for until half of what was under way is in: to record a window alone
        costs as much as to record several.
        """
        found = []
        try:
            found.append(self._report(seconds))
            until = time.monotonic() + _A_MOMENT
            while len(found) < self.busy / 2 and (left := until - time.monotonic()) > 0:
                found.append(self._report(left))
            while True:
                found.append(self._report(0))
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

    def _report(self, seconds: float) -> Report:
        report = self._reports.get(timeout=seconds) if seconds else self._reports.get_nowait()
        if isinstance(report, BaseException):
            raise report
        return report

    def _compose(self, its_round: _Round, works: Sequence[Claimed], go_on: Callable[[], bool]) -> None:
        """Make the messages of a window and pass it on."""
        envelopes, unsendable = [], []
        try:
            for work in works:
                try:
                    envelopes.append((work, self._envelope_of(work)))
                except Unsendable as error:
                    unsendable.append((work, str(error)))
        except BaseException as error:  # noqa: BLE001 -- it is raised where the report is awaited
            self._reports.put(error)
        else:
            its_round.tell(Window(works, go_on, envelopes, unsendable))


class _Round:
    """The thread that goes round all connections and waits for none."""

    def __init__(self, route: Route, reports: SimpleQueue[Report | BaseException]) -> None:
        self._route = route
        self._reports = reports
        self._news: SimpleQueue[Window | Connection | BaseException | None] = SimpleQueue()
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
        self._ending = False
        self._looks_at = 0.0

    def tell(self, news: Window | Connection | BaseException | None) -> None:
        """Let it know of a window, of a session that was made, of an error, or (`None`) that nothing more comes."""
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
        for key, _ in self._selector.select(_LOOK if self._under_way else None):
            if key.data is None:
                self._hear()
            else:
                self._proceed(key.data)
        now = time.monotonic()
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
                self._windows.append(news)
        while self._windows:
            window, connection = self._windows.popleft(), self._freest()
            if connection is None:
                self._reports.put(Report(window=window.works, handed=[], unsendable=window.unsendable))
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
            self._report(connection)
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

    def _report(self, connection: Connection) -> None:
        for report in connection.reports():
            self._reports.put(report)

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
        self._report(connection)
        if session.events != events:
            self._selector.modify(session, session.events, connection)

    def _end(self) -> None:
        self._selector.close()
        for each in (self._heard, self._bell):
            each.close()
        for connection in self._connections:
            if connection.session is not None:
                connection.session.close()
