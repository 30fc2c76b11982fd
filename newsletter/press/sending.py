"""How mail is sent: claimed in the ledger, written to the outbox, recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from newsletter.archive import editions, plans
from newsletter.delivery import ledger
from newsletter.delivery.outbox import Outbox, OutboxFull
from newsletter.render.headers import UnsafeHeader
from newsletter.render.message import fill
from newsletter.store.engine import Store
from newsletter.tokens import Keyring, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What sending needs: *sender* is the address that the mail is from."""

    store: Store
    sender: str
    outbox: Outbox
    max_late: timedelta
    keys: Keyring

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
        it is made.
        """
        with self.store.reading() as connection:
            running = ledger.running(connection)
        total = 0
        while running and not (enough and enough()):
            moment = look() if look else now
            if not (claimed := self._claim(moment)):
                break
            total += self._send(claimed, moment)
            if progress:
                progress(len(claimed))
        return total

    def _send(self, claimed: Sequence[ledger.Claimed], now: datetime) -> int:
        """
        Write deliveries to the outbox and record them; return how many were sent.

        One that no message can be made of keeps back no other. Where the outbox takes no more, the
        rest is given back and `OutboxFull` raised.
        """
        sent: list[ledger.Claimed] = []
        failed: list[tuple[ledger.Claimed, str]] = []
        full = None
        for delivery in claimed:
            try:
                mail = self._filled(delivery)
                self.outbox.put(delivery.message_id, mail)
            except UnsafeHeader as error:
                failed.append((delivery, str(error)))
            except OutboxFull as error:
                full = error
                break
            else:
                sent.append(delivery)
        with self.store.transaction() as connection:
            ledger.sent(connection, sent, now)
            ledger.failed(connection, failed)
            ledger.give_back(connection, claimed[len(sent) + len(failed) :])
        if full:
            raise full
        return len(sent)

    def _filled(self, delivery: ledger.Claimed) -> bytes:
        """Return a delivery's message: the same bytes at every attempt."""
        return fill(
            delivery.mail,
            to=delivery.address,
            message_id=delivery.message_id,
            date=delivery.due_at,
            leave=self.keys.seal_for_mail(Purpose.UNSUBSCRIBE, delivery.reader.bytes, delivery.due_at),
        )

    def _claim(self, now: datetime) -> list[ledger.Claimed]:
        """Claim some of what is due; a hold that is set while a long mailing runs stops the rest of it."""
        domain = parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"
        with self.store.transaction() as connection:
            holds = plans.holding(connection)
            if plans.alarms(holds):  # nothing is late by a clock that can't be believed
                return []
            ledger.suppress(connection, now, self.max_late)
            free = [
                each.id
                for each in ledger.running(connection)
                if not plans.keep_back(editions.get(connection, each.edition), each.day, holds, now)
            ]
            return ledger.claim(connection, free, domain, now)
