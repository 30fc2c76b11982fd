"""The pages of the site, asked for over HTTP."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from time import monotonic

import httpx2
import pytest
from newsstand import DAILY, KEYS, NOW, PUBLISHER, SINCE, SUPPRESSION_KEY, TODAY, Stand, serving, standing

from newsletter.archive import editions, entries, issues
from newsletter.circulation import Circulation
from newsletter.models import Issue, Status
from newsletter.store import Store
from newsletter.store.schema import upgrade
from newsletter.web.app import create_app


def _issue(stand: Stand, day: date, edition: str = "daily-dose") -> Issue:
    with stand.store.reading() as connection:
        return issues.get(connection, edition, day)


def _address(day: date) -> str:
    return f"/archive/{day:%Y/%m/%d}"


def test_the_front_page_is_the_issue_of_the_newest_day(stand):
    answer = stand.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert _issue(stand, TODAY).entry.headline in answer.text
    assert f'href="{_address(TODAY - timedelta(days=1))}"' in answer.text, "the issue before is one step away"


def test_every_issue_has_its_page_between_its_neighbours(stand):
    for day in (SINCE, TODAY - timedelta(days=3), TODAY):
        answer = stand.get(_address(day))

        assert answer.status_code == 200
        assert _issue(stand, day).entry.headline in answer.text
        assert (f'rel="prev" href="{_address(day - timedelta(days=1))}"' in answer.text) is (day > SINCE)
        assert (f'rel="next" href="{_address(day + timedelta(days=1))}"' in answer.text) is (day < TODAY)


def test_the_archive_leads_to_its_years_its_years_to_their_months_and_months_to_days(stand):
    assert 'href="/archive/2026/"' in stand.get("/archive/").text
    assert 'href="/archive/2026/10/"' in stand.get("/archive/2026/").text
    october, november = stand.get("/archive/2026/10/").text, stand.get("/archive/2026/11/").text
    assert len(set(re.findall(r'href="(/archive/2026/10/\d\d)"', october))) == 12
    assert 'rel="next" href="/archive/2026/11/"' in october
    assert 'rel="prev" href="/archive/2026/10/"' in november


def test_an_entry_has_a_page_that_names_its_issue(stand):
    entry = _issue(stand, TODAY).entry

    answer = stand.get(f"/entries/{entry.slug}")

    assert answer.status_code == 200
    assert entry.headline in answer.text
    assert _address(TODAY) in answer.text


def test_a_report_has_a_page_though_no_issue_printed_it(stand):
    answer = stand.get("/entries/background-to-the-north")

    assert answer.status_code == 200
    assert "Background to the north" in answer.text


def test_every_day_of_the_year_has_its_page(stand):
    assert stand.get("/on/02-29").status_code == 200
    page = stand.get("/on/01-17")
    assert page.status_code == 200
    assert "/entries/background-to-the-north" in page.text


def test_a_further_edition_lives_under_its_slug_and_shows_its_own(stand):
    headline = _issue(stand, TODAY, "deutsch").entry.headline
    slug = _issue(stand, TODAY, "deutsch").entry.slug

    assert headline in stand.get("/e/deutsch/").text
    assert stand.get("/e/deutsch/archive/2026/11/22").status_code == 200
    assert stand.get(f"/e/deutsch/entries/{slug}").status_code == 200
    assert stand.get("/e/deutsch/feed.atom").status_code == 200
    assert headline not in stand.get("/").text
    assert stand.get(f"/entries/{slug}").status_code == 404, "visibility is each edition's own"
    assert stand.get("/e/deutsch/entries/background-to-the-north").status_code == 404, "a report in another language"


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/archive", "/archive/"),
        ("/archive/2026", "/archive/2026/"),
        ("/archive/2026/11", "/archive/2026/11/"),
        ("/archive/2026/11/22/", "/archive/2026/11/22"),
        ("/entries/a%2Fb", None),
        ("/entries/%C3%BC/", "/entries/%C3%BC"),
        ("/on/02-29/", "/on/02-29"),
        ("/corrections/", "/corrections"),
        ("/box/", "/box"),
        ("/feed.rss/", "/feed.rss"),
        ("/e/deutsch", "/e/deutsch/"),
        ("/e/deutsch/archive", "/e/deutsch/archive/"),
        ("/e/daily-dose/", "/"),
        ("/e/daily-dose/archive/2026/11/22", "/archive/2026/11/22"),
        ("/e/daily-dose/feed.atom", "/feed.atom"),
    ],
)
def test_another_spelling_of_an_address_leads_to_the_one(stand, path, leads_to):
    answer = stand.get(path)

    if leads_to is None:
        assert answer.status_code == 404
    else:
        assert (answer.status_code, answer.headers["location"]) == (301, leads_to)


def test_an_old_slug_leads_to_the_new_one(own_stand):
    entry = _issue(own_stand, TODAY).entry
    own_stand.press.amend(None, TODAY, NOW, {"slug": "a-better-name"})

    answer = own_stand.get(f"/entries/{entry.slug}")

    assert (answer.status_code, answer.headers["location"]) == (301, "/entries/a-better-name")
    assert own_stand.get("/entries/a-better-name").status_code == 200


def test_a_correction_stands_on_the_issue_the_entry_the_list_and_in_the_box(own_stand):
    slug = _issue(own_stand, TODAY).entry.slug
    own_stand.press.correct(None, TODAY, "It was another town", NOW, values={"place": "Another Town"})

    for path in ("/", _address(TODAY), f"/entries/{slug}", "/corrections", "/box"):
        assert "It was another town" in own_stand.get(path).text, path
    assert "Another Town" in own_stand.get(f"/entries/{slug}").text


def test_an_entry_is_shown_at_the_revision_that_was_published_not_at_the_editors_newest(own_stand):
    entry = _issue(own_stand, TODAY).entry
    with own_stand.store.transaction() as connection:
        known = entries.get(connection, entry.slug)
        entries.revise(connection, replace(known, headline="Not yet for readers"), NOW)

    for path in ("/", _address(TODAY), f"/entries/{entry.slug}", "/archive/", "/box", "/feed.atom"):
        assert "Not yet for readers" not in own_stand.get(path).text, path
    assert entry.headline in own_stand.get(f"/entries/{entry.slug}").text


def test_a_withdrawn_issue_and_its_entry_are_gone_and_say_why(own_stand):
    yesterday = TODAY - timedelta(days=1)
    entry = _issue(own_stand, TODAY).entry
    own_stand.press.withdraw(None, entry.slug, "A court forbade it.", NOW)

    for path in (_address(TODAY), f"/entries/{entry.slug}"):
        answer = own_stand.get(path)
        assert answer.status_code == 410, path
        assert "A court forbade it." in answer.text
        assert entry.headline not in answer.text
        assert entry.body[:40] not in answer.text
    for path in ("/archive/", "/archive/2026/", "/archive/2026/11/", "/box", "/corrections", _address(yesterday)):
        assert entry.headline not in own_stand.get(path).text, path
    assert entry.event_date is not None
    on = entry.event_date
    assert entry.headline not in own_stand.get(f"/on/{on.month:02}-{on.day:02}").text
    assert f"market of {_issue(own_stand, yesterday).entry.place}" in own_stand.get("/box").text, (
        "the box shows what stands"
    )
    assert own_stand.get("/").status_code == 200
    assert "A court forbade it." in own_stand.get("/").text, "the day stays taken"


def test_a_withdrawn_report_leaves_no_page(own_stand):
    with own_stand.store.transaction() as connection:
        entries.set_status(connection, entries.get_id(connection, "background-to-the-north"), Status.RETIRED)

    assert own_stand.get("/entries/background-to-the-north").status_code == 404
    assert "background-to-the-north" not in own_stand.get("/on/01-17").text


def test_what_stays_the_same_has_its_address_and_is_kept_longer(stand):
    for path, media_type in (
        ("/static/site.css", "text/css; charset=utf-8"),
        ("/static/feed.css", "text/css; charset=utf-8"),
        ("/favicon.ico", "image/svg+xml"),
    ):
        answer = stand.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert int(answer.headers["cache-control"].rpartition("=")[2]) >= 3600
        assert stand.get(path, if_none_match=answer.headers["etag"]).status_code == 304


def test_it_says_that_it_lives_and_that_the_database_answers(stand):
    assert stand.get("/healthz").text == "alive\n"
    assert stand.get("/readyz").text == "ready\n"
    assert stand.get("/readyz").headers["cache-control"] == "no-store"


def test_every_page_says_what_a_browser_may_do_with_it_and_sets_no_cookie(stand):
    paths = ("/", "/archive/", "/archive/2026/11/22", "/about", "/nothing", "/archive", "/static/site.css", "/feed.rss")
    for path in paths:
        headers = stand.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        ), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "set-cookie" not in headers
        assert "server" not in headers


def test_anybody_may_frame_the_box_and_fetch_its_script(stand):
    box, script = stand.get("/box"), stand.get("/box.js")

    policy = box.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors *")
    assert re.search(r"style-src 'sha256-[\w+/]{43}='", policy)
    assert box.headers["access-control-allow-origin"] == "*"
    assert script.headers["access-control-allow-origin"] == "*"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"


def test_no_page_of_ours_needs_what_its_own_policy_refuses(stand):
    for path in ("/", "/archive/", "/archive/2026/", "/archive/2026/11/", "/archive/2026/11/22", "/about"):
        text = stand.get(path).text
        assert not re.search(r"<script(?! type=\"application/ld\+json\">)|<style|\sstyle=|\son\w+=", text), path


def test_an_empty_archive_has_its_pages(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(store)
    with store.transaction() as connection:
        editions.add(connection, DAILY)
    with (
        serving(
            create_app(store, PUBLISHER, Circulation(store, KEYS, SUPPRESSION_KEY, PUBLISHER), now=lambda: NOW)
        ) as port,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        for path in ("/", "/archive/", "/corrections", "/about", "/box", "/on/02-29"):
            assert client.get(path).status_code == 200, path
        assert client.get("/archive/2026/").status_code == 404
    store.close()


def test_behind_a_path_of_its_own_every_address_begins_with_it(own_address):
    publisher = replace(PUBLISHER, base_url="https://example.org/dose")
    with standing(own_address, publisher) as stand:
        for taken_off in ("", "/dose"):
            assert 'href="/dose/archive/"' in stand.get(f"{taken_off}/").text
            assert stand.get(f"{taken_off}/archive").headers["location"] == "/dose/archive/"
            assert stand.get(f"{taken_off}/feed.rss").status_code == 200


def test_the_day_turns_though_nothing_changed(own_stand):
    before = own_stand.get("/archive/2026/11/").text
    own_stand.clock.instant = datetime.fromisoformat("2026-11-23T00:00:01+00:00")

    deadline = monotonic() + 2
    while own_stand.get("/archive/2026/11/").text == before:
        assert monotonic() < deadline, "today's ring stayed where it was"
