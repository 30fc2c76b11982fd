"""What a setting's value may be: types that take text, or the value that the text stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import getaddresses
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator

from newsletter.crashing import POINTS

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages at the most in so much time."""

    number: int
    time: timedelta

    def __str__(self) -> str:
        """Write it as a setting has it."""
        return f"{self.number}/{duration_text(self.time)[1:]}"


@dataclass(frozen=True, slots=True)
class DomainRate:
    """The rate of mail to one domain."""

    domain: str
    rate: Rate

    def __str__(self) -> str:
        """Write it as a setting has it."""
        return f"{self.domain}={self.rate}"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key that mail is signed with, by the selector that its public half is published under."""

    selector: str
    file: Path

    def __str__(self) -> str:
        """Write it as a setting has it."""
        return f"{self.selector}={self.file}"


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """Where a test lets the process die, and for the time of which number it gets there."""

    point: str
    times: int

    def __str__(self) -> str:
        """Write it as a setting has it."""
        return f"{self.point}:{self.times}"


def duration_text(value: timedelta) -> str:
    """Return a duration as a setting has it, in the largest unit that it is a whole number of."""
    return next(f"{value // unit}{letter}" for letter, unit in _UNITS.items() if not value % unit)


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,6})([dhms])", value.strip())
    if match is None:
        raise ValueError("no duration")
    return int(match[1]) * _UNITS[match[2]]


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _folder(value: Path) -> Path:
    if value.exists() and not value.is_dir():
        raise ValueError("not a folder")
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _line(value: str) -> str:
    # One control character or lone surrogate in it would break every feed and header.
    if not all(char.isprintable() or char in "\u200c\u200d" for char in value):
        raise ValueError("not a line of text")
    return value


def _mailbox(value: str) -> str:
    # "=?" begins an encoded word (RFC 2047), which could smuggle anything into a header.
    pairs = getaddresses([_line(value)])
    if len(pairs) != 1 or not re.fullmatch(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+", pairs[0][1], re.ASCII) or "=?" in value:
        raise ValueError("not one address")
    if not pairs[0][1].isascii():
        raise ValueError("not an ASCII address")
    return value


def _web_parts(value: str, schemes: tuple[str, ...]) -> SplitResult:
    parts = urlsplit(_line(value))
    if parts.scheme not in schemes or not parts.hostname or parts.port == 0 or " " in value:
        raise ValueError("not such an address")
    return parts


def _base_url(value: str) -> str:
    parts = _web_parts(value.rstrip("/"), ("http", "https"))
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("more than scheme, host and port")
    return parts.geturl()


def _database_url(value: str) -> str:
    scheme, separator, rest = _line(value).partition("://")
    if not separator or scheme not in {"sqlite", "postgresql", "postgresql+psycopg"}:
        raise ValueError("no such database")
    if scheme == "sqlite" and not (rest.startswith("/") and rest.strip("/")):
        raise ValueError("no file named")
    urlsplit(value)  # a host that cannot be is a ValueError here
    return value


def _smtp_url(value: str) -> str:
    if value != "outbox:":
        parts = _web_parts(value, ("smtp", "smtps", "smtp+starttls"))
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("more than scheme, user, host and port")
    return value


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not re.fullmatch(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?", value):
            raise
    return value


def _contact(value: str) -> str:
    if value.startswith(("http://", "https://")):
        _web_parts(value, ("http", "https"))
    else:
        _mailbox(value)
    return value


def _rate(value: object) -> object:
    return _rate_in(value) if isinstance(value, str) else value


def _rate_in(text: str) -> Rate:
    match = re.fullmatch(r"(\d{1,9})\s*/\s*([dhms])", text.strip())
    if match is None or not int(match[1]):
        raise ValueError("no rate")
    return Rate(int(match[1]), _UNITS[match[2]])


def _pairs(value: object) -> list[tuple[str, str]] | None:
    parts = _listed(value)
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return None
    pairs = [tuple(side.strip() for side in part.partition("=")[::2]) for part in parts]
    names = [name.lower() for name, _ in pairs]
    if not all(name and text for name, text in pairs) or len(set(names)) < len(names):
        raise ValueError("no pairs")
    return [(name, text) for (_, text), name in zip(pairs, names, strict=True)]


def _domain_rates(value: object) -> object:
    pairs = _pairs(value)
    return value if pairs is None else tuple(DomainRate(_domain(name), _rate_in(text)) for name, text in pairs)


def _dkim_keys(value: object) -> object:
    pairs = _pairs(value)
    return value if pairs is None else tuple(DkimKey(_domain(name), _readable(Path(text))) for name, text in pairs)


def _crash(value: object) -> object:
    if not isinstance(value, str):
        return value
    point, _, times = value.partition(":")
    if point not in POINTS or not re.fullmatch("[1-9][0-9]{0,8}", times):
        raise ValueError("no such point")
    return CrashPoint(point, int(times))


def _readable(file: Path) -> Path:
    try:
        file.read_bytes()
    except OSError as error:
        raise ValueError("cannot be read") from error
    return file


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value.lower()):
        raise ValueError("no domain")
    return value.lower()


def _imap_url(value: str) -> str:
    parts = _web_parts(value, ("imap", "imaps"))
    if parts.username is None or parts.query or parts.fragment:
        raise ValueError("no mailbox named")
    return value


def _web_url(value: str) -> str:
    return _web_parts(value, ("http", "https")).geturl()


Line = Annotated[str, AfterValidator(_line)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Folder = Annotated[Path, AfterValidator(_folder)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_listed)]
Host = Annotated[str, AfterValidator(_host)]
Domain = Annotated[str, AfterValidator(_domain)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
SmtpUrl = Annotated[str, AfterValidator(_smtp_url)]
ImapUrl = Annotated[str, AfterValidator(_imap_url)]
Contact = Annotated[str, AfterValidator(_contact)]
SendRate = Annotated[Rate, BeforeValidator(_rate)]
DomainRates = Annotated[tuple[DomainRate, ...], BeforeValidator(_domain_rates)]
DkimKeys = Annotated[tuple[DkimKey, ...], BeforeValidator(_dkim_keys)]
Crash = Annotated[CrashPoint, BeforeValidator(_crash)]
#: Makes a word of a choice small.
Lower = BeforeValidator(_lower)
