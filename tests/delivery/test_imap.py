"""An IMAP mailbox is read over TLS, from a server whose certificate is trusted, and what is kept is seen."""

from __future__ import annotations

import pytest
from returned_mail import delivery_report, group
from servers.dovecot import PASSWORD, Dovecot
from servers.ports import LOOPBACK, free_port

from newsletter.delivery.feedback import ENOUGH, imap
from newsletter.delivery.feedback.sources import Arrived, UnusableMailbox

MAILS = [delivery_report(group(), Message_Id=f"<{each}@x>") for each in range(45)]


@pytest.fixture
def trusted(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """Give a Dovecot whose certificate this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return dovecot


def fill(server: Dovecot, user: str) -> None:
    for second, mail in enumerate(MAILS):
        server.put(user, mail, second=second)


def by_starttls(server: Dovecot, address: str) -> str:
    """Return a mailbox's URL for the port on which TLS begins later."""
    return server.url(address).replace("imaps:", "imap:").replace(str(server.imaps), str(server.imap))


def read(address: str) -> list[Arrived]:
    with imap.opened(address) as source:
        return list(source.arrived())


def test_what_is_not_seen_is_given_in_the_order_in_which_it_came(trusted: Dovecot) -> None:
    fill(trusted, "order")
    given = read(trusted.url("order"))
    assert [each.head.replace(b"\r\n", b"\n") for each in given] == MAILS
    # Looked at, and not seen; nor does it matter when TLS begins.
    assert read(by_starttls(trusted, "order")) == given


def test_what_was_let_go_of_is_seen_and_not_given_again(trusted: Dovecot) -> None:
    fill(trusted, "kept")
    with imap.opened(trusted.url("kept")) as source:
        given = list(source.arrived())
        source.let_go([each.key for each in given[:40]])
    assert read(trusted.url("kept")) == given[40:]


def test_no_more_of_a_message_comes_than_is_looked_at(trusted: Dovecot) -> None:
    trusted.put("huge", MAILS[0] + b"Hello\n" * 2_000_000)
    assert [len(each.head) for each in read(trusted.url("huge"))] == [ENOUGH]


def test_more_messages_than_are_looked_through_at_once_are_all_given(
    trusted: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_LOOKED_THROUGH", 7)
    fill(trusted, "many")
    assert len(read(trusted.url("many"))) == len(MAILS)


def test_an_empty_mailbox_gives_nothing(trusted: Dovecot) -> None:
    trusted.box("empty")
    assert read(trusted.url("empty")) == []


def test_a_folder_is_read_by_its_name(trusted: Dovecot) -> None:
    name = 'What came "back" \\'
    trusted.put("folder", MAILS[0], folder=name)
    assert len(read(trusted.url("folder", name))) == 1
    assert read(trusted.url("folder")) == []


def test_a_certificate_that_nobody_trusts_is_refused(dovecot: Dovecot) -> None:
    for address in (dovecot.url("someone"), by_starttls(dovecot, "someone")):
        with pytest.raises(UnusableMailbox, match=r"certificate is not trusted: self.signed certificate"):
            read(address)


def test_what_the_server_refuses_is_told_in_a_line_without_the_password(trusted: Dovecot) -> None:
    refusals = {
        trusted.url("someone", "Nowhere"): "doesn't exist",
        trusted.url("someone", "Rück"): "expected a folder with a name in ASCII",
        trusted.url("someone").replace(PASSWORD, "wrong-word-%C3%BC"): "[Aa]uthentication failed",
        f"imaps://someone:secret-word@{LOOPBACK}:{free_port()}": "[Cc]onnection refused",
        f"imaps://someone:secret-word@{LOOPBACK}:{trusted.imap}": "SSL",
    }
    for address, why in refusals.items():
        with pytest.raises(UnusableMailbox, match=f"the mailbox imap.*can't be read: .*{why}") as refused:
            read(address)
        assert "\n" not in str(refused.value)
        assert "word" not in str(refused.value)
        assert PASSWORD not in str(refused.value)
