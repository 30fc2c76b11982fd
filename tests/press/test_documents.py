"""Documents: the bytes that clients poll, and a Last-Modified that rises with every change of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from rooms import PUBLISHER, Room, an_edition, at, day, entry

from newsletter.archive import documents, editions
from newsletter.archive.documents import Document, Print
from newsletter.press.press import Press

_NUMBERS = count()


def kept(room: Room) -> dict[tuple[str, str], Document]:
    with room.store.reading() as connection:
        found = [documents.find(connection, tag.edition, tag.name) for tag in documents.tags(connection)]
    return {(each.edition, each.name): each for each in found}


def feeds(room: Room) -> dict[str, Document]:
    return {name: each for (edition, name), each in kept(room).items() if name.startswith("feed.")}


def test_every_edition_has_its_feeds_its_calendar_and_their_list_after_a_tick(room, press):
    room.open(an_edition("second"))
    press.tick(at(0))

    assert {(edition, name) for edition, name in kept(room) if name.count("/") == 0} == {
        (edition, name)
        for edition in ("daily-dose", "second")
        for name in ("feed.rss", "feed.atom", "feed.json", "feeds.opml", "calendar.ics")
    }


def test_a_new_issue_changes_every_feed_and_a_tick_without_one_changes_none(room, press):
    press.tick(at(0))
    first = feeds(room)
    press.tick(at(0, 7))
    assert feeds(room) == first
    press.tick(at(1))
    second = feeds(room)

    for name, document in first.items():
        assert second[name].sha256 != document.sha256
        assert second[name].last_modified > document.last_modified


def test_what_changes_nothing_that_readers_see_changes_no_byte_and_no_date(room, press):
    press.tick(at(0))
    before = feeds(room)
    room.add(entry("another"))
    room.desk.enqueue(None, "entry-009", at(0, 7))
    press.hold(None, (day(5), day(6)), at(0, 8))
    room.restart()
    room.press.tick(at(0, 9))

    assert feeds(room) == before


def test_many_changes_in_a_second_each_have_a_later_date(room, press):
    press.tick(at(0))
    dates = [feeds(room)["feed.atom"].last_modified]
    for number in range(5):
        press.amend(None, day(0), at(0, 6, seconds=0.1 * number), {"toll_note": f"note {number}"})
        dates.append(feeds(room)["feed.atom"].last_modified)

    assert dates == sorted(set(dates))
    assert dates[-1] <= at(0, seconds=6)


def test_a_setting_that_a_feed_shows_prints_it_anew(room, press):
    press.tick(at(0))
    before = feeds(room)
    other = Press(room.store, replace(PUBLISHER, rights="CC BY 4.0"), room.means())
    other.print_if_stale(at(0, 7))
    room.press.print_if_stale(at(0, 8))

    assert all(feeds(room)[name].last_modified > document.last_modified for name, document in before.items())
    assert {name: each.body for name, each in feeds(room).items()} == {name: each.body for name, each in before.items()}


def test_a_month_that_is_over_is_an_archive_document_and_changes_only_by_a_correction(room, press):
    press.tick(at(32))
    name = ("daily-dose", "archive/2026/03/feed.atom")
    before = kept(room)[name]
    press.tick(at(33))
    assert kept(room)[name] == before
    press.correct(None, day(3), "It was Gao.", at(33, 7), values={"place": "Gao"})

    assert kept(room)[name].last_modified > before.last_modified
    assert b"It was Gao." in kept(room)[name].body


def test_from_every_feed_one_can_page_back_to_the_first_issue(room, press):
    press.tick(at(70))
    bodies = {f"https://dose.example.org/{name}": each.body for (_, name), each in kept(room).items()}
    older = {
        "rss": lambda body: etree.fromstring(body).xpath("string(//*[@rel='prev-archive']/@href)"),
        "atom": lambda body: etree.fromstring(body).xpath("string(//*[@rel='prev-archive']/@href)"),
        "json": lambda body: json.loads(body).get("next_url", ""),
    }
    everything = {issue.uid.urn.encode() for issue in room.issues()}
    for form in older:
        address, ways, found = f"https://dose.example.org/feed.{form}", [], set()
        while address:
            ways.append(address.removeprefix("https://dose.example.org/"))
            found |= set(re.findall(rb"urn:uuid:[0-9a-f-]{36}", bodies[address]))
            address = older[address.rpartition(".")[2]](bodies[address])
        archived = "json" if form == "json" else "atom"
        assert ways == [f"feed.{form}", f"archive/2026/04/feed.{archived}", f"archive/2026/03/feed.{archived}"]
        assert found >= everything


def test_a_month_that_is_filled_later_is_led_to_by_its_neighbours(room, press):
    press.tick(at(0))
    press.hold(None, (day(31), day(60)), at(1))
    press.tick(at(100))
    before = kept(room)["daily-dose", "archive/2026/05/feed.json"]
    press.release(None, (day(31), day(60)), at(100, 7))
    press.publish(None, day(40), at(100, 8), force=True)

    assert b"archive/2026/03/feed.json" in before.body
    assert b"archive/2026/04/feed.json" in kept(room)["daily-dose", "archive/2026/05/feed.json"].body


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(st.binary(max_size=3), st.floats(-100, 100).map(lambda seconds: at(0, seconds=seconds))), max_size=12
    )
)
def test_whatever_the_clock_does_a_documents_date_rises_with_its_bytes_and_only_with_them(room, changes):
    name = f"document-{next(_NUMBERS)}"
    before: Document | None = None
    for body, now in changes:
        with room.store.transaction() as connection:
            edition_id = editions.get_id(connection, "daily-dose")
            documents.keep(
                connection, edition_id, Print(name=name, media_type="text/plain", body=body, stamp=body.hex()), now
            )
        after = kept(room)["daily-dose", name]
        assert after.body == body
        assert after.last_modified.microsecond == 0
        if before is not None:
            assert (after.last_modified > before.last_modified) == (after.body != before.body)
            assert after.last_modified >= before.last_modified
        assert after.last_modified <= max(now, before.last_modified if before else now) + timedelta(seconds=1)
        before = after
