"""What comes back is read for what it is; only a token of ours proves whose it is, and nothing else counts."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import pytest
from returned_mail import (
    CAME,
    EXCHANGE,
    EXIM,
    EXIM_WARNING,
    FORGED,
    GMAIL,
    LEAVING,
    LINK,
    MAILING,
    OTHER_LINK,
    QMAIL,
    READER,
    SENDER,
    complaint,
    delivery_report,
    group,
    message,
    our_headers,
)
from rooms import BOUNCE_DOMAIN, KEYS, at

from newsletter.delivery.feedback import read
from newsletter.feedback import Feedback, FeedbackKind

NOW = CAME + timedelta(hours=1)
AWAY = message(
    "\nI am on leave until May.\n",
    sender="reader@example.net",
    Subject="Re: What happened",
    Auto_Submitted="auto-replied",
)
#: Every kind of message that says something of our mail, and what it says.
SAID = {
    "hard: Postfix": delivery_report(group(diagnosis="550 5.1.1 <reader@example.net>: user unknown")),
    "hard: Exchange": message(EXCHANGE),
    "hard: Gmail": message(GMAIL, sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example.net>"),
    "hard: no such domain": delivery_report(group(status="5.4.4", diagnosis="")),
    "hard: mailbox disabled": delivery_report(group(status="5.2.1")),
    "hard: qmail": message(QMAIL.format(said="sorry, no mailbox here by that name. (#5.1.1)")),
    "hard: Exim": message(EXIM, sender="Mail Delivery System <Mailer-Daemon@mx.example.net>"),
    "hard: OpenSMTPD, with an action of its own": delivery_report(group(action="error")),
    "hard: two of the same": delivery_report(group(), group()),
    "soft: mailbox full": delivery_report(group(status="5.2.2", diagnosis="552 5.2.2 mailbox full")),
    "soft: gave up after days": delivery_report(group(status="4.4.1", diagnosis="connect to mx: timed out")),
    "soft: no reason given": delivery_report(group(status="5.0.0", diagnosis="550 go away")),
    "soft: no status": delivery_report(group(status="", diagnosis="550 go away")),
    "soft: codes that contradict each other": delivery_report(group(diagnosis="552 5.2.2 mailbox full")),
    "soft: one of two is full": delivery_report(group(), group(status="4.2.2")),
    "soft: qmail without a code": message(QMAIL.format(said="go away")),
    "ours: not authenticated": delivery_report(group(status="5.7.26", diagnosis="550-5.7.26 unauthenticated")),
    "ours: no signature, by a server that sums up": delivery_report(group(status="5.0.0", diagnosis="550 5.7.515 no")),
    "ours: our rate": delivery_report(group(status="4.7.28")),
    "ours: content": delivery_report(group(status="5.6.0")),
    "ours: policy, though the status is another": delivery_report(group(diagnosis="554 5.7.1 spam")),
    "ours: qmail": message(QMAIL.format(said="5.7.1 blocked")),
    "delayed: Postfix": delivery_report(group(action="delayed", status="4.4.1")),
    "delayed: Exim": message(EXIM_WARNING),
    "delivered: on request": delivery_report(group(action="delivered", status="2.0.0")),
    "delivered: relayed": delivery_report(group(action="relayed (to a server that tells nothing)", status="2.0.0")),
    "reply: away": AWAY,
    "reply: away, by its subject": message("\nUntil May.\n", sender="reader@example.net", Subject="Automatic reply: x"),
    "reply: away, in an encoded word": message(
        "\nx\n", sender="reader@example.net", Subject="=?utf-8?q?R=C3=A9ponse_automatique?="
    ),
    "reply: user unknown is what a person writes": message(
        "\nThe following addresses had permanent fatal errors: user unknown 5.1.1\n",
        sender="reader@example.net",
        Precedence="auto_reply",
    ),
    "unclassified: a challenge": message("\nPress here so that I get your mail.\n", sender="reader@example.net"),
    "unclassified: a person": message("\nStop it.\n", sender="Reader <reader@example.net>", Subject="Stop"),
    "unclassified: words that nobody knows": message("\nNo.\n"),
}


def fed(mail: bytes) -> Feedback:
    return read(mail, KEYS, BOUNCE_DOMAIN, NOW)


@pytest.mark.parametrize("name", SAID)
def test_what_comes_back_to_an_address_of_ours_says_its_kind_and_proves_whose_it_is(name: str) -> None:
    said = fed(SAID[name])
    assert (str(said.kind), said.reader, said.mailing_id) == (name.partition(":")[0], READER, MAILING)
    assert (said.raw is not None) == (said.kind is FeedbackKind.UNCLASSIFIED)


@pytest.mark.parametrize("name", SAID)
def test_a_forged_token_makes_it_forged_whatever_it_says(name: str) -> None:
    said = fed(SAID[name].replace(SENDER.encode(), FORGED.encode()))
    assert (said.kind, said.reader, said.raw) == (FeedbackKind.FORGED, None, None)


@pytest.mark.parametrize("name", SAID)
def test_what_has_no_token_proves_nothing(name: str) -> None:
    """What would count without one is a person's to judge; the reader's address in it proves nothing."""
    mail, kind = SAID[name].replace(SENDER.encode(), b"dose@example.org"), name.partition(":")[0]
    said = fed(mail)
    assert said.reader is None
    assert str(said.kind) == (kind if kind in ("delayed", "delivered", "reply") else "unclassified")
    assert said.raw == (mail if said.kind is FeedbackKind.UNCLASSIFIED else None)


def test_without_a_domain_that_mail_comes_back_to_nothing_is_proven() -> None:
    said = read(SAID["hard: Postfix"], KEYS, None, NOW)
    assert said.reader is None


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_token_is_found_in_whatever_header_a_mailbox_keeps(name: str) -> None:
    lines = SAID["hard: Postfix"].decode().splitlines(keepends=True)
    kept = [line for line in lines if SENDER not in line]
    assert fed("".join(kept).encode()).reader is None
    found = fed(f"{name}: <{SENDER.upper()}>\n{''.join(kept)}".encode())
    assert (found.kind, found.reader) == (FeedbackKind.HARD, READER)


def test_the_token_is_found_in_the_mail_of_ours_that_comes_back() -> None:
    mail = message(
        "Content-Type: multipart/report; boundary=b\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{group()}\n"
        f"--b\nContent-Type: message/rfc822\n\n{our_headers(sender=SENDER)}\n--b--\n",
        to="dose@example.org",
    )
    assert (fed(mail).kind, fed(mail).reader) == (FeedbackKind.HARD, READER)


def test_a_link_to_leave_proves_no_bounce() -> None:
    """Whoever has a reader's mail has that link, and may unsubscribe them; but no bounce bears it."""
    said = fed(delivery_report(group(), to="dose@example.org"))
    assert (said.kind, said.reader) == (FeedbackKind.UNCLASSIFIED, None)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_report_is_read_through_its_transfer_encoding(encoding: str) -> None:
    plain = delivery_report(group())
    status = plain.partition(b"delivery-status\n\n")[2].partition(b"\n--=_b")[0]
    coded = b64encode(status) if encoding == "base64" else status.replace(b"Action: failed", b"Act=\nion: f=61iled")
    mail = delivery_report(group(), encoding=f"Content-Transfer-Encoding: {encoding}\n").replace(status, coded)
    assert fed(mail).kind is FeedbackKind.HARD


def test_what_was_said_is_kept_on_a_line() -> None:
    said = fed(delivery_report(group(diagnosis="550-5.1.1 no\n such \x1b[31muser\n " + "x" * 5_000)))
    assert said.status == "5.1.1"
    assert said.detail.startswith("smtp; 550-5.1.1 no such [31muser xxx")
    assert len(said.detail) <= 500


# Complaints.


@pytest.mark.parametrize(
    "mail",
    [
        complaint("Feedback-Type: abuse", "User-Agent: Yahoo!-Mail-Feedback/2.0", "Original-Rcpt-To: redacted"),
        complaint("Feedback-Type: abuse", part="text/rfc822-headers"),
        complaint("Feedback-Type: Fraud", f"Original-Mail-From: <{SENDER}>", original="Subject: x\n"),
        complaint("Feedback-Type: abuse", original=our_headers(sender=SENDER)),
        complaint("Feedback-Type: opt-out", original=f"List-Unsubscribe: <mailto:{LEAVING}?subject=x>\n"),
        complaint("Feedback-Type: abuse", original=our_headers().replace("/unsubscribe/", "/unsubscribe/\n ")),
        complaint("Feedback-Type: abuse", original=f"List-Unsubscribe: <{LINK}>\n"),
        complaint("Feedback-Type: abuse", original=f"List-Unsubscribe: <{OTHER_LINK}>\n"),
    ],
    ids=["Yahoo", "headers alone", "our sender", "return path", "by mail", "folded", "link", "link in capitals"],
)
def test_a_complaint_is_about_the_reader_whose_mail_it_brings_back(mail: bytes) -> None:
    said = fed(mail)
    assert (said.kind, said.reader, said.raw) == (FeedbackKind.COMPLAINT, READER, None)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("not-spam", FeedbackKind.DELIVERED),
        ("auth-failure", FeedbackKind.OURS),
        ("virus", FeedbackKind.OURS),
        ("other", FeedbackKind.UNCLASSIFIED),
        ("", FeedbackKind.UNCLASSIFIED),
    ],
)
def test_only_a_reader_s_word_is_a_complaint(given: str, kind: FeedbackKind) -> None:
    assert fed(complaint(f"Feedback-Type: {given}")).kind is kind


def test_a_complaint_that_brings_back_no_token_is_a_person_s_to_judge() -> None:
    """The address of a reader, or a token of another make, is no proof that they complained."""
    for original in (
        "To: reader@example.net\n",
        f"List-Unsubscribe: <https://dose.example.org/unsubscribe/{'A' * 60}>\n",
    ):
        said = fed(complaint("Feedback-Type: abuse", "Original-Rcpt-To: reader@example.net", original=original))
        assert (said.kind, said.reader) == (FeedbackKind.UNCLASSIFIED, None)
        assert said.raw


# Leaving by mail.


@pytest.mark.parametrize("address", [LEAVING, LEAVING.upper()])
def test_a_mail_to_the_address_to_leave_by_leaves(address: str) -> None:
    said = fed(message("\n", to=address, sender="reader@example.net", Subject="unsubscribe"))
    assert (said.kind, said.reader, said.mailing_id) == (FeedbackKind.UNSUBSCRIBE, READER, None)


def test_a_forged_or_another_token_leaves_nothing() -> None:
    another = f"u+{SENDER.partition('+')[2]}"
    for to in (another, f"u+{'a' * 56}@{BOUNCE_DOMAIN}", LEAVING.replace("u+", "b+")):
        assert fed(message("\n", to=to, sender="reader@example.net")).kind is FeedbackKind.FORGED


def test_the_address_to_leave_by_in_a_mail_that_comes_back_leaves_nothing() -> None:
    said = fed(message(f"\n{our_headers()}", to="dose@example.org", sender="reader@example.net"))
    assert (said.kind, said.reader) == (FeedbackKind.UNCLASSIFIED, None)


# What names it, and when it was.


def test_the_same_message_has_the_same_name_wherever_it_is_read() -> None:
    mail = SAID["hard: Postfix"]
    assert fed(mail).event_id == fed(mail.replace(b"\n", b"\r\n")).event_id
    assert fed(mail).event_id != fed(mail + b"x").event_id
    assert fed(mail).event_id.endswith(" <1@mx.example.net>")


def test_it_happened_when_our_own_server_took_it() -> None:
    assert fed(SAID["hard: Postfix"]).happened_at == CAME
    dated = message("\n", Date="Sun, 1 Mar 2026 23:00:00 -0500")
    assert fed(dated).happened_at == CAME
    lines = [line for line in dated.splitlines(keepends=True) if not line.startswith((b"Received", b"\tid"))]
    assert fed(b"".join(lines)).happened_at == at(1, 4)


@pytest.mark.parametrize(
    "date",
    ["", "x", "Tue, 1 Jan 2999 00:00:00 +0000", "99 Foo 0000 00:00", "1 Mar 99999999999999"],
)
def test_it_never_happened_later_than_now_nor_at_no_time(date: str) -> None:
    mail = f"Date: {date}\nReceived: by x; {date}\nFrom: x@example.net\n\n".encode()
    assert fed(mail).happened_at == NOW
