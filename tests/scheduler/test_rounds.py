"""Work beside the clock: once for each time it is asked, never two at once, and ended when it is told."""

from __future__ import annotations

import threading

import pytest

from scheduler.rounds import Rounds


@pytest.fixture
def rounds():
    """Give what makes rounds of a function, and stop them."""
    made = []

    def make(work):
        made.append(Rounds(work))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        assert each.stop()


def test_it_works_when_it_is_woken_and_only_then(rounds):
    done = threading.Semaphore(0)
    running = rounds(lambda _: done.release())

    assert not done.acquire(timeout=0.05)
    running.wake()
    assert done.acquire(timeout=10)


def test_woken_in_the_midst_of_its_work_it_does_it_once_more_and_never_two_at_once(rounds):
    begun, go_on, done = threading.Semaphore(0), threading.Semaphore(0), []

    def work(_):
        begun.release()
        assert go_on.acquire(timeout=10)
        done.append(len(done))

    running = rounds(work)
    running.wake()
    assert begun.acquire(timeout=10)
    for _ in range(5):
        running.wake()
    go_on.release()
    assert begun.acquire(timeout=10), "once more"
    go_on.release()
    assert not begun.acquire(timeout=0.05), "for five that asked one round is enough"
    assert done == [0, 1]


def test_what_a_round_raises_keeps_no_other_back(rounds):
    seen = threading.Semaphore(0)

    def work(_):
        seen.release()
        raise RuntimeError("a fault")

    running = rounds(work)
    for _ in range(2):
        running.wake()
        assert seen.acquire(timeout=10)


def test_a_round_is_told_to_stop_and_no_other_begins(rounds):
    begun, rounds_done = threading.Event(), []

    def work(enough):
        begun.set()
        while not enough():
            threading.Event().wait(0.01)
        rounds_done.append(1)

    running = rounds(work)
    running.wake()
    assert begun.wait(10)
    running.wake()

    assert running.stop()
    assert rounds_done == [1]


def test_one_that_was_never_started_stops():
    assert Rounds(lambda _: None).stop()
