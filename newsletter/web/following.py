"""How an edition can be followed: the page of its feeds, for people."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.archive import editions, followed
from newsletter.press.printing import links_of
from newsletter.render.following import feeds_page, in_order
from newsletter.web.kept import Made
from newsletter.web.site import Look, Page, Parts, html


def feeds(look: Look, _parts: Parts) -> Made:
    """Answer every feed of the edition: its own, those of its facets with how many issues are in each, its months."""
    edition, publisher = look.whose["edition"], look.whose["publisher"]
    cuts = followed.cuts(look.view.connection, edition.slug, look.view.now)
    every = editions.every(look.view.connection)
    page = feeds_page(
        in_order(cuts.standing(), edition),
        **look.whose,
        months=cuts.months()[1:],
        others=[(each.title, links_of(each, every, publisher)) for each in every if each.slug != edition.slug],
    )
    return html(page)


PAGES: Mapping[str, Page] = {"/feeds": feeds}
