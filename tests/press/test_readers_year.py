"""A year of readers all over the world: what each one got, and when, is what the product's words say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from expected_mail import Expected, Got, Wish
from rooms import KEYS, Room, an_edition, many
from sqlalchemy import select

from newsletter.circulation import joining
from newsletter.models import Schedule
from newsletter.preferences import Preferences
from newsletter.store import Connection, Store
from newsletter.store import tables as our
from newsletter.tokens import Purpose

YEAR = 2026
TOKYO = ("Asia/Tokyo", time(6))
NEW_YORK = ("America/New_York", time(6))
#: How much later it is six there.
LATER = timedelta(hours=13)
#: Where readers live, with an early and a late hour each.
PLACES = ("Pacific/Kiritimati", "Asia/Tokyo", "Europe/London", "America/New_York", "Pacific/Pago_Pago")
HOURS = (time(5), time(7, 30), time(1, 30), time(2, 30), time(22))
#: When a digest's readers want it.
WEEKLY_HOURS = (None, time(5), time(22))
#: A season of what people do begins so many days after the one before, on another weekday.
SEASON = 59

Act = tuple[datetime, str, tuple[Any, ...], dict[str, Any]]


class World:
    """The real thing, with an outbox: does what the expectation is told, and reads what came."""

    def __init__(self, store: Store, folder: Path, first: date, entries: int = 60) -> None:
        self.room = Room(store, folder)
        schedule = Schedule(from_day=first, zone=ZoneInfo(TOKYO[0]), time=TOKYO[1])
        self.room.open(an_edition(since=first, schedules=(schedule,)))
        self.room.add(*many(entries))
        self.got: list[Got] = []
        #: What the first mail of each day's issue linked.
        self.linked: dict[date, set[date]] = {}
        self.addresses: dict[str, str] = {}
        self.wishes: dict[str, Wish] = {}

    def tick(self, now: datetime) -> None:
        self.room.press.tick(now)
        if self.room.press.sending.sweep(now):
            self.read(now)

    def read(self, now: datetime) -> None:
        """Read the new messages of mailings, and take them out of the outbox."""
        for file in (self.room.folder / "new").iterdir():
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            file.unlink()
            if mail["Feedback-ID"] is None:
                continue  # a letter
            key, _, kind, *_ = mail["Feedback-ID"].split(":")
            text = _text(mail)
            told, _, beside = text.partition("You may have missed")
            day = date.fromisoformat(key)
            if kind == "issue":
                self.linked.setdefault(day, set(_days(r"/archive/", beside)))
            self.got.append(
                Got(
                    address=mail["To"],
                    kind=kind,
                    day=day,
                    dated=parsedate_to_datetime(mail["Date"]).astimezone(UTC),
                    at=now,
                    text=mail.get_content_maintype() == "text",
                    days=_days(r"Read it with its sources: \S+/", told) if kind == "digest" else (day,),
                    linked=_days(r"/archive/", beside) if kind == "digest" else (),
                    corrected=_found(r"Corrected on (\S{10})\.", text, date.fromisoformat),
                    notes=_found(r"\bMistake\w+", text, str),
                )
            )

    def join(self, now: datetime, name: str, wish: Wish) -> None:
        self.wishes[name] = wish
        # No network may ask for many.
        network = f"192.0.{len(self.wishes)}.0/24"
        asked = joining.Wish(
            address=wish.address, edition=None, preferences=preferences(wish), origin="a form", network=network
        )
        self.room.circulation.joining.ask(asked, now)
        (link,) = self.links("confirm", wish.address)
        assert self.room.circulation.joining.confirm(link, network, now).said == "done"

    def prefer(self, now: datetime, name: str, **changed: Any) -> None:
        old = self.wishes[name]
        wish = self.wishes[name] = Wish(**({**vars(old)} | changed))
        token = self.page(old.address, now)
        self.room.circulation.preferring.keep(token, "daily-dose", preferences(wish), now)
        if wish.address != old.address:
            self.room.circulation.moving.ask(token, wish.address, "192.0.2.0/24", now)
            links = [*self.links("address", old.address), *self.links("address", wish.address)]
            assert [self.room.circulation.moving.confirm(link, "192.0.2.0/24", now).said for link in links] == [
                "half",
                "done",
            ]

    def pause(self, now: datetime, name: str, until: date) -> None:
        self.room.circulation.preferring.pause(self.page(self.wishes[name].address, now), "daily-dose", until, now)

    def leave(self, now: datetime, name: str) -> None:
        uid = self.uid(self.wishes[name].address)
        self.room.circulation.leave(KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, uid, now), now)

    def hold(self, now: datetime, first: date | None = None, last: date | None = None) -> None:
        self.room.press.hold(None, (first, last) if first and last else None, now)

    def release(self, now: datetime, first: date | None = None, last: date | None = None) -> None:
        assert self.room.press.release(None, (first, last) if first and last else None, now) == 1

    def correct(self, now: datetime, day: date, note: str) -> None:
        self.room.press.correct(None, day, note, now, values={"body": f"Corrected on {day}.[^1]"})

    def withdraw(self, now: datetime, day: date) -> None:
        self.room.press.withdraw(None, day, "A court forbade it.", now)

    def fill(self, now: datetime, day: date) -> None:
        self.room.press.publish(None, day, now, force=True)

    def move(self, now: datetime, zone: str, hour: time) -> None:
        self.room.desk.set_edition("daily-dose", {"zone": zone, "time": hour.isoformat("minutes")}, now)

    def page(self, address: str, now: datetime) -> str:
        return KEYS.seal(Purpose.PREFERENCES, self.uid(address), now)

    def uid(self, address: str) -> bytes:
        with self.room.store.reading() as connection:
            uid = connection.scalar(
                select(our.subscriptions.c.uid).join(our.subscribers).where(our.subscribers.c.address == address)
            )
        assert uid is not None
        return uid.bytes

    def links(self, page: str, address: str) -> list[str]:
        """Return the tokens in the letters to an address, the newest first."""
        with self.room.store.reading() as connection:
            return [_token(mail, page) for mail in _letters(connection, address) if _token(mail, page)][:1]


def _letters(connection: Connection, address: str) -> Sequence[bytes]:
    posted = select(our.letters.c.mail).where(our.letters.c.address == address)
    return connection.scalars(posted.order_by(our.letters.c.id.desc())).all()


def _token(mail: bytes, page: str) -> str:
    found = re.search(rf"/{page}/([\w-]+)", _text(message_from_bytes(mail, policy=policy.default)))
    return found[1] if found else ""


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _days(before: str, text: str) -> tuple[date, ...]:
    """Return the days of the issues whose addresses come after what *before* matches."""
    return tuple(date(*map(int, found)) for found in re.findall(rf"{before}(\d{{4}})/(\d\d)/(\d\d)\s", text))


def _found(what: str, text: str, read: Callable[[str], Any]) -> tuple[Any, ...]:
    return tuple(sorted({read(each) for each in re.findall(what, text)}))


def preferences(wish: Wish) -> Preferences:
    return Preferences(
        cadence="weekly" if wish.weekday else "weekdays" if wish.weekdays else "daily",
        weekday=wish.weekday,
        hour=wish.hour,
        zone=wish.zone if wish.hour else None,
        format="text" if wish.text else "html",
    )


def everybody() -> dict[str, Wish]:
    """
    Return readers in every place with every hour, and some without; every third gets text, every fourth weekdays.

    And readers of each weekday's digest, three in each place: at once, early and late.
    """
    wishes = {}
    for number, (place, hour) in enumerate((place, hour) for place in PLACES for hour in (None, *HOURS)):
        wishes[_name(place, hour)] = Wish(
            address=f"{_name(place, hour)}@example.org",
            hour=hour,
            zone=place,
            text=number % 3 == 0,
            weekdays=number % 4 == 0,
        )
    for number, (place, hour) in enumerate((place, hour) for place in PLACES for hour in WEEKLY_HOURS):
        name = f"weekly-{_name(place, hour)}"
        wishes[name] = Wish(
            address=f"{name}@example.org", hour=hour, zone=place, text=number % 4 == 0, weekday=number % 7 + 1
        )
    return wishes


def _name(place: str, hour: time | None) -> str:
    city = place.rpartition("/")[2].lower().replace("_", "-")
    return f"{city}-{hour.strftime('%H%M') if hour else 'at-once'}"


def months(first: date, moves: date) -> list[Act]:
    """
    Return what people do in six weeks: a script whose instants are so many days after the first one.

    In Tokyo a day is due three hours before it begins in UTC. From *moves* on the edition is in New York, and what
    people do is as much later.
    """
    start = datetime.combine(first, time(), UTC)

    def then(days: float, act: str, *given: Any, **named: Any) -> Act:
        when = start + timedelta(days=days)
        return when + LATER * (when.date() >= moves), act, given, named

    def day(number: int) -> date:
        return first + timedelta(days=number)

    def note(number: int) -> str:
        return f"Mistake{first:%m%d}of{number}"

    newcomer = Wish(address=f"new-{first}@example.org", hour=time(6, 30), zone="Europe/London")
    # Nobody reads Tuesday's digest at once: until this is released, it is too late for everybody in New York's time.
    tuesday = 26 + (2 - day(26).isoweekday()) % 7
    weekly = Wish(address=f"weekly-{first}@example.org", hour=time(6, 30), zone="Pacific/Kiritimati", weekday=3)
    return [
        then(3.5, "hold", day(5), day(6)),
        then(6.5, "release", day(5), day(6)),
        then(7.5, "fill", day(5)),
        then(8.2, "correct", day(8), note(8)),
        then(9.3, "correct", day(3), note(3)),
        then(10.5, "hold"),
        then(10.625, "release"),
        then(12.5, "hold"),
        then(13.2, "release"),
        then(15, "pause", "london-0730", day(19)),
        then(15, "prefer", "new-york-0500", hour=time(21)),
        then(15, "pause", "weekly-london-at-once", day(23)),
        then(15.1, "prefer", "weekly-new-york-0500", hour=time(21), zone="Asia/Tokyo", text=True),
        then(15.4, "withdraw", day(14)),
        then(16, "prefer", "tokyo-2200", zone="America/New_York", hour=time(3), text=True),
        then(16.3, "prefer", "london-0130", address=f"moved-{first}@example.org"),
        then(16.3, "prefer", "weekly-tokyo-2200", address=f"moved-weekly-{first}@example.org"),
        then(16.4, "withdraw", day(16)),
        then(17.4, "leave", "kiritimati-0500"),
        then(18, "join", f"new-{first}", newcomer),
        then(18, "join", f"weekly-{first}", weekly),
        then(18.2, "prefer", "weekly-pago-pago-at-once", weekday=first.isoweekday()),
        then(19.4, "prefer", "weekly-kiritimati-2200", weekday=None),
        then(19.4, "prefer", "tokyo-0130", weekday=(first.isoweekday() + 4) % 7 + 1),
        then(20, "prefer", "new-york-at-once", weekdays=True),
        then(20.4, "leave", f"weekly-{first}"),
        then(25.3, "correct", day(25), note(25)),
        then(25.4, "withdraw", day(22)),
        then(tuesday - 0.04, "hold"),
        then(tuesday + 1, "release"),
        then(33.2, "correct", day(24), note(24)),
        then(33.3, "hold", day(34), day(36)),
        then(35.3, "release", day(34), day(36)),
        then(38.3, "correct", day(37), note(37)),
    ]


def move(day: date) -> Act:
    """Return the edition's move, when *day*'s issue is out."""
    return datetime.combine(day, time(3), UTC), "move", NEW_YORK, {}


def without(first: date, *spans: tuple[float, float]) -> Callable[[datetime], bool]:
    """Return what says whether the service is down at an instant."""
    start = datetime.combine(first, time(), UTC)
    downs = [(start + timedelta(days=begun), start + timedelta(days=ended)) for begun, ended in spans]
    return lambda now: any(begun <= now < ended for begun, ended in downs)


def live(
    world: World, first: date, days: int, script: Sequence[Act], is_down: Callable[[datetime], bool], *, each: timedelta
) -> Counter[str]:
    """
    Let the days pass, in the world and as they are expected to, with a tick after *each* so long; compare.

    Return how many mails came, by their kind.
    """
    expected = Expected(year=YEAR, schedule=[(first, *TOKYO)])
    now = datetime.combine(first, time(0, 7), UTC) - timedelta(days=2)
    end = now + timedelta(days=days)
    for name, wish in everybody().items():
        world.join(now, name, wish)
        expected.join(now, name, wish)
    waiting = sorted(script, key=lambda act: act[0])
    number = Counter[str]()
    while now < end:
        while waiting and waiting[0][0] <= now:
            _, act, given, named = waiting.pop(0)
            getattr(world, act)(now, *given, **named)
            getattr(expected, act)(now, *given, **named)
        if not is_down(now):
            world.tick(now)
            expected.tick(now)
            came, due = set(world.got), set(expected.got)
            assert (came - due, due - came) == (set(), set()), f"too much and too little at {now}"
            assert len(world.got) == len(came) == len(expected.got), "each once"
            number.update(got.kind for got in world.got)
            world.got.clear()
            expected.got.clear()
        now += each
    assert waiting == []
    assert number["issue"] > days * len(PLACES) * len(HOURS) / 2
    assert number["digest"] > days / 7 * len(PLACES) * len(WEEKLY_HOURS) / 2
    check_the_end(world, expected)
    return number


def check_the_end(world: World, expected: Expected) -> None:
    """Check what there is in the end, and that what had to happen did."""
    assert [issue.day for issue in world.room.issues()] == sorted(expected.published)
    for day, linked in world.linked.items():
        assert linked >= expected.missed[day], "what was missed is linked"
    assert any(expected.missed.values())
    assert any(expected.notes.values())
    assert any(digest.linked for digest in expected.digests), "a digest came too late for some"
    assert any(digest.audience and not digest.sent for digest in expected.digests), "and one for everybody"
    assert any(len(digest.days) < 6 for digest in expected.digests), "days were held"
    assert any(len(digest.days) > 7 for digest in expected.digests), "a day's digest was held"


@pytest.mark.parametrize("first", [date(YEAR, 2, 26), date(YEAR, 10, 12)], ids=["spring", "autumn"])
def test_six_weeks_around_each_turn_of_the_clocks(archives, tmp_path, first):
    moves = first + timedelta(days=24)
    world = World(archives("sqlite"), tmp_path / "outbox", first)

    down = without(first, (21.2, 23.9), (29, 29.4))
    live(world, first, 44, [*months(first, moves), move(moves)], down, each=timedelta(hours=2.5))


@pytest.mark.timeout(3600)
@pytest.mark.chaos
def test_a_year(archives, tmp_path, database_kind):
    first = date(YEAR, 1, 3)
    moves = date(YEAR, 7, 1)
    world = World(archives(database_kind), tmp_path / "outbox", first, entries=400)

    script = [move(moves)]
    for number in range(6):
        script += months(first + timedelta(days=SEASON * number), moves)
    down = without(first, (21.2, 23.9), (95, 95.4), (220, 224), (323.1, 323.9))
    live(world, first, 358, script, down, each=timedelta(minutes=50))
