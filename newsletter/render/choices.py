"""What a reader can choose, in words, and as the options of a form."""

from __future__ import annotations

from newsletter.preferences import Preferences

CADENCES = {
    "daily": "Every day",
    "weekdays": "Monday to Friday",
    "weekly": "Once a week, all in one mail",
}
WEEKDAYS = {
    "1": "Monday",
    "2": "Tuesday",
    "3": "Wednesday",
    "4": "Thursday",
    "5": "Friday",
    "6": "Saturday",
    "7": "Sunday",
}
#: Every half hour, and none.
HOURS = {"": "As soon as it is published"} | {
    text: text for text in (f"{half // 2:02}:{half % 2 * 30:02}" for half in range(48))
}
FORMATS = {"html": "With headlines and links set (HTML)", "text": "Plain text only"}


def told(preferences: Preferences) -> str:
    """Return what was chosen as a part of a sentence: `every day, as soon as it is published`."""
    often = {
        "daily": "every day",
        "weekdays": "from Monday to Friday",
        "weekly": f"once a week, on {WEEKDAYS[str(preferences.weekday or 1)]}",
    }[preferences.cadence]
    when = "as soon as it is published"
    if preferences.hour:
        when = f"at {preferences.hour.isoformat('minutes')} in the time zone {preferences.zone}"
    return f"{often}, {when}" + (", as plain text" if preferences.format == "text" else "")
