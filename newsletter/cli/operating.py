"""Commands that make and watch the service: init, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import Application, EditionSlug, Json, answer, now, opened, progress, say, warn, wrong

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.models import Hold
    from newsletter.press.outlook import Overview


def add_to(app: Application) -> None:
    """Add these commands."""
    for command in (init, status):
        app.command()(command)


def init(
    since: Annotated[str | None, typer.Option(metavar="DAY", help="The edition's first day.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="An archive without the starter entries.")] = False,
    json: Json = False,
) -> None:
    """Make or upgrade the database, and fill it.

    The first time, it loads the starter archive and publishes the past year, mailing nothing. Cut off, it goes on
    where it stopped; once done, it changes nothing.

    Example: daily-dose init --since 2026-01-01
    """
    from newsletter.founding import begin
    from newsletter.shapes import day_of

    try:
        start = day_of(since, now().date()) if since else None
    except ValueError as error:
        raise wrong(f"--since: expected a day as YYYY-MM-DD, today or yesterday, got {since!r}") from error
    tell = (lambda _line: None) if json else warn
    with opened(upgraded=True) as room, progress("publishing") as done:
        begun = begin(room, now(), since=start, empty=empty, tell=tell, progress=done)
    if json:
        answer({"entries": begun.entries, "issues": begun.issues, "since": begun.since.isoformat()})
    else:
        say(f"{begun.entries:,} entries, {begun.issues:,} issues since {begun.since}")


def status(edition: EditionSlug = None, json: Json = False) -> None:
    """Say how it stands: issue, deliveries, queue, problems.

    Example: daily-dose status
    """
    with opened() as room:
        overview = room.press.outlook.overview(edition, now())
        shape = _shape(room, overview)
    if json:
        answer(shape)
        return
    say(f"{overview.edition}, {overview.day}")
    for name, text in _rows(overview):
        say(f"{name:<12}  {text}")


def _rows(overview: Overview) -> list[tuple[str, str]]:
    """Return what `status` says, line by line."""
    from newsletter.cli.issues import headline
    from newsletter.cli.plans import stays_empty
    from newsletter.press.outlook import HORIZON

    issue, due, tick = overview.issue, overview.next_due_at, overview.last_tick_at
    counted = ", ".join(f"{number:,} {state}" for state, number in sorted(overview.deliveries.items())) or "none"
    if issue and not issue.mailed:
        counted = f"none: the issue of {issue.day} was published unmailed (daily-dose publish {issue.day} --mail)"
    return [
        ("newest issue", f"{issue.day}, {headline(issue)} ({issue.reason})" if issue else "none yet"),
        ("next due", f"{due:%Y-%m-%d %H:%M} UTC" if due else "never"),
        ("deliveries", counted),
        ("queue", f"{len(overview.queue):,}"),
        ("runway", f"{overview.runway} days" + (" or more" if overview.runway >= HORIZON else "")),
        ("last tick", f"{tick:%Y-%m-%d %H:%M:%S} UTC" if tick else "none"),
        *((("kept back", f"{overview.kept_back:,} deliveries wait for a release"),) if overview.kept_back else ()),
        *(("held", _held(hold)) for hold in overview.holds),
        *((("left empty", stays_empty(overview.empty, overview.edition)),) if overview.empty else ()),
        *(("problem", problem) for problem in overview.problems),
    ]


def _held(hold: Hold) -> str:
    from newsletter.cli.plans import days_of

    return f"{days_of(hold)}: {hold.reason}" if hold.reason else days_of(hold)


def _shape(room: Newsroom, overview: Overview) -> dict[str, object]:
    from newsletter.cli.issues import told
    from newsletter.cli.plans import hold_shape
    from newsletter.shapes import instant

    return {
        "edition": overview.edition,
        "now": instant(overview.now),
        "day": overview.day.isoformat(),
        "issue": told(room, overview.issue) if overview.issue else None,
        "next_due_at": instant(overview.next_due_at) if overview.next_due_at else None,
        "holds": [hold_shape(hold) for hold in overview.holds],
        "empty": [day.isoformat() for day in overview.empty],
        "runway": overview.runway,
        "queue": list(overview.queue),
        "deliveries": overview.deliveries,
        "kept_back": overview.kept_back,
        "last_tick_at": instant(overview.last_tick_at) if overview.last_tick_at else None,
        "problems": list(overview.problems),
    }
