"""How long an import of 100,000 entries from CSV takes, and its memory. `python benchmarks/bench_import.py [ROWS]`."""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from servers.postgresql import NoPostgreSQL, running_server  # noqa: E402 -- the server lives with the tests

#: Runs in a process of its own, so that its peak of memory is the import's and everything it needs.
IMPORT = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter.desk.importing import Import
from newsletter.store import Store
from newsletter.store.schema import upgrade
store = Store(sys.argv[1])
upgrade(store)
report = Import(files=[sys.argv[2]], kind="csv", mapping=Path(sys.argv[3])).run(
    store, datetime(2026, 11, 22, tzinfo=UTC), dry_run=len(sys.argv) > 4
)
print(report.count, len(report.known), len(report.near), len(report.errors),
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""

MAPPING = """
date_formats = ["%d/%m/%Y"]
[columns]
date = "event_date"
country = "country"
city = "place"
lat = "latitude"
lon = "longitude"
group = "groups"
ideology = "ideology"
type = "attack_type"
killed = "killed"
injured = "injured"
summary = "body"
[constants]
kind = "fact"
language = "en"
status = "ready"
[values.groups]
unknown = ""
[groups]
separator = "; "
[[sources]]
title = "source"
publisher = "paper"
url = "link"
[id]
columns = ["id"]
prefix = "bench:"
"""

TEXT = """
a the of in on at near when after before market bus school mosque church station police soldiers village crowd
morning evening gunmen bomb explosion car road bridge court hospital people children workers travellers wounded
reported officials said claimed blamed found later same day week district province capital border house street
"""
TOWNS = ("Gao", "Kidal", "Mopti", "Ayorou", "Baga", "Mosul", "Quetta", "Bogota", "Ankara", "Colombo", "Derry", "Sirte")
PLACES = [f"{start}{town}" for start in ("Al ", "New ", "San ", "Upper ", "") for town in TOWNS]
COLUMNS = "id,date,country,city,lat,lon,group,ideology,type,killed,injured,summary,source,paper,link"


def table(file: Path, rows: int) -> None:
    """Write a table as varied as a large database's: no two rows tell of the same."""
    chance, words = random.Random(2026), TEXT.split()
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        opened.write(f"{COLUMNS}\r\n")
        for number in range(rows):
            day = date(1970, 1, 1) + timedelta(days=number * 7919 % 18_000)
            prose = " ".join(chance.choices(words, k=45)).capitalize()
            writer.writerow(
                [
                    number,
                    day.strftime("%d/%m/%Y"),
                    chance.choice(("ML", "NG", "LY", "IQ", "PK", "CO", "TR", "LK", "GB", "FR")),
                    f"{chance.choice(PLACES)} {number % 997}",
                    round(chance.uniform(-60, 60), 4),
                    round(chance.uniform(-170, 170), 4),
                    "unknown" if number % 3 else f"Group {number * 17 % 3_000}; Cell {number % 50}",
                    chance.choice(("jihadist", "far-right", "far-left", "ethno-nationalist", "")),
                    chance.choice(("bombing", "shooting", "hostage-taking", "arson")),
                    chance.choice(("", chance.randrange(40))),
                    chance.choice(("", chance.randrange(90))),
                    f"{prose}. It was {prose[:60].lower()}.",
                    f"Report {number} of the year {day.year}",
                    "Example Times",
                    f"https://example.org/{day.year}/{number}",
                ]
            )


def measured(address: str, csv_file: Path, mapping: Path, *more: str) -> tuple[float, list[str]]:
    """Import in a process of its own; return its seconds and what it printed."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, address, str(csv_file), str(mapping), *more],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return perf_counter() - start, done.stdout.split()


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        mapping, csv_file = folder / "mapping.toml", folder / "table.csv"
        mapping.write_text(MAPPING)
        table(csv_file, rows)
        print(f"{rows:,} rows, {csv_file.stat().st_size / 1e6:.0f} MB")
        addresses = {"SQLite": f"sqlite:///{folder / 'archive.db'}"}
        try:
            server = stack.enter_context(running_server())
            addresses["PostgreSQL"] = server.url(server.create_database())
        except NoPostgreSQL as error:
            print(f"not on PostgreSQL: {error}")
        for name, address in addresses.items():
            for what, more in (("import", ()), ("again (all known)", ()), ("dry run", ("dry",))):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds, (added, known, near, errors, megabytes) = measured(address, csv_file, mapping, *more)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                goal = "  (at most 60 s, 250 MB)" if what == "import" else ""
                counts = f"{added} added, {known} known, {near} near, {errors} refused"
                print(f"{name:11} {what:18} {seconds:6.1f} s ({used:5.1f} s of CPU) {megabytes:>4} MB  {counts}{goal}")


if __name__ == "__main__":
    main()
