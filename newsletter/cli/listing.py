"""How `subscribers import` and `sync` talk: refusals as they come, and the sum."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from newsletter.circulation.listing import ListReport
from newsletter.cli.app import REFUSED, shape
from newsletter.cli.printing import to_output
from newsletter.cli.terminal import progress, warn
from newsletter.errors import NewsletterError
from newsletter.models import Problem
from newsletter.shapes import problem_shape

#: Refusals that are told one by one to a person.
_SHOWN = 20
_STAY = {
    "suppressed": "suppressed",
    "left": "left before",
    "bounced": "bounced",
    "complained": "complained",
}


@contextmanager
def reported(*, json: bool, dry_run: bool) -> Iterator[ListReport]:
    """
    Yield a report that is printed as it is made; its sum also where Ctrl-C stops it: what was taken in is kept.

    Exit status 1 where a row was refused, or all of it.
    """
    report = ListReport()
    teller = _Json(report) if json else _Lines(report, dry_run=dry_run)
    report.refusal = teller.refused
    teller.begin()
    try:
        with progress("reading") as report.progress:
            yield report
    except NewsletterError as error:
        teller.end(error)
        warn(f"error: {error}")
        raise typer.Exit(REFUSED) from error
    except KeyboardInterrupt:
        teller.end(None)
        raise
    teller.end(None)
    if report.counts["refused"]:
        raise typer.Exit(REFUSED)


class _Lines:
    """Tells a person."""

    def __init__(self, report: ListReport, *, dry_run: bool) -> None:
        self._report = report
        self._dry_run = dry_run
        self._write = to_output()
        self._told = 0

    def begin(self) -> None:
        pass

    def refused(self, problem: Problem) -> None:
        self._told += 1
        if self._told <= _SHOWN:
            warn(f"error: {problem}")

    def end(self, error: NewsletterError | None) -> None:
        report, counts = self._report, self._report.counts
        if self._told > _SHOWN:
            warn(f"and {self._told - _SHOWN:,} more of this kind: --json names them all")
        if report.ignored:
            warn(f"warning: columns that mean nothing here: {', '.join(map(repr, report.ignored))}")
        if error is not None and not counts.total():
            return
        told = [f"{counts['added']:,} added", f"{counts['known']:,} known already"]
        if "removed" in counts:
            told.append(f"{counts['removed']:,} of {counts['members']:,} taken off")
        told += [f"{counts[name]:,} {words}" for name, words in _STAY.items() if counts[name]]
        told.append(f"{counts['refused']:,} refused")
        if error is None:
            self._write(("would be: " if self._dry_run else "") + ", ".join(told) + "\n")


class _Json:
    """Tells a program, all of it, without keeping it."""

    def __init__(self, report: ListReport) -> None:
        self._report = report
        self._write = to_output()
        self._told = False

    def begin(self) -> None:
        self._write('{"errors": [')

    def refused(self, problem: Problem) -> None:
        text = json.dumps(problem_shape(problem), ensure_ascii=False)
        self._write(("," if self._told else "") + "\n  " + text)
        self._told = True

    def end(self, error: NewsletterError | None) -> None:
        counts = self._report.counts
        names = ("added", "known", *_STAY, "refused", *(name for name in ("members", "removed") if name in counts))
        rest = {name: counts[name] for name in names} | {"ignored": self._report.ignored}
        rest |= shape(error) if error is not None else {}
        text = ",\n".join(f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in rest.items())
        self._write(f"],\n{text}}}\n")
