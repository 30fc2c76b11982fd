"""Imports into a store: added once, near ones for review, the same report dry or not; on both databases."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import Room, an_edition, at, entry, starter

from newsletter.archive import entries
from newsletter.desk.importing import Import, Report
from newsletter.models import Entry, Status
from newsletter.shapes import entry_shape
from newsletter.store import tables as our


def written(folder: Path, those: list[dict[str, object]], name: str = "entries.jsonl") -> str:
    file = folder / name
    file.write_text("".join(json.dumps(each) + "\n" for each in those), encoding="utf-8", errors="surrogatepass")
    return str(file)


def taken(room: Room, file: str, *, dry_run: bool = False, **options: object) -> tuple[Report, list[Entry]]:
    told: list[Entry] = []
    report = Import(files=[file], **options).run(room.store, at(0), dry_run=dry_run, report=Report(added=told.append))
    assert report.count == len(told)
    return report, told


def all_entries(room: Room) -> list[Entry]:
    with room.store.reading() as connection:
        return list(entries.every(connection))


SHAPES = [{k: v for k, v in entry_shape(each).items() if v not in (None, [], False)} for each in starter()]


def test_what_is_told_as_added_is_what_is_kept(room, tmp_path):
    _, told = taken(room, written(tmp_path, SHAPES))

    assert len(told) == len(SHAPES)
    assert sorted(told, key=lambda each: each.uid) == all_entries(room)


def test_a_second_import_adds_nothing_and_names_what_is_known(room, tmp_path):
    file = written(tmp_path, SHAPES[:60])
    first, _ = taken(room, file)
    before = all_entries(room)
    second, told = taken(room, file)

    assert (first.known, told) == ([], [])
    assert second.known == [shape["slug"] for shape in SHAPES[:60]]
    assert all_entries(room) == before


def test_what_readers_saw_corrected_is_known_still(room, tmp_path):
    file = written(tmp_path, SHAPES[:3])
    taken(room, file)
    room.press.amend(None, SHAPES[0]["slug"], at(0), {"headline": "Another", "slug": "another", "body": "Other words."})
    report, told = taken(room, file)

    assert told == []
    assert report.known[0] == "another"


@pytest.mark.parametrize("dry_run", [False, True])
def test_two_entries_of_one_file_that_share_a_slug_get_two(room, tmp_path, dry_run):
    those = [
        {
            "slug": "same",
            "kind": "fact",
            "headline": f"Number {n}",
            "body": f"Body {n} {'x' * n}.",
            "event_date": "2014",
        }
        for n in range(3)
    ]
    _, told = taken(room, written(tmp_path, those), dry_run=dry_run)

    assert [each.slug for each in told][:2] == ["same", "same-2014"]
    assert told[2].slug.startswith("same-")
    assert [each.status for each in told] == [Status.DRAFT] * 3, "none has a source"


_SOME = st.lists(
    st.builds(
        lambda number, letter, place: {
            "slug": f"e-{letter}",
            "kind": "fact",
            "headline": f"Something happened {letter}",
            "body": f"In {place}, on a day, {number} people were killed by {letter} and nobody knows why.",
            "event_date": f"201{number % 10}-03-0{number % 9 + 1}",
            "place": place,
            "killed": number,
            "status": "ready",
            "sources": [{"raw": f"Source {letter}"}],
        },
        st.integers(0, 20),
        st.sampled_from("abc"),
        st.sampled_from(["Gao", "Kidal"]),
    ),
    max_size=8,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=_SOME, second=_SOME)
def test_a_dry_run_reports_what_the_import_then_does(room, tmp_path, first, second):
    with room.store.transaction() as connection:
        for table in (our.sources, our.entry_groups, our.entry_tags, our.revisions, our.redirects, our.entries):
            connection.execute(table.delete())
    if first:
        taken(room, written(tmp_path, first))
    file = written(tmp_path, second)
    dry, would = taken(room, file, dry_run=True)
    wet, did = taken(room, file)

    assert would == did
    assert (dry.known, dry.near, dry.errors) == (wet.known, wet.near, wet.errors)
    assert {each.entry for each in wet.near} <= {each.slug for each in did}
    assert all(each.status is not Status.READY for each in did if each.slug in {near.entry for near in wet.near})


def test_an_entry_like_one_in_the_archive_comes_in_for_review(room, tmp_path):
    shape = {**SHAPES[0], "uid": "00000000-0000-0000-0000-000000000001", "body": SHAPES[0]["body"] + " Truly."}
    taken(room, written(tmp_path, SHAPES[:20]))
    report, (near,) = taken(room, written(tmp_path, [shape]))

    assert near.status is Status.REVIEW
    assert [(each.entry, each.like) for each in report.near] == [(near.slug, SHAPES[0]["slug"])]


def test_imports_at_once_of_the_same_file_add_each_entry_once(room, tmp_path):
    file = written(tmp_path, SHAPES)
    gate = threading.Barrier(3)

    def run(_: int) -> int:
        gate.wait()
        return Import(files=[file]).run(room.store, at(0), dry_run=False).count

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(run, range(3))) == len(SHAPES)
    assert len(all_entries(room)) == len(SHAPES)


def test_publishing_goes_on_while_an_import_runs(room, tmp_path):
    room.add(*(entry(f"there-{number}") for number in range(5)))
    file = written(tmp_path, SHAPES)

    class Reading:
        """What is told between the import's transactions."""

        def __init__(self) -> None:
            self.published = 0

        def __call__(self, _: int) -> None:
            self.published += len(room.press.tick(at(self.published)))

    told = Reading()
    Import(files=[file, file]).run(room.store, at(0), dry_run=False, report=Report(progress=told))

    assert told.published == 2


def test_what_was_imported_is_picked_by_a_press_that_was_there_before(room, tmp_path):
    room.open(an_edition("second"))
    assert room.press.tick(at(0)) == []
    taken(room, written(tmp_path, [{**SHAPES[0], "status": "ready"}]))

    assert {issue.entry.slug for issue in room.press.tick(at(0, 7))} == {SHAPES[0]["slug"]}


def test_an_import_that_is_killed_keeps_whole_entries_and_goes_on_when_it_is_run_again(room, tmp_path):
    class Killed(BaseException):
        pass

    def kill(_: int) -> None:
        raise Killed

    file = written(tmp_path, [{**SHAPES[n % 188], "uid": f"00000000-0000-0000-0000-{n:012}",
                               "body": f"{n} " + SHAPES[n % 188]["body"]} for n in range(600)])  # fmt: skip
    with pytest.raises(Killed):
        Import(files=[file]).run(room.store, at(0), dry_run=False, report=Report(progress=kill))
    assert len(all_entries(room)) == 500
    report, _ = taken(room, file)

    assert (len(report.known), report.count) == (500, 100)
    assert all(each.sources for each in all_entries(room))
