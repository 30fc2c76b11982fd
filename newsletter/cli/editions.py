"""Commands of editions: list, add, set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import Application, Json, answer, assignments, now, opened, say

if TYPE_CHECKING:
    from newsletter.models import Edition

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
    with opened() as room:
        every = room.desk.editions()
    if json:
        answer([shape(each) for each in every])
        return
    for each in every:
        when = "{time} {zone}, {days}, since {since}".format(**shape(each))
        say(f"{each.slug}: {each.title}, {each.language}, {when}")


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
        edition = room.desk.set_edition(slug, assignments(values))
        room.press.print_if_stale(now())
    _tell(edition, json=json)


def shape(edition: Edition) -> dict[str, object]:
    """Return an edition as JSON, by its newest schedule."""
    from newsletter.desk.editing import days_text

    newest = edition.schedules[-1]
    return {
        "slug": edition.slug,
        "title": edition.title,
        "language": edition.language,
        "zone": newest.zone.key,
        "time": newest.time.isoformat("minutes"),
        "days": days_text(edition.days),
        "from": edition.sender,
        "rest_days": edition.rest_days,
        "kinds": sorted(map(str, edition.kinds)),
        "tags": sorted(edition.tags),
        "since": edition.since.isoformat(),
    }


def _tell(edition: Edition, *, json: bool) -> None:
    if json:
        answer(shape(edition))
        return
    newest = edition.schedules[-1]
    say(f"{edition.slug}: from {newest.from_day} at {newest.time:%H:%M} {newest.zone.key}")
