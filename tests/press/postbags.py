"""What a relay took, by whom it was for: how often, and that it was the same each time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from typing import Any

from servers.scripted_relay import UNANSWERED, Act, Seen

STATES = {"queued", "claimed", "sending", "sent", "deferred", "unknown", "failed", "suppressed"}
#: What nothing more is done about, unless it is unknown and to be sent again.
ENDS = {"sent", "failed", "suppressed", "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Which mail it is: of what kind, of which day, to which subscription."""

    kind: str
    day: date
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A mail that was read, and the how-many-eth of its mailing's *texts* it is."""

    message_id: str
    mail: bytes
    texts: int


@dataclass
class Bag:
    """Mail that a server read."""

    #: How often it may have taken each, whatever the sender knows of it.
    taken: Counter[Name] = field(default_factory=Counter)
    #: How often a sender that lived on had no answer.
    unanswered: Counter[Name] = field(default_factory=Counter)
    _kept: dict[Name, Kept] = field(default_factory=dict)

    def put(self, name: Name, seen: Seen, *, texts: int, lived: bool) -> None:
        """Put a mail in; what may have been taken before, or has no newer text, must be the same again."""
        headers = message_from_bytes(seen.mail)
        assert headers["To"] == seen.recipient
        new = Kept(message_id=str(headers["Message-ID"]), mail=seen.mail, texts=texts)
        old = self._kept.get(name)
        if old is not None:
            assert new.message_id == old.message_id, "the same Message-ID at every attempt"
        if seen.act is not Act.CUT:
            if old is not None and old.mail and (self.taken[name] or new.texts == old.texts):
                assert new.mail == old.mail, "the same bytes at every attempt"
            self._kept[name] = new
        self.taken[name] += seen.act in (Act.TAKE, *UNANSWERED)
        self.unanswered[name] += lived and seen.act in UNANSWERED


def name_of(seen: Seen, number: int) -> Name:
    """Return which mail to a subscription was seen."""
    key, _, kind, *_ = str(message_from_bytes(seen.mail)["Feedback-ID"]).split(":")
    return Name(kind=kind, day=date.fromisoformat(key), number=number)


def due_of(seen: Seen) -> datetime:
    """Return the instant that a mail is dated by."""
    return parsedate_to_datetime(str(message_from_bytes(seen.mail)["Date"])).astimezone(UTC)


def days_told(seen: Seen, name: Name) -> set[date]:
    """Return the days of the issues that a mail tells, as far as it was read."""
    if name.kind == "issue":
        return {name.day}
    body = message_from_bytes(seen.mail, policy=policy.default).get_body(("plain",))
    text = str(body.get_content()) if body is not None and seen.act is not Act.CUT else ""
    found = re.findall(r"Read it with its sources: \S+/(\d{4})/(\d\d)/(\d\d)\s", text)
    return {date(*map(int, each)) for each in found}


def name_of_row(row: Any) -> Name:
    """Return which mail a delivery is of."""
    return Name(kind=row.kind, day=row.day, number=row.subscription_id)


def is_undone(row: Any) -> bool:
    """Say whether something is left to do about a delivery."""
    return row.state not in ENDS or (row.state == "unknown" and row.ready_at is not None)
