"""What stands at its address whatever the archive holds: stylesheets, and the icon."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.render import templates
from newsletter.web.answers import Answer
from newsletter.web.headers import PAGE_HEADERS

#: The file of each stylesheet that `Links.stylesheet` names.
_STYLESHEETS = {"site": "site/style.css", "feed": "site/feed.css"}
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="#1b1b1f"/>'
    '<path d="M9 7h7a9 9 0 0 1 0 18H9zm4 4v10h3a5 5 0 0 0 0-10z" fill="#fbfaf7"/></svg>\n'
)
#: The address of a stylesheet stays the same when it changes, so a browser asks again after an hour.
_AN_HOUR = "public, max-age=3600"
_A_DAY = "public, max-age=86400"


def fixed() -> Mapping[str, Answer]:
    """Return an answer for each address."""
    icon = _text(_ICON, "image/svg+xml", _A_DAY)
    return {
        **{
            f"/static/{name}.css": _text(templates.text(file), "text/css; charset=utf-8", _AN_HOUR)
            for name, file in _STYLESHEETS.items()
        },
        "/favicon.ico": icon,
        "/favicon.svg": icon,
    }


def line(text: str, status: int = 200) -> Answer:
    """Return a line for a program that asks how we are; nobody keeps it."""
    body = f"{text}\n".encode()
    return Answer.of(body, "text/plain; charset=utf-8", status=status, cache_control="no-store", headers=PAGE_HEADERS)


def _text(text: str, media_type: str, cache_control: str) -> Answer:
    return Answer.of(text.encode(), media_type, cache_control=cache_control, headers=PAGE_HEADERS)
