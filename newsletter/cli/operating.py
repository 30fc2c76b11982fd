"""Commands that run and watch the service: run, web, schedule, init, status, check."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import Application, EditionSlug, Json, answer, fail, now, opened, say, warn

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.press.outlook import Overview
    from scheduler.clock import Clock


def add_to(app: Application) -> None:
    """Add these commands."""
    for command in (run, web, schedule, init, status, check):
        app.command()(command)


def run() -> None:
    """Run everything in one process: the site, the clock, the delivery. The first start makes the archive.

    Example: daily-dose run
    """
    from newsletter.founding import begin

    with opened(upgraded=True) as room:
        begin(room, now(), since=None, empty=False, tell=warn)
        clock = _clock(room)
        _serve(room, before=clock.start, after=clock.stop)


def web() -> None:
    """Serve the site, the feeds and the box.

    Example: daily-dose web
    """
    with opened() as room:
        _serve(room, before=lambda: None, after=lambda: None)


def schedule() -> None:
    """Publish what is due, when it is due, and send it; any number of these may run at once.

    Example: daily-dose schedule
    """
    with opened() as room:
        clock = _clock(room)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        clock.start()
        say("the clock ticks; Ctrl-C stops it")
        while not stopped.wait(60):
            pass
        clock.stop()


def init(
    since: Annotated[str | None, typer.Option(metavar="DAY", help="The edition's first day.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="An archive without the starter entries.")] = False,
    json: Json = False,
) -> None:
    """Make or upgrade the database; the first time, load the starter archive and fill the past.

    Example: daily-dose init --since 2026-01-01
    """
    from newsletter.founding import begin
    from newsletter.shapes import day_of

    try:
        start = day_of(since, now().date()) if since else None
    except ValueError as error:
        raise typer.BadParameter(f"expected a day as YYYY-MM-DD, got {since!r}", param_hint="--since") from error
    with opened(upgraded=True) as room:
        begun = begin(room, now(), since=start, empty=empty, tell=lambda line: None if json else warn(line))
    if json:
        answer({"entries": begun.entries, "issues": begun.issues, "since": begun.since.isoformat()})
    else:
        say(f"{begun.entries} entries, {begun.issues} issues since {begun.since}")


def status(edition: EditionSlug = None, json: Json = False) -> None:
    """Say how it stands: today's issue, deliveries, queue, runway, holds, problems.

    Example: daily-dose status
    """
    from newsletter.press.outlook import HORIZON

    with opened() as room:
        overview = room.press.outlook.overview(edition, now())
        shape = _overview_shape(room, overview)
    if json:
        answer(shape)
        return
    issue = overview.issue
    say(f"{overview.edition}, {overview.day}")
    say(f"newest issue  {issue.day}, {issue.entry.headline} ({issue.reason})" if issue else "newest issue  none yet")
    say(f"next due      {overview.next_due_at:%Y-%m-%d %H:%M} UTC" if overview.next_due_at else "next due      never")
    counted = ", ".join(f"{number} {state}" for state, number in sorted(overview.deliveries.items()))
    say(f"deliveries    {counted or 'none'}")
    say(f"queue         {len(overview.queue)}")

    say(
        f"runway        {overview.runway} days"
        if overview.runway < HORIZON
        else f"runway        {HORIZON} days or more"
    )
    say(
        f"last tick     {overview.last_tick_at:%Y-%m-%d %H:%M:%S} UTC"
        if overview.last_tick_at
        else "last tick     none"
    )
    for hold in overview.holds:
        days = f"{hold.first} to {hold.last}" if hold.first != hold.last else str(hold.first or "everything")
        say(f"held          {days}  {hold.reason}")
    for problem in overview.problems:
        say(f"problem       {problem}")


def check(json: Json = False) -> None:
    """List the settings, and what is wrong with the newsroom and how to mend it; exit status 1 if anything is.

    Example: daily-dose check
    """
    from newsletter.settings import read_settings

    settings = read_settings()
    problems: list[str] = []
    with opened() as room:
        for edition in room.desk.editions():
            problems += room.press.outlook.overview(edition.slug, now()).problems
        problems += room.press.faults()
    rows = settings.described()
    if json:
        answer(
            {
                "settings": [{"name": row.name, "value": row.value, "origin": row.origin} for row in rows],
                "problems": problems,
            }
        )
    else:
        width = max(len(row.name) for row in rows)
        for row in rows:
            say(f"{row.name:<{width}}  {row.value or '-'}  ({row.origin})")
        for problem in problems:
            say(f"problem: {problem}")
        say("nothing is wrong" if not problems else f"{len(problems)} problems")
    if problems:
        raise typer.Exit(1)


def _clock(room: Newsroom) -> Clock:
    from scheduler.clock import Clock

    def beat(moment: datetime) -> None:
        room.press.tick(moment)
        room.press.sweep(moment)

    return Clock(beat, alarm=room.press.alarm, seconds=room.settings.tick_seconds)


def _serve(room: Newsroom, *, before: Callable[[], object], after: Callable[[], object]) -> None:
    from newsletter.web.app import create_app
    from newsletter.web.server import PortInUse, serve

    settings = room.settings
    room.press.print_if_stale(now())

    def ready() -> None:
        before()
        links = room.press.links()
        say(f"Daily Dose runs at {links.home()}")
        for name, address in (
            ("archive", links.archive()),
            ("feeds", f"{links.feed('rss')}  {links.feed('atom')}  {links.feed('json')}"),
            ("box", f"{links.box()}  {links.box_js()}"),
            ("outbox", str(settings.home / "outbox")),
        ):
            say(f"  {name:<8} {address}")
        say("Ctrl-C stops it.")

    app = create_app(room.store, room.press.publisher, now=now)
    try:
        serve(app, settings.host, settings.port, on_ready=ready, stop=threading.Event())
    except PortInUse as error:
        fail(error)
    finally:
        after()


def _overview_shape(room: Newsroom, overview: Overview) -> dict[str, object]:
    from newsletter.cli.issues import hold_shape
    from newsletter.shapes import instant, issue_shape

    issue = overview.issue
    return {
        "edition": overview.edition,
        "now": instant(overview.now),
        "day": overview.day.isoformat(),
        "issue": issue_shape(issue, room.press.url_of(issue)) if issue else None,
        "next_due_at": instant(overview.next_due_at) if overview.next_due_at else None,
        "holds": [hold_shape(hold) for hold in overview.holds],
        "runway": overview.runway,
        "queue": list(overview.queue),
        "deliveries": overview.deliveries,
        "last_tick_at": instant(overview.last_tick_at) if overview.last_tick_at else None,
        "problems": list(overview.problems),
    }
