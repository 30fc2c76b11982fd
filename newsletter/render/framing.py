"""The frame that every page of the site has, and the marks that stand on several."""

from __future__ import annotations

from newsletter.render import templates
from newsletter.render.links import Links

#: The mark that stands beside each colour, for those who do not see it.
MARKS = {"words": "“", "actions": "■", "background": "¶", "withdrawn": "×"}


def page(name: str, *, links: Links, **values: object) -> str:
    """
    Fill a template; on the page itself addresses are relative to the host.

    *listed*: whether search engines may know it; *followed*: the `Titled` of a page that has feeds of its own.
    """
    return templates.render(
        f"site/{name}.html", links=links.path, marks=MARKS, **({"listed": True, "followed": None} | values)
    )
