"""What a mail server's reply says of whose fault it is."""

from __future__ import annotations

import pytest

from newsletter.delivery.replies import Reply


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        (550, "5.1.1 no such user", (5, 1, 1)),
        (250, "2.0.0 Ok: queued as 24216216763", (2, 0, 0)),
        (550, "5.7.515 Access denied", (5, 7, 515)),
        (450, "4.2.2", (4, 2, 2)),
        (550, "No such user here", None),
        (550, "4.1.1 a server that contradicts itself", None),
        (550, "10.5.1.1 is blocked", None),
        (550, "5.1.1234 is no code", None),
        (554, "5.7.1<reader@example.org>: glued", None),
    ],
)
def test_an_enhanced_status_code_is_read(code: int, text: str, status: tuple[int, int, int] | None) -> None:
    assert Reply.of(code, text).status == status


@pytest.mark.parametrize(
    ("code", "text", "whose"),
    [
        (550, "5.7.26 This mail is unauthenticated", "ours"),
        (421, "4.7.28 Our system has detected an unusual rate", "ours"),
        (550, "5.7.515 Access denied, sending domain does not meet the required authentication level", "ours"),
        (552, "5.6.0 Message content rejected", "ours"),
        (550, "5.1.1 user unknown", "gone"),
        (550, "5.1.10 null MX", "gone"),
        (550, "5.2.1 mailbox disabled", "gone"),
        (550, "5.4.4 no route", "gone"),
        (552, "5.2.2 mailbox full", "nobody"),
        (450, "4.1.1 unknown for now", "nobody"),
        (554, "Transaction failed", "nobody"),
        (451, "Try again later", "nobody"),
    ],
)
def test_a_refusal_is_ours_or_the_mailbox_is_gone_or_it_is_nobodys_fault(code: int, text: str, whose: str) -> None:
    reply = Reply.of(code, text)
    assert (reply.blames_sender, reply.says_no_mailbox) == (whose == "ours", whose == "gone")


def test_a_reply_is_kept_on_one_clean_line() -> None:
    essay = b"5.7.1 \x1b[31mno\xff\r\n" + b"word " * 500
    reply = Reply.of(550, essay)
    assert len(reply.text) <= 500
    assert reply.text.isprintable()
    assert reply.status == (5, 7, 1)


def test_codes_are_told_apart() -> None:
    assert [Reply.of(code, "").is_yes for code in (199, 200, 250, 354, 421)] == [False, True, True, False, False]
    assert [Reply.of(code, "").is_for_good for code in (450, 499, 500, 554)] == [False, False, True, True]
    assert Reply.of(421, "").closes
    assert not Reply.of(451, "").closes
