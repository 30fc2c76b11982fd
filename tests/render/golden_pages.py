"""What the golden folders hold: pages, mails and boxes as they were when they were looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import samples
from reader_pages import every_letter, every_reader_page

from newsletter.render.box import box_script
from newsletter.render.digest import digest_mail
from newsletter.render.mail import issue_mail
from newsletter.render.message import Imprint, Letter, fill, freeze

GOLDEN = Path(__file__).parent / "golden"
SENT_AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
#: The kinds of page; their variants are looked at, but not kept.
PAGES = ["front", "front-empty", "issue", "issue-arabic", "issue-withdrawn", "entry", "archive", "month", "on"]
PAGES += ["corrections", "about", "not-found", "gone", "unsubscribe"]
#: The pages and letters of readers that are kept.
READERS = ["subscribe", "subscribe-wrong", "confirm", "preferences-link", "preferences", "erase"]
BOXES = ["box", "box-quote", "box-empty"]
LETTERS = {
    "fact": (samples.ISSUE, {}),
    "quote": (
        samples.issue_of(samples.QUOTE),
        {"corrections": [samples.CORRECTION, samples.AGAIN], "missed": [samples.ISSUE], "more_missed": 25},
    ),
    "arabic": (samples.issue_of(samples.ARABIC), {}),
}


def message(name: str) -> bytes:
    """Return a sample mail as one reader gets it."""
    issue, more = LETTERS[name]
    letter = issue_mail(issue, **samples.WHOSE, **more)
    page, day = samples.LINKS.issue(issue.day), issue.day.isoformat()
    return sent(name, letter, Imprint(uid=issue.uid, **samples.WHOSE, page=page, kind="issue", key=day))


def digest() -> bytes:
    """Return a sample digest as one reader gets it."""
    letter = digest_mail(samples.WEEK, **samples.WHOSE, corrections=[samples.CORRECTION, samples.AGAIN])
    page = samples.LINKS.month(2026, 11)
    return sent(
        "digest", letter, Imprint(uid=samples.ISSUE.uid, **samples.WHOSE, page=page, kind="digest", key="2026-W47-7")
    )


def sent(name: str, letter: Letter, imprint: Imprint) -> bytes:
    """Return a letter as one reader gets it."""
    return fill(
        freeze(letter, imprint),
        to="reader@example.org",
        message_id=f"<{name}@dose.example.org>",
        date=SENT_AT,
        leave="t0ken",
    )


def rendered() -> dict[str, bytes]:
    """Return every golden file's bytes by its path."""
    pages = samples.every_page()
    files = {f"pages/{name}.html": pages[name].encode() for name in PAGES}
    files |= {f"box/{name}.html": pages[name].encode() for name in BOXES}
    files["box/box.js"] = box_script(edition=samples.EDITION, links=samples.LINKS).encode()
    of_readers = every_reader_page()
    files |= {f"pages/{name}.html": of_readers[name].encode() for name in READERS}
    for name, letter in every_letter().items():
        files |= {f"letters/{name}.txt": f"{letter.subject}\n\n{letter.text}".encode()}
        files |= {f"letters/{name}.html": letter.html.encode()}
    files["mail/digest.eml"] = digest()
    return files | {f"mail/{name}.eml": message(name) for name in LETTERS}
