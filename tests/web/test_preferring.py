"""What readers choose, on a page behind a link in their own mail."""

from __future__ import annotations

import json
import re
from datetime import date, time, timedelta

import pytest
from letterbox import Mail, a_form, ask, everything, join, mails
from newsstand import KEYS, NOW, Stand
from rooms import SUPPRESSION_KEY
from sqlalchemy import select, update

from newsletter.readers.suppressions import address_hash, suppress
from newsletter.store.tables import consents, subscribers, subscriptions
from newsletter.tokens import Purpose


def link_to(stand: Stand, address: str) -> str:
    """Ask for a link as its reader does, and return it."""
    stand.clock.instant += timedelta(minutes=11)
    ask(stand, address, "/preferences")
    mail = mails(stand.store)[-1]
    assert (mail.kind, mail.to) == ("preferences", address)
    return mail.link("preferences")


def row(stand: Stand, number: int = 0) -> object:
    with stand.store.reading() as connection:
        return connection.execute(select(subscriptions).order_by(subscriptions.c.id)).all()[number]


def letters_of(stand: Stand, kind: str) -> list[Mail]:
    return [mail for mail in mails(stand.store) if mail.kind == kind]


@pytest.fixture
def there(counter: Stand) -> str:
    """Give the page of a reader's own."""
    join(counter, "reader@example.org")
    return link_to(counter, "reader@example.org")


def test_the_answer_to_who_asks_for_a_link_is_the_same_whoever_is_known(counter: Stand) -> None:
    for name in ("active", "left", "complained", "suppressed"):
        welcome = join(counter, f"{name}@example.org")
        if name == "left":
            counter.client.post(welcome.link("unsubscribe"))
    ask(counter, "pending@example.org")
    with counter.store.transaction() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.address == "complained@example.org").values(state="complained")
        )
        suppress(connection, address_hash(SUPPRESSION_KEY, "suppressed@example.org"), "operator", NOW)
    token = a_form(counter, "/preferences")
    answers = {
        name: counter.client.post("/preferences", data={"token": token, "address": f"{name}@example.org"})
        for name in ("new", "pending", "active", "left", "complained", "suppressed", "active")
    }
    assert len({(answer.status_code, answer.content) for answer in answers.values()}) == 1
    assert "If we know this address" in answers["new"].text
    assert [mail.to for mail in letters_of(counter, "preferences")] == ["active@example.org", "left@example.org"]


def test_a_link_is_sent_three_times_a_day_at_most_and_works_for_an_hour(counter: Stand, there: str) -> None:
    for _ in range(10):
        ask(counter, "reader@example.org", "/preferences", network=f"198.51.{_}.1")
        counter.clock.instant += timedelta(minutes=12)
    assert len(letters_of(counter, "preferences")) == 3
    for method in ("GET", "POST"):
        answer = counter.client.request(method, there)
        assert (answer.status_code, "This link has expired" in answer.text) == (410, True)


def test_a_reader_chooses_how_often_when_where_and_in_which_form(counter: Stand, there: str) -> None:
    sent = {
        "do": "keep", "edition": "daily-dose", "cadence": "weekly", "weekday": "6",
        "hour": "05:30", "zone": "Pacific/Kiritimati", "format": "text",
    }  # fmt: skip
    for _ in range(2):
        page = counter.client.post(there, data=sent)
        assert "once a week, on Saturday, at 05:30 in the time zone Pacific/Kiritimati, as plain text" in page.text
        kept = row(counter)
        assert (kept.cadence, kept.weekday, kept.hour, kept.zone, kept.format, kept.state) == (
            "weekly", 6, time(5, 30), "Pacific/Kiritimati", "text", "active",
        )  # fmt: skip
        first = everything(counter.store)
    assert everything(counter.store) == first


def test_a_long_wait_is_told_and_a_short_one_is_not(counter: Stand, there: str) -> None:
    sent = {"do": "keep", "edition": "daily-dose", "zone": "UTC"}
    assert "about 23 hours after an issue" in counter.client.post(there, data={**sent, "hour": "05:00"}).text
    assert "hours after an issue" not in counter.client.post(there, data={**sent, "hour": "07:00"}).text


def test_a_wrong_choice_is_named_at_its_field_and_nothing_is_changed(counter: Stand, there: str) -> None:
    before = everything(counter.store)
    wrong = [
        ({"do": "keep", "edition": "daily-dose", "hour": "07:00", "zone": "Mars"}, "name of a time zone"),
        ({"do": "pause", "edition": "daily-dose", "until": "2026-11-22"}, "Expected a day after 2026-11-22"),
        ({"do": "pause", "edition": "daily-dose", "until": "soon"}, "Expected a day after"),
        ({"do": "move", "address": "reader@example"}, "mail address such as"),
    ]
    for sent, said in wrong:
        answer = counter.client.post(there, data=sent)
        assert (answer.status_code, said in answer.text) == (422, True), sent
    for odd in ({"do": "keep", "edition": "none"}, {"do": "dance"}, {}):
        assert counter.client.post(there, data=odd).status_code == 200
    assert everything(counter.store) == before


def test_a_pause_has_a_day_or_none_and_ends_when_its_reader_says_so(counter: Stand, there: str) -> None:
    sent = {"edition": "daily-dose"}
    page = counter.client.post(there, data={**sent, "do": "pause", "until": "2026-12-24"})
    assert "mail comes again on 24 December 2026" in page.text
    assert (row(counter).state, row(counter).paused_until) == ("paused", date(2026, 12, 24))
    counter.client.post(there, data={**sent, "do": "resume"})
    assert (row(counter).state, row(counter).paused_until) == ("active", None)
    counter.client.post(there, data={**sent, "do": "pause"})
    assert "until you say so" in counter.get(there).text
    assert (row(counter).state, row(counter).paused_until) == ("paused", None)


def test_a_reader_leaves_and_joins_editions_and_each_word_is_kept(counter: Stand, there: str) -> None:
    for _ in range(2):
        counter.client.post(there, data={"do": "join", "edition": "deutsch"})
        counter.client.post(there, data={"do": "leave", "edition": "daily-dose"})
    assert [row(counter, number).state for number in (0, 1)] == ["left", "active"]
    assert [mail.subject for mail in letters_of(counter, "welcome")[1:]] == ["Welcome to Tagesdosis"]
    assert [mail.subject for mail in letters_of(counter, "goodbye")] == ["You have left Daily Dose"]
    with counter.store.reading() as connection:
        last = connection.execute(select(consents).order_by(consents.c.id.desc())).first()
    assert last is not None
    assert (last.origin, last.text) == (
        "preferences page", "subscribed to deutsch, every day, as soon as it is published",
    )  # fmt: skip


def test_everything_that_is_held_comes_by_mail_once_a_day(counter: Stand, there: str) -> None:
    for _ in range(3):
        assert "is on its way" in counter.client.post(there, data={"do": "held"}).text
    (mail,) = letters_of(counter, "held")
    told = json.loads(re.search(r"\{.*\}", mail.text, re.DOTALL)[0])
    assert told["address"] == "reader@example.org"
    assert [consent["origin"] for consent in told["consents"]] == ["sign-up form", "confirmation"]
    assert json.dumps(told["address"]).strip('"') in mail.html


def test_erasing_asks_once_more_and_then_holds_nothing(counter: Stand, there: str) -> None:
    before = everything(counter.store)
    assert "Erase everything about me" in counter.client.post(there, data={"do": "erase"}).text
    assert everything(counter.store) == before
    for _ in range(2):
        assert "Everything is erased" in counter.client.post(there, data={"do": "erase-surely"}).text
    assert "Everything is erased" in counter.get(there).text
    held = everything(counter.store)
    assert "reader@example.org" not in str({name: rows for name, rows in held.items() if name != "letters"})
    assert all(row[8] in ("", None) or "reader" not in str(row) for row in held["letters"])


def both_links(stand: Stand, there: str, address: str) -> tuple[str, str]:
    """Ask for a change of address; return the links that the old and the new one got."""
    stand.client.post(there, data={"do": "move", "address": address})
    old, new = letters_of(stand, "address")[-2:]
    assert (old.to, new.to) == ("reader@example.org", address)
    return old.link("address"), new.link("address")


def addresses(stand: Stand) -> list[str]:
    with stand.store.reading() as connection:
        return list(connection.scalars(select(subscribers.c.address).order_by(subscribers.c.id)))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_address_changes_once_both_have_confirmed(counter: Stand, there: str, order: tuple[int, int]) -> None:
    links = both_links(counter, there, "new@example.org")
    for link in links:
        assert "Confirm" in counter.get(link).text
    for _ in range(2):
        assert "Confirmed here" in counter.client.post(links[order[0]]).text
    assert addresses(counter) == ["reader@example.org"]
    for _ in range(2):
        assert "The address is changed" in counter.client.post(links[order[1]]).text
        assert addresses(counter) == ["new@example.org"]
        first = everything(counter.store)
    assert "The address is changed" in counter.get(links[order[0]]).text
    assert everything(counter.store) == first


def test_the_same_change_asked_again_sends_nothing_more(counter: Stand, there: str) -> None:
    both_links(counter, there, "new@example.org")
    before = everything(counter.store)
    counter.client.post(there, data={"do": "move", "address": "New@Example.org"})
    assert everything(counter.store) == before


def test_another_change_takes_the_place_of_the_one_that_waits(counter: Stand, there: str) -> None:
    first = both_links(counter, there, "one@example.org")
    second = both_links(counter, there, "two@example.org")
    for link in first:
        assert counter.client.post(link).status_code == 404
    for link in second:
        counter.client.post(link)
    assert addresses(counter) == ["two@example.org"]


def test_an_address_that_another_reader_has_is_told_to_nobody_but_its_owner(counter: Stand) -> None:
    join(counter, "other@example.org")
    join(counter, "reader@example.org")
    there = link_to(counter, "reader@example.org")
    taken = counter.client.post(there, data={"do": "move", "address": "other@example.org"})
    assert [(mail.kind, mail.to) for mail in mails(counter.store)[-2:]] == [
        ("address", "reader@example.org"), ("already", "other@example.org"),
    ]  # fmt: skip
    old = letters_of(counter, "address")[-1]
    free = counter.client.post(there, data={"do": "move", "address": "unknown@example.org"})
    assert (taken.status_code, taken.text) == (free.status_code, free.text)
    assert addresses(counter) == ["other@example.org", "reader@example.org"]
    assert old.text.count("other@example.org") == 1


def test_an_address_that_is_taken_while_both_confirm_stays_its_owners(counter: Stand, there: str) -> None:
    links = both_links(counter, there, "new@example.org")
    counter.clock.instant += timedelta(days=2)
    join(counter, "new@example.org")
    counter.client.post(links[0])
    assert "The address can’t be changed" in counter.client.post(links[1]).text
    assert addresses(counter) == ["reader@example.org", "new@example.org"]


def test_a_change_is_not_a_way_to_write_to_many(counter: Stand, there: str) -> None:
    for number in range(8):
        counter.client.post(there, data={"do": "move", "address": f"victim{number}@example.org"})
    assert len(letters_of(counter, "address")) == 6


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_tokens_for_something_else_open_nothing(counter: Stand, there: str, method: str) -> None:
    uid = row(counter).uid.bytes
    before = everything(counter.store)
    for room in ("preferences", "address"):
        for purpose in set(Purpose) - {Purpose.PREFERENCES if room == "preferences" else Purpose.ADDRESS}:
            token = KEYS.seal(purpose, uid, counter.clock.instant)
            assert counter.client.request(method, f"/{room}/{token}").status_code == 404
    assert counter.client.request(method, f"/address/{KEYS.seal(Purpose.ADDRESS, uid + b'x', NOW)}").status_code == 404
    assert everything(counter.store) == before


def test_the_page_is_its_readers_alone(counter: Stand, there: str) -> None:
    answer = counter.get(there)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
