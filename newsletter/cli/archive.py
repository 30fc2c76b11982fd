"""Commands of the archive: import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from newsletter.cli.subscribers import EXPORT_HELP, export_subscribers
from newsletter.cli.terminal import Application, answer, opened, progress, warn, wrong

Json = Annotated[bool, typer.Option("--json", help="Report in JSON.")]
FileKind = Literal["auto", "page", "csv", "jsonl"]
NewStatus = Literal["draft", "review", "ready"]

export = Application("Write the archive, or the readers, to a file.")


def add_to(app: Application) -> None:
    """Add these commands."""
    app.command("import")(import_)
    app.add_typer(export, name="export")
    export.command("subscribers", help=EXPORT_HELP)(export_subscribers)


def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Captured pages, CSV or JSON Lines.")],
    kind: Annotated[FileKind, typer.Option("--as", help="What the files are.")] = "auto",
    mapping: Annotated[
        Path | None, typer.Option("--map", metavar="FILE.toml", help="A CSV's columns to fields.")
    ] = None,
    status: Annotated[NewStatus | None, typer.Option(help="The status of what comes in.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """Take entries in from pages, CSV or JSON Lines.

    What is there already is not added again; what is like an entry there comes in for review. What is refused is
    named with its file, line and field, and the rest is taken in.

    Example: daily-dose import attacks.csv --map attacks.toml --dry-run
    """
    from newsletter.cli.importing import reported, take_in
    from newsletter.desk.importing import Import

    importing = Import(files=files, kind=kind, mapping=mapping, status=status)
    with reported(json=json) as report, progress("importing") as done:
        report.progress = done
        take_in(importing, report, dry_run=dry_run)
    if report.errors:
        raise typer.Exit(1)


@export.command("archive")
def export_archive(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file, or - for standard output.")],
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON; not where the archive itself goes.")] = False,
) -> None:
    """Write all entries and all issues as JSON Lines.

    `import` takes them into an empty archive (`init --empty`), and nothing is lost.

    Example: daily-dose export archive archive.jsonl
    """
    from newsletter.cli.exporting import write_lines

    to_output = str(path) == "-"
    if json and to_output:
        raise wrong("expected a file, got --json and -: the archive and the answer would go to the same place")
    with opened() as room, progress("exporting") as done:
        number = write_lines(room.desk.export(), path, done)
    if json:
        answer({"path": str(path), "lines": number})
    else:
        warn(f"{number:,} lines written to {'standard output' if to_output else path}")
