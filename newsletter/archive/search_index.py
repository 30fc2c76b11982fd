"""
The index of words: FTS5 on SQLite, `tsvector` on PostgreSQL. What is kept and what is looked for comes folded.

Both are given the same words, and asked the same questions; what a person typed reaches a database
only as folded words between quotation marks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, column, delete, select, table, text

from newsletter.archive.shown_rows import BETWEEN, Text, facet_word
from newsletter.queries import Term
from newsletter.store.bulk import is_one_of

#: By how much a word counts in the headline, in names, in the body; a facet narrows and counts nothing.
_HEADLINE, _NAMES = 10, 4
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
    if connection.dialect.name == "sqlite":
        # Made anew, as its own statement has it: row by row it takes as long as to keep them.
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'search'").scalar_one()
        connection.exec_driver_sql("DROP TABLE search")
        connection.exec_driver_sql(str(made))
    else:
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
    return _find(connection, wanted, among, most, skip)


def best(connection: Connection, terms: Sequence[Term], ids: Sequence[int]) -> list[int]:
    """Return rows that have all of *terms*, few of them, the best first."""
    few = is_one_of(connection, _search.c.shown_id, ids)
    if connection.dialect.name != "sqlite":
        rank = text(_RANK).bindparams(match=tsquery_of(Wanted(terms=terms)))
        return list(connection.scalars(select(_search.c.shown_id).where(few).order_by(rank, _search.c.shown_id.desc())))
    # FTS5's own rank would first count how many rows of all have each word: of a common one that takes the longest.
    statement = "SELECT rowid, headline, names, body FROM search WHERE rowid IN (SELECT value FROM json_each(?))"
    rows = connection.exec_driver_sql(statement, (json.dumps(ids),)).all()
    usual = sum(len(row.body) for row in rows) / len(rows) or 1
    scores = {row.rowid: sum(_score(term, row, usual) for term in terms) for row in rows}
    return sorted(scores, key=lambda number: (-scores[number], -number))


def _score(term: Term, row: Row[Any], usual: float) -> float:
    """Return how well a row's text matches a term: as BM25 has it for one that every row has."""
    wanted = f" {' '.join(term.words)}" + ("" if term.is_prefix else " ")
    headline, names, body = (f" {column} ".count(wanted) for column in (row.headline, row.names, row.body))
    length = 0.25 + 0.75 * len(row.body) / usual
    return _HEADLINE * bool(headline) + _NAMES * bool(names) + body * 2.2 / (body + 1.2 * length)


def _find(connection: Connection, wanted: Wanted, among: Among, most: int, skip: int) -> list[int]:
    if connection.dialect.name == "sqlite":
        number, found, match = "search.rowid", "search MATCH :match", match_of(wanted)
    else:
        number, found, match = "search.shown_id", "words @@ CAST(:match AS tsquery)", tsquery_of(wanted)
    conditions = [found, f"{number} BETWEEN :first AND :last", f"shown.id = {number}", *among.conditions]
    statement = text(
        f"SELECT shown.id FROM search, shown WHERE {' AND '.join(conditions)} "  # noqa: S608 -- of our own words: what was typed is a parameter
        f"ORDER BY {number} DESC LIMIT :most OFFSET :skip"
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
