"""A Dovecot of the tests' own: mailboxes that mail is handed in to by LMTP and read from by IMAP."""

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

from servers.ports import LOOPBACK, free_port, wait_for_port

PASSWORD = "secret"
#: Everybody has a mailbox.
_CONFIGURATION = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
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
    port = 0
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
    """A running Dovecot: its ports and its folder."""

    imap: int
    lmtp: int
    folder: Path

    def url(self, address: str) -> str:
        """Return the mailbox of an address as `DAILY_DOSE_IMAP_URL` takes it."""
        return f"imap://{address.replace('@', '%40')}:{PASSWORD}@{LOOPBACK}:{self.imap}/INBOX"

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
            found = imap.fetch("1:*", "(BODY.PEEK[])")[1]
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
    imap, lmtp = free_port(), free_port()
    (folder / "conf").write_text(
        _CONFIGURATION.format(
            folder=folder, password=PASSWORD, uid=owner.pw_uid, gid=owner.pw_gid, imap=imap, lmtp=lmtp
        )
    )
    dovecot = subprocess.Popen(
        [program, "-F", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(imap)
        wait_for_port(lmtp)
        yield Dovecot(imap=imap, lmtp=lmtp, folder=folder)
    finally:
        dovecot.terminate()
        dovecot.wait()
        shutil.rmtree(folder, ignore_errors=True)
