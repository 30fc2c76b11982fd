"""The mail of a digest: the week's issues in brief, each with its way to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter.models import Correction, Edition, Issue, Publisher
from newsletter.render import message, prose, words
from newsletter.render.links import Links
from newsletter.render.mail import BRIEF, LARGEST, MailTooLarge, of_issue, set_letter, told
from newsletter.render.message import Letter
from newsletter.render.squares import Line

#: How many issues are told in brief, the newest ones; fewer where they make the mail too large.
_IN_BRIEF = (14, 7, 0)
#: How many issues before these are linked; older ones are counted.
_LINKED = 28
#: Characters told of an issue.
_TOLD = 320


def digest_mail(
    issues: Sequence[Issue],
    *,
    edition: Edition,
    publisher: Publisher,
    links: Links,
    corrections: Sequence[Correction] = (),
    missed: Sequence[Issue] = (),
) -> Letter:
    """
    Return the letter that brings *issues*, at least one, in day order; none is withdrawn.

    *corrections* are notes that it carries; slips are left out, and notes that stand with an issue that it tells.
    *missed* are issues of the digest before, which it links. After weeks without a digest only the newest issues are
    told in brief, those before are linked too, or counted. Raises `MailTooLarge` where even that does not help.
    """
    notes = [note for note in words.newest_first(corrections) if not note.slip]
    size = 0
    for most in _IN_BRIEF:
        left = max(0, len(issues) - most)
        before = [*missed, *issues[:left]]
        told_beside = {note for issue in issues[left:] for note in issue.corrections}
        beside: dict[str, object] = {
            "items": [_item(issue, edition, publisher, links) for issue in issues[left:]],
            "carried": [note for note in notes if note not in told_beside],
            "missed": [Line.of(issue) for issue in before[-_LINKED:]],
            "more_missed": len(before[:-_LINKED]),
        }
        letter = set_letter("digest", _frame(issues, edition, publisher, links) | beside)
        if (size := message.size(letter)) <= LARGEST:
            return letter
    raise MailTooLarge(letter.subject, size)


def _frame(issues: Sequence[Issue], edition: Edition, publisher: Publisher, links: Links) -> dict[str, object]:
    """Return what stands around the issues."""
    first, newest = issues[0].day, issues[-1].day
    rtl = words.direction(edition.language) == "rtl"
    headlines = " / ".join(issue.entry.headline for issue in issues)
    return {
        "edition": edition,
        "publisher": publisher,
        "links": links,
        "permalink": links.month(newest.year, newest.month),
        "leave": links.unsubscribe(message.LEAVE),
        "brief": prose.cut(headlines, BRIEF),
        "counted": f"{len(issues)} issue{'s' if len(issues) > 1 else ''}",
        "span": words.span(first, newest, edition.language),
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
    }


def _item(issue: Issue, edition: Edition, publisher: Publisher, links: Links) -> Mapping[str, object]:
    """Return what is said of one issue."""
    return of_issue(issue, edition, publisher, links) | {"brief": told(issue.entry, _TOLD)}
