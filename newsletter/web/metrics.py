"""
How the service is, as Prometheus reads it (text exposition format), for this machine and for whoever has the token.

What an edition's readers and editors wait for is read from the store; what a process itself has answered it counts.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from ipaddress import ip_address
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from newsletter.press.outlook import Overview
from newsletter.web.answers import Answer
from newsletter.web.headers import PRIVATE_HEADERS

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
#: Seconds for which a look at the store holds: a runway is forecast, and who scrapes asks often.
_LOOK_EVERY = 15.0
#: What a proxy adds, so that its own peer is not taken for this machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

Looks = Callable[[], Sequence[Overview]]


def may_ask(request: Request, token: str | None) -> bool:
    """Say whether a request comes from a program of this machine, past no proxy, or with the token (RFC 6750, 2.1)."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and not any(name in request.headers for name in _FORWARDED)


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False


class Watch:
    """Tells *metrics* to who may ask: this machine, and who has *token*."""

    def __init__(self, metrics: Metrics, token: str | None = None) -> None:
        self.metrics = metrics
        self._token = token

    async def tell(self, request: Request) -> Answer | None:
        """Answer `/metrics`; `None` to anybody else, for whom there is no such page."""
        if not may_ask(request, self._token):
            return None
        body = await run_in_threadpool(self.metrics.told)
        return Answer.of(body, MEDIA_TYPE, cache_control="no-store", headers=PRIVATE_HEADERS)


class Metrics:
    """Counts what this process answers, and tells it with what *overviews* says of each edition."""

    def __init__(self, overviews: Looks) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "daily_dose_requests", "Requests answered, by what was asked for.", ["kind", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "daily_dose_page_seconds", "Seconds that pages and programs waited for their answers.",
            registry=self._registry, buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )  # fmt: skip
        # Looked up once: a feed reader's 304 costs little more than this.
        self._counts: dict[tuple[str, int], Counter] = {}
        self._registry.register(_Editions(overviews))

    def count(self, kind: str, status: int, seconds: float | None = None) -> None:
        """Count an answer to a request of a *kind*."""
        counter = self._counts.get((kind, status))
        if counter is None:
            counter = self._counts[kind, status] = self._requests.labels(kind, status)
        counter.inc()
        if seconds is not None:
            self._seconds.observe(seconds)

    def told(self) -> bytes:
        """Return everything; asks the store, so to be called in a thread."""
        return generate_latest(self._registry)


class _Editions:
    """What the store says of each edition."""

    def __init__(self, overviews: Looks) -> None:
        self._overviews = overviews
        self._seen: Sequence[Overview] = ()
        self._looked_at: float | None = None

    def collect(self) -> Iterable[Metric]:
        """Yield the figures (a custom collector of prometheus_client)."""
        if self._looked_at is None or monotonic() - self._looked_at >= _LOOK_EVERY:
            self._seen, self._looked_at = self._overviews(), monotonic()
        for name, text, figure in _FIGURES:
            family = GaugeMetricFamily(f"daily_dose_{name}", text, labels=["edition"])
            for seen in self._seen:
                value = figure(seen)
                if value is not None:
                    family.add_metric([seen.edition], value)
            yield family
        deliveries = GaugeMetricFamily(
            "daily_dose_deliveries", "Deliveries of the newest issue's mailing.", labels=["edition", "state"]
        )
        for seen in self._seen:
            for state, number in seen.deliveries.items():
                deliveries.add_metric([seen.edition, state], number)
        yield deliveries


def _seconds(instant: datetime | None) -> float | None:
    return instant.timestamp() if instant is not None else None


_Figure = Callable[[Overview], float | None]
#: Name, description, and where the figure is.
_FIGURES: Sequence[tuple[str, str, _Figure]] = (
    ("last_tick_timestamp_seconds", "When the clock last ticked.", lambda seen: _seconds(seen.last_tick_at)),
    ("newest_issue_timestamp_seconds", "When the newest issue came out.",
     lambda seen: _seconds(seen.issue.published_at) if seen.issue else None),
    ("next_due_timestamp_seconds", "When the next issue is due.", lambda seen: _seconds(seen.next_due_at)),
    ("runway_days", "Days until the forecast's first rerun or gap.", lambda seen: seen.runway),
    ("queue_entries", "Entries in the queue.", lambda seen: len(seen.queue)),
    ("holds", "Holds that stand today.", lambda seen: len(seen.holds)),
    ("kept_back_deliveries", "Deliveries that are due and that a hold keeps back.", lambda seen: seen.kept_back),
    ("problems", "What `daily-dose status` calls a problem.", lambda seen: len(seen.problems)),
)  # fmt: skip
