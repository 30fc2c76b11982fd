"""What no browser would send gets a right status and a plain page, and harms nothing."""

from __future__ import annotations

import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsstand import Stand


def _raw(stand: Stand, request: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; return the status and all that came back."""
    with socket.create_connection(("127.0.0.1", stand.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(answer.split(b" ", 2)[1]), answer


def _ask(stand: Stand, target: str | bytes, *lines: bytes, method: bytes = b"GET") -> tuple[int, bytes]:
    target = target.encode() if isinstance(target, str) else target
    head = [method + b" " + target + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *lines]
    return _raw(stand, b"\r\n".join(head) + b"\r\n\r\n")


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/archive/2026/02/30",
        "/archive/2026/13/",
        "/archive/2026/00/",
        "/archive/0000/",
        "/archive/9999/12/",
        "/archive/9999/12/31",
        "/archive/2026/1/1",
        "/archive/-2026/",
        "/archive/99999999999999999999/",
        "/archive/%D9%A2%D9%A0%D9%A2%D9%A6/",
        "/archive/2026/11/22%0A",
        "/corrections%0A",
        "/corrections%00",
        "/on/02-30",
        "/on/00-00",
        "/on/2-9",
        "/on/13-01",
        "/entries/%00",
        "/entries/a%00b",
        "/entries/%ff%fe",
        "/entries/%F0%9F%98%80",
        "/entries/%ED%A0%80",
        "/entries/..%2f..%2fetc%2fpasswd",
        "/entries/' OR 1=1 --".replace(" ", "%20"),
        "/entries/" + "a" * 7000,
        "/e/nothing/",
        "/e/%00/",
        "/e//",
        "/static/../../etc/passwd",
        "/static/%2e%2e/style.css",
        "//evil.example/archive",
        "/feed.xml",
        "/feed.rss%00",
        "/%",
        "/%zz",
        "/..",
        "*",
    ],
)
def test_what_is_no_address_is_not_found_on_a_plain_page(stand, path):
    status, answer = _ask(stand, path)

    assert status == 404
    assert b"There is no such page" in answer
    assert b"location:" not in answer
    assert answer.endswith(_ask(stand, "/never-was")[1].partition(b"\r\n\r\n")[2]), "the page repeats nothing"


@pytest.mark.parametrize("path", ["/?q=" + "a" * 100_000, "/archive/?" + "b=c&" * 30_000, "/entries/" + "a" * 100_000])
def test_an_address_that_is_too_long_is_refused_with_a_page(stand, path):
    status, answer = _ask(stand, path)

    assert status == 414
    assert b"That address is too long" in answer


def test_a_query_of_any_kind_is_not_read(stand):
    plain = stand.get("/about").content
    for query in ("?", "?q=%00", "?q=%ff", "?a[]=1&a[]=2", "?q=<script>", "?%", "?;;;==="):
        assert stand.get(f"/about{query}").content == plain


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"BREW"])
@pytest.mark.parametrize("path", ["/", "/archive/", "/archive/2026/11/22", "/box", "/static/site.css", "/healthz"])
def test_a_page_can_only_be_read(stand, method, path):
    status, answer = _ask(stand, path, b"Content-Length: 0", method=method)

    assert status == 405
    assert b"allow: GET, HEAD\r\n" in answer
    assert b"This address can only be read" in answer


def test_the_host_that_was_asked_for_is_named_nowhere(stand):
    for path in ("/", "/archive", "/nothing", "/feed.rss", "/box"):
        answer = stand.get(path, Host="evil.example", X_Forwarded_Host="evil.example", Forwarded="host=evil.example")
        assert answer.status_code < 500
        assert "evil.example" not in answer.text + str(answer.headers), path


def test_a_whole_address_is_understood_as_its_path(stand):
    """RFC 9112, 3.2.2: a server takes the absolute form that proxies send."""
    assert _ask(stand, "http://evil.example/about")[0] == 200
    assert _ask(stand, "http://evil.example")[0] == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(stand, request_bytes):
    status, answer = _raw(stand, request_bytes)

    assert 400 <= status < 500 or status == 200
    assert b"Traceback" not in answer
    assert stand.get("/healthz").status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.lists(
        st.sampled_from(
            ["archive", "2026", "11", "22", "entries", "on", "02-29", "e", "deutsch", "box", "feed.rss", ""]
        )
        | st.text(max_size=8).map(_escaped),
        max_size=6,
    ).map("/".join)
)
def test_no_path_brings_the_site_down(stand, path):
    status, answer = _ask(stand, f"/{path}")

    assert status in (200, 301, 404, 410)
    assert b"Traceback" not in answer
