"""A walk through what readers see, on both databases: everything once, whatever is published meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from newsstand import DAILY, NOW, SINCE, an_entry, fill, press_of

from newsletter.archive import editions, entries, issues, plans
from newsletter.archive.catalogue import Search
from newsletter.archive.reading import View
from newsletter.archive.walking import Mark
from newsletter.facets import Facet
from newsletter.models import Status
from newsletter.queries import Query
from newsletter.store import Store

SEARCHES = {
    "all": Search(),
    "a tag": Search(facets=((Facet.TAG, "market"),)),
    "words": Search(query=Query.of("killed market")),
}


@pytest.fixture
def filled_store(database_url: str) -> Iterator[Store]:
    """Give the test a filled archive in a database of either kind."""
    store = Store(database_url)
    fill(store)
    yield store
    store.close()


WALKS = [(name, ranked) for name in SEARCHES for ranked in (False, True)]


@dataclass(kw_only=True)
class Walker:
    """Somebody who walks, four entries at a time, and the slugs that were met."""

    store: Store
    search: Search
    ranked: bool
    most: int = 4
    mark: Mark | None = None
    met: list[str] = field(default_factory=list)
    arrived: bool = False

    def step(self, now: datetime) -> None:
        if self.arrived:
            return
        with self.store.reading() as connection:
            at = now + timedelta(seconds=1)  # several issues of one tick are some microseconds apart
            walk = View(connection, editions.get(connection, DAILY.slug), at).walk(self.search)
            step = (walk.best if self.ranked else walk.newest)(self.mark, most=self.most)
        assert step is not None
        self.met += [each.entry.slug for each in step.entries]
        self.mark, self.arrived = step.on, step.on is None

    def whole(self, now: datetime) -> list[str]:
        while not self.arrived:
            self.step(now)
        return self.met


def publish(store: Store, slug: str, now: datetime) -> None:
    """Publish an entry on the day of *now*."""
    day = now.date()
    with store.transaction() as connection:
        edition = editions.get_id(connection, DAILY.slug)
        plans.unpin(connection, edition, day)
        plans.pin(connection, edition, day, entries.get_id(connection, slug))
    press_of(store).catch_up(now)


def test_a_walk_gives_all_that_was_there_when_it_began_and_each_once(filled_store: Store) -> None:
    """Reruns of what was met and of what was not, an entry that is new, and a report that is printed."""
    with filled_store.reading() as connection:
        first, second = (issues.get(connection, DAILY.slug, SINCE + timedelta(days=days)).entry for days in (0, 30))
    fresh = an_entry("a new town", event_date="2014-01-04", tags=["market"])
    with filled_store.transaction() as connection:
        entries.add(connection, [fresh], NOW)
    wholes = [Walker(store=filled_store, search=SEARCHES[name], ranked=ranked).whole(NOW) for name, ranked in WALKS]
    walkers = [Walker(store=filled_store, search=SEARCHES[name], ranked=ranked) for name, ranked in WALKS]

    now = NOW
    for slug in (first.slug, fresh.slug, "background-to-the-north", second.slug):
        for walker in walkers:
            walker.step(now)
        now += timedelta(days=1)
        publish(filled_store, slug, now)

    for walker, whole, (name, ranked) in zip(walkers, wholes, WALKS, strict=True):
        met = walker.whole(now)
        assert sorted(met) == sorted(whole), (name, ranked)
        assert ranked or met == whole, name
        assert len(met) == len(set(met)) >= 34
        assert fresh.slug not in met
    for search in SEARCHES.values():
        assert fresh.slug in Walker(store=filled_store, search=search, ranked=False).whole(now)


def test_a_mark_of_a_report_leads_behind_it_though_it_is_not_seen_any_more(filled_store: Store) -> None:
    others = [an_entry(f"the {name}", kind="report", event_date="2013-01-17") for name in ("east", "west", "south")]
    with filled_store.transaction() as connection:
        entries.add(connection, others, NOW)
    press_of(filled_store).print_if_stale(NOW)
    reports = Search(facets=((Facet.KIND, "report"),))
    whole = Walker(store=filled_store, search=reports, ranked=False).whole(NOW)
    assert len(whole) == 4

    walker = Walker(store=filled_store, search=reports, ranked=False, most=2)
    walker.step(NOW)
    with filled_store.transaction() as connection:
        entries.set_status(connection, entries.get_id(connection, whole[1]), Status.RETIRED)

    assert walker.whole(NOW) == whole
