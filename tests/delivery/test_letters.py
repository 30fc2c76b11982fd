"""Letters: what is over is sent no more, whoever had it in hands; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rooms import MAX_LATE, at
from sqlalchemy import select

from newsletter.delivery import letters
from newsletter.delivery.work import Done, State, Terms, mark, record
from newsletter.store import Store
from newsletter.store import tables as our


def terms(owner: str, day: int) -> Terms:
    return Terms(owner=owner, now=at(day), until=at(day) + timedelta(minutes=2), max_late=MAX_LATE)


@pytest.mark.parametrize("state", [State.QUEUED, State.CLAIMED])
def test_an_emptied_letter_that_a_paused_process_hands_back_is_sent_by_nobody(store: Store, state: State) -> None:
    """It was given up as unknown, and its text is gone: days later its process wakes up, and had not begun with it."""
    with store.transaction() as connection:
        letters.post(
            connection, "a kind", address="a@example.org", mail=b"Hi\r\n", message_id="<1@example.org>", due_at=at(0)
        )
        works = letters.claim(connection, terms("paused", 0), 5)
        assert mark(connection, "paused", works, at(0)) == works
    with store.transaction() as connection:
        letters.tidy(connection, terms("another", 4), timedelta(minutes=15))
        assert connection.scalar(select(our.letters.c.mail)) == b""
        record(connection, "paused", [Done(work=work, state=state) for work in works], at(4))

        assert mark(connection, "paused", works, at(4)) == []
        assert letters.claim(connection, terms("another", 4), 5) == []
        letters.tidy(connection, terms("another", 5), timedelta(minutes=15))
        assert connection.execute(select(our.letters.c.state, our.letters.c.ready_at)).all() == [("failed", None)]
