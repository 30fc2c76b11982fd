"""Entries in the store: added, revised, found, and their old addresses; on both databases."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import Room, at, entry
from sqlalchemy import func, select

from newsletter.archive import entries
from newsletter.errors import InvalidEntry
from newsletter.models import Attribution, Entry, NamedGroup, PartialDate, Source, Status
from newsletter.shapes import entry_of, entry_shape
from newsletter.store import tables as our
from newsletter.store.engine import change_number


def revise(room: Room, name: str, /, **values: object) -> Entry:
    with room.store.transaction() as connection:
        return entries.revise(connection, replace(entries.get(connection, name), **values), at(1))


def find(room: Room, name: str) -> Entry | None:
    with room.store.reading() as connection:
        return entries.find(connection, name)


FULL = entry(
    "everything",
    kind="quote",
    headline="A preacher calls for the murder of teachers — “no”, says Ségou 🕯",
    body="He said:\n\n> “…”\n\nNobody followed.[^1][^2]",
    speaker="A Preacher",
    speaker_role="preacher",
    event_date="2014-01",
    event_end="2014-02-03",
    place="Ségou",
    latitude=13.4317,
    longitude=-6.2157,
    groups=[
        {"slug": "al-mourabitoun", "name": "al-Mourabitoun", "attribution": "claimed"},
        {"slug": "ansar-dine", "name": "Ansar Dine", "attribution": "suspected"},
    ],
    claimed=False,
    ideology="jihadist",
    attack_type="incitement",
    killed=33,
    killed_at_least=True,
    killed_most=41,
    injured=0,
    injured_most=80,
    toll_note="without the attackers",
    tags=["school", "aid-workers"],
    content_note="Calls for murder.",
    translation_of=str(uuid4()),
    sources=[
        {"raw": "First", "author": "A", "title": "T", "publisher": "P", "published": "2014", "url": "https://e.org/1"},
        {"raw": "Second", "published": "2014-02-03"},
    ],
    status="review",
    origin="facts:1",
    guessed=["place", "killed"],
)


def test_an_entry_comes_back_as_it_went_in(room):
    assert room.add(FULL) == [FULL]
    assert find(room, "everything") == FULL


def test_what_an_entry_lacks_comes_back_lacking(room):
    bare = entry("bare", country=None, event_date=None, sources=[], status="draft")
    room.add(bare)

    assert find(room, "bare") == bare


def test_an_entry_without_a_source_is_a_draft_whatever_it_says(room):
    (kept,) = room.add(entry("unsourced", sources=[]))

    assert kept.status is Status.DRAFT
    assert find(room, "unsourced") == kept


def test_the_last_source_gone_makes_a_draft_of_a_ready_entry(room):
    room.add(entry("sourced"))

    assert revise(room, "sourced", sources=()).status is Status.DRAFT


def test_an_entry_is_found_by_slug_old_slug_and_uid_and_nothing_else(room):
    (kept,) = room.add(entry("first-name"))
    revised = revise(room, "first-name", slug="second-name")

    for name in ("first-name", "second-name", str(kept.uid), kept.uid.hex):
        assert find(room, name) == revised
    for name in ("", "third-name", str(uuid4()), "first-name ", "FIRST-NAME", "first_name", "first-%"):
        assert find(room, name) is None


def test_asking_for_an_entry_that_is_not_there_says_what_was_expected(room):
    with room.store.reading() as connection, pytest.raises(entries.NoSuchEntry, match="no entry 'nobody': expected"):
        entries.get(connection, "nobody")


# Slugs


def test_a_taken_slug_gets_the_date_then_the_uid(room):
    twins = [replace(entry("twin"), uid=uuid4(), event_date=PartialDate(2014, 1, 23)) for _ in range(4)]
    kept = room.add(*twins)

    assert [each.slug for each in kept] == [
        "twin",
        "twin-2014-01-23",
        f"twin-{twins[2].uid.hex[:8]}",
        f"twin-{twins[3].uid.hex[:8]}",
    ]


def test_a_taken_slug_that_is_as_long_as_one_may_be_is_read_again_as_it_is(room):
    longest = "x" * 80
    twins = [replace(entry("twin"), uid=uuid4(), slug=longest, event_date=PartialDate(2014, 1, 23)) for _ in range(3)]
    again = [replace(entry("twin"), uid=uuid4(), slug=f"{longest}-2014-01-23", event_date=None)]
    kept = room.add(*twins, *again)

    assert len({each.slug for each in kept}) == 4
    for each in kept:
        assert entry_of(entry_shape(each)) == each
        assert revise(room, each.slug, place="Gao").slug == each.slug


def test_an_old_address_is_given_to_no_other_entry(room):
    room.add(entry("moved"))
    revise(room, "moved", slug="moved-on")
    (other,) = room.add(replace(entry("moved"), uid=uuid4(), event_date=None))

    assert other.slug != "moved"
    assert find(room, "moved").slug == "moved-on"


def test_a_slug_may_come_back_to_its_entry_and_the_one_between_redirects(room):
    room.add(entry("first"))
    revise(room, "first", slug="second")
    revise(room, "second", slug="first")
    revise(room, "first", slug="third")
    revised = revise(room, "third", slug="second")

    assert revised.slug == "second"
    for name in ("first", "second", "third"):
        assert find(room, name) == revised
    with room.store.reading() as connection:
        assert set(connection.scalars(select(our.redirects.c.slug))) == {"first", "third"}


def test_a_revision_that_wants_a_taken_slug_gets_another_spelling(room):
    room.add(entry("one"), entry("two"))
    revised = revise(room, "two", slug="one")

    assert revised.slug == "one-2001"
    assert find(room, "two") == revised


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(names=st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcd")), max_size=12))
def test_however_entries_are_renamed_every_name_leads_to_who_had_it_first_or_last(room, names):
    those = [replace(entry(f"e{number}"), uid=uuid4(), slug=f"e{number}-{uuid4().hex[:6]}") for number in range(4)]
    led = {each.slug: each.uid for each in room.add(*those)}
    for number, letter in names:
        wanted = f"{letter}-{those[0].slug}"
        led[revise(room, str(those[number].uid), slug=wanted).slug] = those[number].uid

    assert {name: find(room, name).uid for name in led} == led


# Revisions


def test_a_revision_keeps_the_one_before_it_with_its_sources_groups_and_tags(room):
    room.add(FULL)
    new = revise(
        room,
        "everything",
        body="Other words.[^1]",
        groups=(NamedGroup(slug="ansar-dine", name="Ansar Dine", attribution=Attribution.CONVICTED),),
        tags=("court",),
        sources=(Source(raw="Third", published=PartialDate(2020)),),
    )

    assert new.revision == 2
    assert find(room, "everything") == new
    with room.store.reading() as connection:
        at_first = entries.at_revision(our.entries.c.revision - 1)
        (old,) = entries.read_entries(connection, at_first)
    assert entry_shape(old) == entry_shape(FULL)


def test_a_group_is_one_however_many_entries_and_revisions_name_it(room):
    room.add(FULL, replace(FULL, uid=uuid4(), slug="again"))
    revise(room, "again", tags=("school", "court"))

    with room.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(our.groups)) == 2
        assert connection.scalar(select(func.count()).select_from(our.tags)) == 3


def test_every_change_raises_the_change_number_and_marks_its_entry(room):
    room.add(entry("one"), entry("two"))
    with room.store.reading() as connection:
        before = change_number(connection)
    revise(room, "one", place="Gao")
    room.set_status("two", Status.REVIEW)

    with room.store.reading() as connection:
        after = change_number(connection)
        changed = dict(connection.execute(select(our.entries.c.slug, our.entries.c.changed)).all())
    assert changed == {"one": before + 1, "two": before + 2}
    assert after == before + 2


def test_every_entry_is_yielded_once_however_many_at_once(room):
    those = room.add(*(entry(f"e{number}") for number in range(23)))
    for at_once in (1, 7, 23, 500):
        with room.store.reading() as connection:
            found = list(entries.every(connection, at_once))
        assert found == sorted(those, key=lambda each: each.uid)


# Cleaning: what comes in by any way was read by `entry_of`


DIRT = "\x00\x08\x1f\x7f\ud800\ufffe\uffff\u200b\u2060\ufeff\u202e\u2066"


def test_dirt_goes_and_what_scripts_need_stays(room):
    kept = room.add(
        entry(
            "dirty",
            headline=f"Two{DIRT} words",
            body=f"Family: 👨‍👩‍👧{DIRT}, Sinhala: ක්‍ය.[^1]",
            place=f"{DIRT}Gao",
            speaker=f"A{DIRT}",
            tags=[f"school{DIRT}"],
            sources=[{"raw": f"Ra{DIRT}w", "title": f"{DIRT}T"}],
        )
    )[0]

    assert (kept.headline, kept.place, kept.speaker, kept.tags) == ("Two words", "Gao", "A", ("school",))
    assert kept.body == "Family: 👨‍👩‍👧, Sinhala: ක්‍ය.[^1]"
    assert kept.sources == (Source(raw="Raw", title="T"),)
    assert find(room, "dirty") == kept


def test_a_field_of_nothing_but_dirt_is_no_field():
    with pytest.raises(InvalidEntry, match="headline: expected a headline"):
        entry_of({**entry_shape(entry("dirty")), "headline": DIRT})
