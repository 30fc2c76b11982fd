"""Joins settings and parts: the one place that does."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

import structlog

from newsletter import crashing
from newsletter.archive import shown
from newsletter.circulation import Circulation, Intake, has_suppressions
from newsletter.delivery.connections import Route
from newsletter.delivery.deciding import Retries
from newsletter.delivery.dkim import Signer
from newsletter.delivery.generations import Witness
from newsletter.delivery.outbox import Outbox
from newsletter.delivery.relay import Patience, Relay
from newsletter.desk import Desk
from newsletter.errors import NewsletterError
from newsletter.keys import keyring, suppression_key
from newsletter.models import Publisher
from newsletter.press.hub import Hub
from newsletter.press.means import Means
from newsletter.press.press import Press
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.store.schema import Schema, look, upgrade
from newsletter.tokens import Keyring
from newsletter.watchdog import Watchdog


class NotInitialised(NewsletterError):
    """There is no archive yet, or one that an older version of the program left."""

    def __init__(self, where: str, schema: Schema) -> None:
        what = "holds an older version's tables" if schema is Schema.OLD else "is not there yet"
        super().__init__(f"the database {where} {what}: run `daily-dose init`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """The parts, joined."""

    settings: Settings
    store: Store
    press: Press
    desk: Desk
    circulation: Circulation
    intake: Intake
    watchdog: Watchdog
    hub: Hub


def publisher_of(settings: Settings) -> Publisher:
    """Return what every page, feed and mail says of who publishes it."""
    sender = settings.from_address
    return Publisher(
        base_url=settings.base_url,
        contact=settings.contact or sender,
        stated_contact=settings.contact,
        sender=sender,
        rights=settings.rights,
        postal_address=settings.postal_address,
        reply_to=settings.reply_to,
        bounce_domain=settings.bounce_domain,
        hub=settings.hub_url,
    )


def means_of(settings: Settings, keys: Keyring) -> Means:
    """Return by which means mail goes out."""
    return Means(
        outbox=Outbox(settings.home / "outbox"),
        keys=keys,
        max_late=settings.max_late,
        lease=settings.lease,
        route=route_of(settings),
        retries=Retries(
            after=settings.retry_after, unknown=settings.unknown_after if settings.on_unknown == "resend" else None
        ),
        rate=settings.send_rate,
        domain_rates={each.domain: each.rate for each in settings.domain_rates},
        warm_up=settings.warm_up,
        bounce_domain=settings.bounce_domain,
        signer=signer_of(settings) if settings.dkim_keys else None,
        witness=Witness(settings.witness),
    )


def signer_of(settings: Settings) -> Signer:
    """Return what signs mail with the keys of the settings; raise `UnusableDkimKey`."""
    sender = parseaddr(settings.from_address)[1]
    return Signer(settings.dkim_keys, sender.rpartition("@")[2])


def route_of(settings: Settings) -> Route | None:
    """Return how the relay is reached; `None` where mail goes into the outbox."""
    if settings.smtp_url == "outbox:":
        return None
    host = urlsplit(settings.base_url).hostname or "localhost"
    return Route(
        relay=Relay.parse(settings.smtp_url),
        host_name=f"[IPv6:{host}]" if ":" in host else f"[{host}]" if host.replace(".", "").isdecimal() else host,
        connections=settings.smtp_connections,
        window=settings.smtp_window,
        patience=Patience(reply=settings.reply_timeout.total_seconds(), dot=settings.dot_timeout.total_seconds()),
    )


@contextmanager
def newsroom(settings: Settings, *, upgraded: bool = False) -> Iterator[Newsroom]:
    """
    Open the newsroom on the settings' database, made or upgraded first if *upgraded*.

    Raises `NotInitialised` where it is not this program's version, `UnusableDatabase` where it
    can't be used.
    """
    if settings.crash is not None:
        crashing.arm(settings.crash.point, settings.crash.times)
    store = Store(settings.database_url)
    try:
        if upgraded:
            upgrade(store)
        elif (schema := look(store)) is not Schema.CURRENT:
            raise NotInitialised(str(store), schema)
        keep_shown(store)
        secret = settings.secret_key.get_secret_value() if settings.secret_key else None
        folder = settings.home / "keys"
        keys = keyring(folder, secret)
        hashing = suppression_key(folder, lambda: has_suppressions(store))
        retention = timedelta(days=settings.retention_days) if settings.retention_days else None
        yield Newsroom(
            settings=settings,
            store=store,
            press=Press(store, publisher_of(settings), means_of(settings, keys)),
            desk=Desk(store),
            circulation=Circulation(store, keys, hashing, publisher_of(settings), retention),
            intake=Intake(store, keys, hashing, settings.bounce_domain),
            watchdog=Watchdog(settings.alive_url),
            hub=Hub(store, publisher_of(settings)),
        )
    finally:
        store.close()


def keep_shown(store: Store) -> None:
    """Keep what readers see, where an older version of the program kept less of it, or nothing."""
    with store.reading() as connection:
        behind = shown.is_behind(connection)
    if behind:
        with store.transaction() as connection:
            shown.follow(connection)


def begin_logging(settings: Settings, default: str = "info", text: structlog.typing.Processor | None = None) -> None:
    """
    Log to standard error, never an address or a body.

    *default* is the level where the settings name none; *text* writes a line where they don't want JSON.
    """
    named = settings.log_level if "log_level" in settings.model_fields_set else default
    level = logging.getLevelNamesMapping()[named.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else text or structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
