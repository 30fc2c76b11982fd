"""A Dovecot of the tests' own: mailboxes that mail is handed in to by LMTP and read from by IMAP, over TLS or not."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import quote

from servers.certificates import make_certificate
from servers.ports import LOOPBACK, free_port, wait_for_port

PASSWORD = "secret"
#: Everybody has a mailbox.
_CONFIGURATION = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:~/mail
first_valid_uid = 1
postmaster_address = postmaster@example.net
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/homes/%Lu
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


class NoDovecot(Exception):
    """The machine has no Dovecot with IMAP and LMTP, or this user may not run one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dovecot:
    """A running Dovecot: its ports (`imaps` is TLS from the start) and its folder."""

    imap: int
    imaps: int
    lmtp: int
    folder: Path

    @property
    def certificate(self) -> Path:
        """The file of the certificate that a client has to trust."""
        return self.folder / "certificate.pem"

    def url(self, address: str, folder: str = "INBOX") -> str:
        """Return a folder of an address's mailbox as `DAILY_DOSE_IMAP_URL` takes it."""
        return f"imaps://{quote(address, safe='')}:{PASSWORD}@{LOOPBACK}:{self.imaps}/{quote(folder)}"

    def box(self, address: str, folder: str = "") -> Path:
        """Return the Maildir of an address, or of a folder in its mailbox, made if it is not there yet."""
        home = self.folder / "homes" / address
        box = home / "mail" / (f".{folder}" if folder else "")
        for each in (home, home / "mail", box, *(box / part for part in ("new", "cur", "tmp"))):
            if not each.exists():
                each.mkdir()
                shutil.chown(each, "nobody")
        return box

    def put(self, address: str, mail: bytes, *, second: int = 1, folder: str = "") -> None:
        """Put a message into a mailbox, as one that came in this second (since 1970)."""
        box, name = self.box(address, folder), f"{second}.V1.host"
        (box / "tmp" / name).write_bytes(mail)
        shutil.chown(box / "tmp" / name, "nobody")
        (box / "tmp" / name).rename(box / "new" / name)

    def fetched(self, address: str, number: int = 1, seconds: float = 30) -> list[bytes]:
        """Return an address's messages by IMAP, once there are so many; raise `TimeoutError` if there never are."""
        end, pause = monotonic() + seconds, Event()
        with imaplib.IMAP4(LOOPBACK, self.imap, timeout=seconds) as imap:
            imap.login(address, PASSWORD)
            while int(imap.select("INBOX")[1][0] or 0) < number:
                if monotonic() > end:
                    message = f"no mail for {address}:\n{(self.folder / 'log').read_text()[-2000:]}"
                    raise TimeoutError(message)
                pause.wait(0.1)
            found = imap.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
        return [bytes(part[1]) for part in found if isinstance(part, tuple)]


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Give a Dovecot that runs until the block ends; raise `NoDovecot` where there is none, or no root to run it."""
    program = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if program is None or os.geteuid() != 0:
        raise NoDovecot("no dovecot found" if program is None else "Dovecot starts as root only")
    folder, owner = Path(tempfile.mkdtemp(prefix="dovecot-")), pwd.getpwnam("nobody")
    folder.chmod(0o755)
    for name in ("run", "state", "homes"):
        (folder / name).mkdir()
    shutil.chown(folder / "homes", "nobody")
    make_certificate(folder)
    imap, imaps, lmtp = free_port(), free_port(), free_port()
    ports = {"imap": imap, "imaps": imaps, "lmtp": lmtp}
    (folder / "conf").write_text(
        _CONFIGURATION.format(folder=folder, password=PASSWORD, uid=owner.pw_uid, gid=owner.pw_gid, **ports)
    )
    dovecot = subprocess.Popen(
        [program, "-F", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(imap)
        wait_for_port(imaps)
        wait_for_port(lmtp)
        yield Dovecot(folder=folder, **ports)
    finally:
        dovecot.terminate()
        dovecot.wait()
        shutil.rmtree(folder, ignore_errors=True)
