"""Link scanners: whoever opens every link of every letter and page, with GET or HEAD, changes nothing."""

from __future__ import annotations

import re
from html import unescape

import httpx2
import pytest
from letterbox import ask, everything, join, mails
from newsstand import NOW, PUBLISHER, Stand

#: What leads to other sites, or to a mail program.
_OURS = re.compile(r'(?:href|src|action)="([^"#]*)')


def letters_of_every_kind(stand: Stand) -> list[str]:
    """Bring about a letter of every kind, each with links that still wait to be used; return their links."""
    welcome = join(stand, "reader@example.org")
    join(stand, "leaver@example.org", edition="daily-dose")
    stand.client.post(mails(stand.store)[-1].link("unsubscribe"), data={"leave": "yes"})
    ask(stand, "reader@example.org")
    ask(stand, "reader@example.org", "/preferences")
    there = mails(stand.store)[-1].link("preferences")
    stand.client.post(there, data={"do": "held"})
    stand.client.post(there, data={"do": "move", "address": "new@example.org"})
    ask(stand, "pending@example.org", "/e/deutsch/subscribe")
    found = mails(stand.store)
    assert {mail.kind for mail in found} == {
        "confirmation", "welcome", "goodbye", "already", "preferences", "held", "address",
    }  # fmt: skip
    return sorted({*welcome.links(), *(link for mail in found for link in mail.links())})


def crawl(client: httpx2.Client, links: list[str], method: str) -> dict[str, int]:
    """Open every link, and every link of every page that is found so; return each one's status."""
    seen: dict[str, int] = {}
    waiting = list(links)
    while waiting:
        there = waiting.pop()
        if there in seen:
            continue
        page = client.get(there) if method == "GET" else client.head(there)
        seen[there] = page.status_code
        # A HEAD has no links: those of the same page are opened with HEAD too.
        text = client.get(there).text if "html" in page.headers["content-type"] else ""
        named = [unescape(link).removeprefix(PUBLISHER.base_url) for link in _OURS.findall(text)]
        waiting += [link for link in named if link.startswith("/") and link not in seen]
    return seen


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_crawler_over_every_link_of_every_letter_and_page_changes_nothing(counter: Stand, method: str) -> None:
    links = letters_of_every_kind(counter)
    before = everything(counter.store)

    seen = crawl(counter.client, links, method)

    assert everything(counter.store) == before
    for room in ("confirm", "e/deutsch/confirm", "unsubscribe", "preferences", "address"):
        opened = [status for there, status in seen.items() if there.startswith(f"/{room}/")]
        assert opened, f"a link to {room} was opened"
        assert set(opened) == {200}, room
    assert len(seen) > 30


def test_a_crawler_over_a_mailed_issue_changes_nothing(counter: Stand) -> None:
    join(counter, "first@example.org")
    counter.press.publish(None, NOW.date(), counter.clock.instant, mail=True)
    welcome = mails(counter.store)[-1]
    before = everything(counter.store)
    crawl(counter.client, welcome.links(), "GET")
    assert everything(counter.store) == before


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_no_other_way_to_ask_changes_anything(counter: Stand, method: str) -> None:
    links = letters_of_every_kind(counter)
    before = everything(counter.store)
    for there in links:
        assert counter.client.request(method, there).status_code == 405
    assert everything(counter.store) == before
