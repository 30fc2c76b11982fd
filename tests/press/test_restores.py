"""A database that was set back, or copied, sends nothing until a human says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from rooms import Room, an_edition, at, day, many

from newsletter.archive import plans
from newsletter.delivery.generations import Generation, Restored, UnusableWitness, Witness, fault
from newsletter.press.means import Means
from newsletter.press.refusals import Held
from newsletter.store import Store
from newsletter.store.engine import remember, remembered

READERS = [f"reader-{number}@example.org" for number in range(3)]


@dataclass
class WitnessedRoom(Room):
    """A room with a witness beside its outbox."""

    def means(self) -> Means:
        return replace(super().means(), witness=self.witness)

    @property
    def witness(self) -> Witness:
        return Witness(self.folder.parent / "witness")

    def kept(self) -> str | None:
        with self.store.reading() as connection:
            return remembered(connection, "generation")

    def set_back(self, kept: str) -> None:
        """Let the database know what it knew before: a restore as far as the guard can tell."""
        with self.store.transaction() as connection:
            remember(connection, "generation", kept)

    def origins(self) -> list[str]:
        with self.store.reading() as connection:
            return [hold.origin for hold in plans.holding(connection) if hold.until is None]


@pytest.fixture
def room(store: Store, tmp_path) -> WitnessedRoom:
    room = WitnessedRoom(store, tmp_path / "outbox")
    room.open(an_edition())
    room.add(*many(40))
    room.subscribe(*READERS)
    return room


def live(room: WitnessedRoom, number: int) -> int:
    """Publish a day's issue, and send it."""
    room.restart()
    room.press.tick(at(number))
    return room.press.sending.sweep(at(number))


def test_the_witness_has_seen_each_mailing_before_it_is_sent(room):
    for number in range(3):
        room.press.tick(at(number))
        before = room.witness.seen()
        assert before is not None
        assert before.number == number
        assert room.press.sending.sweep(at(number)) == 3
        assert str(room.witness.seen()) == room.kept()
    assert room.origins() == []


def test_yesterdays_database_mails_nothing_until_a_human_releases_it(room):
    live(room, 0)
    backup = room.kept()
    live(room, 1)
    room.set_back(backup)

    assert live(room, 2) == 0
    assert room.origins() == ["restored"]
    assert len(room.messages()) == 6
    problems = room.press.outlook.overview(None, at(2, 7)).problems
    assert any("release --restored" in problem for problem in problems)

    assert room.press.guards.release_restored(at(2, 8)) == 1
    assert live(room, 3) == 3
    assert room.origins() == []
    assert str(room.witness.seen()) == room.kept()


def test_a_clone_without_its_witness_mails_nothing(room):
    live(room, 0)
    room.witness.file.unlink()

    assert live(room, 1) == 0
    assert room.origins() == ["restored"]
    assert room.witness.seen() is None


def test_editors_holds_stay_where_they_are(room):
    live(room, 0)
    room.press.hold(None, (day(9), day(9)), at(0, 7), "a holiday")
    room.witness.file.unlink()
    live(room, 1)

    assert room.press.release(None, None, at(1, 7)) == 0, "the guard's hold is no editor's"
    assert room.press.guards.release_restored(at(1, 8)) == 1
    assert room.origins() == ["editor"]
    with pytest.raises(Held):
        room.press.publish(None, day(9), at(9))


def test_what_was_queued_when_the_backup_was_made_is_not_sent_again(room):
    room.press.tick(at(0))
    backup = room.kept()
    room.press.sending.sweep(at(0))
    live(room, 1)
    room.set_back(backup)
    room.restart()

    with pytest.raises(Restored):
        room.press.sending.sweep(at(1, 7))


def test_a_released_clone_is_a_database_of_its_own(room):
    live(room, 0)
    before = room.kept()
    room.witness.file.unlink()
    live(room, 1)
    room.press.guards.release_restored(at(1, 8))

    now = room.kept()
    assert before is not None
    assert now is not None
    assert now.split()[0] != before.split()[0]
    assert int(now.split()[1]) >= int(before.split()[1])


def test_a_new_database_beside_an_old_witness_waits_and_can_be_released(room):
    room.witness.see(Generation(database="other", number=7))

    assert live(room, 0) == 0
    assert room.press.guards.release_restored(at(0, 7)) == 1
    assert live(room, 1) == 3


def test_a_release_where_nothing_was_restored_changes_nothing(room):
    live(room, 0)
    before = room.kept()

    assert room.press.guards.release_restored(at(0, 7)) == 0
    assert room.kept() == before


def test_a_witness_that_cannot_be_written_stops_the_mail(room):
    room.press.tick(at(0))
    room.witness.file.unlink()
    room.witness.file.mkdir()

    with pytest.raises(UnusableWitness, match="witness"):
        room.press.sending.sweep(at(0))
    assert room.messages() == []


def test_what_a_witness_holds_is_believed_only_if_it_is_ours(tmp_path):
    witness = Witness(tmp_path / "deep" / "witness")
    assert witness.seen() is None
    own = Generation(database="a", number=3)
    witness.see(own)
    witness.see(replace(own, number=2))

    assert witness.seen() == own, "it goes forward only"
    assert fault(own, own) is None
    assert fault(own, replace(own, number=2)) is None, "the database may be ahead: it was not sent yet"
    assert "another database" in str(fault(own, Generation(database="b", number=1)))
    witness.file.write_bytes(b"\xff\x00 nonsense")
    assert witness.seen() is None
