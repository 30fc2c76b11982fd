"""What comes back is taken in from wherever it arrives, by people and by mail servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from command_line import NOON, READER, CommandLine, until
from returned_mail import delivery_report, group, message
from servers.dovecot import NoDovecot, running_dovecot
from servers.handing import hand_in
from servers.missing import missing
from servers.ports import LOOPBACK
from servers.postfix import Postfix
from sqlalchemy import func, select

from newsletter.delivery.envelopes import Envelope, Outcome, dot_stuffed
from newsletter.delivery.relay import Patience, Relay
from newsletter.delivery.smtp import Session
from newsletter.delivery.verp import bounce_address
from newsletter.keys import keyring
from newsletter.store import Store
from newsletter.store.tables import feedback, subscribers, subscriptions

DOMAIN = "bounce.example.org"
KINDS = "read known kinds bounced left"
WAITING = "number received_at origin status detail size"


def sender_of(line: CommandLine, mailing_id: int = 7) -> str:
    """Return the address that the first reader's mail is sent from."""
    store = Store(f"sqlite:///{line.database}")
    with store.reading() as connection:
        uid = connection.scalars(select(subscriptions.c.uid).order_by(subscriptions.c.id)).first()
    store.close()
    assert uid is not None
    return bounce_address(keyring(line.home / "keys"), uid.bytes, mailing_id, DOMAIN, line.at)


def score(line: CommandLine) -> tuple[str, float | None]:
    """Return the first reader's state and points."""
    store = Store(f"sqlite:///{line.database}")
    with store.reading() as connection:
        row = connection.execute(select(subscribers.c.state, subscribers.c.bounce_score)).first()
    store.close()
    assert row is not None
    return row.state, row.bounce_score


@pytest.fixture
def listed(dose: CommandLine) -> CommandLine:
    """Give the program with a reader, and a domain that mail comes back to."""
    return with_a_reader(dose)


def with_a_reader(line: CommandLine) -> CommandLine:
    line.settings["BOUNCE_DOMAIN"] = DOMAIN
    line.ok("subscribers", "add", READER, "--consent", "asked in a test")
    return line


def returned(line: CommandLine, number: int = 1) -> bytes:
    report = delivery_report(group(), to=sender_of(line), Message_Id=f"<{number}@x>")
    came = NOON - timedelta(hours=number)
    return f"Received: by mx; {came:%a, %d %b %Y %H:%M:%S} +0000\n".encode() + report


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    return tmp_path / "Maildir"


def test_a_maildir_is_taken_in_once(listed, maildir):
    for number in (1, 2):
        (maildir / "new" / f"{number}.V1.host").write_bytes(returned(listed, number))
    (maildir / "new" / "3.V1.host").write_bytes(message("\nx\n", to="x@example.org", sender="y@example.net"))

    told = listed.json("feedback", "read", maildir)

    assert told == {"read": 3, "known": 0, "kinds": {"hard": 2, "unclassified": 1}, "bounced": 0, "left": 0}
    assert list(told) == KINDS.split()
    assert sorted(file.name for file in (maildir / "cur").iterdir()) == [f"{each}.V1.host:2,S" for each in (1, 2, 3)]
    assert score(listed) == ("good", 1.0)
    assert listed.ok("feedback", "read", maildir).out == "0 read\n"


def test_killed_while_it_reads_a_maildir_it_loses_nothing_and_counts_nothing_twice(listed, maildir):
    mail = returned(listed)
    for number in range(1_000):
        (maildir / "new" / f"{number}.V1.host").write_bytes(mail + b"%d" % number)
    for _ in range(3):
        with listed.start("feedback", "read", maildir) as process:
            seen = len(list((maildir / "cur").iterdir()))
            until(lambda before=seen: len(list((maildir / "cur").iterdir())) > before, "a message to be taken in")
            process.kill()

    assert 0 < len(list((maildir / "new").iterdir())) < 1_000
    listed.process("feedback", "read", maildir)
    store = Store(f"sqlite:///{listed.database}")
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(feedback)) == 1_000
    store.close()
    assert len(list((maildir / "cur").iterdir())) == 1_000
    assert list((maildir / "new").iterdir()) == []


def test_what_it_says_of_a_mailbox_reads_well(listed, write):
    mails = [returned(listed), returned(listed), message("\nx\n", to="x@example.org", sender="y@example.net")]
    mails.append(delivery_report(group(status="5.7.1"), to=sender_of(listed)))
    box = write("mbox", b"".join(b"From x\n" + mail + b"\n" for mail in mails))

    assert listed.ok("feedback", "read", box).out == (
        "4 read; 1 hard, 1 ours, 1 unclassified; 1 known already\n"
        "what is ours was refused for the mail or its sender, not for the reader: daily-dose check mail\n"
        "what is unclassified waits for a person: daily-dose feedback list\n"
    )


def test_check_tells_of_mail_that_was_refused_for_our_part_in_it(listed, write):
    mail = delivery_report(group(status="5.7.26", diagnosis="550 5.7.26 not authenticated"), to=sender_of(listed))
    listed.ok("feedback", "read", write("one.eml", mail))

    ran = listed.run("check", "--json")
    assert ran.status == 1
    assert any(problem.endswith("it was said: smtp; 550 5.7.26 not authenticated") for problem in ran.json["problems"])


def test_what_waits_is_listed_shown_and_dropped(listed, write):
    odd = message("\nWhat is this?\n", to="x@example.org", sender="y@example.net", Subject="=?utf-8?q?Fr=C3=A4ge?=")
    listed.ok("feedback", "read", write("one.eml", odd))

    (waits,) = listed.json("feedback", "list")
    assert list(waits) == WAITING.split()
    assert (waits["detail"], waits["size"], waits["origin"]) == ("Fräge", len(odd), "file")
    number = waits["number"]
    assert listed.ok("feedback", "list").out == f"{number:>6}  2026-11-22 12:00 UTC  Fräge\n"
    assert listed.ok("feedback", "show", number).out.encode() == odd
    assert listed.json("feedback", "drop", number) == {"dropped": 1}
    assert listed.ok("feedback", "list").out == "nothing waits to be looked at\n"
    assert listed.refusal("feedback", "drop", number).startswith(f"no message {number} waits to be looked at")


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "the mailbox nowhere can't be read: No such file"), ("imap", "expected DAILY_DOSE_IMAP_URL")],
)
def test_what_can_t_be_read_is_told_in_a_line(listed, tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    ran = listed.run("feedback", "read", name)
    assert (ran.status, ran.out) == (2 if name == "imap" else 1, "")
    assert ran.error.startswith(message)


# A mail server's pipe.


def piped(line: CommandLine, mail: bytes) -> tuple[int, str, str]:
    with line.start("feedback", "read", "-", stdin=subprocess.PIPE, text=False, encoding=None) as process:
        out, err = process.communicate(mail, timeout=60)
    return process.returncode, out.decode(), err.decode()


def test_a_message_from_standard_input_is_taken_in(listed):
    listed.at = NOON
    assert piped(listed, returned(listed)) == (0, "1 read; 1 hard\n", "")
    assert piped(listed, returned(listed) + b"Hello\n" * 4_000_000) == (0, "1 read; 1 hard\n", "")
    assert piped(listed, b"\0\xff") == (
        0,
        "1 read; 1 unclassified\nwhat is unclassified waits for a person: daily-dose feedback list\n",
        "",
    )
    assert piped(listed, b"") == (0, "0 read\n", "")


def test_a_message_that_can_t_be_taken_in_now_is_left_to_the_mail_server(listed, fresh):
    mail = returned(listed)
    status, out, err = piped(fresh, mail)
    assert (status, out) == (75, "")
    assert err.startswith("error: the database sqlite:///")
    listed.settings["PORT"] = "none"
    assert piped(listed, mail)[0] == 75


# The real chain: our session hands a mail to Postfix, which has no such mailbox, and says so.

#: It hands a message to the test, which runs the program on it as the pipe would, and ends as that ended: the program
#: may be where only root may go, and Postfix runs no pipe as root.
_PIPE = """#!/bin/sh
cat >{spool}/$$.part && mv {spool}/$$.part {spool}/$$.mail
for _ in $(seq 600); do [ -e {spool}/$$.status ] && exit $(cat {spool}/$$.status); sleep 0.05; done
exit 1
"""


def send(server: Postfix, sender: str, recipient: str = "nobody@example.org") -> None:
    mail = b"From: dose@example.org\r\nTo: nobody@example.org\r\nSubject: A day\r\n\r\nHello\r\n"
    envelope = Envelope(sender=sender, recipient=recipient, mail=dot_stuffed(mail))
    with Session(Relay.parse(server.url), host_name="news.example.org", patience=Patience()) as session:
        assert [each.outcome for each in hand_in(session, [envelope])] == [Outcome.SENT]


def test_a_real_bounce_in_a_maildir_counts_for_the_reader_whose_mail_it_was(live, postfix):
    with_a_reader(live)
    server = postfix(
        smtpd_reject_unlisted_recipient="no",
        virtual_mailbox_domains=f"example.org {DOMAIN}",
        virtual_mailbox_maps=f"inline:{{ {{reader@example.org=all/}} {{b@{DOMAIN}=back/}} }}",
        recipient_delimiter="+",
    )
    forged = f"b+{'a' * 61}@{DOMAIN}"
    for sender in (sender_of(live), sender_of(live, 8), forged):
        send(server, sender)
    back = server.folder / "boxes" / "back"
    until(lambda: len(list((back / "new").glob("*"))) == 3, "three bounces", patience=30)

    told = live.process("feedback", "read", back, "--json").json

    assert (told["read"], told["kinds"]) == (3, {"forged": 1, "hard": 2})
    assert score(live) == ("good", 1.0)
    assert len(list((back / "cur").glob("*"))) == 3
    assert live.process("feedback", "list", "--json").json == []


def test_a_real_bounce_waits_in_postfix_until_it_can_be_taken_in(live, postfix, tmp_path):
    """With exit status 75 it stays in Postfix's queue; taken in, it is gone from there."""
    with_a_reader(live)
    server = postfix(
        smtpd_reject_unlisted_recipient="no",
        mydestination=DOMAIN,
        local_recipient_maps="",
        recipient_delimiter="+",
        alias_maps="inline:{ b=|$data_directory/pipe }",
        virtual_mailbox_maps="inline:{ reader@example.org=all/ }",
    )
    spool = server.folder / "spool"
    spool.mkdir()
    spool.chmod(0o777)
    (server.folder / "data" / "pipe").write_text(_PIPE.format(spool=spool))
    (server.folder / "data" / "pipe").chmod(0o755)
    with relayed(live, spool) as statuses:
        live.settings["DATABASE_URL"] = f"sqlite:///{tmp_path / 'nowhere.db'}"
        send(server, sender_of(live))
        until(lambda: "temporary failure" in server.queue(), "Postfix to keep it", patience=30)
        assert statuses == [75]
        del live.settings["DATABASE_URL"]
        subprocess.run(["postqueue", "-c", server.folder / "conf", "-f"], check=True, capture_output=True)
        until(lambda: statuses == [75, 0], "the program to take it in", patience=30)
    until(lambda: "Mail queue is empty" in server.queue(), "an empty queue", patience=30)
    assert score(live) == ("good", 1.0)


@contextmanager
def relayed(line: CommandLine, spool: Path) -> Iterator[list[int]]:
    """Run the program on what the pipe leaves, for as long as the block; give how it ended each time."""
    statuses: list[int] = []
    over = Event()

    def run() -> None:
        while not over.wait(0.05):
            for mail in spool.glob("*.mail"):
                with mail.open("rb") as file:
                    ran = line.process("feedback", "read", "-", stdin=file)
                statuses.append(ran.status)
                mail.unlink()
                mail.with_suffix(".draft").write_text(str(ran.status))
                mail.with_suffix(".draft").rename(mail.with_suffix(".status"))

    thread = Thread(target=run)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join()


def test_a_mailbox_over_imap_is_taken_in_once(live):
    with_a_reader(live)
    try:
        with running_dovecot() as server:
            report = delivery_report(group(), to=sender_of(live)).replace(b"Received", b"X-Received")
            server.put("back", report)
            live.settings["IMAP_URL"] = server.url("back")
            untrusted = live.process("feedback", "read", "imap")
            assert (untrusted.status, untrusted.out) == (1, "")
            assert untrusted.error.startswith(
                f"the mailbox imaps://{LOOPBACK}/INBOX can't be read: the server's certificate"
            )
            trusting = {"SSL_CERT_FILE": str(server.certificate)}
            assert live.process("feedback", "read", "imap", env=trusting).out == "1 read; 1 hard\n"
            assert live.process("feedback", "read", "imap", env=trusting).out == "0 read\n"
            assert [file.name for file in (server.box("back") / "cur").iterdir()] == ["1.V1.host:2,S"]
    except NoDovecot as error:
        missing(str(error), install="apt-get install --no-install-recommends dovecot-imapd")
    assert score(live) == ("good", 1.0)
