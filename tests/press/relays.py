"""A newsroom that sends by a relay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rooms import Room, at
from servers.smtp_sink import SmtpSink
from sqlalchemy import func, select

from newsletter.delivery import mailings
from newsletter.delivery.connections import Route
from newsletter.delivery.relay import Patience, Relay
from newsletter.press.means import Means
from newsletter.store import tables as our

#: When the first day is due.
DUE = at(0)


@dataclass
class RelayRoom(Room):
    """A room whose mail goes to the relay at *url*, by *means* that differ from the usual ones."""

    url: str = ""
    differing: dict[str, Any] = field(default_factory=dict)
    connections: int = 2
    window: int = 3

    def means(self) -> Means:
        """Return by which means this room sends."""
        route = Route(
            relay=Relay.parse(self.url),
            host_name="news.example.org",
            connections=self.connections,
            window=self.window,
            patience=Patience(connect=5, reply=5, dot=5),
        )
        return replace(super().means(), route=route, **self.differing)

    def sweep(self, now: datetime = DUE) -> int:
        """Send what is due, by a process that has just started."""
        self.restart()
        return self.press.sending.sweep(now)

    def states(self) -> Counter[str]:
        """Return how many deliveries there are in each state; together they are every audience."""
        with self.store.reading() as connection:
            assert mailings.unbalanced(connection) == []
            return Counter(connection.scalars(select(our.deliveries.c.state)))

    def deliveries(self) -> list[Any]:
        """Return every delivery, by reader."""
        with self.store.reading() as connection:
            return list(connection.execute(select(our.deliveries).order_by(our.deliveries.c.subscription_id)))

    def in_state(self, state: str) -> int:
        """Return how many deliveries are in a state."""
        with self.store.reading() as connection:
            statement = select(func.count()).select_from(our.deliveries).where(our.deliveries.c.state == state)
            return int(connection.scalar(statement) or 0)


def received(server: SmtpSink) -> Counter[str]:
    """Return how often each reader has a message."""
    return Counter(recipient for _, recipient, _ in server.taken())
