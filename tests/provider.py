"""
A reader's mail provider, that of example.net: what a relay hands to it, and what its filters are shown.

Its filters have their usual rules and ask a name server of ours, which publishes what an operator has to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import dkim as dkimpy
from servers.dovecot import Dovecot
from servers.name_server import NameServer
from servers.rspamd import Rspamd, Verdict

BOUNCES = "bounce.example.org"
#: Our relay as others see it; a filter minds addresses that are set aside for documentation.
ADDRESS, HOST = "93.184.215.14", "mx.example.org"
HIGHEST_SCORE = 1.0
#: What rspamd says of a mail whose sender is who it says.
PROVED = {"R_SPF_ALLOW", "R_DKIM_ALLOW", "DMARC_POLICY_ALLOW"}


def handing_on(dovecot: Dovecot) -> dict[str, str]:
    """Return the settings of a Postfix that hands every mail for the provider on to its mailboxes."""
    return {
        "virtual_transport": f"lmtp:inet:127.0.0.1:{dovecot.lmtp}",
        "virtual_mailbox_domains": "example.net",
        "virtual_mailbox_maps": "",
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A mail as it was fetched from the mailbox of its *recipient*."""

    recipient: str
    mail: bytes

    @property
    def parsed(self) -> EmailMessage:
        message = message_from_bytes(self.mail, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def sender(self) -> str:
        """The sender of its envelope."""
        return str(self.parsed["Return-Path"]).strip("<>")

    @property
    def signed_headers(self) -> list[set[str]]:
        """The names of the headers under each signature, in small letters."""
        said = [re.sub(r"\s", "", str(signature)) for signature in self.parsed.get_all("DKIM-Signature", [])]
        return [set(re.search(r";h=([^;]+);", each)[1].lower().split(":")) for each in said]

    def verified(self, records: Mapping[str, str]) -> list[bool]:
        """Say of each signature whether dkimpy finds it good, given DNS records by name."""

        def asked(record: bytes, timeout: int = 5) -> bytes:
            return records[record.decode().rstrip(".")].encode()

        verifier = dkimpy.DKIM(self.mail)
        return [verifier.verify(idx=at, dnsfunc=asked) for at in range(len(self.signed_headers))]

    def at_the_border(self, now: datetime) -> bytes:
        """Return it as the reader's provider has it at an instant: without what Dovecot put on top."""
        ours = self.mail[self.mail.index(b"\r\nReceived: from", self.mail.index(b"Received:")) + 2 :]
        return received(ours, self.sender, self.recipient, now)

    def verdict(self, rspamd: Rspamd, now: datetime) -> Verdict:
        """Return what rspamd makes of it as our relay hands it in."""
        mail = self.at_the_border(now)
        return rspamd.verdict(mail, sender=self.sender, recipient=self.recipient, ip=ADDRESS, host=HOST)


def received(mail: bytes, sender: str, recipient: str, now: datetime) -> bytes:
    """Return a mail as the reader's provider has it when its filter looks: from our relay, with its own word on top."""
    top = (
        f"Return-Path: <{sender}>\r\n"
        f"Received: from {HOST} ({HOST} [{ADDRESS}])\r\n\tby mail.example.net (Postfix) with ESMTPS id 4X2abc\r\n"
        f"\tfor <{recipient}>; {now:%a, %d %b %Y %H:%M:%S} +0000\r\n"
    )
    return top.encode() + mail


@contextmanager
def published(dns: NameServer, records: Mapping[str, str]) -> Iterator[None]:
    """Publish what an operator has to, with the *records* of the keys that sign, until the block ends."""
    policies = {
        "example.org": ["v=spf1 mx -all"],
        BOUNCES: ["v=spf1 mx -all"],
        "_dmarc.example.org": ["v=DMARC1; p=reject; np=reject; rua=mailto:dmarc@example.org"],
    }
    zone = {name: {"TXT": texts} for name, texts in policies.items()}
    zone |= {name: {"TXT": [text]} for name, text in records.items()}
    for name in ("example.org", BOUNCES):
        zone[name]["MX"] = [f"10 {HOST}."]
    zone[HOST] = zone["dose.example.org"] = {"A": [ADDRESS]}
    zone[".".join(reversed(ADDRESS.split("."))) + ".in-addr.arpa"] = {"PTR": [f"{HOST}."]}
    # Another may have published the same for longer.
    before = dict(dns.zone)
    dns.zone.update(zone)
    yield
    dns.zone.clear()
    dns.zone.update(before)


def too_high(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Return the verdicts that a reader's provider would act on."""
    return {name: verdict for name, verdict in verdicts.items() if verdict.score > HIGHEST_SCORE}
