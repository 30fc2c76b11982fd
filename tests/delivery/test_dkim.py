"""Signatures: others verify them, nobody can change what they stand for, and a retry repeats them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from uuid import UUID

import dkim as dkimpy
import pytest
from dkim.canonicalization import Relaxed
from dkim_keys import key
from hypothesis import given
from hypothesis import strategies as st
from servers.opendkim import OpenDkim

from newsletter.delivery.dkim import Signer, UnusableDkimKey, relaxed_body, relaxed_header
from newsletter.models import Edition, Publisher
from newsletter.render.links import Links
from newsletter.render.message import Imprint, Letter, fill, freeze, freeze_text, personal
from newsletter.settings.values import DkimKey

DUE = datetime(2026, 11, 22, 6, tzinfo=UTC)
TOKEN = "abc234" * 9
LETTER = Letter(
    subject="Ein Tag in Jürgens Leben",
    text="Some  text.\n\n\tWith white space of every kind. \n..\n\n\n",
    html="<p>Some   text.</p>\n",
)


def mailing(freeze: Callable[[Letter, Imprint], bytes]) -> bytes:
    imprint = Imprint(
        uid=UUID(int=7),
        edition=Edition(slug="daily-dose", title="Daily Dose", language="en", schedules=(), since=DUE.date()),
        publisher=Publisher(
            base_url="https://dose.example.org",
            contact="editors@example.org",
            sender="Daily Dose <dose@example.org>",
            reply_to="editors@example.org",
            bounce_domain="bounce.example.org",
        ),
        links=Links("https://dose.example.org"),
        page="https://dose.example.org/archive/2026/11/22",
        kind="issue",
        key="2026-11-22",
    )
    return fill(
        freeze(LETTER, imprint), to="reader@example.net", message_id="<1@dose.example.org>", date=DUE, leave=TOKEN
    )


def letter() -> bytes:
    return personal(
        LETTER,
        to="reader@example.net",
        sender="Daily Dose <dose@example.org>",
        reply_to=None,
        message_id="<2@dose.example.org>",
        date=DUE,
        language="en",
        boundary="abc",
    )


MAILS = {"mailing": mailing(freeze), "text": mailing(freeze_text), "letter": letter()}
KINDS = {"2026a": "rsa2048", "2026b": "ed25519"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DkimKey]:
    folder = tmp_path_factory.mktemp("keys")
    return {selector: key(folder, selector, kind) for selector, kind in KINDS.items()}


@pytest.fixture(scope="module")
def signer(keys: Mapping[str, DkimKey]) -> Signer:
    return Signer(keys.values(), "Example.org")


def verifies(mail: bytes, records: Mapping[str, str], at: int = 0) -> bool:
    """Ask dkimpy about the signature at this place, the topmost being the first."""

    def asked(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode().rstrip(".")].encode()

    try:
        return dkimpy.DKIM(mail).verify(idx=at, dnsfunc=asked)
    except dkimpy.DKIMException:
        return False


def signatures(mail: bytes) -> list[dict[str, str]]:
    """Return the tags of each signature, without white space."""
    found = [re.sub(r"\s", "", value) for value in message_from_bytes(mail).get_all("DKIM-Signature", [])]
    return [dict(tag.split("=", 1) for tag in value.split(";")) for value in found]


# Good ones


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("selector", KINDS)
def test_others_verify_a_signature_of_either_kind(keys, selector, name, opendkim: OpenDkim):
    signer = Signer([keys[selector]], "example.org")
    mail = signer.sign(MAILS[name], at=DUE)

    assert mail.endswith(MAILS[name])
    assert verifies(mail, signer.records())
    assert opendkim.verifies(mail, signer.records())


@pytest.mark.parametrize("name", MAILS)
def test_each_key_gives_a_signature_and_each_verifies_by_itself(signer, name):
    mail = signer.sign(MAILS[name], at=DUE)

    assert [(tags["s"], tags["a"]) for tags in signatures(mail)] == [
        ("2026a", "rsa-sha256"),
        ("2026b", "ed25519-sha256"),
    ]
    assert verifies(mail, signer.records(), 0)
    assert verifies(mail, signer.records(), 1)


def test_a_signature_names_the_senders_domain_the_deliverys_instant_and_no_end(signer):
    for tags in signatures(signer.sign(MAILS["mailing"], at=DUE)):
        assert tags["d"] == "example.org"
        assert tags["t"] == str(int(DUE.timestamp()))
        assert tags["c"] == "relaxed/relaxed"
        assert "x" not in tags
        assert "l" not in tags


def test_an_edition_at_another_domain_is_signed_by_that(signer, keys):
    """A signature of any other domain proves nothing of a From (RFC 9989)."""
    mail = MAILS["mailing"].replace(b"Daily Dose <dose@example.org>", b"Other Dose <dose@News.example.net>")
    there = Signer(keys.values(), "news.example.net")
    signed = signer.sign(mail, at=DUE)

    assert {tags["d"] for tags in signatures(signed)} == {"news.example.net"}
    assert verifies(signed, there.records())
    assert there.sign(MAILS["mailing"], at=DUE) == signer.sign(MAILS["mailing"], at=DUE)


def test_every_header_of_ours_is_signed_and_those_that_are_alone_once_more(signer):
    """So that nobody adds a second From, whose mail program may show that one (RFC 6376, 8.15)."""
    mail = MAILS["mailing"]
    signed = signatures(signer.sign(mail, at=DUE))[0]["h"].split(":")

    assert {name.lower() for name in message_from_bytes(mail)} <= set(signed)
    for name in (
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "reply-to",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ):
        assert signed.count(name) == 2


def test_no_line_of_a_signature_is_longer_than_a_mail_server_likes(signer):
    head = signer.sign(MAILS["mailing"], at=DUE).removesuffix(MAILS["mailing"])

    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert head.count(b"\n") == head.count(b"\r\n")


def test_the_same_mail_and_instant_give_the_same_bytes(keys, signer):
    mail = MAILS["mailing"]

    assert Signer(keys.values(), "example.org").sign(mail, at=DUE) == signer.sign(mail, at=DUE)
    assert signer.sign(mail, at=DUE, leave=TOKEN) == signer.sign(mail, at=DUE)
    assert signer.sign(mail, at=DUE + timedelta(seconds=1)) != signer.sign(mail, at=DUE)


def test_without_keys_nothing_is_signed():
    assert Signer([], "example.org").sign(MAILS["letter"], at=DUE) == MAILS["letter"]


# Changed ones


def test_a_change_of_any_signed_header_or_of_the_body_is_seen(signer, opendkim: OpenDkim):
    mail, records = signer.sign(MAILS["mailing"], at=DUE), signer.records()
    head, _, _ = MAILS["mailing"].partition(b"\r\n\r\n")
    seen = 0
    for line in re.sub(rb"\r\n[ \t]", b" ", head).split(b"\r\n"):
        value = line.partition(b": ")[2]
        changed = mail.replace(b"\r\n" + line, b"\r\n" + line.replace(value, value[:-1] + b"\x7e"))
        if changed == mail:
            continue  # a subject of two lines, below
        seen += 1
        assert not verifies(changed, records, 0), line
        assert not verifies(changed, records, 1), line
    assert seen == head.count(b"\r\n") + 1 - head.count(b"\r\n ")
    for changed in (
        mail.replace(b"\r\nSubject: =?", b"\r\nSubject: x =?"),
        mail.replace(b"Some", b"some", 1),
        mail.replace(b"\r\n\r\n", b"\r\nList-Unsubscribe: <https://evil.example/>\r\n\r\n", 1),
        b"From: evil@example.net\r\n" + mail,
        mail.replace(b"\r\n\r\n", b"\r\nCc: evil@example.net\r\n\r\n", 1),
        mail + b"one more line\r\n",
    ):
        assert changed != mail
        assert not verifies(changed, records, 0)
        assert not verifies(changed, records, 1)
        assert not opendkim.verifies(changed, records)


def test_what_a_mail_server_may_change_is_no_change(signer, opendkim: OpenDkim):
    """Relaxed: names in any case, white space, empty lines at the end; and headers of its own on top."""
    mail, records = signer.sign(MAILS["mailing"], at=DUE), signer.records()
    changed = b"Received: from x by y; Sun, 22 Nov 2026 06:00:01 +0000\r\n" + mail.replace(
        b"\r\nTo: ", b"\r\nTO:\t "
    ).replace(b", <mailto:", b",\r\n\t<mailto:")

    for other in (changed, changed + b"\r\n\r\n"):
        assert verifies(other, records, 0)
        assert verifies(other, records, 1)
        assert opendkim.verifies(other, records)


# Keys


def test_the_keys_of_the_first_attempt_sign_a_retry_as_long_as_they_are_there(keys, signer):
    mail = MAILS["letter"]
    alone = Signer([keys["2026b"]], "example.org")

    assert signer.selectors == ("2026a", "2026b")
    assert signer.sign(mail, at=DUE, selectors=["2026b"]) == alone.sign(mail, at=DUE)
    assert signer.sign(mail, at=DUE, selectors=["2026b", "gone"]) == alone.sign(mail, at=DUE)
    assert signer.sign(mail, at=DUE, selectors=["gone"]) == signer.sign(mail, at=DUE)


def test_a_record_for_each_key_is_to_be_published(signer):
    rsa, ed25519 = signer.records().items()

    assert rsa[0] == "2026a._domainkey.example.org"
    assert rsa[1].startswith("v=DKIM1; k=rsa; p=MIIB")
    assert ed25519[0] == "2026b._domainkey.example.org"
    assert len(ed25519[1].removeprefix("v=DKIM1; k=ed25519; p=")) == 44


def test_a_key_that_large_providers_mistrust_signs_and_is_named(tmp_path):
    signer = Signer([key(tmp_path, "old", "rsa1024"), key(tmp_path, "new", "rsa2048")], "example.org")

    assert signer.weak == ("old",)
    assert verifies(signer.sign(MAILS["letter"], at=DUE), signer.records())


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("public", "something else"),
        ("locked", "a password locks"),
        ("ec", "another kind"),
        (b"", "something else"),
        (b"\xff\x00no key", "something else"),
        ("rsa512", "RSA of 512"),
    ],
)
def test_a_file_that_holds_no_usable_key_is_one_clear_error(tmp_path, written, why):
    if isinstance(written, str):
        wrong = key(tmp_path, "s", written)
    else:
        wrong = DkimKey("s", tmp_path / "wrong.pem")
        wrong.file.write_bytes(written)

    with pytest.raises(UnusableDkimKey, match=why) as caught:
        Signer([wrong], "example.org")
    assert str(wrong.file) in str(caught.value)
    assert "openssl genrsa" in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


def test_a_file_that_is_gone_is_one_clear_error():
    with pytest.raises(UnusableDkimKey, match="can be read"):
        Signer([DkimKey("s", Path("/nowhere/key.pem"))], "example.org")


# Canonicalisation, which dkimpy is the measure of

LINES = st.lists(st.text(alphabet="ab \t.", max_size=12), max_size=12).map(
    lambda lines: "".join(f"{line}\r\n" for line in lines).encode()
)


@given(LINES, st.sampled_from([None, "a", "ab", "b.a"]))
def test_a_body_is_relaxed_as_dkimpy_does_it_whatever_differs_per_reader(body, leave):
    if leave is not None:
        leave = leave.replace(".", "")

    assert relaxed_body(body, leave) == Relaxed.canonicalize_body(body)


@given(st.text(alphabet="aB- ", min_size=1, max_size=8), st.lists(st.text(alphabet="aB:; \t=", max_size=9), max_size=5))
def test_a_header_is_relaxed_as_dkimpy_does_it(name, lines):
    name = name.strip() or "X"
    value = "\r\n ".join(lines).encode()
    [(wanted_name, wanted)] = Relaxed.canonicalize_headers([(name.encode(), value)])

    assert relaxed_header(name.encode() + b":" + value) == wanted_name + b":" + wanted


@given(LINES, st.dictionaries(st.sampled_from(["From", "subject", "To", "X-Other", "LIST-ID"]), LINES, min_size=1))
def test_any_mail_that_is_signed_verifies(keys, body, fields):
    signer = Signer([keys["2026b"]], "example.org")
    head = b"From: a@example.org\r\n" if "From" not in fields else b""
    for name, value in fields.items():
        head += name.encode() + b":" + value.replace(b"\r\n", b"\r\n ").rstrip(b" ").removesuffix(b"\r\n") + b"x\r\n"
    mail = signer.sign(head + b"\r\n" + body, at=DUE)

    assert verifies(mail, signer.records())
