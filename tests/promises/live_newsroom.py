"""A newsroom that real processes run, under a clock of the tests' own; and plain looks at what they left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from servers.faketime import WallClock
from sqlalchemy import Row, Select, func, select

from newsletter.archive import editions
from newsletter.bootstrap import Newsroom, newsroom
from newsletter.founding import begin
from newsletter.settings import Settings
from newsletter.store import Store, tables
from newsletter.store.engine import remembered

PROGRAM = Path(sys.executable).with_name("daily-dose")
PAUSABLE = Path(__file__).with_name("pausable.py")
#: Seconds after which what is waited for will not come, on a machine that is loaded.
PATIENCE = 120
#: Fast enough for a test that waits, slow enough for a machine with other work.
TICK_SECONDS = 0.2
#: The starter archive's own first moment: before every day that a test publishes.
PLANTED = datetime(1990, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CONSENT = "a test's reader"


def utc(*parts: int) -> datetime:
    """Return an instant."""
    return datetime(*parts, tzinfo=UTC)


def until(look: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Look until there is something to see, and return it; fail with *what* if it never comes."""
    last = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < last, f"waited {patience} seconds for {what}"
        time.sleep(0.05)
    return seen


def plant(database_url: str, home: Path) -> None:
    """Make a database that holds the starter archive, and no issue."""
    with newsroom(Settings(home=home, database_url=database_url), upgraded=True) as room:
        begin(room, PLANTED, since=PLANTED.date(), empty=False, tell=lambda _: None)
        assert room.desk.counts()[1] == 0, "nothing is due yet"


class Part:
    """One process of the service, which writes all it says to a file."""

    def __init__(self, command: Sequence[str | Path], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, env=environment, cwd=log.parent, stdout=file, stderr=subprocess.STDOUT
            )

    def said(self) -> str:
        """Return what it has printed and logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def runs(self) -> bool:
        """Say whether it has not ended."""
        return self.process.poll() is None

    def ticks(self) -> bool:
        """Say whether its clock was started."""
        return "clock ticks" in self.said()

    def pause(self) -> None:
        """Let it stand still (SIGSTOP), wherever it is; return when it does."""
        self.process.send_signal(signal.SIGSTOP)
        until(self.paused, "a process that stands still")

    def paused(self) -> bool:
        """Say whether it has come to stand still since it was last asked, or resumed."""
        return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG) is not None

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it as power loss would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as a supervisor would (SIGTERM), and return its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letterbox:
    """What lies in the outbox: how many files for each reader and address of an issue's page."""

    files: Counter[tuple[str, str]]

    def days(self, reader: str) -> list[str]:
        """Return the days (YYYY-MM-DD) that a reader got mail of, in order, each as often as he got it."""
        days = ("-".join(page.split("/")[-3:]) for to, page in self.files.elements() if to == reader)
        return sorted(days)


class LiveNewsroom:
    """A planted database, its outbox, and the processes that work on them."""

    def __init__(self, home: Path, database_url: str, clock: WallClock) -> None:
        self.home = home
        self.database_url = database_url
        self.clock = clock
        self.parts: list[Part] = []
        self.extra: dict[str, str] = {}
        self.slept = home / "slept"
        self._store = Store(database_url)

    def close(self) -> None:
        """Kill what still runs, and leave the database; what the processes said is shown if the test failed."""
        for part in self.parts:
            part.kill()
            print(f"--- {part.log.name}\n{part.said()[-3000:]}")
        self._store.close()

    @property
    def kind(self) -> str:
        """The kind of database."""
        return self.database_url.partition(":")[0]

    # Before.

    @contextmanager
    def opened(self) -> Iterator[Newsroom]:
        """Open the newsroom in the test's own process, for preparing it."""
        with newsroom(Settings(home=self.home, database_url=self.database_url)) as room:
            yield room

    def prepare(self, since: date, *, zone: str = "UTC", at: str = "06:00", readers: int = 3) -> list[str]:
        """Let the edition start on *since*, at an hour of a zone; subscribe readers, and return their addresses."""
        addresses = [f"reader{number}@example.org" for number in range(readers)]
        with self.opened() as room:
            with room.store.transaction() as connection:
                editions.start(connection, "daily-dose", since)
            room.desk.set_edition("daily-dose", {"zone": zone, "time": at}, self.clock.now())
            room.circulation.add(None, addresses, CONSENT, PLANTED)
        return addresses

    def add_edition(self, slug: str, since: date, at: str, readers: list[str]) -> None:
        """Add an edition in UTC that starts on *since*."""
        with self.opened() as room:
            room.desk.add_edition(slug, {"time": at}, datetime.combine(since, datetime.min.time(), UTC))
            room.circulation.add(slug, readers, CONSENT, PLANTED)

    def set(self, **settings: str) -> None:
        """Set these settings of every process that is started from now on."""
        self.extra |= {f"DAILY_DOSE_{name.upper()}": value for name, value in settings.items()}

    # Processes.

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process: settings, and the clock."""
        settings = {
            "DAILY_DOSE_HOME": str(self.home),
            "DAILY_DOSE_DATABASE_URL": self.database_url,
            "DAILY_DOSE_TICK_SECONDS": str(TICK_SECONDS),
            "PYTHONUNBUFFERED": "1",
        }
        return {**os.environ, **settings, **self.extra, **self.clock.environment}

    def start(self, *words: str) -> Part:
        """Start a process of the service."""
        return self._start([PROGRAM, *words])

    def start_pausable(self, *words: str) -> Part:
        """Start a process, a scheduler unless said, that stops where it is asked to, on a host that can sleep."""
        if not self.slept.exists():
            self.slept.write_text("0", encoding="ascii")
        return self._start([sys.executable, PAUSABLE, self.home, *(words or ("schedule",))])

    def _start(self, command: Sequence[str | Path]) -> Part:
        part = Part(command, self.environment, self.home / f"part-{len(self.parts)}.log")
        self.parts.append(part)
        return part

    def stop_after(self, part: Part, moment: str) -> None:
        """Let a pausable process stand still when it has done so much of a tick."""
        (self.home / f"ask-{moment}-{part.process.pid}").touch()
        part.resume()
        until(part.paused, f"a process that stands still: {moment}")

    def sleep(self, span: timedelta, *awake: Part) -> None:
        """Let the host sleep: its processes stand still, and by both of its clocks so much time has passed."""
        for part in awake:
            part.pause()
        self.clock.advance(span)
        draft = self.slept.with_suffix(".new")
        draft.write_text(str(float(self.slept.read_text(encoding="ascii")) + span.total_seconds()), encoding="ascii")
        draft.replace(self.slept)
        for part in awake:
            part.resume()

    def start_ticking(self, *words: str) -> Part:
        """Start a process with a clock, and wait until it has ticked or told a fault."""
        before = (self.last_instant(), len(self.holds()))
        part = self.start(*words or ("schedule",))
        until(lambda: (self.last_instant(), len(self.holds())) != before or not part.runs(), "its first tick")
        assert part.runs(), part.said()
        return part

    def command(self, *words: str, status: int = 0) -> str:
        """Run a command to its end, under the clock; return what it printed."""
        ran = subprocess.run(
            [PROGRAM, *words], env=self.environment, cwd=self.home, capture_output=True, text=True, check=False
        )
        assert ran.returncode == status, (words, ran.stdout, ran.stderr)
        return ran.stdout

    def await_ticks(self, patience: float = PATIENCE) -> None:
        """Wait until a tick has begun after now, and has ended: it leaves its instant, or tells a fault."""
        for _ in range(2):
            now, told = self.clock.now(), self.faults_told()
            until(
                lambda now=now, told=told: (self.last_instant() or PLANTED) >= now or self.faults_told() > told,
                "a tick",
                patience,
            )

    def faults_told(self) -> int:
        """Return how often a process has logged that it holds everything."""
        return sum(part.said().count("everything is held") for part in self.parts)

    # Looks.

    def _rows(self, statement: Select[Any]) -> list[Row[Any]]:
        with self._store.reading() as connection:
            return list(connection.execute(statement))

    def last_instant(self) -> datetime | None:
        """Return the last instant that is on record."""
        with self._store.reading() as connection:
            kept = remembered(connection, "last_instant")
        return datetime.fromisoformat(kept) if kept else None

    def issues(self, edition: str = "daily-dose") -> list[Row[Any]]:
        """Return an edition's issues by number, each with `mailed`: how many mailings it has."""
        issues, mailings = tables.issues.c, tables.mailings.c
        counted = select(func.count()).where(mailings.issue_id == issues.id).scalar_subquery().label("mailed")
        return self._rows(
            select(*tables.issues.c, counted)
            .join(tables.editions, tables.editions.c.id == issues.edition_id)
            .where(tables.editions.c.slug == edition)
            .order_by(issues.number)
        )

    def days(self, edition: str = "daily-dose") -> list[date]:
        """Return the days of an edition's issues, in the order in which they were published."""
        return [issue.day for issue in self.issues(edition)]

    def mailed_days(self, edition: str = "daily-dose") -> list[date]:
        """Return the days whose issue has a mailing."""
        return [issue.day for issue in self.issues(edition) if issue.mailed]

    def published_slugs(self) -> dict[date, str]:
        """Return the slug of each day's entry."""
        issues, entries = tables.issues, tables.entries
        rows = self._rows(select(issues.c.day, entries.c.slug).join(entries, entries.c.id == issues.c.entry_id))
        return {row.day: row.slug for row in rows}

    def frozen_mails(self) -> dict[date, bytes]:
        """Return the frozen mail of each day's issue."""
        issues, mails = tables.issues, tables.frozen_mails
        rows = self._rows(select(issues.c.day, mails.c.mail).join(issues, issues.c.id == mails.c.issue_id))
        return {row.day: bytes(row.mail) for row in rows}

    def deliveries(self) -> list[Row[Any]]:
        """Return the ledger, each row with the reader's address and the day of the issue."""
        deliveries, mailings, issues = tables.deliveries.c, tables.mailings.c, tables.issues.c
        columns = deliveries.state, deliveries.reply, deliveries.due_at, deliveries.sent_at
        return self._rows(
            select(*columns, tables.subscribers.c.address, issues.day, issues.edition_id)
            .join(tables.mailings, mailings.id == deliveries.mailing_id)
            .join(tables.issues, issues.id == mailings.issue_id)
            .join(tables.subscriptions, tables.subscriptions.c.id == deliveries.subscription_id)
            .join(tables.subscribers, tables.subscribers.c.id == tables.subscriptions.c.subscriber_id)
            .order_by(issues.day, tables.subscribers.c.address)
        )

    def undone(self) -> list[Row[Any]]:
        """Return the deliveries that are neither sent nor given up."""
        return [each for each in self.deliveries() if each.state not in ("sent", "failed", "suppressed")]

    def queue(self) -> list[str]:
        """Return the slugs in the queue, its head first."""
        rows = self._rows(
            select(tables.entries.c.slug)
            .join(tables.queue, tables.queue.c.entry_id == tables.entries.c.id)
            .order_by(tables.queue.c.position)
        )
        return [row.slug for row in rows]

    def holds(self) -> list[Row[Any]]:
        """Return the holds that are not lifted."""
        return self._rows(select(tables.holds).where(tables.holds.c.until.is_(None)).order_by(tables.holds.c.id))

    def letters(self) -> int:
        """Return how many messages are in the outbox."""
        return sum(1 for _ in (self.home / "outbox" / "new").glob("*"))

    def outbox(self) -> Letterbox:
        """Read every message in the outbox."""
        files: Counter[tuple[str, str]] = Counter()
        for file in sorted((self.home / "outbox" / "new").glob("*")):
            head = message_from_bytes(file.read_bytes(), policy=policy.default)
            files[head["To"], head["Archived-At"].strip("<>")] += 1
        return Letterbox(files=files)
