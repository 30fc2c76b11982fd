"""The feeds of facets: what is in them, when they are printed, and what they say of what was taken back."""

from __future__ import annotations

import json
from datetime import timedelta

import feedparser
import pytest
from rooms import Room, an_edition, at, day, entry, many

from newsletter.archive import documents, followed
from newsletter.archive.documents import Document
from newsletter.press.press import Press
from newsletter.press.sheets import FACET_LENGTH

FORMS = ("rss", "atom", "json")
GROUP = {"slug": "front", "name": "The Front", "attribution": "claimed"}


@pytest.fixture
def room(store, tmp_path) -> Room:
    """Give a room whose entries are of two countries, the first ones of a group too."""
    made = Room(store, tmp_path / "outbox")
    made.open(an_edition())
    made.add(
        *(entry(f"front-{n}", country="ML", groups=[GROUP], tags=["market"], ideology="jihadist") for n in range(3)),
        *many(30, country="NG"),
    )
    for number in range(3):
        made.desk.enqueue(None, f"front-{number}", at(0, 0), day=day(number))
    return made


def printed(room: Room, edition: str = "daily-dose") -> dict[str, Document]:
    with room.store.reading() as connection:
        found = [documents.find(connection, tag.edition, tag.name) for tag in documents.tags(connection)]
    return {each.name: each for each in found if each.edition == edition}


def ids(document: Document) -> list[str]:
    if document.name.endswith("json"):
        return [item["id"] for item in json.loads(document.body)["items"]]
    return [item.id for item in feedparser.parse(document.body).entries]


def test_every_facet_of_every_kind_has_its_feeds_with_the_ids_of_the_main_one(room):
    room.press.tick(at(0))
    found = printed(room)
    first = ids(found["feed.atom"])

    places = {name.rpartition("/")[0] for name in found if name.count("/") == 2}
    assert places == {"kinds/fact", "countries/ML", "groups/front", "ideologies/jihadist", "tags/market"}
    for place in places:
        for form in FORMS:
            assert ids(found[f"{place}/feed.{form}"]) == first
    assert found["groups/front/feed.atom"].body.count(b"Plain words about front-0") == 2, "summary and whole text"


def test_titles_are_distinct_and_each_feed_names_itself_and_its_page(room):
    room.press.tick(at(0))
    parsed = {name: feedparser.parse(each.body).feed for name, each in printed(room).items() if name.endswith("atom")}

    assert len({feed.title for feed in parsed.values()}) == len(parsed)
    assert len({feed.id for feed in parsed.values()}) == len(parsed)
    for name, feed in parsed.items():
        links = {link.rel: link.href for link in feed.links}
        assert links["self"] == f"https://dose.example.org/{name}"
        assert links["alternate"] == f"https://dose.example.org/{name.removesuffix('feed.atom').rstrip('/')}"


def test_a_day_prints_anew_what_it_touches_and_nothing_else(room):
    for number in range(3):
        room.press.tick(at(number))
    before = printed(room)
    room.press.tick(at(3))
    after = printed(room)

    changed = {name for name, each in after.items() if each != before.get(name)}
    assert {name.rpartition("/")[0] for name in changed} == {"", "kinds/fact", "countries/NG"}
    assert all(after[name].last_modified > before[name].last_modified for name in changed & before.keys())


def test_a_facet_lists_its_newest_issues_however_long_ago(room):
    room.press.catch_up(at(29))
    found = printed(room)

    by_day = {issue.uid.urn: issue.day for issue in room.issues()}
    assert [by_day[one] for one in ids(found["groups/front/feed.json"])] == [day(2), day(1), day(0)]
    listed = [by_day[one] for one in ids(found["kinds/fact/feed.rss"])]
    assert listed == [day(29 - number) for number in range(FACET_LENGTH)]


def test_a_correction_moves_an_issue_between_facets_and_leaves_an_empty_feed_behind(room):
    room.press.tick(at(0))
    before = printed(room)
    room.press.correct(None, day(0), "It was in Niger.", at(0, 7), values={"country": "NE"})
    after = printed(room)

    assert ids(after["countries/NE/feed.atom"]) == ids(before["countries/ML/feed.atom"])
    for form in FORMS:
        left = after[f"countries/ML/feed.{form}"]
        assert ids(left) == []
        assert left.last_modified > before[left.name].last_modified
    room.press.tick(at(0, 8))
    assert printed(room) == after
    assert b"countries/ML" not in after["feeds.opml"].body


def test_a_facet_whose_issues_were_all_withdrawn_keeps_the_notices_and_is_no_longer_listed(room):
    room.press.tick(at(0))
    before = printed(room)
    room.press.withdraw(None, "front-0", "A court ordered it.", at(0, 7))
    after = printed(room)

    for form in FORMS:
        name = f"groups/front/feed.{form}"
        assert ids(after[name]) == ids(before[name])
        assert b"A court ordered it." in after[name].body
        assert b"Plain words" not in after[name].body
    assert b"groups/front" in before["feeds.opml"].body
    assert b"groups/front" not in after["feeds.opml"].body


def test_a_renamed_group_is_told_by_its_new_name_in_every_feed_that_names_it(room):
    room.press.tick(at(0))
    before = printed(room)
    with room.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE groups SET name = 'The New Front' WHERE slug = 'front'")
        from newsletter.store.engine import raise_change_number

        raise_change_number(connection)
    room.press.tick(at(0, 7))
    after = printed(room)

    for name, each in after.items():
        assert b"The Front" not in each.body, name
    named = {name for name, each in before.items() if b"The Front" in each.body}
    assert {"feed.rss", "countries/ML/feed.atom", "groups/front/feed.json", "feeds.opml"} <= named
    assert all(after[name].last_modified > before[name].last_modified for name in named)


def test_a_facet_of_what_is_queued_drafted_or_never_published_has_no_feed(room):
    room.add(entry("secret", country="TD", groups=[{"name": "Hidden", "attribution": "claimed"}], status="draft"))
    room.add(entry("coming", country="TN", tags=["coming"]))
    room.desk.enqueue(None, "coming", at(0, 0), day=day(5))
    room.press.tick(at(0))

    for name, each in printed(room).items():
        for hidden in (b"TD", b"Hidden", b"hidden", b"TN", b"coming"):
            assert hidden not in each.body, (name, hidden)
        assert not name.startswith(("countries/TD", "countries/TN", "groups/hidden", "tags/coming"))


def test_a_change_of_settings_prints_all_a_few_in_each_transaction(room, monkeypatch):
    monkeypatch.setattr("newsletter.press.press._AT_ONCE", 4)
    room.press.catch_up(at(2))
    before = printed(room)
    from dataclasses import replace

    other = Press(room.store, replace(room.press.publisher, rights="CC BY 4.0"), room.means())
    other.print_if_stale(at(2, 7))

    after = printed(room)
    feeds = [name for name in after if "feed." in name]
    assert len(feeds) > 12
    assert all(after[name].last_modified > before[name].last_modified for name in feeds)
    assert all(b"CC BY 4.0" in after[name].body for name in feeds)


def test_two_editions_have_facets_of_their_own(room):
    room.open(an_edition("second", kinds=frozenset({"quote"})))
    room.add(entry("said", kind="quote", speaker="A speaker", country="TD"))
    room.press.tick(at(0))

    assert "countries/TD/feed.atom" in printed(room, "second")
    assert "countries/TD/feed.atom" not in printed(room)
    assert b"https://dose.example.org/e/second/countries/TD/feed.atom" in printed(room, "second")["feeds.opml"].body
    assert b"https://dose.example.org/e/second/feed.atom" in printed(room)["feeds.opml"].body


def test_the_marks_of_issues_differ_whenever_readers_see_another_thing(room):
    room.press.tick(at(0))
    seen = set()

    def look() -> None:
        with room.store.reading() as connection:
            seen.add(followed.stamp(followed.cuts(connection, "daily-dose").issues))

    look()
    room.press.amend(None, day(0), at(0, 7), {"toll_note": "a"})
    look()
    room.press.correct(None, day(0), "Wrong.", at(0, 7) + timedelta(seconds=1))
    look()
    room.press.withdraw(None, day(0), "Gone.", at(0, 8))
    look()
    assert len(seen) == 4
