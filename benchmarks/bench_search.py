"""
How long readers wait for a search, a facet's page and a month's, uncached, over 100,000 entries that they see.

`python benchmarks/bench_search.py [ENTRIES]`, on SQLite, and on PostgreSQL where there is one. A figure is what
making the whole page takes, in the process that serves it; what comes from the cache is `wrk`'s to measure.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from uuid import UUID, uuid5

from databases import addresses, keep_silent, most_resident
from rooms import PUBLISHER, an_edition, starter

from newsletter.archive import editions, entries, issues, shown
from newsletter.archive.catalogue import Search
from newsletter.archive.reading import View
from newsletter.folding import fold
from newsletter.models import Attribution, Entry, Issue, IssueState, Kind, NamedGroup, PartialDate, Rule
from newsletter.queries import Query
from newsletter.render.links import Links
from newsletter.store import Connection, Store
from newsletter.store.engine import remember
from newsletter.store.schema import upgrade
from newsletter.tokens import Keyring
from newsletter.web import browsing, site
from newsletter.web.api.pages import pages
from newsletter.web.site import Look, Page, Parts

TODAY = date(2026, 11, 22)
NOW = datetime.combine(TODAY, time(12), UTC)
ISSUES = 3_650
SPACE = UUID(int=3)
COUNTRIES = ("ML", "NG", "LY", "IQ", "PK", "CO", "TR", "LK", "GB", "FR", "SY", "AF", "SO", "YE", "EG", "DE", "US")
IDEOLOGIES = ("jihadist", "far-right", "far-left", "ethno-nationalist", "state", "single-issue")
#: Words of the entries, so that every body has some that few others have.
WORDS = sorted({word for entry in starter() for word in fold(entry.body)})


def archive(number: int) -> Iterator[Entry]:
    """Yield entries made of the starter archive's, with words, dates, groups and tags of their own."""
    chance = random.Random(1)
    known = starter()
    for each in range(number):
        model = known[each % len(known)]
        more = " ".join(chance.choices(WORDS, k=50))
        yield replace(
            model,
            uid=uuid5(SPACE, str(each)),
            slug=f"{model.slug[:60]}-{each}",
            kind=model.kind if each < ISSUES else Kind.REPORT,
            body=f"{model.body}\n\nIn other words: {more}, number{chance.randrange(20_000)}.",
            event_date=PartialDate.of(date(1970, 1, 1) + timedelta(days=chance.randrange(20_000))),
            event_end=None,
            country=chance.choice(COUNTRIES),
            ideology=chance.choice(IDEOLOGIES),
            groups=(_group(chance.randrange(3_000)), _group(chance.randrange(30))),
            tags=(f"tag-{chance.randrange(200)}", f"tag-{chance.randrange(5)}"),
        )


def _group(number: int) -> NamedGroup:
    return NamedGroup(slug=f"group-{number}", name=f"Group of {number}", attribution=Attribution.CLAIMED)


def fill(store: Store, number: int) -> None:
    """Fill an archive: ten years of issues, and reports."""
    upgrade(store)
    since = TODAY - timedelta(days=ISSUES - 1)
    edition = an_edition(since=since, schedules=(replace(an_edition().schedules[0], from_day=since),))
    with store.transaction() as connection:
        editions.add(connection, edition)
    everything = archive(number)
    while some := list(islice(everything, 1_000)):
        with store.transaction() as connection:
            # What is kept of what readers see is made at once, and timed.
            entries.write_entries(connection, some, NOW)
    with store.transaction() as connection:
        for each, entry in zip(range(ISSUES), archive(number), strict=False):
            _publish(connection, edition.slug, entry, since + timedelta(days=each), each + 1)
        remember(connection, "shown", "[0, 0, []]")
    begun = perf_counter()
    with store.transaction() as connection:
        shown.follow(connection)
        if not store.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
    print(f"  {'all of it kept anew, as after an upgrade':58} {perf_counter() - begun:8.1f} s")


def _publish(connection: Connection, edition: str, entry: Entry, day: date, number: int) -> None:
    instant = datetime.combine(day, time(6), UTC)
    issue = Issue(
        uid=uuid5(SPACE, str(day)),
        edition=edition,
        day=day,
        number=number,
        state=IssueState.PUBLISHED,
        rule=Rule.ROTATION,
        reason="rotation: never published",
        subject=entry.headline,
        entry=entry,
        due_at=instant,
        published_at=instant,
        updated_at=instant,
    )
    issues.insert_issue(connection, issues.Freeze(issue=issue, mail=issues.FrozenMail(whole=b"mail")))


def queries(chance: random.Random) -> Sequence[str]:
    """Return what people look for: common and rare words, several, phrases, beginnings of words, nothing at all."""
    body = fold(chance.choice(starter()).body)
    at = chance.randrange(max(1, len(body) - 4))
    word, other = chance.choice(WORDS), chance.choice(body)
    return (
        "the",
        word,
        other,
        f"{other} {word}",
        f"number{chance.randrange(20_000)}",
        f"the number{chance.randrange(20_000)}",
        f'"{" ".join(body[at : at + 3])}"',
        f'"{" ".join(body[at : at + 2])}" {word}',
        f"{other[:3]}*",
        f"{word[:4]}*",
        f"{word[:1]}*",
        "nosuchword",
        f"Group of {chance.randrange(3_000)}",
    )


def page_of(address: str) -> Page:
    return browsing.ASKED[address].page


def told(what: str, seconds: Sequence[float], cpu: Sequence[float], goal: str) -> None:
    those, busy = sorted(seconds), sorted(cpu)
    middle, slow, slowest = those[len(those) // 2], those[int(len(those) * 0.95)], busy[int(len(busy) * 0.95)]
    print(
        f"  {what:58} {middle * 1_000:8.1f} ms (p95 {slow * 1_000:.1f}, of CPU {slowest * 1_000:.1f})  {goal}",
        flush=True,
    )


def timed(what: str, works: Sequence[Callable[[], object]], goal: str) -> None:
    seconds, cpu = [], []
    for work in works:
        start, busy = perf_counter(), process_time()
        work()
        cpu.append(process_time() - busy)
        seconds.append(perf_counter() - start)
    told(what, seconds, cpu, goal)


def over(store: Store, number: int) -> None:
    fill(store, number)
    with store.reading() as connection:
        edition = editions.get(connection, None)

    def asked(page, parts) -> Callable[[], object]:
        def work() -> None:
            with store.reading() as connection:
                look = Look(
                    view=View(connection, edition, NOW),
                    whose={"edition": edition, "publisher": PUBLISHER, "links": Links(PUBLISHER.base_url)},
                    today=TODAY,
                )
                assert page(look, parts) is not None, parts

        return work

    def alone(query: str) -> Callable[[], object]:
        def work() -> None:
            with store.reading() as connection:
                View(connection, edition, NOW).catalogue().in_brief().search(Search(query=Query.of(query)))

        return work

    chance = random.Random(2)
    typed = [query for _ in range(30) for query in queries(chance)]
    asked(browsing.search, {"q": "people"})()  # what a process loads once
    timed("search", [alone(query) for query in typed], "(p95 at most 15, SQLite)")
    timed(
        "search, and its whole page",
        [asked(browsing.search, {"q": query}) for query in typed],
        "(p95 at most 15, SQLite)",
    )
    narrow = [
        {"q": query, "country": chance.choice(COUNTRIES), "from": "1990", "to": "2005-06"} for query in typed[:130]
    ]
    timed("search, in a country and a range", [asked(browsing.search, fields) for fields in narrow], "(the same)")
    deep = [
        {"q": query, "page": str(chance.randrange(2, 15))} for query in ("the", "people", "in", "a*") for _ in range(10)
    ]
    timed("search, further pages", [asked(browsing.search, fields) for fields in deep], "(the same)")
    pages = [
        *(("countries", code) for code in COUNTRIES),
        *(("groups", f"group-{each}") for each in range(30)),
        *(("tags", f"tag-{each}") for each in range(20)),
        *(("kinds", kind) for kind in ("fact", "report")),
        *(("ideologies", slug) for slug in IDEOLOGIES),
        *(("years", str(year)) for year in range(1980, 2000)),
    ]
    timed(
        "a facet's page",
        [asked(page_of(f"/{folder}/{{slug}}"), {"slug": slug}) for folder, slug in pages],
        "(at most 20)",
    )
    end = -(-(number - ISSUES) // 30)
    far = [asked(page_of("/kinds/{slug}"), {"slug": "report", "page": str(max(1, each))}) for each in (end // 3, end)]
    timed("a facet's page, far behind in its entries", far * 3, "(at most 20)")
    timed(
        "a list of all values",
        [asked(page_of(f"/{folder}/"), {}) for folder in ("groups", "countries", "tags")],
        "(at most 20)",
    )
    timed("all facets", [asked(browsing.all_facets, {})] * 10, "(at most 20)")
    months = [{"year": str(year), "month": f"{month:02}"} for year in (2018, 2022, 2025) for month in range(1, 13)]
    timed("a month", [asked(site.month, parts) for parts in months], "(at most 25)")
    days = [{"day": f"{month:02}-{day:02}"} for month in range(1, 13) for day in (1, 14, 28)]
    timed("on this day", [asked(site.on_this_day, parts) for parts in days], "(at most 25)")
    programs(asked, typed)
    print(f"  most memory resident {most_resident():.0f} MB")


def programs(asked: Callable[[Page, Parts], Callable[[], object]], typed: Sequence[str]) -> None:
    """Time what programs ask for, an answer of twenty entries or a hundred values each time."""
    api = {address.removeprefix("/api/v1"): each.page for address, each in pages(Keyring([bytes(32)])).items()}
    timed("API: search", [asked(api["/search"], {"q": query}) for query in typed], "(p95 at most 15 on SQLite)")
    narrow = [{"tag": f"tag-{each}", "country": COUNTRIES[each % len(COUNTRIES)]} for each in range(100)]
    timed("API: entries of a tag and a country", [asked(api["/entries"], parts) for parts in narrow], "(at most 20)")
    timed("API: issues", [asked(api["/issues"], {"to": f"20{each}-06-30"}) for each in range(18, 26)], "(at most 20)")
    timed("API: facets", [asked(api["/facets"], {})] * 10, "(at most 20)")
    days = [{"day": f"{month:02}-{day:02}"} for month in range(1, 13) for day in (1, 14, 28)]
    timed("API: on this day", [asked(api["/on-this-day/{day}"], parts) for parts in days], "(at most 25)")


def main() -> None:
    keep_silent()
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder, addresses(Path(folder)) as found:
        for name, address in found.items():
            print(f"{name}, {number:,} entries that readers see:")
            store = Store(address)
            over(store, number)
            store.close()


if __name__ == "__main__":
    main()
