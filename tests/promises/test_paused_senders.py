"""A sender that stands still for longer than its lease sends nothing more of what others took up meanwhile."""

from __future__ import annotations

import pytest
from live_mail import CONNECTIONS, IN_FLIGHT, Arrived, number_taken
from live_newsroom import until


@pytest.mark.parametrize("readers", [40, pytest.param(2000, marks=pytest.mark.chaos)])
def test_a_sender_that_was_paused_sends_at_most_one_message_on_each_connection_after_its_lease(post, sink, readers):
    """Those whose bodies were on their way; what it had marked and not begun is another's."""
    slow, fast = sink("-w", "1"), sink()
    addresses = post.begin(readers, sent_by=slow)
    post.publish()
    paused = post.start("schedule")
    until(lambda: number_taken(slow) >= 1, "the first message")
    post.pause_aside(paused)
    while not (marked := post.states()["sending"]):
        assert post.waiting(), "it was done before it could be paused"
        paused.resume()
        post.pause_aside(paused)

    post.set(smtp_url=fast.url)
    other = post.start("schedule")
    until(lambda: not post.waiting(), "the mail that the paused one had")
    assert other.stop() == 0
    before = Arrived(slow).copies.total()
    paused.resume()
    # It is awake again when it has ticked, and a round has followed.
    post.await_ticks()
    post.await_ticks()
    assert paused.stop() == 0

    arrived, after = Arrived(slow, fast), Arrived(slow).copies.total() - before
    print(f"{post.kind}: {marked} marked when it was paused, {after} sent when it went on")
    assert 0 < marked <= IN_FLIGHT
    assert after <= CONNECTIONS
    assert arrived.duplicates <= marked
    arrived.assert_nobody_is_left_out(addresses)
    arrived.assert_copies_are_equal()
    assert post.states() == {"sent": readers}
