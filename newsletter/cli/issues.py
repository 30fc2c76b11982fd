"""Commands of issues: pick, forecast, publish, preview, hold, release, correct, amend, withdraw, deliver."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from newsletter.cli.terminal import (
    Application,
    EditionSlug,
    Json,
    answer,
    assignments,
    day_in,
    day_or_entry,
    days_in,
    edition_of,
    now,
    opened,
    say,
)

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.models import Issue
    from newsletter.press.press import Outcome

Day = Annotated[str, typer.Argument(metavar="DAY", help="YYYY-MM-DD, today, yesterday or tomorrow.")]
DayOrEntry = Annotated[str, typer.Argument(metavar="DAY|ENTRY", help="A day, or an entry's slug or uid.")]
Days = Annotated[str | None, typer.Argument(metavar="DAY|DAY..DAY", help="A day, or the first and the last.")]
All = Annotated[bool, typer.Option("--all", help="Everything, every day.")]
Sets = Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="A field's right value; repeatable.")]


def add_to(app: Application) -> None:
    """Add these commands."""
    for command in (pick, forecast, publish, preview, hold, release, correct, amend, withdraw, deliver):
        app.command()(command)


def pick(day: Day = "today", edition: EditionSlug = None, json: Json = False) -> None:
    """Say what is or would be published on a day, and why. Changes nothing.

    Example: daily-dose pick tomorrow
    """
    from newsletter.press.refusals import NothingToPick
    from newsletter.shapes import pick_shape

    with opened() as room:
        which = day_in(room, day, edition)
        found = room.press.outlook.pick(edition, which, now())
        if found is None:
            raise NothingToPick(edition_of(room, edition).slug, which)
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
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days.")] = 14,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Say what would be published on the days to come, and why. Changes nothing.

    Example: daily-dose forecast --days 30
    """
    from newsletter.models import Pick
    from newsletter.shapes import pick_shape

    with opened() as room:
        start = day_in(room, first, edition) if first else None
        ahead = room.press.outlook.forecast(edition, start, days, now())
    if json:
        answer([pick_shape(each) for each in ahead if isinstance(each, Pick)])
        return
    for each in ahead:
        if isinstance(each, Pick):
            say(f"{each.day}  {each.rule:<11}  {each.entry}")
        else:
            say(f"{each.day}  {'-':<11}  nothing to publish")


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
    """Publish a day's issue. Again, it answers with the same issue.

    Example: daily-dose publish today --now
    """
    with opened() as room:
        which = day_in(room, day, edition)
        issue = room.press.publish(edition, which, now(), early=early, mail=mail, force=force)
        sent = room.press.sweep(now())
        told = _told(room, issue)
    if json:
        answer(told)
        return
    say(f"{issue.day}  {issue.entry.headline}")
    say(f"  {issue.reason}")
    say(f"  {told['url']}")
    say(f"  {sent} messages went out" if sent else "  nothing to send")


def preview(
    name: DayOrEntry = "today",
    form: Annotated[str, typer.Option("--as", metavar="FORM", help="html text eml rss atom json page box")] = "text",
    edition: EditionSlug = None,
) -> None:
    """Print what a day's issue, or an entry, looks like as mail, feed, page or box. Keeps nothing.

    Example: daily-dose preview tomorrow --as html > tomorrow.html
    """
    from newsletter.press.proofs import Form

    for known in get_args(Form):
        if form == known:
            break
    else:
        raise typer.BadParameter(f"expected one of {', '.join(get_args(Form))}, got {form!r}", param_hint="--as")
    with opened() as room:
        proof = room.press.proofs.proof(edition, day_or_entry(room, name, edition), known, now())
    sys.stdout.buffer.write(proof)


def hold(
    days: Days = None,
    everything: All = False,
    reason: Annotated[str, typer.Option(help="Why, for the editors.")] = "",
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Publish and mail nothing on a day or a range, or nothing at all until released.

    Example: daily-dose hold tomorrow --reason "after today's attack"
    """
    _days_or_all(days, everything=everything)
    with opened() as room:
        span = days_in(room, days, edition) if days else None
        held = room.press.hold(edition, span, now(), reason)
        out = room.press.outlook.overview(edition, now()).issue
    if json:
        answer(hold_shape(held))
        return
    if span is None:
        say("everything is held")
    else:
        say(f"{span[0]} is held" if span[0] == span[1] else f"{span[0]} to {span[1]} is held")
    if out is not None:
        say(f"  out already: the issue of {out.day}, {out.entry.headline}")


def release(
    days: Days = None,
    everything: All = False,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Lift holds. Days that came due under them stay empty, unless you fill them (publish DAY --force).

    Example: daily-dose release --all
    """
    _days_or_all(days, everything=everything)
    with opened() as room:
        lifted = room.press.release(edition, days_in(room, days, edition) if days else None, now())
    if json:
        answer({"released": lifted})
    else:
        say(f"{lifted} holds lifted" if lifted != 1 else "1 hold lifted")


def correct(
    name: DayOrEntry,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The public note: what was wrong, what is right.")],
    sets: Sets = [],
    sources: Annotated[list[str], typer.Option("--source", metavar="TEXT", help="A citation; repeatable.")] = [],
    leave_running: Annotated[
        bool, typer.Option("--leave-running", help="What is not yet sent goes out as it was printed.")
    ] = False,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Correct in public what was published: on its page, in feeds, and in the next mail.

    Example: daily-dose correct 2026-01-23 "The bombing was in 2018, not in 2019." --set event_date=2018-01-23
    """
    from newsletter.press.revising import cited

    with opened() as room:
        outcome = room.press.correct(
            edition,
            day_or_entry(room, name, edition),
            text,
            now(),
            values=assignments(sets),
            sources=[cited(source) for source in sources],
            leave_running=leave_running,
        )
        _tell(room, outcome, "corrected", "get the corrected text", json=json)


def amend(
    name: DayOrEntry,
    sets: Sets = [],
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Mend a small slip: listed on the entry's page, no note mailed.

    Example: daily-dose amend mosque-bombing-in-benghazi --set place=Benghazi
    """
    with opened() as room:
        outcome = room.press.amend(edition, day_or_entry(room, name, edition), now(), assignments(sets))
        _tell(room, outcome, "amended", "get the new text", json=json)


def withdraw(
    name: DayOrEntry,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The notice that stands in its place.")],
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Take back what was published: a notice stands in its place, unsent mail stops.

    Example: daily-dose withdraw 2026-01-23 "Withdrawn: it named the wrong man."
    """
    with opened() as room:
        outcome = room.press.withdraw(edition, day_or_entry(room, name, edition), text, now())
        _tell(room, outcome, "withdrawn", "are not sent", json=json)


def deliver(json: Json = False) -> None:
    """Send what is due now, then exit.

    Example: daily-dose deliver
    """
    from rich.console import Console
    from rich.progress import Progress

    with opened() as room, Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("sending", total=None)
        sent = room.press.sweep(now(), lambda some: bar.advance(task, some))
    if json:
        answer({"sent": sent})
    else:
        say(f"{sent} messages went out")


def hold_shape(held: object) -> dict[str, object]:
    """Return a hold as JSON."""
    from newsletter.models import Hold
    from newsletter.shapes import instant

    assert isinstance(held, Hold)
    return {
        "edition": held.edition,
        "first": str(held.first) if held.first else None,
        "last": str(held.last) if held.last else None,
        "since": instant(held.since),
        "reason": held.reason,
        "origin": held.origin,
    }


def _told(room: Newsroom, issue: Issue) -> dict[str, object]:
    from newsletter.shapes import issue_shape

    return issue_shape(issue, room.press.url_of(issue))


def _tell(room: Newsroom, outcome: Outcome, done: str, readers: str, *, json: bool) -> None:
    if json:
        answer(
            {
                "entry": outcome.entry.slug,
                "revision": outcome.entry.revision,
                "issues": [_told(room, issue) for issue in outcome.issues],
                "deliveries": outcome.deliveries,
            }
        )
        return
    say(f"{outcome.entry.slug}: {done}")
    for issue in outcome.issues:
        say(f"  {issue.edition} of {issue.day}")
    if outcome.deliveries:
        say(f"  {outcome.deliveries} readers {readers}")


def _days_or_all(days: str | None, *, everything: bool) -> None:
    if (days is None) is not everything:
        raise typer.BadParameter("expected a day, a range DAY..DAY, or --all")
