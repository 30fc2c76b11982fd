"""A clock that is set, or a machine that slept: the ledger's clock goes on, and the one that only counts does not."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from relays import RelayRoom, received
from rooms import an_edition, at, many
from servers.smtp_sink import SmtpSink

from newsletter.delivery.work import Claimed
from newsletter.press.relaying import Relaying
from newsletter.press.sending import Run
from newsletter.store import Store

READERS = [f"reader-{number:02}@example.org" for number in range(20)]


class Jumping(Run):
    """A run whose clock is set forward before its second claim."""

    def claim(self, most: int) -> list[Claimed]:
        if self.open:
            self.look = lambda: at(0, 6.1)
        return super().claim(most)


@pytest.fixture
def sent_to(sink: Callable[..., SmtpSink]) -> SmtpSink:
    return sink()


@pytest.fixture
def room(store: Store, tmp_path: Path, sent_to: SmtpSink) -> RelayRoom:
    """Give a room with an issue to send."""
    room = RelayRoom(store, tmp_path / "outbox", url=sent_to.url)
    room.open(an_edition())
    room.add(*many(40))
    room.subscribe(*READERS)
    room.press.tick(at(0))
    return room


def test_what_is_claimed_again_since_the_clock_was_set_forward_goes_out_once(room: RelayRoom, sent_to: SmtpSink):
    """By the ledger's clock the first claims are over; by the other they still hold."""
    sending = room.press.sending

    relaying = Relaying(sending.store, sending.means, sending.composing)
    relaying.send(Jumping(sending, lambda: at(0), lambda: False, lambda _: None))
    room.sweep(at(0, 6.2))
    assert received(sent_to) == Counter(READERS)
    assert room.states() == {"sent": 20}


def test_after_a_laptop_slept_nothing_goes_out_by_the_claims_of_before(
    room: RelayRoom, sent_to: SmtpSink, monkeypatch: pytest.MonkeyPatch
):
    """Another process may have taken them up, and sent them."""
    slept, read = [0.0], time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda clock: read(clock) + slept[-1])
    room.restart()

    sent = room.press.sending.sweep(at(0), lambda _: slept.append(121))
    assert 0 < sent < 20
    monkeypatch.undo()
    assert room.sweep(at(0, 6.1)) == 20 - sent
    assert received(sent_to) == Counter(READERS)
