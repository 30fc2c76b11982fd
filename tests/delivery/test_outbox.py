"""The outbox: every message one file, written durably or not at all."""

from __future__ import annotations

import mailbox
import resource
import signal

import pytest

from newsletter.delivery.outbox import Outbox, OutboxFull

MAIL = b"To: reader@example.org\r\nSubject: one\r\n\r\nOne line.\r\nAnother.\r\n"


def test_a_message_stands_in_a_maildir_that_python_reads(tmp_path):
    Outbox(tmp_path).put("<1@example.org>", MAIL)

    (message,) = mailbox.Maildir(tmp_path, create=False)
    assert message["Subject"] == "one"
    assert message.get_payload() == "One line.\nAnother.\n"


def test_the_same_message_id_again_makes_no_second_file(tmp_path):
    outbox = Outbox(tmp_path)
    first = outbox.put("<1@example.org>", MAIL)

    assert outbox.put("<1@example.org>", MAIL) == first
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [first]


def test_a_message_that_a_mail_reader_has_moved_on_is_not_written_again(tmp_path):
    outbox = Outbox(tmp_path)
    new = outbox.put("<1@example.org>", MAIL)
    seen = tmp_path / "cur" / f"{new.name}:2,S"
    new.rename(seen)

    assert outbox.put("<1@example.org>", MAIL) == seen
    assert list((tmp_path / "new").iterdir()) == []


def test_other_messages_have_other_files(tmp_path):
    outbox = Outbox(tmp_path)

    assert len({outbox.put(f"<{number}@example.org>", MAIL) for number in range(20)}) == 20


def test_an_outbox_that_takes_nothing_says_so_and_holds_no_half_message(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OutboxFull, match="does not take a message: File too large; nothing was lost"):
            Outbox(tmp_path).put("<1@example.org>", MAIL * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)

    assert list((tmp_path / "new").iterdir()) == []


def test_an_outbox_that_is_a_file_says_so(tmp_path):
    (tmp_path / "outbox").write_text("not a folder")

    with pytest.raises(OutboxFull, match="outbox does not take a message"):
        Outbox(tmp_path / "outbox").put("<1@example.org>", MAIL)
    with pytest.raises(OutboxFull, match="outbox does not take a message"):
        Outbox(tmp_path / "outbox").test()


def test_a_test_of_the_outbox_leaves_nothing_in_it(tmp_path):
    Outbox(tmp_path).test()

    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
