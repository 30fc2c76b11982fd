"""While the ledger can't be written nothing is sent: what nobody could record would be sent again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_mail import IN_FLIGHT, Arrived, LiveMail, number_taken
from live_newsroom import until
from servers.missing import missing


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a file system of its own with little room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode:
        missing("the right to mount a file system", install="run the tests as root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def post(small_disk, planted_file, tmp_path, wall_clock) -> Iterator[LiveMail]:
    """Give a newsroom whose database alone is on the small disk."""
    file = small_disk / "daily-dose.db"
    shutil.copyfile(planted_file, file)
    newsroom = LiveMail(tmp_path, f"sqlite:///{file}", wall_clock)
    yield newsroom
    newsroom.close()


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def test_a_disk_that_is_full_in_mid_run_stops_sending_before_the_next_message_leaves(post, sink, small_disk):
    slow = sink("-w", "1")
    readers = post.begin(200, sent_by=slow)
    post.publish()
    part = post.start("schedule")
    until(lambda: number_taken(slow) >= 1, "the first message")
    filler = fill(small_disk)

    until(lambda: "the disk" in part.said(), "a word that the disk is full")
    post.await_silence(slow)
    arrived = Arrived(slow)
    assert len(arrived.mails) < len(readers), "it went on"
    assert set(arrived.mails) <= post.addresses_in("sending", "sent")
    assert len(set(arrived.mails) - post.addresses_in("sent")) <= IN_FLIGHT
    post.assert_whole()

    filler.unlink()
    fast = sink()
    part.kill()
    post.set(smtp_url=fast.url)
    post.settle()
    arrived = Arrived(slow, fast)
    arrived.assert_nobody_is_left_out(readers)
    arrived.assert_copies_are_equal()
    assert arrived.duplicates <= IN_FLIGHT
    assert post.states() == {"sent": len(readers)}
    post.assert_whole()


def test_a_disk_that_is_full_from_the_start_lets_nothing_leave(post, sink, small_disk):
    server = sink()
    readers = post.begin(50, sent_by=server)
    post.publish()
    filler = fill(small_disk)

    said = post.start("deliver")
    until(lambda: not said.runs(), "its end")
    assert said.process.returncode == 1
    assert "the disk" in said.said()
    assert number_taken(server) == 0

    filler.unlink()
    post.settle()
    assert Arrived(server).copies.total() == len(readers)
