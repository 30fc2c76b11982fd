"""Whatever happens to a sender, a reader or an issue: nobody is mailed twice, too late, or against their will."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
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

#: What a server does: it mostly takes mail, and seldom sees a fault of ours, which stops everything.
WEIGHTS = {act: 20 if act is Act.TAKE else 1 if act is Act.BLAME else 5 for act in Act}
#: Chosen by a number, since lists are mostly short and of what comes first.
SCRIPTS = st.integers(0, 10_000).map(lambda number: Random(number).choices([*Act], [*WEIGHTS.values()], k=9))
#: What a process that was paused finds that became of its mail.
FATES = [State.SENT, State.DEFERRED, State.CLAIMED, State.QUEUED, State.UNKNOWN, State.FAILED]
NUMBERS = st.integers(1, len(READERS))
#: What has to happen in a test of what happens.
OFTEN = {"tick", "crash", Act.TAKE, Act.LOSE_REPLY, "left", "bounce", "complained", "edit", "clock jump"}
EVERYTHING = {*OFTEN, "paused", *Act}
HOURS = st.sampled_from([0.1, 0.3, 0.3, 1, 3, 6, 9, 14, 26])


class Anything(RuleBasedStateMachine):
    """Whatever happens, in any order, to a life that is begun anew for each example."""

    begin: ClassVar[Callable[[], SenderLife]]
    asleep = Bundle("asleep")

    def __init__(self) -> None:
        super().__init__()
        self.life = type(self).begin()

    @rule(hours=st.sampled_from([4, 7, 1, 0.3]), scripts=st.lists(SCRIPTS, min_size=1, max_size=4))
    def a_while_passes(self, hours, scripts):
        for script in scripts:
            self.life.pass_by(hours)
            self.life.tick()
            self.life.send(script)

    @rule(hours=HOURS)
    def nobody_sends_for_a_while(self, hours):
        self.life.pass_by(hours)
        self.life.tick()

    @rule(script=SCRIPTS)
    def send(self, script):
        self.life.send(script)

    @rule(script=SCRIPTS, looks=st.integers(1, 5))
    def die(self, script, looks):
        self.life.die(script, looks)

    @rule(most=st.integers(1, 7))
    def claim_and_die(self, most):
        self.life.room.claim(self.life.now, most)

    @rule(target=asleep, fate=st.sampled_from(FATES))
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
        self.life.happened["edit"] += 1

    @rule(act=st.sampled_from(["jump_back", "jump_forward", "hold"]), hours=HOURS)
    def everything_is_held_for_a_while(self, act, hours):
        getattr(self.life, act)()
        self.life.pass_by(hours)
        self.life.tick()
        self.life.send([])
        self.life.release()

    @rule(act=st.sampled_from(["hold", "jump_back", "jump_forward"]))
    def everything_is_held(self, act):
        getattr(self.life, act)()

    @precondition(lambda self: self.life.held or self.life.is_paused())
    @rule()
    def release(self):
        self.life.release()

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
def happened() -> Counter[str]:
    """Give what counts how often what happened in all lives of a test."""
    return Counter()


@pytest.fixture
def lives(
    archives: Callable[[str], Store], tmp_path: Path, relay: ScriptedRelay, happened: Counter[str]
) -> Callable[[str], SenderLife]:
    """Give what begins a life on a new database of a kind, when the one before is over."""
    opened: list[Store] = []

    def begin(kind: str) -> SenderLife:
        for store in opened:
            store.close()  # hundreds of lives would keep as many connections
        opened[:] = [archives(kind)]
        relay.seen.clear()
        relay.turned_away.clear()
        # One connection: what comes first is the same each time.
        room = RelayRoom(opened[0], tmp_path / uuid4().hex, url=relay.url, connections=1)
        return SenderLife(room, relay, happened=happened)

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


@pytest.mark.parametrize("fate", [State.QUEUED, State.CLAIMED])
def test_what_a_paused_process_gives_back_when_it_was_given_up_keeps_no_mailing_open(lives, fate):
    life = lives("sqlite")
    asleep = life.fall_asleep(fate)
    assert asleep is not None
    life.pass_by(26)
    life.send([])
    life.wake(asleep)

    life.check_the_end()


def test_whatever_happens_the_ledger_is_right(lives, happened):
    # The same lives each time; the long form looks for others.
    live(lambda: lives("sqlite"), 15, 25, derandomize=True)

    assert happened.keys() >= OFTEN, OFTEN - happened.keys()


@pytest.mark.timeout(3600)
@pytest.mark.chaos
def test_whatever_happens_for_long_the_ledger_is_right(lives, happened, database_kind):
    live(lambda: lives(database_kind), 300, 60)

    assert min(happened[each] for each in EVERYTHING) > 20, happened
    assert min(happened[each] for each in OFTEN) > 100, happened
