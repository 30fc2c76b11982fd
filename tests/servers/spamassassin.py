"""SpamAssassin with Debian's rules and settings of the tests' own, that asks no name server but the tests' own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from servers.rspamd import Verdict

_PLUGINS = Path("/etc/spamassassin")
#: No learning and no services: what the rules say of this one message.
_LOCAL = """
dns_server [127.0.0.1]:{dns}
dns_available yes
use_bayes 0
use_bayes_rules 0
use_auto_welcomelist 0
internal_networks 127.0.0.0/8
trusted_networks 127.0.0.0/8
report_safe 0
clear_headers
add_header all Verdict score=_SCORE_ rules=_TESTSSCORES(,)_
"""
_VERDICT = re.compile(r"^X-Spam-Verdict: score=(\S+)\s+rules=(.*?)(?=^\S|^$)", re.MULTILINE | re.DOTALL)


class NoSpamAssassin(Exception):
    """The machine has no SpamAssassin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpamAssassin:
    """The program, and a folder with its settings."""

    program: str
    folder: Path

    def verdicts(self, mails: Sequence[bytes]) -> list[Verdict]:
        """Return what it makes of messages, whose topmost `Received` says who handed them in; in one run."""
        files = [self.folder / f"{number:03}.eml" for number in range(len(mails))]
        for file, mail in zip(files, mails, strict=True):
            file.write_bytes(mail)
        command = [self.program, "--siteconfigpath", str(self.folder), "--prefspath", str(self.folder / "prefs")]
        environment = {**os.environ, "HOME": str(self.folder)}
        run = subprocess.run(
            [*command, "--nocreate-prefs", *map(str, files)], check=True, capture_output=True, env=environment
        )
        said = [_verdict(*found) for found in _VERDICT.findall(run.stdout.decode())]
        assert len(said) == len(mails), run.stderr.decode()
        return said


def _verdict(score: str, rules: str) -> Verdict:
    pairs = (part.split("=") for part in re.sub(r"\s", "", rules).split(",") if "=" in part)
    return Verdict(score=float(score), rules={name: float(value) for name, value in pairs})


def a_spamassassin(folder: Path, dns_port: int) -> SpamAssassin:
    """Return the program with its settings in *folder*; raise `NoSpamAssassin` where there is none."""
    program = shutil.which("spamassassin")
    if program is None or not _PLUGINS.exists():
        raise NoSpamAssassin("no spamassassin found")
    for plugins in _PLUGINS.glob("*.pre"):
        shutil.copy(plugins, folder)
    (folder / "local.cf").write_text(_LOCAL.format(dns=dns_port))
    return SpamAssassin(program=program, folder=folder)
