"""Tokens: believed when they are ours, for this, and in time; and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.tokens import ExpiredToken, InvalidToken, Keyring, Purpose

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
KEYS = Keyring([OLD])
ENDLESS = [purpose for purpose in Purpose if purpose.lifetime is None]
TIMED = [purpose for purpose in Purpose if purpose.lifetime is not None]


@given(st.sampled_from(Purpose), st.binary(max_size=40))
def test_what_is_sealed_is_opened(purpose: Purpose, subject: bytes) -> None:
    assert KEYS.open(purpose, KEYS.seal(purpose, subject, NOW), NOW) == subject
    assert KEYS.open_from_mail(purpose, KEYS.seal_for_mail(purpose, subject, NOW), NOW) == subject


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("other", Purpose)
def test_a_token_is_believed_for_its_purpose_alone(purpose: Purpose, other: Purpose) -> None:
    token = KEYS.seal(purpose, b"1234567890", NOW)
    if purpose is other:
        assert KEYS.open(other, token, NOW) == b"1234567890"
    else:
        with pytest.raises(InvalidToken):
            KEYS.open(other, token, NOW)


def test_no_letter_of_a_token_can_be_changed() -> None:
    token = KEYS.seal(Purpose.UNSUBSCRIBE, b"reader", NOW)
    for at, letter in enumerate(token):
        for another in "Aa0-_.~=\n ":
            if another == letter:
                continue
            with pytest.raises(InvalidToken):
                KEYS.open(Purpose.UNSUBSCRIBE, token[:at] + another + token[at + 1 :], NOW)
    for other in (token[:-1], token + "A", token + "=", "", "a", token * 9, "ä" * 20, token.swapcase()):
        with pytest.raises(InvalidToken):
            KEYS.open(Purpose.UNSUBSCRIBE, other, NOW)


@given(st.text(max_size=60))
def test_what_anybody_writes_is_no_token(text: str) -> None:
    for read in (KEYS.open, KEYS.open_from_mail):
        with pytest.raises(InvalidToken):
            read(Purpose.UNSUBSCRIBE, text, NOW)


def test_a_mail_server_may_change_the_case_of_a_token_in_a_mailbox() -> None:
    token = KEYS.seal_for_mail(Purpose.BOUNCE, b"\x00\x00\x00\x07\x00\x01\x86\xa0", NOW)
    assert token == token.lower()
    assert token.isalnum()
    assert len(f"b+{token}") <= 64  # RFC 5321, 4.5.3.1.1
    assert KEYS.open_from_mail(Purpose.BOUNCE, token.upper(), NOW) == b"\x00\x00\x00\x07\x00\x01\x86\xa0"


@pytest.mark.parametrize("purpose", TIMED)
def test_a_token_with_a_lifetime_is_believed_until_it_is_over(purpose: Purpose) -> None:
    token = KEYS.seal(purpose, b"reader", NOW)
    assert purpose.lifetime is not None
    assert KEYS.open(purpose, token, NOW + purpose.lifetime) == b"reader"
    with pytest.raises(ExpiredToken):
        KEYS.open(purpose, token, NOW + purpose.lifetime + timedelta(seconds=1))


@pytest.mark.parametrize("purpose", ENDLESS)
def test_a_link_to_leave_works_for_as_long_as_its_key_is_kept(purpose: Purpose) -> None:
    token = KEYS.seal(purpose, b"reader", NOW)
    assert token == KEYS.seal(purpose, b"reader", NOW + timedelta(days=1))
    later = NOW + timedelta(days=365 * 20)
    assert Keyring([NEW, OLD]).open(purpose, token, later) == b"reader"
    with pytest.raises(InvalidToken):
        Keyring([NEW]).open(purpose, token, later)


def test_the_newest_key_signs() -> None:
    assert Keyring([NEW, OLD]).seal(Purpose.UNSUBSCRIBE, b"x", NOW) == Keyring([NEW]).seal(
        Purpose.UNSUBSCRIBE, b"x", NOW
    )


def test_another_services_token_is_none_of_ours() -> None:
    with pytest.raises(InvalidToken):
        KEYS.open(Purpose.UNSUBSCRIBE, Keyring([OTHER]).seal(Purpose.UNSUBSCRIBE, b"x", NOW), NOW)


@pytest.mark.parametrize("secrets", [[], [b""], [b"x" * 31], [OLD, b"short"]])
def test_a_key_that_could_be_guessed_is_refused(secrets: list[bytes]) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Keyring(secrets)
