"""Joining: asked for by whoever, confirmed by who reads the mail; nobody learns who is subscribed."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
from letterbox import a_form, ask, everything, join, mails
from newsstand import DAILY, KEYS, NOW, Stand
from rooms import SUPPRESSION_KEY
from sqlalchemy import func, select, update

from newsletter.archive import editions
from newsletter.delivery.mailings import unbalanced
from newsletter.readers import subscribers as list_of
from newsletter.readers.suppressions import address_hash, suppress
from newsletter.store.tables import consents, deliveries, letters, mailings, sign_ups, subscribers, subscriptions
from newsletter.tokens import Purpose


def states(stand: Stand) -> dict[str, str]:
    with stand.store.reading() as connection:
        rows = connection.execute(
            select(subscribers.c.address, subscriptions.c.state)
            .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            .order_by(subscriptions.c.id)
        )
        return {row.address: row.state for row in rows}


def kinds(stand: Stand) -> list[tuple[str, str]]:
    return [(mail.kind, mail.to) for mail in mails(stand.store)]


def test_who_asks_is_pending_and_who_confirms_is_subscribed_and_welcomed(counter: Stand) -> None:
    answer = ask(
        counter,
        "New.Reader@Example.org",
        cadence="weekly",
        weekday="3",
        hour="07:30",
        zone="Europe/Berlin",
        format="text",
    )
    assert answer.status_code == 200
    assert "If this address may be written to, a mail is on its way." in answer.text
    assert states(counter) == {"New.Reader@example.org": "pending"}
    (mail,) = mails(counter.store)
    there = mail.link("confirm")

    page = counter.get(there)
    assert "once a week, on Wednesday, at 07:30 in the time zone Europe/Berlin, as plain text" in page.text
    assert states(counter) == {"New.Reader@example.org": "pending"}

    assert "You are subscribed</h1>" in counter.client.post(there).text
    with counter.store.reading() as connection:
        row = connection.execute(select(subscriptions)).one()
    assert (row.state, row.cadence, row.weekday, row.hour, row.zone, row.format) == (
        "active", "weekly", 3, time(7, 30), "Europe/Berlin", "text",
    )  # fmt: skip
    assert row.confirmed_at == counter.clock.instant
    assert kinds(counter) == [("confirmation", "New.Reader@example.org"), ("welcome", "New.Reader@example.org")]


def test_confirming_again_changes_nothing_and_says_so(counter: Stand) -> None:
    ask(counter, "new@example.org")
    there = mails(counter.store)[0].link("confirm")
    counter.client.post(there)
    before = everything(counter.store)
    for _ in range(3):
        assert "You are subscribed already" in counter.client.post(there).text
        assert "You are subscribed already" in counter.get(there).text
    assert everything(counter.store) == before


def test_both_words_are_kept_as_evidence_with_the_network_and_no_more_of_it(counter: Stand) -> None:
    ask(counter, "new@example.org", network="198.51.100.77")
    there = mails(counter.store)[0].link("confirm")
    counter.client.post(there, headers={"X-Forwarded-For": "2001:db8:1:2:3:4:5:6"})
    with counter.store.reading() as connection:
        kept = [tuple(row) for row in connection.execute(
            select(consents.c.origin, consents.c.network, consents.c.text).order_by(consents.c.id)
        )]  # fmt: skip
    told = "daily-dose, every day, as soon as it is published"
    assert kept == [
        ("sign-up form", "198.51.100.0/24", f"asked for {told}"),
        ("confirmation", "2001:db8:1:2::/64", f"confirmed by the link in the mail: {told}"),
    ]


def test_a_confirmation_holds_nothing_that_somebody_typed(counter: Stand) -> None:
    ask(counter, "new@example.org", cadence="daily", name="Buy pills", homepage="", zone="http://evil.example")
    (mail,) = mails(counter.store)
    whole = mail.raw.as_string()
    assert "pills" not in whole
    assert "evil" not in whole
    assert mail.raw["List-Unsubscribe"] is None
    assert mail.raw["Auto-Submitted"] == "auto-generated"


def test_the_link_confirms_for_a_week_and_then_says_kindly_that_it_is_over(counter: Stand) -> None:
    ask(counter, "new@example.org")
    there = mails(counter.store)[0].link("confirm")
    counter.clock.instant += timedelta(days=7, seconds=1)
    for method in ("GET", "POST"):
        answer = counter.client.request(method, there)
        assert answer.status_code == 410
        assert "This link has expired" in answer.text
        assert 'href="/subscribe"' in answer.text
    assert states(counter) == {"new@example.org": "pending"}


def test_a_link_from_before_one_left_brings_nobody_back(counter: Stand) -> None:
    ask(counter, "new@example.org")
    confirm = mails(counter.store)[0].link("confirm")
    counter.client.post(confirm)
    counter.clock.instant += timedelta(hours=1)
    counter.client.post(mails(counter.store)[-1].link("unsubscribe"), data={"List-Unsubscribe": "One-Click"})
    assert counter.client.post(confirm).status_code == 410
    assert states(counter) == {"new@example.org": "left"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_is_not_ours_or_not_for_this_finds_nothing(counter: Stand, method: str) -> None:
    welcome = join(counter, "new@example.org")
    before = everything(counter.store)
    for token in (
        "x",
        welcome.link("unsubscribe").rpartition("/")[2],
        KEYS.seal(Purpose.CONFIRM, b"short", NOW),
        KEYS.seal(Purpose.CONFIRM, bytes(16) + bytes(7) + b"daily||||html", NOW),
        KEYS.seal(Purpose.PREFERENCES, bytes(16), NOW),
    ):
        assert counter.client.request(method, f"/confirm/{token}").status_code == 404
    assert everything(counter.store) == before


def test_a_further_edition_is_joined_at_its_own_address_or_chosen_in_the_form(counter: Stand) -> None:
    assert 'value="deutsch" selected' in counter.get("/e/deutsch/subscribe").text
    ask(counter, "one@example.org", "/e/deutsch/subscribe")
    ask(counter, "two@example.org", edition="deutsch")
    for mail in mails(counter.store):
        assert "Tagesdosis" in mail.subject
        counter.client.post(mail.link("e/deutsch/confirm"))
    with counter.store.reading() as connection:
        held = [(each.address, each.subscriptions[0].edition, each.subscriptions[0].state)
                for each in list_of.every(connection)]  # fmt: skip
    assert held == [("one@example.org", "deutsch", "active"), ("two@example.org", "deutsch", "active")]
    assert counter.get("/e/daily-dose/subscribe").headers["location"] == "/subscribe"
    assert counter.get("/e/none/subscribe").status_code == 404


def as_it_may_be(stand: Stand) -> dict[str, str]:
    """Return an address for each thing that may be known of one."""
    addresses = {
        each: f"{each}@example.org"
        for each in ("new", "pending", "active", "left", "bounced", "complained", "suppressed", "erased", "capped")
    }
    for each in ("active", "left", "bounced", "complained"):
        welcome = join(stand, addresses[each])
        if each == "left":
            stand.client.post(welcome.link("unsubscribe"))
    for each in ("pending", "capped"):
        ask(stand, addresses[each])
    stand.clock.instant += timedelta(hours=23)
    ask(stand, addresses["capped"])
    stand.clock.instant += timedelta(hours=2)
    with stand.store.transaction() as connection:
        for each in ("bounced", "complained"):
            connection.execute(update(subscribers).where(subscribers.c.address == addresses[each]).values(state=each))
        for each, reason in (("suppressed", "operator"), ("erased", "erased")):
            suppress(connection, address_hash(SUPPRESSION_KEY, addresses[each]), reason, NOW)
        connection.execute(
            sign_ups.insert().values(
                kind="confirmation", asked_at=stand.clock.instant, mailed=True, network="x", domain="example.org",
                address_hash=address_hash(SUPPRESSION_KEY, addresses["capped"]),
            )
        )  # fmt: skip
    return addresses


def test_the_answer_is_the_same_in_bytes_status_and_steps_of_time_whatever_is_known(counter: Stand) -> None:
    addresses = as_it_may_be(counter)
    token = a_form(counter)
    before = len(kinds(counter))
    answers = {
        each: counter.client.post("/subscribe", data={"token": token, "address": address})
        for each, address in addresses.items()
    }

    assert len({(answer.status_code, answer.content) for answer in answers.values()}) == 1
    assert len({tuple(sorted(name for name in answer.headers)) for answer in answers.values()}) == 1
    took = {each: answer.elapsed.total_seconds() % 0.25 for each, answer in answers.items()}
    assert max(took.values()) < 0.1, took
    assert kinds(counter)[before:] == [
        ("confirmation", "new@example.org"),
        ("confirmation", "pending@example.org"),
        ("already", "active@example.org"),
        ("confirmation", "left@example.org"),
        ("confirmation", "bounced@example.org"),
        ("confirmation", "erased@example.org"),
    ]


def test_asking_changes_nothing_of_a_subscription_but_a_pending_ones_wish(counter: Stand) -> None:
    addresses = as_it_may_be(counter)
    before = states(counter)
    for each in ("active", "left", "bounced", "complained", "suppressed"):
        ask(counter, addresses[each], cadence="weekly", format="text")
    assert {address: state for address, state in states(counter).items() if address in before} == before
    with counter.store.reading() as connection:
        chosen = set(connection.execute(select(subscriptions.c.cadence, subscriptions.c.format)))
    assert chosen == {("daily", "html")}


def test_their_own_confirmed_word_brings_back_who_left_or_bounced_and_who_was_erased(counter: Stand) -> None:
    addresses = as_it_may_be(counter)
    for each in ("left", "bounced", "erased"):
        ask(counter, addresses[each])
        assert "You are subscribed</h1>" in counter.client.post(mails(counter.store)[-1].link("confirm")).text
        assert states(counter)[addresses[each]] == "active"
    with counter.store.reading() as connection:
        known = dict(connection.execute(select(subscribers.c.address, subscribers.c.state)).all())
    assert {known[addresses[each]] for each in ("left", "bounced", "erased")} == {"good"}


def test_a_complaint_or_the_operators_word_after_the_mail_went_out_is_stronger_than_its_link(counter: Stand) -> None:
    for each in ("one@example.org", "two@example.org"):
        ask(counter, each)
    with counter.store.transaction() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.address == "one@example.org").values(state="complained")
        )
        suppress(connection, address_hash(SUPPRESSION_KEY, "two@example.org"), "operator", NOW)
    for mail in mails(counter.store):
        assert "This address can’t be subscribed" in counter.client.post(mail.link("confirm")).text
    assert states(counter) == {"one@example.org": "pending", "two@example.org": "pending"}


def test_who_is_subscribed_hears_so_once_in_thirty_days(counter: Stand) -> None:
    join(counter, "reader@example.org")
    for days in (1, 1, 27, 2):
        counter.clock.instant += timedelta(days=days)
        ask(counter, "Reader@Example.org")
    assert [kind for kind, _ in kinds(counter)] == ["confirmation", "welcome", "already", "already"]
    assert "/preferences" in mails(counter.store)[-1].text


def test_a_form_that_no_person_filled_in_comes_back_with_what_was_typed(counter: Stand) -> None:
    page = counter.get("/subscribe").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    sent = {"token": token[1], "address": "reader@example.org", "cadence": "weekly"}
    quick = counter.client.post("/subscribe", data=sent)
    assert (quick.status_code, "very fast" in quick.text) == (422, True)
    assert 'value="reader@example.org"' in quick.text
    assert 'value="weekly" selected' in quick.text
    assert token[1] in quick.text, "the same token: it need not wait again"

    counter.clock.instant += timedelta(hours=13)
    for wrong in ({**sent}, {**sent, "token": ""}, {"address": "reader@example.org"}):
        answer = counter.client.post("/subscribe", data=wrong)
        assert answer.status_code == 422
        assert "please send it once more" in answer.text
    assert kinds(counter) == []


def test_the_trap_for_programs_says_what_everybody_hears_and_writes_nothing(counter: Stand) -> None:
    before = everything(counter.store)
    caught = ask(counter, "reader@example.org", homepage="https://spam.example")
    assert everything(counter.store) == before
    assert caught.text == ask(counter, "reader@example.org").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"address": "reader@example"}, "mail address such as"),
        ({"address": "a@example.org, b@example.org"}, "mail address such as"),
        ({"address": "a@example.org\r\nBcc: b@example.org"}, "mail address such as"),
        ({"address": "x" * 5000}, "mail address such as"),
        ({"cadence": "hourly"}, "Expected daily, weekdays or weekly"),
        ({"hour": "07:30", "zone": "Mars/Olympus"}, "name of a time zone"),
        ({"hour": "24:00", "zone": "UTC"}, "hour such as 07:30"),
        ({"edition": "none"}, "no such edition"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_nothing_is_written(counter: Stand, wrong: dict, field: str) -> None:
    before = everything(counter.store)
    answer = ask(counter, **{"address": "reader@example.org", **wrong})
    assert answer.status_code == 422
    assert field in answer.text
    assert everything(counter.store) == before


def test_the_welcome_brings_the_latest_issue_which_counts_as_delivered_and_comes_no_second_time(counter: Stand) -> None:
    with counter.store.transaction() as connection:
        list_of.subscribe(connection, editions.get_id(connection, DAILY.slug), "first@example.org", "asked", NOW)
    counter.press.publish(None, NOW.date(), counter.clock.instant, mail=True)
    welcome = join(counter, "new@example.org")
    assert "Two people killed at" in welcome.text
    assert "Two people killed at" in welcome.html

    with counter.store.reading() as connection:
        audience = connection.scalar(select(mailings.c.audience))
        rows = connection.execute(
            select(deliveries.c.state, deliveries.c.reply, deliveries.c.message_id).order_by(
                deliveries.c.subscription_id
            )
        ).all()
    assert audience == 2
    assert [(row.state, row.reply) for row in rows] == [("queued", None), ("sent", "welcome")]
    assert rows[1].message_id == welcome.raw["Message-ID"]

    # Who leaves and comes back is welcomed without it.
    counter.client.post(welcome.link("unsubscribe"))
    counter.clock.instant += timedelta(days=1)
    again = join(counter, "new@example.org")
    assert "Two people killed at" not in again.text
    with counter.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(deliveries)) == 2


def test_an_issue_that_is_mailed_after_all_goes_to_nobody_whose_welcome_brought_it(counter: Stand) -> None:
    welcome = join(counter, "new@example.org")
    assert "Two people killed at" in welcome.text
    with counter.store.transaction() as connection:
        list_of.subscribe(connection, editions.get_id(connection, DAILY.slug), "first@example.org", "asked", NOW)
    counter.press.publish(None, NOW.date(), counter.clock.instant, mail=True)
    with counter.store.reading() as connection:
        told = connection.execute(
            select(subscribers.c.address)
            .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            .join(deliveries, deliveries.c.subscription_id == subscriptions.c.id)
        ).all()
    assert [row.address for row in told] == ["first@example.org"]


def test_leaving_by_the_pages_button_gets_one_last_letter_and_one_click_of_a_provider_none(counter: Stand) -> None:
    one, two = join(counter, "one@example.org"), join(counter, "two@example.org")
    for _ in range(2):
        counter.client.post(one.link("unsubscribe"), data={"leave": "yes"})
        counter.client.post(two.link("unsubscribe"), data={"List-Unsubscribe": "One-Click"})
    assert states(counter) == {"one@example.org": "left", "two@example.org": "left"}
    last = [mail for mail in mails(counter.store) if mail.kind == "goodbye"]
    assert [mail.to for mail in last] == ["one@example.org"]
    assert "Subscribe again" in counter.get(last[0].link("unsubscribe")).text


def test_no_letter_follows_a_complaint(counter: Stand) -> None:
    welcome = join(counter, "one@example.org")
    with counter.store.transaction() as connection:
        connection.execute(update(subscribers).values(state="complained"))
    before = len(kinds(counter))
    counter.client.post(welcome.link("unsubscribe"), data={"leave": "yes"})
    assert len(kinds(counter)) == before


def test_the_pages_are_nobody_elses_and_set_no_cookie(counter: Stand) -> None:
    ask(counter, "new@example.org")
    for there in ("/subscribe", mails(counter.store)[0].link("confirm")):
        answer = counter.get(there)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers
        assert "<script" not in answer.text


def test_letters_are_queued_whole_and_dated_by_the_instant_they_were_asked_at(counter: Stand) -> None:
    ask(counter, "new@example.org")
    with counter.store.reading() as connection:
        row = connection.execute(select(letters)).one()
    assert (row.state, row.due_at, row.ready_at) == ("queued", counter.clock.instant, counter.clock.instant)
    (mail,) = mails(counter.store)
    assert mail.raw["To"] == "new@example.org"
    assert mail.raw["Message-ID"] == row.message_id
    assert mail.raw["Date"].datetime == counter.clock.instant.replace(microsecond=0)


def test_conservation_holds_after_welcomes(counter: Stand) -> None:
    counter.press.publish(None, NOW.date(), counter.clock.instant, mail=True)
    for number in range(3):
        join(counter, f"reader{number}@example.org")
    with counter.store.reading() as connection:
        assert unbalanced(connection) == []
        assert connection.scalar(select(mailings.c.audience)) == 3
