"""The one root of all our errors, and a child for each thing a caller can act on."""

from __future__ import annotations

from datetime import date


class NewsletterError(Exception):
    """Something expected went wrong; the message says what was expected, what came, what to do."""


class InvalidEntry(NewsletterError):
    """An entry has a field that cannot be right."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems))
        #: Pairs of field and problem.
        self.problems = problems


class NoSuchDay(NewsletterError):
    """The zone never had this day."""

    def __init__(self, day: date, zone: str) -> None:
        super().__init__(f"{zone} never had the day {day}: it has no issue")
        self.day = day
        self.zone = zone
