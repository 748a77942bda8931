"""The public schemas of the private build, copied to a file of their own that older clients can open, and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from warehouse.packing.packed import packed_of, tables_of
from warehouse.packing.store import store_packed
from warehouse.self_description.docs_schema import write_docs_schema
from warehouse.self_description.views import describe_views
from warehouse.self_description.words import closed_words, enum_of, typed
from warehouse.versions.layout import PublishError

PUBLIC_SCHEMAS = ("marts", "stats")
#: Parameters of the table macros that have a default, which is null for each.
OPTIONAL_PARAMETERS = frozenset({"file", "in_cohort", "in_cancer_type", "under_icb"})
#: Oldest DuckDB that must open the published file.
STORAGE_VERSION = "v1.0.0"
#: Given a connection to which the source is attached as ``build``: table -> query of the rows that are copied.
ChosenRows = Callable[[duckdb.DuckDBPyConnection], Mapping[str, str]]


def copy_public_tables(build_file: Path, fresh: Path, chosen: ChosenRows = lambda _: {}) -> dict[str, int]:
    """Write tables, views, macros and comments of the public schemas to the new file ``fresh``; gives rows by table.

    Parameters
    ----------
    chosen : given the connection, to which the file is attached as ``build``, table -> the query of the rows that are
        copied; every row of a table that it does not name.

    Raises
    ------
    PublishError
        A table without which nothing can be asked is empty.
    duckdb.Error, OSError
        The build cannot be read, the copy cannot be written, or it does not hold what was copied.
    """
    rows = _copy(build_file, fresh, chosen)
    _check(fresh, rows)
    return rows


def _copy(build_file: Path, fresh: Path, chosen: ChosenRows) -> dict[str, int]:
    con = duckdb.connect()
    try:
        con.execute(f"attach '{_quoted(build_file)}' as build (read_only)")
        con.execute(f"attach '{_quoted(fresh)}' as fresh (storage_version '{STORAGE_VERSION}')")
        con.execute("use fresh")
        for schema in PUBLIC_SCHEMAS:
            con.execute(f"create schema fresh.{schema}")
        rows: dict[str, int] = {}
        chosen_of = chosen(con)

        columns = _columns(con)

        def rows_of(full: str) -> str:
            return typed(full, chosen_of.get(full, f"select * from build.{full}"), columns[full])

        tables = _public(con, "duckdb_tables()", "table_name")
        packed = packed_of(con, "build")
        for schema, table, ddl in tables:
            if (full := f"{schema}.{table}") not in packed:
                con.execute(ddl)
                for column, words in closed_words().get(full, {}).items():
                    if columns[full].get(column) == "VARCHAR":
                        con.execute(f'alter table fresh.{full} alter "{column}" type {enum_of(words)}')
                con.execute(f'insert into fresh.{schema}."{table}" {rows_of(full)}')
        store_packed(con, {full: rows_of(full) for full in packed})
        for schema, table in tables_of(con, "build"):
            if schema in PUBLIC_SCHEMAS:
                counted = con.execute(f"select count(*) from ({rows_of(f'{schema}.{table}')})").fetchone()
                rows[f"{schema}.{table}"] = int(counted[0]) if counted else 0
        _copy_views(con)
        _copy_macros(con)
        con.begin()  # else each of 1,200 comments is written to the disk by itself: 3.9 s, not 0.3 s
        _copy_comments(con)
        describe_views(con)
        write_docs_schema(con)
        con.commit()
        # closing would checkpoint too, but says nothing when that fails: the rows would be in the journal alone
        con.execute("checkpoint fresh")
        return rows
    finally:
        con.close()


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Schema and table of the build -> column -> type."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'build' order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _public(con: duckdb.DuckDBPyConnection, function: str, name: str) -> list[tuple[str, str, str]]:
    return con.execute(
        f"select schema_name, {name}, sql from {function} where database_name = 'build' "
        "and list_contains($schemas, schema_name) order by schema_name, " + name,
        {"schemas": list(PUBLIC_SCHEMAS)},
    ).fetchall()


def _copy_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views, after those that they read."""
    packed = packed_of(con, "build")
    views = _public(con, "duckdb_views()", "view_name")
    waiting = [ddl for schema, view, ddl in views if f"{schema}.{view}" not in packed]
    while waiting:
        left = []
        for ddl in waiting:
            try:
                con.execute(ddl)
            except duckdb.CatalogException as exc:
                left.append((ddl, exc))
        if len(left) == len(waiting):
            raise left[0][1]
        waiting = [ddl for ddl, _ in left]


def _copy_macros(con: duckdb.DuckDBPyConnection) -> None:
    macros = con.execute(
        "select schema_name, function_name, parameters, macro_definition from duckdb_functions() "
        "where database_name = 'build' and function_type = 'table_macro' and list_contains($schemas, schema_name)",
        {"schemas": list(PUBLIC_SCHEMAS)},
    ).fetchall()
    for schema, name, parameters, definition in macros:
        # the types of what a macro gives are known when it is asked: the words are declared of text
        closed = closed_words().get(f"{schema}.{name}", {})
        words = {column: "VARCHAR" for column in closed if re.search(rf"\b{column}\b", definition)}
        con.execute(
            macro_statement(
                f"fresh.{schema}.{name}", parameters, typed(f"{schema}.{name}", definition, words)
            )
        )


def macro_statement(name: str, parameters: Sequence[str], definition: str) -> str:
    """The statement that makes a table macro of another file under a name."""
    # DuckDB lists no default values; which parameters can be left out is a matter of their names
    named = [f"{each} := null" if each in OPTIONAL_PARAMETERS else each for each in parameters]
    return f"create macro {name}({', '.join(named)}) as table {definition}"


def _copy_comments(con: duckdb.DuckDBPyConnection) -> None:
    packed = packed_of(con, "build")
    for kind in ("table", "view"):
        for schema, name, comment in con.execute(
            f"select schema_name, {kind}_name, comment from duckdb_{kind}s() "
            "where database_name = 'build' and comment is not null and list_contains($schemas, schema_name)",
            {"schemas": list(PUBLIC_SCHEMAS)},
        ).fetchall():
            text = comment.replace("'", "''")
            shown = "view" if f"{schema}.{name}" in packed else kind
            con.execute(f"comment on {shown} fresh.{schema}.\"{name}\" is '{text}'")
    for schema, table, column, comment in con.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'build' and comment is not null and list_contains($schemas, schema_name)",
        {"schemas": list(PUBLIC_SCHEMAS)},
    ).fetchall():
        text = comment.replace("'", "''")
        con.execute(f'comment on column fresh.{schema}."{table}"."{column}" is \'{text}\'')


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _check(fresh: Path, rows: dict[str, int]) -> None:
    """The file by itself, without a journal, holds every row that was copied."""
    empty = [t for t in ("marts.cohorts", "marts.patients", "marts.survival_outcomes") if not rows.get(t)]
    if empty:
        raise PublishError(
            f"the build has no rows in {', '.join(empty)}",
            where=str(fresh.parent),
            remedy="look for the failed asset in the run; the last published file is unchanged",
        )
    if _journal(fresh).exists():
        raise OSError("rows were left in the journal")
    with duckdb.connect(str(fresh), read_only=True) as con:
        for table, n in rows.items():
            schema, name = table.split(".", 1)
            found = con.execute(f'select count(*) from {schema}."{name}"').fetchone()
            if found != (n,):
                raise OSError(f"{table} has {found[0] if found else 0} rows where {n} were copied")
        for (gene,) in con.execute(
            "select min(gene_name) from marts.gene_names having count(*) > 0"
        ).fetchall():
            con.execute("select count(*) from marts.gene_status(?)", [gene]).fetchall()


def _journal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")
