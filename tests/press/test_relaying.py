"""Mail by a relay: what is in the ledger is what happened, whatever the relay does; on both databases."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from relays import RelayRoom, received
from rooms import an_edition, at, day, many
from servers.ports import LOOPBACK, free_port
from servers.scripted_relay import Act, running_relay
from servers.smtp_sink import SmtpSink
from sqlalchemy import select, update

from newsletter.delivery import mailings, pausing
from newsletter.delivery.deciding import Retries
from newsletter.delivery.relay import RelayUnusable
from newsletter.delivery.work import Done, State, mark, record
from newsletter.press.sending import Sending
from newsletter.settings.values import Rate
from newsletter.store import tables as our

READERS = [f"reader-{number:02}@example.org" for number in range(20)]
Sink = Callable[..., SmtpSink]


@pytest.fixture
def by(store, tmp_path) -> Callable[..., RelayRoom]:
    """Give what makes a room with readers and an issue to send, by the relay at an address."""

    def make(url: str, **differing) -> RelayRoom:
        room = RelayRoom(store, tmp_path / "outbox", url=url, differing=differing)
        room.open(an_edition())
        room.add(*many(40))
        room.subscribe(*READERS)
        room.press.tick(at(0))
        return room

    return make


def test_everybody_gets_it_once_and_the_ledger_keeps_what_the_server_said(by, sink: Sink):
    server = sink()
    room = by(server.url)

    assert room.sweep() == 20
    assert room.sweep(at(0, 7)) == 0
    assert received(server) == Counter(READERS)
    assert room.states() == {"sent": 20}
    assert {(each.reply, each.attempts, each.address) for each in room.deliveries()} == {
        ("250 2.0.0 Ok", 1, address) for address in READERS
    }


def test_the_relay_gets_the_very_bytes_that_the_outbox_would(by, sink: Sink, tmp_path):
    server = sink()
    room = by(server.url)
    with room.store.reading() as connection:
        rows = connection.execute(select(our.mailings)).all()
    assert len(rows) == 1
    composing = room.press.sending.composing
    expected = {composing.message(work).replace(b"\r\n", b"\n") for work in room.claim(at(0))}

    assert room.sweep(at(0, seconds=121)) == 20
    assert {mail.removesuffix(b"\n") for _, _, mail in server.taken()} == expected


def test_a_relay_that_is_not_there_costs_nothing_and_is_told(by):
    room = by(f"smtp://{LOOPBACK}:{free_port()}")

    with pytest.raises(RelayUnusable, match="is it running"):
        room.sweep()
    assert room.states() == {"queued": 20}
    assert {(each.attempts, each.frozen_number, each.address) for each in room.deliveries()} == {(0, None, None)}


def test_a_relay_that_is_not_there_is_let_be_for_a_while(by, sink: Sink):
    room = by(f"smtp://{LOOPBACK}:{free_port()}")
    sending = room.press.sending
    with pytest.raises(RelayUnusable):
        sending.sweep(at(0))

    assert sending.sweep(at(0)) == 0, "asked again at once, it would be a hot loop"


@pytest.mark.parametrize("command", ["MAIL", "CONNECT"])
def test_a_relay_that_says_421_to_everything_takes_nothing_and_loses_nothing(by, sink: Sink, command):
    room = by(sink("-Q", command).url)

    with pytest.raises(RelayUnusable, match="421"):
        room.sweep()
    assert room.states() == {"queued": 20}


@pytest.mark.parametrize("command", ["RCPT", "DATA", "."])
def test_a_relay_that_says_421_to_each_message_is_soon_left_alone(by, sink: Sink, command):
    room = by(sink("-Q", command).url)

    with pytest.raises(RelayUnusable, match="421"):
        room.sweep()
    assert room.states() == {"queued": 14, "deferred": 6}, "three on each connection"


@pytest.mark.parametrize("command", ["RCPT", "DATA", "."])
def test_what_is_refused_for_now_is_tried_again_ever_later_and_then_given_up(by, sink: Sink, command):
    room = by(sink("-r", command, "-b", "450 4.2.0 Greylisted").url, retries=Retries(after=timedelta(minutes=30)))

    waits = []
    for _ in range(3):
        rows = room.deliveries()
        now = max(each.ready_at for each in rows)
        assert room.sweep(now) == 0
        waits.append({each.ready_at - now for each in room.deliveries()})
    assert room.states() == {"deferred": 20}
    for wait, minutes in zip(waits, (30, 60, 60), strict=True):
        assert len(wait) == 20, "what failed together does not come back together"
        assert min(wait) >= timedelta(minutes=minutes)
        assert max(wait) <= timedelta(minutes=minutes * 1.2)
    assert {each.reply for each in room.deliveries()} == {"450 4.2.0 Greylisted"}
    room.sweep(at(0, 18.01))
    assert room.states() == {"failed": 20}
    assert {each.reply for each in room.deliveries()} == {"given up: 450 4.2.0 Greylisted"}


def test_what_is_refused_for_good_has_failed(by, sink: Sink):
    room = by(sink("-f", "RCPT", "-B", "550 5.1.1 No such user").url)

    room.sweep()
    assert room.states() == {"failed": 20}
    assert room.sweep(at(0, 9)) == 0
    assert {each.reply for each in room.deliveries()} == {"550 5.1.1 No such user"}
    with room.store.reading() as connection:
        assert set(connection.scalars(select(our.subscribers.c.bounce_score))) == {1.0}, "one point for the day"


# The reply that never came


def test_a_lost_reply_is_unknown_and_sent_again_once_with_the_same_bytes(by, sink: Sink):
    server = sink("-q", ".")
    room = by(server.url)

    room.sweep()
    assert room.states() == {"unknown": 20}
    assert room.sweep(at(0, 6.2)) == 0
    room.sweep(at(0, 6.26))
    assert room.states() == {"unknown": 20}
    for hour in (7, 9, 17):
        room.sweep(at(0, hour))
    assert received(server) == Counter(READERS * 2)
    assert len({mail for _, _, mail in server.taken()}) == 20


def test_a_lost_reply_is_never_followed_by_another_message_where_that_is_set(by, sink: Sink):
    server = sink("-q", ".")
    room = by(server.url, retries=Retries(unknown=None))

    for hour in (6, 7, 9):
        room.sweep(at(0, hour))
    assert received(server) == Counter(READERS)
    assert room.states() == {"unknown": 20}


def test_a_lost_reply_is_known_again_when_the_relay_heals(by, sink: Sink):
    room = by(sink("-q", ".").url)
    room.sweep()
    room.url = (healed := sink()).url

    assert room.sweep(at(0, 6.3)) == 20
    assert room.states() == {"sent": 20}
    assert received(healed) == Counter(READERS)


def test_who_left_is_not_sent_the_message_again_whose_reply_was_lost(by, sink: Sink):
    server = sink("-q", ".")
    room = by(server.url)
    room.sweep()
    with room.store.transaction() as connection:
        connection.execute(update(our.subscriptions).where(our.subscriptions.c.id == 1).values(state="left"))

    room.sweep(at(0, 6.3))
    assert received(server)[READERS[0]] == 1
    assert room.states() == {"unknown": 20}


def test_a_server_that_hangs_up_between_messages_is_asked_again_at_once(by, sink: Sink):
    """Yahoo does, after so many messages, without a word."""
    server = sink("-q", "QUIT")
    room = by(server.url)
    room.connections, room.window = 1, 20

    assert room.sweep() == 20
    assert received(server) == Counter(READERS)


# Our own fault


@pytest.mark.parametrize(
    ("reply", "option"),
    [("550 5.7.26 Unauthenticated", "-f"), ("421 4.7.26 Unauthenticated", "-r"), ("550 5.7.515 Denied", "-f")],
)
def test_a_fault_of_ours_stops_everything_before_many_saw_it_and_no_reader_suffers(by, sink: Sink, reply, option):
    kind = "-B" if option == "-f" else "-b"
    room = by(sink(option, ".", kind, reply).url)

    assert room.sweep() == 0
    with room.store.reading() as connection:
        pause = pausing.find_pause(connection)
    assert pause is not None
    assert reply in pause.reason
    assert room.states()["failed"] == 0
    assert room.states()["deferred"] <= 6, "no more than was in flight"
    assert room.states()["queued"] >= 14
    with room.store.reading() as connection:
        assert set(connection.scalars(select(our.subscribers.c.state))) == {"good"}


def test_a_pause_holds_until_somebody_releases_it(by, sink: Sink):
    room = by(sink("-f", "MAIL", "-B", "550 5.7.1 Not you").url)
    room.sweep()
    room.url = (healed := sink()).url

    assert room.sweep(at(0, 7)) == 0
    assert any("Not you" in problem for problem in room.press.outlook.overview(None, at(0, 7)).problems)
    assert room.press.release(None, None, at(0, 7)) == 1
    assert room.sweep(at(0, 8)) == 20
    assert received(healed) == Counter(READERS)


def test_a_few_policies_of_single_providers_stop_nothing(by, sink: Sink):
    room = by(sink().url)
    room.url = sink("-f", ".", "-B", "550 5.7.1 Content refused").url
    with room.store.transaction() as connection:
        connection.execute(update(our.deliveries).where(our.deliveries.c.subscription_id > 5).values(state="sent"))

    room.sweep()
    with room.store.reading() as connection:
        assert pausing.find_pause(connection) is None
    assert room.states() == {"sent": 15, "deferred": 5}


# Leases, rates, ends


def test_two_senders_at_once_send_each_message_once(by, sink: Sink):
    server = sink()
    room = by(server.url)
    senders = [Sending(room.store, "dose@example.org", room.means()) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        numbers = list(threads.map(lambda sending: sending.sweep(at(0)), senders))

    assert sum(numbers) == 20
    assert received(server) == Counter(READERS)


def test_a_rate_in_all_is_kept(by, sink: Sink):
    server = sink()
    room = by(server.url, rate=Rate(3, timedelta(hours=1)))
    looks = iter(range(40))

    room.restart()
    assert room.press.sending.sweep(at(0), enough=lambda: next(looks, None) is None) == 1
    assert room.states() == {"sent": 1, "queued": 19}


def test_the_rate_of_a_domain_keeps_back_its_readers_alone(by, sink: Sink):
    server = sink()
    room = by(server.url, domain_rates={"slow.example": Rate(60, timedelta(hours=1))})
    room.subscribe("one@slow.example", "two@slow.example", "three@slow.example")
    room.press.tick(at(1))

    assert room.sweep(at(1)) == 21
    assert room.states()["queued"] == 2
    assert room.sweep(at(1, seconds=70)) >= 1


def test_a_new_sender_warms_up(by, sink: Sink):
    server = sink()
    room = by(server.url, warm_up=6)

    assert room.sweep() == 6
    assert room.sweep(at(0, 7)) == 0
    room.press.tick(at(1))
    assert room.sweep(at(1)) == 12
    assert room.sweep(at(1, 7)) == 0


def test_a_sender_that_is_told_to_stop_gives_back_what_it_has(by, sink: Sink):
    server = sink()
    room = by(server.url)
    told = []

    room.restart()
    sent = room.press.sending.sweep(at(0), progress=told.append, enough=lambda: sum(told) > 4)
    assert 4 < sent < 20
    assert room.states() == {"sent": sent, "queued": 20 - sent}
    assert room.sweep(at(0, 6.1)) == 20 - sent
    assert received(server) == Counter(READERS)


def test_a_hold_and_a_correction_reach_what_is_not_yet_claimed(by, sink: Sink):
    server = sink()
    room = by(server.url)
    room.claim(at(0), most=5)
    room.press.correct(None, day(0), "It was Gao.", at(0, 6.01), values={"place": "Gao"})

    assert room.sweep(at(0, 6.5)) == 20
    corrected = [mail for _, _, mail in server.taken() if b"It was Gao." in mail]
    assert len(corrected) == 15


def test_an_address_that_is_changed_after_the_first_attempt_changes_nothing_of_it(by, sink: Sink):
    room = by(sink("-r", "RCPT").url)
    room.sweep()
    with room.store.transaction() as connection:
        connection.execute(
            update(our.subscribers).where(our.subscribers.c.id == 1).values(address="new@example.org", folded="new")
        )
    room.url = (healed := sink()).url

    assert room.sweep(at(0, 6.3)) == 20
    assert received(healed) == Counter(READERS)


@pytest.mark.parametrize("why", ["late", "withdrawn", "left"])
def test_what_may_have_arrived_is_never_counted_as_unsent(by, sink: Sink, why):
    """Its reply was lost, and a process that was to send it again died with it."""
    room = by(sink("-q", ".").url)
    room.sweep()
    assert len(room.claim(at(0, 6.3))) == 20
    if why == "withdrawn":
        room.press.withdraw(None, day(0), "A notice.", at(0, 6.4))
    elif why == "left":
        with room.store.transaction() as connection:
            connection.execute(update(our.subscriptions).values(state="left"))

    for hour in (20, 21) if why == "late" else (7, 8):
        room.sweep(at(0, hour))
    assert room.states() == {"unknown": 20}
    assert {each.reply for each in room.deliveries()} == {"no answer after the message"}
    with room.store.reading() as connection:
        assert mailings.running(connection) == []


def test_a_reply_that_comes_after_its_mailing_was_closed_leaves_nothing_behind(by, sink: Sink):
    """A process was paused with a message in its hands, and hears a refusal when it wakes up."""
    server = sink()
    room = by(server.url, retries=Retries(unknown=None))
    run = room.run(at(0))
    works = run.claim(3)
    with room.store.transaction() as connection:
        assert mark(connection, run.owner, works, at(0)) == works
    assert room.sweep(at(0, 6.1)) == 17
    room.sweep(at(0, 6.2))
    assert room.states() == {"sent": 17, "unknown": 3}
    done = [Done(work=work, state=State.DEFERRED, reply="450 Later", ready_at=at(0, 6.4)) for work in works]
    with room.store.transaction() as connection:
        assert mailings.running(connection) == [], "it was closed meanwhile"
        record(connection, run.owner, done, at(0, 6.3))

    assert room.sweep(at(0, 6.5)) == 3
    assert room.states() == {"sent": 20}
    assert received(server) == Counter(READERS)


def test_a_connection_that_the_server_ends_is_closed_before_another_is_made(by):
    """A socket that is left to be collected is a warning, and so an error here."""
    with running_relay() as relay:
        room = by(relay.url)
        room.connections = 1
        relay.script.extend([Act.TAKE, Act.TAKE, Act.BUSY])  # the last of a window

        assert room.sweep() == 19
        assert room.states() == {"sent": 19, "deferred": 1}
        gc.collect()
