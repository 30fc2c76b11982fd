"""Addresses of every odd kind: one clear reason each, or one way to write and to compare it."""

from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from newsletter.addresses import _PLAIN, InvalidAddress, normal_address

LABEL = "a" * 63


@pytest.mark.parametrize(
    ("text", "written", "compared"),
    [
        ("reader@example.org", "reader@example.org", "reader@example.org"),
        (" Reader@Example.ORG\r\n", "Reader@example.org", "reader@example.org"),
        ("first.last+news@sub.example.org", "first.last+news@sub.example.org", "first.last+news@sub.example.org"),
        ("o'neil!#$%&*/=?^`{|}~@example.org", "o'neil!#$%&*/=?^`{|}~@example.org", "o'neil!#$%&*/=?^`{|}~@example.org"),
        ("reader@BÜCHER.example.org", "reader@xn--bcher-kva.example.org", "reader@xn--bcher-kva.example.org"),
        ("reader@XN--Bcher-Kva.example.org", "reader@xn--bcher-kva.example.org", "reader@xn--bcher-kva.example.org"),
        # IDNA 2008: a sharp s is a letter of its own.
        ("reader@straße.example.org", "reader@xn--strae-oqa.example.org", "reader@xn--strae-oqa.example.org"),
        ("reader@例え。example.org", "reader@xn--r8jz45g.example.org", "reader@xn--r8jz45g.example.org"),
        ("INFO@example.org", "info@example.org", "info@example.org"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        (f"a@{LABEL}.{LABEL}.{LABEL}.{'b' * 56}.org", *[f"a@{LABEL}.{LABEL}.{LABEL}.{'b' * 56}.org"] * 2),
        ("a@xn.example.org", "a@xn.example.org", "a@xn.example.org"),
        ("reader@example.test", "reader@example.test", "reader@example.test"),
    ],
)
def test_an_address_is_written_and_compared_in_one_way(text, written, compared):
    assert normal_address(text) == (written, compared)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must have an @-sign"),
        ("nobody", "must have an @-sign"),
        ("a@b", "should have a period"),
        ("a@b@example.org", "invalid characters"),
        ("a@example.org,b@example.org", "expected one address, got more than one"),
        ("a@example.org; b@example.org", "expected one address, got more than one"),
        ("a@example.org b@example.org", "expected one address, got more than one"),
        ("Reader <reader@example.org>", "display name"),
        ('"A reader" <reader@example.org>', "display name"),
        ('"a reader"@example.org', "Quoting the part before the @-sign is not allowed"),
        ('"a@b"@example.org', "Quoting the part before the @-sign is not allowed"),
        (".a@example.org", "cannot start with a period"),
        ("a..b@example.org", "two periods"),
        ("a@example..org", "two periods"),
        ("a@-example.org", "hyphen"),
        ("a@ab--cd.org", "two dashes"),
        ("a@xn--zzzzzz-.org", "hyphen"),
        ("a@exa_mple.org", "invalid characters"),
        ("a@[192.0.2.1]", "bracketed IP address"),
        ("a@example.localhost", "special-use"),
        ("a@example.invalid", "special-use"),
        ("a@example.123", "top-level domain"),
        ("a\x00b@example.org", "invalid characters"),
        ("a@exam\x07ple.org", "invalid characters"),
        ("a\nb@example.org", "invalid characters"),
        ("a@example.org\nBcc: b@example.org", "expected one address"),
        ("a\u200b@example.org", "Internationalized characters"),
        ("a\u202e@example.org", "Internationalized characters"),
        ("müller@example.org", "Internationalized characters"),
        ("a\udc80@example.org", "Internationalized characters"),
        ("=?utf-8?q?a=0Ab?=@example.org\n x@y.org", "expected one address"),
        (f"{'a' * 65}@example.org", "too long before the @-sign"),
        (f"a@{'b' * 64}.org", "cannot be separated by so many"),
        (f"{'a' * 64}@{LABEL}.{LABEL}.{'b' * 59}.org", "too long"),
        (f"{'a' * 64}@{('b' * 50 + '.') * 5}org", "too long"),
        (f"{'a' * 316}@b.c", "too long before the @-sign"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text, why):
    with pytest.raises(InvalidAddress, match="is no e-mail address") as refused:
        normal_address(text)
    assert why in refused.value.why


PART = st.text("aZ09-_+.", min_size=1, max_size=70)
WORD = st.sampled_from(
    ["a", "Z9", "0", "a-b", "a--b", "-a", "a-", "xn--a", "info", "test", "local", LABEL, LABEL + "a", "org"]
)
DOMAIN = st.lists(st.one_of(WORD, PART), min_size=1, max_size=6).map(".".join)
LOCAL = st.one_of(st.sampled_from(["info", "INFO", "infos", "a" * 64, "a" * 65, ".a", "a.", "a..b"]), PART)


@settings(max_examples=50)  # the library takes a tenth of a second for some
@given(st.one_of(st.builds("{}@{}".format, LOCAL, DOMAIN), st.from_regex(_PLAIN, fullmatch=True)))
@example(f"{'a' * 64}@{LABEL}.{LABEL}.{LABEL}.{'b' * 60}.org")
def test_what_is_taken_for_plain_the_library_takes_so_too(text):
    assume(_PLAIN.fullmatch(text) and len(text) <= 254)

    valid = validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True)

    assert normal_address(text) == (
        valid.ascii_email,
        f"{valid.local_part.casefold()}@{valid.ascii_domain.casefold()}",
    )


@given(st.text(max_size=60) | st.builds("{}@{}".format, st.text(max_size=20), DOMAIN))
def test_whatever_is_taken_is_ascii_in_one_line_and_stays_the_same(text):
    try:
        written, compared = normal_address(text)
    except InvalidAddress:
        return
    assert written.isascii()
    assert written.isprintable()
    assert " " not in written
    assert normal_address(written) == (written, compared)
    assert normal_address(compared)[1] == compared
