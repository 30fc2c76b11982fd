"""A session with a mail server: what becomes of each message, whatever the server does."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.certificates import make_certificate
from servers.handing import hand_in
from servers.ports import LOOPBACK, free_port
from servers.postfix import Postfix
from servers.smtp_sink import SmtpSink

from newsletter.delivery.envelopes import Envelope, Handed, Outcome, dot_stuffed
from newsletter.delivery.relay import Patience, Relay, RelayUnusable
from newsletter.delivery.smtp import Session

MAIL = b"From: desk@example.org\r\nSubject: A day\r\n\r\nHello\r\n.\r\n.dot\r\n..two\r\nEnd\r\n"
Sink = Callable[..., SmtpSink]


def envelopes(number: int = 3) -> list[Envelope]:
    return [
        Envelope(
            sender=f"b+{each}@bounce.example.org",
            recipient=f"reader-{each}@example.org",
            mail=dot_stuffed(b"X-Number: %d\r\n" % each + MAIL),
        )
        for each in range(number)
    ]


def session(url: str, **patience: float) -> Session:
    return Session(Relay.parse(url), host_name="news.example.org", patience=Patience(**patience))


def outcomes(handed: list[Handed]) -> list[str]:
    return [str(each.outcome) for each in handed]


@pytest.mark.parametrize("options", [(), ("-p",), ("-e",)], ids=["pipelined", "in lockstep", "without ESMTP"])
def test_every_message_arrives_as_it_was_and_for_whom_it_was(sink: Sink, options: tuple[str, ...]) -> None:
    server = sink(*options)
    sent = envelopes(50)
    with session(server.url) as opened:
        first = hand_in(opened, sent[:20])
        rest = hand_in(opened, sent[20:])
        assert opened.usable
    assert outcomes(first + rest) == ["sent"] * 50
    assert [each.envelope for each in first + rest] == sent
    expected = {
        (each.sender, each.recipient, b"X-Number: %d\n" % number + MAIL.replace(b"\r\n", b"\n"))
        for number, each in enumerate(sent)
    }
    # The dump ends each message with an empty line of its own.
    assert {(sender, recipient, mail.removesuffix(b"\n")) for sender, recipient, mail in server.taken()} == expected
    assert len(server.taken()) == 50


@pytest.mark.parametrize(
    ("options", "outcome", "reply"),
    [
        (("-f", "MAIL"), "failed", "500 5.3.0 Error: command failed"),
        (("-f", "RCPT"), "failed", "500 5.3.0 Error: command failed"),
        (("-f", "DATA"), "failed", "500 5.3.0 Error: command failed"),
        (("-f", "."), "failed", "500 5.3.0 Error: command failed"),
        (("-r", "MAIL"), "deferred", "450 4.3.0 Error: command failed"),
        (("-r", "RCPT"), "deferred", "450 4.3.0 Error: command failed"),
        (("-r", "DATA"), "deferred", "450 4.3.0 Error: command failed"),
        (("-r", "."), "deferred", "450 4.3.0 Error: command failed"),
    ],
    ids=" ".join,
)
def test_a_refusal_is_of_its_message_and_the_session_goes_on(
    sink: Sink, options: tuple[str, str], outcome: str, reply: str
) -> None:
    with session(sink(*options).url) as opened:
        handed = hand_in(opened, envelopes())
        assert opened.usable
    assert outcomes(handed) == [outcome] * 3
    assert {str(each.reply) for each in handed} == {reply}
    assert {str(each.stage) for each in handed} == {"dot" if options[1] == "." else options[1]}


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_up_before_a_message_leaves_it_untried(sink: Sink, command: str) -> None:
    with session(sink("-q", command).url) as opened:
        assert outcomes(hand_in(opened, envelopes())) == ["untried"] * 3
        assert not opened.usable
        assert outcomes(hand_in(opened, envelopes())) == ["untried"] * 3


@pytest.mark.parametrize("pipelining", [(), ("-p",)], ids=["pipelined", "in lockstep"])
def test_a_message_whose_last_reply_never_came_is_unknown_and_those_behind_it_untried(
    sink: Sink, pipelining: tuple[str, ...]
) -> None:
    server = sink("-q", ".", *pipelining)
    with session(server.url) as opened:
        assert outcomes(hand_in(opened, envelopes())) == ["unknown", "untried", "untried"]
        assert not opened.usable
    # Which is why it is called so: this server has it.
    assert [recipient for _, recipient, _ in server.taken()] == ["reader-0@example.org"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("pipelining", [(), ("-p",)], ids=["pipelined", "in lockstep"])
def test_a_server_that_says_421_defers_one_message(sink: Sink, command: str, pipelining: tuple[str, ...]) -> None:
    with session(sink("-Q", command, *pipelining).url) as opened:
        handed = hand_in(opened, envelopes())
        assert outcomes(handed) == ["deferred", "untried", "untried"]
        assert str(handed[0].reply) == "421 4.0.0 Server closing connection"
        assert not opened.usable


def test_a_server_that_does_not_answer_after_the_dot_leaves_it_unknown(sink: Sink) -> None:
    with session(sink("-w", "2").url, dot=0.2, connect=0.2) as opened:
        assert outcomes(hand_in(opened, envelopes())) == ["unknown", "untried", "untried"]


def test_a_refused_reader_among_others_takes_nothing_from_them(postfix: Callable[..., Postfix]) -> None:
    server = postfix(
        smtpd_recipient_restrictions="check_recipient_access inline:{"
        " {gone@example.org = REJECT 5.1.1 no such reader}, {full@example.org = DEFER 4.2.2 box is full} }"
    )
    readers = ["one", "gone", "gone", "two", "full", "three", "gone"]
    sent = [Envelope(sender="b@example.org", recipient=f"{name}@example.org", mail=MAIL_TO(name)) for name in readers]
    with session(server.url) as opened:
        handed = hand_in(opened, sent)
        assert opened.usable
        assert opened.largest == 10_240_000
    assert outcomes(handed) == ["sent", "failed", "failed", "sent", "deferred", "sent", "failed"]
    assert all(each.reply and each.reply.says_no_mailbox for each in handed if each.outcome is Outcome.FAILED)
    assert not any(each.reply and each.reply.says_no_mailbox for each in handed if each.outcome is Outcome.DEFERRED)
    got = Counter(mail.partition(b"X-Reader: ")[2].partition(b"\n")[0] for mail in server.delivered(3))
    assert got == {b"one": 1, b"two": 1, b"three": 1}


@pytest.mark.parametrize("security", ["smtp", "smtp+starttls", "smtps"])
def test_messages_of_every_size_arrive_whole_with_tls_and_without(
    postfix: Callable[..., Postfix], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    server = postfix(
        smtpd_tls_security_level="may",
        smtpd_tls_cert_file=str(tmp_path / "certificate.pem"),
        smtpd_tls_key_file=str(tmp_path / "key.pem"),
        smtpd_tls_wrappermode="yes" if security == "smtps" else "no",
    )
    # The last does not fit into what a socket holds.
    sizes = [0, 1, 16_000, 3_000_000, 5]
    sent = [
        Envelope(
            sender="b@example.org",
            recipient="reader@example.org",
            mail=dot_stuffed(b"X-Size: %d\r\n\r\n" % size + (b"x" * 70 + b"\r\n") * (size // 72)),
        )
        for size in sizes
    ]
    with session(server.url.replace("smtp://", f"{security}://")) as opened:
        assert outcomes(hand_in(opened, sent)) == ["sent"] * 5
        assert opened.usable
    got = {len(mail.partition(b"\n\n")[2]) for mail in server.delivered(5)}
    assert got == {size // 72 * 71 for size in sizes}


@contextmanager
def takes_half(last_words: bytes = b"") -> Iterator[str]:
    """Give the address of a server that hears the beginning of a message, says its last words and hears no more."""
    done = Event()
    with socket.create_server((LOOPBACK, 0)) as server:

        def talk() -> None:
            with server.accept()[0] as connection:
                for said in (b"220 Hello\r\n", b"250-Hello\r\n250 PIPELINING\r\n", b"250 1\r\n250 2\r\n354 Go on\r\n"):
                    connection.sendall(said)
                    connection.recv(1 << 12)
                connection.sendall(last_words)
                done.wait(60)

        thread = Thread(target=talk, daemon=True)
        thread.start()
        try:
            yield f"smtp://{LOOPBACK}:{server.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def test_a_server_that_stops_taking_a_message_is_not_waited_for_for_ever() -> None:
    large = Envelope(sender="b@example.org", recipient="reader@example.org", mail=b"x" * 30_000_000 + b"\r\n")
    with takes_half() as url, session(url, reply=0.5, dot=0.5, connect=5) as opened:
        assert outcomes(hand_in(opened, [large, *envelopes(1)])) == ["unknown", "untried"]


def test_a_server_that_says_more_than_it_was_asked_is_not_used_again() -> None:
    with takes_half(b"250-Taken\r\n250 really\r\n250 and more\r\n") as url, session(url) as opened:
        handed = hand_in(opened, envelopes(1))
        assert [(str(each.outcome), str(each.reply)) for each in handed] == [("sent", "250 Taken really")]
        assert not opened.usable


def MAIL_TO(name: str) -> bytes:  # noqa: N802 -- reads as the constant that it is made of
    return dot_stuffed(f"X-Reader: {name}\r\n".encode() + MAIL)


# Servers that can't be used


def test_a_server_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(RelayUnusable, match=r"smtp://127\.0\.0\.1:\d+ can't be used: Connection refused: is it run"):
        session(f"smtp://{LOOPBACK}:{free_port()}")


def test_a_server_that_says_nothing_is_not_waited_for_long() -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(RelayUnusable, match="it does not answer"):
            session(f"smtp://{LOOPBACK}:{port}", connect=0.2)


def test_a_server_that_hangs_up_at_once_is_told() -> None:
    with socket.create_server((LOOPBACK, 0)) as closing:
        Thread(target=lambda: closing.accept()[0].close(), daemon=True).start()  # noqa: PLW0108 -- accept waits
        with pytest.raises(RelayUnusable, match="it hung up without a word"):
            session(f"smtp://{LOOPBACK}:{closing.getsockname()[1]}")


def test_a_server_that_refuses_us_is_quoted(sink: Sink) -> None:
    with pytest.raises(RelayUnusable, match=r"it says 500 5\.3\.0 Error: command failed"):
        session(sink("-f", "CONNECT").url)


def test_a_server_without_tls_gets_no_mail_and_no_password(sink: Sink) -> None:
    port = sink().port
    with pytest.raises(RelayUnusable, match="it offers no STARTTLS"):
        session(f"smtp+starttls://user:secret@{LOOPBACK}:{port}")
    with pytest.raises(RelayUnusable, match="no TLS can be agreed on") as refused:
        session(f"smtps://user:secret@{LOOPBACK}:{port}")
    assert "secret" not in str(refused.value)


def test_a_server_that_knows_no_log_in_is_told(sink: Sink) -> None:
    with pytest.raises(RelayUnusable, match="it offers no way to log in"):
        session(f"smtp://user:secret@{LOOPBACK}:{sink('-a').port}")


def test_an_address_is_taken_apart() -> None:
    relay = Relay.parse("smtp+starttls://me%40example.org:p%3A%40ss@mx.example.org")
    assert relay == Relay(
        host="mx.example.org", port=587, security="smtp+starttls", user="me@example.org", password="p:@ss"
    )
    assert str(relay) == "smtp+starttls://mx.example.org:587"
    assert Relay.parse("smtps://[::1]").port == 465
    assert str(Relay.parse("smtp://[::1]")) == "smtp://[::1]:25"


# What may be handed in


@pytest.mark.parametrize(
    "address",
    [
        "",
        "reader",
        "a b@example.org",
        "a@example.org> SIZE=1",
        "a@example.org\r\nRCPT TO:<x@example.org>",
        "ä@example.org",
    ],
)
def test_what_is_no_plain_address_is_no_recipient(address: str) -> None:
    with pytest.raises(ValueError, match="expected a plain address"):
        Envelope(sender="b@example.org", recipient=address, mail=b"")


def test_nobody_is_a_sender() -> None:
    assert Envelope(sender="", recipient="reader@example.org", mail=b"").sender == ""


@pytest.mark.parametrize("mail", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n.\r\nMAIL", b"\r\r\n", b"\n\r"])
def test_a_line_end_by_which_a_body_could_hold_commands_is_refused(mail: bytes) -> None:
    with pytest.raises(ValueError, match="CR or LF alone"):
        dot_stuffed(mail)


@given(st.lists(st.text(alphabet=".ab ", max_size=4), max_size=6))
def test_stuffing_leaves_no_line_that_ends_the_mail_and_is_undone_by_a_server(lines: list[str]) -> None:
    mail = "".join(f"{line}\r\n" for line in lines).encode() or b"\r\n"
    stuffed = dot_stuffed(mail).split(b"\r\n")
    assert b"." not in stuffed
    assert b"\r\n".join(line.removeprefix(b".") for line in stuffed) == mail


def test_a_mail_whose_last_line_is_open_is_ended() -> None:
    assert dot_stuffed(b"a\r\nb") == b"a\r\nb\r\n"
