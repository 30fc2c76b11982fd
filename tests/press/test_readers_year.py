"""A year of readers all over the world: what each one got, and when, is what the product's words say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.parser import BytesHeaderParser
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
#: Where readers live, with an early and a late hour each.
PLACES = ("Pacific/Kiritimati", "Asia/Tokyo", "Europe/London", "America/New_York", "Pacific/Pago_Pago")
HOURS = (time(5), time(7, 30), time(1, 30), time(2, 30), time(22))

Act = tuple[datetime, str, tuple[Any, ...], dict[str, Any]]


class World:
    """The real thing, with an outbox: does what the expectation is told, and reads what came."""

    def __init__(self, store: Store, folder: Path, first: date) -> None:
        self.room = Room(store, folder)
        schedule = Schedule(from_day=first, zone=ZoneInfo(TOKYO[0]), time=TOKYO[1])
        self.room.open(an_edition(since=first, schedules=(schedule,)))
        self.room.add(*many(60))
        self.got: list[Got] = []
        self.texts: dict[date, str] = {}
        self.addresses: dict[str, str] = {}
        self.wishes: dict[str, Wish] = {}

    def tick(self, now: datetime) -> None:
        self.room.press.tick(now)
        if self.room.press.sending.sweep(now):
            self.read(now)

    def read(self, now: datetime) -> None:
        """Read the new messages of mailings, and take them out of the outbox."""
        for file in (self.room.folder / "new").iterdir():
            raw = file.read_bytes()
            mail = BytesHeaderParser().parsebytes(raw)
            file.unlink()
            if mail["Feedback-ID"] is None or ":issue:" not in mail["Feedback-ID"]:
                continue
            day = date.fromisoformat(mail["Feedback-ID"].partition(":")[0])
            if day not in self.texts:
                self.texts[day] = _text(raw)
            self.got.append(
                Got(
                    address=mail["To"],
                    day=day,
                    dated=parsedate_to_datetime(mail["Date"]).astimezone(UTC),
                    at=now,
                    text=mail.get_content_maintype() == "text",
                    corrected=f"Corrected on {day}".encode() in raw,
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
    found = re.search(rf"/{page}/([\w-]+)", _text(mail))
    return found[1] if found else ""


def _text(mail: bytes) -> str:
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def preferences(wish: Wish) -> Preferences:
    return Preferences(
        cadence="weekdays" if wish.weekdays else "daily",
        hour=wish.hour,
        zone=wish.zone if wish.hour else None,
        format="text" if wish.text else "html",
    )


def everybody() -> dict[str, Wish]:
    """Return readers in every place with every hour, and some without; every third gets text, every fourth weekdays."""
    wishes = {}
    for number, (place, hour) in enumerate((place, hour) for place in PLACES for hour in (None, *HOURS)):
        name = f"{place.rpartition('/')[2].lower().replace('_', '-')}-{hour.strftime('%H%M') if hour else 'at-once'}"
        wishes[name] = Wish(
            address=f"{name}@example.org", hour=hour, zone=place, text=number % 3 == 0, weekdays=number % 4 == 0
        )
    return wishes


def months(first: date) -> list[Act]:
    """Return what people do in six weeks: a script whose instants are so many days and hours after the first one."""
    start = datetime.combine(first, time(), UTC)

    def then(days: float, act: str, *given: Any, **named: Any) -> Act:
        return start + timedelta(days=days), act, given, named

    def day(number: int) -> date:
        return first + timedelta(days=number)

    newcomer = Wish(address=f"new-{first}@example.org", hour=time(6, 30), zone="Europe/London")
    return [
        then(3.5, "hold", day(5), day(6)),
        then(6.5, "release", day(5), day(6)),
        then(8.2, "correct", day(8), "It was another place."),
        then(10.5, "hold"),
        then(10.625, "release"),
        then(12.5, "hold"),
        then(13.2, "release"),
        then(15, "pause", "london-0730", day(19)),
        then(15, "prefer", "new-york-0500", hour=time(21)),
        then(16, "prefer", "tokyo-2200", zone="America/New_York", hour=time(3), text=True),
        then(16.3, "prefer", "london-0130", address=f"moved-{first}@example.org"),
        then(17.4, "leave", "kiritimati-0500"),
        then(18, "join", f"new-{first}", newcomer),
        then(20, "prefer", "new-york-at-once", weekdays=True),
    ]


def without(first: date, *spans: tuple[float, float]) -> Callable[[datetime], bool]:
    """Return what says whether the service is down at an instant."""
    start = datetime.combine(first, time(), UTC)
    downs = [(start + timedelta(days=begun), start + timedelta(days=ended)) for begun, ended in spans]
    return lambda now: any(begun <= now < ended for begun, ended in downs)


def live(
    world: World, first: date, days: int, script: Sequence[Act], is_down: Callable[[datetime], bool], *, each: timedelta
) -> None:
    """Let the days pass, in the world and as they are expected to, with a tick after *each* so long; compare."""
    expected = Expected(year=YEAR, schedule=[(first, *TOKYO)])
    now = datetime.combine(first, time(0, 7), UTC) - timedelta(days=2)
    end = now + timedelta(days=days)
    for name, wish in everybody().items():
        world.join(now, name, wish)
        expected.join(now, name, wish)
    waiting = sorted(script, key=lambda act: act[0])
    number = 0
    while now < end:
        while waiting and waiting[0][0] <= now:
            _, act, given, named = waiting.pop(0)
            getattr(world, act)(now, *given, **named)
            getattr(expected, act)(now, *given, **named)
        if not is_down(now):
            world.tick(now)
            expected.tick(now)
            assert sorted(world.got) == sorted(expected.got), f"at {now}"
            number += len(world.got)
            world.got.clear()
            expected.got.clear()
        now += each
    assert number > days * len(PLACES) * len(HOURS) / 2
    assert [issue.day for issue in world.room.issues()] == expected.published
    assert any(expected.missed.values())
    assert any(expected.notes.values())
    for day, text in world.texts.items():
        assert all(f"/archive/{missed:%Y/%m/%d}" in text for missed in expected.missed[day]), (
            "what was missed is linked"
        )
        if day not in expected.corrected:
            notes = {note for carried in expected.notes.values() for note in carried if note in text}
            assert notes == expected.notes[day], "a note is in the next mailing, once"


@pytest.mark.parametrize("first", [date(YEAR, 2, 26), date(YEAR, 10, 12)], ids=["spring", "autumn"])
def test_six_weeks_around_each_turn_of_the_clocks(archives, tmp_path, first):
    moved = (datetime.combine(first + timedelta(days=24), time(3), UTC), "move", ("America/New_York", time(6)), {})
    world = World(archives("sqlite"), tmp_path / "outbox", first)

    down = without(first, (21.2, 23.9), (29, 29.4))
    live(world, first, 42, [*months(first), moved], down, each=timedelta(hours=2.5))


@pytest.mark.chaos
def test_a_year(archives, tmp_path, database_kind):
    first = date(YEAR, 1, 3)
    moved = (datetime(YEAR, 7, 1, 3, tzinfo=UTC), "move", ("America/New_York", time(6)), {})
    world = World(archives(database_kind), tmp_path / "outbox", first)

    down = without(first, (21.2, 23.9), (95, 95.4), (200, 204), (300.1, 300.9))
    live(world, first, 360, [*months(first), moved], down, each=timedelta(minutes=30))
