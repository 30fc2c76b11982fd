"""How long `daily-dose --help` takes: promised within 0.5 s."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("daily-dose")
RUNS = 9


def main() -> None:
    seconds = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        subprocess.run([PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - begun)
    print(f"daily-dose --help: {sorted(seconds)[RUNS // 2] * 1000:.0f} ms (promised: 500 ms)")


if __name__ == "__main__":
    main()
