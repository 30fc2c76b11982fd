"""Commands of issues: pick, forecast, publish, preview, deliver."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from newsletter.cli.terminal import (
    Application,
    EditionSlug,
    Json,
    answer,
    day_in,
    day_or_entry,
    fitted,
    now,
    opened,
    progress,
    say,
    warn,
    wrong,
)
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from newsletter.bootstrap import Newsroom
    from newsletter.models import Issue
    from scheduler.picker import Foreseen

#: How many days ahead a pick is looked for: each needs all before it.
FARTHEST = 3660

Day = Annotated[str, typer.Argument(metavar="DAY", help="YYYY-MM-DD, today, yesterday or tomorrow.")]
DayOrEntry = Annotated[str, typer.Argument(metavar="DAY|ENTRY", help="A day, or an entry's slug or uid.")]
Form = Literal["html", "text", "eml", "rss", "atom", "json", "page", "box"]


def add_to(app: Application) -> None:
    """Add these commands."""
    for command in (pick, forecast, publish, preview, deliver):
        app.command()(command)


def pick(day: Day = "today", edition: EditionSlug = None, json: Json = False) -> None:
    """Say what a day's issue is or would be, and why.

    Changes nothing.

    Example: daily-dose pick tomorrow
    """
    from newsletter.shapes import pick_shape

    with opened() as room:
        which = _within_reach(day_in(room, day, edition))
        found = room.press.outlook.pick(edition, which, now())
    if json:
        answer(pick_shape(found))
        return
    say(f"{found.day}  {found.entry}")
    say(f"  {found.reason}")
    for slug in found.runners_up:
        say(f"  next: {slug}")
    for note in found.passed_over:
        say(f"  passed over: {note}")


def forecast(
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day.")] = None,
    days: Annotated[int, typer.Option(min=1, max=FARTHEST, help="How many days.")] = 14,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Say what the days to come would bring.

    Changes nothing. Starts with the first day that has no issue yet.

    Example: daily-dose forecast --days 30
    """
    from newsletter.models import Pick
    from newsletter.shapes import pick_shape

    with opened() as room:
        start = _within_reach(day_in(room, first, edition)) if first else None
        ahead = room.press.outlook.forecast(edition, start, days, now())
        picks = [each for each in ahead if isinstance(each, Pick)]
        headlines = {} if json else room.desk.headlines([each.uid for each in picks])
    if json:
        answer([pick_shape(each) for each in picks])
        return
    for each in ahead:
        say(fitted(_foreseen(each, headlines)))
    if not ahead:
        say("none of these days is still to come")


def publish(
    day: Day = "today",
    early: Annotated[bool, typer.Option("--now", help="Though not yet due, and mailed at once.")] = False,
    mail: Annotated[
        bool | None, typer.Option("--mail/--no-mail", help="Mail it, or don't; by default the newest while fresh.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="A held day too.")] = False,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Publish a day's issue, once.

    Again, it answers with the same issue. What was missed before it is published too.

    Example: daily-dose publish today --now
    """
    with opened() as room:
        which = day_in(room, day, edition)
        issue = room.press.publish(edition, which, now(), early=early, mail=mail, force=force)
        sent, trouble = 0, None
        try:
            sent = room.press.sending.sweep(now())
        except NewsletterError as error:
            trouble = error  # the issue is out; its mail waits, and goes with the next tick
        kept_back = room.press.outlook.kept_back(now())
        shape = told(room, issue)
    if json:
        answer(shape)
    else:
        say(f"{issue.day}  {headline(issue)}")
        say(f"  {issue.reason}")
        say(f"  {shape['url']}")
        if not trouble:
            say(f"  {went_out(sent, kept_back)}")
    if trouble:
        warn(f"error: it is published, and its mail waits: {trouble}")
        raise typer.Exit(1)


def preview(
    name: DayOrEntry = "today",
    form: Annotated[Form, typer.Option("--as", help="What to show it as.")] = "text",
    edition: EditionSlug = None,
) -> None:
    """Print an issue or entry as mail, feed, page or box.

    Keeps nothing. A day without an issue shows what would be published.

    Example: daily-dose preview tomorrow --as html > tomorrow.html
    """
    with opened() as room:
        which = day_or_entry(room, name, edition)
        if isinstance(which, date):
            _within_reach(which)
        proof = room.press.proofs.proof(edition, which, form, now())
    sys.stdout.flush()
    sys.stdout.buffer.write(proof)


def deliver(
    explain: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Send nothing; say what became of one reader's mail, and why.")
    ] = None,
    json: Json = False,
) -> None:
    """Send what is due now, tell the hub what changed, then exit.

    Example: daily-dose deliver --explain reader@example.org
    """
    if explain is not None:
        _explain(explain, json=json)
        return
    with opened() as room, progress("sending") as done:
        room.press.guards.check(now())
        sent = room.press.sending.sweep(now(), done, look=now)
        room.hub.tell()
        kept_back = room.press.outlook.kept_back(now())
    if json:
        answer({"sent": sent})
    else:
        say(went_out(sent, kept_back))


def told(room: Newsroom, issue: Issue) -> dict[str, object]:
    """Return an issue as JSON, with its page's address."""
    from newsletter.shapes import issue_shape

    return {**issue_shape(issue, room.press.url_of(issue))}


def headline(issue: Issue) -> str:
    """Return an issue's headline, or the notice that stands in its place."""
    return f"withdrawn: {issue.withdrawal.notice}" if issue.withdrawal else issue.entry.headline


def _explain(address: str, *, json: bool) -> None:
    from newsletter.cli.explaining import deliveries_of, explained

    with opened() as room:
        held = room.circulation.held(address)
        pause = room.press.outlook.stopped(now())
    if json:
        answer(deliveries_of(held) if held else [])
        return
    for line in explained(address, held, pause):
        say(line)


def went_out(number: int, kept_back: int) -> str:
    """Say how many messages were sent, and how many a hold keeps back."""
    if kept_back:
        return f"{number:,} sent, {kept_back:,} held back until `daily-dose release`"
    return {0: "nothing to send", 1: "1 message went out"}.get(number, f"{number:,} messages went out")


def _foreseen(day: Foreseen, headlines: Mapping[UUID, str]) -> str:
    """Return a forecast's line."""
    from newsletter.models import Pick
    from scheduler.picker import HeldDay

    if isinstance(day, Pick):
        return f"{day.day}  {day.rule:<11}  {headlines[day.uid]} ({day.reason.removeprefix(f'{day.rule}: ')})"
    if not isinstance(day, HeldDay):
        return f"{day.day}  {'-':<11}  nothing to publish: add entries, or make some ready"
    if day.hold.until is not None:
        return f"{day.day}  {'held':<11}  it came due under a hold (publish {day.day} --force fills it)"
    return f"{day.day}  held" + (f" ({day.hold.reason})" if day.hold.reason else "")


def _within_reach(day: date) -> date:
    last = now().date() + timedelta(days=FARTHEST)
    if day > last:
        raise wrong(f"expected a day up to {last}, got {day}: each day's pick needs all before it")
    return day
