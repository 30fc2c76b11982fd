"""How long a list of 1,000,000 subscribers takes, and its memory. `python benchmarks/bench_subscribers.py [ROWS]`."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench_import import measured
from databases import addresses

#: One row in a hundred is broken, in one of these ways.
BROKEN = (
    "nobody",
    "a@b",
    "a@example.org;b@example.org",
    '"Reader <a@example.org>"',
    "a\x01b@example.org",
    "",
    "a..b@c.org",
)
CONSENTS = ("asked on the form of the fair", "asked by letter", "confirmed on the old site")
#: Odd but right: these go past the quick way.
ODD = ("info{}@bücher.example.org", "o'neil.{}@example.org", "{}@xn--bcher-kva.example.org")


def readers(file: Path, rows: int) -> None:
    """Write a list of so many rows: one in a hundred broken, one in a hundred odd, one in a hundred there before."""
    chance = random.Random(2026)
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.write("address,cadence,hour,zone,consent,consented_at\r\n")
        for number in range(rows):
            address = f"{chance.choice(('reader', 'First.Last', 'x'))}.{number}@mail{number % 997}.example.org"
            if number % 100 == 7:
                address = BROKEN[number // 100 % len(BROKEN)]
            elif number % 100 == 8:
                address = ODD[number // 100 % len(ODD)].format(number)
            elif number % 100 == 9:
                address = f"X.{max(number - 1000, 0)}@mail{max(number - 1000, 0) % 997}.EXAMPLE.org"
            chosen = ("weekdays,07:30,Europe/Berlin", "daily,,", ",,")[number % 3]
            day = f"20{10 + number % 16}-{1 + number % 12:02}-{1 + number % 28:02}"
            opened.write(f"{address},{chosen},{CONSENTS[number % 3]},{day}\r\n")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file, out, few = folder / "readers.csv", folder / "out.csv", folder / "few.csv"
        readers(file, rows)
        print(f"{rows:,} rows, {file.stat().st_size / 1e6:.0f} MB", flush=True)
        with addresses(folder) as databases:
            for name, address in databases.items():
                settings = {"DAILY_DOSE_HOME": str(folder / name), "DAILY_DOSE_DATABASE_URL": address}
                measured(settings, "init", "--empty")
                over(name, settings, file, out, few)


def over(name: str, settings: dict[str, str], file: Path, out: Path, few: Path) -> None:
    for what, words, refuses in (
        ("import", ("import", file), True),
        ("again (all known)", ("import", file), True),
        ("dry run", ("import", file, "--dry-run"), True),
        ("list", ("list",), False),
        ("export", ("export", out), False),
        ("sync, nothing new", ("sync", out), False),
        ("sync, a twentieth off", ("sync", few), False),
    ):
        if words[-1] == few:
            with out.open(encoding="utf-8") as every, few.open("w", encoding="utf-8") as kept:
                kept.writelines(line for number, line in enumerate(every) if number % 20 != 19)
        command = ("subscribers", *map(str, words))
        seconds, cpu, megabytes, said = measured(settings, *command, allowed=(0, 1) if refuses else (0,))
        goal = "  (at most 120 s, 150 MB)" if what == "import" else ""
        print(
            f"{name:11} {what:22} {seconds:6.1f} s ({cpu:5.1f} s of CPU) {megabytes:>4} MB  {said[:99]}{goal}",
            flush=True,
        )


if __name__ == "__main__":
    main()
