"""What a step may read of the build: the marts that it declares, through views, and a checksum of their rows.

A step that reads a table which it does not declare fails, so that the checksum covers what a result can depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from warehouse.versions.public_tables import macro_statement

#: Checksums of the marts by cohort, written when dbt has built them; dbt's own schemas know nothing of it.
_CHECKSUMS = "main.mart_checksums"


@dataclass(frozen=True)
class Declared:
    """Tables that a step may read.

    Attributes
    ----------
    marts : tables and views of the ``marts`` schema.
    cohorts : rows of other cohorts are not seen, in marts that have ``cohort_id``; None for all.
    stats : tables of the ``stats`` schema; one that is not there yet is left out.
    """

    marts: tuple[str, ...]
    cohorts: tuple[str, ...] | None = None
    stats: tuple[str, ...] = ("left_out_cohorts",)


def show_declared(con: duckdb.DuckDBPyConnection, declared: Declared) -> None:
    """Make views of what a step declares. ``con`` : in memory, with the build attached as ``built``."""
    con.execute("use built")
    there = _tables(con)
    con.execute("use memory")
    for schema, tables in (("marts", declared.marts), ("stats", declared.stats)):
        con.execute(f"create schema {schema}")
        for table in tables:
            if schema == "stats" and (schema, table) not in there:
                continue
            kept = _where(declared.cohorts, there.get((schema, table), False))
            con.execute(f'create view {schema}."{table}" as select * from built.{schema}."{table}"{kept}')
    for name, parameters, definition in _macros(con, "built"):
        con.execute(macro_statement(f"marts.{name}", parameters, definition))


def _where(cohorts: Sequence[str] | None, has_cohort: bool) -> str:
    if cohorts is None or not has_cohort:
        return ""
    listed = ", ".join("'" + cohort.replace("'", "''") + "'" for cohort in cohorts)
    return f" where cohort_id in ({listed})"


def _tables(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], bool]:
    """Schema and name of each table and view of the open file -> whether it has ``cohort_id``."""
    rows = con.execute(
        "select schema_name, table_name, bool_or(column_name = 'cohort_id') from duckdb_columns() "
        "where database_name = current_database() and schema_name in ('marts', 'stats') group by all"
    ).fetchall()
    return {(str(schema), str(table)): bool(has_cohort) for schema, table, has_cohort in rows}


def _macros(con: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, list[str], str]]:
    """Name, parameters and definition of each table macro over the marts (the status of a gene)."""
    return con.execute(
        "select function_name, parameters, macro_definition from duckdb_functions() "
        "where database_name = $1 and schema_name = 'marts' and function_type = 'table_macro' order by all",
        [database],
    ).fetchall()


def macros_checksum(con: duckdb.DuckDBPyConnection) -> str:
    """16 hex digits over the macros that a step sees beside its tables: a rule may stand in one, and no row differs."""
    ((database,),) = con.execute("select current_database()").fetchall()
    return hashlib.sha256(repr(_macros(con, database)).encode()).hexdigest()[:16]


def rows_checksums(con: duckdb.DuckDBPyConnection, declared: Declared) -> dict[str, str]:
    """Table -> 16 hex digits over the rows of it that a step may read, in whatever order they stand.

    Marts are taken from what `write_checksums` wrote after they were built, and read where that is missing.
    """
    there, known = _tables(con), _written(con)
    found = {}
    for schema, tables in (("marts", declared.marts), ("stats", declared.stats)):
        for table in tables:
            if schema == "stats" and (schema, table) not in there:
                continue
            rows = known.get(table) if schema == "marts" else None
            rows = rows or _checksums(con, schema, table, there[schema, table])
            seen = [r for r in rows if r[0] is None or declared.cohorts is None or r[0] in declared.cohorts]
            digest = hashlib.sha256(f"{duckdb.__version__} {seen}".encode())  # hash() is the engine's own
            found[f"{schema}.{table}"] = digest.hexdigest()[:16]
    return found


def write_checksums(con: duckdb.DuckDBPyConnection) -> None:
    """Write down the checksum of every mart by cohort. `forget_checksums` comes before the marts change."""
    columns = "mart varchar, cohort_id varchar, n_rows bigint, checksum varchar"
    con.execute(f"create or replace table {_CHECKSUMS} ({columns})")
    for (schema, table), has_cohort in sorted(_tables(con).items()):
        if schema == "marts":  # 2 ms a row by itself, of which there is one a mart and cohort
            con.execute(
                f"insert into {_CHECKSUMS} select ?, * from ({_checksum_query(con, schema, table, has_cohort)})",
                [table],
            )


def forget_checksums(con: duckdb.DuckDBPyConnection) -> None:
    """The marts are about to change."""
    con.execute(f"drop table if exists {_CHECKSUMS}")


def _written(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str | None, int, str]]]:
    found: dict[str, list[tuple[str | None, int, str]]] = {}
    try:
        rows = con.execute(
            f"select mart, cohort_id, n_rows, checksum from {_CHECKSUMS} order by all"
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    for mart, cohort, n_rows, checksum in rows:
        found.setdefault(str(mart), []).append((cohort, int(n_rows), str(checksum)))
    return found


def _checksums(
    con: duckdb.DuckDBPyConnection, schema: str, table: str, has_cohort: bool
) -> list[tuple[str | None, int, str]]:
    """The rows of `_checksum_query`, in order of cohort."""
    rows = con.execute(
        f"{_checksum_query(con, schema, table, has_cohort)} order by cohort nulls first"
    ).fetchall()
    return [(cohort, int(n), str(checksum)) for cohort, n, checksum in rows]


def _checksum_query(con: duckdb.DuckDBPyConnection, schema: str, table: str, has_cohort: bool) -> str:
    """Cohort, number of rows, and two sums of 64-bit hashes of whole rows, seeded differently; names and types of
    columns are part of it, and which run wrote a row is not."""
    cohort = "cohort_id" if has_cohort else "null"
    columns = {
        str(row[0]): str(row[1])
        for row in con.execute(
            "select column_name, data_type from duckdb_columns() where database_name = current_database() "
            "and schema_name = ? and table_name = ? and column_name <> 'run_id' order by column_index",
            [schema, table],
        ).fetchall()
    }
    kinds = hashlib.sha256(repr(columns).encode()).hexdigest()[:16]
    listed = ", ".join(f'"{column}"' for column in columns)
    return (
        f"select {cohort} as cohort, count(*) as n_rows, "
        f"'{kinds} ' || cast(sum(hash(t)) as varchar) || ' ' || cast(sum(hash('2', t)) as varchar) as checksum "
        f'from (select {listed} from {schema}."{table}") as t '
        "group by all"
    )
