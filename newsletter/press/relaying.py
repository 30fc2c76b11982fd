"""
How mail goes out by a relay: many connections, one ledger.

This thread alone writes to the database. A window is marked `sending` and that committed before its first byte leaves;
what came of it is recorded in the transaction that marks the next ones. So after a kill no more is unknown than was in
flight: connections times the window.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from newsletter import crashing
from newsletter.delivery import pausing
from newsletter.delivery.connections import Report, Route
from newsletter.delivery.deciding import Breaker, verdict
from newsletter.delivery.feedback.refusals import refusal
from newsletter.delivery.postman import Postman
from newsletter.delivery.rates import Pace
from newsletter.delivery.relay import RelayUnusable
from newsletter.delivery.replies import Reply
from newsletter.delivery.work import Claimed, Done, State, mark, record, renew
from newsletter.press.composing import Composing
from newsletter.press.means import Means
from newsletter.readers.feedback import rejected
from newsletter.store.engine import Store
from scheduler.steady import read_steady

if TYPE_CHECKING:
    from newsletter.press.sending import Run

_log = structlog.get_logger(__name__)

#: How much is claimed ahead of what is in flight.
_AHEAD = 500
#: Seconds after which to look around while nothing comes in.
_LOOK = 0.5
#: Seconds that a run which is to end waits for what is in flight.
_PATIENCE = 20
#: Seconds to let a relay be that takes no mail: at first, and at the longest.
_REST, _LONGEST_REST = 5.0, 300.0


class Relaying:
    """Sends by a relay, and lets it be for a while when it takes nothing."""

    def __init__(self, store: Store, means: Means, composing: Composing) -> None:
        self.store = store
        self.means = means
        self.composing = composing
        self._rest = 0.0
        self._resting_until = 0.0

    def send(self, run: Run) -> int:
        """Send what is due; return how many messages went out. Raises `RelayUnusable` where the relay takes none."""
        if time.monotonic() < self._resting_until:
            return 0
        shift = _Shift(self, run)
        shift.work()
        if shift.fault is None:
            self._rest = 0.0
            return shift.sent
        self._rest = min(max(_REST, self._rest * 2), _LONGEST_REST) if not shift.sent else _REST
        self._resting_until = time.monotonic() + self._rest
        raise shift.fault


class _Lease:
    """
    Until when what was claimed is ours, by the steady clock; once it was over, it never holds again.

    A thread that stood still asks here whether it may go on, whatever has been claimed anew since.
    """

    def __init__(self, length: timedelta) -> None:
        self._seconds = length.total_seconds()
        self._ends: float | None = None
        self._over = False

    @property
    def holds(self) -> bool:
        """Say whether it holds; one that has not begun does."""
        if self._ends is not None and read_steady() >= self._ends:
            self._over = True
        return not self._over

    @property
    def is_half_over(self) -> bool:
        """Say whether it is time to renew it."""
        return self._ends is not None and read_steady() > self._ends - self._seconds / 2

    def begin(self, at: float) -> None:
        """Begin with the first claim, made at *at*; later ones last longer."""
        if self._ends is None:
            self._ends = at + self._seconds

    def renew(self, at: float) -> None:
        """Let it hold from *at* on for its whole length, if it still does."""
        if self.holds:
            self._ends = at + self._seconds

    def end(self) -> None:
        """Let it hold no more."""
        self._over = True


class _Shift:
    """One run's work at the relay."""

    def __init__(self, relaying: Relaying, run: Run) -> None:
        means = relaying.means
        assert means.route is not None, "a relay is set"
        self.sent = 0
        #: Why the relay takes no more, if so.
        self.fault: RelayUnusable | None = None
        self._route: Route = means.route
        self._store = relaying.store
        self._means = means
        self._run = run
        self._ready: deque[Claimed] = deque()
        self._breaker = Breaker()
        #: What servers refused for good, for the reader's account of bounces.
        self._refused: list[tuple[Claimed, Reply]] = []
        self._stopped: str | None = None
        self._nothing_more = False
        self._lease = _Lease(means.lease)
        self._pace = Pace(means.rate, means.domain_rates, time.monotonic())
        self._postman = Postman(means.route, relaying.composing.envelope, signs=means.signer is not None)

    def work(self) -> None:
        """Claim, send and record until nothing is left, or it is enough."""
        try:
            with self._postman:
                while True:
                    self._claim()
                    waits = self._hand_over(())
                    if not self._postman.busy and not waits:
                        break
                    self._collect(waits)
                    if self._ends and self._postman.busy:
                        self._collect_the_last()
                        break
                self._give_back()
        finally:
            self._lease.end()  # whatever ended us: what is not recorded any more is not sent either

    @property
    def _ends(self) -> bool:
        return self._run.enough() or self._stopped is not None or self._postman.connections < 1

    def _goes_on(self, lease: _Lease) -> bool:
        """Say whether another message may leave that was claimed under *lease*."""
        return lease.holds and self._stopped is None and not self._run.enough()

    # Claim.

    def _claim(self) -> None:
        """Claim when little is left, and keep what is claimed."""
        if not self._lease.holds:
            self._ready.clear()  # we stood still for too long: it is anybody's now
            self._lease = _Lease(self._means.lease)
        if self._ends or self._nothing_more or len(self._ready) >= self._route.connections * self._route.window:
            return
        begun = read_steady()
        claimed = self._run.claim(_AHEAD)
        self._nothing_more = not claimed
        # The ledger's clock may run ahead of ours: what was over by it is claimed again, and is still one message.
        again = {(work.mailing, work.number) for work in claimed}
        self._ready = deque(work for work in self._ready if (work.mailing, work.number) not in again)
        self._ready.extend(claimed)
        if claimed:
            self._lease.begin(begun)

    # Send.

    def _hand_over(self, reports: Sequence[Report]) -> float:
        """
        Record *reports* and mark new windows, in one transaction; then hand these over.

        Return for how many seconds nothing may go, where a rate keeps it back.
        """
        windows, put_off = self._windows()
        done = [each for report in reports for each in self._done(report)] + put_off
        renews = self._lease.is_half_over
        chosen = [work for window in windows for work in window]
        if done or chosen or renews:
            mine = self._commit(done, chosen, renews=renews)
            kept = [[work for work in window if id(work) in mine] for window in windows]
            self._postman.take([window for window in kept if window], partial(self._goes_on, self._lease))
        return self._pace.wait() if self._ready and not windows and not self._ends else 0.0

    def _commit(self, done: Sequence[Done], chosen: Sequence[Claimed], *, renews: bool) -> set[int]:
        """Record, renew and mark at once; return which of *chosen*, by identity, may be sent."""
        begun, now = read_steady(), self._run.look()
        if done:
            crashing.reach("before_record")
        with self._store.transaction() as connection:
            record(connection, self._run.owner, done, now)
            for work, reply in self._refused:
                rejected(connection, work.number, refusal(reply, work.message_id, work.mailing, now), now)
            if renews:
                renew(connection, self._run.owner, self._run.open, now + self._means.lease, now)
            mine = {id(work) for work in mark(connection, self._run.owner, chosen, now)}
            if self._means.warm_up is not None:
                pausing.count_warm_up(connection, now.date(), sum(each.state is State.SENT for each in done))
            if self._stopped is not None:
                pausing.pause(connection, self._stopped, now)
        self._refused.clear()
        if renews:
            self._lease.renew(begun)
        if done:
            crashing.reach("after_record")
        if chosen:
            crashing.reach("after_mark")
        return mine

    def _windows(self) -> tuple[list[list[Claimed]], list[Done]]:
        """Choose what goes next, as the rates allow; what its domain does not take yet goes back for as long."""
        windows: list[list[Claimed]] = []
        put_off: list[Done] = []
        free, room = self._postman.room
        if self._ends or free < 1:
            return windows, put_off
        size = min(-(-self._route.window // self._route.parts), -(-len(self._ready) // free))
        at, now = time.monotonic(), self._run.look()
        while self._ready and len(windows) < free and room > 0:
            most = min(size, room)
            window: list[Claimed] = []
            while self._ready and len(window) < most:
                work = self._ready[0]
                wait = self._pace.wait_for(work.domain, at)
                if wait is not None:
                    put_off.append(Done(work=self._ready.popleft(), state=State.QUEUED, ready_at=now + wait))
                elif self._pace.may_go(at):
                    window.append(self._ready.popleft())
                else:
                    break
            if not window:
                break
            windows.append(window)
            room -= len(window)
        return windows, put_off

    # Record.

    def _collect(self, waits: float) -> None:
        if not self._postman.busy:
            threading.Event().wait(min(waits, _LOOK))
            return
        self._hand_over(self._postman.reports(min(waits, _LOOK) if waits else _LOOK))

    def _collect_the_last(self) -> None:
        """Wait for what is in flight; what does not come in time is left to whoever takes it up as unknown."""
        until = time.monotonic() + _PATIENCE
        while self._postman.busy and time.monotonic() < until:
            self._hand_over(self._postman.reports(_LOOK))

    def _done(self, report: Report) -> list[Done]:
        """Return what became of a window's messages; those that were not tried are to be tried again."""
        now = self._run.look()
        done = [Done(work=work, state=State.FAILED, reply=why) for work, why in report.unsendable]
        for work, handed in report.handed:
            done.append(verdict(work, handed, now, self._means.retries))
            if done[-1].state is State.FAILED and handed.reply is not None and not work.is_letter:
                self._refused.append((work, handed.reply))
            why = self._breaker.sees(handed)
            if why is not None and self._stopped is None:
                self._stopped = why
                _log.error("sending is paused", reason=why, mend="mend it, then `daily-dose release --all`")
        decided = {id(each.work) for each in done}
        untried = [work for work in report.window if id(work) not in decided]
        self._ready.extendleft(reversed(untried))
        if report.fault is not None:
            self.fault = report.fault if self._postman.connections < 1 else self.fault
        number = sum(each.state is State.SENT for each in done)
        self.sent += number
        self._run.progress(number)
        return done + [Done(work=work, state=State.CLAIMED) for work in untried]

    def _give_back(self) -> None:
        if not self._ready:
            return
        done = [Done(work=work, state=State.QUEUED) for work in self._ready]
        with self._store.transaction() as connection:
            record(connection, self._run.owner, done, self._run.look())
        self._ready.clear()
