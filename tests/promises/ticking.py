"""
A process of its own that ticks when it is told: instants come in on standard input, one a line.

It does what the clock of `daily-dose schedule` does at a tick, and answers each line with the days
that it published, so that a test can let several processes tick at one and the same moment.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from newsletter.bootstrap import begin_logging, newsroom
from newsletter.settings import Settings


def main(home: str, database_url: str) -> None:
    """Tick at every instant that comes."""
    settings = Settings(home=Path(home), database_url=database_url, log_level="error")
    begin_logging(settings)
    with newsroom(settings) as room:
        print("ready", flush=True)
        for line in sys.stdin:
            now = datetime.fromisoformat(line.strip())
            issues = room.press.tick(now)
            room.press.sending.sweep(now)
            print(" ".join(str(issue.day) for issue in issues), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
