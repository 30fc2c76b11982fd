"""What readers find in their mail, and what the database holds, for the tests of what readers do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_network
from typing import Any

import httpx2
from newsstand import PUBLISHER, Stand
from sqlalchemy import select

from newsletter.store import Store
from newsletter.store.tables import letters, metadata

#: What stands between a server of ours and its readers, in tests: they ask from wherever they say.
PROXY = (ip_network("127.0.0.1"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A letter as its reader finds it."""

    kind: str
    to: str
    subject: str
    text: str
    html: str
    raw: EmailMessage

    def link(self, room: str, site: str = PUBLISHER.base_url) -> str:
        """Return the path of the address in it below *room*, such as `confirm`."""
        found = re.findall(re.escape(site) + rf"(/{room}/\S+)", self.text)
        assert found, f"no link to {room} in {self.text}"
        return str(found[0])

    def links(self, site: str = PUBLISHER.base_url) -> list[str]:
        """Return the path of every address of ours in it, in text and HTML."""
        found = re.findall(re.escape(site) + r'(/[^\s"<]*)', self.text + self.html)
        return sorted(set(found))


def mails(store: Store) -> list[Mail]:
    """Return every letter, in the order in which they were posted."""
    with store.reading() as connection:
        rows = connection.execute(select(letters).order_by(letters.c.id)).all()
    return [_mail(row) for row in rows]


def everything(store: Store) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with store.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def a_form(stand: Stand, there: str = "/subscribe") -> str:
    """Fetch a form's token, and wait as long as a person does."""
    token = re.search(r'name="token" value="([^"]+)"', stand.get(there).text)
    assert token is not None
    stand.clock.instant += timedelta(seconds=3)
    return token[1]


def ask(stand: Stand, address: str, there: str = "/subscribe", network: str = "", **fields: str) -> httpx2.Response:
    """Send the form for an address."""
    sent = {"token": a_form(stand, there), "address": address, **fields}
    return stand.client.post(there, data=sent, headers={"X-Forwarded-For": network} if network else {})


def join(stand: Stand, address: str, **fields: str) -> Mail:
    """Subscribe an address as its reader does; return the welcome."""
    ask(stand, address, **fields)
    confirmation = mails(stand.store)[-1]
    assert (confirmation.kind, confirmation.to) == ("confirmation", address)
    assert "You are subscribed" in stand.client.post(confirmation.link("confirm")).text
    return mails(stand.store)[-1]


def _mail(row: Any) -> Mail:
    raw = message_from_bytes(row.mail, policy=policy.default)
    text, html = (raw.get_body((part,)) for part in ("plain", "html"))
    assert text is not None
    assert html is not None
    return Mail(
        kind=row.kind,
        to=row.address,
        subject=str(raw["Subject"]),
        text=text.get_content(),
        html=html.get_content(),
        raw=raw,
    )
