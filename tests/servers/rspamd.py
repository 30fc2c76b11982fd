"""An rspamd of the tests' own, with Debian's rules, that asks no name server but the tests' own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.ports import LOOPBACK, free_port, wait_for_port

_CONFIGURATION = Path("/etc/rspamd/rspamd.conf")
_DOMAINS = Path("/usr/share/rspamd/effective_tld_names.dat")
_USER = "_rspamd"
#: Debian's configuration takes these on top of its own.
_LOCAL = {
    "options.inc": 'dns {{ nameserver = ["127.0.0.1:{dns}:1"]; timeout = 2s; }}\ndisable_hyperscan = true;\n'
    'local_addrs = [];\nurl_tld = "{folder}/domains";\n',
    "worker-normal.inc": 'bind_socket = "127.0.0.1:{port}";\n',
    "worker-controller.inc": "enabled = false;\n",
    "worker-proxy.inc": "enabled = false;\n",
}


class NoRspamd(Exception):
    """The machine has no rspamd with Debian's configuration, or this user may not run one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a filter makes of a message: its score, and what each rule that it met adds."""

    score: float
    rules: dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rspamd:
    """A running rspamd."""

    port: int

    def verdict(self, mail: bytes, *, sender: str, recipient: str, ip: str, host: str) -> Verdict:
        """Return what it makes of a message that *host* at *ip* hands in."""
        about = {"From": sender, "Rcpt": recipient, "IP": ip, "Helo": host, "Hostname": host}
        request = urllib.request.Request(f"http://{LOOPBACK}:{self.port}/checkv2", data=mail, headers=about)
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = json.load(answer)
        rules = {name: float(symbol["score"]) for name, symbol in said["symbols"].items()}
        return Verdict(score=float(said["score"]), rules=rules)


def _ends() -> list[str]:
    """Return what most domains end in; all that its list holds take it half a minute to read."""
    return re.findall(r"^(?:(?:ac|co|com|edu|gov|net|org|\*)\.)?[a-z]+$", _DOMAINS.read_text(), re.MULTILINE)


@contextmanager
def running_rspamd(dns_port: int) -> Iterator[Rspamd]:
    """Give an rspamd that runs until the block ends; raise `NoRspamd` where there is none to run."""
    program = shutil.which("rspamd")
    if program is None or not _CONFIGURATION.exists() or os.geteuid() != 0:
        raise NoRspamd("no rspamd found" if program is None else "rspamd is started as root only")
    folder, port = Path(tempfile.mkdtemp(prefix="rspamd-")), free_port()
    (folder / "local.d").mkdir()
    for name, text in _LOCAL.items():
        (folder / "local.d" / name).write_text(text.format(port=port, dns=dns_port, folder=folder))
    (folder / "domains").write_text("\n".join([*_ends(), "example"]))
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, _USER)
    variables = [f"--var={name}={folder}" for name in ("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR")]
    command = [program, "-f", "-u", _USER, "-g", _USER, "-c", str(_CONFIGURATION), *variables]
    rspamd = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)
    try:
        wait_for_port(port, 60)
        yield Rspamd(port=port)
    finally:
        os.killpg(rspamd.pid, signal.SIGKILL)  # asked nicely, it waits ten seconds for a helper of its own
        rspamd.wait()
        shutil.rmtree(folder, ignore_errors=True)
