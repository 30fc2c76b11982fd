"""Where the API stands: its operations, its document, and the page that shows that to people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from newsletter.render.programs import api_page
from newsletter.tokens import Keyring
from newsletter.web.api import reading
from newsletter.web.api.document import document
from newsletter.web.api.operations import OPERATIONS
from newsletter.web.browsing import Asked
from newsletter.web.kept import Made
from newsletter.web.site import Look, Parts, html

DOCUMENT = f"{reading.BASE}/openapi.json"
#: Where the API is, and where programs other than browsers begin.
_ROOM = "/api"


def is_api(path: str) -> bool:
    """Say whether programs ask for *path*: problems there are told as they read them."""
    return path == _ROOM or path.startswith(f"{_ROOM}/")


def pages(keys: Keyring) -> Mapping[str, Asked]:
    """Return what answers each address, and the fields of a query that it reads; *keys* sign cursors."""
    return {
        **{
            reading.BASE + each.path: Asked(
                partial(reading.page, keys, each.name, each.read), [field.name for field in each.fields]
            )
            for each in OPERATIONS
        },
        DOCUMENT: Asked(_document),
        "/api/docs": Asked(_docs),
    }


def _document(look: Look, _parts: Parts) -> Made:
    return reading.as_json(document(look.whose["publisher"], look.whose["edition"].title))


def _docs(look: Look, _parts: Parts) -> Made:
    told = document(look.whose["publisher"], look.whose["edition"].title)
    return html(api_page(told, look.links.path.base_url + DOCUMENT, **look.whose))
