"""The issue that a welcome brings: recorded as delivered, so that nobody gets it twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, exists, insert, select, update

from newsletter.store.tables import deliveries, issues, letters, mailings


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """To whom a welcome goes, in which form, and under which Message-ID."""

    subscription_id: int
    address: str
    format: str
    message_id: str


def was_brought(connection: Connection, issue: UUID, subscription_id: int) -> bool:
    """Say whether a reader is in the ledger for an issue, or was welcomed with it."""
    in_ledger = (
        exists()
        .where(deliveries.c.subscription_id == subscription_id, deliveries.c.mailing_id == mailings.c.id)
        .where(mailings.c.issue_id == issues.c.id, mailings.c.kind == "issue")
    )
    welcomed = exists().where(letters.c.subscription_id == subscription_id, letters.c.issue_id == issues.c.id)
    return connection.scalar(select(issues.c.id).where(issues.c.uid == issue, in_ledger | welcomed)) is not None


def brought(connection: Connection, issue: UUID, welcome: Welcome, now: datetime) -> None:
    """
    Record that a welcome brings an issue: its mailing, if there is one, has one reader more, who was sent it.

    Without a mailing the welcome's own letter says so: `open_mailing` leaves out whom it names.
    """
    mailing_id = connection.scalar(
        select(mailings.c.id)
        .join(issues, issues.c.id == mailings.c.issue_id)
        .where(issues.c.uid == issue, mailings.c.kind == "issue")
    )
    if mailing_id is None:
        return
    connection.execute(
        insert(deliveries).values(
            mailing_id=mailing_id,
            subscription_id=welcome.subscription_id,
            state="sent",
            due_at=now,
            sent_at=now,
            address=welcome.address,
            format=welcome.format,
            message_id=welcome.message_id,
            attempts=0,
            reply="welcome",
        )
    )
    connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(audience=mailings.c.audience + 1))
