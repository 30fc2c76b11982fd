"""JSON Feed 1.1, with what no other format has room for under `_dailydose`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from newsletter.models import Issue
from newsletter.render import words
from newsletter.render.items import Feed, item
from newsletter.render.links import Links
from newsletter.shapes import entry_shape, instant
from newsletter.text import clean

#: What an item tells of its entry as fields, under the names of its JSON shape.
_FIELDS = (
    "kind",
    "content_note",
    "speaker",
    "speaker_role",
    "event_date",
    "event_end",
    "country",
    "place",
    "latitude",
    "longitude",
    "groups",
)


def json_feed(feed: Feed) -> bytes:
    """Return *feed* as JSON Feed 1.1, in UTF-8."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address("json"),
        **_older(feed),
        "description": feed.description,
        "language": feed.edition.language,
        "authors": [{"name": feed.author, "url": feed.links.home()}],
        **_hubs(feed),
        "_dailydose": {
            "about": feed.links.about(),
            "updated": instant(feed.updated),
            "rights": feed.publisher.rights or None,
        },
        "items": [],
    }
    head = _written(document).removesuffix("]}")
    return f"{head}{','.join(_written_item(issue, feed.links, feed.author) for issue in feed.issues)}]}}\n".encode()


def _written(value: dict[str, Any]) -> str:
    return json.dumps(_cleaned(value), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=512)
def _written_item(issue: Issue, links: Links, author: str) -> str:
    """Return an item as it stands in the feed of every facet."""
    return _written(_item(issue, links, author))


def _older(feed: Feed) -> dict[str, str]:
    """Return where the items before these stand, if there are any."""
    return {"next_url": feed.links.feed("json", feed.previous_archive)} if feed.previous_archive else {}


def _hubs(feed: Feed) -> dict[str, list[dict[str, str]]]:
    """Return where readers hear of changes at once, if anywhere."""
    return {"hubs": [{"type": "WebSub", "url": feed.hub}]} if feed.hub else {}


def _item(issue: Issue, links: Links, author: str) -> dict[str, Any]:
    each = item(issue, links)
    return {
        "id": each.id,
        "url": each.url,
        "title": each.title,
        "content_html": each.content,
        "summary": each.summary,
        "date_published": instant(each.published),
        "date_modified": instant(each.updated),
        "authors": [{"name": author, "url": links.home()}],
        "tags": [label for _, label in each.categories],
        "language": each.language,
        "_dailydose": _withdrawn(issue) if issue.withdrawal else _told(issue),
    }


def _withdrawn(issue: Issue) -> dict[str, Any]:
    assert issue.withdrawal
    return {
        "day": issue.day.isoformat(),
        "state": str(issue.state),
        "withdrawn_at": instant(issue.withdrawal.withdrawn_at),
    }


def _told(issue: Issue) -> dict[str, Any]:
    """Return what an entry says in fields, under the names of its JSON shape."""
    shape: Mapping[str, Any] = entry_shape(issue.entry)
    return {
        "day": issue.day.isoformat(),
        "state": str(issue.state),
        "rerun": words.rerun_line(issue) is not None,
        "entry": issue.entry.slug,
        **{name: shape[name] for name in _FIELDS},
        "toll": words.toll(issue.entry),
        "sources": shape["sources"],
        "corrections": [
            {"corrected_at": instant(correction.corrected_at), "note": correction.note}
            for correction in words.newest_first(issue.corrections)
            if not correction.slip
        ],
    }


def _cleaned(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    """Return JSON with clean text throughout: one stray surrogate would keep the whole feed from being written."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value
