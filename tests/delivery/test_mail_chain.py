"""
The whole chain: our mail, signed, handed in by our client to a real Postfix, in a real Dovecot's mailboxes.

What is fetched there by IMAP must verify by others' programs, and must be nothing that a filter minds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from dkim_keys import key
from provider import ADDRESS, BOUNCES, HIGHEST_SCORE, HOST, PROVED, Fetched, published, received, too_high
from render import samples
from servers.dovecot import Dovecot
from servers.handing import hand_in
from servers.name_server import NameServer
from servers.opendkim import OpenDkim
from servers.postfix import Postfix
from servers.rspamd import Rspamd
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
MAILING = 7
LARGEST_HTML = 95_000
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


def address(name: str) -> str:
    return f"{name}@example.net"


def imprint(issue: Issue) -> Imprint:
    page, day = samples.LINKS.issue(issue.day), issue.day.isoformat()
    return Imprint(uid=issue.uid, **samples.WHOSE, page=page, kind="issue", key=day)


def composed(name: str) -> bytes:
    """Return a mail as one reader is sent it, but for its signatures."""
    to, message_id = address(name), f"<{name}.{NOW.timestamp():.0f}@example.org>"
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


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder = tmp_path_factory.mktemp("dkim")
    return Signer([key(folder, "2026a", "rsa2048"), key(folder, "2026b", "ed25519")], "example.org")


@pytest.fixture(scope="session")
def arrived(signer: Signer, exchange: Postfix, dovecot: Dovecot) -> Mapping[str, Fetched]:
    """Hand every mail in to Postfix, once, and fetch it from its mailbox; by name."""
    envelopes = [
        Envelope(
            sender=verp.bounce_address(KEYS, reader(name).bytes, MAILING, BOUNCES, NOW),
            recipient=address(name),
            mail=dot_stuffed(signer.sign(composed(name), at=NOW)),
        )
        for name in NAMES
    ]
    with Session(Relay.parse(exchange.url), host_name=HOST) as session:
        handed = hand_in(session, envelopes)
    assert {one.outcome for one in handed} == {Outcome.SENT}, handed
    return {name: Fetched(recipient=address(name), mail=dovecot.fetched(address(name))[0]) for name in NAMES}


@pytest.fixture(scope="session")
def known(dns: NameServer, signer: Signer) -> Iterator[None]:
    """Publish what an operator has to."""
    with published(dns, signer.records()):
        yield


@pytest.mark.parametrize("name", NAMES)
def test_both_signatures_of_a_mail_verify_after_the_hop(
    arrived: Mapping[str, Fetched], signer: Signer, opendkim: OpenDkim, name: str
):
    assert arrived[name].verified(signer.records()) == [True, True]
    assert opendkim.verifies(arrived[name].mail, signer.records())


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_comes_as_it_was_sent(arrived: Mapping[str, Fetched], name: str):
    assert arrived[name].mail.endswith(composed(name))


@pytest.mark.parametrize("name", MAILINGS)
def test_both_headers_to_leave_by_are_under_the_signature(arrived: Mapping[str, Fetched], name: str):
    mail = arrived[name].parsed
    token = KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, reader(name).bytes, NOW)

    for signed in arrived[name].signed_headers:
        assert {"list-unsubscribe", "list-unsubscribe-post"} <= signed
    by_web, by_mail = mail["List-Unsubscribe"].split(", ")
    assert by_web == f"<https://dose.example.org/unsubscribe/{token}>"
    assert verp.leaving(KEYS, by_mail.removeprefix("<mailto:").partition("?")[0], BOUNCES, NOW) == reader(name)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("name", NAMES)
def test_the_envelope_says_whose_mail_of_which_mailing_it_is(arrived: Mapping[str, Fetched], name: str):
    assert verp.opened(KEYS, arrived[name].sender, BOUNCES, NOW) == (reader(name), MAILING)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "text"])
def test_the_parts_of_a_mail_say_the_same_and_none_is_so_large_that_it_is_clipped(
    arrived: Mapping[str, Fetched], name: str
):
    text, html = arrived[name].parsed.iter_parts()

    assert words_of_text(text.get_content()) == words_of_html(html.get_content())
    assert len(html.get_content().encode()) <= LARGEST_HTML


def test_spamassassin_minds_nothing(arrived: Mapping[str, Fetched], known: None, spamassassin: SpamAssassin):
    verdicts = dict(
        zip(NAMES, spamassassin.verdicts([arrived[name].at_the_border(NOW) for name in NAMES]), strict=True)
    )

    assert not too_high(verdicts)
    assert all(verdict.rules.get("DKIM_VALID_AU", 0) < 0 for verdict in verdicts.values()), verdicts


def test_rspamd_minds_nothing_and_finds_the_sender_proved_by_all_three(
    arrived: Mapping[str, Fetched], known: None, rspamd: Rspamd
):
    verdicts = {name: arrived[name].verdict(rspamd, NOW) for name in NAMES}

    assert not too_high(verdicts)
    assert all(verdict.rules.keys() >= PROVED for verdict in verdicts.values())


def test_a_filter_does_mind_what_it_should(arrived: Mapping[str, Fetched], known: None, rspamd: Rspamd, tmp_path: Path):
    """Or its silence on our mail says nothing."""
    forged = arrived["fact"].at_the_border(NOW).replace(b"Benghazi", b"Bengasi")
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
        found[entry.slug] = received(signer.sign(mail, at=NOW), SENDER, READER, NOW)
    return found


def test_no_entry_of_the_starter_archive_makes_a_mail_that_rspamd_minds(
    every_entry: dict[str, bytes], known: None, rspamd: Rspamd
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
    every_entry: dict[str, bytes], known: None, spamassassin: SpamAssassin
):
    verdicts = dict(zip(every_entry, spamassassin.verdicts(list(every_entry.values())), strict=True))

    assert not too_high(verdicts)
