"""What is sent to us: read up to a length, and as a form."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

#: What a form of ours sends, and what a mail provider does, is shorter; in bytes.
LONGEST = 10_000
_FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request) -> bytes:
    """Return a request's body; raise `HTTPException` (413) for one that is longer than any of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form as our pages send it, the last of each name; none of anything else."""
    body = await read_body(request)
    if media_type(request) != _FORM:
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def media_type(request: Request) -> str:
    """Return what a request says that its body is, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
