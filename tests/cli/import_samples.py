"""An entry to import, and entries as JSON Lines."""

from __future__ import annotations

import json

ENTRY = {
    "kind": "fact",
    "headline": "Two people killed at a market in Testville",
    "body": "On May 3, 2011, two people were killed at a market in Testville.[^1]",
    "event_date": "2011-05-03",
    "place": "Testville",
    "country": "LY",
    "killed": 2,
    "status": "ready",
    "sources": [{"title": "Market attack", "publisher": "The Paper", "raw": "“Market attack,” The Paper"}],
}


def lines(*entries):
    return "".join(json.dumps(entry) + "\n" for entry in entries)
