"""Whatever comes back, reading it ends soon, in little memory, and without an exception."""

from __future__ import annotations

import re
import tracemalloc
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returned_mail import CAME, EXCHANGE, EXIM, GMAIL, QMAIL, READER, complaint, delivery_report, group, message
from rooms import BOUNCE_DOMAIN, KEYS

from newsletter.delivery.feedback import read
from newsletter.feedback import Feedback, FeedbackKind

#: Far more than any of it takes (a second, here): what goes round in circles takes minutes.
SECONDS = 10
MEGABYTES = 40
DSN = delivery_report(group())
SEEDS = [DSN, message(EXCHANGE), message(GMAIL), message(QMAIL), message(EXIM), complaint("Feedback-Type: abuse")]
DAEMON = b"From: MAILER-DAEMON@example.net\n"
MIXED = DAEMON + b"Content-Type: multipart/mixed; boundary=b\n\n"
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (each, each) for each in range(5_000))
MONSTERS = {
    "a report with 20 MB of our own mail behind it": DSN + b"Hello\n" * 3_500_000,
    "20 MB of one line": DAEMON + b"\n" + b"x" * 20_000_000,
    "10,000,000 empty lines": DAEMON + b"\n" * 10_000_000,
    "a header of 1 MB": b"X-A: " + b"a" * 1_000_000 + b"\n" + DSN,
    "a header of 300,000 lines": b"X-A: " + b"a\n " * 300_000 + b"\n" + DSN,
    "100,000 headers": b"X: y\n" * 100_000 + DSN,
    "100,000 parts": MIXED + b"--b\n\n" * 100_000,
    "100,000 parts that are reports": MIXED
    + b"--b\nContent-Type: message/delivery-status\n\nAction: failed\n" * 100_000,
    "5,000 parts in parts": DAEMON + NESTED,
    "5,000 messages in messages": DAEMON + b"Content-Type: message/rfc822\n\n" * 5_000,
    "parts whose boundary begins another's": DAEMON + NESTED.replace(b"=b", b"=").replace(b"--b", b"--"),
    "100,000 groups": DAEMON + b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 100_000,
    "200,000 parameters": DAEMON + b'Content-Type: multipart/mixed; a="' + b";" * 200_000 + b'"; boundary=b\n\n--b\n',
    "parameters of every part": MIXED + (b'--b\nContent-Type: text/plain; a="' + b";" * 1_900 + b"\n\nx\n") * 60,
    "30,000 addresses like ours": b"To: " + b"b+" + b"a" * 61 + b"@bounce.example.org, " * 30_000 + b"\n\n",
    "30,000 addresses of ours in parts": b"To: " + (b"b+" + b"a" * 61 + b"@bounce.example.org, ") * 30_000 + b"\n\n",
    "comments in comments": b"From: " + b"(" * 200_000 + b"\n\n",
    "100,000 encoded words": DAEMON + b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\n",
    "dates without an end": b"Date: " + b"1 " * 200_000 + b"\nReceived: " + b"; " * 100_000 + b"\n\n",
    "tags without an end": DAEMON + b"Content-Type: text/html\n\n" + b"<" * 1_000_000,
    "addresses in addresses": DAEMON + b"\nYour message to:\n" + (b"a@" * 2_000 + b"\n") * 1_000,
    "spaces": DAEMON + b"\nThe following addresses had permanent fatal errors\n" + (b" " * 5_000 + b"\n") * 1_000,
    "NULs": b"\0" * 1_000_000,
    "a boundary in an encoding that can't be": b"Content-Type: multipart/mixed; boundary*=\"x\0y''%ff\"\n\n",
    "a subject in an encoding that is none": DAEMON + b"Subject: =?no-such?b?%%%?= =?utf-8?b?a?=\n\n",
    "base64 that is none": DSN.replace(
        b"delivery-status\n\n", b"delivery-status\nContent-Transfer-Encoding: base64\n\n="
    ),
    "nothing": b"",
    "lines that end in CR": DSN.replace(b"\n", b"\r"),
    "Latin letters": DSN.replace(b"Sorry", b"D\xe9sol\xe9").replace(b"Undelivered", b"Undelivered \xff\xfe"),
}


def fed(mail: bytes) -> Feedback:
    return read(mail, KEYS, BOUNCE_DOMAIN, CAME)


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_read_or_binned_soon_and_in_little_memory(name: str) -> None:
    mail, start = MONSTERS[name], process_time()
    said = fed(mail)
    assert process_time() - start < SECONDS
    assert len(said.raw or b"") <= 65_536
    tracemalloc.start()
    try:
        fed(mail)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTES * 1_000_000
    finally:
        tracemalloc.stop()


def test_a_report_with_20_mb_behind_it_still_counts() -> None:
    said = fed(MONSTERS["a report with 20 MB of our own mail behind it"])
    assert (said.kind, said.reader) == (FeedbackKind.HARD, READER)


def test_a_bounce_of_a_bounce_is_about_the_outer_one_alone() -> None:
    """Nothing is ever answered: what is in the inner one is somebody else's to judge."""
    inner = delivery_report(group(status="5.7.1")).decode().replace("=_b/1 2", "=_inner")
    said = fed(
        delivery_report(group(status="4.2.2")).replace(b"List-Unsubscribe", inner.encode() + b"\nList-Unsubscribe")
    )
    assert said.kind is FeedbackKind.SOFT


PIECES = st.sampled_from([piece for seed in SEEDS for piece in re.split(rb"(\n|[:;=/<>]| )", seed) if piece])
ODD = st.sampled_from(
    [b"\0", b"\r", b"\xff", b"=?x?b?", b"--b", b"--=_b/1 2--", b"\n\n", b'"', b"(", b"%", b"*=", b"\xe2\x80\xa8"]
)


@given(st.lists(st.one_of(PIECES, ODD, st.binary(max_size=5)), max_size=200).map(b"".join))
def test_any_mixture_of_what_reports_are_made_of_is_read(mail: bytes) -> None:
    assert_possible(fed(mail), mail)


@given(st.sampled_from(SEEDS), st.data())
def test_a_report_with_bytes_missing_or_doubled_or_changed_is_read(seed: bytes, data: st.DataObject) -> None:
    mail = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(mail)))
        end = min(len(mail), start + data.draw(st.integers(0, 60)))
        mail[start:end] = data.draw(st.one_of(ODD, st.binary(max_size=8), st.just(bytes(mail[start:end]) * 2)))
    assert_possible(fed(bytes(mail)), bytes(mail))


def assert_possible(said: Feedback, mail: bytes) -> None:
    """Assert what holds for whatever is read: it is proven, or counts for nothing; and it can be kept."""
    counts = said.kind in (FeedbackKind.HARD, FeedbackKind.SOFT, FeedbackKind.COMPLAINT, FeedbackKind.UNSUBSCRIBE)
    assert said.reader == READER or (said.reader is None and not counts)
    assert (said.raw == mail) == (said.kind is FeedbackKind.UNCLASSIFIED)
    assert said.happened_at <= CAME
    kept = f"{said.detail}{said.status}{said.event_id}"
    assert kept.isprintable() or kept.encode()
    assert "\0" not in kept
    assert len(kept) < 800
