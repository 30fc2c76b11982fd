"""A Postfix of the tests' own: on a free port, with folders of its own, delivering to Maildirs in them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from servers.ports import LOOPBACK, free_port, wait_for_port

#: Takes mail for every box of example.org; a setting may be overruled by a test.
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = inline:{{ @example.org=all/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = error:no mail leaves this machine
smtpd_tls_security_level = none
"""
_SERVICES = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


class NoPostfix(Exception):
    """The machine has no Postfix, or this user may not run one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Postfix:
    """A running Postfix: its port and its folder."""

    port: int
    folder: Path
    program: str

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._command("start")
        wait_for_port(self.port)

    def stop(self) -> None:
        """Stop it as an operator does: it ends what it is at, and keeps its queue."""
        self._command("stop")

    def abort(self) -> None:
        """End it at once."""
        self._command("abort")

    def _command(self, word: str) -> None:
        # It logs by syslog, which the machine may not have; a log daemon of its own may not come up in time, and then
        # whoever has a word for it waits for ever.
        command = [self.program, "-c", str(self.folder / "conf"), word]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    @property
    def url(self) -> str:
        """The address as `DAILY_DOSE_SMTP_URL` takes it."""
        return f"smtp://{LOOPBACK}:{self.port}"

    def delivered(self, number: int, seconds: float = 20) -> list[bytes]:
        """Return the messages in the boxes, once there are so many; raise `TimeoutError` if there never are."""
        end, pause = monotonic() + seconds, Event()
        new = self.folder / "boxes" / "all" / "new"
        while len(files := sorted(new.glob("*"))) < number:
            if monotonic() > end:
                raise TimeoutError(f"{len(files)} of {number} messages delivered:\n{self.queue()}")
            pause.wait(0.05)
        return [file.read_bytes() for file in files]

    def queue(self) -> str:
        """Return what waits, and why."""
        program = shutil.which("postqueue", path="/usr/sbin:/usr/local/sbin") or "postqueue"
        asked = [program, "-c", str(self.folder / "conf"), "-p"]
        return subprocess.run(asked, check=False, capture_output=True, text=True, timeout=30).stdout[-2000:]


@contextmanager
def running_postfix(settings: Mapping[str, str] | None = None) -> Iterator[Postfix]:
    """Give a Postfix that runs until the block ends; raise `NoPostfix` where there is none, or no root to run it."""
    program = shutil.which("postfix", path="/usr/sbin:/usr/local/sbin")
    if program is None or os.geteuid() != 0:
        raise NoPostfix("no postfix found" if program is None else "Postfix starts as root only")
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    port, owner = free_port(), pwd.getpwnam("postfix")
    for name in ("queue", "data", "boxes", "conf"):
        (folder / name).mkdir()
    for name in ("data", "boxes"):
        shutil.chown(folder / name, "postfix")
    main = _MAIN.format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid)
    more = "".join(f"{name} = {value}\n" for name, value in (settings or {}).items())
    (folder / "conf" / "main.cf").write_text(main + more)
    (folder / "conf" / "master.cf").write_text(_SERVICES.format(port=port))
    server = Postfix(port=port, folder=folder, program=program)
    try:
        server.start()
        try:
            yield server
        finally:
            server.abort()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
