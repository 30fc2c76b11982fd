"""An issue as one article: everything it says, in the order in which a reader needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from newsletter.models import Correction, Entry, Issue
from newsletter.render import prose, words
from newsletter.render.links import Links


def article(issue: Issue, links: Links) -> str:
    """
    Return an issue as one HTML fragment that stands alone, all its addresses absolute.

    Content note, mark of a rerun, corrections, date and place, speaker, text, toll, sources. Of a
    withdrawn issue nothing is left but the notice.
    """
    parts = _notice(issue) if issue.withdrawal else _parts(issue, links)
    return prose.sanitised("\n".join(part for part in parts if part))


def corrections(issue: Issue) -> str:
    """Return an issue's corrections as one fragment, the newest first; "" if there are none. Slips stay out."""
    noted = [correction for correction in words.newest_first(issue.corrections) if not correction.slip]
    if not noted:
        return ""
    body = "\n".join(_correction(correction, issue.entry.language) for correction in noted)
    return prose.sanitised(f'<aside class="correction">\n{body}\n</aside>')


def summary(issue: Issue) -> str:
    """Return an issue in a few plain sentences; of a withdrawn one the beginning of its notice."""
    if issue.withdrawal is None:
        return prose.summary(issue.entry) or issue.entry.headline
    return " ".join(f"{words.withdrawn_title(issue)}. {issue.withdrawal.notice}".split())


def _parts(issue: Issue, links: Links) -> Iterator[str]:
    entry = issue.entry
    text = prose.html(entry, key=issue.day.isoformat(), permalink=links.issue(issue.day))
    yield f"<div{prose.attributes(entry)}>"
    yield text.content_note
    if mark := words.rerun_line(issue):
        yield f'<p class="rerun"><strong>{mark}</strong></p>'
    yield corrections(issue)
    yield f'<p class="dateline">{escape(words.dateline(entry, entry.language))}</p>'
    if spoken := words.byline(entry):
        yield f'<p class="byline">{escape(spoken)}</p>'
    yield text.body
    if facts := _facts(entry):
        yield f'<p class="toll">{escape(facts)}</p>'
    yield text.sources
    yield "</div>"


def _facts(entry: Entry) -> str:
    toll = words.toll(entry)
    return " ".join(words.sentence(line) for line in ([toll] if toll else []) + list(words.attributions(entry)))


def _correction(correction: Correction, language: str) -> str:
    lead, note = words.correction_line(correction, language).split(": ", 1)
    changes = "".join(f"<li>{escape(words.change_line(change))}</li>" for change in correction.changes)
    return f"<p><strong>{escape(lead)}:</strong> {escape(note)}</p>" + (f"<ul>{changes}</ul>" if changes else "")


def _notice(issue: Issue) -> Iterator[str]:
    """Yield the notice of a withdrawal, a paragraph for each that the editors wrote."""
    assert issue.withdrawal
    day = words.long_day(issue.withdrawal.withdrawn_at.date(), issue.entry.language)
    yield f"<p><strong>{words.WITHDRAWN}, {escape(day)}.</strong></p>"
    for paragraph in re.split(r"\n\s*\n", issue.withdrawal.notice.strip()):
        yield f"<p>{escape(paragraph)}</p>"
