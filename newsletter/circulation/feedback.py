"""The verbs of what comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from newsletter.delivery.feedback import read
from newsletter.delivery.feedback.sources import Source
from newsletter.errors import NewsletterError
from newsletter.feedback import Feedback, FeedbackKind
from newsletter.readers import feedback
from newsletter.readers.feedback import Binned
from newsletter.store import Store
from newsletter.tokens import Keyring

#: How long what was refused is a problem to look at.
_LATELY = timedelta(days=7)
#: How many messages one transaction takes in.
_BATCH = 100
_Item = TypeVar("_Item")


class NoSuchFeedback(NewsletterError):
    """Nothing is kept of this message."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no message {number} waits to be looked at: `daily-dose feedback list` names those that do")


@dataclass(slots=True, kw_only=True)
class Tally:
    """
    What came of reading a mailbox.

    *kinds* counts what was new; *known* messages had been read before. So many subscribers are mailed no more
    because their mail *bounced*, and so many subscriptions were *left*.
    """

    known: int = 0
    bounced: int = 0
    left: int = 0
    kinds: Counter[FeedbackKind] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """How many messages there were."""
        return self.known + self.kinds.total()


class Intake:
    """Feedback; *domain* is where mail comes back to, if there is one, and *suppression_key* hashes addresses."""

    def __init__(self, store: Store, keys: Keyring, suppression_key: bytes, domain: str | None) -> None:
        self.store = store
        self._keys = keys
        self._suppression_key = suppression_key
        self._domain = domain

    def take_in(self, source: Source, now: datetime, told: Callable[[int], object] = lambda _taken: None) -> Tally:
        """
        Read every message of *source*, and do what each asks, once; *told* hears how many more are done.

        A batch is kept before the source lets go of it: killed in between, it is read again, and known. Raises
        `UnusableMailbox` where the source does not answer; what was read until then is kept.
        """
        tally = Tally()
        # One by one: what is kept of a message is small.
        pieces_read = ((each.key, read(each.head, self._keys, self._domain, now)) for each in source.arrived())
        for pieces in _batches(pieces_read):
            self._keep(source.origin, [piece for _, piece in pieces], tally, now)
            source.let_go([key for key, _ in pieces])
            told(len(pieces))
        return tally

    def binned(self) -> list[Binned]:
        """Return the messages that a person has to look at, the oldest first."""
        with self.store.reading() as connection:
            return feedback.binned(connection)

    def raw(self, number: int) -> bytes:
        """Return what is kept of a message that waits to be looked at; raise `NoSuchFeedback`."""
        with self.store.reading() as connection:
            raw = feedback.raw_of(connection, number)
        if raw is None:
            raise NoSuchFeedback(number)
        return raw

    def drop(self, numbers: Sequence[int]) -> int:
        """Keep messages that were looked at no longer; return how many. Raises `NoSuchFeedback`, and drops none."""
        with self.store.transaction() as connection:
            for number in numbers:
                if feedback.raw_of(connection, number) is None:
                    raise NoSuchFeedback(number)
            return feedback.drop(connection, numbers)

    def problems(self, now: datetime) -> list[str]:
        """Say what came back lately that is not the readers' doing."""
        with self.store.reading() as connection:
            number, said = feedback.blamed(connection, now - _LATELY)
        if not number:
            return []
        refused = (
            f"{number:,} of the mails that came back in the last week were refused for what they are or who sends them"
        )
        return [f"{refused}, not for their readers; of the last it was said: {said}"]

    def _keep(self, origin: str, pieces: Iterable[Feedback], tally: Tally, now: datetime) -> None:
        """Keep pieces of feedback in one transaction, and count them once that is sure."""
        with self.store.transaction() as connection:
            done = [feedback.take(connection, origin, piece, self._suppression_key, now) for piece in pieces]
        for piece, consequence in zip(pieces, done, strict=True):
            if consequence is None:
                tally.known += 1
                continue
            tally.kinds[piece.kind] += 1
            tally.bounced += consequence.bounced
            tally.left += consequence.left


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
