"""How fast mail may go, and how long it waits between attempts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from rooms import at

from newsletter.delivery.deciding import wait_of
from newsletter.delivery.rates import Bucket
from newsletter.delivery.work import Claimed
from newsletter.settings.values import Rate

RATES = st.builds(
    Rate, st.integers(1, 5_000), st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)])
)
_ROUNDED = 1e-6


@given(RATES, st.lists(st.floats(0, 0.4), min_size=1, max_size=300))
def test_in_no_span_of_time_go_more_than_its_share_and_a_seconds_worth(rate, pauses):
    each = rate.time.total_seconds() / rate.number
    bucket, now, gone = Bucket(rate, 0.0), 0.0, []
    for pause in pauses:
        now += pause * each * 3
        if bucket.take(now):
            gone.append(now)

    most = max(1.0, 1 / each)
    for number, first in enumerate(gone):
        for others, last in enumerate(gone[number:], start=1):
            assert others <= most + (last - first) / each + _ROUNDED


@given(RATES, st.integers(1, 200))
def test_who_waits_as_long_as_told_is_let_through(rate, number):
    bucket, now = Bucket(rate, 0.0), 0.0
    for _ in range(number):
        if not bucket.take(now):
            now += bucket.wait() + _ROUNDED
            assert bucket.take(now)

    assert now <= number * (rate.time.total_seconds() / rate.number + _ROUNDED)


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=1)), st.integers(1, 10**6), st.integers(1, 10**6))
def test_each_wait_is_as_long_as_the_one_before_or_longer(first, mailing, number):
    def work(attempts):
        return Claimed(
            mailing=mailing,
            number=number,
            reader=UUID(int=1),
            address="reader@example.org",
            message_id="<1@example.org>",
            due_at=at(0),
            ends_at=at(0, 18),
            attempts=attempts,
            replies_lost=0,
            signed_by="",
            mail=b"",
        )

    waits = [wait_of(work(attempts), first) for attempts in range(1, 80)]

    assert waits == sorted(waits)
    assert first <= waits[0] <= first * 1.2
    assert waits[-1] <= max(first, timedelta(hours=1)) * 1.2
