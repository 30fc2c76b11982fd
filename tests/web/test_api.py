"""The API: what programs read of the archive, page by page, and what they are told where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from newsstand import DAILY, GERMAN, NOW, SECRET, SINCE, TODAY, Stand, an_entry, hidden_entries, standing

from newsletter.archive import editions, entries, issues, plans
from newsletter.models import Entry, Rule
from newsletter.shape_types import EntryShape
from newsletter.shapes import edition_shape, entry_shape, instant, issue_shape
from newsletter.web.caps import Caps
from newsletter.web.kept import LOOK_EVERY

V1 = "/api/v1"
#: What only editors may know, and is null.
QUIET = dict.fromkeys(("status", "origin", "revision", "translation_of"))
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture(scope="module")
def stand(filled: Any) -> Iterator[Stand]:
    """Serve an archive that no test changes, to programs that ask as often as they like."""
    with standing(f"sqlite:///{filled}", caps=Caps(at_once=100_000)) as found:
        yield found


@pytest.fixture
def own_stand(own_address: str) -> Iterator[Stand]:
    """Serve an archive that the test may change."""
    with standing(own_address, caps=Caps(at_once=100_000)) as found:
        yield found


def asked(stand: Stand, address: str, status: int = 200) -> Any:
    """Return what the API answers, which has to have that status."""
    answer = stand.get(f"{V1}{address}")
    assert answer.status_code == status, (address, answer.text)
    assert answer.headers["content-type"] == ("application/json" if status == 200 else "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    if status != 200:
        assert answer.json()["status"] == status
    return answer.json()


def page(stand: Stand, address: str, limit: int, cursor: str = "") -> Any:
    """Return a page of a list."""
    query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    found = asked(stand, f"{address}{'&' if '?' in address else '?'}{query}")
    assert len(found["items"]) == limit or not found["next"]
    return found


def walked(stand: Stand, address: str, limit: int, first: Any = None) -> list[Any]:
    """Return every item of a list, by its cursors, from its *first* page on."""
    found = first or page(stand, address, limit)
    items = found["items"]
    while found["next"]:
        found = page(stand, address, limit, found["next"])
        assert found["items"], "no cursor leads to nothing"
        items = [*items, *found["items"]]
    return items


def look_again() -> None:
    """Wait until the service looks whether something changed."""
    Event().wait(LOOK_EVERY * 1.05)


def of_issue(stand: Stand, day: date, edition: str = DAILY.slug) -> dict[str, Any]:
    """Return an issue as `--json` tells it, but for what is the editors'."""
    with stand.store.reading() as connection:
        issue = issues.get(connection, edition, day)
    told = {**issue_shape(issue, stand.press.url_of(issue)), "reason": None, "published_at": instant(issue.shown_at)}
    return {**told, "rule": "rerun" if issue.rule is Rule.RERUN else None}


def test_an_issue_has_the_shape_that_the_command_line_tells(stand: Stand) -> None:
    for day in (TODAY, TODAY - timedelta(days=20)):
        told = asked(stand, f"/issues/{day}")
        assert told.pop("rights") == "Text: CC BY 4.0."
        assert told == of_issue(stand, day)
    assert asked(stand, "/today") == asked(stand, f"/issues/{TODAY}")
    assert asked(stand, "/issues?limit=1")["items"] == [of_issue(stand, TODAY)]


def test_an_entry_has_the_shape_that_the_command_line_tells(stand: Stand) -> None:
    issue = asked(stand, "/today")
    told = asked(stand, f"/entries/{issue['entry']}")
    with stand.store.reading() as connection:
        entry = issues.get(connection, DAILY.slug, TODAY).entry

    beside = {name: told.pop(name) for name in ("rights", "url", "issues", "corrections")}

    assert told == {**entry_shape(entry), **QUIET}
    assert beside == {
        "rights": "Text: CC BY 4.0.",
        "url": f"https://dose.example.org/entries/{entry.slug}",
        "issues": [str(TODAY)],
        "corrections": [],
    }
    listed = asked(stand, "/entries?limit=1")["items"][0]
    assert listed == told | {"url": beside["url"]}


def test_the_shape_of_an_entry_has_the_fields_of_an_entry() -> None:
    assert list(EntryShape.__annotations__) == [field.name for field in fields(Entry)]


def test_an_edition_has_the_shape_that_the_command_line_tells_without_what_is_planned(own_stand: Stand) -> None:
    told = asked(own_stand, "/editions")["items"]
    homes = ("https://dose.example.org/", "https://dose.example.org/e/deutsch/")
    kept = [edition_shape(edition) for edition in (DAILY, GERMAN)]
    assert told == [
        {**shape, "rest_days": None, "from": None, "url": home} for shape, home in zip(kept, homes, strict=True)
    ]
    later = replace(DAILY.schedules[0], from_day=TOMORROW, time=DAILY.schedules[0].time.replace(hour=9))
    with own_stand.store.transaction() as connection:
        editions.keep(connection, replace(DAILY, schedules=(*DAILY.schedules, later)))
    own_stand.press.print_if_stale(NOW)
    look_again()
    assert asked(own_stand, "/editions")["items"] == told


@pytest.mark.parametrize("limit", [1, 17])
def test_cursors_walk_everything_once(stand: Stand, limit: int) -> None:
    every = walked(stand, "/entries", limit)
    days = walked(stand, "/issues", limit)
    assert [each["day"] for each in days] == [str(TODAY - timedelta(days=back)) for back in range(34)]
    assert [each["slug"] for each in every] == [each["entry"] for each in days] + ["background-to-the-north"]
    found = walked(stand, "/search?q=market", limit)
    assert sorted(each["slug"] for each in found) == sorted(each["slug"] for each in every)
    assert walked(stand, "/entries?tag=market", limit) == every[:-1]
    values = walked(stand, "/facets", limit)
    assert len({(each["facet"], each["slug"]) for each in values}) == len(values)
    assert [each for each in values if each["facet"] == "year"] == walked(stand, "/facets?facet=year", limit)
    happened = walked(stand, f"/on-this-day/{every[0]['event_date'][5:]}", limit)
    assert every[0]["slug"] in [each["slug"] for each in happened]


WALKS = ("/entries", "/search?q=market", "/entries?country=ly", "/issues", "/facets")


def test_what_is_published_meanwhile_moves_nothing(own_stand: Stand) -> None:
    """New issues come before those that were walked past; a rerun of the last one stands where it stood."""
    before = {address: names(walked(own_stand, address, 50)) for address in WALKS}
    begun = {address: page(own_stand, address, 5) for address in WALKS}

    slug = asked(own_stand, f"/issues/{SINCE}")["entry"]
    again(own_stand, slug)

    assert asked(own_stand, f"/entries/{slug}")["issues"] == [str(TOMORROW), str(SINCE)]
    assert asked(own_stand, "/entries?limit=1")["items"][0]["slug"] == slug
    after = {address: names(walked(own_stand, address, 5, first)) for address, first in begun.items()}
    assert after == before
    assert {address: len(set(those)) for address, those in after.items()} == {
        address: len(those) for address, those in after.items()
    }


def again(stand: Stand, slug: str) -> None:
    """Publish an entry once more, and wait until the service knows."""
    with stand.store.transaction() as connection:
        edition, entry = editions.get_id(connection, DAILY.slug), entries.get_id(connection, slug)
        plans.unpin(connection, edition, TOMORROW)
        plans.pin(connection, edition, TOMORROW, entry)
    stand.clock.instant = NOW + timedelta(days=1)
    stand.press.catch_up(stand.clock.instant)
    look_again()


def names(items: list[Any]) -> list[tuple[str, ...]]:
    """Return by what items are known, in an order of their own where a rank may change."""
    told = ("facet", "slug", "day")
    return sorted(tuple(str(each.get(name)) for name in told) for each in items)


def test_a_cursor_is_believed_only_where_it_was_given(stand: Stand) -> None:
    cursor = asked(stand, "/entries?limit=2")["next"]
    assert asked(stand, f"/entries?limit=30&cursor={cursor}")["items"]
    for address in (
        f"/entries?cursor={cursor[:-1]}",
        f"/entries?cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}",
        f"/entries?cursor={cursor * 9}",
        f"/entries?edition=deutsch&cursor={cursor}",
        f"/entries?tag=market&cursor={cursor}",
        f"/issues?cursor={cursor}",
        f"/search?q=market&cursor={cursor}",
        f"/facets?cursor={cursor}",
        f"/on-this-day/01-03?cursor={cursor}",
        "/issues?cursor=2026-11-20",
        "/issues?cursor=%00%ff",
    ):
        problem = asked(stand, address, 400)
        assert [each["field"] for each in problem["errors"]] == ["cursor"], address


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/entries?limit=0", "limit"),
        ("/entries?limit=101", "limit"),
        ("/entries?limit=-1", "limit"),
        ("/entries?limit=ten", "limit"),
        ("/entries?limit=%D9%A1", "limit"),
        ("/facets?limit=1001", "limit"),
        ("/facets?facet=colour", "facet"),
        ("/search?q=market&from=yesterday", "from"),
        ("/entries?to=2014-02-30", "to"),
        ("/issues?from=2026", "from"),
        ("/issues?to=2026-13-01", "to"),
    ],
)
def test_what_cannot_be_asked_names_its_field(stand: Stand, address: str, field: str) -> None:
    problem = asked(stand, address, 422)
    assert [each["field"] for each in problem["errors"]] == [field]
    assert (problem["type"], problem["title"]) == ("about:blank", "Unprocessable Entity")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "/nothing",
        "/issues/2026-02-30",
        "/issues/tomorrow",
        "/issues/2026",
        f"/issues/{TOMORROW}",
        "/entries/never-was",
        "/entries/%00",
        "/entries/a%2Fb",
        "/on-this-day/02-30",
        "/on-this-day/13-01",
        "/on-this-day/2-3",
        "/today?edition=nobody",
        "/search?q=market&edition=..%2F",
    ],
)
def test_what_is_not_there_is_a_problem(stand: Stand, address: str) -> None:
    assert asked(stand, address, 404)["title"] == "Not Found"


def test_whatever_is_looked_for_is_a_search(stand: Stand) -> None:
    assert asked(stand, "/search")["items"] == []
    assert asked(stand, "/search?q=" + "a" * 3000)["count"] == 0
    for words in ("%22", "%FF%FE", "'%20OR%201=1", "NEAR(", "*", "%00", "market%20AND"):
        asked(stand, f"/search?q={words}")
    assert asked(stand, "/search?q=town&country=ly&from=2014-01-20&to=2014-01-25")["count"] == 1
    assert stand.get(f"{V1}/search?q={'a' * 20_000}").status_code == 414
    assert asked(stand, "/on-this-day/02-29")["next"] is None


def test_other_methods_are_refused_and_any_page_may_read(stand: Stand) -> None:
    refused = stand.client.post(f"{V1}/today")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert refused.json()["title"] == "Method Not Allowed"
    wanted = {"Origin": "https://school.example", "Access-Control-Request-Method": "GET"}
    permitted = stand.client.options(f"{V1}/entries", headers=wanted)
    assert permitted.status_code == 204
    assert permitted.headers["access-control-allow-origin"] == "*"
    assert permitted.headers["access-control-allow-methods"] == "GET, HEAD"
    nobodys = stand.client.options(f"{V1}/subscriptions", headers=wanted)
    assert (nobodys.status_code, "access-control-allow-origin" in nobodys.headers) == (405, True)
    assert "access-control-allow-methods" not in nobodys.headers


@pytest.mark.parametrize("address", ["/today", "/entries?limit=3", "/openapi.json", f"/issues/{TODAY}"])
def test_who_has_the_newest_is_told_so(stand: Stand, address: str) -> None:
    whole = stand.get(f"{V1}{address}")
    assert whole.headers["cache-control"] == "public, max-age=60"
    known = stand.get(f"{V1}{address}", if_none_match=whole.headers["etag"])
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", whole.headers["etag"])
    assert known.headers["access-control-allow-origin"] == "*"
    head = stand.client.head(f"{V1}{address}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]


def test_a_withdrawn_issue_and_its_entry_are_gone_and_say_why(own_stand: Stand) -> None:
    entry = asked(own_stand, "/today")["entry"]
    uid = asked(own_stand, f"/entries/{entry}")["uid"]
    own_stand.press.correct(None, TODAY, "It was another town", NOW, values={"place": "Another Town"})
    own_stand.press.withdraw(None, entry, "A court forbade it.", NOW)
    look_again()

    for address in (f"/issues/{TODAY}", f"/entries/{entry}"):
        problem = asked(own_stand, address, 410)
        assert problem["withdrawal"] == {"withdrawn_at": instant(NOW), "notice": "A court forbade it."}
        assert problem["detail"] == "A court forbade it."
    listed = asked(own_stand, "/issues?limit=1")["items"][0]
    assert (listed["day"], listed["state"], listed["headline"], listed["corrections"]) == (
        str(TODAY),
        "withdrawn",
        None,
        [],
    )
    assert asked(own_stand, "/today")["day"] == str(TODAY - timedelta(days=1))
    everything = str([walked(own_stand, address, 50) for address in ("/issues", "/entries", "/search?q=town")])
    assert entry not in everything
    assert uid not in everything


def test_a_correction_is_told_and_an_old_slug_leads_to_the_new_one(own_stand: Stand) -> None:
    entry = asked(own_stand, "/today")["entry"]
    own_stand.press.correct(None, TODAY, "It was another town", NOW, values={"slug": "another-town", "place": "X"})
    look_again()

    moved = own_stand.get(f"{V1}/entries/{entry}?edition=daily-dose")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{V1}/entries/another-town?edition=daily-dose"
    assert moved.headers["access-control-allow-origin"] == "*"
    told = asked(own_stand, "/entries/another-town")["corrections"]
    assert [(each["note"], each["slip"]) for each in told] == [("It was another town", False)]
    assert {"field": "place", "was": "Town 02", "now": "X"} in told[0]["changes"]
    assert asked(own_stand, f"/issues/{TODAY}")["corrections"][0]["note"] == "It was another town"


LISTS = ("/today", "/issues", "/entries", "/facets", "/editions", "/on-this-day/01-03", "/openapi.json")


def test_nothing_tells_of_what_is_not_published_or_of_how_it_was_chosen(stand: Stand) -> None:
    addresses = [*LISTS, *(f"/issues/{SINCE + timedelta(days=number)}" for number in range(34))]
    addresses += [f"/entries/{each['slug']}" for each in walked(stand, "/entries", 100)]
    for edition in (DAILY.slug, GERMAN.slug):
        for address in addresses:
            text = stand.get(f"{V1}{address}?edition={edition}&limit=100").text
            assert SECRET not in text.lower(), address
            assert "runner" not in text, address
    for words in (SECRET, "stadt"):
        assert asked(stand, f"/search?q={words}")["count"] == 0
        assert asked(stand, f"/entries?tag={words}")["items"] == []
    assert asked(stand, "/search?q=stadt&edition=deutsch")["count"] == 3


def test_a_hidden_entry_is_answered_exactly_like_one_that_never_was(stand: Stand) -> None:
    nothing = stand.get(f"{V1}/entries/never-was")
    german = [an_entry("Stadt 00"), an_entry("Stadt 03")]
    for entry in (*hidden_entries(), *german):
        for name in (entry.slug, str(entry.uid)):
            answer = stand.get(f"{V1}/entries/{name}")
            assert (answer.status_code, answer.content) == (404, nothing.content), entry
            assert {**answer.headers, "date": ""} == {**nothing.headers, "date": ""}


def test_what_is_published_ahead_of_its_instant_is_not_there_yet(own_stand: Stand) -> None:
    before = [own_stand.get(f"{V1}{address}").content for address in (*LISTS, "/search?q=market")]
    own_stand.press.catch_up(NOW + timedelta(days=1))
    look_again()
    with own_stand.store.reading() as connection:
        issue = issues.get(connection, DAILY.slug, TOMORROW)

    assert [own_stand.get(f"{V1}{address}").content for address in (*LISTS, "/search?q=market")] == before
    asked(own_stand, f"/issues/{TOMORROW}", 404)
    if issue.entry.slug not in {each["slug"] for each in walked(own_stand, "/entries", 100)}:
        asked(own_stand, f"/entries/{issue.entry.slug}", 404)
    assert str(TOMORROW) not in str(walked(own_stand, "/issues", 5))


def test_who_asks_too_often_is_told_when_to_ask_again(own_address: str) -> None:
    with standing(own_address, caps=Caps(at_once=2, each=60)) as stand:
        answers = [stand.get(f"{V1}/today") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["cache-control"] == "no-store"
        assert stand.get("/feed.atom").status_code == 200


def test_a_database_that_does_not_answer_is_a_problem_to_wait_for(tmp_path: Path) -> None:
    with standing(f"sqlite:///{tmp_path / 'missing' / 'dose.db'}") as stand:
        for address in ("/today", "/entries/x", "/search?q=market", "/openapi.json"):
            problem = asked(stand, address, 503)
            assert str(tmp_path) not in str(problem)
        assert stand.get(f"{V1}/today").headers["retry-after"] == "30"


def test_the_page_of_the_api_tells_of_every_operation_and_loads_nothing_else(stand: Stand) -> None:
    document = asked(stand, "/openapi.json")
    page = stand.get("/api/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path, methods in document["paths"].items():
        assert all(f"<code>{method.upper()} {path}</code>" in page.text for method in methods)
    for name in document["components"]["schemas"]:
        assert f'<h3 id="{name}">' in page.text
    assert "<script" not in page.text
    assert f'href="{V1}/openapi.json"' in page.text
