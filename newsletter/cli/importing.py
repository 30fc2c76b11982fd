"""How `import` and `export` talk: progress for a person, a stream of JSON for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from newsletter.cli.terminal import now, say
from newsletter.desk.importing import Import, Report
from newsletter.errors import NewsletterError
from newsletter.models import Entry
from newsletter.shapes import entry_shape, problem_shape


class Unwritable(NewsletterError):
    """A file can't be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} can't be written: {error.strerror}")


@contextmanager
def reported(*, json: bool) -> Iterator[Report]:
    """Yield a report that is printed as it is made."""
    report = Report()
    if json:
        first = True

        def added(entry: Entry) -> None:
            nonlocal first
            sys.stdout.write(("" if first else ",") + "\n  " + _json(entry_shape(entry)))
            first = False

        report.added = added
        sys.stdout.write('{"added": [')
        yield report
        near = [{"entry": each.entry, "like": each.like, "why": each.why} for each in report.near]
        sys.stdout.write(f'],\n"known": {_json(report.known)},\n"near": {_json(near)},\n')
        sys.stdout.write(f'"errors": {_json([problem_shape(each) for each in report.errors])}}}\n')
        return
    report.added = lambda entry: say(f"added  {entry.slug}") if report.count <= _SHOWN else None
    yield report
    if report.count > _SHOWN:
        say(f"and {report.count - _SHOWN} more")
    for each in report.near:
        say(f"near   {each.entry} is like {each.like}: {each.why}")
    for problem in report.errors:
        sys.stderr.write(f"error: {problem}\n")
    say(f"{report.count} added, {len(report.known)} known, {len(report.near)} near, {len(report.errors)} refused")


_SHOWN = 20


def run_import(
    report: Report, files: list[str], kind: str, mapping: Path | None, status: str | None, *, dry_run: bool
) -> None:
    """Import files into the archive; a dry run where there is none compares with an empty one."""
    from newsletter.bootstrap import NotInitialised
    from newsletter.cli.terminal import opened

    importing = Import(files=files, kind=kind, mapping=mapping, status=status)
    with ExitStack() as stack:
        try:
            room = stack.enter_context(opened())
        except NotInitialised:
            if not dry_run:
                raise
            importing.run(None, now(), dry_run=True, report=report)
            return
        importing.run(room.store, now(), dry_run=dry_run, report=report)
        if not dry_run:
            room.press.print_if_stale(now())


def write_archive(lines: Iterable[str], path: Path) -> int:
    """Write lines to a file, or to standard output for `-`; whole or not at all. Return how many they were."""
    number = 0
    if str(path) == "-":
        for number, line in enumerate(lines, start=1):  # noqa: B007 -- the last number is the count
            say(line)
        return number
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(lines, start=1):  # noqa: B007 -- as above
                file.write(line + "\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unwritable(path, error) from error
    return number


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
