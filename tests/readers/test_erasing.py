"""What is personal goes, what is counted stays, and nothing brings it back but the reader."""

from __future__ import annotations

import json

import pytest
from reader_lives import DELIVERIES, OTHER, READER, TRACES, everything, lead_a_life, subscription_id
from rooms import KEYS, SUPPRESSION_KEY, at
from sqlalchemy import select

from newsletter.addresses import InvalidAddress
from newsletter.delivery import mailings
from newsletter.readers.suppressions import address_hash, lift_own, reason_for
from newsletter.store.tables import deliveries, letters, subscribers, subscriptions
from newsletter.tokens import InvalidToken, Purpose


@pytest.fixture
def life(room):
    lead_a_life(room)
    return room


def traces(room) -> set[str]:
    return {trace for trace in TRACES for rows in everything(room).values() for row in rows if trace in str(row)}


def test_nothing_personal_is_left_in_any_table(life):
    assert traces(life) == set(TRACES)
    with life.store.transaction() as connection:  # the other one's, which stay
        connection.exec_driver_sql(
            f"UPDATE consents SET network = NULL, text = 'x' WHERE subscription_id = {subscription_id(life, OTHER)}"
        )
        connection.exec_driver_sql("UPDATE sign_ups SET network = 'x' WHERE id = (SELECT max(id) FROM sign_ups)")

    assert life.circulation.erase(["READER@example.org"], at(9)) == [READER]

    assert traces(life) == set()
    assert life.circulation.held(OTHER)["address"] == OTHER


def test_the_other_readers_keep_everything(life):
    before = life.circulation.held(OTHER)

    life.circulation.erase([READER], at(9))

    assert life.circulation.held(OTHER) == before


def test_audiences_balance_and_counts_stay(life):
    rows = {name: len(found) for name, found in everything(life).items()}

    life.circulation.erase([READER], at(9))

    with life.store.reading() as connection:
        assert mailings.unbalanced(connection) == []
    after = {name: len(found) for name, found in everything(life).items()}
    gone = {"address_changes": 1, "sign_ups": 2, "suppressions": -1}
    assert after == {name: number - gone.get(name, 0) for name, number in rows.items()}


def test_what_waits_is_suppressed_and_what_may_have_arrived_is_not_sent_again(life):
    life.circulation.erase([READER], at(9))

    mine = subscription_id(life, "erased:1")
    with life.store.reading() as connection:
        rows = connection.execute(
            select(deliveries.c.state, deliveries.c.reply, deliveries.c.ready_at, deliveries.c.address)
            .where(deliveries.c.subscription_id == mine)
            .order_by(deliveries.c.mailing_id)
        ).all()
        post = connection.execute(
            select(letters.c.state, letters.c.mail, letters.c.address, letters.c.ready_at)
            .where(letters.c.subscription_id == mine)
            .order_by(letters.c.id)
        ).all()
    became = dict(zip(DELIVERIES, rows, strict=True))
    for state in ("queued", "claimed", "deferred"):
        assert became[state][:2] == ("suppressed", "erased")
    for state in ("sent", "sending", "unknown", "failed"):
        assert became[state][:2] == (state, None)
    assert became["suppressed"][:2] == ("suppressed", "late")
    assert became["unknown"].ready_at is None
    assert {row.address for row in rows} == {None}
    assert [row.state for row in post] == [
        *("sent", "suppressed", "suppressed", "unknown", "suppressed", "unknown", "failed", "suppressed")
    ]
    assert {(row.mail, row.address) for row in post} == {(b"", "")}
    assert {row.ready_at for row in post if row.state == "unknown"} == {None}


def test_erasing_again_changes_nothing(life):
    life.circulation.erase([READER], at(9))
    before = everything(life)

    assert life.circulation.erase([READER], at(10)) == []
    assert everything(life) == before


def test_an_erased_reader_gets_no_mail_and_leaving_still_answers(life):
    with life.store.reading() as connection:
        uid = connection.scalar(select(subscriptions.c.uid).where(subscriptions.c.id == subscription_id(life)))
    assert life.circulation.erase_reader(uid, at(9))
    assert not life.circulation.erase_reader(uid, at(9))

    token = KEYS.seal(Purpose.UNSUBSCRIBE, uid.bytes, at(9))
    assert life.circulation.leave(token, at(10)).has_left
    with pytest.raises(InvalidToken):
        life.circulation.come_back(token, at(10))
    with life.store.reading() as connection:
        assert connection.scalar(select(subscriptions.c.state).where(subscriptions.c.uid == uid)) == "left"


def test_no_list_brings_an_erased_reader_back_and_their_own_word_does(life):
    life.circulation.erase([READER], at(9))

    assert life.circulation.add(None, [READER], "asked for it", at(10)) == []

    with life.store.transaction() as connection:
        mine = address_hash(SUPPRESSION_KEY, READER)
        assert reason_for(connection, mine) == "erased"
        assert lift_own(connection, mine)
    assert life.circulation.add(None, [READER], "asked for it", at(10)) == [READER]
    with life.store.reading() as connection:
        states = connection.scalars(select(subscribers.c.state).order_by(subscribers.c.id)).all()
    assert states == ["erased", "good", "good"]


def test_what_is_no_address_erases_nobody(life):
    before = everything(life)

    with pytest.raises(InvalidAddress):
        life.circulation.erase([READER, "nobody"], at(9))

    assert everything(life) == before


def test_who_was_only_on_a_form_is_forgotten_too(life):
    assert life.circulation.held("new-address@example.org")["sign_ups"]

    assert life.circulation.erase(["new-address@example.org", "stranger@example.org"], at(9)) == [
        "new-address@example.org"
    ]
    assert life.circulation.held("new-address@example.org") is None


def test_everything_held_is_told_and_is_json(life):
    told = life.circulation.held(READER)

    assert json.loads(json.dumps(told)) == told
    assert (told["address"], told["state"], told["suppressed"]) == (READER, "good", None)
    (only,) = told["subscriptions"]
    assert (only["edition"], only["state"], only["hour"], only["zone"]) == (
        *("daily-dose", "active", "07:00", "Europe/Berlin"),
    )
    assert told["consents"] == [
        {
            "edition": "daily-dose",
            "given_at": "2026-03-01T00:00:00Z",
            "origin": "operator",
            "text": "Mr Reader's letter of May",
            "network": "192.0.2.0/24",
        }
    ]
    assert [each["state"] for each in told["deliveries"]] == list(DELIVERIES)
    assert told["deliveries"][0]["key"] == "2026-03-01"
    assert [each["kind"] for each in told["letters"]] == ["welcome"] * len(DELIVERIES)
    assert [each["detail"] for each in told["feedback"]] == [f"no {READER} here"]
    assert [each["network"] for each in told["sign_ups"]] == ["2001:db8::/64"]
    assert [each["address"] for each in told["address_changes"]] == ["new-address@example.org"]


def test_of_who_was_erased_only_the_suppression_is_held(life):
    life.circulation.erase([READER], at(9))

    told = life.circulation.held(READER)
    assert told["suppressed"] == {"reason": "erased", "since": "2026-03-10T06:00:00Z"}
    assert {value for name, value in told.items() if name in ("address", "state", "bounce_score")} == {None}
    assert {name for name, value in told.items() if isinstance(value, list) and value} == set()


def test_of_a_stranger_nothing_is_held(room):
    assert room.circulation.held("stranger@example.org") is None


def test_who_is_suppressed_leaves_and_stays_out_until_it_is_lifted(life):
    assert life.circulation.suppress([READER, "stranger@example.org"], "a lawyer's letter", at(9)) == [READER]
    assert life.circulation.suppress([READER], "", at(9)) == []

    assert life.circulation.held(READER)["suppressed"]["reason"] == "a lawyer's letter"
    assert life.circulation.held(READER)["subscriptions"][0]["state"] == "left"
    assert life.circulation.add(None, ["stranger@example.org"], "asked for it", at(9)) == []

    assert life.circulation.lift([READER, READER, "other@example.org"]) == [READER]
    assert life.circulation.held(READER)["suppressed"] is None
    assert life.circulation.held(READER)["subscriptions"][0]["state"] == "left"
