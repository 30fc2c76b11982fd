"""What became of one reader's mail, told to who has to answer for it."""

from __future__ import annotations

import pytest
from command_line import READER
from servers.ports import LOOPBACK, free_port

from newsletter.cli.explaining import explained

DELIVERY = "mailing address state attempts due_at sent_at reply message_id"


def test_a_reader_who_got_it(dose):
    dose.ok("subscribers", "add", READER, "--consent", "x")
    dose.ok("publish", "today", "--mail")

    (delivery,) = dose.json("deliver", "--explain", READER)
    assert list(delivery) == DELIVERY.split()
    assert (delivery["address"], delivery["state"], delivery["attempts"]) == (READER, "sent", 1)
    lines = dose.ok("deliver", "--explain", READER).out.splitlines()
    assert lines[0] == f"{READER}: good"
    assert lines[1] == "  daily-dose: active, daily, as soon as it is published, html"
    assert lines[2].startswith("  daily-dose issue 2026-")
    assert ": sent 2026-" in lines[2]
    assert lines[2].endswith("(1 attempt): outbox")


def test_explaining_sends_nothing(dose):
    dose.ok("subscribers", "add", READER, "--consent", "x")
    dose.settings["SMTP_URL"] = f"smtp://{LOOPBACK}:{free_port()}"
    dose.run("publish", "today", "--mail")
    dose.settings["SMTP_URL"] = "outbox:"

    assert "waits until" in dose.ok("deliver", "--explain", READER).out
    assert dose.mails() == []


def test_a_stranger(dose):
    assert dose.json("deliver", "--explain", "nobody@example.org") == []
    assert dose.ok("deliver", "--explain", "nobody@example.org").out == (
        "nobody is subscribed as nobody@example.org: mail to it is not sent\n"
    )


def test_an_address_that_can_be_none_is_refused(dose):
    assert dose.run("deliver", "--explain", "not an address").status == 1


ROW = {
    "edition": "daily-dose",
    "kind": "issue",
    "key": "2026-11-22",
    "attempts": 2,
    "ready_at": "T2",
    "sent_at": "T1",
    "reply": "450 4.2.0 Later",
}


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"state": "claimed"}, "is being sent now"),
        ({"state": "deferred"}, "refused for now (2 attempts): 450 4.2.0 Later; tried again at T2"),
        ({"state": "unknown"}, "may have arrived (2 attempts): 450 4.2.0 Later; sent again at T2"),
        ({"state": "unknown", "ready_at": None}, "may have arrived (2 attempts): 450 4.2.0 Later; not sent again"),
        ({"state": "failed"}, "failed (2 attempts): 450 4.2.0 Later"),
        ({"state": "suppressed", "reply": "left"}, "not sent: they had left"),
    ],
)
def test_each_state_says_what_it_means(differs, words):
    held = {
        "address": READER,
        "state": "good",
        "suppressed": None,
        "bounce_score": 1.5,
        "subscriptions": [],
        "letters": [ROW | {"kind": "welcome", "state": "sent"}],
        "deliveries": [ROW | differs],
    }

    lines = list(explained(READER, held, "the clock is wrong"))
    assert lines == [
        f"{READER}: good, 1.5 points of mail that came back",
        "  nothing is sent to anybody now: the clock is wrong",
        f"  daily-dose issue 2026-11-22: {words}",
        "  letter, welcome: sent T1 (2 attempts): 450 4.2.0 Later",
    ]
