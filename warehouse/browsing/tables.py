"""Public tables of a published file: what they hold, what their columns mean, their rows by the words in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from analytics.biomarkers.errors import near_names
from warehouse.browsing.listing import PAGE, Listing, NotThereError, listing, page_of
from warehouse.export.disclosure import coarsened_columns
from warehouse.packing.packed import PACKED
from warehouse.self_description.enums import is_enum

#: What stands for a value that is not there.
ABSENT = "(none)"
#: A column has a facet when the rows that are asked for have two words in it, and at most so many.
MOST_WORDS = 30
_FIRST_ROWS = 20_000
#: Rows of the longest table that is counted and has facets: 2.6 million with 18 facets take what 14 took
#: when every row was made text, 1.7 s. A view is computed each time.
LONGEST = 3_000_000
_TABLES = """
select tables.table_schema || '.' || tables.table_name as "table",
    case when list_contains($packed, tables.table_schema || '.' || tables.table_name) then 'BASE TABLE'
    else tables.table_type end as kind, coalesce(
    (select comment from duckdb_tables() as t where t.schema_name = tables.table_schema
        and t.table_name = tables.table_name),
    (select comment from duckdb_views() as v where v.schema_name = tables.table_schema
        and v.view_name = tables.table_name), '') as holds
from information_schema.tables as tables
where tables.table_schema in ('marts', 'stats') order by 1
"""
_COLUMNS = """
select column_name, data_type, coalesce(comment, '') as meaning from duckdb_columns()
where schema_name || '.' || table_name = $table order by column_index
"""


@dataclass(frozen=True)
class Table:
    """One public table.

    Attributes
    ----------
    columns : names, types and meanings. rows : a page of the rows that are asked for; of a view, or of a table of more
        than :data:`LONGEST` rows, the first.
    facets : of each column of few words, the words and how many rows of those that are asked for have them.
    """

    columns: Listing
    rows: Listing
    facets: tuple[Listing, ...]


def tables(con: duckdb.DuckDBPyConnection) -> Listing:
    """The public tables and what they hold."""
    return listing(con, "tables", "Tables", _TABLES, {"packed": list(PACKED)})


def _require_table(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """``BASE TABLE`` or ``VIEW``; raises as :func:`table_columns`."""
    kinds = {str(row[0]): str(row[1]) for row in tables(con).rows}
    if name not in kinds:
        near = [one for one in kinds if one.endswith(f".{name.lower()}")] or near_names(name, kinds)
        raise NotThereError(
            f"there is no table '{name}'",
            where="marts and stats",
            remedy=f"is it {' or '.join(near)}?" if near else "the page of tables lists them",
        )
    return kinds[name]


def table_columns(con: duckdb.DuckDBPyConnection, name: str) -> Listing:
    """Columns of one public table with their meaning.

    Raises
    ------
    NotThereError
        No public table has the name; with those that look like it.
    """
    _require_table(con, name)
    return _columns(con, name)


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> Listing:
    return listing(con, "columns", "Columns", _COLUMNS, {"table": name})


def table(con: duckdb.DuckDBPyConnection, name: str, kept: Mapping[str, str], page: int = 1) -> Table:
    """One public table, a page of its rows.

    Parameters
    ----------
    kept : column -> the value that rows must have; :data:`ABSENT` for none.

    Raises
    ------
    NotThereError
        There is no such table or column, with those that look like it; or its rows cannot be chosen.
    """
    kind, columns = _require_table(con, name), _columns(con, name)
    types = {str(column): str(kind) for column, kind, _ in columns.rows}
    for column in kept:
        if column not in types:
            near = near_names(column, list(types))
            raise NotThereError(
                f"{name} has no column '{column}'",
                where=name,
                remedy=f"is it {' or '.join(near)}?" if near else f"there are {', '.join(types)}",
            )
    schema, of_schema = name.split(".")
    asked = f'select * from {schema}."{of_schema}"'
    if kind != "BASE TABLE" or _n_rows(con, asked) > LONGEST:
        if kept:
            raise NotThereError(
                f"{name} is too long to choose rows by a word", where=name, remedy="ask of it in SQL"
            )
        first = listing(
            con, "rows", f"First {PAGE} rows", f"{asked} limit {PAGE}", note="Choose rows of it in SQL."
        )
        return Table(columns, first, ())
    values = {f"v{k}": value for k, value in enumerate(kept.values()) if value != ABSENT}
    tests = [
        f'"{column}" is null' if value == ABSENT else f'cast("{column}" as varchar) = $v{k}'
        for k, (column, value) in enumerate(kept.items())
    ]
    asked += f" where {' and '.join(tests)}" if tests else ""
    rows = page_of(con, "rows", "Rows", asked, values, page=page)
    # Of a word on its own nobody sees that its row is one of ages.
    coarser = {tuple(types)[at] for at in coarsened_columns(tuple(types), smallest_cell=1)}
    counted = (
        listing(
            con, f"by_{column}", column,
            # few words are made text, not every row
            f"select coalesce(cast(word as varchar), '{ABSENT}') as value, cast(sum(n) as bigint) as n_rows "
            f'from (select "{column}" as word, count(*) as n from ({asked}) group by 1) as counted '
            f"group by 1 order by 2 desc, 1 limit {MOST_WORDS + 1}",
            values,
        )
        for column in _may_be_of_few_words(con, asked, values, types)
        if column not in kept and column not in coarser
    )  # fmt: skip
    facets = tuple(facet for facet in counted if 2 <= len(facet.rows) <= MOST_WORDS)
    return Table(columns, rows, facets)


def _n_rows(con: duckdb.DuckDBPyConnection, query: str) -> int:
    counted = con.execute(f"select count(*) from ({query})").fetchone()
    return int(counted[0]) if counted else 0


def _may_be_of_few_words(
    con: duckdb.DuckDBPyConnection, asked: str, values: Mapping[str, str], types: Mapping[str, str]
) -> list[str]:
    """Columns of words, without those of which a few rows already have many: any rows, for DuckDB orders none."""
    words = [column for column, kind in types.items() if kind in ("VARCHAR", "BOOLEAN") or is_enum(kind)]
    if not words:
        return []
    counted = ", ".join(f"count(distinct coalesce(cast(\"{column}\" as varchar), ''))" for column in words)
    found = con.execute(f"select {counted} from ({asked} limit {_FIRST_ROWS})", dict(values)).fetchone() or ()
    return [column for column, n in zip(words, found, strict=True) if n <= MOST_WORDS]
