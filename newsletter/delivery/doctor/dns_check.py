"""What DNS says of who we are, as the large providers read it before they take our mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from newsletter.delivery.dkim import Signer, UnusableDkimKey
from newsletter.delivery.doctor.findings import Finding, advice, fine, problem
from newsletter.delivery.doctor.names import Names
from newsletter.delivery.relay import Relay
from newsletter.settings.values import DkimKey

#: A record of SPF that needs more lookups is an error to whoever reads it (RFC 7208, 4.6.4).
_MOST_LOOKUPS = 10
_LOOKED_UP = re.compile(r"[+~?-]?(?:(include|redirect)[:=](\S+)|(?:a|mx|ptr)(?:[:/].*)?|exists:.*)", re.IGNORECASE)
_ALL = re.compile(r"([+~?-]?)all", re.IGNORECASE)
_POLICIES = ("none", "quarantine", "reject")
_FORMER_TAGS = ("pct", "rf", "ri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom our mail says it is from: the *domains* of its senders, where bounces come back to, the keys, the relay."""

    domains: Sequence[str]
    bounce_domain: str | None
    keys: Sequence[DkimKey]
    relay: Relay | None


def check_dns(identity: Identity, names: Names) -> list[Finding]:
    """Return what is found, the senders' domains one after the other; raise `NoNameServer`."""
    found: list[Finding] = []
    for domain in identity.domains:
        envelope = identity.bounce_domain or domain
        found += _spf(names, envelope)
        found += _dkim(names, domain, identity.keys)
        found += _dmarc(names, domain, envelope, signs=bool(identity.keys))
        found += _mail_exchangers(names, domain, "replies to it are lost, and Outlook refuses such a sender")
    if identity.bounce_domain:
        found += _mail_exchangers(names, identity.bounce_domain, "bounces are lost, and dead addresses stay")
    found += _reverse(names, identity.relay)
    return list(dict.fromkeys(found))


# SPF (RFC 7208)


def _spf(names: Names, domain: str) -> Iterator[Finding]:
    about = f"SPF of {domain}"
    records = _spf_records(names, domain)
    if not records:
        yield problem(
            about,
            "there is none, and Gmail, Yahoo and Outlook refuse mail without it: publish the TXT record "
            f"`v=spf1 mx ip4:ADDRESS -all` at {domain}, with your relay's address",
        )
        return
    if len(records) > 1:
        yield problem(about, f"there are {len(records)} records, which counts as none: keep one")
        return
    [record] = records
    lookups = _lookups(names, record, seen={domain})
    everybody = [sign for term in record.split() if (sign := _ALL.fullmatch(term))]
    if lookups > _MOST_LOOKUPS:
        yield problem(
            about, f"it needs {lookups} lookups, and more than {_MOST_LOOKUPS} count as an error: include fewer"
        )
    elif everybody and everybody[-1][1] in ("", "+"):
        yield problem(about, f"`{everybody[-1][0]}` lets everybody send as {domain}: end it with `-all`")
    elif not everybody and "redirect=" not in record.lower():
        yield advice(about, "it does not say what of all others: end it with `-all`")
    else:
        yield fine(about, f"{record} (see that it allows the address that your relay sends from)")


def _spf_records(names: Names, domain: str) -> list[str]:
    return [text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]


def _lookups(names: Names, record: str, seen: set[str]) -> int:
    """Return how many lookups a record needs, with what it includes; no further than it matters."""
    count = 0
    for term in record.split()[1:]:
        if not (found := _LOOKED_UP.fullmatch(term)):
            continue
        count += 1
        other = (found[2] or "").lower()
        if other and other not in seen and len(seen) <= _MOST_LOOKUPS:
            seen.add(other)
            count += sum(_lookups(names, each, seen) for each in _spf_records(names, other)[:1])
    return count


# DKIM (RFC 6376)


def _dkim(names: Names, domain: str, keys: Sequence[DkimKey]) -> Iterator[Finding]:
    if not keys:
        text = "no key of ours signs (DAILY_DOSE_DKIM_KEYS): let the relay sign, with all headers"
        yield advice(f"DKIM of {domain}", text)
        return
    try:
        signer = Signer(keys, domain)
    except UnusableDkimKey as error:
        yield problem(f"DKIM of {domain}", str(error))
        return
    for selector, (name, record) in zip(signer.selectors, signer.records().items(), strict=True):
        yield _published(f"DKIM key {selector} of {domain}", name, record, names.texts(name))
        if selector in signer.weak:
            yield advice(f"DKIM key {selector}", "Gmail and Yahoo ask for RSA of 2048 bits: add such a key")


def _published(about: str, name: str, record: str, texts: list[str]) -> Finding:
    """Return how a key's record stands to the key."""
    if not texts:
        return problem(
            about, f"it is not published, so that its signatures are worthless: publish at {name} `{record}`"
        )
    if len(texts) > 1:
        return problem(about, f"there are {len(texts)} records at {name}: keep `{record}`")
    said = _tags(texts[0])
    if said.get("p") != _tags(record)["p"] or said.get("k", "rsa") != _tags(record)["k"]:
        return problem(about, f"another key is published, so that every signature fails: publish at {name} `{record}`")
    if "y" in said.get("t", "").split(":"):
        return advice(about, f"it is marked as a test (t=y), and may count for nothing: publish at {name} `{record}`")
    return fine(about, "published as it is used")


# DMARC (RFC 9989)


def _dmarc(names: Names, domain: str, envelope: str, *, signs: bool) -> Iterator[Finding]:
    about = f"DMARC of {domain}"
    found = _policies(names, domain)
    if not found:
        yield problem(
            about,
            "there is none, and Gmail, Yahoo and Outlook refuse bulk mail without it: publish the TXT record "
            f"`v=DMARC1; p=none; np=reject; rua=mailto:dmarc@{domain}` at _dmarc.{domain}",
        )
        return
    (place, records), organisation = found[0], found[-1][0]
    tags = _tags(records[0])
    policy = tags.get("p", "").lower()
    if len(records) > 1 or policy not in _POLICIES:
        wrong = f"{len(records)} records" if len(records) > 1 else f"`{records[0]}`"
        yield problem(about, f"{wrong} at _dmarc.{place} count as none: keep one, with p=none, quarantine or reject")
        return
    yield fine(about, records[0])
    yield from _dmarc_advice(about, tags, policy)
    strict = tags.get("aspf", "r").lower() == "s"
    if envelope != domain and (strict or not _within(envelope, organisation)):
        text = f"{envelope}, to which bounces go, does not count as {domain}: set DAILY_DOSE_BOUNCE_DOMAIN to "
        text += f"a name below {organisation}" + (", and leave out aspf=s" if strict else "")
        yield (advice if signs else problem)(f"alignment of {domain}", text)


def _dmarc_advice(about: str, tags: dict[str, str], policy: str) -> Iterator[Finding]:
    if policy == "none":
        yield advice(about, "p=none only watches: once the reports are clean, publish p=quarantine, then p=reject")
    if "rua" not in tags:
        yield advice(about, "nobody gets its reports: add rua=mailto: and an address that is read")
    if tags.get("np", tags.get("sp", policy)).lower() != "reject":
        yield advice(about, "add np=reject: then nobody can send as a name below yours that is not there")
    if gone := [tag for tag in _FORMER_TAGS if tag in tags]:
        yield advice(about, f"leave out {', '.join(gone)}: RFC 9989 has no such tags")


def _policies(names: Names, domain: str) -> list[tuple[str, list[str]]]:
    """Return the names with a record from *domain* upwards, at the most as far as the tree is walked (RFC 9989)."""
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(max(len(labels) - 1, 1))][:8]
    read = ((name, names.texts(f"_dmarc.{name}")) for name in above)
    told = ((name, [text for text in texts if re.match(r"v\s*=\s*DMARC1\b", text)]) for name, texts in read)
    return [(name, records) for name, records in told if records]


# Hosts


def _mail_exchangers(names: Names, domain: str, otherwise: str) -> Iterator[Finding]:
    about = f"MX of {domain}"
    hosts = names.exchangers(domain)
    if hosts == [""]:
        yield problem(about, f"it says that {domain} takes no mail: {otherwise}: publish an MX record with a host")
        return
    if not (hosts or names.addresses(domain)):
        yield problem(about, f"there is none: {otherwise}: publish one, such as `10 mx.{domain}.`")
        return
    lost = [host for host in hosts if not names.addresses(host)]
    if lost:
        yield problem(about, f"{', '.join(lost)} has no address: {otherwise}: publish an A record for it")
    else:
        yield fine(about, ", ".join(hosts) or "none, but an address of its own, which does")


def _reverse(names: Names, relay: Relay | None) -> Iterator[Finding]:
    """Look whether the relay's addresses say who they are."""
    if relay is None:
        return
    addresses = _addresses(names, relay.host)
    if not addresses:
        yield problem("relay", f"{relay.host} has no address: is DAILY_DOSE_SMTP_URL right?")
    public = [address for address in addresses if ip_address(address).is_global]
    if addresses and not public:
        text = "it is on a network of your own: see that the public address that it sends from has a PTR record"
        yield advice("PTR of the relay", f"{text}, and that its host leads back to that address")
    for address in public:
        about, hosts = f"PTR of {address}", names.hosts(address)
        if any(address in names.addresses(host) for host in hosts):
            yield fine(about, ", ".join(hosts))
        elif hosts:
            text = f"{', '.join(hosts)} does not lead back to it, and Gmail refuses (5.7.25): give it that address"
            yield problem(about, text)
        else:
            yield problem(about, f"there is none, and Gmail refuses (5.7.25): ask who rents it out for {relay.host}")


def _addresses(names: Names, host: str) -> list[str]:
    if host == "localhost":
        return ["127.0.0.1"]
    try:
        return [str(ip_address(host))]
    except ValueError:
        return names.addresses(host)


def _within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _tags(record: str) -> dict[str, str]:
    """Return the tags of a record, by name; white space in values means nothing."""
    pairs = (tag.partition("=") for tag in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, equals, value in pairs if equals}
