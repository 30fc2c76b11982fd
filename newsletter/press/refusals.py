"""What the press refuses, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from newsletter.errors import NewsletterError
from newsletter.models import Edition, Hold, Issue
from newsletter.shapes import instant
from scheduler.calendar import due_at, edition_day


class FutureDay(NewsletterError):
    """The day has not come yet in the edition's zone."""

    def __init__(self, day: date, today: date) -> None:
        super().__init__(
            f"{day} is still to come (it is {today} there): pin an entry with `queue add ENTRY --day {day}`"
        )


class BeforeStart(NewsletterError):
    """The edition did not exist on this day."""

    def __init__(self, edition: str, day: date, since: date) -> None:
        super().__init__(f"{edition} starts on {since}: it has no issue of {day}")


class NotDueYet(NewsletterError):
    """The day's hour has not come."""

    def __init__(self, day: date, due_at: datetime) -> None:
        super().__init__(f"the issue of {day} is due at {instant(due_at)}: wait, or publish it with --now")


class NoPublicationDay(NewsletterError):
    """The edition does not publish on this weekday."""

    def __init__(self, edition: str, day: date) -> None:
        super().__init__(f"{edition} does not publish on a {day:%A} ({day}): see `daily-dose editions list`")


class Held(NewsletterError):
    """A hold covers the day, or covered it: then it stays empty after the release."""

    def __init__(self, day: date, holds: Sequence[Hold]) -> None:
        held = next((hold for hold in holds if hold.until is None), holds[-1])
        why = f" ({held.reason})" if held.reason else ""
        if held.until is None:
            super().__init__(f"{day} is held{why}: release it, or publish it all the same with --force")
        else:
            super().__init__(f"{day} was held{why}, and stays empty: fill it with `daily-dose publish {day} --force`")


class WrongClock(NewsletterError):
    """The clock lies before what it showed already: everything is held now."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"everything is held: {fault}; set the clock right, then `daily-dose release --all`")


class NothingToPick(NewsletterError):
    """No rule yields an entry."""

    def __init__(self, edition: str, day: date) -> None:
        super().__init__(
            f"{edition} has nothing to publish for {day}: no ready entry in its language has rested 30 days; "
            "add entries (`daily-dose import`), or make some ready"
        )


class NotPublished(NewsletterError):
    """What was never published has nothing to take back or put right in public."""

    def __init__(self, name: str, instead: str) -> None:
        super().__init__(f"{name} was never published: {instead}")


class WithdrawnAlready(NewsletterError):
    """A notice stands in its place already."""

    def __init__(self, name: str, instead: str = "") -> None:
        super().__init__(f"{name} is withdrawn already: its notice stands{instead}")


class NothingToChange(NewsletterError):
    """A correction without a note, or an amendment without a change."""


def check_day(edition: Edition, day: date, now: datetime, *, early: bool) -> None:
    """Raise `FutureDay`, or what the checks below raise, or `NotDueYet`, where *day* can't be published at *now*."""
    today = edition_day(edition, now)
    if day > today:
        raise FutureDay(day, today)
    check_start(edition, day)
    check_weekday(edition, day)
    due = due_at(edition, day)
    if due > now and not early:
        raise NotDueYet(day, due)


def check_start(edition: Edition, day: date) -> None:
    """Raise `BeforeStart` for a day before the edition's first."""
    if day < edition.since:
        raise BeforeStart(edition.slug, day, edition.since)


def check_weekday(edition: Edition, day: date) -> None:
    """Raise `NoSuchDay` for a date that the edition's zone never had, `NoPublicationDay` for another weekday."""
    due_at(edition, day)
    if day.weekday() not in edition.days:
        raise NoPublicationDay(edition.slug, day)


def check_held(edition: Edition, day: date, holds: Sequence[Hold]) -> None:
    """Raise `Held` for a day that a hold covers."""
    due = due_at(edition, day)
    held = [hold for hold in holds if hold.covers(edition, day, due)]
    if held:
        raise Held(day, held)


def check_stands(standing: Sequence[Issue], name: date | str, edition: str) -> None:
    """Raise `WithdrawnAlready` where nothing stands of what *name* names: a day's issue, or an entry."""
    if not any(isinstance(name, str) or (each.edition, each.day) == (edition, name) for each in standing):
        elsewhere = f"; the entry itself still stands: correct {standing[0].entry.slug}" if standing else ""
        raise WithdrawnAlready(str(name), elsewhere)
