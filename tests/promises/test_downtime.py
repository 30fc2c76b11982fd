"""After downtime the newest day is mailed while it is fresh; what was missed is published unmailed, in order."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from live_newsroom import DAY, HOUR, LiveNewsroom, until, utc

from newsletter.models import Rule

BEGIN = date(2026, 5, 10)
DUE = utc(2026, 5, 10, 6)
LATE = 12 * HOUR  # MAX_LATE


def up_again(live: LiveNewsroom, days: int, after_due: timedelta, *, until_sent: bool = False) -> list[date]:
    """
    Start the service *days* after the beginning, let it do what is due, and kill it.

    Return the days that were published meanwhile, in that order.
    """
    known = len(live.days())
    live.clock.show(DUE + days * DAY + after_due)
    part = live.start_ticking()
    until(lambda: BEGIN + days * DAY in live.days(), "the newest day")
    live.await_ticks()
    if until_sent:
        until(lambda: not live.undone(), "its mail")
    part.kill()
    return live.days()[known:]


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos)], indirect=True)
def test_one_three_and_thirty_days_of_downtime(live):
    readers = live.prepare(BEGIN)
    with live.opened() as room:
        queued = [room.press.outlook.pick(None, BEGIN + number * DAY, DUE - HOUR).entry for number in range(90, 94)]
        for slug in queued:
            room.desk.enqueue(None, slug, DUE - HOUR)
    assert up_again(live, 0, HOUR, until_sent=True) == [BEGIN]

    # One day, and then a mail server's disk that takes nothing: deliveries run, and their process dies.
    outbox, aside = live.home / "outbox", live.home / "aside"
    outbox.rename(aside)
    outbox.touch()
    assert up_again(live, 1, 11 * HOUR) == [BEGIN + DAY]
    assert {each.day for each in live.undone()} == {BEGIN + DAY}
    outbox.unlink()
    aside.rename(outbox)

    # Three days: two were missed, the newest is fresh, what ran is late.
    assert up_again(live, 4, 11 * HOUR) == [BEGIN + number * DAY for number in (2, 3, 4)]
    assert live.queue() == queued[3:], "each day's own issue took the head of the queue, the missed ones nothing"

    # Thirty days, the newest too old to be mailed.
    assert up_again(live, 34, LATE + HOUR) == [BEGIN + number * DAY for number in range(5, 35)]
    assert live.queue() == queued[3:], "the queue is unspent"

    # And the next morning all is as ever.
    assert up_again(live, 35, HOUR) == [BEGIN + 35 * DAY]
    assert live.queue() == []

    issues = live.issues()
    mailed = [BEGIN + number * DAY for number in (0, 1, 4, 35)]
    assert live.mailed_days() == mailed
    assert [issue.day for issue in issues if not issue.caught_up] == mailed
    assert [issue.rule for issue in issues if issue.day in mailed] == [Rule.QUEUED] * 4
    assert [issue.number for issue in issues] == list(range(1, 37))
    assert [issue.due_at for issue in issues] == [DUE + number * DAY for number in range(36)]
    published = [issue.published_at for issue in issues]
    assert published == sorted(set(published))
    late = Counter((each.day, each.state, each.reply) for each in live.deliveries() if each.state != "sent")
    assert late == {(BEGIN + DAY, "suppressed", "late"): len(readers)}, "what ran past MAX_LATE is counted"
    sent = [str(day) for day in mailed if day != BEGIN + DAY]
    assert all(live.outbox().days(reader) == sent for reader in readers)
    assert live.holds() == [], "downtime is no fault"
    with live.opened() as room:
        assert room.press.outlook.overview(None, live.clock.now()).problems == ()
