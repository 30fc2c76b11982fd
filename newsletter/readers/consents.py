"""Consent, kept as evidence: what was agreed to, when, on which form, from which network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from newsletter.store.tables import consents


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    A reader's word, as it came to us.

    *origin* is the form it was given on, *network* the prefix of where it came from: /24 of IPv4, /64 of IPv6.
    """

    origin: str
    text: str
    network: str | None


def record(connection: Connection, subscription_id: int, evidence: Evidence, now: datetime) -> None:
    """Keep a reader's word."""
    connection.execute(
        insert(consents).values(
            subscription_id=subscription_id,
            given_at=now,
            origin=evidence.origin,
            text=evidence.text,
            network=evidence.network,
        )
    )
