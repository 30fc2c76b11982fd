"""A Dovecot of the tests' own: IMAP over TLS on a free port, with a Maildir for whoever asks for one."""

from __future__ import annotations

import ipaddress
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers.ports import LOOPBACK, free_port, wait_for_port

PASSWORD = "let me in: ü@/ \\"
_CONF = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = {host}
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/boxes/%u
auth_mechanisms = plain login
first_valid_uid = 1
passdb {{
  driver = static
  args = password={{BLF-CRYPT}}{password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/boxes/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
"""


class NoDovecot(Exception):
    """The machine has no Dovecot, or this user may not run one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dovecot:
    """
    A running Dovecot: its port for TLS from the start, the one for STARTTLS, and its folder.

    Every user has the password `PASSWORD`, and a Maildir in `boxes`. *certificate* is a file: of the authority that
    signs for 127.0.0.1.
    """

    port: int
    starttls_port: int
    folder: Path

    @property
    def certificate(self) -> Path:
        """The file of the certificate that clients have to trust."""
        return self.folder / "certificate.pem"

    def box(self, user: str) -> Path:
        """Return a user's Maildir, made if it is not there yet."""
        box, owner = self.folder / "boxes" / user, pwd.getpwnam("nobody")
        for name in ("", "new", "cur", "tmp"):
            if not (box / name).exists():
                (box / name).mkdir(parents=True)
                os.chown(box / name, owner.pw_uid, owner.pw_gid)
        return box

    def deliver(self, user: str, name: str, mail: bytes) -> None:
        """Put a message into a user's Maildir."""
        owner, draft = pwd.getpwnam("nobody"), self.box(user) / "tmp" / name
        draft.write_bytes(mail)
        os.chown(draft, owner.pw_uid, owner.pw_gid)
        draft.rename(self.box(user) / "new" / name)


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Give a Dovecot that runs until the block ends; raise `NoDovecot` where there is none, or no root to run it."""
    program = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if program is None or os.geteuid() != 0:
        raise NoDovecot("no dovecot found" if program is None else "Dovecot starts as root only")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    owner, ports = pwd.getpwnam("nobody"), (free_port(), free_port())
    (folder / "boxes").mkdir()
    os.chown(folder / "boxes", owner.pw_uid, owner.pw_gid)
    _make_certificate(folder)
    values = {"host": LOOPBACK, "uid": owner.pw_uid, "gid": owner.pw_gid, "password": _hashed(program)}
    conf = _CONF.format(folder=folder, port=ports[0], starttls_port=ports[1], **values)
    (folder / "dovecot.conf").write_text(conf)
    with subprocess.Popen([program, "-F", "-c", folder / "dovecot.conf"]) as process:
        try:
            wait_for_port(ports[0])
            yield Dovecot(port=ports[0], starttls_port=ports[1], folder=folder)
        finally:
            process.terminate()
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


def _hashed(program: str) -> str:
    """Return the password as Dovecot keeps it: its odd characters then are none of its configuration's."""
    doveadm = Path(program).parent.parent / "bin" / "doveadm"
    ran = subprocess.run(
        [doveadm, "-c", "/dev/null", "pw", "-s", "BLF-CRYPT", "-r", "4", "-p", PASSWORD],
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.strip().removeprefix("{BLF-CRYPT}")


def _make_certificate(folder: Path) -> None:
    """Write a certificate for 127.0.0.1 that signs itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A Dovecot of the tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*formats))
