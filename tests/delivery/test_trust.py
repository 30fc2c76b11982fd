"""Which mail servers are believed to be who they say, over TLS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from servers.certificates import make_certificate
from servers.handing import hand_in
from servers.ports import LOOPBACK
from servers.postfix import Postfix

from newsletter.delivery.envelopes import Envelope, Outcome
from newsletter.delivery.relay import Relay, RelayUnusable
from newsletter.delivery.smtp import Session


@pytest.fixture
def secured(postfix: Callable[..., Postfix], tmp_path: Path) -> Postfix:
    """Give a Postfix that offers STARTTLS, with the certificate in *tmp_path*."""
    make_certificate(tmp_path)
    return postfix(
        smtpd_tls_security_level="may",
        smtpd_tls_cert_file=str(tmp_path / "certificate.pem"),
        smtpd_tls_key_file=str(tmp_path / "key.pem"),
    )


def session(server: Postfix) -> Session:
    return Session(Relay.parse(f"smtp+starttls://{LOOPBACK}:{server.port}"), host_name="news.example.org")


def test_a_certificate_is_believed_while_an_authority_of_the_machine_vouches_for_it(
    secured: Postfix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of authorities that changes while the service runs counts for the next connection."""
    with pytest.raises(RelayUnusable, match=rf"its certificate is not good for {LOOPBACK}: self.signed certificate"):
        session(secured)

    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((tmp_path / "certificate.pem").read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with session(secured) as opened:
        envelope = Envelope(sender="b@example.org", recipient="reader@example.org", mail=b"Subject: A day\r\n\r\n")
        (handed,) = hand_in(opened, [envelope])
    assert handed.outcome is Outcome.SENT

    another = tmp_path / "another"
    another.mkdir()
    make_certificate(another)
    trusted.write_bytes((another / "certificate.pem").read_bytes())
    with pytest.raises(RelayUnusable, match="its certificate is not good for"):
        session(secured)
