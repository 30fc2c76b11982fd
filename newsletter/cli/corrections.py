"""Commands that put right or take back what was published: correct, amend, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.issues import DayOrEntry, told
from newsletter.cli.terminal import (
    Application,
    EditionSlug,
    Json,
    answer,
    assignments,
    day_or_entry,
    now,
    opened,
    say,
)

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.press.press import Outcome

Sets = Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="A field's right value; repeatable.")]
Sources = Annotated[list[str], typer.Option("--source", metavar="TEXT", help="A citation; repeatable.")]


def add_to(app: Application) -> None:
    """Add these commands."""
    for command in (correct, amend, withdraw):
        app.command()(command)


def correct(
    name: DayOrEntry,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The public note: what was wrong, what is right.")],
    sets: Sets = [],
    sources: Sources = [],
    leave_running: Annotated[
        bool, typer.Option("--leave-running", help="What is not yet sent goes out as it was printed.")
    ] = False,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Correct in public what was published.

    The note stands on its page and in the feeds at once, and in the next mail.

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
    name: DayOrEntry, sets: Sets = [], sources: Sources = [], edition: EditionSlug = None, json: Json = False
) -> None:
    """Mend a small slip, without a note in the mail.

    It is listed on the entry's page. What was never published is just changed; a draft that has a source can be made
    ready (--set status=ready).

    Example: daily-dose amend mumbai-under-attack-for-three-days-2008 --set place="South Mumbai"
    """
    from newsletter.press.revising import cited

    with opened() as room:
        which = day_or_entry(room, name, edition)
        outcome = room.press.amend(edition, which, now(), assignments(sets), [cited(source) for source in sources])
        _tell(room, outcome, "amended", "get the new text", json=json)


def withdraw(
    name: DayOrEntry,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The notice that stands in its place.")],
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Take back what was published.

    A notice stands in its place, and unsent mail stops. A day takes back its issue, an entry all of its issues.

    Example: daily-dose withdraw 2026-01-23 "It named the wrong man."
    """
    with opened() as room:
        outcome = room.press.withdraw(edition, day_or_entry(room, name, edition), text, now())
        _tell(room, outcome, "withdrawn", "are not sent it", json=json)


def _tell(room: Newsroom, outcome: Outcome, done: str, readers: str, *, json: bool) -> None:
    if json:
        answer(
            {
                "entry": outcome.entry.slug,
                "revision": outcome.entry.revision,
                "issues": [told(room, issue) for issue in outcome.issues],
                "deliveries": outcome.deliveries,
                "standing": [told(room, issue) for issue in outcome.standing],
            }
        )
        return
    say(f"{outcome.entry.slug}: {done}" + ("" if outcome.entry.sources else " (a draft until it has a source)"))
    for issue in outcome.issues:
        say(f"  {issue.edition} of {issue.day}")
    if outcome.standing:
        days = ", ".join(f"{issue.edition} of {issue.day}" for issue in outcome.standing)
        say(f"  it still stands in {days}; to take back all: daily-dose withdraw {outcome.entry.slug} TEXT")
    if outcome.deliveries:
        say(f"  {outcome.deliveries:,} readers {readers}")
