"""Mail servers for the tests of delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from servers.missing import missing
from servers.opendkim import NoOpenDkim, OpenDkim, an_opendkim
from servers.postfix import NoPostfix, Postfix, running_postfix
from servers.smtp_sink import NoSmtpSink, SmtpSink, running_sink

INSTALL = "apt-get install --no-install-recommends"


@pytest.fixture(scope="session")
def opendkim(tmp_path_factory: pytest.TempPathFactory) -> OpenDkim:
    """Give a judge of signatures."""
    try:
        return an_opendkim(tmp_path_factory.mktemp("opendkim"))
    except NoOpenDkim as error:
        missing(str(error), install=f"{INSTALL} opendkim")


@pytest.fixture
def sink() -> Iterator[Callable[..., SmtpSink]]:
    """Give what starts a sink with the options that it is called with."""
    with ExitStack() as running:

        def start(*options: str) -> SmtpSink:
            try:
                return running.enter_context(running_sink(*options))
            except NoSmtpSink as error:
                missing(str(error), install=f"{INSTALL} postfix")

        yield start


@pytest.fixture
def postfix() -> Iterator[Callable[..., Postfix]]:
    """Give what starts a Postfix with the settings that it is called with."""
    with ExitStack() as running:

        def start(**settings: str) -> Postfix:
            try:
                return running.enter_context(running_postfix(settings))
            except NoPostfix as error:
                missing(str(error), install=f"{INSTALL} postfix")

        yield start
