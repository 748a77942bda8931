"""Rows of a published file under a title: what every page, chat or file of a browsing question is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from ingestion.errors import IngestionError

#: Rows of one page.
PAGE = 100


class NotThereError(IngestionError):
    """The published version has nothing of that name."""


@dataclass(frozen=True)
class Listing:
    """A table to read.

    Attributes
    ----------
    name : in an address or a record. title : for people.
    rows : one tuple a row, in the order of ``columns``.
    n_all : rows there are, where ``rows`` is one page of them.
    note : a sentence under the title.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    n_all: int | None = None
    note: str = ""

    @property
    def records(self) -> list[dict[str, object]]:
        """The rows by name of column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def listing(
    con: duckdb.DuckDBPyConnection,
    name: str,
    title: str,
    query: str,
    values: Mapping[str, Any] | None = None,
    *,
    note: str = "",
) -> Listing:
    """The answer to a query of ours."""
    cursor = con.execute(query, dict(values or {}))
    columns = tuple(column[0] for column in cursor.description or [])
    return Listing(name, title, columns, tuple(cursor.fetchall()), note=note)


def page_of(
    con: duckdb.DuckDBPyConnection,
    name: str,
    title: str,
    query: str,
    values: Mapping[str, Any] | None = None,
    *,
    page: int = 1,
    note: str = "",
) -> Listing:
    """One page of the answer; the query has a total order. Pages are counted from 1."""
    counted = con.execute(f"select count(*) from ({query})", dict(values or {})).fetchone()
    found = listing(
        con, name, title, f"select * from ({query}) limit {PAGE} offset {PAGE * (max(page, 1) - 1)}", values
    )
    return Listing(name, title, found.columns, found.rows, int(counted[0]) if counted else 0, note)


def of_records(
    name: str,
    title: str,
    columns: Sequence[str],
    records: Iterable[Mapping[str, object]],
    *,
    note: str = "",
) -> Listing:
    """Rows that are at hand by name of column; what a row lacks is None."""
    rows = tuple(tuple(record.get(column) for column in columns) for record in records)
    return Listing(name, title, tuple(columns), rows, note=note)
