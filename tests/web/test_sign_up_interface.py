"""The interface for programs: guarded as the form is, and plain about what it can't take."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from letterbox import everything, mails
from newsstand import PUBLISHER, Stand, fill_a_day, standing

from newsletter.store import Store

THERE = "/api/v1/subscriptions"


def wait_and_send(stand: Stand, wish: Any) -> httpx2.Response:
    """Send a wish as a program does that waits as long as it is told."""
    given = stand.get(f"{THERE}/token").json()
    stand.clock.instant = max(stand.clock.instant, datetime.fromisoformat(given["not_before"]))
    body = {"token": given["token"], **wish} if isinstance(wish, dict) else wish
    return stand.client.post(THERE, content=json.dumps(body), headers={"content-type": "application/json"})


def test_a_wish_is_accepted_and_its_address_asked(counter: Stand) -> None:
    wish = {"address": "new@example.org", "cadence": "weekly", "weekday": 3, "hour": "07:30", "zone": "Asia/Tokyo"}
    answer = wait_and_send(counter, wish)
    assert answer.status_code == 202
    assert answer.json() == {
        "status": "accepted",
        "detail": "If this address may be written to, a mail is on its way.",
    }
    assert answer.headers["cache-control"] == "no-store"
    (mail,) = mails(counter.store)
    assert "once a week, on Wednesday, at 07:30 in the time zone Asia/Tokyo" in " ".join(mail.text.split())
    again = wait_and_send(counter, wish)
    assert (again.status_code, again.content) == (answer.status_code, answer.content)
    assert len(mails(counter.store)) == 1


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ([1, 2], 400, ""),
        ({"address": "x"}, 422, "address"),
        ({}, 422, "address"),
        ({"address": "a@example.org", "edition": "none"}, 422, "edition"),
        ({"address": "a@example.org", "cadence": "hourly"}, 422, "cadence"),
        ({"address": "a@example.org", "hour": "7"}, 422, "hour"),
        ({"address": "a@example.org", "hour": "07:00", "zone": "Mars"}, 422, "zone"),
        ({"address": ["a@example.org"]}, 422, "address"),
        ({"address": "a@example.org", "weekday": True}, 422, "weekday"),
        ({"address": "a@example.org", "name": "\ud83d pills"}, 422, "name"),
        ({"address": "a@example.org", "token": "x"}, 422, "token"),
    ],
)
def test_what_is_malformed_is_a_problem_that_names_its_field(
    counter: Stand, wish: Any, status: int, field: str
) -> None:
    before = everything(counter.store)
    answer = wait_and_send(counter, wish)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert field in [error["field"] for error in problem["errors"]]
    assert everything(counter.store) == before


def test_it_needs_a_token_that_waited_and_is_not_over(counter: Stand) -> None:
    token = counter.get(f"{THERE}/token").json()["token"]
    wish = {"address": "new@example.org", "token": token}
    soon = counter.client.post(THERE, json=wish)
    assert (soon.status_code, soon.json()["errors"][0]["field"]) == (422, "token")
    counter.clock.instant += timedelta(hours=13)
    assert counter.client.post(THERE, json=wish).status_code == 422
    assert mails(counter.store) == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"[" * 9000, "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"\xff\xfe", "headers": {"content-type": "application/json; charset=utf-8"}}, 400),
        ({"data": {"address": "a@example.org"}}, 415),
        ({"content": b"x" * 20_000, "headers": {"content-type": "application/json"}}, 413),
    ],
    ids=["broken", "deep", "no text", "a form", "large"],
)
def test_what_is_no_json_is_refused(counter: Stand, sent: dict[str, Any], status: int) -> None:
    assert counter.client.post(THERE, **sent).status_code == status


def test_it_can_only_be_posted_to(counter: Stand) -> None:
    assert counter.get(THERE).status_code == 405
    assert counter.client.post(f"{THERE}/token").status_code == 405


def test_a_challenge_of_the_operators_guards_the_form_and_the_interface_alike(store: Store) -> None:
    fill_a_day(store)
    asked = []

    def knows_the_word(fields: Any, network: str) -> bool:
        asked.append(network)
        return fields.get("address") == "friend@example.org"

    with standing(store.url.render_as_string(hide_password=False), PUBLISHER, challenge=knows_the_word) as stand:
        assert wait_and_send(stand, {"address": "stranger@example.org"}).status_code == 422
        assert wait_and_send(stand, {"address": "friend@example.org"}).status_code == 202
        token = stand.get(f"{THERE}/token").json()["token"]
        stand.clock.instant += timedelta(seconds=3)
        refused = stand.client.post("/subscribe", data={"token": token, "address": "stranger@example.org"})
        assert (refused.status_code, "that you are a person" in refused.text) == (422, True)
        assert [mail.to for mail in mails(stand.store)] == ["friend@example.org"]
    assert asked == ["127.0.0.0/24"] * 3
