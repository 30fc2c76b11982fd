"""The pages of facets and of the search, to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import samples

from newsletter.facets import Facet, Value
from newsletter.models import Edition
from newsletter.queries import Query
from newsletter.render import browsing, extracts
from newsletter.render.browsing import Form, Item, Most, Outcome, Turn
from newsletter.render.links import Links

WHOSE = samples.WHOSE
ARABIC: Edition = replace(samples.EDITION, slug="ar", title="جرعة اليوم", language="ar")
ARABIC_WHOSE = {**WHOSE, "edition": ARABIC, "links": Links(samples.LINKS.base_url, "ar")}
GROUP = Value(facet=Facet.GROUP, slug="islamic-state", count=1234, name="Islamic State")
CHOICES = {
    Facet.KIND: [Value(facet=Facet.KIND, slug="fact", count=150), Value(facet=Facet.KIND, slug="quote", count=1)],
    Facet.COUNTRY: [Value(facet=Facet.COUNTRY, slug=code, count=7) for code in ("LY", "ML", "GB")],
    Facet.IDEOLOGY: [Value(facet=Facet.IDEOLOGY, slug="far-right", count=12)],
}


def items(query: Query | None = None) -> list[Item]:
    """Return what a list holds: entries of every kind, one in Arabic."""
    those = [samples.FACT, samples.QUOTE, samples.ARABIC, samples.REPORT]
    return [
        Item(
            entry=entry,
            day=date(2026, 11, 22 - number) if number < 3 else None,
            headline=extracts.highlighted(entry.headline, query) if query else entry.headline,
            extract=extracts.extract([extracts.plain_text(entry.body)], query) if query else None,
        )
        for number, entry in enumerate(those)
    ]


def searched(text: str, whose=WHOSE, **fields: str) -> str:
    form = Form(
        values={"q": text, "country": "LY", "group": "islamic-state", **fields},
        problems={"from": "expected a day, a month or a year, such as 2014-01-23, 2014-01 or 2014"} if fields else {},
        choices=CHOICES,
        narrowed=[GROUP],
    )
    outcome = Outcome(items=items(Query.of(text)), turn=Turn(number=2, more=True), count=None, few=300)
    return browsing.search_page(form, outcome, **whose)


def every_found_page() -> dict[str, str]:
    """Return every kind of page that cuts or searches by a name for it."""
    values = [Value(facet=Facet.TAG, slug=f"a-tag-of-number-{each}", count=each) for each in range(1, 31)]
    known = {**CHOICES, Facet.GROUP: [GROUP], Facet.TAG: values}
    facets = {facet: Most(values=of[:24], of=len(of)) for facet, of in known.items()}
    nothing = Outcome(items=(), turn=Turn(), count=0, few=300)
    return {
        "facet": browsing.facet_page(
            GROUP,
            items(),
            Turn(number=2, pages=42, more=True),
            **WHOSE,
            other_names=["ISIS", "Daesh", "داعش"],
            beside=(GROUP, GROUP),
        ),
        "facets": browsing.facets_page(facets, 151, **WHOSE),
        "values": browsing.values_page(Facet.TAG, values, Turn(pages=1), **WHOSE),
        "search": searched("killed kidnap* hospital", **{"from": "yesterday"}),
        "search-empty": browsing.search_page(Form(choices=CHOICES), None, **WHOSE),
        "search-none": browsing.search_page(Form(values={"q": "<b>\" '"}, choices=CHOICES), nothing, **WHOSE),
        "search-arabic": searched("في", ARABIC_WHOSE),
    }
