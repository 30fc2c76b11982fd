"""Networks: of a reader's address only the prefix, and nobody's word for it but our own proxies'."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.networks import network_of

OURS = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("198.51.100.7", [], "198.51.100.0/24"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", [], "198.51.100.0/24"),
        (None, [], "unknown"),
        ("a.socket", [], "unknown"),
        # A stranger says what it likes.
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.0/24"),
        # Our proxy saw the last; what stands before is the reader's own invention.
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.0/24"),
        ("127.0.0.1", ["192.0.2.1, 203.0.113.9"], "203.0.113.0/24"),
        ("127.0.0.1", ["192.0.2.1", "203.0.113.9, 10.1.2.3"], "203.0.113.0/24"),
        ("fd00::1", ["2001:db8:9:8:7:6:5:4"], "2001:db8:9:8::/64"),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.0/24"),
        ("127.0.0.1", ['"[2001:db8:9:8::1]:4711"'], "2001:db8:9:8::/64"),
        ("127.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.0/24"),
        # A broken list is believed only as far as it makes sense.
        ("127.0.0.1", ["nonsense, 10.1.2.3"], "10.1.2.0/24"),
        ("127.0.0.1", [""], "127.0.0.0/24"),
    ],
)
def test_the_network_is_the_last_that_our_own_proxies_did_not_write(
    peer: str | None, forwarded: list[str], network: str
) -> None:
    assert network_of(peer, forwarded, OURS) == network


def test_without_trusted_proxies_nothing_that_is_sent_counts() -> None:
    assert network_of("127.0.0.1", ["203.0.113.9"], ()) == "127.0.0.0/24"


@given(st.lists(st.text(max_size=60), max_size=4))
def test_whatever_is_sent_is_a_network_or_the_peers(forwarded: list[str]) -> None:
    found = network_of("10.0.0.1", forwarded, OURS)
    assert ip_network(found).prefixlen in (24, 64)
