"""Commands of the archive and its plans: import, export, queue, editions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import (
    Application,
    EditionSlug,
    Json,
    answer,
    assignments,
    day_in,
    now,
    opened,
    say,
    warn,
)

if TYPE_CHECKING:
    from newsletter.desk.desk import Line
    from newsletter.models import Edition

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="An entry's slug or uid.")]


class FileKind(StrEnum):
    """What `import` reads."""

    AUTO = "auto"
    PAGE = "page"
    CSV = "csv"
    JSONL = "jsonl"


class NewStatus(StrEnum):
    """How far imported entries are said to have come."""

    DRAFT = "draft"
    REVIEW = "review"
    READY = "ready"


queue = Application("Entries in line for the next free day, and entries pinned to a day.")
editions = Application("The newsletters: list, add, set.")
export = Application("Write the archive to a file.")


def add_to(app: Application) -> None:
    """Add these commands."""
    app.command("import")(import_)
    app.add_typer(export, name="export")
    app.add_typer(queue, name="queue")
    app.add_typer(editions, name="editions")


def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Captured pages, CSV or JSON Lines.")],
    kind: Annotated[FileKind, typer.Option("--as", help="What the files are.")] = FileKind.AUTO,
    mapping: Annotated[
        Path | None, typer.Option("--map", metavar="FILE.toml", help="A CSV's columns to fields.")
    ] = None,
    status: Annotated[NewStatus | None, typer.Option(help="The status of what comes in.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """Take entries in from captured pages, CSV or JSON Lines. What is there already is not added again.

    Example: daily-dose import attacks.csv --map attacks.toml --dry-run
    """
    from newsletter.cli.importing import reported, run_import

    with reported(json=json) as report:
        run_import(report, files, str(kind), mapping, str(status) if status else None, dry_run=dry_run)
    if report.errors:
        raise typer.Exit(1)


@export.command("archive")
def export_archive(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file, or - for standard output.")],
) -> None:
    """Write all entries and all issues as JSON Lines; `import` takes them into an empty archive.

    Example: daily-dose export archive archive.jsonl
    """
    from newsletter.cli.importing import write_archive

    with opened() as room:
        number = write_archive(room.desk.export(), path)
    warn(f"{number} lines written to {path}")


@queue.command("list")
def queue_list(edition: EditionSlug = None, json: Json = False) -> None:
    """List what is pinned, and the queue from its head.

    Example: daily-dose queue list
    """
    with opened() as room:
        lines = room.desk.line(edition)
    if json:
        answer([_line_shape(line) for line in lines])
        return
    if not lines:
        say("nothing is pinned or queued: add ENTRY with `daily-dose queue add ENTRY`")
    place = 0
    for line in lines:
        place += line.day is None
        where = str(line.day) if line.day else f"{place:>9}."
        remark = "; ".join(filter(None, (line.waiting.obstacle, line.note)))
        say(f"{where}  {line.waiting.slug}" + (f"  ({remark})" if remark else ""))


@queue.command("add")
def queue_add(
    entry: Entry,
    day: Annotated[str | None, typer.Option(metavar="DAY", help="Pin it to this day.")] = None,
    edition: EditionSlug = None,
) -> None:
    """Put an entry at the end of the queue, or pin it to a day.

    Example: daily-dose queue add mosque-bombing-in-benghazi --day 2027-01-23
    """
    with opened() as room:
        room.desk.enqueue(edition, entry, now(), day=day_in(room, day, edition) if day else None)


@queue.command("move")
def queue_move(
    entry: Entry,
    place: Annotated[int, typer.Argument(min=1, metavar="PLACE", help="Its new place; 1 is the head.")],
    edition: EditionSlug = None,
) -> None:
    """Move an entry within the queue.

    Example: daily-dose queue move mosque-bombing-in-benghazi 1
    """
    with opened() as room:
        room.desk.move(edition, entry, place)


@queue.command("remove")
def queue_remove(entry: Entry, edition: EditionSlug = None) -> None:
    """Take an entry out of the queue and off the days it is pinned to.

    Example: daily-dose queue remove mosque-bombing-in-benghazi
    """
    with opened() as room:
        room.desk.remove(edition, entry)


@editions.command("list")
def editions_list(json: Json = False) -> None:
    """List the editions.

    Example: daily-dose editions list
    """
    with opened() as room:
        every = room.desk.editions()
    if json:
        answer([edition_shape(each) for each in every])
        return
    for each in every:
        when = "{time} {zone}, {days}, since {since}".format(**edition_shape(each))
        say(f"{each.slug}: {each.title}, {each.language}, {when}")


Values = Annotated[
    list[str],
    typer.Argument(metavar="NAME=VALUE...", help="title language zone time days from rest_days kinds tags"),
]


@editions.command("add")
def editions_add(slug: str, values: Values = [], json: Json = False) -> None:
    """Add an edition, which starts today.

    Example: daily-dose editions add daily-dose-ar language=ar zone=Asia/Beirut time=07:00
    """
    with opened() as room:
        edition = room.desk.add_edition(slug, assignments(values), now())
    _tell_edition(edition, json=json)


@editions.command("set")
def editions_set(slug: str, values: Values, json: Json = False) -> None:
    """Change an edition. A new zone or hour holds from the day after its newest issue.

    Example: daily-dose editions set daily-dose zone=Europe/London time=06:30
    """
    with opened() as room:
        edition = room.desk.set_edition(slug, assignments(values))
        room.press.print_if_stale(now())
    _tell_edition(edition, json=json)


def edition_shape(edition: Edition) -> dict[str, object]:
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


def _tell_edition(edition: Edition, *, json: bool) -> None:
    if json:
        answer(edition_shape(edition))
        return
    newest = edition.schedules[-1]
    say(f"{edition.slug}: from {newest.from_day} at {newest.time:%H:%M} {newest.zone.key}")


def _line_shape(line: Line) -> dict[str, object]:
    return {
        "entry": line.waiting.slug,
        "day": str(line.day) if line.day else None,
        "obstacle": line.waiting.obstacle,
        "note": line.note,
    }
