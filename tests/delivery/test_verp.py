"""Addresses that mail comes back to: believed when they are ours, and no others."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import verp
from newsletter.render.list_headers import LEAVE_MAILBOX
from newsletter.tokens import Keyring, Purpose

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
KEYS = Keyring([b"1" * 32])
OTHERS = Keyring([b"2" * 32])
DOMAIN = "bounce.example.org"
READER = UUID("11111111-2222-4333-8444-555555555555")
ADDRESS = verp.bounce_address(KEYS, READER.bytes, 7, DOMAIN, NOW)


def leave_address(reader: UUID) -> str:
    return f"{LEAVE_MAILBOX}+{KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, reader.bytes, NOW)}@{DOMAIN}"


LEAVE = leave_address(READER)

MAILINGS = st.integers(min_value=0, max_value=2**24 - 1)


def _in_any_case(address: str) -> st.SearchStrategy[str]:
    return st.lists(st.booleans(), min_size=len(address), max_size=len(address)).map(
        lambda big: "".join(letter.upper() if up else letter for letter, up in zip(address, big, strict=True))
    )


@given(st.uuids(), MAILINGS, st.data())
def test_an_address_says_whose_mail_of_which_mailing_came_back_whatever_its_case(reader, mailing, data):
    address = verp.bounce_address(KEYS, reader.bytes, mailing, DOMAIN, NOW)
    changed = data.draw(_in_any_case(address))

    assert verp.opened(KEYS, changed, DOMAIN, NOW + timedelta(days=9999)) == (reader, mailing)
    assert address == address.lower()
    assert len(address.partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1


@given(st.uuids(), st.data())
def test_an_address_to_leave_by_says_who_leaves_whatever_its_case(reader, data):
    address = leave_address(reader)

    assert verp.leaving(KEYS, data.draw(_in_any_case(address)), DOMAIN, NOW) == reader
    assert len(address.partition("@")[0]) <= 64


def test_a_retry_has_the_same_address():
    assert verp.bounce_address(KEYS, READER.bytes, 7, DOMAIN, NOW + timedelta(hours=9)) == ADDRESS


def test_neither_address_is_believed_as_the_other():
    token = LEAVE.removeprefix("u+")
    assert verp.opened(KEYS, LEAVE, DOMAIN, NOW) is None
    assert verp.leaving(KEYS, ADDRESS, DOMAIN, NOW) is None
    assert verp.opened(KEYS, f"b+{token}", DOMAIN, NOW) is None
    assert verp.leaving(KEYS, f"u+{ADDRESS.removeprefix('b+')}", DOMAIN, NOW) is None


def test_an_address_of_another_domain_or_service_is_none_of_ours():
    local = ADDRESS.partition("@")[0]
    for domain in ("example.org", "x.bounce.example.org", "bounce.example.org.evil.example", ""):
        assert verp.opened(KEYS, f"{local}@{domain}", DOMAIN, NOW) is None
    assert verp.opened(OTHERS, ADDRESS, DOMAIN, NOW) is None
    assert verp.leaving(OTHERS, LEAVE, DOMAIN, NOW) is None


@given(st.integers(min_value=0, max_value=len(ADDRESS) - 1), st.sampled_from(string.printable + "ſıä\0"))
def test_no_letter_of_it_can_be_changed(at, letter):
    changed = ADDRESS[:at] + letter + ADDRESS[at + 1 :]
    said = (READER, 7) if changed.lower() == ADDRESS else None

    assert verp.opened(KEYS, changed, DOMAIN, NOW) == said


@given(st.text(max_size=90))
@pytest.mark.parametrize("form", ["{}", "b+{}", "{}@bounce.example.org", "b+{}@bounce.example.org", "u+{}@{}"])
def test_what_anybody_writes_is_no_address_of_ours(form, text):
    address = form.format(text, DOMAIN)

    assert verp.opened(KEYS, address, DOMAIN, NOW) is None
    assert verp.leaving(KEYS, address, DOMAIN, NOW) is None


@pytest.mark.parametrize("subject", [b"", READER.bytes, READER.bytes + b"12", READER.bytes + b"1234"])
def test_a_token_about_something_else_is_none(subject):
    assert verp.opened(KEYS, f"b+{KEYS.seal_for_mail(Purpose.BOUNCE, subject, NOW)}@{DOMAIN}", DOMAIN, NOW) is None


def test_a_mailing_that_an_address_has_no_room_for_is_refused():
    with pytest.raises(OverflowError):
        verp.bounce_address(KEYS, READER.bytes, 2**24, DOMAIN, NOW)
