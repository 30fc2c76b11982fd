"""The clock that only counts."""

from __future__ import annotations

import time


def read_steady() -> float:
    """
    Return the seconds since some start, whatever the wall clock is set to.

    It is `CLOCK_BOOTTIME` where there is one, which counts the time that a laptop slept, so that waking up is
    downtime and no fault. Elsewhere it is `time.monotonic`.
    """
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)
