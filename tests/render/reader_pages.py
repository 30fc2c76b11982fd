"""The pages and letters of readers, to look at: one of every kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import samples

from newsletter.preferences import Preferences
from newsletter.render import letters, preferring, subscribing
from newsletter.render.letters import Dress
from newsletter.render.links import Links
from newsletter.render.message import Letter
from newsletter.render.preferring import Card
from newsletter.render.subscribing import Filled

WHOSE = samples.WHOSE
TOKEN = "afausfikbsxffvcmzccgguwzhx6doqa4i7tflbvwnumsfkbiherdegjn"
USUAL = Preferences()
WEEKLY = Preferences(cadence="weekly", weekday=3, hour=time(7, 30), zone="Europe/Berlin", format="text")
DAILY_LATE = Preferences(hour=time(5), zone="Europe/Berlin")
OTHER = replace(samples.EDITION, slug="weekly-dose", title="Weekly Dose")
ARABIC = replace(samples.EDITION, slug="ar", title="جرعة اليوم", language="ar")
FORM = Filled(token=TOKEN)
WRONG_FORM = Filled(
    token=TOKEN,
    values={"address": "reader@example", "cadence": "weekly", "hour": "07:30", "zone": "Mars/Olympus"},
    problems={
        "address": "expected a mail address such as reader@example.org",
        "zone": "expected the name of a time zone, such as Europe/Berlin",
        "token": "that was very fast: please wait 2 seconds, and send it once more",
    },
)
DRESS = Dress(**WHOSE)
ARABIC_WHOSE = {**WHOSE, "edition": ARABIC, "links": Links(samples.LINKS.base_url, "ar")}
CARDS = [
    Card(edition=samples.EDITION, state="active", preferences=DAILY_LATE, wait=timedelta(hours=22)),
    Card(edition=OTHER, state="paused", preferences=WEEKLY, paused_until=date(2026, 12, 24)),
    Card(edition=replace(OTHER, slug="third", title="Third Dose"), state="left", preferences=USUAL),
]
REFUSED = replace(
    CARDS[0],
    values={"hour": "07:30", "zone": "Mars/Olympus", "cadence": "weekdays"},
    problems={"zone": "expected the name of a time zone, such as Europe/Berlin"},
)


def every_reader_page() -> dict[str, str]:
    """Return every kind of page by a name for it."""
    return {
        "subscribe": subscribing.subscribe_page(FORM, [samples.EDITION], **WHOSE),
        "subscribe-wrong": subscribing.subscribe_page(WRONG_FORM, [samples.EDITION, OTHER], **WHOSE),
        "subscribe-arabic": subscribing.subscribe_page(WRONG_FORM, [samples.EDITION, ARABIC], **ARABIC_WHOSE),
        "asked": subscribing.asked_page(**WHOSE),
        "confirm": subscribing.confirm_page("ask", WEEKLY, **WHOSE),
        "confirmed": subscribing.confirm_page("done", USUAL, **WHOSE),
        "preferences-link": preferring.link_page(FORM, **WHOSE),
        "preferences": preferring.preferences_page(CARDS, "reader@example.org", **WHOSE, done="keep"),
        "preferences-wrong": preferring.preferences_page(
            [REFUSED, CARDS[1]], "reader@example.org", **WHOSE, problem="expected a mail address", typed="x"
        ),
        "preferences-arabic": preferring.preferences_page(CARDS, "reader@example.org", **ARABIC_WHOSE, done="move"),
        "erase": preferring.erase_page(**WHOSE),
        "erased": preferring.erased_page(**WHOSE),
        "move": preferring.move_page("old", "ask", **WHOSE),
        "moved-half": preferring.move_page("new", "half", **WHOSE),
        "expired": subscribing.expired_page(**WHOSE),
    }


def every_letter() -> dict[str, Letter]:
    """Return every kind of letter by a name for it."""
    return {
        "confirmation": letters.confirmation(DRESS, TOKEN, WEEKLY),
        "confirmation-arabic": letters.confirmation(Dress(**ARABIC_WHOSE), TOKEN, USUAL),
        "welcome": letters.welcome(DRESS, TOKEN, USUAL, samples.issue_of(samples.QUOTE)),
        "welcome-first": letters.welcome(DRESS, TOKEN, WEEKLY, None),
        "already": letters.already(DRESS),
        "goodbye": letters.goodbye(DRESS, TOKEN),
        "preferences": letters.preferences(DRESS, TOKEN),
        "address-old": letters.old_address(DRESS, TOKEN, "new.address@example.org"),
        "address-new": letters.new_address(DRESS, TOKEN),
        "held": letters.held(DRESS, '{\n  "address": "reader@example.org",\n  "state": "good"\n}'),
    }
