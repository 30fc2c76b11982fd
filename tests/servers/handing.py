"""A window of messages, handed in by a session that has nothing else to do."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Sequence

from newsletter.delivery.envelopes import Envelope, Handed
from newsletter.delivery.smtp import Session


def hand_in(session: Session, envelopes: Sequence[Envelope], go_on: Callable[[], bool] = lambda: True) -> list[Handed]:
    """Return what became of each message, once that is known of all."""
    handed = session.begin([(each, go_on) for each in envelopes])
    while session.busy:
        with selectors.DefaultSelector() as selector:
            selector.register(session, session.events)
            selector.select(max(0.0, session.ends_at - time.monotonic()))
        handed += session.proceed()
    return handed
