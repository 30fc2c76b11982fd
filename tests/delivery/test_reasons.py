"""Why a delivery that is ready is not sent, and what one is settled with that is: every case, on both databases."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import NamedTuple
from uuid import UUID

import pytest
from rooms import MAX_LATE, Room, at, day, many
from sqlalchemy import Connection, select

from newsletter.delivery import ledger, mailings
from newsletter.delivery.work import Claimed, Terms
from newsletter.store import tables as our
from newsletter.store.bulk import insert_rows

NOW = at(0, 7)
#: Readers of the test's own begin here.
FIRST = 1000


class Case(NamedTuple):
    """A delivery, and its reader."""

    address_state: str
    standing: str
    paused_until: date | None
    late: bool
    replies_lost: int | None
    frozen_number: int | None

    @property
    def due_at(self) -> datetime:
        """To a millionth of a second in time, or not."""
        return NOW - MAX_LATE - timedelta(microseconds=self.late)


CASES = [
    Case(*each)
    for each in product(
        ("good", "bounced", "complained", "erased"),
        ("pending", "active", "paused", "left"),
        (None, day(-1), day(0), day(1)),
        (False, True),
        (None, 0, 1),
        (None, 1, 2),
    )
]


def expected(case: Case, *, withdrawn: bool, reduced: bool) -> str | None:
    """Say in plain words why it is not sent to this reader on the first day, of which the second mail is the last."""
    if withdrawn:
        return "withdrawn"
    if reduced and case.replies_lost == 1 and case.frozen_number == 1:
        return "withdrawn"  # other bytes may have arrived
    if case.address_state in {"bounced", "complained", "erased"}:
        return case.address_state
    if case.standing in {"pending", "left"}:
        return case.standing
    if case.standing == "paused" and case.paused_until not in {day(-1), day(0)}:
        return "paused"
    return "late" if case.late else None


class Rows(NamedTuple):
    """The rows of one case."""

    number: int
    address: str | None
    form: str | None
    signed_by: str | None
    attempts: int


def rows_of(number: int) -> Rows:
    """Return what differs from case to case without a reason in it."""
    return Rows(
        number=FIRST + number,
        address=(None, f'settled "{number}" \\ ü@example.org')[number % 2],
        form=(None, "text", "html")[number % 3],
        signed_by=(None, "", "old,keys")[number % 3],
        attempts=number % 4,
    )


def uid(number: int) -> UUID:
    return UUID(int=number << 64 | number)


@pytest.fixture
def running(room: Room) -> mailings.Running:
    """Give a mailing with every case in it, whose mail was frozen twice."""
    room.add(*many(40))
    room.subscribe("somebody@example.org")
    room.press.tick(at(0))
    room.press.correct(None, day(0), "It was Gao.", at(0, 6.01), values={"place": "Gao"})
    with room.store.transaction() as connection:
        (found,) = mailings.running(connection)
        edition = connection.scalar(select(our.editions.c.id))
        everything = [(rows_of(number), case) for number, case in enumerate(CASES)]
        insert_rows(
            connection,
            our.subscribers,
            [
                {"id": row.number, "address": f"{row.number}@x.org", "folded": f"{row.number}", "state": case[0]}
                for row, case in everything
            ],
        )
        insert_rows(
            connection,
            our.subscriptions,
            [
                {
                    "id": row.number,
                    "subscriber_id": row.number,
                    "edition_id": edition,
                    "state": case.standing,
                    "cadence": "daily",
                    "format": ("html", "text")[row.number % 2],
                    "uid": uid(row.number),
                    "paused_until": case.paused_until,
                }
                for row, case in everything
            ],
        )
        insert_rows(
            connection,
            our.deliveries,
            [
                {
                    "mailing_id": found.id,
                    "subscription_id": row.number,
                    "state": "queued",
                    "due_at": case.due_at,
                    "ready_at": case.due_at,
                    "frozen_number": case.frozen_number,
                    "address": row.address,
                    "format": row.form,
                    "signed_by": row.signed_by,
                    "attempts": row.attempts,
                    "replies_lost": case.replies_lost,
                }
                for row, case in everything
            ],
        )
    assert found.frozen_number == 2
    return found


class Undone(Exception):
    """Nothing of this is kept."""


def claimed(room: Room, running: mailings.Running) -> tuple[dict[int, Claimed], dict[int, str]]:
    """Return what would be sent, and why the rest would not be, where a row may say so."""
    terms = Terms(owner="us", now=NOW, until=NOW + timedelta(minutes=2), max_late=MAX_LATE, signed_by="new")
    found: list[Claimed] = []
    reasons: dict[int, str] = {}
    with suppress(Undone), room.store.transaction() as connection:
        works, _ = ledger.claim(connection, running, terms, 5000)
        found += works
        reasons |= suppressed(connection)
        raise Undone
    return {work.number: work for work in found if work.number >= FIRST}, reasons


def suppressed(connection: Connection) -> dict[int, str]:
    row = our.deliveries.c
    rows = connection.execute(select(row.subscription_id, row.reply).where(row.state == "suppressed")).all()
    return {number: reply for number, reply in rows if number >= FIRST}


@pytest.mark.parametrize("withdrawn", [False, True], ids=["", "withdrawn"])
@pytest.mark.parametrize("reduced", [False, True], ids=["whole", "reduced"])
def test_whoever_is_sent_nothing_has_a_reason_and_every_other_is_sent_it(
    room: Room, running: mailings.Running, *, withdrawn: bool, reduced: bool
) -> None:
    sent, reasons = claimed(room, replace(running, withdrawn=withdrawn, reduced=reduced))

    why = {
        rows_of(number).number: expected(case, withdrawn=withdrawn, reduced=reduced)
        for number, case in enumerate(CASES)
    }
    assert sorted(sent) == [number for number, reason in why.items() if reason is None]
    # What may have arrived is not counted as unsent, so its row can't say why.
    lost = {rows_of(number).number for number, case in enumerate(CASES) if case.replies_lost is not None}
    assert reasons == {number: reason for number, reason in why.items() if reason is not None and number not in lost}


@pytest.mark.parametrize("reduced", [False, True], ids=["whole", "reduced"])
def test_what_is_sent_is_what_was_settled_before_or_is_now(
    room: Room, running: mailings.Running, *, reduced: bool
) -> None:
    sent, _ = claimed(room, replace(running, reduced=reduced))
    with room.store.reading() as connection:
        columns = our.frozen_mails.c
        mails = {
            (number, form): mail
            for number, html, text in connection.execute(select(columns.number, columns.mail, columns.text_mail))
            for form, mail in (("html", html), ("text", text))
        }
    assert len(set(mails.values())) == 4
    assert len(sent) > 20
    for number, case in enumerate(CASES):
        row = rows_of(number)
        if (work := sent.get(row.number)) is None:
            continue
        frozen = 2 if reduced or case.frozen_number is None else case.frozen_number
        assert work == Claimed(
            mailing=running.id,
            number=row.number,
            reader=uid(row.number).bytes,
            address=row.address or f"{row.number}@x.org",
            message_id=work.message_id,
            due_at=case.due_at,
            ends_at=case.due_at + MAX_LATE,
            attempts=row.attempts + 1,
            replies_lost=case.replies_lost or 0,
            signed_by="new" if row.signed_by is None else row.signed_by,
            mail=mails[frozen, row.form or ("html", "text")[row.number % 2]],
        )
