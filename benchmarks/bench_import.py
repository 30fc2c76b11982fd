"""How long an import of 100,000 entries from CSV takes, and its memory. `python benchmarks/bench_import.py [ROWS]`."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from collections import deque
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from time import perf_counter

from databases import addresses

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


def measured(
    settings: dict[str, str], *arguments: str, allowed: tuple[int, ...] = (0,)
) -> tuple[float, float, int, str]:
    """
    Run the command; return its seconds, those of its CPU, the peak of its memory in MB, and what it said last.

    *allowed* are the exit statuses that it may end with.
    """
    command = [str(Path(sys.executable).with_name("daily-dose")), *arguments]
    with TemporaryFile("w+") as said:
        start = perf_counter()
        child = subprocess.Popen(command, env=settings, stdout=said, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        seconds = perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in allowed:
            raise SystemExit(f"{' '.join(arguments)}: exit status {child.returncode}")
        said.seek(0)
        # Line by line: what a program of ours kept would count as the next one's peak, too.
        last = next(iter(deque(said, maxlen=1)), "")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, last.strip()


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        mapping, csv_file = folder / "mapping.toml", folder / "table.csv"
        mapping.write_text(MAPPING)
        table(csv_file, rows)
        print(f"{rows:,} rows, {csv_file.stat().st_size / 1e6:.0f} MB", flush=True)
        command = ("import", str(csv_file), "--as", "csv", "--map", str(mapping))
        with addresses(folder) as databases:
            for name, address in databases.items():
                over(name, {"DAILY_DOSE_HOME": str(folder / name), "DAILY_DOSE_DATABASE_URL": address}, command)


def over(name: str, settings: dict[str, str], command: tuple[str, ...]) -> None:
    measured(settings, "init")
    for what, more in (("import", ()), ("again (all known)", ()), ("dry run", ("--dry-run",))):
        seconds, cpu, megabytes, said = measured(settings, *command, *more)
        goal = "  (at most 60 s, 250 MB)" if what == "import" else ""
        print(f"{name:11} {what:18} {seconds:6.1f} s ({cpu:5.1f} s of CPU) {megabytes:>4} MB  {said}{goal}", flush=True)


if __name__ == "__main__":
    main()
