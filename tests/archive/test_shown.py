"""What readers see is kept ready, and says what `View` says, whatever editors did; on both databases."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import START, Room, an_edition, at, day, entry
from seen import check
from sqlalchemy import text
from whole_archives import OTHER, export, restore

from newsletter.archive import editions, entries, issues, shown
from newsletter.archive.catalogue import Search
from newsletter.archive.reading import View
from newsletter.bootstrap import keep_shown
from newsletter.errors import NewsletterError
from newsletter.facets import Facet
from newsletter.models import Issue, IssueState, Rule, Status
from newsletter.queries import Query
from newsletter.store import tables as our

OF_TAG = an_edition("schools", tags=frozenset({"school"}), since=START)
ISLAMIC_STATE = {"name": "Islamic State", "attribution": "claimed"}
SHAPES: tuple[dict[str, Any], ...] = (
    {"event_date": "2014-02-28", "groups": [ISLAMIC_STATE], "tags": ["school"], "ideology": "jihadist"},
    {"event_date": "2014", "country": "NG", "tags": ["school", "market"]},
    {"kind": "quote", "speaker": "A speaker", "event_date": "2016-02-29", "event_end": "2017-01-02"},
    {"kind": "report", "event_date": "2014-02-28", "tags": ["school"]},
    {"kind": "report", "country": None, "event_date": None},
    {"kind": "report", "language": "ar", "event_date": "2015-05"},
    {"kind": "report", "status": "review", "tags": ["school"]},
)


def filled(room: Room) -> None:
    room.open(OF_TAG)
    room.add(*(entry(f"entry-{number}", **shape) for number, shape in enumerate(SHAPES)))


ACTS = ("tick", "tick", "correct", "amend", "withdraw day", "withdraw entry", "status", "edition", "ahead", "again")


def act(room: Room, name: str, which: int, now_hours: int) -> None:
    """Do what an editor or the clock may do; what is refused is no matter."""
    now = at(0) + timedelta(hours=now_hours)
    slug = f"entry-{which % len(SHAPES)}"
    edition = ("daily-dose", "schools")[which % 2]
    with suppress(NewsletterError):
        match name:
            case "tick":
                room.press.tick(now)
            case "correct":
                room.press.correct(edition, slug, f"Note {which}.", now, values={"country": ("LY", "FR")[which % 2]})
            case "amend":
                room.press.amend(edition, slug, now, {"tags": (["school"], ["market"], [])[which % 3]})
            case "withdraw day":
                room.press.withdraw(edition, day(which % 4), "A notice.", now)
            case "withdraw entry":
                room.press.withdraw(edition, slug, "A notice.", now)
            case "status":
                room.set_status(slug, list(Status)[which % 4])
            case "edition":
                values = ({"language": "ar"}, {"language": "en"}, {"tags": "school"}, {"tags": ""})[which % 4]
                room.desk.set_edition(edition, values, now)
            case "ahead":
                publish(room, edition, slug, now_hours, ahead=timedelta(hours=which))
            case "again":
                room.restart()


def publish(room: Room, edition: str, slug: str, number: int, ahead: timedelta) -> None:
    """Publish an entry for an old day, at an instant that may be to come: a clock was set back since."""
    instant = at(0) + timedelta(hours=number, microseconds=1) + ahead
    published = room.entry(slug)
    issue = Issue(
        uid=uuid5(published.uid, f"{edition} {number}"),
        edition=edition,
        day=START - timedelta(days=1 + number),
        number=1_000 + number,
        state=IssueState.PUBLISHED,
        rule=Rule.PINNED,
        reason="a test",
        subject=published.headline,
        entry=published,
        due_at=instant,
        published_at=instant,
        updated_at=instant,
    )
    with room.store.transaction() as connection:
        if not any(each.day == issue.day for each in issues.between(connection, edition, issue.day, issue.day)):
            issues.insert_issue(connection, issues.Freeze(issue=issue, mail=issues.FrozenMail(whole=b"mail")))


def empty(room: Room) -> None:
    with room.store.transaction() as connection:
        for table in reversed(our.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(our.meta.insert().values(key="change", value="1"))
    room.restart()


_STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 40), st.integers(0, 30)), max_size=8)


def played(room: Room, steps: list[tuple[str, int, int]]) -> None:
    empty(room)
    room.open(an_edition())
    filled(room)
    hours = 0
    for name, which, pause in steps:
        hours += pause
        act(room, name, which, hours)
    check(room.store)


_FIXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=4, suppress_health_check=_FIXED)
@given(steps=_STEPS)
def test_after_any_verbs_what_is_kept_says_what_a_view_says(room, steps):
    played(room, steps)


@pytest.mark.chaos
@settings(max_examples=300, suppress_health_check=_FIXED)
@given(steps=_STEPS)
def test_after_very_many_verbs_what_is_kept_says_what_a_view_says(room, steps):
    played(room, steps)


def test_every_verb_is_followed(room):
    """Each one by itself, the rare ones too, which a short run may leave out."""
    filled(room)
    room.press.catch_up(at(1))
    for number, name in enumerate(dict.fromkeys([*ACTS, "edition"])):
        act(room, name, number, 48 + number * 5)
        check(room.store, at(2) + timedelta(hours=number * 5))
    check(room.store)
    assert len(room.issues()) > 2


def test_what_will_be_seen_is_nowhere_until_its_instant(room):
    filled(room)
    publish(room, "daily-dose", "entry-0", 0, ahead=timedelta(hours=10))
    publish(room, "daily-dose", "entry-1", 1, ahead=timedelta(hours=-1))
    publish(room, "daily-dose", "entry-1", 2, ahead=timedelta(hours=10))

    check(room.store, at(0), at(1))
    for hours, seen, newest in ((5, ["entry-1"], START - timedelta(days=2)), (20, ["entry-0", "entry-1"], None)):
        with room.store.reading() as connection:
            view = View(connection, editions.get(connection, None), at(0) + timedelta(hours=hours))
            listed = view.catalogue().listed(Facet.KIND, "fact", most=10)
            found = view.catalogue().search(Search(query=Query.of("what happened entry")))
        assert sorted(each.entry.slug for each in listed) == seen
        assert {"entry-0"} & {each.entry.slug for each in found.entries} == {"entry-0"} & set(seen)
        assert newest is None or listed[0].day == newest


def test_an_archive_that_comes_in_whole_is_kept_too(room, archives, database_kind, tmp_path):
    filled(room)
    room.press.catch_up(at(3))
    there = archives(OTHER[database_kind])

    assert restore(there, export(room.store), tmp_path).errors == []
    check(there, at(4))
    with there.reading() as connection:
        view = View(connection, editions.get(connection, None), at(4))
        assert view.catalogue().total() == 5


def test_what_an_older_version_left_is_kept_by_the_next_start(room):
    filled(room)
    room.press.catch_up(at(3))
    with room.store.transaction() as connection:
        for table in (our.shown, our.shown_facets, our.shown_counts):
            connection.execute(table.delete())
        connection.execute(text("DELETE FROM search"))
        connection.execute(our.meta.delete().where(our.meta.c.key == "shown"))

    keep_shown(room.store)
    check(room.store, at(3))
    with room.store.reading() as connection:
        assert not shown.is_behind(connection)


def test_other_names_of_a_group_find_its_entries(room):
    filled(room)
    with room.store.transaction() as connection:
        group_id = connection.scalar(our.groups.select().with_only_columns(our.groups.c.id))
        connection.execute(our.group_names.insert().values(group_id=group_id, name="Daesh"))
        entries.set_status(connection, entries.get_id(connection, "entry-0"), Status.READY)
    room.press.catch_up(at(9))
    with room.store.reading() as connection:
        catalogue = View(connection, editions.get(connection, None), at(10)).catalogue()
        assert [each.entry.slug for each in catalogue.search(Search(query=Query.of("daesh"))).entries] == ["entry-0"]
        assert catalogue.other_names("islamic-state") == ["Daesh"]
        assert catalogue.value(Facet.GROUP, "islamic-state").name == "Islamic State"


def test_a_list_goes_on_from_its_last_place_and_from_a_number(room):
    room.add(*(replace(entry(f"e-{number:02}"), kind="report") for number in range(7)))
    with room.store.reading() as connection:
        catalogue = View(connection, editions.get(connection, None), at(0)).catalogue()
        whole = catalogue.listed(Facet.COUNTRY, "ML", most=10)
        first = catalogue.listed(Facet.COUNTRY, "ML", most=3)
        assert len(whole) == 7
        assert whole[:3] == first
        assert catalogue.listed(Facet.COUNTRY, "ML", most=3, after=first[-1].place) == whole[3:6]
        assert catalogue.listed(Facet.COUNTRY, "ML", most=3, skip=6) == whole[6:]
        assert catalogue.everything(most=5, after=whole[0].place) == whole[1:6]
