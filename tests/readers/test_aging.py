"""What is personal is forgotten when it is old: no sooner, no later, and no more than that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from reader_lives import DELIVERIES, OTHER, READER, ask, everything, lead_a_life, subscription_id
from rooms import KEYS, PUBLISHER, SUPPRESSION_KEY, Room, an_edition, at
from sqlalchemy import event, insert, select, update

from newsletter.circulation import Circulation
from newsletter.delivery import mailings
from newsletter.delivery.letters import post
from newsletter.readers.aging import Age
from newsletter.readers.suppressions import address_hash, lift_own, reason_for
from newsletter.store import tables as our

DAYS = 90
NOTHING = dict.fromkeys(
    ("sign_ups", "pending", "left", "address_changes", "letters", "networks", "feedback", "deliveries"), 0
)


@pytest.fixture
def life(room):
    lead_a_life(room)
    return room


def circulation(room, days=DAYS) -> Circulation:
    return Circulation(room.store, KEYS, SUPPRESSION_KEY, PUBLISHER, timedelta(days=days) if days else None)


def finish(room) -> None:
    """Bring what waits to its end, as the sender does."""
    with room.store.transaction() as connection:
        for table in (our.deliveries, our.letters):
            waiting = table.c.state.in_(("queued", "claimed", "sending", "deferred"))
            connection.execute(update(table).where(waiting).values(state="failed"))
            connection.execute(update(table).where(table.c.state == "unknown").values(ready_at=None))


def test_nothing_is_forgotten_before_its_time_and_everything_old_after_it(life):
    finish(life)
    before = everything(life)
    young = circulation(life).age_out(at(28))
    assert young == NOTHING
    assert everything(life) == before

    counts = circulation(life).age_out(at(200))

    assert counts == {
        "sign_ups": 3,
        "pending": 0,
        "left": 0,
        "address_changes": 1,
        "letters": len(DELIVERIES) + 1,
        "networks": 2,
        "feedback": 1,
        "deliveries": 2 * len(DELIVERIES) - 1,  # one never had an address, nor an answer
    }
    rows = everything(life)
    assert {row.address for row in rows["deliveries"]} == {None}
    assert {row.reply for row in rows["deliveries"]} == {None, "late"}
    assert {(row.address, row.mail) for row in rows["letters"]} == {("", b"")}
    assert {row.network for row in rows["consents"]} == {None}
    assert [(row.raw, row.detail, row.status) for row in rows["feedback"]] == [(None, "", "5.1.1")]
    assert [row.address for row in rows["subscribers"]] == [READER, OTHER]
    with life.store.reading() as connection:
        assert mailings.unbalanced(connection) == []


def test_the_second_time_changes_nothing(life):
    finish(life)
    circulation(life).age_out(at(200))
    before = everything(life)

    assert circulation(life).age_out(at(200)) == NOTHING
    assert everything(life) == before


def test_in_small_pieces_it_forgets_the_same(life, monkeypatch):
    finish(life)
    monkeypatch.setattr(Age.__init__, "__kwdefaults__", Age.__init__.__kwdefaults__ | {"some": 1})

    counts = circulation(life).age_out(at(200))

    assert (counts["deliveries"], counts["letters"], counts["sign_ups"]) == (2 * len(DELIVERIES) - 1, 9, 3)
    assert {row.address for row in everything(life)["deliveries"]} == {None}
    assert circulation(life).age_out(at(200)) == NOTHING


def test_it_stops_where_it_is_told_to_and_goes_on_there(life, monkeypatch):
    finish(life)
    monkeypatch.setattr(Age.__init__, "__kwdefaults__", Age.__init__.__kwdefaults__ | {"some": 1})
    total = 0
    for _ in range(200):
        asked = iter([True, False])
        total += sum(circulation(life).age_out(at(200), lambda asked=asked: next(asked, False)).values())
    assert total == 3  # each time begins with what is first, and comes no further

    total += sum(circulation(life).age_out(at(200)).values())
    assert total == 3 + 1 + 9 + 2 + 1 + 2 * len(DELIVERIES) - 1


def test_what_may_still_be_sent_keeps_its_address(life):
    circulation(life).age_out(at(200))

    rows = everything(life)
    first = min(row.mailing_id for row in rows["deliveries"])
    assert {row.address for row in rows["deliveries"] if row.mailing_id == first} == {READER, OTHER}
    kept = {row.state for row in rows["letters"] if row.address}
    assert kept == {"queued", "claimed", "sending", "deferred", "unknown"}


def test_without_a_limit_only_forms_are_forgotten_after_thirty_days(life):
    assert circulation(life, days=0).age_out(at(30)) == {"sign_ups": 0}
    assert circulation(life, days=0).age_out(at(32)) == {"sign_ups": 3}
    assert circulation(life, days=0).age_out(at(4000)) == {"sign_ups": 0}


def test_forms_are_forgotten_sooner_where_all_is(life):
    with life.store.transaction() as connection:
        ask(connection, READER, at(9))
    assert circulation(life, days=7).age_out(at(10))["sign_ups"] == 3


# Who left.


def leave(room, when, address=READER, **values):
    with room.store.transaction() as connection:
        connection.execute(
            update(our.subscriptions)
            .where(our.subscriptions.c.id == subscription_id(room, address))
            .values(state="left", left_at=when, **values)
        )


def test_who_left_is_erased_stays_out_of_lists_and_may_sign_up_again(life):
    leave(life, at(9))
    own = circulation(life)
    assert own.age_out(at(9 + DAYS))["left"] == 0

    assert own.age_out(at(9 + DAYS, 7))["left"] == 1

    assert {row.address for row in everything(life)["subscribers"]} == {"", OTHER}
    assert own.add(None, [READER], "a list", at(200)) == []
    with life.store.transaction() as connection:
        hashed = address_hash(SUPPRESSION_KEY, READER)
        assert reason_for(connection, hashed) == "left"
        assert lift_own(connection, hashed)


def test_who_stays_with_one_edition_is_not_erased(life):
    life.open(an_edition("second"))
    life.subscribe(READER, edition="second")
    leave(life, at(9))

    assert circulation(life).age_out(at(200))["left"] == 0
    with life.store.transaction() as connection:
        connection.execute(update(our.subscriptions).values(state="left", left_at=at(150)))
    assert circulation(life).age_out(at(200))["left"] == 0
    assert circulation(life).age_out(at(300))["left"] == 2


def test_whom_a_list_took_off_a_list_may_bring_back(life):
    leave(life, at(9), left_by="sync")

    assert circulation(life).age_out(at(200))["left"] == 1
    assert circulation(life).add(None, [READER], "a new word", at(200)) == [READER]


def test_who_complained_is_erased_and_never_written_to(life):
    leave(life, at(9))
    with life.store.transaction() as connection:
        connection.execute(update(our.subscribers).where(our.subscribers.c.folded == READER).values(state="complained"))

    assert circulation(life).age_out(at(200))["left"] == 1
    with life.store.transaction() as connection:
        assert not lift_own(connection, address_hash(SUPPRESSION_KEY, READER))


# Who never confirmed.


@pytest.fixture
def pending(room):
    with room.store.transaction() as connection:
        subscriber_id = connection.scalar(
            insert(our.subscribers)
            .values(address=READER, folded=READER, state="good", created_at=at(0))
            .returning(our.subscribers.c.id)
        )
        edition_id = connection.scalar(select(our.editions.c.id))
        number = connection.scalar(
            insert(our.subscriptions)
            .values(
                subscriber_id=subscriber_id,
                edition_id=edition_id,
                state="pending",
                cadence="daily",
                format="html",
                created_at=at(0),
            )
            .returning(our.subscriptions.c.id)
        )
        connection.execute(insert(our.consents).values(subscription_id=number, given_at=at(0), origin="form", text="x"))
        write(connection, number, at(0))
    return room


def write(connection, number, when):
    post(connection, "confirmation", address=READER, mail=b"x", message_id="<1@x>", due_at=when, subscription_id=number)


def test_who_never_confirmed_is_removed_with_consents_and_letters(pending):
    assert circulation(pending).age_out(at(DAYS)) == NOTHING
    assert circulation(pending).age_out(at(DAYS, 7)) == NOTHING | {"pending": 1}

    rows = everything(pending)
    assert {name: len(found) for name, found in rows.items() if found} == {}


def test_who_asked_again_since_is_kept(pending):
    with pending.store.transaction() as connection:
        write(connection, subscription_id(pending), at(60))
        connection.execute(update(our.letters).values(state="sent"))

    assert circulation(pending).age_out(at(DAYS + 1))["pending"] == 0
    assert circulation(pending).age_out(at(60 + DAYS + 1))["pending"] == 1


def test_who_complained_about_a_confirmation_is_erased_not_forgotten(pending):
    with pending.store.transaction() as connection:
        connection.execute(update(our.subscribers).values(state="complained"))

    assert circulation(pending).age_out(at(200))["pending"] == 1
    assert circulation(pending).kept_out([READER]) == [READER]
    assert READER not in str(everything(pending))


def test_a_subscriber_of_another_edition_stays(pending):
    pending.open(an_edition("second"))
    pending.subscribe(READER, edition="second")

    assert circulation(pending).age_out(at(200))["pending"] == 1
    assert [row.address for row in everything(pending)["subscribers"]] == [READER]


# What it costs.


def test_what_is_old_is_found_by_indexes(archives, tmp_path):
    """SQLite says how: no table is read through, but for the changes of addresses, which are few."""
    store = archives("sqlite")
    room = Room(store, tmp_path / "outbox")
    room.open(an_edition())
    lead_a_life(room)
    finish(room)
    plans = []

    def explain(connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            raw = connection.connection.dbapi_connection
            plans.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(store.engine, "before_cursor_execute", explain)
    assert circulation(room).age_out(at(200))["deliveries"]

    read_through = {plan.split()[1] for plan in plans if plan.startswith("SCAN") and "VIRTUAL" not in plan}
    assert read_through <= {"address_changes", "editions", "CONSTANT"}
    indexes = " ".join(plans)
    for name in ("ix_subscriptions_left_at", "ix_consents_network", "ix_letters_address", "ix_feedback_kept"):
        assert name in indexes
    assert "ix_subscriptions_audience" in indexes
    assert indexes.count("ix_deliveries_ready (mailing_id=? AND state=?") >= 2
