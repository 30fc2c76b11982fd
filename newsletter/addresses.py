"""Mail addresses: what is one, how it is written to, and how it is compared."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import NewsletterError

#: RFC 5321, 4.5.3.1.3, without its angle brackets.
_LONGEST = 254
#: Mailboxes whose case means nothing (RFC 2142); the library writes them small.
_ROLES = "info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp"
#: Top-level domains that are no mail's, or only in tests.
_NOBODYS = "arpa invalid local localhost onion test"
#: What nine of ten addresses are: words of letters and digits at a host of such words, within every limit of length.
_PLAIN = re.compile(
    r"(?P<local>(?![^@]{65})(?!(?:" + _ROLES.replace(" ", "|") + r")@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)"
    r"@(?P<domain>(?:(?![a-z0-9-]{64})[a-z0-9]+(?:-[a-z0-9]+)*\.)+"
    r"(?!(?:" + _NOBODYS.replace(" ", "|") + r")\Z)(?![a-z0-9-]{64})[a-z]+)",
    re.ASCII | re.IGNORECASE,
)


class InvalidAddress(NewsletterError):
    """This can't be an e-mail address."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"{address[:80]!r} is no e-mail address: {why}")
        self.address = address
        #: The reason alone.
        self.why = why


def normal_address(text: str) -> tuple[str, str]:
    """
    Return an address as it is written to, and as it is compared.

    Syntax and lengths of RFC 5321, the domain in IDNA 2008; no server is asked. Raises `InvalidAddress`.
    """
    given = text.strip()
    # The library takes fifty times as long; where this accepts, it says the same.
    plain = _PLAIN.fullmatch(given) if len(given) <= _LONGEST else None
    if plain is not None:
        domain = plain["domain"].lower()
        return f"{plain['local']}@{domain}", f"{plain['local'].lower()}@{domain}"
    try:
        # A local part beyond ASCII needs SMTPUTF8 all the way to its box: not promised yet, so refused at the door.
        valid = validate_email(
            given, check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError as error:
        raise InvalidAddress(text, _several(given) or str(error)) from error
    return valid.ascii_email or valid.normalized, f"{valid.local_part.casefold()}@{valid.ascii_domain.casefold()}"


def _several(text: str) -> str | None:
    """Say so where more than one address stands in *text*."""
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    several = len(parts) > 1 and sum("@" in part for part in parts) > 1 and '"' not in text
    return "expected one address, got more than one" if several else None
