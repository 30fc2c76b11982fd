"""Mail servers for the tests of delivery."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.dovecot import Dovecot, NoDovecot, running_dovecot
from servers.missing import missing
from servers.name_server import NameServer, running_dns
from servers.opendkim import NoOpenDkim, OpenDkim, an_opendkim
from servers.rspamd import NoRspamd, Rspamd, running_rspamd
from servers.spamassassin import NoSpamAssassin, SpamAssassin, a_spamassassin

INSTALL = "apt-get install --no-install-recommends"


@pytest.fixture(scope="session")
def opendkim(tmp_path_factory: pytest.TempPathFactory) -> OpenDkim:
    """Give a judge of signatures."""
    try:
        return an_opendkim(tmp_path_factory.mktemp("opendkim"))
    except NoOpenDkim as error:
        missing(str(error), install=f"{INSTALL} opendkim")


@pytest.fixture(scope="session")
def dns() -> Iterator[NameServer]:
    """Run a name server, which knows nothing but what tests put into its zone."""
    with running_dns() as server:
        yield server


@pytest.fixture(scope="session")
def rspamd(dns: NameServer) -> Iterator[Rspamd]:
    """Run an rspamd that asks our name server."""
    try:
        with running_rspamd(dns.port) as server:
            yield server
    except NoRspamd as error:
        missing(str(error), install=f"{INSTALL} rspamd")


@pytest.fixture(scope="session")
def spamassassin(dns: NameServer, tmp_path_factory: pytest.TempPathFactory) -> SpamAssassin:
    """Give a SpamAssassin that asks our name server."""
    try:
        return a_spamassassin(tmp_path_factory.mktemp("spamassassin"), dns.port)
    except NoSpamAssassin as error:
        missing(str(error), install=f"{INSTALL} spamassassin")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Run a Dovecot with a mailbox for everybody."""
    try:
        with running_dovecot() as server:
            yield server
    except NoDovecot as error:
        missing(str(error), install=f"{INSTALL} dovecot-imapd dovecot-lmtpd")
