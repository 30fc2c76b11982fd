"""Facets and the search as readers ask for them: what is there, what is not, and whatever is typed."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsstand import NOW, SECRET, TODAY, Stand, an_entry

from newsletter.archive import entries
from newsletter.web import kept


def search(stand: Stand, **fields: str):
    return stand.get(f"/search?{urlencode(fields)}")


def lines(text: str) -> list[str]:
    """Return the slugs of the entries that a page lists."""
    return re.findall(r'<a href="(?:/e/[^/]+)?/entries/([^"]+)"', text)


def test_a_word_finds_what_was_published_with_the_word_marked(stand):
    answer = search(stand, q="town market")
    assert answer.status_code == 200
    assert len(lines(answer.text)) == 20
    assert "<mark>Town</mark>" in answer.text
    assert "34 entries match." in answer.text
    more = search(stand, q="town market", page="2")
    assert len(lines(more.text)) == 14
    assert not set(lines(more.text)) & set(lines(answer.text))
    assert search(stand, q="town market", page="3").status_code == 404


@pytest.mark.parametrize("typed", [SECRET, f"{SECRET}*", SECRET[:4] + "*", f'"market of {SECRET}"'])
def test_what_is_hidden_is_not_found(stand, typed):
    answer = search(stand, q=typed)
    assert (answer.status_code, lines(answer.text)) == (200, [])
    assert "No entry matches." in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"/tags/{SECRET}",
        f"/groups/front-of-{SECRET}",
        "/tags/nothing",
        "/groups/nothing",
        "/countries/FR",
        "/countries/XX",
        "/countries/" + "x" * 5000,
        "/kinds/quote",
        "/kinds/nothing",
        "/ideologies/jihadist",
        "/years/1999",
        "/years/2026",
        "/years/%D9%A2%D9%A0%D9%A1%D9%A4",
        "/tags/market%00",
        "/tags/%ff%fe",
        "/tags/market%3Fpage=2",
        "/tags/market?page=0",
        "/tags/market?page=-1",
        "/tags/market?page=3",
        "/tags/market?page=01",
        "/tags/market?page=1e3",
        "/tags/market?page=99999999999999999999",
        "/tags/market?page=%D9%A2",
        "/tags/?page=2",
        "/search?page=-1",
        "/search?q=town&page=0",
        "/search?q=town&page=9999999",
    ],
)
def test_what_nothing_published_has_is_no_page_just_like_what_never_was(stand, path):
    nothing = stand.get("/tags/never-was")
    answer = stand.get(path)
    assert (answer.status_code, answer.content) == (404, nothing.content)
    assert 'action="/search"' in answer.text


def test_a_value_has_its_entries_newest_first_by_pages(stand):
    first, second = stand.get("/tags/market"), stand.get("/tags/market?page=2")
    assert (first.status_code, second.status_code) == (200, 200)
    assert "34 entries" in first.text
    assert "Page 1 of 2" in first.text
    listed = lines(first.text) + lines(second.text)
    assert len(listed) == len(set(listed)) == 34
    days = re.findall(r'href="/archive/([0-9/]+)">The issue of', first.text + second.text)
    assert days == sorted(days, reverse=True)
    assert days[0] == f"{TODAY:%Y/%m/%d}"
    assert 'rel="canonical" href="https://dose.example.org/tags/market?page=2"' in second.text


def test_what_a_query_has_beside_its_fields_makes_no_other_page(stand):
    assert stand.get("/tags/market?utm=1&page=1&page=2").content == stand.get("/tags/market?page=2").content
    assert stand.get("/tags/market?page=").content == stand.get("/tags/market").content
    assert stand.get("/facets?page=7").status_code == 200


def test_a_report_stands_in_its_facets_without_an_issue(stand):
    assert lines(stand.get("/kinds/report").text) == ["background-to-the-north"]
    assert lines(stand.get("/years/2013").text) == ["background-to-the-north"]
    assert lines(search(stand, q="background", kind="report").text) == ["background-to-the-north"]


def test_a_country_is_found_by_small_letters_too(stand):
    assert stand.get("/countries/ly").headers["location"] == "/countries/LY"
    assert stand.get("/countries/LY").status_code == 200
    assert stand.get("/tags").headers["location"] == "/tags/"


def test_every_facet_leads_to_its_values_and_each_of_them_to_its_entries(stand):
    page = stand.get("/facets").text
    for folder in ("kinds", "countries", "years", "tags"):
        assert f'href="/{folder}/"' in page
        assert stand.get(f"/{folder}/").status_code == 200
    assert 'href="/groups/"' not in page, "no published entry names a group"
    values = set(re.findall(r'href="(/(?:kinds|countries|years|tags)/[^"]+)"', page))
    assert values >= {"/kinds/fact", "/countries/LY", "/tags/market", "/years/2014"}
    assert {path: stand.get(path).status_code for path in values} == dict.fromkeys(values, 200)
    assert 'href="/facets"' in stand.get("/archive/").text


def test_an_entry_links_its_facets(stand):
    page = stand.get(f"/archive/{TODAY:%Y/%m/%d}").text
    links = set(re.findall(r'href="(/(?:kinds|countries|years|tags)/[^"]+)"', page))
    assert {"/kinds/fact", "/countries/LY", "/tags/market"} < links
    assert {path: stand.get(path).status_code for path in links} == dict.fromkeys(links, 200)


def test_another_edition_has_facets_and_a_search_of_its_own(stand):
    assert len(lines(stand.get("/e/deutsch/countries/LY").text)) == 3
    assert stand.get("/e/deutsch/tags/market").status_code == 404
    assert 'action="/e/deutsch/search"' in stand.get("/e/deutsch/").text
    assert len(lines(stand.get("/e/deutsch/search?q=stadt").text)) == 3
    assert lines(search(stand, q="stadt").text) == []


def test_what_an_editor_makes_ready_is_found_at_the_next_look_and_gone_as_soon(own_stand, monkeypatch):
    monkeypatch.setattr(kept, "LOOK_EVERY", 0.0)
    with own_stand.store.transaction() as connection:
        entries.add(connection, [an_entry("Rome", kind="report", headline="A new thing", tags=["new"])], NOW)
    assert lines(search(own_stand, q="new thing").text) == ["a-new-thing"]
    assert lines(own_stand.get("/tags/new").text) == ["a-new-thing"]
    own_stand.press.amend(None, "a-new-thing", NOW, {"tags": ["old"]})
    assert own_stand.get("/tags/new").status_code == 404
    assert own_stand.get("/tags/old").status_code == 200


HOSTILE = [
    "'", '"', '"a', "a AND", "o'brien", "x:y", "-foo", "NEAR(", "NEAR(a b, 2)", "c++", "*", "a*b", "^a", "{body}: a",
    "facets: x", "a OR b NOT c", "\x00", "a\x00b", "\ud83d", "😀", "%", "\\", "<script>alert(1)</script>",
    "\ue000kind\ue000fact", "' OR 1=1 --", "a & b | !c <-> d", "((((", "السلام", "\u200f\u202ea", "\r\nSet-Cookie: x=1",
]  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_a_search(stand, typed):
    escaped = quote(typed.encode("utf-8", "surrogatepass"))
    for field in ("q", "kind", "group", "country", "ideology", "tag", "year", "from", "to"):
        answer = stand.get(f"/search?{field}={escaped}&q=a")
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "set-cookie" not in answer.headers


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300), st.sampled_from(["q", "kind", "group", "tag", "from", "page"]))
def test_no_query_brings_the_search_down(stand, typed, field):
    answer = stand.get(f"/search?{field}={quote(typed)}")
    assert answer.status_code in (200, 404), typed
    assert answer.status_code == 200 or field == "page"


@pytest.mark.parametrize(
    "raw", ["q=%ff%fe", "q=%", "q=%zz", "&&&=", "q", "q=a&q=b", "=x", "q=%ED%A0%80", "q=a;b", "q=é"]
)
def test_a_query_that_is_none_is_read_as_far_as_it_goes(stand, raw):
    assert stand.get(f"/search?{raw}").status_code == 200


def test_a_query_of_a_hundred_kilobytes_is_too_long(stand):
    answer = stand.get(f"/search?q={'a' * 60_000}")
    assert answer.status_code == 414
    assert stand.get(f"/search?q={'%22+' * 1_900}").status_code == 200


def test_queries_take_no_room_from_other_pages():
    """However many are asked for, a page that everybody reads stays kept."""
    pages = kept.Pages(most=1000)
    answer = kept.Answer.of(b"x" * 400, "text/html")
    for number in range(10):
        pages.keep(f"/search\nq={number}", answer)
    assert [number for number in range(10) if pages.find(f"/search\nq={number}")] == [8, 9]
