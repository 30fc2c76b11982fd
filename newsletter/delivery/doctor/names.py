"""What is asked of DNS."""

from __future__ import annotations

import re
from typing import Any

import dns.exception
import dns.name
import dns.resolver
import dns.reversename

from newsletter.errors import NewsletterError

_SERVER = re.compile(r"\[?([0-9a-fA-F.:]+?)\]?(?::(\d{1,5}))?")
_SECONDS = 10
_PORT, _LAST_PORT = 53, 65535


class NoNameServer(NewsletterError):
    """DNS can't be asked."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"DNS can't be asked about {name}: {why}: is this machine on the network?")


def resolver(server: str | None = None) -> dns.resolver.Resolver:
    """
    Return who answers questions: the machine's own name servers, or *server*, an IP address with or without a port.

    Raises `ValueError` for a server that is none.
    """
    if server is None:
        return dns.resolver.Resolver()
    found = _SERVER.fullmatch(server) if server.count(":") <= 1 or server.startswith("[") else None
    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers = [found[1] if found else server]
    port = int((found and found[2]) or _PORT)
    if not 1 <= port <= _LAST_PORT:
        raise ValueError("no port")
    asked.port = port
    return asked


class Names:
    """Answers of DNS as plain values; what is not there is an empty list. Each raises `NoNameServer`."""

    def __init__(self, asked: dns.resolver.Resolver) -> None:
        self._asked = asked

    def texts(self, name: str) -> list[str]:
        """Return the texts at *name*, each in one piece (RFC 7208, 3.3)."""
        found = self._ask(name, "TXT")
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]

    def exchangers(self, name: str) -> list[str]:
        """Return the hosts that take mail for *name*, the first choice first; an empty host refuses all (RFC 7505)."""
        found = sorted((record.preference, _written(record.exchange)) for record in self._ask(name, "MX"))
        return [host for _, host in found]

    def addresses(self, name: str) -> list[str]:
        """Return the IP addresses of a host."""
        return [record.to_text() for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def hosts(self, address: str) -> list[str]:
        """Return the hosts that an IP address says it is."""
        return [_written(record.target) for record in self._ask(dns.reversename.from_address(address), "PTR")]

    def _ask(self, name: str | dns.name.Name, kind: str) -> list[Any]:
        # A record has the fields of its kind, which dnspython's types don't tell.
        try:
            return list(self._asked.resolve(name, kind, lifetime=_SECONDS, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            why = "no server answers in time" if isinstance(error, dns.exception.Timeout) else str(error)
            raise NoNameServer(str(name), why) from error


def _written(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).removesuffix(".").lower()
