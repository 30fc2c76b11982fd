"""
An entry's text as HTML and as plain text.

The archive's Markdown is narrow: paragraphs, emphasis, links, block quotes and footnote marks.
Web, mail and feeds get one semantic fragment, made here, so that none of them says less than
another; it reads well when a feed reader strips every id and class. Whatever Markdown yields goes
through the sanitiser, always.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from newsletter.models import Entry
from newsletter.render import words
from newsletter.text import clean

_MARK = re.compile(r"\[\^([0-9]{1,4})\]")
#: The only relative addresses we write: footnotes of our own.
_OWN_FRAGMENT = re.compile(r"#fn(ref)?-[\w-]+")
_SCHEMES = frozenset(["http", "https", "mailto"])
#: The arrow as text: without the selector some systems show an emoji.
_BACK = "↩\N{VARIATION SELECTOR-15}"
#: A sentence ends before a space and what may begin another; not after an initial or a title.
_SENTENCE_END = re.compile(r"(?<=[.!?…؟۔。])[”’\"')\]]*(?=\s+[“‘\"'(\[¿]*[^\W_a-z])|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b[^\W\d_]|\b(?:Mr|Mrs|Ms|Dr|Prof|St|Gen|Lt|Col|Maj|Sgt|Capt|Sen|Rep|Gov|No|vs|Jr|Sr|Mt|Ft))\.$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """
    An entry's text in the three parts that a page, a mail or a feed puts in order.

    All HTML or all plain text; a part that the entry does not have is "". The content note comes
    first everywhere, the sources last.
    """

    content_note: str
    body: str
    sources: str

    def __str__(self) -> str:
        """Join the parts in their order, a blank line between."""
        return "\n\n".join(part for part in (self.content_note, self.body, self.sources) if part)


def html(entry: Entry, *, key: str, permalink: str = "") -> Prose:
    """
    Return an entry's text as HTML fragments: web, mail and feeds alike.

    *key* makes the ids of footnotes unique where several entries share a page: the day of an
    issue, the beginning of a uid; letters, digits and hyphens. With *permalink* (absolute) marks
    lead to that page, as feeds need it; without, they stay on their own.
    """
    marks = _Marks(key=key, permalink=permalink, last=len(entry.sources))
    body = sanitised(_MARKDOWN.render(entry.body, {"marks": marks}))
    note = f'<p class="content-note"><strong>{words.CONTENT_NOTE}:</strong> {escape(entry.content_note or "")}</p>'
    return Prose(
        content_note=sanitised(note) if entry.content_note else "",
        body=body.strip(),
        sources=sanitised(_sources(entry, marks)) if entry.sources else "",
    )


def plain(entry: Entry, *, width: int | None = None) -> Prose:
    """
    Return an entry's text as a person would type it: quotes after `> `, marks as `[1]`.

    Lines are broken at *width* columns where there is one; addresses never are.
    """
    note = _wrapped(f"{words.CONTENT_NOTE}: {entry.content_note}", width) if entry.content_note else ""
    paragraphs = _paragraphs(entry, marks=True)
    body = ""
    depth_before = 0
    for depth, text in paragraphs:
        prefix = "> " * depth
        gap = ("> " * min(depth, depth_before)).rstrip()
        body += (f"\n{gap}\n" if body else "") + _wrapped(text, width, prefix, prefix)
        depth_before = depth
    return Prose(content_note=note, body=body, sources=_plain_sources(entry, width))


def summary(entry: Entry, longest: int = 280) -> str:
    """
    Return the beginning of an entry on one line: whole sentences of at most *longest* characters.

    A content note comes first here too. A first sentence that is too long is cut between words.
    """
    text = words.sentence(f"{words.CONTENT_NOTE}: {entry.content_note}") if entry.content_note else ""
    for count, each in enumerate(_sentences(_flat(entry))):
        longer = f"{text} {each}".lstrip()
        if len(longer) > longest:
            return text if count else cut(longer, longest)
        text = longer
    return cut(text, longest)


def sanitised(markup: str) -> str:
    """Return HTML with only what a fragment of ours may hold: no script, no style, no relative address."""
    return str(_SANITISER.clean(clean(markup)))


def attributes(entry: Entry) -> str:
    """Return the `lang` and `dir` attributes of an element that holds an entry's text, with a space before."""
    return f' lang="{escape(entry.language)}" dir="{words.direction(entry.language)}"'


# The Markdown


@dataclass(kw_only=True)
class _Marks:
    """Where footnote marks lead, and how often each has been set while one text is rendered."""

    key: str
    permalink: str
    last: int

    def __post_init__(self) -> None:
        self.times: dict[int, int] = {}

    def href(self, identifier: str) -> str:
        return escape(f"{self.permalink}#{identifier}")

    def note(self, number: int) -> str:
        return f"fn-{self.key}-{number}"

    def mark(self, number: int, time: int) -> str:
        return f"fnref-{self.key}-{number}" + (f"-{time}" if time > 1 else "")


def _footnote_mark(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- the parser's own signature
    match = _MARK.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        token = state.push("footnote_mark", "sup", 0)
        token.meta = {"number": int(match[1])}
    state.pos = match.end()
    return True


def _render_mark(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    """Write a mark; one that no source answers is left out, since it would lead nowhere."""
    marks: _Marks = env["marks"]
    number = tokens[index].meta["number"]
    if not 1 <= number <= marks.last:
        return ""
    marks.times[number] = time = marks.times.get(number, 0) + 1
    return (
        f'<sup id="{marks.mark(number, time)}">'
        f'<a class="footnote" rel="footnote" role="doc-noteref" href="{marks.href(marks.note(number))}">'
        f"{number}</a></sup>"
    )


class _NarrowMarkdown(MarkdownIt):
    """The archive's Markdown: what it does not know stays as it was typed."""

    def __init__(self) -> None:
        super().__init__("zero", {"html": False, "maxNesting": 50})
        self.enable(["blockquote", "emphasis", "link", "newline", "escape"])
        self.inline.ruler.before("link", "footnote_mark", _footnote_mark)
        self.add_render_rule("footnote_mark", _render_mark)

    def validateLink(self, url: str) -> bool:  # noqa: N802 -- the parser's own name
        """Say whether a link may lead to *url*: absolute, by http, https or mailto, to a host."""
        try:
            parts = urlsplit(url)
            if parts.scheme == "mailto":
                return bool(parts.path)
            return parts.scheme in _SCHEMES and bool(parts.hostname) and "%" not in str(parts.hostname)
        except ValueError:
            return False


_MARKDOWN = _NarrowMarkdown()
_SANITISER = nh3.Cleaner(
    tags={"p", "em", "strong", "a", "blockquote", "br", "sup", "section", "aside", "div", "ol", "ul", "li"},
    attributes={
        "a": {"href", "class", "rel", "role", "aria-label"},
        "sup": {"id"},
        "li": {"id"},
        "p": {"class"},
        "section": {"class", "role", "aria-label"},
        "aside": {"class"},
        "div": {"lang", "dir"},
    },
    link_rel=None,
    url_schemes=set(_SCHEMES),
    url_relative=lambda address: address if _OWN_FRAGMENT.fullmatch(address) else None,
)


def _sources(entry: Entry, marks: _Marks) -> str:
    items = []
    for number, source in enumerate(entry.sources, 1):
        parts = []
        if cited := words.citation(source, entry.language):
            parts.append(escape(words.sentence(cited)))
        if source.url:
            parts.append(f'<a href="{escape(source.url)}">{escape(source.url)}</a>')
        for time in range(1, marks.times.get(number, 0) + 1):
            label = f"{words.BACK_TO_THE_TEXT}, {number}" + (f" ({time})" if time > 1 else "")
            parts.append(
                f'<a class="reversefootnote" role="doc-backlink" aria-label="{label}" '
                f'href="{marks.href(marks.mark(number, time))}">{_BACK}</a>'
            )
        items.append(f'<li id="{marks.note(number)}">{" ".join(parts)}</li>')
    start = f'<section class="footnotes" role="doc-endnotes" aria-label="{words.SOURCES}">'
    return "\n".join([start, "<ol>", *items, "</ol>", "</section>"])


# Plain text


def _plain_sources(entry: Entry, width: int | None) -> str:
    lines = []
    for number, source in enumerate(entry.sources, 1):
        label = f"[{number}] "
        cited = words.citation(source, entry.language)
        if cited:
            lines.append(_wrapped(words.sentence(cited), width, label, " " * len(label)))
        if source.url:
            lines.append((" " * len(label) if cited else label) + source.url)
    return "\n".join([f"{words.SOURCES}:", *lines]) if lines else ""


def _paragraphs(entry: Entry, *, marks: bool) -> Iterator[tuple[int, str]]:
    """Yield each paragraph's depth in block quotes and its text; a hard line break is a line feed."""
    depth = 0
    for token in _MARKDOWN.parse(entry.body, {}):
        if token.type == "blockquote_open":
            depth += 1
        elif token.type == "blockquote_close":
            depth -= 1
        elif token.type == "inline":
            text = "".join(_inline(token.children or (), len(entry.sources) if marks else None))
            if text.strip():
                yield depth, text.strip()


def _inline(tokens: Sequence[Token], last: int | None) -> Iterator[str]:
    """Yield the words of inline tokens; with *last*, also marks, emphasis and addresses."""
    link: list[str] = []
    since = ""
    for token in tokens:
        piece = ""
        match token.type:
            case "text" | "text_special":
                piece = token.content
            case "softbreak":
                piece = " "
            case "hardbreak":
                piece = "\n"
            case "em_open" | "em_close" | "strong_open" | "strong_close":
                piece = "*" if last is not None else ""
            case "footnote_mark":
                number: int = token.meta["number"]
                piece = f"[{number}]" if last is not None and 1 <= number <= last else ""
            case "link_open":
                link.append(str(_href(token)))
                since = ""
            case "link_close":
                address = link.pop().removeprefix("mailto:")
                piece = f" ({address})" if last is not None and since.strip() != address else ""
        since += piece
        yield piece


def _href(token: Token) -> Any:  # noqa: ANN401 -- the parser types attributes as text or number
    return token.attrs.get("href", "")


def _wrapped(text: str, width: int | None, first: str = "", rest: str = "") -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        start = rest if lines else first
        if width is None:
            lines.append(start + line)
        else:
            lines += textwrap.wrap(
                line,
                width,
                initial_indent=start,
                subsequent_indent=rest,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [start.rstrip()]
    return "\n".join(lines)


def _flat(entry: Entry) -> str:
    return " ".join(" ".join(text.split()) for _, text in _paragraphs(entry, marks=False))


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        each = text[start : match.end()]
        if _ABBREVIATION.search(each):
            continue
        yield each.strip()
        start = match.end()
    if rest := text[start:].strip():
        yield rest


def cut(text: str, longest: int) -> str:
    """Return a line of at most *longest* characters, cut between words if it is longer."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head.rsplit(None, 1)[0] if " " in head else head).rstrip(" ,;:–—-") + "…"
