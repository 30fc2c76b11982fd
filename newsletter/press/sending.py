"""How mail is sent: claimed in the ledger, written to the outbox or handed to a relay, recorded."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from newsletter import crashing
from newsletter.archive import editions, plans
from newsletter.delivery import ledger, letters, mailings, pausing
from newsletter.delivery.generations import Generation, Restored, compared, fault, generation
from newsletter.delivery.outbox import OutboxFull
from newsletter.delivery.postman import Unsendable
from newsletter.delivery.work import Claimed, Done, State, Terms, record
from newsletter.press.composing import Composing
from newsletter.press.means import Means
from newsletter.press.relaying import Relaying
from newsletter.store import Connection
from newsletter.store.engine import Store

#: How much is claimed at once.
AT_ONCE = 500
#: How often what waits is brought up to date in a long run.
_TIDY = timedelta(seconds=30)


class Sending:
    """Sends what is due. *sender* is the address that mail is from where its edition names none."""

    def __init__(self, store: Store, sender: str, means: Means) -> None:
        self.store = store
        self.means = means
        self.composing = Composing(sender, means)
        self._relaying = Relaying(store, means, self.composing) if means.route else None

    def sweep(
        self,
        now: datetime,
        progress: Callable[[int], object] | None = None,
        enough: Callable[[], bool] | None = None,
        look: Callable[[], datetime] | None = None,
    ) -> int:
        """
        Send what is due by *now*, unless it is held, until it is *enough*; return how many messages went out.

        *look* reads the clock again before each claim: a mailing takes its time, and its process may
        be paused. By an old instant, what is late would still go out, and a claim would be over when
        it is made. Raises `OutboxFull` or `RelayUnusable` where no more is taken; what was claimed is given back.
        """
        run = Run(self, look or (lambda: now), enough or (lambda: False), progress or (lambda _: None))
        if self._relaying is not None:
            return self._relaying.send(run)
        total = 0
        while not run.enough() and (claimed := run.claim(AT_ONCE)):
            total += self._write(run, claimed)
            run.progress(len(claimed))
        return total

    def _write(self, run: Run, claimed: Sequence[Claimed]) -> int:
        """
        Write messages to the outbox and record them; return how many were sent.

        One that no message can be made of keeps back no other. Where the outbox takes no more, the rest is given back
        and `OutboxFull` raised.
        """
        done: list[Done] = []
        full = None
        for work in claimed:
            try:
                self.means.outbox.put(work.message_id, self.composing.message(work))
            except Unsendable as error:
                done.append(Done(work=work, state=State.FAILED, reply=str(error)))
            except OutboxFull as error:
                full = error
                break
            else:
                done.append(Done(work=work, state=State.SENT, reply="outbox"))
        done += [Done(work=work, state=State.QUEUED) for work in claimed[len(done) :]]
        with self.store.transaction() as connection:
            record(connection, run.owner, done, run.look())
        if full:
            raise full
        return sum(each.state is State.SENT for each in done)


class Run:
    """One run of sending: who claims, by which clock, and until when."""

    def __init__(
        self,
        sending: Sending,
        look: Callable[[], datetime],
        enough: Callable[[], bool],
        progress: Callable[[int], object],
    ) -> None:
        #: Names this run in the ledger.
        self.owner = secrets.token_hex(8)
        self.look = look
        self.enough = enough
        self.progress = progress
        self._sending = sending
        self._tidied: datetime | None = None
        #: How much a warm-up lets this run send.
        self._budget: int | None = None
        #: The mailings of which something is claimed.
        self.open: tuple[int, ...] = ()

    def claim(self, most: int) -> list[Claimed]:
        """Claim what is due, letters first; a hold that is set while a long mailing runs stops the rest of it."""
        while True:
            if not self._has_work():
                return []
            vouched = self._vouched()
            with self._sending.store.transaction() as connection:
                if generation(connection) != vouched:
                    continue  # a mailing was opened since, of which the witness knows nothing
                claimed, suppressed = self._claim(connection, most)
            if claimed:
                crashing.reach("after_claim")
            if claimed or not suppressed or self.enough():
                return claimed

    def _has_work(self) -> bool:
        """Say whether anything waits, or is under way: mostly nothing does, and then a look is all it takes."""
        with self._sending.store.reading() as connection:
            return letters.wait(connection) or mailings.any_open(connection)

    def _vouched(self) -> Generation | None:
        """Return the database's generation, once the witness has seen it: a restored database must be told by it."""
        witness = self._sending.means.witness
        own, kept = compared(witness, self._sending.store)
        if witness is None or own is None or own == kept:
            return own
        why = fault(own, kept)
        if why is None:
            witness.see(own)
        elif not self._is_held():  # while everything is held nothing is claimed
            raise Restored(why)
        return own

    def _is_held(self) -> bool:
        with self._sending.store.reading() as connection:
            return bool(plans.alarms(plans.holding(connection)))

    def _claim(self, connection: Connection, most: int) -> tuple[list[Claimed], int]:
        now = self.look()
        means = self._sending.means
        holds = plans.holding(connection)
        # Nothing is late by a clock that can't be believed.
        if plans.alarms(holds):
            return [], 0
        running = mailings.running(connection)
        self.open = tuple(each.id for each in running)
        terms = Terms(
            owner=self.owner,
            now=now,
            until=now + means.lease,
            max_late=means.max_late,
            signed_by=",".join(means.signer.selectors) if means.signer else "",
        )
        self._tidy(connection, running, terms)
        if pausing.find_pause(connection):
            return [], 0
        if means.warm_up is not None:
            if self._budget is None:
                self._budget = pausing.left_to_warm_up(connection, means.warm_up, now.date())
            most = min(most, self._budget)
        claimed = letters.claim(connection, terms, most) if most else []
        suppressed = 0
        for mailing in running:
            if len(claimed) >= most:
                break
            if plans.keep_back(editions.get(connection, mailing.edition), mailing.day, holds, now):
                continue
            more, not_sent = ledger.claim(connection, mailing, terms, most - len(claimed))
            claimed += more
            suppressed += not_sent
        if self._budget is not None:
            self._budget -= len(claimed)
        return claimed, suppressed

    def _tidy(self, connection: Connection, running: Sequence[mailings.Running], terms: Terms) -> None:
        if self._tidied is not None and terms.now - self._tidied < _TIDY:
            return
        again_after = self._sending.means.retries.unknown
        ledger.tidy(connection, running, terms, again_after)
        letters.tidy(connection, terms, again_after)
        mailings.close_done(connection, terms.now)
        self._tidied = terms.now
