"""Ten years of the starter archive on real databases, whatever happens to the service; and three that nothing does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lives import PAUSES, USUAL, Life, Step, settle
from rooms import START, Room, an_edition, at, starter
from sqlalchemy import update

from newsletter.archive import editions
from newsletter.models import Rule
from newsletter.store import Store
from newsletter.store import tables as our
from newsletter.store.engine import raise_change_number

STEPS = st.builds(
    Step,
    hours=st.sampled_from([6, 23.5, *PAUSES[:-2]]),
    act=st.sampled_from(list(USUAL)),
    which=st.integers(0, len(starter()) - 1),
    ahead=st.integers(0, 12),
    days=st.integers(1, 6),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Give a room with the starter archive, to be used again and again."""
    folder = tmp_path_factory.mktemp("lived")
    if request.param == "sqlite":
        url = f"sqlite:///{copy(request.getfixturevalue('migrated_file'), folder / 'lived.db')}"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.url(server.create_database(template=request.getfixturevalue("migrated_database")))
    store = Store(url)
    yield settle(store, folder / "outbox")
    store.close()


def begun_anew(room: Room) -> Room:
    """Take back everything that was published and planned."""
    with room.store.transaction() as connection:
        for table in (
            our.deliveries, our.mailings, our.correction_notes, our.corrections, our.frozen_mails, our.issues,
            our.documents, our.pins, our.queue, our.holds,
        ):  # fmt: skip
            connection.execute(table.delete())
        connection.execute(our.meta.delete().where(our.meta.c.key != "change"))
        changed = raise_change_number(connection)
        connection.execute(update(our.entries).values(status="ready", published_revision=None, changed=changed))
        editions.keep(connection, an_edition())
    room.restart()
    return room


@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(STEPS, min_size=5, max_size=30))
def test_whatever_happens_the_rules_are_kept(lived, steps):
    Life(begun_anew(lived)).play(steps)


@pytest.mark.parametrize("years", [1, pytest.param(10, marks=pytest.mark.chaos)])
def test_years_are_the_same_in_another_process_and_on_the_other_database(
    archives: Callable[[str], Store], tmp_path, years
):
    started = []
    for seed, kind in (("1", "sqlite"), ("2", "postgresql")):
        address = archives(kind).url.render_as_string(hide_password=False)
        words = [address, str(tmp_path / kind), "7", str(years * 366)]
        program = [sys.executable, str(Path(__file__).with_name("lives.py")), *words]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONUNBUFFERED": "1"}
        output = (tmp_path / kind).with_suffix(".json").open("w+")
        started.append((subprocess.Popen(program, env=environment, stdout=output, stderr=subprocess.STDOUT), output))
    told = []
    for process, output in started:
        assert process.wait(900) == 0, Path(output.name).read_text()[-3000:]
        told.append(json.loads(Path(output.name).read_text().splitlines()[-1]))
        output.close()

    assert told[0] == told[1]
    assert len(told[0]) > 200 * years
    assert {rule for _, _, rule in told[0]} >= {"pinned", "queued", "anniversary", "rotation"}


def test_three_undisturbed_years_hold_no_rerun_and_an_anniversary_on_135_days_of_each(lived):
    room = begun_anew(lived)
    days = (START.replace(year=START.year + 3) - START).days
    ahead = room.press.outlook.forecast(None, START, days, at(0, 0))
    years = Counter(pick.day.year - (pick.day.month < START.month) for pick in ahead if pick.rule is Rule.ANNIVERSARY)

    assert len(ahead) == days
    assert {pick.rule for pick in ahead} == {Rule.ANNIVERSARY, Rule.ROTATION}
    assert min(years[START.year + number] for number in range(3)) >= 135
    made = room.press.catch_up(at(START + timedelta(days=200)))
    assert [(issue.day, issue.entry.slug, issue.rule) for issue in made] == [
        (pick.day, pick.entry, pick.rule) for pick in ahead[:201]
    ]
