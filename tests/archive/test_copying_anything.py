"""Archives that nobody would think of are exported and imported without loss; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import an_edition, at, day, entry
from sqlalchemy import select
from whole_archives import OTHER, export, restore

from newsletter.archive import corrections, editions, entries, issues, plans
from newsletter.delivery import mailings
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
from newsletter.text import clean_line, slugify

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
        "slug": st.sampled_from(["a", "a-b", "ab", "é", "غزة", "b", "x" * 80, "a-" * 58 + "a"]),
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
        hours = mailings.Hours(since=instant, zone="UTC")
        number = len(others) + 1
        mailings.open_mailing(connection, _edition_id(connection), issue.uid, on, number, hours=hours, now=instant)
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
