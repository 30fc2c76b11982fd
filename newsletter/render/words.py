"""
How we say things: dates, tolls, attributions, citations and corrections in plain words.

English for now and all in one place; dates and countries follow the language that is asked for.
Figures are never larger than life: a range is said as a range, "at least" where more is likely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton

from newsletter.models import Attribution, Change, Correction, Entry, Issue, Kind, PartialDate, Rule, Source

MOTTO = "Extremists: Their Words. Their Actions."
CONTENT_NOTE = "Content note"
SOURCES = "Sources"
FROM_THE_ARCHIVE = "From the archive"
CORRECTION = "Correction"
CORRECTIONS = "Corrections"
WITHDRAWN = "Withdrawn"
BACK_TO_THE_TEXT = "Back to the text"
VIEW_ARCHIVE = "View Archive"
DATE_UNDETERMINED = "Date undetermined"

_KINDS = {Kind.QUOTE: "Quote", Kind.POST: "Post", Kind.FACT: "Fact", Kind.REPORT: "Report"}
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: On what ground an action is laid at a group's door. With a colon: some groups' names want an article and some none.
_GROUNDS = {
    Attribution.CLAIMED: "Claimed by: {}",
    Attribution.CONVICTED: "Held responsible by a court: {}",
    Attribution.ATTRIBUTED: "Attributed to: {}",
    Attribution.SUSPECTED: "Blamed on: {}",
    Attribution.DISPUTED: "Attribution disputed: {}",
}
#: Words are spoken by somebody: a group is named for what the speaker is to it.
_TIES = {
    Attribution.CLAIMED: "Issued by: {}",
    Attribution.CONVICTED: "The speaker’s group, as a court found: {}",
    Attribution.ATTRIBUTED: "Associated with: {}",
    Attribution.SUSPECTED: "Said to be associated with: {}",
    Attribution.DISPUTED: "Association disputed: {}",
}
#: How tables say that a place is not known, and what they add to it: `unknown (video)`.
_UNKNOWN = re.compile(r"unknown\b[\s,;:]*", re.IGNORECASE)
_FIELDS = {
    "body": "text",
    "event_date": "date",
    "event_end": "last day",
    "killed_most": "killed, at most",
    "killed_at_least": "killed, at least",
    "injured_most": "injured, at most",
    "injured_at_least": "injured, at least",
    "toll_note": "remark on the toll",
    "speaker_role": "speaker’s role",
    "attack_type": "type of attack",
    "content_note": "content note",
}
#: ISO 15924 codes of scripts that are written from right to left, and languages that use one.
_RTL_SCRIPTS = frozenset(["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"])
_RTL_LANGUAGES = frozenset(["ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"])


@cache
def locale_of(language: str) -> Locale:
    """Return Babel's locale for a tag of BCP 47; day before month for plain English, British for the unknown."""
    if language == "en":
        return Locale("en", "GB")
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


def direction(language: str) -> str:
    """Return `rtl` or `ltr`, as the script of a BCP 47 tag is written."""
    first, *rest = language.split("-")
    scripts = [part for part in rest if len(part) == len("Arab")]
    rtl = scripts[0] in _RTL_SCRIPTS if scripts else first in _RTL_LANGUAGES
    return "rtl" if rtl else "ltr"


def long_day(day: date, language: str = "en") -> str:
    """Return a day with its month in words: `23 January 2018`."""
    return str(format_date(day, "long", locale=locale_of(language)))


def span(first: date, last: date, language: str = "en") -> str:
    """Return the days from *first* to *last* as one: `16–22 Nov 2026`."""
    if first == last:
        return long_day(first, language)
    return str(format_interval(first, last, "yMMMd", locale=locale_of(language)))


def long_date(when: PartialDate | None, language: str = "en") -> str:
    """Return a date as precisely as it is known: `23 January 2018`, `January 2018`, `2018`."""
    if when is None:
        return DATE_UNDETERMINED
    if when.exact:
        return long_day(when.exact, language)
    if when.month:
        return str(format_skeleton("yMMMM", date(when.year, when.month, 1), locale=locale_of(language)))
    return str(when.year)


def event_date(entry: Entry, language: str = "en") -> str:
    """Return when an entry's event was, from its first to its last day."""
    first, last = entry.event_date, entry.event_end
    if first is None or last is None or last == first:
        return long_date(first, language)
    if language == "en" and first.day and last.day and first.year == last.year:
        short = long_date(first).removesuffix(f" {first.year}")
        return f"{first.day if first.month == last.month else short} to {long_date(last)}"
    return f"{long_date(first, language)} – {long_date(last, language)}"


def country_name(code: str, language: str = "en") -> str:
    """Return a country's name; the code itself where the language has none."""
    return str(locale_of(language).territories.get(code, code))


def place_line(entry: Entry, language: str = "en") -> str:
    """
    Return place and country, the country once: `Benghazi, Libya`; "" where neither is known.

    Of a place that is written down as unknown only what is known is said: `Nigeria (video)`.
    """
    return where(entry.place, entry.country, language)


def where(place: str | None, code: str | None, language: str = "en") -> str:
    """Return a place and the country of a code as `place_line` does."""
    country = country_name(code, language) if code else ""
    place = place or ""
    if unknown := _UNKNOWN.match(place):
        rest = place[unknown.end() :]
        return f"{country or 'place unknown'} {rest}" if rest else country
    if not place or not country or country.casefold() in place.casefold():
        return place or country
    return f"{place}, {country}"


def dateline(entry: Entry, language: str = "en") -> str:
    """Return when and where it was: `23 January 2018, Benghazi, Libya`. Background needs no date."""
    undated = entry.kind is Kind.REPORT and entry.event_date is None
    when = "" if undated else event_date(entry, language)
    return ", ".join(part for part in (when, place_line(entry, language)) if part)


def byline(entry: Entry) -> str | None:
    """Return who spoke or wrote, with the role; `None` for what has no speaker."""
    return ", ".join(part for part in (entry.speaker, entry.speaker_role) if part) if entry.speaker else None


def kind_label(kind: Kind) -> str:
    """Return what an entry is, in a word: `Quote`, `Post`, `Fact`, `Report`."""
    return _KINDS[kind]


def section_label(kind: Kind) -> str:
    """Return the half of the motto that a kind belongs to: `Words`, `Actions`, or `Background`."""
    return kind.section


def joined(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: `A, B and C`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def sentence(text: str) -> str:
    """Return *text* with a capital at its start and a full stop at its end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def toll(entry: Entry) -> str | None:
    """
    Return how many were killed and injured, in plain words; `None` where nothing is known.

    `between 33 and 41 people killed (not counting the attackers), at least 80 injured`: a remark is about
    the dead wherever there are any, and stands beside them, so that nobody takes it to be about the injured.
    """
    killed = _figure(entry.killed, entry.killed_most, at_least=entry.killed_at_least)
    injured = _figure(entry.injured, entry.injured_most, at_least=entry.injured_at_least)
    parts = []
    if killed:
        parts.append(f"{_people(killed, entry.killed_most or entry.killed)} killed")
    if injured:
        parts.append(f"{injured if killed else _people(injured, entry.injured_most or entry.injured)} injured")
    if not parts:
        return entry.toll_note
    if entry.toll_note:
        parts[0] += f" ({entry.toll_note})"
    return ", ".join(parts)


def _figure(low: int | None, most: int | None, *, at_least: bool) -> str | None:
    if low is None:
        return None
    if most is not None and most != low:
        small = most < len(_SMALL)
        first, last = (_SMALL[low] if low else "none", _SMALL[most]) if small else (f"{low:,}", f"{most:,}")
        if at_least:
            return f"at least {first} and as many as {last}"
        return f"{first} or {last}" if most == low + 1 else f"between {first} and {last}"
    figure = _SMALL[low] if low < len(_SMALL) else f"{low:,}"
    return f"at least {figure}" if at_least and low else figure


def _people(figure: str, most: int | None) -> str:
    if figure == _SMALL[0]:
        return "no one"
    return f"{figure} {'person' if most == 1 else 'people'}"


def attributions(entry: Entry) -> tuple[str, ...]:
    """
    Return on what ground each group is named, a line for each ground, none of them final.

    `Claimed by Islamic State`, `Blamed on Boko Haram`; for Words, what the speaker is to the
    group. Where nobody claimed an action, that is said too.
    """
    frames = _GROUNDS if entry.kind is Kind.FACT else _TIES
    lines = []
    for ground in Attribution:
        names = [group.name for group in entry.groups if group.attribution is ground]
        if names:
            lines.append(frames[ground].format(joined(names)))
    if entry.kind is Kind.FACT and entry.claimed is False:
        lines.append("No one claimed responsibility")
    elif entry.kind is Kind.FACT and entry.claimed and not lines:
        lines.append("Responsibility was claimed")
    return tuple(lines)


def citation(source: Source, language: str = "en") -> str:
    """
    Return a source as it is cited: author, “title,” publisher, date; without its address.

    A source is cited as it was printed where its title is not known, or nothing else is.
    """
    if not source.title or not (source.author or source.publisher or source.published):
        raw = source.raw.replace(source.url, "") if source.url else source.raw
        return " ".join(raw.split()).rstrip(" ,;:") or (source.publisher or "")
    title = source.title.replace("“", "‘").replace("”", "’").replace('"', "’")
    rest = [source.publisher or "", long_date(source.published, language) if source.published else ""]
    after = ", ".join(part for part in rest if part)
    comma = "," if after and not title.endswith(("?", "!", "…")) else ""
    quoted = f"“{title.removesuffix(',')}{comma}” {after}".rstrip()
    return f"{source.author}, {quoted}" if source.author else quoted


def newest_first(corrections: Iterable[Correction]) -> list[Correction]:
    """Return corrections in the order in which they are told everywhere."""
    return sorted(corrections, key=lambda correction: correction.corrected_at, reverse=True)


def correction_line(correction: Correction, language: str = "en") -> str:
    """Return a correction as a sentence with its date, the editors' note first."""
    day = long_day(correction.corrected_at.date(), language)
    return f"{CORRECTION}, {day}: {sentence(correction.note)}"


def change_line(change: Change) -> str:
    """Return what a correction changed, as a sentence: `Date: 23 January 2019; printed as 23 January 2018`."""
    field = _FIELDS.get(change.field, change.field.replace("_", " "))
    now, was = _value(change.field, change.now), _value(change.field, change.was)
    if change.now is None:
        return sentence(f"{field}: taken out; printed as {was}")
    return sentence(f"{field}: {now}" if change.was is None else f"{field}: {now}; printed as {was}")


def _value(field: str, text: str | None) -> str:
    if text and field in ("event_date", "event_end"):
        try:
            return long_date(PartialDate.parse(text))
        except ValueError:
            return text
    if text and field == "country":
        return country_name(text)
    return text or ""


def rerun_line(issue: Issue) -> str | None:
    """Return what marks an issue whose entry was published before; `None` for every other."""
    return FROM_THE_ARCHIVE if issue.rule is Rule.RERUN else None


def withdrawn_title(issue: Issue, language: str = "en") -> str:
    """Return the title of a withdrawn issue, which names its day and nothing of what it said."""
    return f"{WITHDRAWN}: the issue of {long_day(issue.day, language)}"
