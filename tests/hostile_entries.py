"""Entries as an enemy would write them, as JSON Lines: markup in every field, dirt, too much, and nothing closed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

TAG = "hostile"
#: Where a payload calls: the test puts its own address there.
_CALL = "http://beacon.invalid/"

MARKUP = [
    "<script>alert(1)</script>",
    f"<script src={_CALL}></script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><script>alert&#40;1)</script></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
    "<iframe src=javascript:alert(1)></iframe>",
    f"<img src={_CALL}>",
    f"<object data={_CALL}></object><embed src={_CALL}>",
    f"<link rel=stylesheet href={_CALL}>",
    f'<style>@import "{_CALL}"; body{{display:none}}</style>',
    f'<p style="background:url({_CALL})">styled</p>',
    f"<base href={_CALL}>",
    f'<meta http-equiv=refresh content="0;url={_CALL}">',
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    f"<form action={_CALL}><button autofocus onfocus=alert(1)>",
    '<a href="javascript:alert(1)" autofocus onfocus=alert(1)>a</a>',
    '<a href=" &#106;avascript:alert(1)">a</a>',
    "]]><script>alert(1)</script><![CDATA[",
    "--><script>alert(1)</script><!--",
    f'<?xml-stylesheet href="{_CALL}"?>',
    f'<!DOCTYPE x [<!ENTITY e SYSTEM "{_CALL}">]>&e;',
    "</title></style></textarea><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "{{ 7*191 }}{% for a in [] %}",
    "<template><script>alert(1)</script></template>",
    "<x contenteditable onblur=alert(1) tabindex=1 autofocus>",
]
MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "<javascript:alert(1)>",
    f"![x]({_CALL})",
    '![x](x "onerror=alert(1)")',
    '[x](https://a.example/" onmouseover=alert(1) x=")',
    '[x](https://a.example/ "title\\" onmouseover=alert(1) x=\\"")',
    "[a][r]\n\n[r]: javascript:alert(1)",
    '[^1" onmouseover="alert(1)]',
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "> <script>\n> alert(1)\n> </script>",
    f"| a |\n|---|\n| ![x]({_CALL}) |",
    "[x](//evil.example/javascript:alert(1))",
]
DIRT = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2028, 0x2029, 0x202E, 0x2066, 0x2060, 0xFEFF]))
NONSENSE = "\ud800 lone \udfff \ufffe \uffff \ufdd0 \U0001ffff end"
REFUSED_ADDRESSES = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "java\tscript:alert(1)",
    'https://a.example/"><script>alert(1)</script>',
]
UNBALANCED = ["[" * 500, "![" * 300, "*a " * 300, "_" * 500, "> " * 300 + "deep", "[^1]" * 300, "<" * 500, "`" * 499]


#: Pieces of markup in one body: one that closes nothing must not hide the next from the test.
AT_ONCE = 6
#: How many entries, the first ones, have all that markup in them.
IN_EVERY_FIELD = -(-len(MARKUP + MARKDOWN) // AT_ONCE)


def lines(beacon: str) -> list[str]:
    """Return the entries, one JSON object a line; what they want to load is at *beacon*."""
    shapes = [*_in_every_field(), *_odd()]
    uids = (f"00000000-0000-4000-8000-{number:012}" for number in count())
    return [json.dumps({"uid": uid, **shape}).replace(_CALL, beacon) for uid, shape in zip(uids, shapes, strict=False)]


def refused(beacon: str) -> list[str]:
    """Return entries that are not taken: a source's address is a link, and leads to the web or nowhere."""
    return [
        json.dumps(_entry(f"Refused {n}", "Text.", sources=[{"raw": "A book", "url": url}])).replace(_CALL, beacon)
        for n, url in enumerate(REFUSED_ADDRESSES)
    ]


def _entry(headline: str, body: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "quote",
        "headline": headline,
        "body": body,
        "tags": [TAG],
        "sources": [{"raw": "A book, 2001"}],
        "status": "ready",
        "language": "en",
        **more,
    }


def _in_every_field() -> Iterator[dict[str, Any]]:
    """Yield entries that have markup in each field that holds text, another in each, every one in the body once."""
    payloads = MARKUP + MARKDOWN
    places = count()

    def markup() -> str:
        return MARKUP[next(places) % len(MARKUP)]

    for number in range(0, len(payloads), AT_ONCE):
        yield _entry(
            _fitting(f"{number} ", number),
            "\n\n".join([_words(number), *payloads[number : number + AT_ONCE], "Last words.[^1]"]),
            speaker=markup(),
            speaker_role=markup(),
            place=markup(),
            ideology=markup(),
            attack_type=markup(),
            toll_note=markup(),
            content_note=markup(),
            killed=1,
            groups=[{"name": f"{number} {markup()}", "attribution": "suspected"}],
            sources=[
                {"raw": markup(), "author": markup(), "title": markup(), "publisher": markup()},
                {"raw": markup(), "url": "https://a.example/'onmouseover='alert(1)?a=%22%3E%3Cscript%3E&b=`"},
            ],
        )


def _words(number: int) -> str:
    """Return words that no other entry has: two that say nearly the same would come in for review."""
    return " ".join(f"word{number}x{n}" for n in range(40))


def _fitting(start: str, number: int) -> str:
    """Return a headline of at most 90 characters that holds a piece of markup."""
    short: Sequence[str] = [piece for piece in MARKUP if len(piece) <= 60]
    return start + short[number % len(short)]


def _odd() -> Iterator[dict[str, Any]]:
    """Yield entries of dirt, of too much, of what nobody closes, and of other scripts."""
    yield _entry(
        f"Con{DIRT}trols",
        f"A{DIRT}b\x00c.\r\nNext\x85line\x0bthere.[^1]",
        speaker=f"S{DIRT}p",
        place=f"P\x1b[31m{DIRT}",
    )
    groups = [{"name": f"G {NONSENSE}", "attribution": "claimed"}]
    yield _entry(f"Halves {NONSENSE}", f"Text {NONSENSE}", speaker=NONSENSE, groups=groups)
    yield _entry("Huge", " ".join(f"<b>{n}" for n in range(22_000)))
    for number in range(0, len(UNBALANCED), 3):
        texts = UNBALANCED[number : number + 3]
        yield _entry(f"Unbalanced {number}", "\n\n".join([_words(1000 + number), *texts, "and then", *reversed(texts)]))
    yield _entry(
        "Three hundred sources",
        "".join(f"Sentence {n}.[^{n}] " for n in range(1, 301)),
        sources=[
            {"raw": f"{n} <script>alert({n})</script>", "url": f"https://a.example/{n}?a=1&b='&c=;"} for n in range(300)
        ],
    )
    yield _entry(
        "العنوان <script>alert(1)</script>",
        "نص\u202e مقلوب ](javascript:alert(1)) 👩‍👩‍👧 ශ්‍රී",
        content_note="\u202etxt.exe",
    )
