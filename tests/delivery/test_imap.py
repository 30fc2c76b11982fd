"""An IMAP mailbox is read over TLS, from a server whose certificate is trusted, and what is kept is seen."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from returned_mail import delivery_report, group
from servers.dovecot import PASSWORD, Dovecot, NoDovecot, running_dovecot
from servers.missing import missing
from servers.ports import LOOPBACK, free_port

from newsletter.delivery.feedback import ENOUGH, imap
from newsletter.delivery.feedback.sources import Arrived, UnusableMailbox

MAILS = [delivery_report(group(), Message_Id=f"<{each}@x>") for each in range(45)]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    try:
        with running_dovecot() as server:
            yield server
    except NoDovecot as error:
        missing(str(error), install="apt-get install --no-install-recommends dovecot-imapd")


@pytest.fixture
def trusted(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """Give a Dovecot whose certificate this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return dovecot


def url(server: Dovecot, user: str, folder: str = "", *, password: str = PASSWORD, scheme: str = "imaps") -> str:
    port = server.port if scheme == "imaps" else server.starttls_port
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{LOOPBACK}:{port}{folder}"


def read(address: str) -> list[Arrived]:
    with imap.opened(address) as source:
        return list(source.arrived())


@pytest.mark.parametrize("scheme", ["imaps", "imap"])
def test_what_is_not_seen_is_given_in_the_order_in_which_it_came(trusted: Dovecot, scheme: str) -> None:
    user = f"order-{scheme}"
    for second, mail in enumerate(MAILS):
        trusted.deliver(user, f"{second + 1_000_000_000}.V1.host", mail)
    given = read(url(trusted, user, scheme=scheme))
    assert [each.head.replace(b"\r\n", b"\n") for each in given] == MAILS
    # Looked at, and not seen.
    assert read(url(trusted, user, scheme=scheme)) == given


def test_what_was_let_go_of_is_seen_and_not_given_again(trusted: Dovecot) -> None:
    for second, mail in enumerate(MAILS):
        trusted.deliver("seen", f"{second + 1_000_000_000}.V1.host", mail)
    with imap.opened(url(trusted, "seen", "/INBOX")) as source:
        given = list(source.arrived())
        source.let_go([each.key for each in given[:40]])
    assert read(url(trusted, "seen")) == given[40:]


def test_no_more_of_a_message_comes_than_is_looked_at(trusted: Dovecot) -> None:
    trusted.deliver("huge", "1.V1.host", MAILS[0] + b"Hello\n" * 2_000_000)
    assert [len(each.head) for each in read(url(trusted, "huge"))] == [ENOUGH]


def test_more_messages_than_are_looked_through_at_once_are_all_given(
    trusted: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_LOOKED_THROUGH", 7)
    for second, mail in enumerate(MAILS):
        trusted.deliver("many", f"{second + 1_000_000_000}.V1.host", mail)
    assert len(read(url(trusted, "many"))) == len(MAILS)


def test_an_empty_mailbox_gives_nothing(trusted: Dovecot) -> None:
    trusted.box("empty")
    assert read(url(trusted, "empty")) == []


def test_a_folder_is_read_by_its_name(trusted: Dovecot) -> None:
    trusted.box("folder")
    inner = trusted.box('folder/.What came "back"')
    (inner / "new" / "1.V1.host").write_bytes(MAILS[0])
    (inner / "new" / "1.V1.host").chmod(0o644)
    assert len(read(url(trusted, "folder", "/What%20came%20%22back%22"))) == 1
    assert read(url(trusted, "folder")) == []


def test_a_certificate_that_nobody_trusts_is_refused(dovecot: Dovecot) -> None:
    for scheme in ("imaps", "imap"):
        with pytest.raises(UnusableMailbox, match=r"certificate is not trusted: self.signed certificate"):
            read(url(dovecot, "someone", scheme=scheme))


def test_what_the_server_refuses_is_told_in_a_line_without_the_password(trusted: Dovecot) -> None:
    refusals = {
        url(trusted, "someone", "/Nowhere"): "doesn't exist",
        url(trusted, "someone", "/R%C3%BCck"): "expected a folder with a name in ASCII",
        url(trusted, "someone", password="wrong-word"): "[Aa]uthentication failed",
        f"imaps://someone:secret-word@{LOOPBACK}:{free_port()}": "[Cc]onnection refused",
        f"imaps://someone:secret-word@{LOOPBACK}:{trusted.starttls_port}": "SSL",
    }
    for address, why in refusals.items():
        with pytest.raises(UnusableMailbox, match=f"the mailbox imap.*can't be read: .*{why}") as refused:
            read(address)
        assert "\n" not in str(refused.value)
        assert "word" not in str(refused.value)
        assert PASSWORD not in str(refused.value)
