"""A whole archive as JSON Lines, and back: nothing lost, from either database to the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import Room, an_edition, at, day, entry, many, starter
from servers.postgresql import PostgreSQL
from sqlalchemy import select, text, update

from newsletter.archive import copying, corrections, editions, entries, issues, plans
from newsletter.delivery import ledger
from newsletter.desk.importing import Import, Report
from newsletter.errors import InvalidEntry
from newsletter.models import (
    Change,
    Correction,
    Edition,
    Entry,
    Hold,
    Issue,
    IssueState,
    Kind,
    Rule,
    Schedule,
    Status,
)
from newsletter.shapes import entry_of, entry_shape
from newsletter.store import Store
from newsletter.store import tables as our
from newsletter.store.schema import upgrade
from newsletter.text import clean_line, slugify

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def export(store: Store) -> bytes:
    with store.reading() as connection:
        return "".join(f"{line}\n" for line in copying.lines(connection)).encode()


def restore(store: Store, exported: bytes, folder: Path, *, dry_run: bool = False) -> Report:
    file = folder / "archive.jsonl"
    file.write_bytes(exported)
    return Import(files=[str(file)]).run(store, at(500), dry_run=dry_run)


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
    room.press.release(None, (day(85), day(86)), at(23))
    room.press.hold(None, None, at(23, 7), "a doubt")
    room.press.release(None, None, at(23, 8))
    room.desk.enqueue(None, later[5], at(23, 8))
    room.desk.enqueue(None, later[6], at(23, 8), day=day(40))


def test_a_season_exported_and_imported_is_exported_again_as_the_same_bytes(season, elsewhere, tmp_path):
    exported = export(season.store)
    report = restore(elsewhere.store, exported, tmp_path)

    assert report.errors == []
    assert report.count == 150
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

    assert (report.count, report.errors, report.known) == (150, [], [])
    assert export(elsewhere.store) == b""


def test_imported_again_a_whole_archive_adds_nothing(season, tmp_path):
    exported = export(season.store)
    report = restore(season.store, exported, tmp_path)

    assert report.count == 0
    assert len(report.known) == 150
    assert export(season.store) == exported


def test_of_a_whole_archive_one_that_is_not_empty_takes_only_what_is_new_of_its_entries(season, elsewhere, tmp_path):
    elsewhere.open(an_edition())
    elsewhere.add(entry("own"), starter()[0])
    report = restore(elsewhere.store, export(season.store), tmp_path)

    assert (report.count, len(report.known)) == (149, 1)
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


# Archives that nobody would think of

_WORDS = st.text(min_size=1, max_size=20)
_LINES = _WORDS.map(clean_line).map(lambda line: line or "x")
_DAYS = st.integers(0, 400).map(day)
_INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_SOURCES = st.fixed_dictionaries(
    {"raw": _WORDS},
    optional={"author": _WORDS, "title": _WORDS, "published": st.sampled_from(["2014", "2014-02", "2014-02-28"])},
)
_SHAPES = st.fixed_dictionaries(
    {"kind": st.sampled_from(list(map(str, Kind))), "headline": _WORDS, "body": st.text(min_size=1)},
    optional={
        "slug": st.sampled_from(["a", "a-b", "ab", "é", "غزة", "b"]),
        "speaker": _WORDS,
        "event_date": st.sampled_from(["1970", "2014-02", "2016-02-29"]),
        "country": st.sampled_from(["ML", "NG"]),
        "place": _WORDS,
        "groups": st.lists(
            st.fixed_dictionaries({"name": _WORDS, "attribution": st.sampled_from(["claimed", "disputed"])}), max_size=3
        ),
        "claimed": st.booleans(),
        "killed": st.integers(0, 10_000_000),
        "injured": st.integers(0, 100),
        "injured_at_least": st.booleans(),
        "tags": st.lists(_WORDS, max_size=3),
        "sources": st.lists(_SOURCES, max_size=3),
        "status": st.sampled_from(list(map(str, Status))),
        "guessed": st.lists(st.sampled_from(["place", "killed"]), max_size=2),
    },
)


@st.composite
def _entries(draw: st.DrawFn) -> list[Entry]:
    found = []
    for number, shape in enumerate(draw(st.lists(_SHAPES, min_size=1, max_size=4))):
        coordinates = draw(st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)))
        if coordinates:
            shape |= {"latitude": coordinates[0], "longitude": coordinates[1]}
        shape["groups"] = [{"slug": f"g-{each['name']}", **each} for each in shape.get("groups", [])]
        try:
            found.append(entry_of(shape, uid=entry(f"uid-{number}").uid))
        except InvalidEntry:
            continue
    return found


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(_entries())
def test_an_entrys_shape_is_read_as_the_same_entry(those):
    for each in those:
        assert entry_of(entry_shape(each)) == each


def test_a_slugs_slug_is_itself_whatever_letter_is_in_it():
    letters = map(chr, (*range(0xD800), *range(0xE000, 0x110000)))
    slugs = {slugify(f"a{letter}b") for letter in letters}

    assert [slug for slug in slugs if slugify(slug) != slug] == []


_EDITIONS = st.builds(
    an_edition,
    st.just("daily-dose"),
    title=_LINES,
    sender=st.none() | st.just("Dose <dose@example.org>"),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    kinds=st.frozensets(st.sampled_from(list(Kind)), min_size=1),
    tags=st.frozensets(st.sampled_from(["x", "y"])),
    schedules=st.just(
        (
            Schedule(from_day=day(0), zone=ZoneInfo("UTC"), time=time(6)),
            Schedule(from_day=day(90), zone=ZoneInfo("Pacific/Apia"), time=time(23, 59)),
        )
    ),
)
_HOLDS = st.builds(
    Hold,
    edition=st.sampled_from([None, "daily-dose"]),
    first=st.none() | _DAYS,
    last=st.none() | _DAYS,
    since=_INSTANTS,
    until=st.none() | _INSTANTS,
    reason=st.sampled_from(["", "a doubt"]),
    origin=st.sampled_from(["editor", "clock", "restored"]),
)


@st.composite
def _issues(draw: st.DrawFn) -> dict[str, object]:
    instant = draw(_INSTANTS)
    return {
        "rule": draw(st.sampled_from(list(Rule))),
        "subject": draw(_LINES),
        "due_at": instant,
        "caught_up": draw(st.booleans()),
        "mails": draw(st.lists(st.binary(max_size=50), min_size=1, max_size=3)),
        "mailed": draw(st.booleans()),
        "withdrawn": draw(st.booleans()),
    }


@st.composite
def _corrections(draw: st.DrawFn) -> Correction:
    changes = draw(st.lists(st.tuples(st.none() | st.just("Gao"), st.none() | st.just("Ségou")), max_size=2))
    return Correction(
        entry="",
        headline="",
        corrected_at=draw(_INSTANTS),
        note=draw(_LINES),
        changes=tuple(Change(field="place", was=was, now=now) for was, now in changes),
        slip=draw(st.booleans()),
    )


@pytest.fixture
def pair(archives: Callable[[str], Store], database_kind) -> tuple[Store, Store]:
    return archives(database_kind), archives(OTHER[database_kind])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    edition=_EDITIONS,
    new=_entries(),
    revisions=st.lists(st.tuples(st.integers(0, 3), _SHAPES), max_size=4),
    published=st.lists(_issues(), max_size=3),
    noted=st.lists(_corrections(), max_size=3),
    held=st.lists(_HOLDS, max_size=3),
)
def test_whatever_an_archive_holds_is_exported_imported_and_exported_as_the_same_bytes(
    pair, tmp_path, edition, new, revisions, published, noted, held
):
    here, there = pair
    for store in pair:
        _empty(store)
    with here.transaction() as connection:
        editions.add(connection, edition)
        kept = entries.add(connection, new, at(0))
        for number, shape in revisions:
            _revise(connection, kept, number, shape)
        for number, values in enumerate(published if kept else []):
            _publish(connection, edition, kept[number % len(kept)], day(number), values)
        for number, note in enumerate(noted if kept else []):
            _note(connection, kept[number % len(kept)], note, edition)
        for each in held:
            plans.hold(connection, each)
        for number, each in enumerate(kept):
            entry_id = entries.get_id(connection, str(each.uid))
            if number % 2:
                plans.pin(connection, _edition_id(connection), day(number), entry_id)
            else:
                plans.enqueue(connection, _edition_id(connection), entry_id, at=0, note="a note" if number else None)

    exported = export(here)
    assert restore(there, exported, tmp_path).errors == []
    assert export(there) == exported


def _edition_id(connection) -> int:
    return editions.get_id(connection, "daily-dose")


def _empty(store: Store) -> None:
    with store.transaction() as connection:
        for table in reversed(our.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(our.meta.insert().values(key="change", value="1"))


def _revise(connection, kept: list[Entry], number: int, shape: dict[str, object]) -> None:
    if not kept:
        return
    number %= len(kept)
    try:
        wanted = entry_of({**shape, "groups": []}, uid=kept[number].uid)
    except InvalidEntry:
        return
    kept[number] = entries.revise(connection, replace(wanted, origin=kept[number].origin), at(number, 7))


def _publish(connection, edition: Edition, published: Entry, on: date, values: dict[str, object]) -> None:
    instant = values["due_at"] + timedelta(microseconds=on.toordinal())
    issue = Issue(
        uid=entry(f"issue-{on}").uid,
        edition=edition.slug,
        day=on,
        number=on.toordinal(),
        state=IssueState.PUBLISHED,
        rule=values["rule"],
        reason="a reason — with “words”",
        subject=values["subject"],
        entry=published,
        due_at=instant,
        published_at=instant,
        updated_at=instant,
        caught_up=values["caught_up"],
    )
    first, *others = values["mails"]
    issues.insert_issue(connection, issues.Freeze(issue=issue, mail=first))
    for mail in others:
        issues.freeze_mail(connection, issue.uid, mail, instant)
    if values["mailed"]:
        ledger.open_mailing(connection, _edition_id(connection), issue.uid, on, len(others) + 1, instant)
    if values["withdrawn"]:
        issues.withdraw(connection, issue, "A notice.", instant + timedelta(days=1))


def _note(connection, wrong: Entry, note: Correction, edition: Edition) -> None:
    corrections.add(connection, entries.get_id(connection, str(wrong.uid)), wrong.revision, note)
    newest = corrections.Noted(
        id=connection.scalar(select(our.corrections.c.id).order_by(our.corrections.c.id.desc()).limit(1)),
        revision=wrong.revision,
        correction=note,
    )
    for kind in ("issue", "digest"):
        corrections.carried(connection, _edition_id(connection), kind, "2026-W09", [newest])


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
