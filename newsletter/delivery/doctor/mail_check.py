"""What the settings and the relay make of mail, as the large providers take it."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr
from ipaddress import ip_address

from newsletter.delivery.connections import Route
from newsletter.delivery.dkim import Signer, UnusableDkimKey
from newsletter.delivery.doctor.findings import Finding, advice, fine, problem
from newsletter.delivery.relay import Relay, RelayUnusable
from newsletter.delivery.smtp import Session
from newsletter.settings import Settings

#: A mail with its signatures is smaller, in bytes.
_LARGEST_MAIL = 200_000


def check_mail(settings: Settings, route: Route | None) -> list[Finding]:
    """Return what is found; *route* leads to the relay, which is greeted and sent nothing."""
    return [*_of_settings(settings), *_of_keys(settings), *_of_relay(route)]


def _of_settings(settings: Settings) -> Iterator[Finding]:
    domain = parseaddr(settings.from_address)[1].rpartition("@")[2].lower()
    if "." not in domain:
        text = f"{domain} is no domain that others know: set it to an address of a domain of yours"
        yield problem("DAILY_DOSE_FROM", text)
    else:
        yield fine("DAILY_DOSE_FROM", settings.from_address)
    if not settings.base_url.startswith("https://"):
        text = f"{settings.base_url}: one click can't leave, which Gmail and Yahoo ask for (RFC 8058): serve it by https://"
        yield problem("DAILY_DOSE_BASE_URL", text)
    if settings.bounce_domain is None:
        text = "not set: bounces go to the sender's mailbox, and dead addresses stay: set a domain whose mail we read"
        yield advice("DAILY_DOSE_BOUNCE_DOMAIN", text)
    if not settings.postal_address:
        text = "not set: many countries' law asks for the sender's postal address in each mail"
        yield advice("DAILY_DOSE_POSTAL_ADDRESS", text)


def _of_keys(settings: Settings) -> Iterator[Finding]:
    about = "DAILY_DOSE_DKIM_KEYS"
    try:
        signer = Signer(settings.dkim_keys, "localhost")
    except UnusableDkimKey as error:
        yield problem(about, str(error).removeprefix(f"{about}: "))
        return
    for selector in signer.weak:
        yield advice(about, f"{selector} is short: Gmail and Yahoo ask for RSA of 2048 bits")
    if signer.selectors:
        yield fine(about, f"{', '.join(signer.selectors)} can sign")
    else:
        yield advice(
            about, "not set: Gmail, Yahoo and Outlook refuse bulk mail without DKIM: set it, or let the relay sign"
        )


def _of_relay(route: Route | None) -> Iterator[Finding]:
    if route is None:
        yield advice("DAILY_DOSE_SMTP_URL", "mail goes into the outbox alone: name a relay when readers are to get it")
        return
    relay = route.relay
    about = f"relay {relay}"
    if relay.security == "smtp" and not _is_near(relay):
        told = (
            "password and mail go over the network in the clear"
            if relay.user
            else "mail goes over the network in the clear"
        )
        yield (problem if relay.user else advice)(about, f"{told}: use smtps:// or smtp+starttls://")
    try:
        with Session(relay, host_name=route.host_name, patience=route.patience) as session:
            largest = session.largest
    except RelayUnusable as error:
        yield problem(about, str(error).removeprefix(f"the mail server {relay} can't be used: "))
        return
    if largest is not None and largest < _LARGEST_MAIL:
        text = f"it takes no mail of more than {largest:,} bytes: let it take {_LARGEST_MAIL:,}"
        yield problem(about, text)
    else:
        yield fine(about, "it greets us" + (", by TLS" if relay.security != "smtp" else ""))


def _is_near(relay: Relay) -> bool:
    """Say whether the relay is on this machine."""
    try:
        return ip_address(relay.host).is_loopback
    except ValueError:
        return relay.host == "localhost"
