"""
The index of words: FTS5 on SQLite, `tsvector` on PostgreSQL. What is kept and what is looked for comes folded.

Both are given the same words, and asked the same questions; what a person typed reaches a database
only as folded words between quotation marks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, column, delete, table, text

from newsletter.archive.shown_rows import BETWEEN, Text, facet_word
from newsletter.queries import Term
from newsletter.store.bulk import is_one_of

#: By how much a word counts in the headline, in names, in the body; a facet narrows and counts nothing.
_BM25 = "bm25(search, 10.0, 4.0, 1.0, 0.0)"
_RANK = "ts_rank_cd('{0, 0.1, 0.4, 1}', words, CAST(:match AS tsquery)) DESC"
_WEIGHTS = "ABCD"
#: So far apart that no phrase goes from one column into the next.
_GAP = 100

_search = table("search", column("shown_id", BigInteger))


def add(connection: Connection, those: Sequence[tuple[int, Text]]) -> None:
    """Keep the words of rows of `shown`, by their ids."""
    if connection.dialect.name == "sqlite":
        statement = "INSERT INTO search (rowid, headline, names, body, facets) VALUES (?, ?, ?, ?, ?)"
        rows = [(number, *(" ".join(each) for each in words.columns)) for number, words in those]
        connection.exec_driver_sql(statement, rows)
        return
    statement = "INSERT INTO search (shown_id, words) VALUES (:shown_id, CAST(:words AS tsvector))"
    connection.execute(text(statement), [{"shown_id": number, "words": _vector(words)} for number, words in those])


def remove(connection: Connection, ids: Collection[int]) -> None:
    """Forget the words of rows of `shown`."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DELETE FROM search WHERE rowid = ?", [(number,) for number in ids])
    else:
        connection.execute(delete(_search).where(is_one_of(connection, _search.c.shown_id, ids)))


def clear(connection: Connection) -> None:
    """Forget every word."""
    connection.execute(delete(_search))


def _vector(words: Text) -> str:
    """Return words as PostgreSQL reads a `tsvector`: each with its places, and the weight of its column."""
    places: dict[str, list[str]] = {}
    at = 0
    for weight, column_words in zip(_WEIGHTS, words.columns, strict=True):
        for word in column_words:
            at += 1
            if word != BETWEEN:
                places.setdefault(word, []).append(f"{at}{weight}")
        at += _GAP
    # More than 256 places of one word it does not keep ("Text Search Limitations").
    return " ".join(f"'{word}':{','.join(where[:256])}" for word, where in places.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What rows must have: each of *terms*, each facet's value, and one of *years* if there are any."""

    terms: Sequence[Term]
    facets: Sequence[tuple[str, str]] = ()
    years: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Which rows are looked at: by id, *first* to *last*, those that nothing took the place of, and *passing* ones."""

    first: int
    last: int
    #: As YYYYMMDD: rows of events that can have been from then, up to then.
    event_from: int | None = None
    event_to: int | None = None
    hidden: Collection[int] = ()
    passing: Collection[int] = ()

    @property
    def conditions(self) -> list[str]:
        """What SQL asks of a row of `shown`."""
        stands = "shown.seen_until IS NULL"
        told = {
            "hidden": "shown.id NOT IN :hidden",
            "event_from": "shown.event_to >= :event_from",
            "event_to": "shown.event_from <= :event_to",
        }
        asked = [condition for name, condition in told.items() if name in self.values]
        return [f"({stands} OR shown.id IN :passing)" if self.passing else stands, *asked]

    @property
    def values(self) -> dict[str, object]:
        """The parameters of these conditions, and *first* and *last*."""
        values: dict[str, object] = {"first": self.first, "last": self.last}
        values |= {name: list(ids) for name, ids in (("hidden", self.hidden), ("passing", self.passing)) if ids}
        bounds = (("event_from", self.event_from), ("event_to", self.event_to))
        return values | {name: bound for name, bound in bounds if bound is not None}


def newest(connection: Connection, wanted: Wanted, among: Among, *, most: int, skip: int = 0) -> list[int]:
    """Return the ids of rows that have what is wanted, in the order of lists."""
    return _find(connection, wanted, among, None, most, skip)


def best(connection: Connection, wanted: Wanted, among: Among, *, most: int) -> list[int]:
    """Return the ids of rows that have what is wanted, the best first: each has its rank worked out."""
    return _find(connection, wanted, among, _BM25 if connection.dialect.name == "sqlite" else _RANK, most, 0)


def _find(connection: Connection, wanted: Wanted, among: Among, rank: str | None, most: int, skip: int) -> list[int]:
    if connection.dialect.name == "sqlite":
        number, found, match = "search.rowid", "search MATCH :match", match_of(wanted)
    else:
        number, found, match = "search.shown_id", "words @@ CAST(:match AS tsquery)", tsquery_of(wanted)
    conditions = [found, f"{number} BETWEEN :first AND :last", f"shown.id = {number}", *among.conditions]
    order = f"{rank}, {number} DESC" if rank else f"{number} DESC"
    statement = text(
        f"SELECT shown.id FROM search, shown WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :most OFFSET :skip"  # noqa: S608 -- of our own words: what was typed is a parameter
    )
    values = {"match": match, "most": most, "skip": skip, **among.values}
    for name in ("passing", "hidden"):
        if name in values:
            statement = statement.bindparams(bindparam(name, expanding=True))
    return list(connection.scalars(statement, values))


def match_of(wanted: Wanted) -> str:
    """Return what is wanted as FTS5 reads it ("Full-text Query Syntax"); every word stands between quotation marks."""
    terms = [f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}' for term in wanted.terms]
    terms = [f"{{headline names body}} : {term}" for term in terms]
    terms += [f'facets : "{facet_word(facet, value)}"' for facet, value in wanted.facets]
    if wanted.years:
        terms.append("(" + " OR ".join(f'facets : "{facet_word("year", year)}"' for year in wanted.years) + ")")
    return " AND ".join(terms)


def tsquery_of(wanted: Wanted) -> str:
    """Return what is wanted as PostgreSQL reads a `tsquery`; every word stands between quotation marks."""
    terms = [
        "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "") + ")"
        for term in wanted.terms
    ]
    terms += [f"'{facet_word(facet, value)}'" for facet, value in wanted.facets]
    if wanted.years:
        terms.append("(" + " | ".join(f"'{facet_word('year', year)}'" for year in wanted.years) + ")")
    return " & ".join(terms)
