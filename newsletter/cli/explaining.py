"""What happened to one reader's mail, and why, in words: `deliver --explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: The last mailings that are told.
MOST = 14
#: Why a delivery was not sent, by the reason that the ledger keeps.
_NOT_SENT = {
    "late": "it would have come too late, or a newer issue was due by then; the next mail links it",
    "left": "they had left",
    "paused": "they had paused",
    "bounced": "mail to this address had come back too often",
    "complained": "they had complained",
    "erased": "they had been erased",
    "withdrawn": "the issue was withdrawn",
}


def deliveries_of(held: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the deliveries of what is held about a reader, the newest first, in their published shape."""
    return [
        {
            "mailing": f"{row['edition']} {row['kind']} {row['key']}",
            **{
                name: row[name] for name in ("address", "state", "attempts", "due_at", "sent_at", "reply", "message_id")
            },
        }
        for row in reversed(held["deliveries"])
    ]


def explained(address: str, held: Mapping[str, Any] | None, pause: str | None) -> Iterator[str]:
    """Yield, line by line, what is known of a reader's mail; *pause* says why nothing at all is sent now, if so."""
    if held is None or held["state"] is None:
        yield f"nobody is subscribed as {address}: mail to it is not sent"
        return
    yield f"{held['address'] or address}: {_standing(held)}"
    for row in held["subscriptions"]:
        yield f"  {row['edition']}: {_subscription(row)}"
    if pause:
        yield f"  nothing is sent to anybody now: {pause}"
    if not held["deliveries"]:
        yield "  no mailing had this reader in its audience: who joins gets the issues published from then on"
    for row in list(reversed(held["deliveries"]))[:MOST]:
        yield f"  {row['edition']} {row['kind']} {row['key']}: {_delivery(row)}"
    for row in list(reversed(held["letters"]))[:MOST]:
        yield f"  letter, {row['kind']}: {_delivery(row)}"
    if (more := len(held["deliveries"]) - MOST) > 0:
        yield f"  and {more:,} before: daily-dose subscribers show {address}"


def _standing(held: Mapping[str, Any]) -> str:
    if held["suppressed"]:
        return f"suppressed since {held['suppressed']['since']} ({held['suppressed']['reason']})"
    score = f", {held['bounce_score']:g} points of mail that came back" if held["bounce_score"] else ""
    return f"{held['state']}{score}"


def _subscription(row: Mapping[str, Any]) -> str:
    when = f"at {row['hour']} {row['zone'] or ''}".strip() if row["hour"] else "as soon as it is published"
    weekly = f" (day {row['weekday']} of the week)" if row["weekday"] else ""
    until = f" until {row['paused_until']}" if row["paused_until"] else ""
    left = f" since {row['left_at']}" if row["left_at"] else ""
    return f"{row['state']}{until}{left}, {row['cadence']}{weekly}, {when}, {row['format']}"


def _delivery(row: Mapping[str, Any]) -> str:
    tries = "1 attempt" if row["attempts"] == 1 else f"{row['attempts']} attempts"
    reply = row["reply"] or "no answer is kept"
    again = f"sent again at {row['ready_at']}" if row["ready_at"] else "not sent again"
    said = {
        "sent": f"sent {row['sent_at']} ({tries}): {reply}",
        "queued": f"waits until {row['ready_at']}",
        "claimed": "is being sent now",
        "sending": "is being sent now",
        "deferred": f"refused for now ({tries}): {reply}; tried again at {row['ready_at']}",
        "unknown": f"may have arrived ({tries}): {reply}; {again}",
        "failed": f"failed ({tries}): {reply}",
        "suppressed": f"not sent: {_NOT_SENT.get(reply, reply)}",
    }
    return said[row["state"]]
