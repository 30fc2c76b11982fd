"""A name server of the tests' own: it knows what it is told, and no other name is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
from servers.ports import LOOPBACK

#: A name's records by their type, as a zone file writes them; the text of `TXT` is written plainly.
Zone = dict[str, dict[str, list[str]]]

_LONGEST_STRING = 255  # RFC 1035, 3.3.14
_STOP = b"stop"


@dataclass(frozen=True, kw_only=True, slots=True)
class NameServer:
    """A running name server; what is put into its *zone* is answered at once."""

    port: int
    zone: Zone = field(default_factory=dict)
    #: Names that it fails to answer for.
    broken: set[str] = field(default_factory=set)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """Return what it says to a query."""
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        [question] = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        found = self.zone.get(name)
        if name in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif values := found.get(dns.rdatatype.to_text(question.rdtype)):
            texts = [_written(value) if question.rdtype == dns.rdatatype.TXT else value for value in values]
            answer.answer.append(dns.rrset.from_text(question.name, 300, "IN", question.rdtype, *texts))
        return answer


def _written(text: str) -> str:
    """Return a text in strings as long as a record may have."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{escaped[at : at + _LONGEST_STRING]}"' for at in range(0, len(escaped), _LONGEST_STRING))


@contextmanager
def running_dns(zone: Zone | None = None) -> Iterator[NameServer]:
    """Give a name server that answers over UDP until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((LOOPBACK, 0))
        server = NameServer(port=listening.getsockname()[1], zone=zone if zone is not None else {})
        thread = Thread(target=_serve, args=(listening, server))
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling:
                telling.sendto(_STOP, (LOOPBACK, server.port))
            thread.join()


def _serve(listening: socket.socket, server: NameServer) -> None:
    while (received := listening.recvfrom(4096))[0] != _STOP:
        wire, asking = received
        try:
            listening.sendto(server.answer(dns.message.from_wire(wire)).to_wire(max_size=65535), asking)
        except (dns.exception.DNSException, OSError):
            continue  # what is no question, or from somebody who has left
