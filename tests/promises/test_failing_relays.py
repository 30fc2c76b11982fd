"""Whatever a relay does, slow, silent, away or refusing: nothing is lost, and nobody is asked in a hot loop."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from live_mail import CONNECTIONS, SHORT_ON_POSTGRESQL, SHORT_ON_SQLITE, Arrived, number_taken, reader
from live_newsroom import until
from servers.scripted import scripted_server

chaos = pytest.mark.chaos


# The reply that never came.


@SHORT_ON_POSTGRESQL
@pytest.mark.parametrize("policy", ["resend", "never"])
def test_a_reply_lost_after_the_dot_costs_one_retry_at_the_most(post, sink, policy):
    losing, healed = sink("-q", "."), sink()
    # Nothing ends before its time here, and a busy machine may stand still for two seconds.
    readers = post.begin(20, sent_by=losing, on_unknown=policy, lease="1m")
    post.publish()
    post.command("deliver")
    assert post.states() == {"unknown": 20}
    assert Arrived(losing).copies == Counter(readers)

    post.set(smtp_url=healed.url)
    post.settle()
    post.command("deliver")

    arrived = Arrived(losing, healed)
    arrived.assert_copies_are_equal()
    if policy == "never":
        assert number_taken(healed) == 0
        assert post.states() == {"unknown": 20}
    else:
        assert arrived.copies == Counter(readers * 2)
        assert post.states() == {"sent": 20}


# A relay that is away.


@SHORT_ON_SQLITE
def test_a_relay_that_goes_away_in_mid_run_and_comes_back_has_it_all(post, sink):
    away = sink("-w", "1")
    readers = post.begin(60, sent_by=away)
    post.publish()
    part = post.start("schedule")
    until(lambda: post.states()["sent"], "the first messages")
    away.kill()
    until(lambda: "can't be used" in part.said(), "a word that the relay is away")
    assert post.waiting() > 0
    back = sink(port=away.port)
    until(lambda: not post.waiting(), "the rest")
    assert part.stop() == 0

    arrived = Arrived(away, back)
    assert post.states() == {"sent": 60}
    arrived.assert_nobody_is_left_out(readers)
    arrived.assert_copies_are_equal()
    assert arrived.duplicates <= CONNECTIONS, "one on each connection: those whose reply was lost"


@SHORT_ON_POSTGRESQL
def test_a_relay_that_hangs_up_on_everybody_is_asked_a_bounded_number_of_times(post):
    with scripted_server(hangs_up=True) as server:
        post.begin(200, smtp_url=server.url)
        post.publish()
        part = post.start("schedule")
        until(lambda: server.connections, "the first connection")
        begun = time.monotonic()
        # Ticks go on all the while; a rest is over every five seconds at the most.
        post.await_ticks()
        until(lambda: time.monotonic() > begun + 3, "three seconds of ticks")
        rounds = 1 + (time.monotonic() - begun) // 5
        assert server.connections <= CONNECTIONS * rounds
        assert part.stop() == 0
        assert post.states() == {"queued": 200}


@SHORT_ON_SQLITE
@pytest.mark.parametrize("options", [("-Q", "MAIL"), ("-r", "RCPT"), ("-r", ".")], ids=["421", "450", "450 at the dot"])
def test_a_relay_that_refuses_for_now_has_it_all_when_it_takes_mail_again(post, sink, options):
    refusing, healed = sink(*options), sink()
    readers = post.begin(30, sent_by=refusing)
    post.publish()
    part = post.start("schedule")
    if "-Q" in options:
        until(lambda: "421" in part.said(), "a word that the relay takes nothing")
    else:
        until(lambda: max(each.attempts for each in post.delivery_rows()) >= 2, "a second attempt")
    assert part.stop() == 0
    assert post.states().keys() <= {"queued", "deferred"}
    post.set(smtp_url=healed.url)
    post.settle()

    assert Arrived(healed).copies == Counter(readers)
    assert post.states() == {"sent": 30}


# A relay that is slow, or silent.


@SHORT_ON_POSTGRESQL
def test_while_a_slow_relay_is_at_work_the_lease_is_renewed_and_nobody_else_claims(post, sink):
    """Each message takes it four seconds, each window eight; the lease is six: a slow machine renews in time."""
    slow = sink("-w", "4")
    readers = post.begin(8, sent_by=slow, smtp_window="2", lease="6s")
    post.publish()

    first = post.start("schedule")
    until(post.in_flight, "messages that are under way")
    second = post.start("schedule")
    until(lambda: not post.waiting(), "the mail")
    assert [first.stop(), second.stop()] == [0, 0]

    assert post.states() == {"sent": 8}
    assert Arrived(slow).copies == Counter(readers)
    assert {each.attempts for each in post.delivery_rows()} == {1}


@SHORT_ON_SQLITE
@pytest.mark.parametrize(("silent_at", "state"), [("MAIL", "queued"), (".", "unknown")])
def test_a_server_that_falls_silent_is_waited_for_so_long_and_no_longer(post, sink, silent_at, state):
    """Before the dot it has nothing of ours; after it, it may."""
    with scripted_server(silent_at=silent_at) as server:
        readers = post.begin(CONNECTIONS, smtp_url=server.url, reply_timeout="1s", dot_timeout="1s", smtp_window="1")
        post.publish()
        begun = time.monotonic()
        post.command("deliver", status=1 if state == "queued" else 0)
        assert time.monotonic() - begun < 60
        assert post.states() == {state: len(readers)}
    healed = sink()
    post.set(smtp_url=healed.url)
    post.settle()

    assert Arrived(healed).copies == Counter(readers)


# A relay that blames us.


@SHORT_ON_POSTGRESQL
def test_a_fault_of_ours_pauses_everything_within_a_hundred_messages_until_somebody_releases_it(post, sink):
    blaming, healed = sink("-f", ".", "-B", "550 5.7.26 Unauthenticated"), sink()
    readers = post.begin(400, sent_by=blaming, smtp_connections="8", smtp_window="10", lease="1m")
    post.publish()
    post.command("deliver")

    tried = [each for each in post.delivery_rows() if each.state != "queued"]
    assert 0 < len(tried) <= 100
    assert {each.state for each in tried} == {"deferred"}
    assert post.subscriber_states() == {"good": 400}
    assert "5.7.26" in post.command("status")
    assert "5.7.26" in post.command("check", status=1)

    post.set(smtp_url=healed.url)
    post.command("deliver")
    assert number_taken(healed) == 0
    post.command("release", "--all")
    post.settle()
    assert Arrived(healed).copies == Counter(readers)


# Postfix.


@chaos
def test_postfix_is_stopped_in_mid_run_and_started_again(post, postfix):
    """A server of the world's: it has every message that it said it has, and those are all."""
    domains = " ".join(sorted({reader(number).partition("@")[2] for number in range(7)}))
    server = postfix(virtual_mailbox_domains=domains, virtual_mailbox_maps="static:all/")
    readers = post.begin(3000, smtp_url=server.url)
    post.publish()
    part = post.start("schedule")
    until(lambda: post.states()["sent"] > 100, "the first hundred")
    server.stop()
    until(lambda: "can't be used" in part.said() or not post.waiting(), "a word that the relay is away")
    assert post.waiting() > 0, "it was all over before the relay went away"
    server.start()
    until(lambda: not post.waiting(), "the rest", 300)
    assert part.stop() == 0

    assert post.states() == {"sent": len(readers)}
    assert len(server.delivered(len(readers), 300)) <= len(readers) + 2 * CONNECTIONS
