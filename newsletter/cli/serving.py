"""Commands that go on until they are stopped: run, web, schedule."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from newsletter.cli.terminal import Application, now, opened, progress, say, warn

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom

#: The signals that end what goes on until it is stopped.
_ENDS = (signal.SIGINT, signal.SIGTERM)


def add_to(app: Application) -> None:
    """Add these commands."""
    for command in (run, web, schedule):
        app.command()(command)


def run() -> None:
    """Run everything: the site, the clock, the delivery.

    The first start makes the archive.

    Example: daily-dose run
    """
    from newsletter.founding import begin
    from newsletter.working import Works

    with opened(upgraded=True, log="info") as room:
        with progress("publishing") as done:
            begin(room, now(), since=None, empty=False, tell=warn, progress=done)
        works = Works(room, now)
        try:
            _serve(room, on_ready=works.start)
        finally:
            works.stop()


def web() -> None:
    """Serve the site, the feeds and the box.

    Example: daily-dose web
    """
    with opened(log="info") as room:
        _serve(room, on_ready=lambda: None)


def schedule() -> None:
    """Publish what is due, when it is due, and send it.

    Any number of these may run at once.

    Example: daily-dose schedule
    """
    from newsletter.working import Works

    with opened(log="info") as room:
        works = Works(room, now)
        for number in _ENDS:
            signal.signal(number, lambda *_: works.clock.stop(patience=0))
        works.start()
        _announce("The clock ticks. Ctrl-C stops it.")
        works.clock.join()
        works.stop()
        for number in _ENDS:
            # The interpreter forgets our ways before it ends: one more would kill what ends already.
            signal.signal(number, signal.SIG_IGN)


def _serve(room: Newsroom, *, on_ready: Callable[[], object]) -> None:
    from newsletter.web.app import create_app
    from newsletter.web.metrics import Metrics, Watch
    from newsletter.web.server import serve

    settings = room.settings
    room.press.print_if_stale(now())
    links = room.press.links()

    def ready() -> None:
        on_ready()
        _announce(
            f"Daily Dose runs at {links.home()}\n"
            f"  archive  {links.archive()}\n"
            f"  feeds    {links.feed('rss')}  {links.feed('atom')}  {links.feed('json')}\n"
            f"  box      {links.box()}  {links.box_js()}\n"
            f"  {_mail_goes_to(room)}\n"
            "Ctrl-C stops it."
        )

    token = settings.metrics_token
    app = create_app(
        room.store,
        room.press.publisher,
        room.circulation,
        now=now,
        trusted_proxies=settings.trusted_proxies,
        watch=Watch(Metrics(lambda: room.press.outlook.overviews(now())), token.get_secret_value() if token else None),
    )
    serve(app, settings.host, settings.port, on_ready=ready, stop=threading.Event())


def _mail_goes_to(room: Newsroom) -> str:
    route = room.press.means.route
    return f"relay    {route.relay}" if route else f"outbox   {room.settings.home / 'outbox'}"


def _announce(text: str) -> None:
    """Say at once that the service runs, to whoever watches; that nobody does is no reason to stop."""
    with suppress(OSError):
        say(text)
        sys.stdout.flush()
