"""
From which network somebody asks: the only thing of a reader's address that we look at, and never all of it.

Behind a proxy of our own the peer is the proxy, which puts the address that it saw at the end of `X-Forwarded-For`.
What stands before that anybody may have written, so the list is read from its end, and only as far as our proxies go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Networks = Sequence[IPv4Network | IPv6Network]

#: What one household or office has: a network's prefix, in bits.
_PREFIX = {4: 24, 6: 64}
UNKNOWN = "unknown"


def network_of(peer: str | None, forwarded: Iterable[str], trusted: Networks) -> str:
    """
    Return the network that a request comes from, such as `192.0.2.0/24` or `2001:db8:1:2::/64`.

    *peer* is who is connected to us, *forwarded* the values of `X-Forwarded-For` in their order. The reader's is the
    last address in it that is none of the *trusted* proxies'; where the list is broken, the last that made sense.
    """
    found = _address(peer or "")
    if found is None:
        return UNKNOWN
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and _is_trusted(found, trusted):
        before = _address(hops.pop())
        if before is None:
            break
        found = before
    return str(ip_network((found, _PREFIX[found.version]), strict=False))


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in *text*, with a port or without; an IPv4 address in an IPv6 one as itself."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address  # noqa: PLR2004 -- the version is its name
