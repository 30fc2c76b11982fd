"""The mail of an issue, and what every letter is set by: two parts that say the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import escape

import css_inline

from newsletter.errors import NewsletterError
from newsletter.models import Correction, Edition, Entry, Issue, Publisher
from newsletter.render import headers, message, prose, templates, words
from newsletter.render.framing import MARKS
from newsletter.render.links import Links
from newsletter.render.message import Letter
from newsletter.render.squares import Line

#: The most that a part may have, in bytes; Gmail cuts a mail off at about 102 kB.
LARGEST = 60_000
#: Characters of the first line, which an inbox shows beside the subject.
BRIEF = 140
#: Columns of the text part.
WIDTH = 72

_BACK_LINK = re.compile(r'\s*<a [^>]*class="reversefootnote"[^>]*>[^<]*</a>')


class MailTooLarge(NewsletterError):
    """Even without its body a mail is larger than mail readers show."""

    def __init__(self, subject: str, size: int) -> None:
        super().__init__(f"{subject!r}: expected a mail of at most {LARGEST:,} bytes, got {size:,}: shorten its notes")


def issue_mail(
    issue: Issue,
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    corrections: Sequence[Correction] = (),
    missed: Sequence[Issue] = (),
    more_missed: int = 0,
) -> Letter:
    """
    Return the letter that brings *issue*.

    *corrections* are notes on other entries that this mail carries; slips are left out: they are
    listed on the page. *missed* are issues that no mail brought to everybody, which it links, and
    *more_missed* says how many there are before them. What is longer than a mail may be is cut to
    its beginning, with a link to the rest. Raises `MailTooLarge` where even that does not help.
    """
    values = of_issue(issue, edition, publisher, links)
    values["carried"] = [note for note in words.newest_first(corrections) if not note.slip]
    values["missed"] = [Line.of(other) for other in sorted(missed, key=lambda other: other.day)]
    values["more_missed"] = more_missed
    if len(issue.entry.body) <= LARGEST:  # or else it is not worth the rendering
        letter = set_letter("issue", values | _whole(issue, links))
        if message.size(letter) <= LARGEST:
            return letter
    letter = set_letter("issue", values | _beginning(issue))
    if (size := message.size(letter)) > LARGEST:
        raise MailTooLarge(letter.subject, size)
    return letter


def in_letter(issue: Issue, edition: Edition, publisher: Publisher, links: Links, *, whole: bool) -> dict[str, object]:
    """Return what the card of an issue is set with, in the letter of another name; its beginning, unless *whole*."""
    body = _whole(issue, links) if whole and len(issue.entry.body) <= LARGEST else _beginning(issue)
    return of_issue(issue, edition, publisher, links) | body


def set_letter(name: str, values: dict[str, object]) -> Letter:
    """Return the letter that the templates of `mail/NAME` make of *values*."""
    subject = headers.neutral("Subject", templates.render(f"mail/{name}/subject.txt", **values))
    values = values | {"subject": subject}
    return Letter(
        subject=subject,
        text=templates.render(f"mail/{name}/body.txt", **values).strip() + "\n",
        html=_inliner().inline(templates.render(f"mail/{name}/body.html", **values)),
    )


# The letter


def of_issue(issue: Issue, edition: Edition, publisher: Publisher, links: Links) -> dict[str, object]:
    """Return what both parts say of an issue, but for its body."""
    entry = issue.entry
    rtl = words.direction(edition.language) == "rtl"
    half = words.section_label(entry.kind)
    toll = words.toll(entry)
    return {
        "issue": issue,
        "entry": entry,
        "edition": edition,
        "publisher": publisher,
        "links": links,
        "permalink": links.issue(issue.day),
        "leave": links.unsubscribe(message.LEAVE),
        "subject": issue.subject,
        "brief": told(entry, BRIEF),
        "half": half + (f": {words.kind_label(entry.kind).lower()}" if half == "Words" else ""),
        "tone": templates.tone(entry),
        "mark": MARKS[templates.tone(entry)],
        "rerun": words.rerun_line(issue),
        "facts": " ".join(words.sentence(line) for line in [*([toll] if toll else []), *words.attributions(entry)]),
        "corrections": [note for note in words.newest_first(issue.corrections) if not note.slip],
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
    }


def _whole(issue: Issue, links: Links) -> dict[str, object]:
    """Return the body in both forms; marks lead to the page, since anchors in mail lead nowhere in some readers."""
    fragment = prose.html(issue.entry, key=issue.day.isoformat(), permalink=links.issue(issue.day))
    return {
        "cut": False,
        "prose": prose.plain(issue.entry, width=WIDTH),
        "body": fragment.body,
        "sources": _BACK_LINK.sub("", fragment.sources),
    }


def _beginning(issue: Issue) -> dict[str, object]:
    """Return only the first sentences, for an entry that is longer than a mail may be."""
    text = told(issue.entry, 1_000)
    note = prose.plain(replace(issue.entry, sources=(), body="-"), width=WIDTH).content_note
    return {
        "cut": True,
        "prose": prose.Prose(content_note=note, body=templates.wrapped(text, WIDTH), sources=""),
        "body": f"<p>{escape(text)}</p>",
        "sources": "",
    }


def told(entry: Entry, longest: int) -> str:
    """Return the first sentences of an entry without its note, whose place is above; a book is not read to its end."""
    return prose.summary(replace(entry, content_note=None, body=entry.body[:LARGEST]), longest)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)
