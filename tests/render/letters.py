"""A letter, frozen and filled, for the tests of mail."""

from __future__ import annotations

from email import message_from_bytes, policy

import samples
from golden_pages import SENT_AT

from newsletter.render.message import Imprint, Letter, fill, freeze

WHOSE = samples.WHOSE
PAGE = samples.LINKS.issue(samples.TODAY)
TOKEN = "a" * 56
LETTER = Letter(subject="A subject", text="Text.\n", html="<p>Text.</p>\n")


def parsed(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)


def frozen(letter: Letter = LETTER, **changes: object) -> bytes:
    return freeze(letter, imprint(**changes))


def imprint(**changes: object) -> Imprint:
    given = {"uid": samples.ISSUE.uid, "page": PAGE, "kind": "issue", "key": "2026-11-22", **WHOSE}
    return Imprint(**(given | changes))


def filled(raw: bytes) -> bytes:
    return fill(raw, to="reader@example.org", message_id="<1@dose.example.org>", date=SENT_AT, leave=TOKEN)
