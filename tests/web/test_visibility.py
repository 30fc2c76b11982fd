"""Readers see what was published, and reports; of everything else no page, feed or header says a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from time import monotonic
from urllib.parse import urlsplit

import pytest
from newsstand import DAILY, NOW, PUBLISHER, SECRET, TODAY, Stand, an_entry, fill, hidden_entries
from sqlalchemy import event

from newsletter.archive import editions, entries, issues
from newsletter.archive.reading import View
from newsletter.models import Status
from newsletter.store import Store

STARTS = (
    "/",
    "/e/deutsch/",
    "/on/01-03",
    "/on/02-29",
    "/feed.rss",
    "/feed.atom",
    "/feed.json",
    "/box.js",
    "/robots.txt",
    "/sitemap.xml",
    "/random",
)


def _crawl(stand: Stand, starts: tuple[str, ...] = STARTS) -> Iterator[tuple[str, str]]:
    """Yield every address that can be reached by links, with all that is answered there."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        path = waiting.pop()
        answer = stand.get(path)
        assert answer.status_code in (200, 301, 302), f"a dead link: {path}"
        text = answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        yield path, text
        links = re.findall(r"""(?:href|src|content)=["']([^"'#]*)""", text)
        links += re.findall(r"https?://[^\s\"'<>&#]*[\w/]", text)
        for link in links:
            target = urlsplit(unescape(link))
            path = f"{target.path}?{target.query}" if target.query else target.path
            ours = link.startswith("/") or f"{target.scheme}://{target.netloc}" == PUBLISHER.base_url
            if ours and path and path not in seen and not path.endswith(".png"):  # pictures say nothing in words
                seen.add(path)
                waiting.append(path)


def test_no_page_that_can_be_reached_tells_of_what_is_not_published(stand):
    """Drafts, reviews, retired, ready, pinned and queued entries are in the archive, and nowhere else."""
    reached = dict(_crawl(stand))

    assert len(reached) > 100
    assert [path for path, text in reached.items() if SECRET in text.lower()] == []
    assert {
        "/archive/2026/11/22",
        "/entries/background-to-the-north",
        "/e/deutsch/archive/",
        "/static/site.css",
    } <= set(reached)


def test_a_hidden_entry_is_answered_exactly_like_one_that_never_was(stand):
    nothing = stand.get("/entries/never-was")
    assert nothing.status_code == 404
    for entry in hidden_entries():
        for name in (entry.slug, str(entry.uid)):
            answer = stand.get(f"/entries/{name}")
            assert (answer.status_code, answer.content) == (404, nothing.content), entry
            assert _but_date(answer.headers) == _but_date(nothing.headers)


def test_what_is_hidden_is_looked_for_in_the_same_steps_as_what_never_was(stand):
    """A clock would else tell a draft's address from no address."""

    def steps(slug: str) -> list[str]:
        asked: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        event.listen(stand.store.engine, "before_cursor_execute", note)
        try:
            assert stand.get(f"/entries/{slug}").status_code == 404
        finally:
            event.remove(stand.store.engine, "before_cursor_execute", note)
        return [statement for statement in asked if statement != "BEGIN" and "FROM meta" not in statement]

    stand.get("/entries/never-was")
    assert len(steps("never-was")) >= 3
    assert {tuple(steps(entry.slug)) for entry in hidden_entries()} == {tuple(steps("never-was"))}


def test_the_days_to_come_are_answered_exactly_like_days_that_never_were(stand):
    nothing = stand.get("/archive/2026/02/30")
    assert nothing.status_code == 404
    for path in (
        f"/archive/{TODAY + timedelta(days=1):%Y/%m/%d}",
        "/archive/2026/12/",
        "/archive/2027/",
        "/archive/2031/01/01",
        "/archive/1999/",
    ):
        answer = stand.get(path)
        assert (answer.status_code, answer.content) == (404, nothing.content), path


def _but_date(headers):
    return {name: value for name, value in headers.items() if name != "date"}


def test_an_issue_whose_instant_has_not_come_is_not_there_yet(own_stand):
    """A clock that ran ahead when it published does not show tomorrow today; at its instant it is there."""
    tomorrow, due = TODAY + timedelta(days=1), NOW + timedelta(days=1)
    own_stand.press.catch_up(due)
    with own_stand.store.reading() as connection:
        issue = issues.get(connection, "daily-dose", tomorrow)
    paths = ("/", "/archive/", "/archive/2026/", "/archive/2026/11/", "/archive/2026/11/22", "/box")

    assert own_stand.get(f"/archive/{tomorrow:%Y/%m/%d}").status_code == 404
    assert own_stand.get(f"/entries/{issue.entry.slug}").status_code == 404
    assert [path for path in paths if f"{tomorrow:%Y/%m/%d}" in own_stand.get(path).text] == []

    own_stand.clock.instant = due + timedelta(seconds=1)
    deadline = monotonic() + 2
    while [path for path in paths if f"{tomorrow:%Y/%m/%d}" in own_stand.get(path).text] != list(paths):
        assert monotonic() < deadline, "every process follows within two seconds"
    assert own_stand.get(f"/archive/{tomorrow:%Y/%m/%d}").status_code == 200


@pytest.fixture
def view(database_url, tmp_path) -> Iterator[View]:
    """Look at a filled archive in a database of either kind."""
    store = Store(database_url)
    fill(store)
    try:
        with store.reading() as connection:
            yield View(connection, editions.get(connection, DAILY.slug), NOW + timedelta(seconds=1))
    finally:
        store.close()


def test_a_view_is_the_same_on_both_databases(view):
    days = [line.day for line in view.lines(TODAY - timedelta(days=400), TODAY + timedelta(days=400))]
    assert days == [TODAY - timedelta(days=n) for n in range(33, -1, -1)]
    assert [(year.year, year.counts[9:]) for year in view.years()] == [(2026, (12, 22, 0))]
    assert view.latest().day == view.latest(standing=True).day == TODAY
    previous, following = view.around(TODAY)
    assert (previous.day, following) == (TODAY - timedelta(days=1), None)
    assert [line.day for line in view.newest_lines(2)] == [TODAY, previous.day]
    assert [entry.slug for entry in view.on(1, 17)] == ["background-to-the-north"]
    shown = view.entry(view.latest().entry.slug)
    assert (shown.entry, [line.day for line in shown.lines]) == (view.latest().entry, [TODAY])
    assert view.entry("two-people-killed-at-quixotry-3") is None
    assert view.corrections() == []
    assert view.first_hidden() is None


def test_a_report_is_shown_while_it_is_ready_in_the_editions_language_and_under_its_tags(own_address):
    store = Store(own_address)
    with store.transaction() as connection:
        entries.add(
            connection,
            [
                an_entry("tagged", kind="report", headline="A tagged report", tags=["school"], event_date="2013-01-17"),
                an_entry("arabic", kind="report", headline="Another language", language="ar", event_date="2013-01-17"),
            ],
            NOW,
        )
        assert [entry.slug for entry in View(connection, DAILY, NOW).on(1, 17)] == [
            "a-tagged-report",
            "background-to-the-north",
        ]
        schools = replace(DAILY, tags=frozenset({"school"}))
        editions.keep(connection, schools)
        assert [entry.slug for entry in View(connection, schools, NOW).on(1, 17)] == ["a-tagged-report"]
        assert View(connection, schools, NOW).entry("background-to-the-north") is None
        entries.set_status(connection, entries.get_id(connection, "a-tagged-report"), Status.REVIEW)
        assert View(connection, schools, NOW).on(1, 17) == []
        assert View(connection, schools, NOW).entry("a-tagged-report") is None
    store.close()
