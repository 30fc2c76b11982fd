"""How long a reader waits for an issue that is published: their hour may come much later."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.models import Edition
from newsletter.preferences import Preferences
from scheduler.calendar import edition_day, first_at
from scheduler.due import next_due

#: A wait that is worth a word.
LONG = timedelta(hours=12)


def long_wait(edition: Edition, preferences: Preferences, now: datetime) -> timedelta | None:
    """
    Return how long after the next issue is due the reader's hour comes, if that is long.

    A digest waits for its day anyway.
    """
    if preferences.hour is None or preferences.zone is None or preferences.cadence == "weekly":
        return None
    coming = next_due(edition, edition_day(edition, now), now)
    if coming is None:
        return None
    wait = first_at(coming.due_at, preferences.hour, ZoneInfo(preferences.zone)) - coming.due_at
    return wait if wait >= LONG else None
