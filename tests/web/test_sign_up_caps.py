"""Caps: strangers cause few letters, whatever they send and from wherever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from letterbox import a_form, ask, everything, mails
from newsstand import Stand
from rooms import Room, at
from sqlalchemy import func, select

from newsletter.circulation import Wish
from newsletter.preferences import Preferences
from newsletter.readers import sign_ups
from newsletter.store.tables import letters
from newsletter.store.tables import sign_ups as asked


def wish(address: str, network: str = "192.0.2.0/24") -> Wish:
    return Wish(address=address, edition=None, preferences=Preferences(), origin="test", network=network)


def posted(room: Room) -> int:
    with room.store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(letters)) or 0)


def test_an_address_gets_one_confirmation_a_day_and_three_in_all_until_it_confirms(counter: Stand) -> None:
    got = []
    for number in range(20):
        ask(counter, "victim@example.org", network=f"198.51.{number}.7")
        counter.clock.instant += timedelta(hours=4)
        got.append(len(mails(counter.store)))
    assert got[:7] == [1, 1, 1, 1, 1, 1, 2]
    assert got[-1] == 3

    assert "You are subscribed" in counter.client.post(mails(counter.store)[-1].link("confirm")).text
    counter.client.post(mails(counter.store)[-1].link("unsubscribe"))
    counter.clock.instant += timedelta(minutes=1)
    ask(counter, "victim@example.org", network="203.0.113.7")
    assert mails(counter.store)[-1].kind == "confirmation", "their word counted; they may come back"


def test_a_network_causes_few_letters_whatever_addresses_it_types(room: Room) -> None:
    for number in range(80):
        room.circulation.joining.ask(wish(f"reader{number}@host{number}.example"), at(0, seconds=number))
    assert posted(room) == sign_ups.PER_NETWORK[0].number
    room.circulation.joining.ask(wish("one.more@host.example", "198.51.100.0/24"), at(0, seconds=99))
    assert posted(room) == sign_ups.PER_NETWORK[0].number + 1
    for hour in range(1, 6):
        for number in range(12):
            name = f"reader{hour}-{number}@host{number}.example"
            room.circulation.joining.ask(wish(name), at(0, 6 + 1.01 * hour, seconds=number))
    assert posted(room) == sign_ups.PER_NETWORK[1].number + 1


def test_a_flood_is_not_even_written_down(room: Room) -> None:
    for number in range(200):
        room.circulation.joining.ask(wish("victim@example.org"), at(0, seconds=number))
    with room.store.reading() as connection:
        rows = connection.scalar(select(func.count()).select_from(asked))
    assert rows == sign_ups.ASKED_PER_NETWORK[0].number


def test_a_domain_and_all_together_have_their_caps_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ups, "PER_DOMAIN", (sign_ups.Cap(5, timedelta(hours=1)),))
    monkeypatch.setattr(sign_ups, "IN_TOTAL", (sign_ups.Cap(8, timedelta(minutes=1)),))
    for number in range(20):
        name = f"reader{number}@{'one' if number < 10 else 'two'}.example"
        room.circulation.joining.ask(wish(name, f"192.0.{number}.0/24"), at(0, seconds=number))
    assert posted(room) == 8
    room.circulation.joining.ask(wish("late@two.example", "192.0.99.0/24"), at(0, seconds=81))
    assert posted(room) == 9


def test_no_table_holds_an_address_that_nobody_confirmed_but_the_pending_ones_own(counter: Stand) -> None:
    for _ in range(3):
        ask(counter, "victim@example.org", network="198.51.100.77")
    held = everything(counter.store)
    assert not any("victim" in str(row) or "198.51.100.77" in str(row) for row in held["sign_ups"])


def attack(room: Room, number: int, workers: int = 8) -> None:
    """Ask for one victim so many times at once, each time from another network."""

    def one(each: int) -> None:
        room.circulation.joining.ask(wish("victim@example.org", f"10.{each >> 8}.{each & 255}.0/24"), at(0))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(number)))


def test_hundreds_of_sign_ups_at_once_for_one_victim_are_one_letter(room: Room) -> None:
    attack(room, 300)
    assert posted(room) == 1


@pytest.mark.chaos
def test_ten_thousand_sign_ups_at_once_for_one_victim_are_one_letter(room: Room) -> None:
    attack(room, 10_000)
    assert posted(room) == 1


def test_a_site_under_attack_still_answers_everybody_the_same(counter: Stand) -> None:
    token = a_form(counter)
    send = partial(counter.client.post, "/subscribe")
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda number: send(
                    data={"token": token, "address": "victim@example.org"},
                    headers={"X-Forwarded-For": f"10.0.{number}.1"},
                ),
                range(150),
            )
        )
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert len(mails(counter.store)) == 1


@pytest.mark.chaos
def test_ten_thousand_requests_for_one_victim_are_one_letter_and_one_answer(counter: Stand) -> None:
    token = a_form(counter)

    def one(number: int) -> tuple[int, bytes]:
        answer = counter.client.post(
            "/subscribe",
            data={"token": token, "address": "victim@example.org"},
            headers={"X-Forwarded-For": f"10.{number >> 8}.{number & 255}.1"},
            timeout=120,
        )
        return answer.status_code, answer.content

    with ThreadPoolExecutor(64) as pool:
        answers = set(pool.map(one, range(10_000)))
    assert len(answers) == 1
    assert len(mails(counter.store)) == 1
