"""Leaving: one honest click, which no scanner makes."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import httpx2
import pytest
from newsstand import KEYS, NOW, PUBLISHER, Stand, standing
from sqlalchemy import select

from newsletter.archive import editions
from newsletter.readers import subscribers
from newsletter.store import Store
from newsletter.store.tables import consents, subscriptions
from newsletter.tokens import Purpose

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def stand(own_address: str) -> Iterator[Stand]:
    with standing(own_address) as stand:
        with stand.store.transaction() as connection:
            for slug, address in (("daily-dose", "one@example.org"), ("daily-dose", "two@example.org")):
                subscribers.subscribe(connection, editions.get_id(connection, slug), address, "asked", NOW)
        yield stand


def everything(store: Store) -> list[object]:
    """Return all that is known of readers."""
    with store.reading() as connection:
        return [*connection.execute(select(subscriptions)).all(), *connection.execute(select(consents)).all()]


def states(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.scalars(select(subscriptions.c.state).order_by(subscriptions.c.id)))


def way_out(store: Store, number: int = 0) -> str:
    """Return the address by which the reader of this number leaves."""
    with store.reading() as connection:
        uid = connection.scalars(select(subscriptions.c.uid).order_by(subscriptions.c.id)).all()[number]
    return f"/unsubscribe/{KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, uid.bytes, NOW)}"


def test_a_link_of_the_first_mails_works_too(stand: Stand) -> None:
    with stand.store.reading() as connection:
        uid = connection.scalars(select(subscriptions.c.uid).order_by(subscriptions.c.id)).all()[0]
    token = KEYS.seal(Purpose.UNSUBSCRIBE, uid.bytes, NOW)

    assert stand.client.post(f"/unsubscribe/{token}").status_code == 200
    assert states(stand.store)[0] == "left"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_nothing_but_a_post_changes_anything(stand: Stand, method: str) -> None:
    before = everything(stand.store)
    for _ in range(3):
        answer = stand.client.request(method, way_out(stand.store))
        assert answer.status_code == (200 if method in ("GET", "HEAD") else 405)
        assert answer.status_code == 200 or "POST" in answer.headers["allow"]
    assert everything(stand.store) == before


@pytest.mark.parametrize(
    "sent",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"data": {"leave": "yes"}},
        {"content": b""},
        {"content": b"\xff\x00 anything", "headers": {"content-type": "text/plain"}},
    ],
    ids=["urlencoded", "multipart", "our button", "nothing", "anything"],
)
def test_one_post_leaves_at_once_without_a_cookie_or_a_redirect_and_again_changes_nothing(
    stand: Stand, sent: dict[str, object]
) -> None:
    there = way_out(stand.store)
    for _ in range(3):
        answer = httpx2.post(f"http://127.0.0.1:{stand.port}{there}", follow_redirects=False, **sent)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "You are unsubscribed" in answer.text
        assert states(stand.store) == ["left", "active"]
        first = everything(stand.store)
    assert everything(stand.store) == first
    assert "You are unsubscribed" in stand.get(there).text


def test_the_instant_of_leaving_is_the_first_ones(stand: Stand) -> None:
    stand.client.post(way_out(stand.store), data=ONE_CLICK)
    left_at = stand.clock.instant
    stand.clock.instant = left_at.replace(hour=23)
    stand.client.post(way_out(stand.store), data=ONE_CLICK)
    with stand.store.reading() as connection:
        assert connection.scalars(select(subscriptions.c.left_at).order_by(subscriptions.c.id)).all() == [left_at, None]


def test_who_left_comes_back_by_the_button_on_the_same_page_and_that_is_kept_as_consent(stand: Stand) -> None:
    there = way_out(stand.store)
    stand.client.post(there, data=ONE_CLICK)
    for _ in range(2):
        answer = stand.client.post(there, data={"back": "yes"})
        assert "You are subscribed again" in answer.text
        assert states(stand.store) == ["active", "active"]
    with stand.store.reading() as connection:
        kept = connection.execute(select(consents.c.origin, consents.c.given_at).order_by(consents.c.id)).all()
    assert [tuple(each) for each in kept] == [
        ("operator", NOW),
        ("operator", NOW),
        ("unsubscribe page", stand.clock.instant),
    ]


def test_one_click_that_also_asks_to_come_back_in_another_form_leaves(stand: Stand) -> None:
    stand.client.post(way_out(stand.store), files={"back": (None, "yes")})
    assert states(stand.store) == ["left", "active"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_is_not_ours_or_not_for_this_finds_nothing(stand: Stand, method: str) -> None:
    before = everything(stand.store)
    with stand.store.reading() as connection:
        uid = connection.scalars(select(subscriptions.c.uid)).first()
    assert uid is not None
    tokens = [
        "x",
        way_out(stand.store).rpartition("/")[2][:-1] + "_",
        KEYS.seal(Purpose.BOUNCE, uid.bytes, NOW),
        KEYS.seal(Purpose.UNSUBSCRIBE, UUID(int=7).bytes, NOW),
        KEYS.seal(Purpose.UNSUBSCRIBE, b"short", NOW),
    ]
    for token in tokens:
        assert stand.client.request(method, f"/unsubscribe/{token}").status_code == 404
    assert everything(stand.store) == before


def test_the_page_is_the_readers_alone(stand: Stand) -> None:
    answer = stand.get(way_out(stand.store))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    # Nothing is asked of another host, to which the address would be told.
    assert "http" not in answer.text.replace(PUBLISHER.contact, "")


def test_a_large_body_is_refused_and_changes_nothing(stand: Stand) -> None:
    answer = stand.client.post(way_out(stand.store), content=b"x" * 20_000)
    assert answer.status_code == 413
    assert states(stand.store) == ["active", "active"]
