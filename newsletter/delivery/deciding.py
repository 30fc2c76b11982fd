"""What becomes of a message, decided from values alone: no database, no clock, no network."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.envelopes import Handed, Outcome, Stage
from newsletter.delivery.replies import Reply
from newsletter.delivery.work import Claimed, Done, State

#: The longest wait between two attempts, and how much of a wait is spread, so that what failed together does not
#: come back together.
_LONGEST_WAIT = timedelta(hours=1)
_SPREAD = 5
#: Details of security codes (X.7.Y: RFC 7372, and those of large providers) that tell of a fault of ours which every
#: provider would see: a name or a signature that is missing or does not verify.
_BROKEN = frozenset([20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 31, 32, 515])
#: Other refusals that speak of us are tolerated up to this share of what was handed in, after this many.
_TOLERATED, _FEW = 0.05, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How long to wait: *after* a first refusal, then twice as long each; *unknown* (`None`: never) without a reply."""

    after: timedelta = timedelta(minutes=5)
    unknown: timedelta | None = timedelta(minutes=15)


def verdict(work: Claimed, handed: Handed, now: datetime, retries: Retries) -> Done:
    """Return what became of *work* when it was handed in."""
    reply = str(handed.reply) if handed.reply else None
    match handed.outcome:
        case Outcome.SENT:
            return Done(work=work, state=State.SENT, reply=reply)
        case Outcome.UNTRIED:
            return Done(work=work, state=State.CLAIMED)
        case Outcome.UNKNOWN:
            again = retries.unknown if not work.replies_lost else None
            ready_at = now + again if again is not None else None
            return Done(work=work, state=State.UNKNOWN, reply="no answer after the message", ready_at=ready_at)
        case Outcome.FAILED if not is_our_fault(handed):
            return Done(work=work, state=State.FAILED, reply=reply)
    ready_at = now + wait_of(work, retries.after)
    if ready_at >= work.ends_at:
        return Done(work=work, state=State.FAILED, reply=f"given up: {reply}")
    return Done(work=work, state=State.DEFERRED, reply=reply, ready_at=ready_at)


def wait_of(work: Claimed, first: timedelta) -> timedelta:
    """Return how long to wait until *work* is tried again: twice as long each time, a little different for each."""
    wait: timedelta = min(first * (1 << min(work.attempts - 1, 20)), max(first, _LONGEST_WAIT))
    share = zlib.crc32(f"{work.mailing}:{work.number}".encode()) % 1000 / 1000
    return wait + wait / _SPREAD * share


def is_our_fault(handed: Handed) -> bool:
    """Say whether a refusal is about us or the message, and no reader has a part in it: nobody is given up for it."""
    return handed.reply is not None and (handed.stage is Stage.MAIL or handed.reply.blames_sender)


class Breaker:
    """
    Stops a run whose mail is refused because of us, before a provider has seen much of it.

    One reply stops it that everybody's provider would give; of others, those that are more than a few and more than
    one in twenty.
    """

    def __init__(self) -> None:
        self._handed = 0
        self._refused = 0

    def sees(self, handed: Handed) -> str | None:
        """Return why the run has to stop, if so."""
        if handed.outcome is Outcome.UNTRIED:
            return None
        self._handed += 1
        if handed.outcome is Outcome.SENT or handed.reply is None or not is_our_fault(handed):
            return None
        if _is_broken(handed.reply, handed.stage):
            return str(handed.reply)
        self._refused += 1
        if self._refused > _FEW and self._refused > self._handed * _TOLERATED:
            return f"{self._refused} of {self._handed} messages were refused because of us, the last: {handed.reply}"
        return None


def _is_broken(reply: Reply, stage: Stage | None) -> bool:
    if stage is Stage.MAIL and reply.is_for_good:
        return True
    status = reply.status
    return status is not None and status[1] == 7 and status[2] in _BROKEN  # noqa: PLR2004 -- RFC 3463, 3.8
