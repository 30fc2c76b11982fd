"""
How long publishing takes over 10,000 entries and ten years of issues, looking ahead, and the first start.

`python benchmarks/bench_publish.py`, on SQLite, and on PostgreSQL where there is one.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from uuid import UUID, uuid5

from databases import addresses, keep_silent
from rooms import Room, an_edition, starter

from newsletter.archive import entries, issues
from newsletter.models import Entry, Issue, IssueState, PartialDate, Rule
from newsletter.store import Store
from newsletter.store.schema import upgrade

ENTRIES, YEARS, ROUNDS = 10_000, 10, 25
TODAY = date(2026, 11, 22)
SPACE = UUID(int=1)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def archive() -> list[Entry]:
    """Return entries made of the starter archive's, with dates, places and words of their own."""
    known = starter()
    return [
        replace(
            (model := known[number % len(known)]),
            uid=uuid5(SPACE, str(number)),
            slug=f"{model.slug[:60]}-{number}",
            event_date=PartialDate.of(date(1970, 1, 1) + timedelta(days=number * 7919 % 18_000)),
            country=("ML", "NG", "LY", "IQ", "PK", "CO", "TR", "LK", "GB", "FR")[number * 31 % 10],
        )
        for number in range(ENTRIES)
    ]


def fill(room: Room) -> None:
    """Fill a room with entries and ten years of issues, each with a mail as large as they are."""
    since = TODAY - timedelta(days=365 * YEARS)
    edition = an_edition(since=since, schedules=(replace(an_edition().schedules[0], from_day=since),))
    room.open(edition)
    room.add(*starter())
    room.press.publish(None, since, noon(since))
    with room.store.transaction() as connection:
        mail = issues.frozen_mail(connection, room.issues()[0])
    everything = archive()
    for start in range(0, ENTRIES, 1_000):
        room.add(*everything[start : start + 1_000])
    days = [since + timedelta(days=number) for number in range(1, (TODAY - since).days)]
    with room.store.transaction() as connection:
        for number, day in enumerate(days, start=2):
            entry = entries.of_uid(connection, everything[number * 2].uid)
            instant = noon(day) - timedelta(hours=6)
            issue = Issue(
                uid=uuid5(SPACE, str(day)),
                edition=edition.slug,
                day=day,
                number=number,
                state=IssueState.PUBLISHED,
                rule=Rule.ROTATION,
                reason="rotation: never published",
                subject=entry.headline,
                entry=entry,
                due_at=instant,
                published_at=instant,
                updated_at=instant,
            )
            issues.insert_issue(connection, issues.Freeze(issue=issue, mail=issues.FrozenMail(whole=mail)))


def told(what: str, seconds: list[float], cpu: float, goal: str) -> None:
    middle, longest = median(seconds) * 1_000, max(seconds) * 1_000
    print(f"{what:60} {middle:8.1f} ms (longest {longest:.1f}, CPU {cpu * 1_000:.1f})  {goal}", flush=True)


def timed(what: str, work, rounds: int, goal: str = "", between=lambda: None) -> None:
    """Time *work*, and tell the median; what comes *between* two rounds is not counted."""
    seconds, cpu = [], 0.0
    for _ in range(rounds):
        start, busy = perf_counter(), process_time()
        work()
        cpu += process_time() - busy
        seconds.append(perf_counter() - start)
        between()
    told(what, seconds, cpu / rounds, goal)


def over(store: Store, folder: Path, name: str) -> None:
    room = Room(store, folder / f"outbox-{name}")
    start = perf_counter()
    fill(room)
    print(f"{name}: {ENTRIES:,} entries and {YEARS} years of issues written in {perf_counter() - start:.0f} s")
    room.subscribe(*(f"reader-{number}@example.org" for number in range(100)))
    room.restart()
    days = iter(TODAY + timedelta(days=number) for number in range(1_000))

    def publish() -> None:
        day = next(days)
        room.press.publish(None, day, noon(day))

    timed("the first publish of a process: shelf opened, all printed", publish, 1)

    def send() -> None:
        """Give readers the day's mail before the next: a mail links what they missed."""
        room.press.sending.sweep(noon(room.press.outlook.overview(None, noon(TODAY)).issue.day))

    timed("publish: pick, freeze, render and print everything", publish, ROUNDS, "(at most 150 ms)", send)
    day = next(days)
    timed("a tick that finds nothing to do", lambda: room.press.tick(noon(day) - timedelta(hours=7)), ROUNDS)
    outlook = room.press.outlook
    timed("the pick of tomorrow", lambda: outlook.pick(None, day + timedelta(days=1), noon(day)), 5)
    timed("forecast of 365 days", lambda: outlook.forecast(None, None, 365, noon(day)), 3, "(at most 2,000 ms)")
    timed("status, with the runway", lambda: outlook.overview(None, noon(day)), 3)
    timed("a correction, everything printed again", lambda: _correct(room, day), 5)


def _correct(room: Room, day: date) -> None:
    note = f"Note {perf_counter()}."
    room.press.correct(None, day - timedelta(days=5), note, noon(day) + timedelta(seconds=len(note)))


def first_start(folder: Path) -> None:
    """Time `daily-dose init`: the starter archive read, 365 days published."""
    command = [str(Path(sys.executable).with_name("daily-dose")), "init"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = perf_counter()
    subprocess.run(command, cwd=folder, env={"DAILY_DOSE_HOME": str(folder / "var")}, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told("first `daily-dose init` with its 365 days", [perf_counter() - start], cpu, "(at most 20,000 ms)")


def main() -> None:
    keep_silent()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        first_start(folder)
        with addresses(folder) as databases:
            for name, address in databases.items():
                store = Store(address)
                upgrade(store)
                over(store, folder, name)
                store.close()
                shutil.rmtree(folder / f"outbox-{name}", ignore_errors=True)


if __name__ == "__main__":
    main()
