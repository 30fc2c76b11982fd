"""Commands of editions: list, add, set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import Application, Json, answer, assignments, now, opened, say

if TYPE_CHECKING:
    from newsletter.models import Edition, Schedule

editions = Application("The newsletters: list, add, set.")

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The edition's slug.")]
Values = Annotated[
    list[str],
    typer.Argument(metavar="NAME=VALUE", help="title language zone time days from rest_days kinds tags"),
]


def add_to(app: Application) -> None:
    """Add these commands."""
    app.add_typer(editions, name="editions")


@editions.command("list")
def list_(json: Json = False) -> None:
    """List the editions.

    Example: daily-dose editions list
    """
    from newsletter.shapes import days_text, edition_shape
    from scheduler.calendar import edition_day

    with opened() as room:
        every = room.desk.editions()
    if json:
        answer([edition_shape(each) for each in every])
        return
    for each in every:
        today = edition_day(each, now())
        held = each.schedule_on(today)
        coming = "".join(f" (from {one.from_day}: {_hour(one)})" for one in each.schedules if one.from_day > today)
        when = f"{_hour(held)}{coming if held is not each.schedules[-1] else ''}"
        say(f"{each.slug}: {each.title}, {each.language}, {when}, {days_text(each.days)}, since {each.since}")


@editions.command("add")
def add(slug: Slug, values: Values = [], json: Json = False) -> None:
    """Add an edition, which starts today.

    Example: daily-dose editions add daily-dose-ar language=ar zone=Asia/Beirut time=07:00
    """
    with opened() as room:
        edition = room.desk.add_edition(slug, assignments(values), now())
    _tell(edition, json=json)


@editions.command("set")
def set_(slug: Slug, values: Values, json: Json = False) -> None:
    """Change an edition.

    A new zone or hour holds from the day after its newest issue.

    Example: daily-dose editions set daily-dose zone=Europe/London time=06:30
    """
    with opened() as room:
        edition = room.desk.set_edition(slug, assignments(values), now())
        room.press.print_if_stale(now())
    _tell(edition, json=json)


def _tell(edition: Edition, *, json: bool) -> None:
    from newsletter.shapes import edition_shape

    if json:
        answer(edition_shape(edition))
        return
    newest = edition.schedules[-1]
    say(f"{edition.slug}: from {newest.from_day} at {_hour(newest)}")


def _hour(schedule: Schedule) -> str:
    return f"{schedule.time:%H:%M} {schedule.zone.key}"
