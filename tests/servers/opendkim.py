"""Debian's `opendkim` as a judge of signatures, which are believed by records from a file instead of DNS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class NoOpenDkim(Exception):
    """The machine has no `opendkim`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDkim:
    """The program, and a folder for what it reads."""

    program: str
    folder: Path

    def says(self, mail: bytes, records: Mapping[str, str]) -> str:
        """Return what it says of a signed *mail*, given DNS records by name; the first signature that it knows."""
        keys, conf, message = (self.folder / name for name in ("keys", "conf", "mail"))
        keys.write_text("".join(f"{name} {text}\n" for name, text in records.items()))
        conf.write_text(f"Mode v\nTestDNSData file:{keys}\nSyslog no\n")
        message.write_bytes(mail)
        command = [self.program, "-x", str(conf), "-t", str(message), "-v"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def verifies(self, mail: bytes, records: Mapping[str, str]) -> bool:
        """Say whether it finds a good signature."""
        said = self.says(mail, records)
        return ") succeeded" in said and "failed" not in said


def an_opendkim(folder: Path) -> OpenDkim:
    """Return the program with a *folder* of its own; raise `NoOpenDkim` where there is none."""
    program = shutil.which("opendkim") or shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NoOpenDkim("no opendkim found")
    return OpenDkim(program=program, folder=folder)
