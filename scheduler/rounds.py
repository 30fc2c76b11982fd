"""Work that follows a tick in a thread of its own, so that a mailing of hours keeps no issue back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

import structlog

_log = structlog.get_logger(__name__)


class Rounds:
    """
    Does *work* each time it is woken; woken in the midst of it, it does it once more.

    *work* gets what asks whether to stop. What it raises is logged, and the next round comes all the same.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], object]) -> None:
        self._work = work
        self._woken: SimpleQueue[bool] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)

    def start(self) -> None:
        """Begin to wait to be woken."""
        self._thread.start()

    def wake(self) -> None:
        """Ask for a round."""
        self._woken.put(True)

    def stop(self, patience: float = 25) -> bool:
        """Begin no other round; wait *patience* seconds for the one that runs, and say whether it has ended."""
        self._stopping.set()
        self._woken.put(False)
        if self._thread.is_alive():
            self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._woken.get() and not self._stopping.is_set():
            self._forget_older()
            try:
                self._work(self._stopping.is_set)
            except Exception:  # noqa: BLE001 -- an edge: the thread outlives whatever a round raises
                _log.exception("round failed")

    def _forget_older(self) -> None:
        """Let one round answer everybody who asked for one before it began; the word to stop stays."""
        try:
            while self._woken.get_nowait():
                pass
            self._woken.put(False)
        except Empty:
            pass
