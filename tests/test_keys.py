"""The keys' files: made once, for their owner alone, and believed for as long as they are there."""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.keys import UnusableKeys, keyring, suppression_key
from newsletter.tokens import InvalidToken, Purpose

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "a secret of the settings, of 32 characters or more"


def test_the_first_key_is_made_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    token = keyring(folder).seal(Purpose.UNSUBSCRIBE, b"reader", NOW)
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert keyring(folder).open(Purpose.UNSUBSCRIBE, token, NOW) == b"reader"


def _token(folder: Path, gate: multiprocessing.synchronize.Barrier, told: multiprocessing.SimpleQueue[str]) -> None:
    gate.wait()
    told.put(keyring(folder).seal(Purpose.UNSUBSCRIBE, b"reader", NOW) + suppression_key(folder).decode())


def test_processes_that_start_at_once_take_one_key(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    gate, told = spawning.Barrier(4), spawning.SimpleQueue()
    started = [spawning.Process(target=_token, args=(tmp_path / "keys", gate, told)) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert len({told.get() for _ in started}) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 2


def test_a_newer_file_signs_and_the_older_ones_are_believed(tmp_path: Path) -> None:
    old = keyring(tmp_path).seal(Purpose.UNSUBSCRIBE, b"reader", NOW)
    (tmp_path / "0002.key").write_text("b" * 64)
    both = keyring(tmp_path)
    assert both.open(Purpose.UNSUBSCRIBE, old, NOW) == b"reader"
    new = both.seal(Purpose.UNSUBSCRIBE, b"reader", NOW)
    (tmp_path / "0001.key").unlink()
    assert keyring(tmp_path).open(Purpose.UNSUBSCRIBE, new, NOW) == b"reader"
    with pytest.raises(InvalidToken):
        keyring(tmp_path).open(Purpose.UNSUBSCRIBE, old, NOW)


def test_the_settings_secret_signs_and_makes_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    token = keyring(folder, SECRET).seal(Purpose.UNSUBSCRIBE, b"reader", NOW)
    assert not folder.exists()
    (tmp_path / "keys").mkdir()
    (folder / "old.key").write_text(SECRET)
    assert keyring(folder).open(Purpose.UNSUBSCRIBE, token, NOW) == b"reader"


@pytest.mark.parametrize(("content", "why"), [(b"short", "at least 32 bytes"), (b"\xff" * 40, "letters and digits")])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "0001.key").write_bytes(content)
    with pytest.raises(UnusableKeys, match=why):
        keyring(tmp_path)


def test_a_place_where_no_key_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableKeys, match="Not a directory: give the service's user the right"):
        keyring(tmp_path / "file" / "keys")


def test_the_key_of_suppressions_is_made_once_for_its_owner_alone_and_signs_no_token(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    key = suppression_key(folder)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key) == 64
    keyring(folder)
    (folder / "0002.key").write_text("b" * 64)
    assert suppression_key(folder) == key
    file.unlink()
    token = keyring(folder).seal(Purpose.UNSUBSCRIBE, b"reader", NOW)
    file.write_bytes(key)
    assert keyring(folder).open(Purpose.UNSUBSCRIBE, token, NOW) == b"reader"


@pytest.mark.parametrize("content", [b"", b"short\n", b" " * 64])
def test_a_damaged_key_of_suppressions_is_told_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "suppressions.secret"
    file.write_bytes(content)
    with pytest.raises(UnusableKeys, match="take it from a backup"):
        suppression_key(tmp_path)
    assert file.read_bytes() == content


def test_a_place_where_no_key_of_suppressions_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableKeys, match="Not a directory: give the service's user the right"):
        suppression_key(tmp_path / "file" / "keys")
