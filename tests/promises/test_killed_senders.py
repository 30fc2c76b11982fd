"""Kill the sender anywhere, as often as you like: nobody is left out, and few get a second copy, which is the same."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from live_mail import IN_FLIGHT, SHORT_ON_POSTGRESQL, SHORT_ON_SQLITE, Arrived, LiveMail, number_taken
from live_newsroom import until

from newsletter.crashing import POINTS

#: How many messages are in flight at the most by default: SMTP_CONNECTIONS times SMTP_WINDOW.
MOST = 80
#: Where a process that sends can die; at the other two points it publishes.
SENDING = [point for point in POINTS if point not in ("after_issue_commit", "mid_freeze")]


class Toll:
    """What each kill left in flight: messages that may have been sent without a word of it in the ledger."""

    def __init__(self, post: LiveMail) -> None:
        self.post = post
        self.left: list[int] = []
        self._owners: set[str] = set()

    def count(self) -> int:
        """Count what the kill that was just made left; what older ones left has another owner."""
        new = {owner: number for owner, number in self.post.in_flight().items() if owner not in self._owners}
        self._owners |= set(new)
        self.left.append(sum(new.values()))
        return self.left[-1]

    def told(self, arrived: Arrived, most: int) -> str:
        """Say the figures."""
        return (
            f"{self.post.kind}: {len(self.left)} kills left {sum(self.left)} in flight (at most {max(self.left)} each, "
            f"of {most} allowed); {len(arrived.mails)} readers have it, {arrived.duplicates} copies too many"
        )


def assert_promised(post: LiveMail, arrived: Arrived, readers: list[str], left: list[int]) -> None:
    """Nobody is left out; no kill, which *left* so many messages in flight, doubles more than these."""
    arrived.assert_nobody_is_left_out(readers)
    arrived.assert_copies_are_equal()
    assert arrived.duplicates <= sum(left)
    assert post.waiting() == 0
    assert post.states() == {"sent": len(readers)}
    post.assert_whole()


def test_killed_at_every_point_in_turn_nobody_is_left_out_and_few_get_it_twice(post, sink):
    server = sink()
    readers = post.begin(260, sent_by=server)
    post.publish()

    toll = Toll(post)
    for times, point in enumerate(SENDING, start=1):
        post.crash_at(point, times)
        assert toll.count() <= IN_FLIGHT, point
    post.settle()

    arrived = Arrived(server)
    print(toll.told(arrived, IN_FLIGHT))
    assert toll.left[SENDING.index("after_mark")] > 0, "a kill that leaves nothing in flight shows nothing"
    assert_promised(post, arrived, readers, toll.left)


@SHORT_ON_POSTGRESQL
def test_a_message_that_was_in_flight_at_two_kills_arrives_all_the_same(post, sink):
    server = sink()
    readers = post.begin(IN_FLIGHT, sent_by=server)
    post.publish()

    for _ in range(3):
        # Marked, and killed before a byte of it left.
        post.crash_at("after_mark", 1)
        assert post.states() == {"sending": IN_FLIGHT}
    assert number_taken(server) == 0
    post.settle()

    assert_promised(post, Arrived(server), readers, [0])


@pytest.mark.chaos
@pytest.mark.parametrize("point", SENDING)
def test_twenty_thousand_readers_and_a_kill_at_each_point(post, sink, point, capsys):
    server = sink()
    readers = post.begin(20_000, sent_by=server, smtp_connections="8", smtp_window="10")
    post.publish()

    toll = Toll(post)
    # Of 20,000 there are 40 claims, and hundreds of windows.
    for times in (1, 5, 15) if point == "after_claim" else (1, 20, 60):
        post.crash_at(point, times)
        assert toll.count() <= MOST
    post.settle(600)

    arrived = Arrived(server)
    with capsys.disabled():
        print(f"\n{point}: {toll.told(arrived, MOST)}")
    assert_promised(post, arrived, readers, toll.left)


@pytest.mark.chaos
def test_twenty_thousand_readers_and_fifty_kills_at_random(post, sink, capsys):
    seed = random.SystemRandom().randrange(1 << 32)
    with capsys.disabled():
        print(f"\nseed {seed}")
    dice = random.Random(seed)
    server = sink()
    readers = post.begin(20_000, sent_by=server, smtp_connections="8", smtp_window="10")
    post.publish()

    toll = Toll(post)
    for _ in range(50):
        some = number_taken(server) + dice.randint(1, 600)
        part = post.start(dice.choice(["deliver", "schedule"]))
        until(lambda part=part, some=some: number_taken(server) >= some or not part.runs(), "some more mail")
        part.kill()
        assert toll.count() <= MOST
    post.settle(600)

    arrived = Arrived(server)
    with capsys.disabled():
        print(toll.told(arrived, MOST))
    assert_promised(post, arrived, readers, toll.left)


# Publishing


@SHORT_ON_SQLITE
def test_killed_between_the_issue_and_its_first_message_it_is_sent_after_the_restart(post, sink):
    server = sink()
    readers = post.begin(30, sent_by=server)

    post.crash_at("after_issue_commit", 1)
    assert len(post.issues()) == 1
    assert post.states() == {"queued": 30}
    assert number_taken(server) == 0
    post.settle()

    assert Arrived(server).copies == Counter(readers)


@pytest.mark.parametrize("readers", [30, pytest.param(50_000, marks=pytest.mark.chaos)])
def test_killed_while_the_audience_is_frozen_there_is_no_issue_and_afterwards_the_whole_audience(post, readers):
    """Into the outbox of a service that is not to send: what counts is who would be sent it."""
    post.begin(readers)

    post.crash_at("mid_freeze", 1)
    assert post.issues() == []
    assert post.states() == {}
    post.publish()

    assert [issue.mailed for issue in post.issues()] == [1]
    assert post.states() == {"queued": readers}
    post.assert_whole()
