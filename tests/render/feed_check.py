"""
What the W3C validator finds in a feed, asked of ours without it.

Each finding carries the validator's name for it, so that its documentation can be looked up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import lxml.html
from lxml import etree

A = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
FH = "{http://purl.org/syndication/history/1.0}"
SY = "{http://purl.org/rss/1.0/modules/syndication/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
DATES = ("date", "created", "modified", "issued", "available", "valid")

REGISTERED = {
    "alternate", "current", "enclosure", "edit", "first", "hub", "last", "license", "next", "next-archive", "payment",
    "prev", "prev-archive", "previous", "related", "replies", "self", "via",
}  # fmt: skip
DANGEROUS = {"script", "iframe", "object", "embed", "style", "link", "meta", "base", "form", "svg", "math", "applet"}
RFC3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
RFC822_GMT = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
#: What may stand in an address (RFC 3986): a validator's idea of other letters depends on their direction.
URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(//)?(\[[0-9A-Fa-f:]+\])?[0-9a-zA-Z;/?:@&=+$._!~*'()%,#-]*")
#: Plain text that readers take for HTML: a tag, or a character reference, even one without its semicolon.
MARKUP = re.compile(r"<[a-zA-Z/!?]|&#?\w")
TAG = re.compile(r"<[a-zA-Z/!?]")
UUID_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def findings(body: bytes, *, now: datetime, home: str) -> list[str]:
    """Return what is wrong with an RSS or Atom document whose site is *home*; a document not well-formed raises."""
    root = etree.fromstring(body, etree.XMLParser(huge_tree=True))
    check = _rss if root.tag == "rss" else _atom
    return [*_stylesheet(root), *check(root, body, now, home), *_dates_of_events(root)]


def unsafe(markup: str) -> list[str]:
    """Return what in an HTML fragment a feed reader should not be sent."""
    found = []
    for element in lxml.html.fragment_fromstring(markup, create_parent="div").iter():
        if not isinstance(element.tag, str) or element.tag in DANGEROUS:
            found.append(f"SecurityRisk: {element.tag}")
            continue
        for name, value in element.attrib.items():
            if name.startswith("on"):
                found.append(f"SecurityRisk: {name}")
            elif name == "style":
                found.append(f"DangerousStyleAttr: {value}")
            elif name in ("href", "src", "action", "cite"):
                parts = urlsplit(value)
                if parts.scheme not in ("http", "https", "mailto"):
                    found.append(f"ContainsRelRef: {value}" if not parts.scheme else f"SecurityRisk: {value}")
    return found


def _atom(root: etree._Element, _body: bytes, now: datetime, home: str) -> Iterator[str]:
    yield from _links(root, home)
    if not root.get(f"{XML}lang"):
        yield "MissingDCLanguage: no xml:lang"
    yield from _id(root.findtext(f"{A}id"))
    for name in ("title", "subtitle", "rights"):
        for element in root.iterfind(f"{A}{name}"):
            yield from _construct(element)
    for label in root.xpath("//@label"):
        yield from _markup("ContainsHTML", label)
    entries = root.findall(f"{A}entry")
    yield from _repeated("DuplicateIds", [entry.findtext(f"{A}id") for entry in entries])
    yield from _repeated("DuplicateUpdated", [entry.findtext(f"{A}updated") for entry in entries])
    if any(root.iterfind(f"{A}entry/{A}source")):
        yield "NotOurs: source"
    for date in root.iter(f"{A}updated", f"{A}published"):
        if not RFC3339_UTC.fullmatch(date.text or ""):
            yield f"InvalidRFC3339Date: {date.text}"
        else:
            yield from _implausible(datetime.fromisoformat(date.text), now)
    for entry in entries:
        yield from _entry(entry)


def _entry(entry: etree._Element) -> Iterator[str]:
    yield from _id(entry.findtext(f"{A}id"))
    yield from _alternates(entry)
    for name in ("title", "summary", "content"):
        element = entry.find(f"{A}{name}")
        if element is None or not (element.text or "").strip():
            yield f"MissingTextualContent: {name}"
            continue
        yield from _construct(element)
    if entry.find(f"{A}published") is None:
        yield "MissingPublished: an entry says when it was published"


def _construct(element: etree._Element) -> Iterator[str]:
    """Check a text construct: HTML is declared, and harmless."""
    kind, text = element.get("type", "text"), element.text or ""
    if kind not in ("text", "html", "xhtml"):
        yield f"InvalidMIMEType: {kind}"
    elif kind == "text":
        yield from _markup("ContainsUndeclaredHTML", text)
    elif kind == "html":
        yield from unsafe(text)


def _markup(finding: str, text: str) -> Iterator[str]:
    if MARKUP.search(text):
        yield f"{finding}: {text[:60]}"


def _tags(finding: str, text: str) -> Iterator[str]:
    if TAG.search(text):
        yield f"{finding}: {text[:60]}"


def _alternates(entry: etree._Element) -> Iterator[str]:
    links = entry.findall(f"{A}link")
    alternates = Counter(
        (link.get("type"), link.get("hreflang")) for link in links if link.get("rel", "alternate") == "alternate"
    )
    if sum(alternates.values()) != 1:
        yield f"DuplicateAtomLink: {sum(alternates.values())} alternate links"
    for link in links:
        yield from _rel(link)


def _rel(link: etree._Element) -> Iterator[str]:
    if link.get("rel", "alternate") not in REGISTERED:
        yield f"UnregisteredAtomLinkRel: {link.get('rel')}"
    address = link.get("href", "")
    if not URI.fullmatch(address):
        yield f"{'InvalidLink' if address.isascii() else 'InvalidIRI'}: {address}"


def _links(channel: etree._Element, home: str) -> Iterator[str]:
    """Check the links of the whole feed: itself once, the site, and an archive document's neighbours."""
    links = channel.findall(f"{A}link")
    rels = {link.get("rel") for link in links}
    if channel.find(f"{FH}archive") is not None and not (rels & {"prev-archive", "next-archive"} and "current" in rels):
        yield "ArchiveIncomplete: it leads nowhere"
    selves = [link.get("href") for link in links if link.get("rel") == "self"]
    if len(selves) != 1:
        yield f"MissingAtomSelfLink: {len(selves)} self links"
    for link in links:
        yield from _rel(link)
    sites = [link.get("href") for link in links if link.get("rel", "alternate") == "alternate"]
    if channel.tag == "channel":
        sites = [link.text for link in channel.findall("link")]
    if sites != [home]:
        yield f"WrongChannelLink: {sites}"


def _rss(root: etree._Element, body: bytes, now: datetime, home: str) -> Iterator[str]:
    channel = root.find("channel")
    yield from _links(channel, home)
    if not channel.findtext("language"):
        yield "MissingDCLanguage: no language"
    for element in channel.iter(f"{SY}*"):
        name = etree.QName(element).localname
        if name not in ("updatePeriod", "updateFrequency", "updateBase") or element.text in (None, "None"):
            yield f"UndefinedElement: sy:{name}"
    for category in channel.iter("category"):
        yield from _markup("ContainsHTML", category.text or "")
    yield from _plain_texts(channel)
    told = re.sub(rb"(<item>.*?)<description>.*?</description>", rb"\1", body, flags=re.DOTALL)
    for _, text in re.findall(rb"<(title|category|description|copyright|dc:creator)>(.*?)</\1>", told, re.DOTALL):
        if re.search(rb"&(amp|lt);|<!\[CDATA", text):
            yield f"CharacterData: {text[:60]!r}"
    for date in channel.iter("pubDate", "lastBuildDate"):
        if not RFC822_GMT.fullmatch(date.text or ""):
            yield f"InvalidRFC2822Date: {date.text}"
        yield from _implausible(parsedate_to_datetime(date.text), now)
    items = channel.findall("item")
    yield from _repeated("DuplicateIds", [item.findtext("guid") for item in items])
    for item in items:
        yield from _item(item)


def _plain_texts(channel: etree._Element) -> Iterator[str]:
    """Check what RSS has no way to call text: an end tag in it is taken for one."""
    for element in [*channel.iter("title", "category"), *channel.iterfind("description"), *channel.iter(CREATOR)]:
        if re.search(r"</[a-zA-Z]", element.text or ""):
            yield f"ContainsHTML: {element.text[:60]}"


def _item(item: etree._Element) -> Iterator[str]:
    names = [child.tag for child in item]
    for name in ("title", "link", "description", CONTENT, "guid", "pubDate", CREATOR):
        if names.count(name) != 1:
            yield f"MissingTextualContent: {names.count(name)} {name}"
    if "description" in names and CONTENT in names and names.index("description") > names.index(CONTENT):
        yield "ContentBeforeDescription: some readers take the last"
    guid = item.find("guid")
    if guid is not None and guid.get("isPermaLink") != "false":
        yield "InvalidPermalink: the guid is no address"
    yield from _id(item.findtext("guid"))
    for name in ("description", CONTENT):
        text = item.findtext(name) or ""
        if not text.strip():
            yield f"MissingTextualContent: {name}"
        else:
            yield from unsafe(text)
    for link in item.findall(f"{A}link"):
        yield from _rel(link)


def _id(text: str | None) -> Iterator[str]:
    if not UUID_URN.fullmatch(text or ""):
        yield f"InvalidURN: {text}"


def opml_findings(body: bytes) -> list[str]:
    """Return what is wrong with an OPML document."""
    root = etree.fromstring(body)
    found = [] if root.get("version") == "2.0" else ["InvalidOPMLVersion"]
    found += [] if root.findtext("head/title") and root.find("body/outline") is not None else ["MissingElement"]
    addresses = []
    for outline in root.iter("outline"):
        given = dict(outline.attrib)
        found += [] if given.get("text") else ["MissingAttribute: text"]
        for name in ("text", "title"):
            found += _tags("NotHtml", given.get(name, ""))
        if given.get("type") is None:
            found += ["MissingOutlineType"] if given.keys() - {"text"} else []
            continue
        found += [] if given.get("xmlUrl") else ["MissingXmlURL"]
        found += [] if given.get("title") else ["MissingTitleAttr"]
        addresses.append(given.get("xmlUrl"))
        found += [f"InvalidLink: {given[name]}" for name in ("xmlUrl", "htmlUrl") if not URI.fullmatch(given[name])]
    return [*found, *_repeated("DuplicateFeed", addresses)]


def _repeated(finding: str, values: list[str | None]) -> Iterator[str]:
    yield from (f"{finding}: {value}" for value, times in Counter(values).items() if times > 1)


def _implausible(moment: datetime, now: datetime) -> Iterator[str]:
    """Yield a date before feeds were or after now: an event's date is no publication date."""
    if not datetime(2000, 1, 1, tzinfo=UTC) <= moment <= now:
        yield f"ImplausibleDate: {moment}"


def _dates_of_events(root: etree._Element) -> Iterator[str]:
    for space in ("http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"):
        for name in DATES:
            yield from (f"ImplausibleDate: dc:{name} {element.text}" for element in root.iter(f"{{{space}}}{name}"))


def _stylesheet(root: etree._Element) -> Iterator[str]:
    instructions = [node for node in root.itersiblings(preceding=True) if node.tag is etree.PI]
    if [node.target for node in instructions] != ["xml-stylesheet"] or 'type="text/css"' not in instructions[0].text:
        yield "NoStylesheet: a browser would show bare source"
