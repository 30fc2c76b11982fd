"""What robots look for: sitemaps that name what readers see and nothing else, `robots.txt`, `security.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from newsstand import NOW, PUBLISHER, SECRET, TODAY, Stand, an_entry, hidden_entries, standing

from newsletter.archive import entries, issues

BASE = PUBLISHER.base_url
SCHEMA = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def listed(stand: Stand, path: str) -> dict[str, str | None]:
    """Return the addresses of a sitemap or of a list of them, with when each changed."""
    answer = stand.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml; charset=utf-8"), path
    return {
        place.findtext(f"{SCHEMA}loc") or "": place.findtext(f"{SCHEMA}lastmod")
        for place in ET.fromstring(answer.content)
    }


def mapped(stand: Stand, edition: str = "") -> dict[str, str | None]:
    """Return every address that an edition's sitemaps name."""
    found: dict[str, str | None] = {}
    for part in listed(stand, f"{edition}/sitemap.xml"):
        places = listed(stand, part.removeprefix(BASE))
        assert places, part
        assert not found.keys() & places.keys(), "each address stands in one sitemap"
        found |= places
    return found


def test_sitemaps_name_what_can_be_read_and_nothing_else(stand):
    found = mapped(stand)

    assert len(found) > 80
    for address in found:
        assert address.startswith(f"{BASE}/")
        assert SECRET not in address
    for address in list(found)[::5]:  # a fifth of them: each is a page to render
        assert stand.get(urlsplit(address).path).status_code == 200, address
    with stand.store.reading() as connection:
        newest = issues.get(connection, "daily-dose", TODAY)
    for path in ("/", f"/archive/{TODAY:%Y/%m/%d}", f"/entries/{newest.entry.slug}", "/entries/background-to-the-north",
                 "/archive/2026/11/", "/timeline/2014", "/map", "/countries/LY", "/about"):  # fmt: skip
        assert f"{BASE}{path}" in found, path
    assert not [entry for entry in hidden_entries() if f"{BASE}/entries/{entry.slug}" in found]
    assert not [address for address in found if "/random" in address or "/search" in address]


def test_a_further_edition_has_sitemaps_of_its_own(stand):
    found = mapped(stand, "/e/deutsch")

    assert f"{BASE}/e/deutsch/archive/{TODAY:%Y/%m/%d}" in found
    assert all(address.startswith(f"{BASE}/e/deutsch/") for address in found)


def test_a_sitemap_tells_when_a_page_last_changed_and_nothing_where_it_does_not_know(own_stand):
    later = NOW + timedelta(minutes=10)
    own_stand.clock.instant = later + timedelta(minutes=1)
    own_stand.press.correct(None, TODAY, "It was a camp", later, values={"headline": "Two people killed at a camp"})
    with own_stand.store.reading() as connection:
        issue = issues.get(connection, "daily-dose", TODAY)
        before = issues.get(connection, "daily-dose", TODAY - timedelta(days=1))
    found = mapped(own_stand)

    def told(path: str) -> datetime:
        return datetime.fromisoformat(str(found[f"{BASE}{path}"]))

    assert told(f"/archive/{TODAY:%Y/%m/%d}") == told(f"/entries/{issue.entry.slug}") == later
    assert told("/archive/2026/11/") == later
    assert told(f"/archive/{before.day:%Y/%m/%d}") == before.updated_at.replace(microsecond=0)
    assert found[f"{BASE}/about"] is None
    assert listed(own_stand, "/sitemap.xml")[f"{BASE}/sitemap-2026.xml"] == "2026-11-22T06:40:00Z"


def test_what_was_withdrawn_is_in_no_sitemap(own_stand):
    with own_stand.store.reading() as connection:
        entry = issues.get(connection, "daily-dose", TODAY).entry
    own_stand.press.withdraw(None, entry.slug, "A court forbade it.", NOW)
    found = mapped(own_stand)

    assert f"{BASE}/archive/{TODAY:%Y/%m/%d}" not in found
    assert f"{BASE}/entries/{entry.slug}" not in found


def test_an_issue_to_come_is_in_no_sitemap_before_its_instant(own_stand):
    due = NOW + timedelta(days=1)
    own_stand.press.catch_up(due)
    with own_stand.store.reading() as connection:
        coming = issues.get(connection, "daily-dose", due.date())
    found = mapped(own_stand)

    assert f"{BASE}/archive/{coming.day:%Y/%m/%d}" not in found
    assert f"{BASE}/entries/{coming.entry.slug}" not in found


def test_many_reports_are_cut_into_sitemaps_of_their_own(own_stand, monkeypatch):
    monkeypatch.setattr("newsletter.web.robots.MOST", 20)
    with own_stand.store.transaction() as connection:
        many = [an_entry(f"r {n}", kind="report", headline=f"Report {n}", event_date="1999-05-03") for n in range(45)]
        entries.add(connection, many, NOW)
    parts = [part for part in listed(own_stand, "/sitemap.xml") if "entries-" in part]

    assert [len(listed(own_stand, part.removeprefix(BASE))) for part in parts] == [20, 20, 6]
    assert sum("/entries/report-" in address for address in mapped(own_stand)) == 45


@pytest.mark.parametrize(
    "part",
    [
        "2025",
        "0000",
        "9999",
        "entries-2",
        "entries-0",
        "entries-01",
        "facets-9",
        "x",
        "pages-1",
        "%00",
        "entries-999999",
    ],
)
def test_a_sitemap_of_nothing_is_404(stand, part):
    assert stand.get(f"/sitemap-{part}.xml").status_code == 404


def test_robots_find_the_sitemaps_and_are_kept_off_what_is_not_for_them(stand):
    answer = stand.get("/robots.txt")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert robots.site_maps() == [f"{BASE}/sitemap.xml", f"{BASE}/e/deutsch/sitemap.xml"]
    for path in ("/", "/archive/2026/11/22", "/entries/x", "/entries/x.png", "/map", "/feed.atom", "/e/deutsch/"):
        assert robots.can_fetch("*", path), path
    for path in (
        "/random",
        "/search?q=x",
        "/preferences",
        "/preferences/t",
        "/unsubscribe/t",
        "/confirm/t",
        "/api/v1/x",
    ):
        assert not robots.can_fetch("*", path), path
    assert "Disallow: /e/*/random" in answer.text, "RFC 9309, 2.2.3; the parser here is older"
    assert stand.get("/e/deutsch/robots.txt").status_code == 404


@pytest.fixture
def reached(filled, request) -> Iterator[Stand]:
    """Serve the archive of a publisher with the contact that a test asks for."""
    publisher = replace(PUBLISHER, stated_contact=request.param)
    with standing(f"sqlite:///{filled}", publisher) as found:
        yield found


@pytest.mark.parametrize(
    ("reached", "contact"),
    [
        ("Editors <desk@example.org>", "mailto:desk@example.org"),
        ("https://example.org/errors", "https://example.org/errors"),
    ],
    indirect=["reached"],
)
def test_who_finds_a_fault_is_told_whom_to_write_to_for_half_a_year_from_today(reached, contact):
    answer = reached.get("/.well-known/security.txt")
    said = dict(line.split(": ", 1) for line in answer.text.splitlines())

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert said["Contact"] == contact
    assert said["Canonical"] == f"{BASE}/.well-known/security.txt"
    assert said["Preferred-Languages"] == "en, de"
    assert datetime.fromisoformat(said["Expires"]) == datetime(2026, 11, 22, tzinfo=UTC) + timedelta(days=180)
    assert reached.get("/e/deutsch/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize("reached", [None, "http://example.org/errors"], indirect=True)
def test_without_a_contact_that_may_be_named_there_is_no_security_txt(reached):
    assert reached.get("/.well-known/security.txt").status_code == 404
