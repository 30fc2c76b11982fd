"""What must be true of what is kept of what readers see: it says what `View` says, at every instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, text

from newsletter.archive import editions
from newsletter.archive.catalogue import Catalogue, Search
from newsletter.archive.reading import Shown, View
from newsletter.archive.shown_rows import between
from newsletter.facets import Facet, facets_of
from newsletter.models import Edition
from newsletter.queries import Query
from newsletter.store import Connection, Store
from newsletter.store import tables as our

ALL = 100_000


def check(store: Store, *instants: datetime) -> None:
    """Compare what is kept with what `View` says: at *instants*, or without any around that of the newest issue."""
    with store.reading() as connection:
        newest = connection.scalar(select(func.max(our.issues.c.published_at)))
        around = [newest - timedelta(microseconds=1), newest] if newest else []
        for edition in editions.every(connection):
            for now in instants or around:
                _check_view(connection, edition, now)
        _check_rows(connection)


def _check_view(connection: Connection, edition: Edition, now: datetime) -> None:
    view = View(connection, edition, now)
    slugs = connection.scalars(select(our.entries.c.slug)).all()
    seen = {slug: found for slug in slugs if isinstance(found := view.entry(slug), Shown)}
    catalogue = view.catalogue()
    listed = catalogue.everything(most=ALL)
    days = {
        slug: max((line.day for line in found.lines if line.kind is not None), default=None)
        for slug, found in seen.items()
    }

    assert {each.entry.slug: each.entry for each in listed} == {slug: found.entry for slug, found in seen.items()}
    assert {each.entry.slug: each.day for each in listed} == days
    assert [each.place for each in listed] == sorted((each.place for each in listed), reverse=True)
    printed = [each.day for each in listed if each.day]
    assert printed == sorted(printed, reverse=True)
    assert [each.day for each in listed[: len(printed)]] == printed, "reports come after"
    events = [between(each.entry)[1] or 0 for each in listed[len(printed) :]]
    assert events == sorted(events, reverse=True)
    assert catalogue.total() == len(listed)
    _check_facets(catalogue, [(each.entry.slug, facets_of(each.entry)) for each in listed])
    for each in listed[:2] + listed[-2:]:
        found = catalogue.search(Search(query=Query.of(f'"{each.entry.headline}"')), most=ALL)
        assert each.entry.slug in {other.entry.slug for other in found.entries}
        assert {other.entry.slug for other in found.entries} <= set(seen)
        exact = each.entry.event_date.exact if each.entry.event_date else None
        if exact:
            of_day = [slug for slug, other in seen.items() if _on(other.entry) == (exact.month, exact.day)]
            assert sorted(other.slug for other in catalogue.on(exact.month, exact.day)) == sorted(of_day)


def _on(entry) -> tuple[int, int] | None:
    exact = entry.event_date.exact if entry.event_date else None
    return (exact.month, exact.day) if exact else None


def _check_facets(catalogue: Catalogue, those: list[tuple[str, list[tuple[Facet, str]]]]) -> None:
    counts = Counter(each for _, facets in those for each in facets)
    for facet in Facet:
        values = catalogue.values(facet)
        assert {(facet, value.slug): value.count for value in values} == {
            each: count for each, count in counts.items() if each[0] is facet
        }
        for value in values[:2]:
            assert catalogue.value(facet, value.slug) == value
            wanted = [slug for slug, facets in those if (facet, value.slug) in facets]
            assert [each.entry.slug for each in catalogue.listed(facet, value.slug, most=ALL)] == wanted
            found = catalogue.search(Search(facets=((facet, value.slug),)), most=ALL)
            assert [each.entry.slug for each in found.entries] == wanted
    assert catalogue.value(Facet.TAG, "no-such-tag") is None
    assert catalogue.listed(Facet.TAG, "no-such-tag", most=ALL) == ()


def _check_rows(connection: Connection) -> None:
    """Compare what is kept beside `shown` with it: no facet, count or word of what is gone."""
    rows = connection.execute(select(our.shown)).mappings().all()
    facets = {
        (facet, value, row["id"]): row["seen_until"] is not None for row in rows for facet, value in row["facets"]
    }
    kept = connection.execute(select(our.shown_facets)).all()
    assert {(row.facet, row.value, row.shown_id): row.passing for row in kept} == facets
    counts = Counter(_counted(rows))
    counted = connection.execute(select(our.shown_counts)).all()
    assert {(row.edition_id, row.facet, row.value): row.entries for row in counted} == counts
    number = "rowid" if connection.dialect.name == "sqlite" else "shown_id"
    assert set(connection.scalars(text(f"SELECT {number} FROM search"))) == {row["id"] for row in rows}


def _counted(rows) -> Iterable[tuple[int, str, str]]:
    for row in rows:
        if row["seen_until"] is None:
            yield from ((row["edition_id"], facet, value) for facet, value in row["facets"])
