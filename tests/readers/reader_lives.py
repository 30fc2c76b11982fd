"""A reader with a life: something about them in every table that can hold something."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from rooms import SUPPRESSION_KEY, Room, at, day, many
from sqlalchemy import insert, select

from newsletter.delivery.letters import post
from newsletter.readers.suppressions import address_hash
from newsletter.store import tables as our

READER, OTHER = "reader@example.org", "other@example.org"
#: What must be nowhere once the reader is erased.
TRACES = (READER, "reader", "Reader", "192.0.2", "2001:db8", "new-address", "Mr Reader's letter")
DELIVERIES = ("sent", "queued", "claimed", "sending", "deferred", "unknown", "failed", "suppressed")


def subscription_id(room: Room, address: str = READER) -> int:
    """Return the id of an address's first subscription."""
    with room.store.reading() as connection:
        return connection.scalars(
            select(our.subscriptions.c.id)
            .join(our.subscribers, our.subscribers.c.id == our.subscriptions.c.subscriber_id)
            .where(our.subscribers.c.folded == address)
            .order_by(our.subscriptions.c.id)
        ).first()


def lead_a_life(room: Room) -> None:
    """Subscribe two readers, and let everything happen to one of them that can be kept."""
    room.circulation.add(None, [READER, OTHER], "Mr Reader's letter of May", at(0, 0))
    room.add(*many(len(DELIVERIES)))
    for number in range(len(DELIVERIES)):
        room.press.publish(None, day(number), at(number), mail=False)
    mine, others = subscription_id(room), subscription_id(room, OTHER)
    with room.store.transaction() as connection:
        for each in connection.execute(select(our.issues).order_by(our.issues.c.day)).all():
            _mailing(connection, each, DELIVERIES[each.number - 1], mine, others)
        for state in DELIVERIES:
            number = _letter(connection, mine, f"a letter to {READER}".encode())
            reply = "late" if state == "suppressed" else f"250 for <{READER}>"
            connection.execute(our.letters.update().where(our.letters.c.id == number).values(state=state, reply=reply))
        _letter(connection, others, b"a letter to another")
        _rest(connection, mine)


def _mailing(connection: Any, issue: Any, state: str, mine: int, others: int) -> None:
    mailing_id = connection.scalar(
        insert(our.mailings)
        .values(
            edition_id=issue.edition_id,
            kind="issue",
            key=issue.day.isoformat(),
            issue_id=issue.id,
            frozen_number=1,
            created_at=issue.due_at,
            audience=2,
        )
        .returning(our.mailings.c.id)
    )
    row = {"mailing_id": mailing_id, "due_at": issue.due_at, "ready_at": issue.due_at, "attempts": 1}
    own = {"subscription_id": mine, "state": state, "address": READER, "reply": f"250 for <{READER}>"}
    if state == "suppressed":
        own["reply"] = "late"
    if state == "queued":
        own |= {"address": None, "reply": None}
    connection.execute(insert(our.deliveries).values(**row, **own))
    other = {"subscription_id": others, "state": "queued", "address": OTHER, "reply": "250"}
    connection.execute(insert(our.deliveries).values(**row, **other))


def _letter(connection: Any, number: int, mail: bytes) -> int:
    return post(
        connection,
        "welcome",
        address=READER if b"reader" in mail else OTHER,
        mail=mail,
        message_id="<1@example.org>",
        due_at=at(0),
        subscription_id=number,
    )


def _rest(connection: Any, mine: int) -> None:
    subscriber_id = connection.scalar(select(our.subscriptions.c.subscriber_id).where(our.subscriptions.c.id == mine))
    connection.execute(our.subscribers.update().values(bounce_score=1.5, bounced_on=at(3).date(), created_at=at(0)))
    connection.execute(our.subscriptions.update().values(zone="Europe/Berlin", hour=at(0, 7).time()))
    connection.execute(our.consents.update().values(network="192.0.2.0/24"))
    connection.execute(
        insert(our.address_changes).values(
            uid=uuid4(),
            subscriber_id=subscriber_id,
            address="new-address@example.org",
            folded="new-address@example.org",
            asked_at=at(1),
        )
    )
    connection.execute(
        insert(our.feedback).values(
            origin="maildir",
            event_id="1",
            received_at=at(2),
            kind="bounce",
            subscription_id=mine,
            status="5.1.1",
            detail=f"no {READER} here",
            raw=f"To: {READER}".encode(),
        )
    )
    for folded in (READER, "new-address@example.org", OTHER):
        ask(connection, folded, at(1))


def ask(connection: Any, folded: str, when: Any) -> None:
    """Keep that a form was sent with an address."""
    connection.execute(
        insert(our.sign_ups).values(
            asked_at=when,
            address_hash=address_hash(SUPPRESSION_KEY, folded),
            network="2001:db8::/64",
            domain="example.org",
            mailed=True,
            kind="confirmation",
        )
    )


def everything(room: Room) -> dict[str, list[Any]]:
    """Return every row of the tables in which readers may leave traces."""
    names = (
        *("subscribers", "subscriptions", "consents", "sign_ups", "address_changes", "suppressions"),
        *("deliveries", "letters", "feedback"),
    )
    with room.store.reading() as connection:
        return {name: list(connection.execute(select(table))) for name in names for table in [getattr(our, name)]}
