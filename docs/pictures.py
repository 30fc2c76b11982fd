"""
Make the pictures of the README: the box, the page, the calendar and the mail.

    python docs/pictures.py                          from the starter archive, with nothing running
    python docs/pictures.py --site http://127.0.0.1:8000   pages and box of a running service

Needs Playwright for Python and Chromium (`apt-get install chromium`). Read `docs/pictures/` with
your own eyes before you commit what it wrote.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Route, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from newsletter.models import Edition, Entry, Issue, IssueState, Publisher, Rule, Schedule  # noqa: E402 -- a script
from newsletter.render import templates  # noqa: E402 -- as above
from newsletter.render.box import box_page  # noqa: E402 -- as above
from newsletter.render.links import Links  # noqa: E402 -- as above
from newsletter.render.mail import issue_mail  # noqa: E402 -- as above
from newsletter.render.pages import front_page, year_page  # noqa: E402 -- as above
from newsletter.render.squares import Line  # noqa: E402 -- as above
from newsletter.shapes import entry_of  # noqa: E402 -- as above

#: The day that the pictures show: an anniversary of its entry.
DAY = date(2026, 6, 17)
SLUG = "nine-people-murdered-at-bible-study-in-a-charleston-church-2015"
LINKS = Links("https://dose.example.org")
PUBLISHER = Publisher(
    base_url=LINKS.base_url,
    contact="editors@example.org",
    sender="Daily Dose <dose@example.org>",
    rights="Text: CC BY 4.0",
)
EDITION = Edition(
    slug="daily-dose",
    title="Daily Dose",
    language="en",
    schedules=(Schedule(from_day=date(2025, 6, 17), zone=ZoneInfo("UTC"), time=time(6)),),
    since=date(2025, 6, 17),
)
WHOSE: dict[str, Any] = {"edition": EDITION, "publisher": PUBLISHER, "links": LINKS}
#: File name, path, width, height (0: the whole of it), colour scheme.
PICTURES: list[tuple[str, str, int, int, Literal["light", "dark"]]] = [
    ("page", "/", 1280, 900, "light"),
    ("page-phone-dark", "/", 360, 740, "dark"),
    ("year", "/archive/2026/", 1280, 0, "light"),
    ("box", "/box", 416, 0, "light"),
    ("mail", "/mail", 600, 0, "light"),
    ("mail-phone-dark", "/mail", 360, 740, "dark"),
]
#: Papers and inks keep their colour: what covers this share of a picture. Shades between them may round
#: to a multiple of `SHADE`, of 255: type stays type, and files get small.
SHARE = 0.0005
SHADE = 5


def main() -> None:
    """Render, photograph, squeeze, and say what was written."""
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("--site", help="address of a running service, whose pages are taken instead")
    site = parser.parse_args().site
    into = HERE / "pictures"
    into.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-lcd-text",
            ],
        )
        for name, path, width, height, scheme in PICTURES:
            base = site if site and path != "/mail" else LINKS.base_url
            shot = photograph(browser, base.rstrip("/") + path, width, height, scheme)
            small = squeezed(shot)
            (into / f"{name}.png").write_bytes(small)
            print(f"{into / name}.png  {len(shot):,} -> {len(small):,} bytes")
        browser.close()


def photograph(browser: Browser, address: str, width: int, height: int, scheme: Literal["light", "dark"]) -> bytes:
    """Return a picture of the page at *address*; our own example addresses are answered from here."""
    context = browser.new_context(viewport={"width": width, "height": height or 400}, color_scheme=scheme)
    if address.startswith(LINKS.base_url):
        made = documents()

        def answer(route: Route) -> None:
            path = route.request.url.removeprefix(LINKS.base_url)
            if path in made:
                route.fulfill(body=made[path], content_type="text/css" if path.endswith(".css") else "text/html")
            else:
                route.abort()

        context.route("**/*", answer)
    page = context.new_page()
    page.goto(address)
    shot = page.screenshot(full_page=not height)
    context.close()
    return shot


def documents() -> dict[str, str]:
    """Return what stands at each address that is photographed, of the starter archive."""
    entries = starter()
    chosen = next(entry for entry in entries if entry.slug == SLUG)
    issue = issue_of(chosen)
    same_day = [entry for entry in entries if entry is not chosen and is_of(entry, DAY)]
    lines = list(a_year_of(entries))
    yesterday = next(line for line in lines if line.day == DAY - timedelta(days=1))
    return {
        "/": front_page(issue, **WHOSE, previous=yesterday, same_day=same_day),
        "/archive/2026/": year_page(2026, lines, **WHOSE, today=DAY, previous=2025),
        "/box": box_page(issue, **WHOSE),
        "/mail": issue_mail(issue, **WHOSE).html,
        LINKS.path.stylesheet(): templates.text("site/style.css"),
    }


def starter() -> list[Entry]:
    """Return the entries of the starter archive."""
    rows = (HERE.parent / "seeds" / "starter.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry_of(json.loads(row)) for row in rows if row.strip()]


def issue_of(entry: Entry) -> Issue:
    """Return the day's issue with *entry*."""
    due = datetime.combine(DAY, time(6), UTC)
    return Issue(
        uid=uuid5(NAMESPACE_URL, f"picture of {DAY}"),
        edition=EDITION.slug,
        day=DAY,
        number=366,
        state=IssueState.PUBLISHED,
        rule=Rule.ANNIVERSARY,
        reason="anniversary",
        subject=entry.headline,
        entry=entry,
        due_at=due,
        published_at=due,
        updated_at=due,
    )


def a_year_of(entries: list[Entry]) -> Iterator[Line]:
    """Yield a line for each day up to the day shown: its anniversary, or else the next in a row of the others."""
    others = cycle(entries[::7] + [entry for entry in entries if entry.speaker])
    for number in range((DAY - date(2026, 1, 1)).days + 1):
        day = date(2026, 1, 1) + timedelta(days=number)
        entry = next((each for each in entries if is_of(each, day)), None) or next(others)
        yield Line(day=day, kind=entry.kind, headline=entry.headline)


def is_of(entry: Entry, day: date) -> bool:
    """Say whether *entry* happened on this day of the year."""
    return entry.event_date is not None and (entry.event_date.month, entry.event_date.day) == (day.month, day.day)


# Pictures as small as their colours allow (PNG, third edition; https://www.w3.org/TR/png-3/)


def squeezed(png: bytes) -> bytes:
    """Return *png* with a palette of its commonest shades, if it is small enough that way."""
    width, height, pixels = pixels_of(png)
    exact = Counter(pixels)
    kept = {
        pixel: pixel if count > SHARE * len(pixels) else tuple(min(255, round(part / SHADE) * SHADE) for part in pixel)
        for pixel, count in exact.items()
    }
    shades = [kept[pixel] for pixel in pixels]
    counts = Counter(shades)
    palette = [shade for shade, _ in counts.most_common(256)]
    place = {shade: number for number, shade in enumerate(palette)}
    for shade in counts.keys() - place.keys():
        near = min(palette, key=lambda other: sum((a - b) ** 2 for a, b in zip(shade, other, strict=True)))
        place[shade] = place[near]
    rows = bytearray()
    for row in range(height):
        rows.append(0)
        rows += bytes(place[shade] for shade in shades[row * width : (row + 1) * width])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(shade) for shade in palette)
    small = b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"PLTE", colours),
            (b"IDAT", zlib.compress(bytes(rows), 9)),
            (b"IEND", b""),
        )
    )
    return min(small, png, key=len)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pixels_of(png: bytes) -> tuple[int, int, list[tuple[int, int, int]]]:
    """Return width, height and the pixels of a picture as Chromium writes it: 8 bits, RGB or RGBA, not interlaced."""
    width, height, data, samples, at = 0, 0, b"", 3, 8
    while at < len(png):
        (size,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
            samples = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            data += body
        at += size + 12
    raw, stride = zlib.decompress(data), width * samples
    above, pixels = bytes(stride), []
    for row in range(height):
        start = row * (stride + 1)
        line = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, samples)
        pixels += [(line[i], line[i + 1], line[i + 2]) for i in range(0, stride, samples)]
        above = bytes(line)
    return width, height, pixels


def unfiltered(kind: int, line: bytearray, above: bytes, step: int) -> bytearray:
    """Return a row of bytes as it was before its filter (9.2: none, sub, up, average, Paeth)."""
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        up, corner = above[i], above[i - step] if i >= step else 0
        guess = (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]
        line[i] = (line[i] + guess) & 255
    return line


def paeth(left: int, up: int, corner: int) -> int:
    """Return the neighbour nearest to what the three of them foretell."""
    foretold = left + up - corner
    return min((left, up, corner), key=lambda value: abs(foretold - value))


if __name__ == "__main__":
    main()
