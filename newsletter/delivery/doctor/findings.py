"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How much a finding matters: a *problem* costs mail, *advice* may one day."""

    FINE = "fine"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: *about* names it, *text* says in one line how it is and how to mend it."""

    weight: Weight
    about: str
    text: str

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{self.about}: {self.text}"


def fine(about: str, text: str) -> Finding:
    """Return what is as it should be."""
    return Finding(weight=Weight.FINE, about=about, text=text)


def advice(about: str, text: str) -> Finding:
    """Return what would better be otherwise."""
    return Finding(weight=Weight.ADVICE, about=about, text=text)


def problem(about: str, text: str) -> Finding:
    """Return what must be mended."""
    return Finding(weight=Weight.PROBLEM, about=about, text=text)
