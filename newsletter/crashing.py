"""
Points at which a test lets this process die as by `kill -9`, to see that nothing is lost or doubled.

Armed by the setting `CRASH`, such as `after_data_before_commit:3`: the third time that point is reached, the process
ends, without a word.
"""

from __future__ import annotations

import os
import signal
import threading

POINTS = (
    "after_issue_commit",
    "mid_freeze",
    "after_claim",
    "after_mark",
    "after_data_before_commit",
    "before_record",
    "after_record",
)

_left: dict[str, int] = {}
_counting = threading.Lock()


def arm(point: str, times: int) -> None:
    """Let the process die when *point* is reached for the time of that number (1 is the first)."""
    _left[point] = times


def reach(point: str) -> None:
    """Die here, if that is what was armed."""
    if not _left or point not in _left:
        return
    with _counting:
        _left[point] -= 1
        if _left[point] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
