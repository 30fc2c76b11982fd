"""What every answer says beside its content: what a browser may do with it."""

from __future__ import annotations

from newsletter.web.answers import Headers


def _policy(*, style: str = "'self'", ancestors: str = "'none'") -> bytes:
    """Return a Content-Security-Policy: nothing but our own styles and pictures, no script at all."""
    return (
        f"default-src 'none'; style-src {style}; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {ancestors}"
    ).encode()


_COMMON: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
)
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")

PAGE_HEADERS: Headers = (*_COMMON, (b"content-security-policy", _policy()))
#: A page that is one reader's alone: its address is told to nobody, and no robot keeps it.
PRIVATE_HEADERS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"content-security-policy", _policy()),
)
#: Readers that run in a browser fetch feeds from pages of their own.
FEED_HEADERS: Headers = (*PAGE_HEADERS, _ANY_ORIGIN)
#: Programs in any page may read the API, and what they are told beside the content (Fetch, 3.3.3).
API_HEADERS: Headers = (*FEED_HEADERS, (b"access-control-expose-headers", b"ETag, Location, Retry-After"))
#: The answer to a browser that asks whether a page may ask so; it need not ask again for a day.
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
SCRIPT_HEADERS: Headers = (*_COMMON, _ANY_ORIGIN, (b"cross-origin-resource-policy", b"cross-origin"))


def box_headers(style: str) -> Headers:
    """Return the headers of the box, which any page may frame or fetch; *style* is its style's hash."""
    return (*_COMMON, _ANY_ORIGIN, (b"content-security-policy", _policy(style=style, ancestors="*")))
