"""A process that stood still goes on with what it read before; the clocks are right, and nothing is held or doubled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from live_newsroom import DAY, HOUR, until, utc

chaos = pytest.mark.chaos
SQLITE, POSTGRESQL = "sqlite", "postgresql"
TODAY = date(2026, 5, 10)
MORNING = utc(2026, 5, 10, 6)
MINUTE = timedelta(minutes=1)

#: More than clocks of hosts may differ by, and more than a clock may drift.
SPANS = {"two minutes": 2 * MINUTE, "three hours": 3 * HOUR}
ORDINARY = {
    (POSTGRESQL, "clocks-read", "two minutes"),
    (SQLITE, "steady-clock-read", "three hours"),
}


@pytest.mark.parametrize(
    ("database_url", "moment", "span"),
    [
        pytest.param(database, moment, span, marks=[] if (database, moment, span) in ORDINARY else chaos)
        for database in (SQLITE, POSTGRESQL)
        for moment in ("clocks-read", "steady-clock-read", "ticked")
        for span in SPANS
    ],
    indirect=["database_url"],
)
def test_a_scheduler_that_was_paused_inside_a_tick_while_another_ticked_on_holds_nothing(live, moment, span):
    readers = live.prepare(TODAY)
    live.clock.show(MORNING - MINUTE)
    paused, other = live.start_pausable(), live.start_pausable()
    until(lambda: paused.ticks() and other.ticks(), "two clocks")

    live.stop_after(paused, moment)
    live.sleep(SPANS[span], other)
    until(lambda: live.mailed_days() == [TODAY] and not live.undone(), "the issue that came due, by the other")
    live.await_ticks()
    other.kill()
    record = live.last_instant()
    paused.resume()
    live.await_ticks()

    assert record - (MORNING - MINUTE) > SPANS[span], "what the paused one had read was as old as that"
    assert live.last_instant() > record, "it ticks again"
    assert live.holds() == [], "its clocks are right"
    live.sleep(DAY, paused)
    until(lambda: live.mailed_days() == [TODAY, TODAY + DAY] and not live.undone(), "the next day's issue, by itself")
    assert paused.runs()
    assert live.holds() == [], "a host that wakes up is no fault either"
    assert all(live.outbox().days(reader) == [str(TODAY), str(TODAY + DAY)] for reader in readers)
    assert live.days() == [TODAY, TODAY + DAY]
    assert not any("Traceback" in part.said() or "fault" in part.said() for part in live.parts)


@pytest.mark.parametrize("database_url", [SQLITE, pytest.param(POSTGRESQL, marks=chaos)], indirect=True)
def test_a_host_that_falls_asleep_before_the_mail_goes_out_mails_nothing_late(live):
    """The lid is closed between the issue and its mail, and opened when the mail is older than MAX_LATE."""
    readers = live.prepare(TODAY)
    live.clock.show(MORNING - MINUTE)
    part = live.start_pausable()
    until(part.ticks, "a clock")
    live.stop_after(part, "ticked")
    live.clock.show(MORNING + MINUTE)
    live.stop_after(part, "ticked")
    assert live.mailed_days() == [TODAY]
    assert len(live.undone()) == len(readers), "published, and not yet mailed"

    live.sleep(13 * HOUR)
    part.resume()
    until(lambda: not live.undone(), "an end of the mailing")

    assert {(each.state, each.reply) for each in live.deliveries()} == {("suppressed", "late")}
    assert live.outbox().files == {}
    assert live.holds() == []
