"""
`daily-dose` in a process that stops itself (SIGSTOP) where a test asks, on a host that a test puts to sleep.

Nothing of it is replaced: a function does what it does, and then the process stands still until
someone sends SIGCONT, once for each time that the file `ask-MOMENT-PID` is made. What the file `slept`
says in seconds has passed by the steady clock (`CLOCK_BOOTTIME`), as on a laptop that was closed;
the wall clock is libfaketime's.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import scheduler.clock
from newsletter.cli import main
from newsletter.press.press import Press

#: After what a process can be asked to stop.
MOMENTS = {
    "clocks-read": (scheduler.clock, "read_clocks"),
    "steady-clock-read": (time, "clock_gettime"),
    "ticked": (Press, "tick"),
}


def stop_after(owner: Any, name: str, ask: Path) -> None:
    """Let a function stop the process when it has ended, if that was asked."""
    function: Callable[..., Any] = getattr(owner, name)

    @wraps(function)
    def stopping(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        if ask.exists():
            ask.unlink()
            # To this thread: it goes no step further, where a signal to the process may first reach another.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return result

    setattr(owner, name, stopping)


def count_sleep(slept: Path) -> None:
    """Let the steady clock count the seconds that the host is said to have slept."""
    kernel = time.clock_gettime

    def clock_gettime(clock: int) -> float:
        return kernel(clock) + (float(slept.read_text(encoding="ascii")) if clock == time.CLOCK_BOOTTIME else 0)

    time.clock_gettime = clock_gettime


if __name__ == "__main__":
    home = Path(sys.argv.pop(1))
    count_sleep(home / "slept")
    for moment, (owner, name) in MOMENTS.items():
        stop_after(owner, name, home / f"ask-{moment}-{os.getpid()}")
    sys.exit(main())
