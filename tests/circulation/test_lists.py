"""Lists taken in, given out and matched, on both databases."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import Room, an_edition, at
from sqlalchemy import select, update

from newsletter.circulation import listing
from newsletter.circulation.listing import BrokenList, ListReport, SubscriberList, TooManyLeave
from newsletter.imports.subscribers import InvalidList
from newsletter.readers import subscribers
from newsletter.store import Store
from newsletter.store import tables as our
from newsletter.store.schema import upgrade

CONSENT = "asked at the fair"


class Told(ListReport):
    """A report that remembers, in *told*, what it was told."""

    told: list[str]


@pytest.fixture
def take(room, tmp_path):
    """Give what takes rows of a list in and returns the report; with *match*, matches them."""

    def take(*rows, header="address", consent=CONSENT, edition=None, into=room, match=False, **how):
        file = tmp_path / "list.csv"
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        report, told = Told(), []
        report.refusal = told.append
        listed = SubscriberList(file=str(file), edition=edition, consent=consent)
        verb = into.circulation.match if match else into.circulation.take_in
        verb(listed, at(1), report, **how)
        report.told = [str(each).removeprefix(str(file)) for each in told]
        return report

    return take


def counts(report: ListReport) -> dict[str, int]:
    return {name: number for name, number in report.counts.items() if number}


def standing(room: Room) -> dict[str, str]:
    """Return each address's states: its own, and those of its subscriptions."""
    return {
        each.address: " ".join([each.state, *(f"{one.edition}:{one.state}" for one in each.subscriptions)])
        for each in room.circulation.every()
    }


def set_state(room: Room, address: str, state: str, **values) -> None:
    """Set the state of an address, or of its subscriptions."""
    mine = select(our.subscribers.c.id).where(our.subscribers.c.folded == address).scalar_subquery()
    own = state in ("bounced", "complained")
    with room.store.transaction() as connection:
        statement = (
            update(our.subscribers).where(our.subscribers.c.id == mine)
            if own
            else update(our.subscriptions).where(our.subscriptions.c.subscriber_id == mine)
        )
        connection.execute(statement.values(state=state, **values))


# Taking in.


def test_who_is_new_is_subscribed_with_evidence(room, take):
    report = take("a@example.org,", "b@example.org,by letter", header="address,consent")

    assert counts(report) == {"added": 2}
    assert standing(room) == dict.fromkeys(["a@example.org", "b@example.org"], "good daily-dose:active")
    assert [
        (each["text"], each["origin"])
        for name in "ab"
        for each in room.circulation.held(f"{name}@example.org")["consents"]
    ] == [
        (CONSENT, "import"),
        ("by letter", "import"),
    ]


def test_again_adds_nobody_twice_and_neither_do_other_spellings(room, take):
    rows = ("Reader@Bücher.example.org", "reader@xn--bcher-kva.example.org", "READER@BÜCHER.EXAMPLE.ORG")

    assert counts(take(*rows)) == {"added": 1, "known": 2}
    before = room.circulation.held(rows[0])
    assert counts(take(*reversed(rows))) == {"known": 3}
    assert room.circulation.held(rows[0]) == before


@pytest.mark.parametrize("at_once", [1, 2, 5_000])
def test_a_dry_run_counts_the_same_and_changes_nothing(room, take, monkeypatch, at_once):
    monkeypatch.setattr(listing, "_AT_ONCE", at_once)
    room.subscribe("known@example.org", "gone@example.org")
    room.circulation.suppress(["out@example.org"], "x", at(0))
    set_state(room, "gone@example.org", "left")
    before = standing(room)
    rows = ("a@example.org", "known@example.org", "nobody", "A@example.org", "out@example.org", "gone@example.org")

    dry = take(*rows, dry_run=True)

    assert standing(room) == before
    assert counts(dry) == {"added": 1, "known": 2, "suppressed": 1, "left": 1, "refused": 1}
    assert counts(take(*rows)) == counts(dry)
    assert standing(room) == before | {"a@example.org": "good daily-dose:active"}


def test_who_left_bounced_or_complained_stays_so_and_who_is_pending_is_confirmed(room, take):
    names = ("left", "bounced", "complained", "pending", "paused")
    addresses = [f"{name}@example.org" for name in names]
    room.subscribe(*addresses)
    for name, address in zip(names, addresses, strict=True):
        set_state(room, address, name)

    assert counts(take(*addresses)) == {"left": 1, "bounced": 1, "complained": 1, "added": 1, "known": 1}
    assert [standing(room)[address] for address in addresses] == [
        "good daily-dose:left",
        "bounced daily-dose:active",
        "complained daily-dose:active",
        "good daily-dose:active",
        "good daily-dose:paused",
    ]


def test_nobody_whose_address_came_back_is_subscribed_elsewhere(room, take):
    room.open(an_edition("second"))
    room.subscribe("a@example.org", "b@example.org")
    set_state(room, "a@example.org", "bounced")
    set_state(room, "b@example.org", "complained")

    assert counts(take("a@example.org", "b@example.org", edition="second")) == {"bounced": 1, "complained": 1}
    assert standing(room)["b@example.org"] == "complained daily-dose:active"


def test_rows_name_their_edition(room, take):
    room.open(an_edition("second"))

    report = take("a@example.org,second", "a@example.org,", "a@example.org,third", header="address,edition")

    assert counts(report) == {"added": 2, "refused": 1}
    assert report.told == [":4: edition: expected daily-dose, second, got 'third'"]
    assert standing(room) == {"a@example.org": "good second:active daily-dose:active"}


def test_broken_rows_are_counted_and_told_and_cost_no_other(room, take, monkeypatch):
    monkeypatch.setattr(listing, "_AT_ONCE", 3)
    rows = [f"r{number}@example.org" if number % 4 else "nobody" for number in range(20)]

    report = take(*rows)

    assert counts(report) == {"added": 15, "refused": 5}
    assert [each.split(":")[1] for each in report.told] == ["2", "6", "10", "14", "18"]


def test_what_stops_in_the_middle_goes_on_there(room, take, monkeypatch):
    monkeypatch.setattr(listing, "_AT_ONCE", 2)
    rows = [f"r{number}@example.org" for number in range(6)]
    transaction, times = Store.transaction, []

    def broken(self):
        times.append(1)
        if len(times) == 3:
            raise KeyboardInterrupt
        return transaction(self)

    monkeypatch.setattr(Store, "transaction", broken)
    with pytest.raises(KeyboardInterrupt):
        take(*rows)
    monkeypatch.setattr(Store, "transaction", transaction)
    assert len(standing(room)) == 4

    assert counts(take(*rows)) == {"added": 2, "known": 4}


@settings(max_examples=20)
@given(st.lists(st.text("ab", max_size=3)), st.integers(0, 40_000))
def test_what_was_seen_is_known_again_however_much_it_is(things, number):
    seen, known = listing._Seen(), set()
    for thing in [(str(each), "daily-dose") for each in [*things, *range(number), *things]]:
        assert seen.add(thing) is (thing not in known)
        known.add(thing)


# Giving out.

HEADER = (
    "address,edition,state,cadence,weekday,hour,zone,format,paused_until,address_state,consent,consented_at,"
    "confirmed_at,left_at"
)


def test_what_is_given_out_is_taken_back_without_loss(room, take, tmp_path):
    room.open(an_edition("second"))
    rows = [
        'a@example.org,daily-dose,active,weekly,5,07:30,Europe/Berlin,text,,good,"at ""a"", b",2026-01-02T03:04:05Z,,',
        "a@example.org,second,left,daily,,,,html,,good,by letter,2025-01-01T00:00:00Z,,2026-02-01T00:00:00Z",
        "b@example.org,daily-dose,paused,weekdays,,23:30,Asia/Tokyo,html,2026-12-24,good,x,2026-01-01T00:00:00Z,,",
        "c@example.org,daily-dose,pending,daily,,,,html,,good,,,,",
        "d@example.org,daily-dose,active,daily,,,,html,,bounced,x,2026-01-01T00:00:00Z,2026-01-03T00:00:00Z,",
        "e@example.org,daily-dose,left,daily,,,,html,,complained,,,,2026-02-02T00:00:00Z",
    ]
    report = take(*rows, header=HEADER, consent="")
    assert report.told == []
    assert counts(report) == {"added": 3, "left": 1, "bounced": 1, "complained": 1}

    assert list(room.circulation.export()) == [HEADER, *rows]

    other = Store(f"sqlite:///{tmp_path}/other.db")
    upgrade(other)
    elsewhere = Room(other, tmp_path / "elsewhere")
    elsewhere.open(an_edition(), an_edition("second"))
    take(*rows, header=HEADER, consent="", into=elsewhere)
    assert list(elsewhere.circulation.export()) == [HEADER, *rows]
    assert standing(elsewhere) == standing(room)
    other.close()


def test_who_left_is_not_subscribed_by_a_list_that_says_so(room, take):
    take("a@example.org,left", header="address,state")
    take("a@example.org", header="address")
    assert standing(room) == {"a@example.org": "good daily-dose:left"}


def test_who_was_erased_is_not_given_out(room):
    room.subscribe("a@example.org", "b@example.org")
    room.circulation.erase(["a@example.org"], at(1))

    assert [row["address"] for row in csv.DictReader(room.circulation.export())] == ["b@example.org"]
    assert list(standing(room)) == ["b@example.org"]


def test_the_newest_word_of_consent_is_given_out_in_pieces_of_any_size(room, monkeypatch):
    monkeypatch.setattr(listing.lists.rows_out, "__defaults__", (2,))
    room.subscribe(*(f"r{number}@example.org" for number in range(5)))
    with room.store.transaction() as connection:
        for number in range(1, 6):
            connection.execute(
                our.consents.insert().values(
                    subscription_id=number, given_at=at(3), origin="form", text=f"new {number}"
                )
            )
            connection.execute(
                our.consents.insert().values(subscription_id=number, given_at=at(2), origin="form", text="older")
            )

    rows = list(csv.DictReader(room.circulation.export()))

    assert [row["address"] for row in rows] == [f"r{number}@example.org" for number in range(5)]
    assert [row["consent"] for row in rows] == [f"new {number}" for number in range(1, 6)]


# Matching.

FEW = [f"r{number}@example.org" for number in range(10)]


def test_an_edition_s_readers_become_those_on_the_list(room, take):
    room.subscribe(*FEW)

    report = take(*FEW[1:], "new@example.org", match=True)

    assert counts(report) == {"members": 10, "added": 1, "known": 9, "removed": 1}
    assert Counter(standing(room).values()) == {"good daily-dose:active": 10, "good daily-dose:left": 1}
    assert room.circulation.held(FEW[0])["subscriptions"][0]["left_by"] == "sync"
    assert room.circulation.held("new@example.org")["consents"][0]["origin"] == "sync"


def test_a_dry_run_of_it_tells_how_many_and_changes_nothing(room, take):
    room.subscribe(*FEW)
    before = standing(room)

    report = take("new@example.org", "NEW@example.org", FEW[0], match=True, dry_run=True)

    assert counts(report) == {"members": 10, "added": 1, "known": 2, "removed": 9}
    assert standing(room) == before


@pytest.mark.parametrize(
    ("kept", "most", "is_taken"), [(9, None, True), (8, None, False), (8, 2, True), (7, 2, False), (9, 0, False)]
)
def test_more_than_a_tenth_or_a_named_number_is_not_taken_off_unasked(room, take, kept, most, is_taken):
    room.subscribe(*FEW)
    before = standing(room)

    if is_taken:
        take(*FEW[:kept], "new@example.org", match=True, most=most)
        assert Counter(standing(room).values())["good daily-dose:left"] == 10 - kept
        return
    with pytest.raises(TooManyLeave, match=f"lacks {10 - kept} of the 10 who are subscribed; at most"):
        take(*FEW[:kept], "new@example.org", match=True, most=most)
    assert standing(room) == before


@pytest.mark.parametrize("rows", [[*FEW[:9], "nobody"], [*FEW, "a@b@c"], ["nobody"]])
def test_a_broken_list_takes_off_nobody_and_adds_nobody(room, take, rows):
    room.subscribe(*FEW)
    before = standing(room)

    with pytest.raises(BrokenList, match="1 row of it can't be read"):
        take(*rows, "new@example.org", match=True, most=100)
    assert standing(room) == before


def test_an_empty_list_takes_off_nobody(room, take):
    room.subscribe(*FEW)
    with pytest.raises(InvalidList, match="nobody stands on it"):
        take(match=True, most=100)
    with pytest.raises(InvalidList, match="expected a first line that names its columns"):
        take(*FEW, header="", match=True, most=100)
    assert len(standing(room)) == 10


def test_only_the_edition_s_own_readers_are_taken_off(room, take):
    room.open(an_edition("second"))
    room.subscribe(*FEW)
    room.subscribe(*FEW, edition="second")

    take(FEW[0], match=True, most=100, edition="second")

    assert Counter(standing(room).values()) == {
        "good daily-dose:active second:left": 9,
        "good daily-dose:active second:active": 1,
    }
    with pytest.raises(BrokenList):
        take(f"{FEW[0]},daily-dose", header="address,edition", match=True, most=100, edition="second")


def test_whom_a_list_took_off_it_may_bring_back_unless_they_left_by_themselves(room, take):
    room.subscribe(*FEW)
    take(*FEW[2:], match=True, most=2)
    with room.store.reading() as connection:
        uid = connection.scalar(
            select(our.subscriptions.c.uid).join(our.subscribers).where(our.subscribers.c.folded == FEW[0])
        )
    with room.store.transaction() as connection:
        subscribers.leave(connection, uid, at(2))

    report = take(*FEW, match=True)

    assert counts(report) == {"members": 8, "known": 8, "added": 1, "left": 1}
    assert standing(room)[FEW[0]] == "good daily-dose:left"
    assert standing(room)[FEW[1]] == "good daily-dose:active"


def test_who_is_paused_stays_and_who_is_pending_is_left_alone(room, take):
    room.subscribe(*FEW)
    set_state(room, FEW[0], "paused")
    set_state(room, FEW[1], "pending")

    take(FEW[0], *FEW[2:], match=True)

    assert standing(room)[FEW[0]] == "good daily-dose:paused"
    assert standing(room)[FEW[1]] == "good daily-dose:pending"


def test_a_file_that_changes_while_it_is_read_changes_nothing(room, take, monkeypatch, tmp_path):
    room.subscribe(*FEW)
    before, check = standing(room), SubscriberList._check

    def shortened(self, *arguments):
        length = check(self, *arguments)
        (tmp_path / "list.csv").write_text("address\n" + FEW[0] + "\n")
        return length

    monkeypatch.setattr(SubscriberList, "_check", shortened)
    with pytest.raises(InvalidList, match="can be read twice"):
        take(*FEW, match=True, most=100)
    assert standing(room) == before


# Listing.


def test_a_list_is_chosen_by_state_and_edition_in_pieces_of_any_size(room, monkeypatch):
    monkeypatch.setattr(subscribers.every, "__defaults__", (None, None, 2))
    room.open(an_edition("second"))
    room.subscribe(*FEW)
    room.subscribe(*FEW[:3], edition="second")
    set_state(room, FEW[9], "left")
    set_state(room, FEW[8], "bounced")

    def those(**chosen):
        return [each.address for each in room.circulation.every(**chosen)]

    assert those() == FEW
    assert those(state="left") == [FEW[9]]
    assert those(state="bounced") == [FEW[8]]
    assert those(edition="second") == FEW[:3]
    assert those(state="active", edition="second") == FEW[:3]
    assert those(state="left", edition="second") == []
