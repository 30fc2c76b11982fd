"""
The social card: what a link to an entry looks like where links are shown as pictures.

A PNG of 1200 by 630 pixels in the look of the box: edition, kind, date and headline, and never the
body. Headlines are never graphic and never a quote's words, so that a card is fit for any page.

Fonts come with us (`data/README.md`), so that a card has the same bytes on every machine that has
the same Pillow. They have the letters of Latin, Greek, Cyrillic and Arabic; a headline in other
letters is left out, since boxes in the place of letters say less than nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont, features

from newsletter.models import Edition, Entry, Kind
from newsletter.render import prose, words
from newsletter.render.beside import CARD

#: In pixels: no line is drawn smaller to make it fit.
_SMALLEST = 16
WIDTH, HEIGHT = CARD
#: How many cards a process keeps: some 25 kB each.
_KEPT = 256

_PAPER, _CARD, _RULE, _INK, _MUTED = "#fbfaf7", "#ffffff", "#d9d5cc", "#1b1b1f", "#5c5a55"
_COLOURS = {"Words": "#2f3e7a", "Actions": "#8f2a1d", "Background": _MUTED}
_FONTS = Path(__file__).parent / "data" / "fonts"
_EDGE, _INSIDE = 40, 72
_LEFT, _RIGHT = _EDGE + _INSIDE, WIDTH - _EDGE - _INSIDE
#: Where the rule below the edition's name is, and what a headline has below it.
_RULED, _TOP, _BOTTOM = 208, 308, HEIGHT - _EDGE - 40
#: The sizes that a headline may have, and how much of it is shown at the most.
_SIZES, _LONGEST = (72, 64, 58, 52, 46, 40), 160
#: What shapes letters and shows nothing of its own.
_JOINERS = frozenset("\u200c\u200d\u200e\u200f")

Weight = Literal["Regular", "Bold"]
Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The texts of a card; *direction* is the headline's."""

    title: str
    motto: str
    half: str
    date: str
    headline: str
    direction: Direction


def card(entry: Entry, *, edition: Edition) -> bytes:
    """Return the card of *entry* as a PNG; the same entry has the same bytes."""
    return _drawn(
        Face(
            title=" ".join(edition.title.split()),
            motto=words.MOTTO,
            half=words.section_label(entry.kind),
            date=""
            if entry.kind is Kind.REPORT and not entry.event_date
            else words.event_date(entry, edition.language),
            headline=prose.cut(" ".join(entry.headline.split()), _LONGEST),
            direction="rtl" if words.direction(entry.language) == "rtl" else "ltr",
        )
    )


def _date(entry: Entry, language: str) -> str:
    undated = entry.kind is Kind.REPORT and entry.event_date is None
    return "" if undated else words.event_date(entry, language)


@lru_cache(maxsize=_KEPT)
def _drawn(face: Face) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((_EDGE, _EDGE, WIDTH - _EDGE - 1, HEIGHT - _EDGE - 1), fill=_CARD, outline=_RULE, width=2)
    draw.rectangle((_EDGE, _EDGE, WIDTH - _EDGE - 1, _EDGE + 7), fill=_INK)
    _line(draw, face.title, y=122, size=60, weight="Bold", anchor="mm")
    _line(draw, face.motto, y=174, size=26, colour=_MUTED, anchor="mm")
    draw.line((_EDGE, _RULED, WIDTH - _EDGE - 1, _RULED), fill=_RULE, width=2)
    _folio(draw, face)
    _headline(draw, face)
    file = BytesIO()
    image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "PNG")
    return file.getvalue()


def _folio(draw: ImageDraw.ImageDraw, face: Face) -> None:
    """Draw the date where a line begins, and the kind with its mark where one ends."""
    y = 258
    colour = _COLOURS[face.half]
    begins, ends = (_RIGHT, _LEFT) if face.direction == "rtl" else (_LEFT, _RIGHT)
    _line(draw, face.date, x=begins, y=y, size=30, colour=_MUTED, anchor="rm" if begins == _RIGHT else "lm")
    font = _font_of(face.half, "Bold", 30)
    wide = font.getlength(face.half) if font else 0
    label, mark = (ends - wide, ends - wide - 44) if ends == _RIGHT else (ends + 44, ends)
    _line(draw, face.half, x=label, y=y, size=30, weight="Bold", colour=colour, anchor="lm")
    if face.half == "Actions":
        draw.rectangle((mark + 10, y - 10, mark + 30, y + 10), fill=colour)
    else:
        sign, size, down = ("“", 64, 10) if face.half == "Words" else ("¶", 32, 0)
        _line(draw, sign, x=mark, y=y + down, size=size, weight="Bold", colour=colour, anchor="lm")


def _headline(draw: ImageDraw.ImageDraw, face: Face) -> None:
    """Draw the headline as large as it has room."""
    for size in _SIZES:
        font = _font_of(face.headline, "Bold", size)
        if font is None:
            return
        lines = _broken(face.headline, font, _RIGHT - _LEFT)
        height = round(size * (1.55 if _is_arabic(face.headline) else 1.25))
        if _TOP + height * len(lines) <= _BOTTOM:
            break
    direction = face.direction if features.check("raqm") else None
    x, anchor = (_RIGHT, "ra") if face.direction == "rtl" else (_LEFT, "la")
    for number, line in enumerate(lines[: (_BOTTOM - _TOP) // height]):
        draw.text((x, _TOP + number * height), line, font=font, fill=_INK, anchor=anchor, direction=direction)


def _broken(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return *text* in lines of at most *width*, broken between words, and in a word that is longer than a line."""
    lines = [""]
    for word in text.split():
        rest = word
        longer = f"{lines[-1]} {rest}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        while font.getlength(rest) > width:
            most = next(count for count in range(len(rest) - 1, 0, -1) if font.getlength(rest[:count]) <= width)
            lines[-1:] = [rest[:most], ""]
            rest = rest[most:]
        lines[-1] = rest
    return lines


def _line(
    draw: ImageDraw.ImageDraw,
    text: str,
    *,
    y: float,
    size: int,
    anchor: str,
    x: float = WIDTH / 2,
    weight: Weight = "Regular",
    colour: str = _INK,
) -> None:
    """Draw a line, as small as it must be to fit; nothing where we have no letters for it."""
    while (font := _font_of(text, weight, size)) and font.getlength(text) > _RIGHT - _LEFT and size > _SMALLEST:
        size -= 2
    if font:
        draw.text((x, y), text, font=font, fill=colour, anchor=anchor)


# Fonts


def _font_of(text: str, weight: Weight, size: int) -> ImageFont.FreeTypeFont | None:
    """Return the font that has every letter of *text*, if there is one."""
    names = [f"NotoSerif-{weight}"]
    if features.check("raqm"):  # who can't join Arabic letters had better not show them
        names.append("NotoNaskhArabic-Bold")
    for name in names:
        if all(_has(name, letter) for letter in text):
            return _font(name, size)
    return None


def _is_arabic(text: str) -> bool:
    return not all(_has("NotoSerif-Bold", letter) for letter in text)


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / f"{name}.ttf", size)


@lru_cache(maxsize=4096)
def _has(name: str, letter: str) -> bool:
    """Say whether a font has a letter: what it has not it draws as it draws a noncharacter."""
    return letter.isspace() or letter in _JOINERS or _drawing(name, letter) != _nothing(name)


@cache
def _nothing(name: str) -> bytes:
    return _drawing(name, "\uffff")


def _drawing(name: str, letter: str) -> bytes:
    mask = _font(name, 32).getmask(letter)
    return bytes(mask) + repr(mask.size).encode()
