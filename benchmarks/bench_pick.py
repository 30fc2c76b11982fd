"""How long a pick takes, the forecast and opening the shelf, worst cases too. `python benchmarks/bench_pick.py`."""

from __future__ import annotations

import sys
from datetime import date, time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from newsletter.models import Edition, Kind, PartialDate, Schedule
from scheduler.picker import Shelf, ShelfEntry, choose, forecast

TODAY = date(2027, 3, 15)
EDITION = Edition(
    slug="daily-dose",
    title="Daily Dose",
    language="en",
    schedules=(Schedule(from_day=date(2026, 1, 1), zone=ZoneInfo("UTC"), time=time(6)),),
    since=date(2026, 1, 1),
)
IDEOLOGIES = ("jihadist", "far-right", "far-left", "ethno-nationalist", "state", "single-issue")


def entry(number: int, **fields) -> ShelfEntry:
    """Return one of an archive as varied as a large database: 50 years, 150 countries, 3,000 groups."""
    known = {
        "uid": UUID(int=(number * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128),
        "slug": f"entry-{number}",
        "kind": Kind.FACT if number % 10 else Kind.QUOTE,
        "event_date": PartialDate.of(date(1970, 1, 1) + timedelta(days=number * 7919 % 18_000)),
        "country": f"{number * 31 % 150:02}",
        "ideology": IDEOLOGIES[number * 13 % 6],
        "groups": (f"group-{number * 17 % 3_000}",),
    }
    return ShelfEntry(**(known | fields))


def alike(number: int, **fields) -> ShelfEntry:
    """Return one of an archive where every entry repeats every other."""
    same = {"kind": Kind.FACT, "country": "CO", "ideology": "far-left", "groups": ("eln",)}
    return entry(number, **(same | fields))


def printed(number: int, newest: int) -> date:
    """Return a day of last publication that ends *newest* days before today."""
    return TODAY - timedelta(days=newest + number % 3_000)


def undated(number: int) -> dict[str, object]:
    return {"event_date": PartialDate(1970 + number % 50)}


def kept(number: int) -> dict[str, object]:
    """Return an event whose anniversary is near."""
    day = TODAY + timedelta(days=1 + number % 119)
    return {"event_date": PartialDate(1970 + number % 50, day.month, day.day)}


WORST = {
    "varied, never published": entry,
    "varied, all published": lambda n: entry(n, last_published=printed(n, 125)),
    "varied, undated": lambda n: entry(n, **undated(n)),
    "alike, undated": lambda n: alike(n, **undated(n)),
    "alike, undated, all published": lambda n: alike(n, **undated(n), last_published=printed(n, 125)),
    "alike, own anniversary near": lambda n: alike(n, **kept(n)),
    "alike but each of its own group, anniversary near": lambda n: alike(n, **kept(n), groups=(f"cell-{n}",)),
    "alike but for ten that have not rested": lambda n: (
        alike(n, **undated(n)) if n >= 10 else entry(n, **undated(n), last_published=printed(n, 20))
    ),
    "all on this very day": lambda n: alike(n, event_date=PartialDate(1970 + n % 50, TODAY.month, TODAY.day)),
    "nothing rested": lambda n: alike(n, last_published=TODAY - timedelta(days=31 + n % 80)),
    "nine in ten have not happened yet": lambda n: (
        alike(n, event_date=PartialDate(2030 + n % 50, 1 + n % 12, 1 + n % 28)) if n % 10 else alike(n, **undated(n))
    ),
    "none has happened yet": lambda n: alike(n, event_date=PartialDate(2030 + n % 50)),
}


def milliseconds(work, rounds: int = 15) -> float:
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times) * 1_000


def main() -> None:
    entries = [entry(number) for number in range(100_000)]
    print(f"{'shelf of 100,000 built':62} {milliseconds(lambda: Shelf.of(entries), 3):8.1f} ms  (at most 2,000)")
    for name, make in WORST.items():
        shelf = Shelf.of(make(number) for number in range(100_000))
        # What was published on the days before makes every entry that is alike a repeat.
        for number in range(1, 4):
            shelf.published(shelf.uids[number], TODAY - timedelta(days=number))
        taken = milliseconds(lambda shelf=shelf: choose(shelf, EDITION, TODAY, pins={}, queue=[]))
        print(f"{'a pick, 100,000: ' + name:62} {taken:8.2f} ms  (at most 20)")
    for name, make in WORST.items():
        shelf = Shelf.of(make(number) for number in range(10_000))
        taken = milliseconds(lambda shelf=shelf: list(forecast(shelf, EDITION, TODAY, 365, pins={}, queue=[])), 3)
        print(f"{'365 days forecast, 10,000: ' + name:62} {taken:8.1f} ms  (at most 2,000)")


if __name__ == "__main__":
    main()
