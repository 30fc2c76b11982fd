"""The doctor as it is called: one line for each thing, exit status 1 where something must be mended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from command_line import CommandLine
from servers.name_server import NameServer, running_dns


@pytest.fixture
def server() -> Iterator[NameServer]:
    zone = {
        "example.org": {"TXT": ["v=spf1 mx -all"], "MX": ["10 mx.example.org."]},
        "mx.example.org": {"A": ["93.184.215.14"]},
        "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject; rua=mailto:dmarc@example.org"]},
    }
    with running_dns(zone) as running:
        yield running


def test_dns_is_looked_at_line_by_line(dose: CommandLine, server: NameServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAILY_DOSE_FROM", "Daily Dose <dose@example.org>")
    asked = ("check", "dns", "--server", f"127.0.0.1:{server.port}")

    unsigned = "no key of ours signs (DAILY_DOSE_DKIM_KEYS): let the relay sign, with all headers"

    assert dose.ok(*asked).out.splitlines() == [
        "fine: SPF of example.org: v=spf1 mx -all (see that it allows the address that your relay sends from)",
        f"advice: DKIM of example.org: {unsigned}",
        "fine: DMARC of example.org: v=DMARC1; p=reject; rua=mailto:dmarc@example.org",
        "fine: MX of example.org: mx.example.org",
        "nothing is wrong",
    ]
    dose.ok("editions", "add", "other", "title=Other", "from=Other <other@example.net>")
    ran = dose.run(*asked, "--json")
    assert ran.status == 1
    assert [problem.partition(":")[0] for problem in ran.json["problems"]] == [
        *("SPF of example.net", "DMARC of example.net", "MX of example.net")
    ]
    assert ran.json["findings"][0]["weight"] == "fine"


def test_mail_is_looked_at_line_by_line(dose: CommandLine):
    ran = dose.run("check", "mail")

    assert ran.status == 1
    assert ran.err == ""
    assert ran.out.splitlines()[0].startswith("problem: DAILY_DOSE_FROM: localhost is no domain that others know")
    assert ran.out.splitlines()[-1] == "2 problems"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "teeth"], "expected dns, mail or nothing, got 'teeth'"),
        (["check", "--server", "127.0.0.1"], "--server is for `check dns`"),
        (["check", "dns", "--server", "me"], "--server: expected an IP address, with a port or without, got 'me'"),
    ],
)
def test_what_cannot_be_looked_at_is_told(fresh: CommandLine, words: list[str], message: str):
    ran = fresh.run(*words)

    assert (ran.status, ran.error) == (2, message)
