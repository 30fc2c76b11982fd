"""A clock that is set, or a machine that slept: the ledger's clock goes on, and the one that only counts does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

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


def test_what_is_claimed_again_since_the_clock_was_set_forward_goes_out_once(
    store: Store, tmp_path: Path, sink: Callable[..., SmtpSink]
) -> None:
    """By the ledger's clock the first claims are over; by the other they still hold."""
    server = sink()
    room = RelayRoom(store, tmp_path / "outbox", url=server.url)
    room.open(an_edition())
    room.add(*many(40))
    room.subscribe(*READERS)
    room.press.tick(at(0))
    sending = room.press.sending

    relaying = Relaying(sending.store, sending.means, sending.composing)
    relaying.send(Jumping(sending, lambda: at(0), lambda: False, lambda _: None))
    room.sweep(at(0, 6.2))
    assert received(server) == Counter(READERS)
    assert room.states() == {"sent": 20}
