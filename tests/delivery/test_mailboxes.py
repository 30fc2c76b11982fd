"""Mailboxes are read to the end, and let go of what is kept; what can't be read is told in one line."""

from __future__ import annotations

import io
import mailbox
import subprocess
import sys
from pathlib import Path

import pytest
from returned_mail import delivery_report, group

from newsletter.delivery.feedback import ENOUGH
from newsletter.delivery.feedback.sources import Stream, UnusableMailbox, opened

MAILS = [delivery_report(group(), Message_Id=f"<{each}@x>") for each in range(3)]


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """Give a Maildir with three messages, which came in the order of their numbers."""
    folder = tmp_path / "Maildir"
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True)
    for second, mail in zip((9, 10, 11), MAILS, strict=True):
        (folder / "new" / f"{second}.V1M1.host").write_bytes(mail)
    return folder


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    """Give an mbox with three messages."""
    box = mailbox.mbox(tmp_path / "mbox")
    for mail in MAILS:
        box.add(mail)
    box.close()
    return tmp_path / "mbox"


def read(path: Path) -> list[bytes]:
    with opened(path) as source:
        return [each.head for each in source.arrived()]


def test_a_maildir_gives_what_is_new_in_the_order_in_which_it_came(maildir: Path) -> None:
    (maildir / "new" / ".hidden").write_bytes(b"x")
    (maildir / "new" / "folder").mkdir()
    assert read(maildir) == MAILS


def test_a_maildir_keeps_what_was_not_let_go_of(maildir: Path) -> None:
    with opened(maildir) as source:
        first, *_ = source.arrived()
        source.let_go([first.key])
    assert read(maildir) == MAILS[1:]
    assert [file.name for file in (maildir / "cur").iterdir()] == ["9.V1M1.host:2,S"]
    assert (maildir / "cur" / "9.V1M1.host:2,S").read_bytes() == MAILS[0]


def test_a_message_that_a_mail_reader_takes_meanwhile_is_passed_over(maildir: Path) -> None:
    with opened(maildir) as source:
        given = source.arrived()
        first = next(given)
        (maildir / "new" / first.key).rename(maildir / "cur" / first.key)
        (maildir / "new" / "10.V1M1.host").unlink()
        assert [each.head for each in given] == MAILS[2:]
        source.let_go([first.key])
    assert [file.name for file in (maildir / "cur").iterdir()] == [first.key]


def test_an_mbox_gives_every_message_and_stays_as_it_is(mbox: Path) -> None:
    before, stamp = mbox.read_bytes(), mbox.stat().st_mtime_ns
    for _ in range(2):
        with opened(mbox) as source:
            given = list(source.arrived())
            source.let_go([each.key for each in given])
        assert [each.head for each in given] == MAILS
    assert (mbox.read_bytes(), mbox.stat().st_mtime_ns) == (before, stamp)
    assert [file.name for file in mbox.parent.iterdir()] == ["mbox"]


def test_an_mbox_that_another_program_writes_to_is_not_read(mbox: Path) -> None:
    script = (
        "import fcntl, sys\nfile = open(sys.argv[1], 'r+b')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX)\nprint('locked', flush=True)\ninput()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script, mbox], **pipes) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(UnusableMailbox, match="another program is writing to it: try again"):
            read(mbox)
        other.communicate(b"\n")
    assert read(mbox) == MAILS


def test_a_file_that_is_no_mbox_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "bounce.eml").write_bytes(MAILS[0])
    assert read(tmp_path / "bounce.eml") == MAILS[:1]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "mbox").touch()
    assert read(tmp_path / "mbox") == []


def test_no_more_of_a_message_is_read_than_is_looked_at(maildir: Path, mbox: Path, tmp_path: Path) -> None:
    huge = MAILS[0] + b"Hello\n" * 1_000_000
    for file in (maildir / "new").iterdir():
        file.write_bytes(huge)
    mbox.write_bytes(b"From x\n" + huge)
    (tmp_path / "huge.eml").write_bytes(huge)
    for path in (maildir, mbox, tmp_path / "huge.eml"):
        assert {len(head) for head in read(path)} == {ENOUGH}


def test_a_stream_is_read_to_its_end_so_that_its_writer_is_not_cut_off() -> None:
    stream = io.BytesIO(b"x" * (ENOUGH + 3_000_000))
    assert [len(each.head) for each in Stream(stream).arrived()] == [ENOUGH]
    assert stream.read() == b""
    assert list(Stream(stream).arrived()) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere", "No such file or directory"),
        ("folder", "expected a Maildir with `new` and `cur` in it, or the file of an mbox"),
    ],
)
def test_what_is_no_mailbox_is_told_in_a_line(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnusableMailbox) as refused:
        read(tmp_path / name)
    assert str(refused.value) == f"the mailbox {tmp_path / name} can't be read: {why}"
