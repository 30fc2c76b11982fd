"""A browser in which our pages stand at their addresses, with no network behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright
from samples import LINKS

from newsletter.render import templates

Scheme = Literal["light", "dark"]
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the system's Chromium, and end it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*_QUIET, "--disable-sync"])
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def context(
    chromium: Browser, documents: Mapping[str, str], *, width: int = 360, height: int = 740, **options: Any
) -> Iterator[BrowserContext]:
    """Open a window that finds each of *documents* at its path, the stylesheet at its own, and nothing else."""
    opened = chromium.new_context(viewport={"width": width, "height": height}, **options)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(LINKS.base_url)
        headers = {"Access-Control-Allow-Origin": "*"}
        if path == LINKS.path.stylesheet():
            route.fulfill(body=templates.text("site/style.css"), content_type="text/css")
        elif path in documents:
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            route.fulfill(body=documents[path], content_type=f"{kind}; charset=utf-8", headers=headers)
        else:
            route.abort()

    opened.route("**/*", answer)
    try:
        yield opened
    finally:
        opened.close()
