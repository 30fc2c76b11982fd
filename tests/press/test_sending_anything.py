"""Whatever happens to a sender, a reader or an issue: nobody is mailed twice, too late, or against their will."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from relays import RelayRoom
from sender_lives import READERS, SenderLife
from servers.scripted_relay import Act, ScriptedRelay, running_relay

from newsletter.delivery.work import State
from newsletter.store import Store

SCRIPTS = st.lists(st.sampled_from([Act.TAKE, *Act]), max_size=9)
NUMBERS = st.integers(1, len(READERS))
HOURS = st.sampled_from([0.1, 0.3, 0.3, 1, 1, 3, 6, 9, 14, 26])


class Anything(RuleBasedStateMachine):
    """Whatever happens, in any order, to a life that is begun anew for each example."""

    begin: ClassVar[Callable[[], SenderLife]]
    asleep = Bundle("asleep")

    def __init__(self) -> None:
        super().__init__()
        self.life = type(self).begin()

    @rule(hours=HOURS)
    def time_passes(self, hours):
        self.life.pass_by(hours)
        self.life.tick()

    @rule(script=SCRIPTS)
    def send(self, script):
        self.life.send(script)

    @rule(script=SCRIPTS, looks=st.integers(1, 12))
    def die(self, script, looks):
        self.life.die(script, looks)

    @rule(most=st.integers(1, 7))
    def claim_and_die(self, most):
        self.life.room.claim(self.life.now, most)

    @rule(target=asleep, fate=st.sampled_from([State.SENT, State.DEFERRED, State.CLAIMED, State.QUEUED]))
    def fall_asleep(self, fate):
        asleep = self.life.fall_asleep(fate)
        return multiple() if asleep is None else asleep

    @rule(asleep=consumes(asleep))
    def wake(self, asleep):
        self.life.wake(asleep)

    @rule(number=NUMBERS, act=st.sampled_from(["leave", "pause", "come_back", "complain", "bounce"]))
    def a_reader_acts(self, number, act):
        getattr(self.life, act)(number)

    @precondition(lambda self: self.life.standing)
    @rule(act=st.sampled_from(["correct", "amend", "withdraw"]))
    def edit(self, act):
        getattr(self.life, act)(self.life.standing[-1])

    @rule(act=st.sampled_from(["hold", "release", "release", "jump_back", "jump_forward"]))
    def an_operator_acts(self, act):
        getattr(self.life, act)()

    @invariant()
    def the_ledger_is_right(self):
        self.life.check_ledger()

    def teardown(self):
        self.life.check_the_end()


@pytest.fixture(params=[True, False], ids=["pipelined", "in lockstep"])
def relay(request: pytest.FixtureRequest) -> Iterator[ScriptedRelay]:
    """Give a relay, with PIPELINING and without."""
    with running_relay(pipelines=request.param) as relay:
        yield relay


@pytest.fixture
def lives(archives: Callable[[str], Store], tmp_path: Path, relay: ScriptedRelay) -> Callable[[str], SenderLife]:
    """Give what begins a life on a new database of a kind."""

    def begin(kind: str) -> SenderLife:
        relay.seen.clear()
        # One connection: what comes first is the same each time.
        room = RelayRoom(archives(kind), tmp_path / uuid4().hex, url=relay.url, connections=1)
        return SenderLife(room, relay)

    return begin


def live(life: Callable[[], SenderLife], examples: int, steps: int, **more: bool) -> None:
    class Lived(Anything):
        begin = staticmethod(life)

    run_state_machine_as_test(
        Lived,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


def test_whatever_happens_the_ledger_is_right(lives):
    # The same lives each time; the long form looks for others.
    live(lambda: lives("sqlite"), 10, 25, derandomize=True)


@pytest.mark.chaos
def test_whatever_happens_for_long_the_ledger_is_right(lives, database_kind):
    live(lambda: lives(database_kind), 300, 60)
