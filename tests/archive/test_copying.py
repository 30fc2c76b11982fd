"""A whole archive as JSON Lines, and back: nothing lost, from either database to the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest
from rooms import Room, an_edition, at, day, entry, many, starter
from servers.postgresql import PostgreSQL
from sqlalchemy import text, update
from whole_archives import OTHER, export, restore

from newsletter.archive import issues
from newsletter.models import Entry, PartialDate
from newsletter.store import Store
from newsletter.store import tables as our
from newsletter.store.schema import upgrade
from newsletter.text import slugify

# A season of the starter archive, with everything that happens to one


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def seasons(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Callable[[], str]]:
    """Give a database with months of issues and every kind of record there is, and a function that copies it."""
    folder = tmp_path_factory.mktemp("season")
    if request.param == "sqlite":
        file = folder / "season.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        url, copy = f"sqlite:///{file}", lambda: f"sqlite:///{shutil.copy(file, folder / f'{uuid4().hex}.db')}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        name = server.create_database(template=request.getfixturevalue("migrated_database"))
        url, copy = server.url(name), lambda: server.url(server.create_database(template=name))
    store = Store(url)
    _live_through_a_season(Room(store, folder / "outbox"))
    store.close()
    return request.param, copy


@pytest.fixture
def season(seasons: tuple[str, Callable[[], str]], tmp_path: Path) -> Iterator[Room]:
    """Give a room that lived through a season, a copy of its own."""
    store = Store(seasons[1]())
    yield Room(store, tmp_path / "outbox")
    store.close()


@pytest.fixture
def elsewhere(seasons: tuple[str, Callable[[], str]], archives: Callable[[str], Store], tmp_path: Path) -> Room:
    """Give a room without editions, on the other kind of database than the season's."""
    return Room(archives(OTHER[seasons[0]]), tmp_path / "elsewhere")


def _live_through_a_season(room: Room) -> None:
    room.open(an_edition(), an_edition("evening-dose", title="Evening Dose", rest_days=30))
    room.add(*starter()[:150])
    room.subscribe("reader@example.org")
    room.press.catch_up(at(16))
    slugs = [each.slug for each in starter()[:150]]
    later = [slug for slug in slugs if slug not in room.picks().values()]
    room.desk.enqueue(None, later[0], at(16))
    room.desk.enqueue(None, later[1], at(16))
    room.desk.enqueue(None, later[2], at(16), day=day(20))
    room.desk.enqueue("evening-dose", later[3], at(16), day=day(36))
    room.press.hold(None, (day(18), day(19)), at(16), "a holiday")
    room.press.hold(None, (day(80), day(90)), at(16))
    for number in range(17, 22):
        room.press.tick(at(number))
    picks = room.picks()
    room.press.correct(None, day(8), "It was another town.", at(22), values={"place": "Elsewhere", "killed": "3"})
    room.press.amend(None, day(9), at(22, 7), {"slug": "a-new-name", "headline": "A better headline"})
    room.press.amend(None, later[9], at(22, 8), {"toll_note": "a note", "tags": '["new"]'})
    room.press.withdraw(None, day(10), "A court forbade it.", at(22, 9))
    room.press.withdraw(None, picks[day(11)], "A wrong name.", at(22, 10))
    room.press.tick(at(23))
    room.add(*_alike())
    room.press.release(None, (day(85), day(86)), at(23))
    room.press.hold(None, None, at(23, 7), "a doubt")
    room.press.release(None, None, at(23, 8))
    room.desk.enqueue(None, later[5], at(23, 8))
    room.desk.enqueue(None, later[6], at(23, 8), day=day(40))


def _alike() -> list[Entry]:
    """Return entries whose addresses differ only behind a headline as long as a slug may be."""
    headline = "Two suicide bombers attack worshippers at a mosque in the northern city of Testville"
    slug = slugify(headline)
    assert 70 < len(slug) <= 80, "or else a date behind it would show nothing"
    dates = [PartialDate(2011, 5, 3), PartialDate(2012, 6, 9), PartialDate(2012, 7, 1), PartialDate(2012, 7, 1)]
    return [
        replace(
            entry("alike", body=f"Account {number} of it."),
            uid=uuid5(UUID(int=1), str(number)),
            slug=slug,
            headline=headline,
            event_date=when,
        )
        for number, when in enumerate(dates)
    ]


def test_a_season_exported_and_imported_is_exported_again_as_the_same_bytes(season, elsewhere, tmp_path):
    exported = export(season.store)
    report = restore(elsewhere.store, exported, tmp_path)

    assert report.errors == []
    assert report.count == 154
    assert {json.loads(line)["record"] for line in exported.splitlines()} == {
        "edition", "group", "entry", "correction", "issue", "pin", "queue", "hold",
    }  # fmt: skip
    assert export(elsewhere.store) == exported


def test_a_restored_archive_is_sound_and_goes_on_as_the_first_one_would(season, elsewhere, tmp_path):
    restore(elsewhere.store, export(season.store), tmp_path)

    with elsewhere.store.reading() as connection:
        assert issues.altered(connection) == []
    assert elsewhere.issues() == season.issues()
    for edition in ("daily-dose", "evening-dose"):
        ahead = season.press.outlook.forecast(edition, None, 100, at(23, 9))
        assert elsewhere.press.outlook.forecast(edition, None, 100, at(23, 9)) == ahead
    season.press.tick(at(24))
    elsewhere.press.tick(at(24))
    assert elsewhere.picks() == season.picks()


def test_a_restored_archive_mails_nothing_that_was_mailed(season, elsewhere, tmp_path):
    restore(elsewhere.store, export(season.store), tmp_path)
    elsewhere.subscribe("reader@example.org")
    mailed = [issue.day for issue in season.issues() if issue.mailed]

    for each in mailed:
        elsewhere.press.publish(None, each, at(23, 9), mail=True)
    assert mailed
    assert elsewhere.press.sending.sweep(at(23, 9)) == 0


def test_a_dry_run_tells_the_same_and_keeps_nothing(season, elsewhere, tmp_path):
    report = restore(elsewhere.store, export(season.store), tmp_path, dry_run=True)

    assert (report.count, report.errors, report.known) == (154, [], [])
    assert export(elsewhere.store) == b""


def test_imported_again_a_whole_archive_adds_nothing(season, tmp_path):
    exported = export(season.store)
    report = restore(season.store, exported, tmp_path)

    assert report.count == 0
    assert len(report.known) == 154
    assert export(season.store) == exported


def test_of_a_whole_archive_one_that_is_not_empty_takes_only_what_is_new_of_its_entries(season, elsewhere, tmp_path):
    elsewhere.open(an_edition())
    elsewhere.add(entry("own"), starter()[0])
    report = restore(elsewhere.store, export(season.store), tmp_path)

    assert (report.count, len(report.known)) == (153, 1)
    assert "of a whole archive only its entries are taken" in report.errors[0].problem
    assert elsewhere.issues() == []
    kept = [json.loads(line) for line in export(elsewhere.store).splitlines()]
    assert {line["record"] for line in kept} == {"edition", "group", "entry"}


def test_an_archive_founded_empty_takes_a_whole_one(season, elsewhere, tmp_path):
    elsewhere.desk.found(None, at(100), past=0)
    exported = export(season.store)

    assert restore(elsewhere.store, exported, tmp_path).errors == []
    assert export(elsewhere.store) == exported


def test_bad_lines_of_a_whole_archive_are_refused_each_and_the_rest_is_restored(season, elsewhere, tmp_path):
    exported = export(season.store)
    lines = exported.splitlines()
    records = [json.loads(line) for line in lines]
    last = max(number for number, record in enumerate(records) if record["record"] == "issue")
    bad = {**records[last], "day": "2026-13-01"}
    nameless = {key: value for key, value in records[last].items() if key != "entry"}
    stranger = {**records[last], "entry": "00000000-0000-0000-0000-000000000000"}
    lines[last + 1 : last + 1] = [
        json.dumps(each).encode() for each in (bad, nameless, stranger, records[last], {"record": "comet"})
    ]
    report = restore(elsewhere.store, b"\n".join(lines), tmp_path)

    assert [problem.line for problem in report.errors] == [last + 2 + number for number in range(5)]
    assert all(problem.problem and "\n" not in problem.problem for problem in report.errors)
    assert export(elsewhere.store) == exported


def test_a_database_that_sorts_words_by_language_exports_the_same_bytes(postgresql: PostgreSQL, tmp_path, archives):
    room = Room(archives("sqlite"), tmp_path / "outbox")
    room.open(an_edition())
    for number, slug in enumerate(("co-op", "coop", "cooz", "zoo", "Öl", "ol", "öz", "a-b", "ab", "a-c")):
        group = {"slug": slug, "name": slug.title(), "attribution": "claimed"}
        (kept,) = room.add(entry(f"entry-{number}", groups=[group]))
        room.press.amend(None, kept.slug, at(1), {"slug": f"{slug}-first"})
        room.press.amend(None, str(kept.uid), at(1), {"slug": f"{slug}-second"})
    name = postgresql.create_database()
    postgresql.drop_database(name)
    postgresql._execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
    there = Store(postgresql.url(name))
    upgrade(there)
    with there.reading() as connection:
        assert connection.scalar(text("SELECT 'co-op' > 'coop'")) is False
        assert connection.scalar(text("SELECT 'zoo' < 'öz'")) is False

    exported = export(room.store)
    assert restore(there, exported, tmp_path).errors == []
    assert export(there) == exported
    there.close()
    postgresql.drop_database(name)


def test_an_issue_whose_frozen_content_was_altered_is_told(room):
    room.add(*many(3))
    room.press.tick(at(2))
    with room.store.transaction() as connection:
        assert issues.altered(connection) == []
        connection.execute(update(our.issues).where(our.issues.c.day == day(1)).values(content="{}"))
        altered = issues.altered(connection)
        connection.execute(update(our.frozen_mails).values(mail=b"other"))
        every = issues.altered(connection)

    assert [issue.day for issue in altered] == [day(1)]
    assert [issue.day for issue in every] == [day(0), day(1), day(2)]
