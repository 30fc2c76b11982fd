"""A server that hangs up at any byte: what is told of each message is what became of it, and none is sent twice."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.certificates import make_certificate
from servers.cut_relay import Cut, CutRelay, running_cut_relay
from servers.handing import hand_in
from servers.ports import LOOPBACK

from newsletter.delivery.connections import Report, Route
from newsletter.delivery.envelopes import Envelope, Handed, Outcome
from newsletter.delivery.postman import Postman
from newsletter.delivery.relay import Patience, Relay
from newsletter.delivery.smtp import Session
from newsletter.delivery.work import Claimed

LAST_WORDS = b"421 4.3.2 Shutting down\r\n"
PATIENCE = Patience(connect=5, reply=5, dot=5)


def envelope(address: str) -> Envelope:
    return Envelope(sender="b@example.org", recipient=address, mail=b"To: %b\r\n\r\nHi\r\n" % address.encode())


def session(port: int) -> Session:
    return Session(Relay(host=LOOPBACK, port=port), host_name="news.example.org", patience=PATIENCE)


def after(cut: Cut, relay: CutRelay) -> list[Handed]:
    """Return what became of three messages over a connection that ended so."""
    relay.cuts.append(cut)
    relay.taken.clear()
    relay.answered.clear()
    with session(relay.port) as opened:
        handed = hand_in(opened, [envelope(f"{name}@example.org") for name in "abc"])
    assert relay.ended.acquire(timeout=5)
    return handed


@pytest.mark.parametrize("pipelines", [True, False], ids=["pipelined", "in lockstep"])
@pytest.mark.parametrize("last_words", [b"", LAST_WORDS], ids=["without a word", "with 421"])
def test_wherever_a_server_hangs_up_what_is_told_of_each_message_is_what_became_of_it(
    pipelines: bool,  # noqa: FBT001 -- a parameter of pytest's
    last_words: bytes,
) -> None:
    seen: set[tuple[str, ...]] = set()
    with running_cut_relay(pipelines=pipelines) as relay:
        assert {each.outcome for each in after(Cut(), relay)} == {Outcome.SENT}
        cuts = [Cut(hears=number, last_words=last_words) for number in range(relay.heard)]
        cuts += [Cut(says=number) for number in range(relay.said)] if not last_words else []
        for cut in cuts:
            handed = after(cut, relay)
            by = {
                outcome: [each.envelope.recipient for each in handed if each.outcome is outcome] for outcome in Outcome
            }
            assert by[Outcome.SENT] == relay.answered, cut
            assert set(relay.taken) <= {*by[Outcome.SENT], *by[Outcome.UNKNOWN]}, cut
            assert len(by[Outcome.UNKNOWN] + by[Outcome.DEFERRED]) <= 1, cut
            assert not by[Outcome.FAILED], cut
            seen.add(tuple(str(each.outcome) for each in handed))
    told = "deferred" if last_words else "unknown"
    assert seen >= {("sent",) * number + (told, "untried", "untried")[: 3 - number] for number in range(3)}


def a_work(number: int) -> Claimed:
    now = datetime(2026, 3, 1, 6, tzinfo=UTC)
    return Claimed(
        mailing=1,
        number=number,
        reader=None,
        address=f"reader-{number}@example.org",
        message_id=f"<{number}@example.org>",
        due_at=now,
        ends_at=now,
        attempts=1,
        replies_lost=0,
        signed_by="",
        mail=b"",
    )


def handed_over(relay: CutRelay, number: int) -> list[Report]:
    """Return every report of so many messages, each tried until it is known, or no connection is left."""
    route = Route(relay=Relay.parse(relay.url), host_name="news.example.org", connections=2, window=3)
    left = deque(a_work(each) for each in range(number))
    reports: list[Report] = []
    until = time.monotonic() + 30
    with Postman(route, lambda work: envelope(work.address), signs=False) as postman:
        while (left and postman.connections) or postman.busy:
            while left and postman.busy < postman.connections:
                postman.take([[left.popleft() for _ in range(min(3, len(left)))]], lambda: True)
            new = postman.reports(0.5)
            reports += new
            for report in new:
                known = {work.number for work, _ in report.handed}
                left.extend(work for work in report.window if work.number not in known)
            assert time.monotonic() < until, "a window was never reported"
    return reports


#: A connection of three messages hears less than this.
CUTS = st.builds(
    Cut,
    hears=st.integers(1, 500) | st.just(1 << 62),
    says=st.integers(0, 250) | st.just(1 << 62),
    last_words=st.sampled_from([b"", LAST_WORDS]),
)


@given(cuts=st.lists(CUTS, max_size=8), pipelines=st.booleans())
@settings(max_examples=60)
def test_however_connections_end_every_message_is_told_of_and_none_goes_out_twice(
    cuts: list[Cut],
    pipelines: bool,  # noqa: FBT001 -- of hypothesis
) -> None:
    with running_cut_relay(pipelines=pipelines) as relay:
        relay.cuts.extend(cuts)
        reports = handed_over(relay, 12)
    handed = [(work.address, each.outcome) for report in reports for work, each in report.handed]
    by = {kind: sorted(address for address, outcome in handed if outcome is kind) for kind in Outcome}
    assert max(Counter(address for address, _ in handed).values(), default=1) == 1
    assert by[Outcome.SENT] == sorted(relay.answered)
    assert len(relay.taken) == len(set(relay.taken))
    assert set(relay.taken) <= {*by[Outcome.SENT], *by[Outcome.UNKNOWN]}
    assert len(handed) == 12 or sum(report.fault is not None for report in reports) == 2


# Servers that speak out of turn, and errors


def speaking(speak: Callable[[socket.socket], object]) -> tuple[int, Thread]:
    """Return the port of a server that greets one client, and then does to it what it is told."""
    listening = socket.create_server((LOOPBACK, 0))

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            for said in (b"220 Hello\r\n", b"250-Hello\r\n250 PIPELINING\r\n"):
                connection.sendall(said)
                connection.recv(1 << 12)
            speak(connection)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    return listening.getsockname()[1], thread


def test_a_server_that_says_yes_before_it_has_a_message_has_not_taken_it() -> None:
    ended = threading.Event()

    def say_yes(connection: socket.socket) -> None:
        connection.sendall(b"250 1\r\n250 2\r\n354 Go on\r\n250 Taken\r\n")
        ended.wait(30)

    port, thread = speaking(say_yes)
    with session(port) as opened:
        handed = hand_in(opened, [envelope("a@example.org")])
        assert [str(each.outcome) for each in handed] == ["untried"]
        assert not opened.usable
        assert opened.last_words == "before it has a message it says 250 Taken"
    ended.set()
    thread.join()


def test_a_server_that_refuses_half_a_message_is_not_asked_for_more_in_that_session() -> None:
    """What is left of the message would be in front of the next one's commands, or of the goodbye."""
    heard = bytearray()

    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"250 1\r\n250 2\r\n354 Go on\r\n")
        heard.extend(connection.recv(1000))
        connection.sendall(b"552 5.3.4 Too large\r\n")
        connection.settimeout(30)
        while data := connection.recv(1 << 16):
            heard.extend(data)

    large = Envelope(sender="b@example.org", recipient="a@example.org", mail=b"x" * 30_000_000 + b"\r\n")
    port, thread = speaking(refuse)
    with session(port) as opened:
        handed = hand_in(opened, [large])
        assert [str(each.outcome) for each in handed] == ["failed"]
    thread.join()
    assert large.mail.startswith(heard), "nothing that is no part of it"


def test_a_server_that_never_stops_speaking_holds_up_nobody() -> None:
    all_of_it, said = 60_000_000, 0

    def flood(connection: socket.socket) -> None:
        nonlocal said
        many = b"250 And another thing\r\n" * 40_000
        try:
            while said < all_of_it:
                connection.sendall(many)
                said += len(many)
        except ConnectionError:
            pass

    port, thread = speaking(flood)
    with session(port) as opened:
        handed = hand_in(opened, [envelope("a@example.org")])
        assert [str(each.outcome) for each in handed] == ["deferred"]
        assert not opened.usable
    thread.join()
    assert said < all_of_it


def test_what_is_known_is_reported_before_an_error_is_raised() -> None:
    failed = threading.Event()

    def made(work: Claimed) -> Envelope:
        if work.number == 1:
            assert relay.told.acquire(timeout=5)
            time.sleep(0.3)  # until the other one's report is in
            failed.set()
            message = "an error of ours"
            raise ZeroDivisionError(message)
        return envelope(work.address)

    with running_cut_relay() as relay:
        route = Route(relay=Relay.parse(relay.url), host_name="news.example.org")
        with Postman(route, made, signs=True) as postman:
            postman.take([[a_work(0)]], lambda: True)
            postman.take([[a_work(1)]], lambda: True)
            assert failed.wait(5)
            time.sleep(0.1)
            reports = postman.reports(5)
            with pytest.raises(ZeroDivisionError):
                postman.reports(5)
    assert [[str(handed.outcome) for _, handed in report.handed] for report in reports] == [["sent"]]


def test_an_error_while_a_connection_is_made_is_raised_and_leaves_no_thread_behind() -> None:
    # No name in the DNS has such a label, and the standard library's error of that is none of a network.
    route = Route(relay=Relay(host="a" * 64, port=25), host_name="news.example.org")
    before = {*threading.enumerate()}
    with Postman(route, lambda work: envelope(work.address), signs=False) as postman:
        postman.take([[a_work(0)]], lambda: True)
        with pytest.raises(UnicodeError):
            postman.reports(5)
    for thread in {*threading.enumerate()} - before:
        thread.join(5)
        assert not thread.is_alive()


# Servers that are late, or say much


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (b"", "untried"),
        (b"250 1\r\n", "untried"),
        (b"250 1\r\n250 2\r\n", "untried"),
        (b"250 1\r\n250 2\r\n354 Go", "untried"),
        (b"250 1\r\n550 2\r\n", "untried"),
        (b"250 1\r\n250 2\r\n354 Go on\r\n", "unknown"),
        (b"250 1\r\n550 2\r\n354 Go on\r\n", "failed"),
        (b"250 1\r\n450 2\r\n503 No\r\n", "deferred"),
    ],
)
def test_a_server_that_stops_answering_is_let_go_at_any_stage(said: bytes, outcome: str) -> None:
    ended = threading.Event()

    def stop(connection: socket.socket) -> None:
        connection.sendall(said)
        ended.wait(30)

    port, thread = speaking(stop)
    late = Patience(connect=5, reply=0.2, dot=0.2)
    with Session(Relay(host=LOOPBACK, port=port), host_name="news.example.org", patience=late) as opened:
        handed = hand_in(opened, [envelope("a@example.org"), envelope("b@example.org")])
        assert [str(each.outcome) for each in handed] == [outcome, "untried"]
        assert not opened.usable
    ended.set()
    thread.join()


def test_a_server_that_speaks_letter_by_letter_is_waited_for_no_longer() -> None:
    def dribble(connection: socket.socket) -> None:
        with suppress(ConnectionError):
            for _ in range(200):
                connection.sendall(b"2")
                time.sleep(0.05)

    port, thread = speaking(dribble)
    late = Patience(connect=5, reply=0.5, dot=0.5)
    route = Route(relay=Relay(host=LOOPBACK, port=port), host_name="news.example.org", patience=late)
    begun = time.monotonic()
    with Postman(route, lambda work: envelope(work.address), signs=False) as postman:
        postman.take([[a_work(0)]], lambda: True)
        (report,) = postman.reports(5)
    assert report.fault is not None
    assert time.monotonic() - begun < 5
    thread.join()


def test_a_reply_that_comes_to_no_end_ends_the_connection() -> None:
    def go_on_and_on(connection: socket.socket) -> None:
        with suppress(ConnectionError):
            connection.sendall(b"250-And\r\n" * 9000)
            connection.recv(1)

    port, thread = speaking(go_on_and_on)
    with session(port) as opened:
        assert [str(each.outcome) for each in hand_in(opened, [envelope("a@example.org")])] == ["untried"]
        assert not opened.usable
    thread.join()


@pytest.mark.parametrize("politely", [True, False])
def test_an_idle_session_that_a_server_ended_costs_a_message_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, politely: bool
) -> None:
    """Over TLS, with its tickets; the goodbye waits in the socket when the next message begins."""
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    listening = socket.create_server((LOOPBACK, 0))
    over = threading.Event()

    def serve() -> None:
        for number in range(2):
            with context.wrap_socket(listening.accept()[0], server_side=True) as connection:
                for said in (b"220 Hello\r\n", b"250-Hello\r\n250 PIPELINING\r\n", b"250 1\r\n250 2\r\n354 Go on\r\n"):
                    connection.sendall(said)
                    connection.recv(1 << 12)
                for letter in b"250-2.0.0 Taken,\r\n250 2.0.0 and kept\r\n":
                    connection.sendall(bytes([letter]))
                if number:
                    connection.recv(1 << 12)
                elif politely:
                    connection.sendall(b"421 4.4.2 You were idle\r\n")
                    connection.settimeout(0.2)
                    with suppress(OSError):
                        connection.unwrap()  # it says so; nobody answers
            over.set()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    relay = Relay(host=LOOPBACK, port=listening.getsockname()[1], security="smtps")
    route = Route(relay=relay, host_name="news.example.org", connections=1, patience=PATIENCE)
    with listening, Postman(route, lambda work: envelope(work.address), signs=False) as postman:
        for number in range(2):
            postman.take([[a_work(number)]], lambda: True)
            (report,) = postman.reports(5)
            assert [str(handed.outcome) for _, handed in report.handed] == ["sent"]
            assert over.wait(5)
            time.sleep(0.05)
    thread.join()


def test_a_postman_that_is_left_ends_what_it_is_at_and_begins_nothing() -> None:
    at_it, left, heard = threading.Event(), threading.Event(), bytearray()

    def answer_late(connection: socket.socket) -> None:
        connection.sendall(b"250 1\r\n250 2\r\n354 Go on\r\n")
        heard.extend(connection.recv(1 << 12))
        at_it.set()
        left.wait(30)
        connection.sendall(b"250 Taken\r\n250 1\r\n250 2\r\n354 Go on\r\n")
        while data := connection.recv(1 << 12):
            heard.extend(data)

    port, thread = speaking(answer_late)
    route = Route(relay=Relay(host=LOOPBACK, port=port), host_name="news.example.org", patience=PATIENCE)
    with Postman(route, lambda work: envelope(work.address), signs=False) as postman:
        postman.take([[a_work(0), a_work(1)]], lambda: not left.is_set())
        assert at_it.wait(5)
    left.set()
    thread.join(5)
    assert not thread.is_alive(), "the connection was closed"
    (report,) = postman.reports(5)
    assert [(work.number, str(handed.outcome)) for work, handed in report.handed] == [(0, "sent")]
    assert heard.count(b"Hi\r\n") == 1
