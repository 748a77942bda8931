"""What a published file says of itself in its schema ``docs``, asked as queries: shared by the demo and the mirror."""

from __future__ import annotations

from pathlib import Path

import duckdb

_ALL = 10**12


def failing_queries(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Documented queries and examples that do not run, with the reason."""
    failed = []
    asked = con.execute(
        "select table_name || ': ' || question, query from docs.queries union all "
        "select macro_name, example from docs.macros"
    ).fetchall()
    for name, query in asked:
        try:
            con.execute(query).fetchall()
        except duckdb.Error as exc:
            failed.append((name, str(exc)))
    return failed


def repeated_keys(con: duckdb.DuckDBPyConnection, most_rows: int = _ALL) -> list[tuple[str, int]]:
    """Tables of which two rows have one key."""
    found = []
    for schema, table, key in con.execute(
        "select schema_name, table_name, key_columns from docs.tables "
        "where kind = 'table' and len(key_columns) > 0 and n_rows <= ?",
        [most_rows],
    ).fetchall():
        columns = ", ".join(key)
        ((n,),) = con.execute(
            f"select count(*) from (select {columns} from {schema}.{table} group by {columns} having count(*) > 1)"
        ).fetchall()
        if n:
            found.append((f"{schema}.{table}", n))
    return found


def broken_references(con: duckdb.DuckDBPyConnection, most_rows: int = _ALL) -> list[tuple[str, str, int]]:
    """References of tables with rows that name no row."""
    found = []
    for schema, table, columns, there_schema, there, there_columns in con.execute(
        "select f.* from docs.foreign_keys as f join docs.tables as t using (schema_name, table_name) "
        "where t.kind = 'table' and t.n_rows <= ?",
        [most_rows],
    ).fetchall():
        here = f"{schema}.{table}"
        is_asked = " and ".join(f"a.{column} is not null" for column in columns)
        is_same = " and ".join(
            f"a.{one} = b.{other}" for one, other in zip(columns, there_columns, strict=True)
        )
        ((n,),) = con.execute(
            f"select count(*) from (select distinct {', '.join(columns)} from {here}) as a "
            f"where {is_asked} and not exists (select 1 from {there_schema}.{there} as b where {is_same})"
        ).fetchall()
        if n:
            found.append((here, f"{there_schema}.{there}", n))
    return found


def beyond_their_unit(con: duckdb.DuckDBPyConnection) -> list[tuple[str, float, float]]:
    """Columns of fractions and probabilities below 0 or above 1, and counts below 0."""
    found = []
    for schema, table, column, unit in con.execute(
        "select schema_name, table_name, column_name, unit from docs.columns where share_null < 1 "
        "and data_type in ('DOUBLE', 'BIGINT') and unit in ('fraction, 0 to 1', 'probability, 0 to 1', 'count')"
    ).fetchall():
        ((low, high),) = con.execute(f"select min({column}), max({column}) from {schema}.{table}").fetchall()
        if low < 0 or (unit != "count" and high > 1):
            found.append((f"{schema}.{table}.{column}", low, high))
    return found


def unexplained(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Tables without a grain or trap, columns without a description and numbers without a unit."""
    named = "select schema_name || '.' || table_name || '.' || column_name from docs.columns"
    return {
        "tables": [
            row[0]
            for row in con.execute(
                "select schema_name || '.' || table_name from docs.tables where grain is null or len(traps) = 0"
            ).fetchall()
        ],
        "columns": [row[0] for row in con.execute(f"{named} where comment is null").fetchall()],
        "units": [
            row[0]
            for row in con.execute(
                f"{named} where unit is null and data_type in ('DOUBLE', 'BIGINT') order by all"
            ).fetchall()
        ],
    }


def always_null(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Columns of tables with rows that no row fills, without a word why."""
    return [
        row[0]
        for row in con.execute(
            "select schema_name || '.' || table_name || '.' || column_name from docs.columns "
            "where share_null = 1 and why_null is null order by all"
        ).fetchall()
    ]


def unlike_the_build(con: duckdb.DuckDBPyConnection, build: Path) -> list[str]:
    """Tables of the published file whose columns, types or values are not those of the file that the run built in.

    Rows are compared as a multiset, by the sum of their hashes; ``stats.runs`` is written again after publication. An
    ENUM is text in the build.
    """
    con.execute(f"attach '{build}' as build (read_only)")
    found = []
    for schema, table in con.execute(
        "select schema_name, table_name from docs.tables where kind = 'table' and table_name <> 'runs'"
    ).fetchall():
        said = []
        for place in (f"{schema}.{table}", f"build.{schema}.{table}"):
            columns = [
                (name, "VARCHAR" if kind.startswith("ENUM(") else kind)
                for name, kind, *_ in con.execute(f"describe {place}").fetchall()
            ]
            names = ", ".join(f'cast("{name}" as {kind})' for name, kind in columns)
            rows = con.execute(f"select count(*), sum(hash({names})::hugeint) from {place}").fetchall()
            said.append((columns, rows))
        if said[0] != said[1]:
            found.append(f"{schema}.{table}")
    con.execute("detach build")
    return found
