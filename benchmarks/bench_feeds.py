"""How long the feeds take: 30 issues in each format, and one entry's text. `python benchmarks/bench_feeds.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "render")]

import feed_samples  # noqa: E402 -- the samples live with the tests

from newsletter.render import prose  # noqa: E402 -- as above
from newsletter.render.feeds import FORMATS  # noqa: E402 -- as above
from newsletter.render.items import item  # noqa: E402 -- as above


def milliseconds(work, rounds: int = 15) -> float:
    """Return the median time of *work*, the first round left out."""
    times = []
    for _ in range(rounds + 1):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times[1:]) * 1000


def main() -> None:
    feed = feed_samples.long_feed(30)

    def cold(write) -> None:
        item.cache_clear()
        write(feed)

    def publish() -> None:
        """Do what a new issue costs: one item made, all three feeds written."""
        item.cache_clear()
        for each in feed.issues[1:]:
            item(each, feed.links)
        start = perf_counter()
        for write in FORMATS.values():
            write(feed)
        published.append(perf_counter() - start)

    for name, write in FORMATS.items():
        first, again = milliseconds(lambda write=write: cold(write)), milliseconds(lambda write=write: write(feed))
        print(f"{name:5} {len(feed.issues)} issues: {first:6.1f} ms, items at hand {again:6.1f} ms")
    published: list[float] = []
    milliseconds(publish)
    print(f"all three after one new issue: {median(published) * 1000:6.1f} ms")
    entry = feed.issues[0].entry
    print(f"html  one entry {milliseconds(lambda: prose.html(entry, key='2024-01-01')):8.2f} ms")
    print(f"plain one entry {milliseconds(lambda: prose.plain(entry, width=72)):8.2f} ms")


if __name__ == "__main__":
    main()
