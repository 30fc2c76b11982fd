"""What operators and strangers get: metrics for who may have them, and no more searches than a person types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from newsstand import NOW, Stand, standing
from prometheus_client.parser import text_string_to_metric_families

from newsletter.web.caps import Caps, is_counted
from newsletter.web.metrics import Metrics, Watch

TOKEN = "a token of sixteen letters"
PAGES = ("/", "/archive/", "/about", "/box", "/feed.atom", "/feed.json")


@pytest.fixture
def watched(own_address: str) -> Iterator[Stand]:
    """Serve an archive whose editions are watched, and that trusts no proxy."""
    looks = []
    with standing(own_address, watch=Watch(Metrics(lambda: [look() for look in looks]), TOKEN)) as stand:
        looks.append(lambda: stand.press.outlook.overview(None, NOW))
        yield stand


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_tell_what_was_answered_and_how_each_edition_stands(watched: Stand) -> None:
    for path in (*PAGES, "/no-such-page"):
        watched.get(path)
    watched.get("/feed.atom", if_none_match=watched.get("/feed.atom").headers["etag"])

    told = watched.get("/metrics")

    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert told.headers["cache-control"] == "no-store"
    seen = figures(told.text)
    assert seen["daily_dose_requests_total", "feed", "200"] == 3
    assert seen["daily_dose_requests_total", "feed", "304"] == 1
    assert seen["daily_dose_requests_total", "page", "200"] == 4
    assert seen["daily_dose_requests_total", "page", "404"] == 1
    assert seen[("daily_dose_page_seconds_count",)] == 5
    overview = watched.press.outlook.overview(None, NOW)
    assert overview.issue is not None
    assert seen["daily_dose_newest_issue_timestamp_seconds", "daily-dose"] == overview.issue.published_at.timestamp()
    assert seen["daily_dose_runway_days", "daily-dose"] == overview.runway
    assert seen["daily_dose_problems", "daily-dose"] == len(overview.problems)


def test_metrics_are_for_this_machine_or_whoever_has_the_token(watched: Stand) -> None:
    nothing = watched.get("/no-such-page", x_forwarded_for="203.0.113.7")
    for headers in (
        {"x_forwarded_for": "203.0.113.7"},
        {"forwarded": "for=203.0.113.7"},
        {"x_real_ip": "127.0.0.1"},
        {"x_forwarded_for": "203.0.113.7", "authorization": "Bearer another token of many letters"},
        {"x_forwarded_for": "203.0.113.7", "authorization": f"Basic {TOKEN}"},
        {"x_forwarded_for": "203.0.113.7", "authorization": "Bearer"},
    ):
        refused = watched.get("/metrics", **headers)
        assert (refused.status_code, refused.content) == (404, nothing.content), headers

    assert watched.get("/metrics", x_forwarded_for="203.0.113.7", authorization=f"Bearer {TOKEN}").status_code == 200
    assert watched.get("/metrics").status_code == 200


def test_where_no_token_is_set_none_lets_in(own_stand: Stand) -> None:
    refused = own_stand.get("/metrics", x_forwarded_for="203.0.113.7", authorization="Bearer")

    assert refused.status_code == 404
    assert own_stand.get("/metrics").status_code == 200


def test_prometheus_s_names_are_kept(watched: Stand) -> None:
    """Counters end in `_total`, and every figure says what it is."""
    families = list(text_string_to_metric_families(watched.get("/metrics").text))

    assert all(family.documentation for family in families)
    assert {family.type for family in families} <= {"counter", "gauge", "histogram"}
    assert all(
        sample.name.endswith(("_total", "_created"))
        for each in families
        if each.type == "counter"
        for sample in each.samples
    )


# Caps


def test_a_network_searches_as_often_as_people_type_and_others_all_the_same() -> None:
    caps = Caps(at_once=60, each=0.5)

    assert [caps.wait("a", 100.0) for _ in range(60)] == [0.0] * 60
    assert caps.wait("a", 100.0) == pytest.approx(0.5)
    assert caps.wait("b", 100.0) == 0.0
    assert caps.wait("a", 100.5) == 0.0, "who waited as long as was asked may go on"
    assert caps.wait("a", 100.5) > 0
    assert [caps.wait("a", 131.0) for _ in range(60)] == [0.0] * 60, "half a minute later all is forgiven"


def test_to_be_refused_costs_nothing() -> None:
    """Or who asks on and on would never be answered again."""
    caps = Caps(at_once=1, each=1.0)
    caps.wait("a", 0.0)

    assert [caps.wait("a", 0.5) for _ in range(50)] == [0.5] * 50
    assert caps.wait("a", 1.0) == 0.0


def test_so_many_networks_are_remembered_and_no_more() -> None:
    caps = Caps(at_once=1, each=60.0, most=100)
    for number in range(1000):
        caps.wait(str(number), 0.0)

    assert len(caps._due) == 100
    assert caps.wait("999", 0.0) == 60.0


@pytest.mark.parametrize("path", ["/search", "/search/", "/e/second/search", "/api/v1/issues", "/api/", "/api/v1/\n"])
def test_search_and_the_api_are_counted(path: str) -> None:
    assert is_counted(path)


@pytest.mark.parametrize(
    "path", ["/", "/feed.rss", "/archive/2026/", "/box", "/searching", "/entries/search", "/feeds"]
)
def test_feeds_and_pages_are_not(path: str) -> None:
    assert not is_counted(path)


def test_who_asks_too_often_is_told_when_to_ask_again_and_still_reads(own_address: str) -> None:
    with standing(own_address, caps=Caps(at_once=3, each=20.0)) as stand:
        asked = [stand.get("/api/v1/subscriptions/token").status_code for _ in range(3)]
        refused = stand.get("/api/v1/subscriptions/token")
        read = [stand.get(path).status_code for path in PAGES * 10]

    assert asked == [200] * 3
    assert (refused.status_code, int(refused.headers["retry-after"])) == (429, 20)
    assert refused.headers["cache-control"] == "no-store"
    assert "too often" in refused.text
    assert set(read) == {200}
