"""Where everything is: every address that a page, a feed or a mail may name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import quote, urlsplit

from newsletter.facets import Facet
from newsletter.models import Kind

Format = Literal["rss", "atom", "json"]
#: What stands beside an entry's page.
Beside = Literal["bib", "ris", "csl.json", "txt", "png"]

#: The folder of each facet's pages.
FOLDERS = {
    Facet.KIND: "kinds",
    Facet.COUNTRY: "countries",
    Facet.GROUP: "groups",
    Facet.IDEOLOGY: "ideologies",
    Facet.YEAR: "years",
    Facet.TAG: "tags",
}


@dataclass(frozen=True, slots=True)
class Links:
    """
    The addresses of one edition.

    *base_url* has no slash at its end; with it every address is absolute, as mail and feeds need
    it. *edition* is the slug of a further edition, which lives under `/e/SLUG/`, and `None` for
    the first. Slugs of every script are percent-encoded as UTF-8 (RFC 3986, 2.5).
    """

    base_url: str
    edition: str | None = None

    @property
    def path(self) -> Links:
        """The same addresses relative to the host, as pages name them: `/archive/`."""
        return replace(self, base_url=urlsplit(self.base_url).path.rstrip("/"))

    def home(self) -> str:
        """Return the address of the latest issue."""
        return self._here("/")

    def archive(self) -> str:
        """Return the address of the archive."""
        return self._here("/archive/")

    def year(self, year: int) -> str:
        """Return the address of a year's issues."""
        return self._here(f"/archive/{year:04}/")

    def month(self, year: int, month: int) -> str:
        """Return the address of a month's issues."""
        return self._here(f"/archive/{year:04}/{month:02}/")

    def issue(self, day: date) -> str:
        """Return the permanent address of a day's issue."""
        return self._here(f"/archive/{day.isoformat().replace('-', '/')}")

    def entry(self, slug: str, beside: Beside | None = None) -> str:
        """Return the address of an entry, or of what stands *beside* it."""
        return self._here(f"/entries/{_escaped(slug)}" + (f".{beside}" if beside else ""))

    def on(self, month: int, day: int) -> str:
        """Return the address of what happened on a day of the year; 29 February always has one."""
        return self._here(f"/on/{month:02}-{day:02}")

    def group(self, slug: str) -> str:
        """Return the address of a group's entries."""
        return self._here(f"/groups/{_escaped(slug)}")

    def country(self, code: str) -> str:
        """Return the address of a country's entries; *code* is ISO 3166-1 alpha-2."""
        return self._here(f"/countries/{_escaped(code)}")

    def ideology(self, slug: str) -> str:
        """Return the address of an ideology's entries."""
        return self._here(f"/ideologies/{_escaped(slug)}")

    def tag(self, slug: str) -> str:
        """Return the address of a tag's entries."""
        return self._here(f"/tags/{_escaped(slug)}")

    def kind(self, kind: Kind) -> str:
        """Return the address of a kind's entries."""
        return self._here(f"/kinds/{kind}")

    def facet(self, facet: Facet, slug: str) -> str:
        """Return the address of the entries that have a value of a facet."""
        return self._here(f"/{FOLDERS[facet]}/{_escaped(slug)}")

    def values(self, facet: Facet) -> str:
        """Return the address of all values of a facet."""
        return self._here(f"/{FOLDERS[facet]}/")

    def facets(self) -> str:
        """Return the address of all facets."""
        return self._here("/facets")

    def search(self, query: str = "") -> str:
        """Return the address of the search, for *query* if there is one."""
        return self._here("/search" + (f"?q={_escaped(query)}" if query else ""))

    def random(self) -> str:
        """Return the address that leads to some entry."""
        return self._here("/random")

    def corrections(self) -> str:
        """Return the address of all corrections."""
        return self._here("/corrections")

    def about(self) -> str:
        """Return the address of what this is and who publishes it."""
        return self._here("/about")

    def subscribe(self) -> str:
        """Return the address of the sign-up form."""
        return self._here("/subscribe")

    def confirm(self, token: str) -> str:
        """Return the address by which a subscription is confirmed: GET shows, POST acts, as for all below."""
        return self._here(f"/confirm/{token}")

    def preferences(self, token: str = "") -> str:
        """Return the address of a reader's preferences; without *token* of the form that asks for a link to them."""
        return self._here("/preferences" + (f"/{token}" if token else ""))

    def address(self, token: str) -> str:
        """Return the address by which a change of address is confirmed, at one side of it."""
        return self._here(f"/address/{token}")

    def unsubscribe(self, token: str) -> str:
        """Return the address by which the reader of *token* leaves: GET shows, POST acts."""
        return self._here(f"/unsubscribe/{token}")

    def feeds(self) -> str:
        """Return the address of the list of feeds, for people."""
        return self._here("/feeds")

    def feed(self, fmt: Format, page: str | None = None) -> str:
        """Return the address of the feed of the whole edition, or of *page*, an address given by this class."""
        return f"{(page or self.home()).rstrip('/')}/feed.{fmt}"

    def opml(self) -> str:
        """Return the address of the list of feeds, for feed readers (OPML)."""
        return self._here("/feeds.opml")

    def calendar(self) -> str:
        """Return the address of the issues as a calendar (iCalendar)."""
        return self._here("/calendar.ics")

    def api(self) -> str:
        """Return the address of the page that tells programmers of the API; it is every edition's."""
        return f"{self.base_url}/api/docs"

    def box(self) -> str:
        """Return the address of the box, to be framed."""
        return self._here("/box")

    def box_js(self) -> str:
        """Return the address of the script that embeds the box."""
        return self._here("/box.js")

    def embed(self) -> str:
        """Return the address of the page that shows how to embed the box."""
        return self._here("/embed")

    def oembed(self, address: str, form: Literal["json", "xml"] = "json") -> str:
        """Return the address at which programs ask how to embed the page at *address* (oEmbed 1.0); it serves all."""
        return f"{self.base_url}/oembed?url={_escaped(address)}" + ("&format=xml" if form == "xml" else "")

    def box_of(self, day: date) -> str:
        """Return the address of the box of one day's issue, to be framed."""
        return self._here(f"/box/{day.isoformat()}")

    def timeline(self, year: int | None = None, page: int = 1) -> str:
        """Return the address of the archive by when it happened: all years, or a *page* of one."""
        return self._here("/timeline" + (f"/{year:04}" if year else "") + (f"/{page}" if page > 1 else ""))

    def undated(self, page: int = 1) -> str:
        """Return the address of what happened at a time that is not known."""
        return self._here("/timeline/undated" + (f"/{page}" if page > 1 else ""))

    def map(self) -> str:
        """Return the address of the map of the world."""
        return self._here("/map")

    def sitemap(self, part: str | None = None) -> str:
        """Return the address of the list of sitemaps, or of one *part*."""
        return self._here(f"/sitemap-{part}.xml" if part else "/sitemap.xml")

    def security(self) -> str:
        """Return the address at which a fault of the site is said to be reported (RFC 9116)."""
        return f"{self.base_url}/.well-known/security.txt"

    def stylesheet(self, name: str = "site") -> str:
        """Return the address of a stylesheet; `feed` is the one for feeds opened in a browser."""
        return f"{self.base_url}/static/{name}.css"

    def _here(self, address: str) -> str:
        prefix = f"/e/{_escaped(self.edition)}" if self.edition else ""
        return f"{self.base_url}{prefix}{address}"


def _escaped(part: str) -> str:
    return quote(part, safe="")
