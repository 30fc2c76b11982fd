"""Ways through the archive, asked for over HTTP, and what they are made of on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from newsstand import DAILY, NOW, SECRET, TODAY, an_entry, fill, hidden_entries, standing
from sqlalchemy import select

from newsletter.archive import editions, entries, issues
from newsletter.archive.reading import Shown, View
from newsletter.archive.survey import Survey
from newsletter.models import Entry
from newsletter.store import Store
from newsletter.store.schema import upgrade
from newsletter.store.tables import entries as kept

SOON = NOW + timedelta(seconds=1)


@pytest.fixture
def survey(database_url) -> Iterator[Survey]:
    """Survey a filled archive in a database of either kind, as of a moment after NOW."""
    store = Store(database_url)
    fill(store)
    with store.transaction() as connection:
        more = [
            an_entry("a siege", kind="report", headline="A siege of two years", event_date="2013", event_end="2014-02"),
            an_entry("some month", kind="report", headline="Some month", event_date="2014-02"),
            an_entry("no date", kind="report", headline="Of no date"),
        ]
        entries.add(connection, more, NOW)
    try:
        with store.reading() as connection:
            yield Survey.of(View(connection, editions.get(connection, DAILY.slug), SOON))
    finally:
        store.close()


def seen(view: View) -> dict[str, Entry]:
    """Return what readers see, asked entry by entry."""
    slugs = view.connection.scalars(select(kept.c.slug)).all()
    found = {slug: view.entry(slug) for slug in slugs}
    return {slug: shown.entry for slug, shown in found.items() if isinstance(shown, Shown)}


def order(entry: Entry) -> tuple[int, int, int]:
    when = entry.event_date
    return (when.year, when.month, when.day) if when else (0, 0, 0)


def check_times(survey: Survey) -> None:
    """Compare what a survey says of times with what a view says of entries."""
    every = seen(survey.view)
    years = {
        year: [
            entry
            for entry in every.values()
            if entry.event_date and entry.event_date.year <= year <= (entry.event_end or entry.event_date).year
        ]
        for year in (2013, 2014, 2015)
    }

    assert survey.total() == len(every)
    assert {int(value.slug): value.count for value in survey.years()} == {
        year: len(those) for year, those in years.items() if those
    }
    for year, those in years.items():
        listed = survey.of_year(year, most=1000)
        assert {entry.slug for entry in listed} == {entry.slug for entry in those}
        assert [order(entry) for entry in listed] == sorted(order(entry) for entry in listed)
        assert sum(count for _, _, count in survey.months(year)) == len(those)
    assert survey.months(2014)[:2] == [(2013, 0, 1), (2014, 1, survey.months(2014)[1][2])]
    assert [entry.slug for entry in survey.of_year(None, most=9)] == ["of-no-date"]
    assert survey.undated() == 1


def check_pages(survey: Survey) -> None:
    """Look for each entry of a year on one of its pages."""
    whole = [entry.slug for entry in survey.of_year(2014, most=1000)]
    cut = [entry.slug for skip in range(0, 60, 7) for entry in survey.of_year(2014, most=7, skip=skip)]

    assert cut == whole
    assert len(set(whole)) == len(whole) > 20


def check_way(survey: Survey) -> None:
    """Go from each entry to the next in time, by all of them, and back."""
    dated = {slug: entry for slug, entry in seen(survey.view).items() if entry.event_date}
    first = min(dated.values(), key=order)
    path, at = [first], survey.around(first)[1]
    while at is not None:
        assert survey.around(at)[0] == path[-1]
        path.append(at)
        at = survey.around(at)[1]

    assert survey.around(first)[0] is None
    assert len(path) == len(dated)
    assert [order(entry) for entry in path] == sorted(order(entry) for entry in dated.values())
    assert survey.around(seen(survey.view)["of-no-date"]) == (None, None)


def check_numbers(survey: Survey) -> None:
    """Take each number for an entry, and find each entry once."""
    drawn = [survey.entry(number) for number in range(survey.total())]

    assert {entry.slug for entry in drawn} == set(seen(survey.view))
    assert len(drawn) == len({entry.slug for entry in drawn})
    assert survey.entry(survey.total()) is None


def test_a_survey_says_the_same_as_a_view_on_both_databases(survey):
    """One archive for all of it: to fill one takes seconds."""
    check_times(survey)
    check_pages(survey)
    check_way(survey)
    check_numbers(survey)


def test_chance_leads_to_what_readers_see_and_nobody_keeps_where(stand):
    hidden = {entry.slug for entry in hidden_entries()}
    found = set()
    for _ in range(40):
        answer = stand.get("/random")
        assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
        assert re.fullmatch(r"/entries/[^/]+", answer.headers["location"])
        found.add(answer.headers["location"].removeprefix("/entries/"))

    assert len(found) > 10
    assert not found & hidden
    assert all(stand.get(f"/entries/{slug}").status_code == 200 for slug in found)
    assert stand.get("/e/deutsch/random").headers["location"].startswith("/e/deutsch/entries/")


def test_chance_never_leads_to_what_was_withdrawn(own_stand):
    with own_stand.store.reading() as connection:
        standing = {issues.get(connection, "deutsch", TODAY - timedelta(days=n)).entry.slug for n in range(3)}
    gone = standing.pop()
    own_stand.press.withdraw("deutsch", gone, "A court forbade it.", NOW)

    for _ in range(12):
        assert own_stand.get("/e/deutsch/random").headers["location"] != f"/e/deutsch/entries/{gone}"


def test_the_timeline_leads_to_years_and_years_to_their_entries(stand):
    years = set(re.findall(r'href="(/timeline/\d{4})"', stand.get("/timeline").text))

    assert years == {"/timeline/2013", "/timeline/2014"}
    assert "/entries/background-to-the-north" in stand.get("/timeline/2013").text
    assert 'href="/timeline"' in stand.get("/archive/").text
    assert stand.get("/timeline").text.count(SECRET) == stand.get("/timeline/2014").text.count(SECRET) == 0


def test_the_map_counts_what_readers_see(stand):
    with stand.store.reading() as connection:
        view = View(connection, editions.get(connection, DAILY.slug), SOON)
        there = sum(entry.country == "LY" for entry in seen(view).values())

    assert f'aria-label="Libya: {there} entries"' in stand.get("/map").text


@pytest.mark.parametrize(
    "path",
    [
        "/timeline/2031",
        "/timeline/0000",
        "/timeline/14",
        "/timeline/x",
        "/timeline/2014/1",
        "/timeline/2014/0",
        "/timeline/2014/02",
        "/timeline/2014/-1",
        "/timeline/2014/999999",
        "/timeline/2014/1000000000000000000000",
        "/timeline/undated",
        "/timeline/%00",
        "/timeline/２０１４",
    ],
)
def test_a_year_or_a_page_that_has_nothing_is_404(stand, path):
    nothing = stand.get("/timeline/1999")

    assert nothing.status_code == 404
    assert (stand.get(path).status_code, stand.get(path).content) == (404, nothing.content)


def test_a_long_year_is_cut_into_pages_that_lead_to_one_another(own_stand):
    with own_stand.store.transaction() as connection:
        many = [
            an_entry(f"report {number}", kind="report", headline=f"Report {number}", event_date="1999-05-03")
            for number in range(230)
        ]
        entries.add(connection, many, NOW)

    pages = [own_stand.get(f"/timeline/1999{page}") for page in ("", "/2", "/3", "/4")]
    listed = [slug for page in pages[:3] for slug in re.findall(r'href="(/entries/[^"]+)"', page.text)]
    assert [page.status_code for page in pages] == [200, 200, 200, 404]
    assert len(listed) == len(set(listed)) == 230
    assert 'rel="next" href="/timeline/1999/2"' in pages[0].text
    assert 'rel="prev" href="/timeline/1999"' in pages[1].text
    assert own_stand.get("/timeline/1999/4/").headers.get("location") == "/timeline/1999/4"


def test_an_entrys_page_leads_to_what_happened_before_and_after_it(stand):
    first = stand.get("/entries/background-to-the-north").text
    (after,) = re.findall(r'class="next" rel="next" href="(/entries/[^"]+)"', first)

    assert 'class="previous" rel="prev" href="/entries/background-to-the-north"' in stand.get(after).text


def test_of_an_empty_archive_the_ways_are_there_and_chance_leads_to_the_front(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(store)
    with store.transaction() as connection:
        editions.add(connection, replace(DAILY, since=TODAY))
    store.close()
    with standing(f"sqlite:///{tmp_path / 'empty.db'}") as stand:
        assert stand.get("/random").headers["location"] == "/"
        for path in ("/timeline", "/map", "/embed"):
            assert stand.get(path).status_code == 200
