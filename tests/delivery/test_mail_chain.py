"""
The whole chain: our mail, signed, handed in by our client to a real Postfix, in a real Dovecot's mailboxes.

What is fetched there by IMAP must verify by others' programs, and must be nothing that a filter minds. The filters
have their usual rules and ask a name server of ours, which publishes what an operator has to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import dkim as dkimpy
import pytest
from dkim_keys import key
from render import samples
from servers.dovecot import Dovecot
from servers.handing import hand_in
from servers.missing import missing
from servers.name_server import NameServer
from servers.opendkim import OpenDkim
from servers.postfix import NoPostfix, running_postfix
from servers.rspamd import Rspamd, Verdict
from servers.spamassassin import SpamAssassin
from wording import words_of_html, words_of_text

from newsletter import resources
from newsletter.delivery import verp
from newsletter.delivery.dkim import Signer
from newsletter.delivery.envelopes import Envelope, Outcome, dot_stuffed
from newsletter.delivery.relay import Relay
from newsletter.delivery.smtp import Session
from newsletter.models import Issue
from newsletter.render.digest import digest_mail
from newsletter.render.mail import issue_mail
from newsletter.render.message import Imprint, Letter, fill, freeze, freeze_text, personal
from newsletter.shapes import entry_of
from newsletter.tokens import Keyring, Purpose

KEYS = Keyring([b"k" * 32])
#: Filters compare a mail's date with their clock.
NOW = datetime.now(UTC).replace(microsecond=0)
BOUNCES = "bounce.example.org"
MAILING = 7
#: Our relay as others see it; a filter minds addresses that are set aside for documentation.
ADDRESS, HOST = "93.184.215.14", "mx.example.org"
LARGEST_HTML = 95_000
HIGHEST_SCORE = 1.0
SENDER, READER = f"b+abc@{BOUNCES}", "reader@example.net"


def long_one() -> Issue:
    """Return an issue that is cut to its beginning."""
    return samples.issue_of(replace(samples.TWELVE_SOURCES, body="A first sentence. " + "More of it. " * 9000))


ISSUES: dict[str, tuple[Issue, dict[str, object]]] = {
    "fact": (samples.ISSUE, {}),
    "quote": (
        samples.issue_of(samples.QUOTE),
        {"corrections": [samples.CORRECTION, samples.AGAIN], "missed": [samples.WITHDRAWN], "more_missed": 25},
    ),
    "post": (samples.issue_of(samples.POST), {}),
    "arabic": (samples.issue_of(samples.ARABIC), {}),
    "sources": (samples.issue_of(samples.TWELVE_SOURCES), {}),
    "long": (long_one(), {}),
}
DIGEST = "digest"
MAILINGS = [*ISSUES, "text", DIGEST]
LETTER = "letter"
NAMES = [*MAILINGS, LETTER]
CONFIRMATION = Letter(
    subject="Please confirm your subscription",
    text="Somebody, most likely you, asked for Daily Dose at this address.\n\nTo get it, open this page and press the "
    "button:\nhttps://dose.example.org/confirm/abc\n\nIf it was not you, do nothing: you will get no more mail.\n",
    html='<!doctype html>\n<html lang="en"><head><title>Please confirm your subscription</title></head><body>\n'
    "<p>Somebody, most likely you, asked for Daily Dose at this address.</p>\n"
    '<p>To get it, open <a href="https://dose.example.org/confirm/abc">this page and press the button</a>:</p>\n'
    "<p>If it was not you, do nothing: you will get no more mail.</p>\n</body></html>\n",
)


def reader(name: str) -> UUID:
    return UUID(int=NAMES.index(name) + 1)


def imprint(issue: Issue) -> Imprint:
    page, day = samples.LINKS.issue(issue.day), issue.day.isoformat()
    return Imprint(uid=issue.uid, **samples.WHOSE, page=page, kind="issue", key=day)


def composed(name: str) -> bytes:
    """Return a mail as one reader is sent it, but for its signatures."""
    to, message_id = f"{name}@example.net", f"<{name}.{NOW.timestamp():.0f}@example.org>"
    if name == LETTER:
        return personal(
            CONFIRMATION,
            to=to,
            sender=samples.PUBLISHER.sender,
            reply_to=None,
            message_id=message_id,
            date=NOW,
            language="en",
            boundary=reader(name).hex,
        )
    issue, more = ISSUES.get(name, ISSUES["quote"])
    letter = issue_mail(issue, **samples.WHOSE, **more)
    frozen = (freeze_text if name == "text" else freeze)(letter, imprint(issue))
    if name == DIGEST:
        week = digest_mail(samples.WEEK, **samples.WHOSE, corrections=[samples.CORRECTION])
        frozen = freeze(week, replace(imprint(samples.ISSUE), kind="digest", key="2026-W47-7"))
    token = KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, reader(name).bytes, NOW)
    return fill(frozen, to=to, message_id=message_id, date=NOW, leave=token)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What came of the chain: mails as they were fetched, by name, and what the signer's domain publishes."""

    mails: Mapping[str, bytes]
    records: Mapping[str, str]

    def parsed(self, name: str) -> EmailMessage:
        message = message_from_bytes(self.mails[name], policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def sender(self, name: str) -> str:
        return str(self.parsed(name)["Return-Path"]).strip("<>")

    def at_the_border(self, name: str) -> bytes:
        """Return a mail as the reader's provider has it: without what Dovecot put on top."""
        mail = self.mails[name]
        ours = mail[mail.index(b"\r\nReceived: from", mail.index(b"Received:")) + 2 :]
        return received(ours, self.sender(name), f"{name}@example.net")


def received(mail: bytes, sender: str, recipient: str) -> bytes:
    """Return a mail as the reader's provider has it when its filter looks: from our relay, with its own word on top."""
    top = (
        f"Return-Path: <{sender}>\r\n"
        f"Received: from {HOST} ({HOST} [{ADDRESS}])\r\n\tby mail.example.net (Postfix) with ESMTPS id 4X2abc\r\n"
        f"\tfor <{recipient}>; {NOW:%a, %d %b %Y %H:%M:%S} +0000\r\n"
    )
    return top.encode() + mail


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder = tmp_path_factory.mktemp("dkim")
    return Signer([key(folder, "2026a", "rsa2048"), key(folder, "2026b", "ed25519")], "example.org")


@pytest.fixture(scope="session")
def arrived(signer: Signer, dovecot: Dovecot) -> Arrived:
    """Hand every mail in to Postfix, once, and fetch it from its mailbox."""
    settings = {
        "virtual_transport": f"lmtp:inet:127.0.0.1:{dovecot.lmtp}",
        "virtual_mailbox_domains": "example.net",
        "virtual_mailbox_maps": "",
    }
    envelopes = [
        Envelope(
            sender=verp.bounce_address(KEYS, reader(name).bytes, MAILING, BOUNCES, NOW),
            recipient=f"{name}@example.net",
            mail=dot_stuffed(signer.sign(composed(name), at=NOW)),
        )
        for name in NAMES
    ]
    try:
        with running_postfix(settings) as postfix, Session(Relay.parse(postfix.url), host_name=HOST) as session:
            handed = hand_in(session, envelopes)
            assert {one.outcome for one in handed} == {Outcome.SENT}, handed
            mails = {name: dovecot.fetched(f"{name}@example.net")[0] for name in NAMES}
    except NoPostfix as error:
        missing(str(error), install="apt-get install --no-install-recommends postfix")
    return Arrived(mails=mails, records=signer.records())


@pytest.fixture(scope="session")
def published(dns: NameServer, signer: Signer) -> Iterator[None]:
    """Publish what an operator has to."""
    policies = {
        "example.org": ["v=spf1 mx -all"],
        BOUNCES: ["v=spf1 mx -all"],
        "_dmarc.example.org": ["v=DMARC1; p=reject; np=reject; rua=mailto:dmarc@example.org"],
    }
    zone = {name: {"TXT": texts} for name, texts in policies.items()}
    zone |= {name: {"TXT": [text]} for name, text in signer.records().items()}
    for name in ("example.org", BOUNCES):
        zone[name]["MX"] = [f"10 {HOST}."]
    zone[HOST] = zone["dose.example.org"] = {"A": [ADDRESS]}
    zone[".".join(reversed(ADDRESS.split("."))) + ".in-addr.arpa"] = {"PTR": [f"{HOST}."]}
    dns.zone.update(zone)
    yield
    for name in zone:
        del dns.zone[name]


@pytest.mark.parametrize("name", NAMES)
def test_both_signatures_of_a_mail_verify_after_the_hop(arrived: Arrived, opendkim: OpenDkim, name: str):
    def asked(record: bytes, timeout: int = 5) -> bytes:
        return arrived.records[record.decode().rstrip(".")].encode()

    mail = arrived.mails[name]
    verifier = dkimpy.DKIM(mail)
    assert [verifier.verify(idx=at, dnsfunc=asked) for at in (0, 1)] == [True, True]
    assert opendkim.verifies(mail, arrived.records)


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_comes_as_it_was_sent(arrived: Arrived, name: str):
    assert arrived.mails[name].endswith(composed(name))


@pytest.mark.parametrize("name", MAILINGS)
def test_both_headers_to_leave_by_are_under_the_signature(arrived: Arrived, name: str):
    mail = arrived.parsed(name)
    token = KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, reader(name).bytes, NOW)

    for signature in mail.get_all("DKIM-Signature"):
        signed = re.sub(r"\s", "", re.search(r"h=([^;]+);", signature)[1]).split(":")
        assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(signed)
    by_web, by_mail = mail["List-Unsubscribe"].split(", ")
    assert by_web == f"<https://dose.example.org/unsubscribe/{token}>"
    assert verp.leaving(KEYS, by_mail.removeprefix("<mailto:").partition("?")[0], BOUNCES, NOW) == reader(name)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("name", NAMES)
def test_the_envelope_says_whose_mail_of_which_mailing_it_is(arrived: Arrived, name: str):
    assert verp.opened(KEYS, arrived.sender(name), BOUNCES, NOW) == (reader(name), MAILING)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "text"])
def test_the_parts_of_a_mail_say_the_same_and_none_is_so_large_that_it_is_clipped(arrived: Arrived, name: str):
    text, html = arrived.parsed(name).iter_parts()

    assert words_of_text(text.get_content()) == words_of_html(html.get_content())
    assert len(html.get_content().encode()) <= LARGEST_HTML


def test_spamassassin_minds_nothing(arrived: Arrived, published: None, spamassassin: SpamAssassin):
    verdicts = dict(zip(NAMES, spamassassin.verdicts([arrived.at_the_border(name) for name in NAMES]), strict=True))

    assert not too_high(verdicts)
    assert all(verdict.rules.get("DKIM_VALID_AU", 0) < 0 for verdict in verdicts.values()), verdicts


def test_rspamd_minds_nothing_and_finds_the_sender_proved_by_all_three(
    arrived: Arrived, published: None, rspamd: Rspamd
):
    verdicts = {
        name: rspamd.verdict(
            arrived.at_the_border(name),
            sender=arrived.sender(name),
            recipient=f"{name}@example.net",
            ip=ADDRESS,
            host=HOST,
        )
        for name in NAMES
    }

    assert not too_high(verdicts)
    for verdict in verdicts.values():
        assert {"R_SPF_ALLOW", "R_DKIM_ALLOW", "DMARC_POLICY_ALLOW"} <= verdict.rules.keys()


def test_a_filter_does_mind_what_it_should(arrived: Arrived, published: None, rspamd: Rspamd, tmp_path: Path):
    """Or its silence on our mail says nothing."""
    forged = arrived.at_the_border("fact").replace(b"Benghazi", b"Bengasi")
    verdict = rspamd.verdict(
        forged, sender="x@bad.example.com", recipient="fact@example.net", ip="8.8.8.8", host="bad.example.com"
    )

    assert verdict.score > HIGHEST_SCORE
    assert "R_DKIM_REJECT" in verdict.rules


# Every entry


@pytest.fixture(scope="session")
def every_entry(signer: Signer) -> dict[str, bytes]:
    """Give the mail of each entry of the starter archive, as a reader's provider has it."""
    rows = (resources.folder("seeds") / "starter.jsonl").read_text(encoding="utf-8").splitlines()
    found = {}
    for entry in (entry_of(json.loads(row)) for row in rows):
        issue = samples.issue_of(entry)
        frozen = freeze(issue_mail(issue, **samples.WHOSE), imprint(issue))
        message_id = f"<{entry.uid}@example.org>"
        mail = fill(frozen, to=READER, message_id=message_id, date=NOW, leave="a2" * 28)
        found[entry.slug] = received(signer.sign(mail, at=NOW), SENDER, READER)
    return found


def test_no_entry_of_the_starter_archive_makes_a_mail_that_rspamd_minds(
    every_entry: dict[str, bytes], published: None, rspamd: Rspamd
):
    verdicts = {
        slug: rspamd.verdict(mail, sender=SENDER, recipient=READER, ip=ADDRESS, host=HOST)
        for slug, mail in every_entry.items()
    }

    assert len(verdicts) > 150
    assert not too_high(verdicts)
    assert all("R_DKIM_ALLOW" in verdict.rules for verdict in verdicts.values())


@pytest.mark.chaos
def test_no_entry_of_the_starter_archive_makes_a_mail_that_spamassassin_minds(
    every_entry: dict[str, bytes], published: None, spamassassin: SpamAssassin
):
    verdicts = dict(zip(every_entry, spamassassin.verdicts(list(every_entry.values())), strict=True))

    assert not too_high(verdicts)


def too_high(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    return {name: verdict for name, verdict in verdicts.items() if verdict.score > HIGHEST_SCORE}
