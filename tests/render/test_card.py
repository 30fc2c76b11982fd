"""The social card: it says what a link leads to, in any letters that we have, and the same bytes each time."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import samples
from PIL import Image, ImageChops, ImageStat

from newsletter.render import card as cards
from newsletter.render.card import card

#: Where the headline is, and where the edition's name.
HEADLINE, NAME = (112, 308, 1088, 580), (300, 80, 900, 150)


def drawn(headline: str = samples.FACT.headline, language: str = "en", **fields: object) -> Image.Image:
    entry = replace(samples.FACT, headline=headline, language=language, **fields)
    return Image.open(BytesIO(card(entry, edition=samples.EDITION))).convert("RGB")


def inked(image: Image.Image, part: tuple[int, int, int, int]) -> bool:
    return ImageStat.Stat(image.crop(part).convert("L")).extrema[0][0] < 128


def differ(one: Image.Image, other: Image.Image, part: tuple[int, int, int, int] = (0, 0, 1200, 630)) -> bool:
    return ImageChops.difference(one.crop(part), other.crop(part)).getbbox() is not None


def test_a_card_is_a_png_of_1200_by_630_and_small():
    body = card(samples.FACT, edition=samples.EDITION)

    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", body[16:24]) == (1200, 630)
    assert len(body) < 40_000


def test_a_card_says_edition_kind_date_and_headline_and_nothing_of_the_body():
    plain = drawn()

    assert inked(plain, NAME)
    assert inked(plain, HEADLINE)
    assert differ(plain, drawn("Another headline"), HEADLINE)
    assert differ(plain, drawn(event_date=None))
    assert differ(plain, drawn(kind=samples.QUOTE.kind))
    assert not differ(plain, drawn(body="Something graphic", speaker="Somebody", content_note=None, killed=99))


def test_arabic_is_joined_and_begins_at_the_right():
    """Joined letters are narrower than letters one by one, and the last line ends short of the left edge."""
    font = cards._font_of(samples.ARABIC.headline, "Bold", 60)
    word = "مسجد"

    assert font is not None
    assert font.getlength(word) < 0.95 * sum(font.getlength(letter) for letter in word)
    left = drawn(samples.ARABIC.headline[:20], "ar").crop((112, 308, 400, 580))
    assert ImageStat.Stat(left.convert("L")).extrema[0][0] > 128


def test_letters_that_we_have_no_font_for_are_left_out_and_not_boxes():
    for headline in ("日本語の見出し", "Fire 🔥 in the hills", "ข่าววันนี้"):
        assert not inked(drawn(headline), HEADLINE), headline
        assert inked(drawn(headline), NAME)


def test_who_cannot_join_arabic_letters_leaves_them_out(monkeypatch):
    monkeypatch.setattr(cards.features, "check", lambda _: False)
    image = Image.open(
        BytesIO(
            cards._drawn.__wrapped__(
                cards.Face(
                    title="Daily Dose",
                    motto="",
                    half="Actions",
                    date="",
                    headline=samples.ARABIC.headline,
                    direction="rtl",
                )
            )
        )
    ).convert("RGB")

    assert not inked(image, HEADLINE)
    assert inked(image, NAME)


def test_a_headline_is_broken_into_the_room_that_there_is():
    for headline in ("W" * 400, "Long words " * 40, "x"):
        image = drawn(headline)
        assert inked(image, HEADLINE)
        assert not inked(image, (44, 596, 1156, 628)), "below the card"
        assert not inked(image, (1092, 300, 1152, 580)), "at its right"


def test_the_bytes_are_the_same_in_another_process():
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import samples\n"
        "from newsletter.render.card import card\n"
        "sys.stdout.buffer.write(card(samples.ARABIC, edition=samples.EDITION))"
    )
    other = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout

    assert other == card(samples.ARABIC, edition=samples.EDITION)


def test_a_card_is_drawn_once_and_only_so_many_are_kept():
    cards._drawn.cache_clear()
    for _ in range(3):
        card(samples.FACT, edition=samples.EDITION)
    kept = cards._drawn.cache_info()

    assert (kept.misses, kept.hits) == (1, 2)
    assert kept.maxsize is not None
    assert kept.maxsize * 40_000 < 16_000_000
