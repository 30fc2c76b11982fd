"""By which means mail goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from newsletter.delivery.connections import Route
from newsletter.delivery.deciding import Retries
from newsletter.delivery.dkim import Signer
from newsletter.delivery.generations import Witness
from newsletter.delivery.outbox import Outbox
from newsletter.settings.values import Rate
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """
    What sending needs to know, beside what to send.

    *route* leads to a relay; without one mail goes into the *outbox*. *lease* is how long a claim holds. Rates are the
    most in all and to a domain; *warm_up* is the most of the first day.
    """

    outbox: Outbox
    keys: Keyring
    max_late: timedelta = timedelta(hours=12)
    lease: timedelta = timedelta(minutes=2)
    route: Route | None = None
    retries: Retries = field(default_factory=Retries)
    rate: Rate | None = None
    domain_rates: dict[str, Rate] = field(default_factory=dict)
    warm_up: int | None = None
    bounce_domain: str | None = None
    signer: Signer | None = None
    witness: Witness | None = None
