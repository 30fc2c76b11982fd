"""How `import` talks: lines for a person, a stream of JSON for a program."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from newsletter.cli.app import REFUSED, shape
from newsletter.cli.printing import to_output
from newsletter.cli.terminal import now, opened, warn
from newsletter.desk.importing import Import, Report
from newsletter.errors import NewsletterError
from newsletter.models import Entry, Status
from newsletter.shapes import entry_shape, problem_shape

#: Added entries that are told one by one to a person.
_SHOWN = 20
_GIVE_SOURCE = "daily-dose amend ENTRY --source TEXT --set status=ready"


def take_in(importing: Import, report: Report, *, dry_run: bool) -> None:
    """Import files into the archive; a dry run where there is none compares with an empty one."""
    from newsletter.bootstrap import NotInitialised

    # What is there already stays: a collector that looks through it again and again takes a tenth of the time.
    gc.freeze()
    try:
        with opened() as room:
            room.desk.import_(importing, dry_run=dry_run, now=now(), report=report)
            if not dry_run:
                room.press.print_if_stale(now())
    except NotInitialised:
        if not dry_run:
            raise
        importing.run(None, now(), dry_run=True, report=report)


@contextmanager
def reported(*, json: bool) -> Iterator[Report]:
    """Yield a report that is printed as it is made; what stops the import is told at its end."""
    report = Report()
    teller = _Json(report) if json else _Lines(report)
    report.added = teller.added
    teller.begin()
    try:
        yield report
    except NewsletterError as error:
        teller.end(error)
        warn(f"error: {error}")
        raise typer.Exit(REFUSED) from error
    teller.end(None)


class _Lines:
    """Tells a person, who wants to see some of it and the sum."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._write = to_output()

    def begin(self) -> None:
        pass

    def added(self, entry: Entry) -> None:
        if self._report.count <= _SHOWN:
            status = "" if entry.status is Status.READY else f"  ({entry.status})"
            self._write(f"added  {entry.slug}{status}\n")

    def end(self, error: NewsletterError | None) -> None:
        report = self._report
        if error and not (report.count or report.known or report.errors):
            return
        if report.count > _SHOWN:
            self._write(f"and {report.count - _SHOWN:,} more\n")
        for each in report.near:
            self._write(f"near   {each.entry} is like {each.like}: {each.why}\n")
        if report.unsourced:
            number = len(report.unsourced)
            what = "1 has no source and stays a draft" if number == 1 else f"{number:,} have no source and stay drafts"
            self._write(f"draft  {what}: {_GIVE_SOURCE}\n")
        for problem in report.errors:
            warn(f"error: {problem}")
        self._write(
            f"{report.count:,} added, {len(report.known):,} known, {len(report.near):,} near, "
            f"{len(report.errors):,} refused\n"
        )


class _Json:
    """Tells a program, all of it, without keeping it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._write = to_output()

    def begin(self) -> None:
        self._write('{"added": [')

    def added(self, entry: Entry) -> None:
        self._write(("" if self._report.count == 1 else ",") + "\n  " + _json(entry_shape(entry)))

    def end(self, error: NewsletterError | None) -> None:
        report = self._report
        rest = {
            "known": report.known,
            "near": [{"entry": each.entry, "like": each.like, "why": each.why} for each in report.near],
            "errors": [problem_shape(each) for each in report.errors],
            "warnings": [
                {"entry": slug, "warning": f"it has no source and stays a draft: {_GIVE_SOURCE}"}
                for slug in report.unsourced
            ],
        } | (shape(error) if error else {})
        self._write("],\n" + ",\n".join(f"{_json(name)}: {_json(value)}" for name, value in rest.items()) + "}\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
