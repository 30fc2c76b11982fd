"""The doctor of mail: each thing that a large provider would refuse is told with how to mend it, and nothing else."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dkim_keys import key
from servers.name_server import NameServer, Zone, running_dns
from servers.ports import free_port
from servers.smtp_sink import SmtpSink

from newsletter.bootstrap import route_of
from newsletter.delivery.dkim import Signer
from newsletter.delivery.doctor.dns_check import Identity, check_dns
from newsletter.delivery.doctor.findings import Finding, Weight
from newsletter.delivery.doctor.mail_check import check_mail
from newsletter.delivery.doctor.names import Names, NoNameServer, resolver
from newsletter.delivery.relay import Relay
from newsletter.settings import Settings
from newsletter.settings.values import DkimKey

DOMAIN, BOUNCES, HOST, ADDRESS = "example.org", "bounce.example.org", "mx.example.org", "93.184.215.14"
KEY_NAME = "2026a._domainkey.example.org"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[DkimKey]:
    folder = tmp_path_factory.mktemp("keys")
    return [key(folder, "2026a", "rsa2048"), key(folder, "2026b", "ed25519")]


@pytest.fixture(scope="module")
def right(keys: list[DkimKey]) -> Zone:
    """Give a zone in which all is as it should be."""
    zone: Zone = {
        DOMAIN: {"TXT": ["other=1", "v=spf1 mx -all"], "MX": [f"10 {HOST}."]},
        BOUNCES: {"TXT": ["v=spf1 include:example.org -all"], "MX": [f"10 {HOST}."]},
        "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject; rua=mailto:dmarc@example.org"]},
        HOST: {"A": [ADDRESS]},
        "14.215.184.93.in-addr.arpa": {"PTR": [f"{HOST}."]},
    }
    return zone | {name: {"TXT": [text]} for name, text in Signer(keys, DOMAIN).records().items()}


@pytest.fixture
def server(right: Zone) -> Iterator[NameServer]:
    with running_dns(copy.deepcopy(right)) as running:
        yield running


@pytest.fixture
def examine(server: NameServer, keys: list[DkimKey]) -> Callable[..., list[Finding]]:
    """Give what looks at the zone, with whatever of our identity is said to be otherwise."""

    def looked(**changes: object) -> list[Finding]:
        given = {"domains": [DOMAIN], "bounce_domain": BOUNCES, "keys": keys, "relay": Relay(host=HOST, port=25)}
        return check_dns(Identity(**(given | changes)), Names(resolver(f"127.0.0.1:{server.port}")))

    return looked


def bad(findings: list[Finding]) -> list[str]:
    return [f"{finding.weight}: {finding}" for finding in findings if finding.weight is not Weight.FINE]


def test_where_all_is_as_it_should_be_nothing_is_minded(examine):
    findings = examine()

    assert bad(findings) == []
    assert [finding.about for finding in findings] == [
        "SPF of bounce.example.org",
        "DKIM key 2026a of example.org",
        "DKIM key 2026b of example.org",
        "DMARC of example.org",
        "MX of example.org",
        "MX of bounce.example.org",
        f"PTR of {ADDRESS}",
    ]


ELSEWHERE = {"A": ["93.184.215.15"]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        # SPF
        ({BOUNCES: {"MX": [f"10 {HOST}."]}}, ["problem: SPF of bounce.example.org: there is none, "]),
        (
            {BOUNCES: {"TXT": ["v=spf1 -all", "v=spf1 mx -all"], "MX": [f"10 {HOST}."]}},
            ["problem: SPF of bounce.example.org: there are 2 records, "],
        ),
        (
            {BOUNCES: {"TXT": ["v=spf1 +all"], "MX": [f"10 {HOST}."]}},
            ["problem: SPF of bounce.example.org: `.all` lets everybody send"],
        ),
        (
            {BOUNCES: {"TXT": ["v=spf1 mx"], "MX": [f"10 {HOST}."]}},
            ["advice: SPF of bounce.example.org: it does not say what of all others"],
        ),
        (
            {
                BOUNCES: {"TXT": ["v=spf1 include:a.example.org include:example.org -all"], "MX": [f"10 {HOST}."]},
                "a.example.org": {
                    "TXT": ["v=spf1 a:1.example mx:2.example a mx exists:3.example a/24 a:4.example ptr -all"]
                },
            },
            ["problem: SPF of bounce.example.org: it needs 11 lookups"],
        ),
        (
            {
                BOUNCES: {
                    "TXT": ["v=spf1 include:bounce.example.org redirect=bounce.example.org"],
                    "MX": [f"10 {HOST}."],
                }
            },
            [],
        ),
        # DKIM
        ({KEY_NAME: {}}, [f"problem: DKIM key 2026a of example.org: it is not published, .* at {KEY_NAME} `v=DKIM1; "]),
        (
            {KEY_NAME: {"TXT": ["v=DKIM1; k=rsa; p=MIIBIjANBgkq"]}},
            [f"problem: DKIM key 2026a of example.org: another key is published.* at {KEY_NAME} `v=DKIM1; "],
        ),
        ({KEY_NAME: {"TXT": ["v=DKIM1; p="]}}, ["problem: DKIM key 2026a of example.org: another key is published"]),
        ({KEY_NAME: {"TXT": ["a", "b"]}}, ["problem: DKIM key 2026a of example.org: there are 2 records"]),
        # DMARC
        ({"_dmarc.example.org": {}}, ["problem: DMARC of example.org: there is none, .*np=reject"]),
        ({"_dmarc.example.org": {"TXT": ["v=DMARC1; rua=mailto:x@y.z"]}}, ["problem: DMARC of .* count as none"]),
        (
            {"_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}},
            ["problem: DMARC of .*2 records"],
        ),
        (
            {"_dmarc.example.org": {"TXT": ["v=DMARC1; p=none; pct=50; ri=3600"]}},
            [
                "advice: DMARC of example.org: p=none only watches",
                "advice: DMARC of example.org: nobody gets its reports",
                "advice: DMARC of example.org: add np=reject",
                "advice: DMARC of example.org: leave out pct, ri",
            ],
        ),
        ({"_dmarc.example.org": {"TXT": ["v=DMARC1; p=quarantine; np=reject; rua=mailto:x@y.z"]}}, []),
        (
            {"_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject; aspf=s; rua=mailto:x@y.z"]}},
            ["advice: alignment of example.org: bounce.example.org, .*leave out aspf=s"],
        ),
        # Hosts
        ({DOMAIN: {"TXT": ["v=spf1 mx -all"]}}, ["problem: MX of example.org: there is none: .* Outlook"]),
        (
            {DOMAIN: {"TXT": ["v=spf1 mx -all"], "MX": ["0 ."]}},
            ["problem: MX of example.org: it says .* takes no mail"],
        ),
        (
            {BOUNCES: {"TXT": ["v=spf1 mx -all"], "MX": ["10 gone.example.org."]}},
            ["problem: MX of bounce.example.org: gone.example.org has no address: bounces are lost"],
        ),
        ({BOUNCES: {"TXT": ["v=spf1 mx -all"], "A": [ADDRESS]}}, []),
        ({"14.215.184.93.in-addr.arpa": {}}, [f"problem: PTR of {ADDRESS}: there is none, and Gmail refuses"]),
        (
            {"14.215.184.93.in-addr.arpa": {"PTR": ["other.example.org."]}, "other.example.org": ELSEWHERE},
            [f"problem: PTR of {ADDRESS}: other.example.org does not lead back"],
        ),
    ],
)
def test_what_a_provider_would_refuse_is_told_with_how_to_mend_it(examine, server, changes, said):
    server.zone.update(changes)
    found = bad(examine())

    assert len(found) == len(said), found
    for line, pattern in zip(found, said, strict=True):
        assert "\n" not in line
        assert re.match(pattern, line), line


def test_a_key_under_test_and_one_that_is_short_are_told(examine, server, tmp_path):
    short = key(tmp_path, "old", "rsa1024")
    [(name, record)] = Signer([short], DOMAIN).records().items()
    server.zone[name] = {"TXT": [record + "; t=y"]}

    assert [line.partition(": publish")[0] for line in bad(examine(keys=[short]))] == [
        "advice: DKIM key old of example.org: it is marked as a test (t=y), and may count for nothing",
        "advice: DKIM key old: Gmail and Yahoo ask for RSA of 2048 bits: add such a key",
    ]


def test_a_key_that_cannot_be_used_is_a_problem_and_none_is_advice(examine, tmp_path):
    assert bad(examine(keys=[key(tmp_path, "s", "ec")]))[0].startswith(
        "problem: DKIM of example.org: DAILY_DOSE_DKIM_KEYS"
    )
    assert bad(examine(keys=[])) == [
        "advice: DKIM of example.org: no key of ours signs (DAILY_DOSE_DKIM_KEYS): let the relay sign, with all headers"
    ]


def test_bounces_at_a_domain_of_another_house_prove_nothing(examine, server, keys):
    server.zone["bounce.example.com"] = server.zone[BOUNCES]
    signed = bad(examine(bounce_domain="bounce.example.com"))
    unsigned = bad(examine(bounce_domain="bounce.example.com", keys=[]))

    assert [line.partition(",")[0] for line in signed] == ["advice: alignment of example.org: bounce.example.com"]
    assert unsigned[1].startswith("problem: alignment of example.org: bounce.example.com")


def test_a_subdomain_is_judged_by_the_policy_above_it(examine, server, keys):
    """RFC 9989: the tree is walked."""
    server.zone["news.example.org"] = server.zone[DOMAIN]
    signer = Signer(keys, "news.example.org")
    server.zone.update({name: {"TXT": [text]} for name, text in signer.records().items()})

    assert bad(examine(domains=["news.example.org"])) == []


def test_every_sender_is_looked_at_and_nothing_is_told_twice(examine, server):
    findings = examine(domains=[DOMAIN, "other.example"])

    assert {line.partition(": ")[2].partition(":")[0] for line in bad(findings)} == {
        *(f"DKIM key {selector} of other.example" for selector in ("2026a", "2026b")),
        *("DMARC of other.example", "MX of other.example"),
    }
    assert len(findings) == len(set(findings))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.1", "::1"])
def test_of_a_relay_on_our_own_network_dns_knows_nothing(examine, host):
    [line] = bad(examine(relay=Relay(host=host, port=25)))

    assert line.startswith("advice: PTR of the relay: it is on a network of your own")


def test_a_relay_that_is_nowhere_is_a_problem(examine):
    assert bad(examine(relay=Relay(host="nowhere.example", port=25))) == [
        "problem: relay: nowhere.example has no address: is DAILY_DOSE_SMTP_URL right?"
    ]
    assert bad(examine(relay=None)) == []


def test_a_name_server_that_says_nothing_is_one_clear_error(examine, server):
    server.zone[BOUNCES] = {"TXT": ["v=spf1 include:broken.example -all"]}
    server.broken.add("broken.example")

    with pytest.raises(NoNameServer, match=r"DNS can't be asked about broken\.example"):
        examine()


@pytest.mark.parametrize("server", ["dns.example.org", "1.2.3", "1.2.3.4:x", "1.2.3.4:99999", ""])
def test_only_an_address_is_a_name_server(server):
    with pytest.raises(ValueError, match=r"."):
        resolver(server)


# Mail


def settings(tmp_path: Path, **given: object) -> Settings:
    fit = {
        "home": tmp_path,
        "base_url": "https://dose.example.org",
        "from_address": "Daily Dose <dose@example.org>",
        "postal_address": "1 Example Street",
        "bounce_domain": BOUNCES,
    }
    return Settings(**(fit | given))


def told(given: Settings) -> list[str]:
    return bad(check_mail(given, route_of(given)))


def test_settings_and_relay_that_are_right_are_minded_by_nobody(tmp_path, keys, sink: Callable[..., SmtpSink]):
    assert told(settings(tmp_path, smtp_url=sink().url, dkim_keys=tuple(keys))) == []


def test_settings_that_a_provider_minds_are_told(tmp_path):
    lines = told(Settings(home=tmp_path))

    assert [line.rpartition("DAILY_DOSE_")[0] + line.split("DAILY_DOSE_")[1].split(":")[0] for line in lines] == [
        "problem: FROM",
        "problem: BASE_URL",
        "advice: BOUNCE_DOMAIN",
        "advice: POSTAL_ADDRESS",
        "advice: DKIM_KEYS",
        "advice: SMTP_URL",
    ]


def test_keys_that_cannot_be_used_or_are_short_are_told(tmp_path, keys):
    [wrong, _] = told(settings(tmp_path, dkim_keys=(key(tmp_path, "ec", "ec"),)))
    [short, _] = told(settings(tmp_path, dkim_keys=(key(tmp_path, "old", "rsa1024"),)))

    assert wrong.startswith("problem: DAILY_DOSE_DKIM_KEYS: expected a private key")
    assert short.startswith("advice: DAILY_DOSE_DKIM_KEYS: old is short")


def test_a_relay_that_is_not_there_is_a_problem(tmp_path, keys):
    [line] = told(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{free_port()}", dkim_keys=tuple(keys)))

    assert "Connection refused: is it running, and are host and port right?" in line
    assert line.startswith("problem: relay smtp://127.0.0.1:")


def test_a_password_over_the_network_in_the_clear_is_a_problem(tmp_path, keys):
    lines = told(settings(tmp_path, smtp_url="smtp://me:secret@192.0.2.1:1", reply_timeout="1s", dkim_keys=tuple(keys)))

    assert lines[0] == (
        "problem: relay smtp://192.0.2.1:1: password and mail go over the network in the clear: use smtps:// or "
        "smtp+starttls://"
    )
    assert "secret" not in "".join(lines)


def test_a_relay_that_takes_small_mail_alone_is_a_problem(tmp_path, keys, postfix):
    relay = postfix(message_size_limit="50000")
    [line] = told(settings(tmp_path, smtp_url=relay.url, dkim_keys=tuple(keys)))

    assert line.endswith("it takes no mail of more than 50,000 bytes: let it take 200,000")
