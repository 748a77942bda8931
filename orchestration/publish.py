"""From the private build file to the published file: a fresh copy of the public schemas, checked, then swapped in
by one rename. Readers hold the old file for as long as they like; a failure leaves it as it was.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

from ingestion.errors import IngestionError

PUBLIC_SCHEMAS = ("marts", "stats")
#: Oldest DuckDB that must open the published file.
STORAGE_VERSION = "v1.0.0"
_UNFINISHED = re.compile(r"\..+\.(?P<pid>\d+)\.(new|old)(\.wal)?")


class PublishError(IngestionError):
    """The new file is not fit to be published; the last published file stays."""


@dataclass(frozen=True)
class Published:
    path: Path
    bytes: int
    rows: dict[str, int]


def publish(build_file: Path, published_file: Path, figures: Path | None = None) -> Published:
    """Copy the public schemas of ``build_file`` to ``published_file``.

    Everything is written beside the published file first and moved into place at the end, so that a fault on the way
    leaves file and figures as they were.

    Parameters
    ----------
    figures : folder of figures to publish beside the file as ``figures/``; None for none.

    Raises
    ------
    PublishError
        The build file is missing, locked, incomplete, or the disk is full. The last published file stays.
    """
    if not build_file.exists():
        raise PublishError("there is no build file", where=str(build_file), remedy="run 'icb run' first")
    fresh = _beside(published_file, "new")
    fresh_figures = _beside(published_file.parent / "figures", "new")
    try:
        published_file.parent.mkdir(parents=True, exist_ok=True)
        _sweep(published_file.parent)
        rows = _copy(build_file, fresh)
        _check(fresh, rows)
        if figures is not None and figures.exists():
            shutil.copytree(figures, fresh_figures)
        with open(fresh, "rb") as handle:
            os.fsync(handle.fileno())
        if fresh_figures.exists():
            _swap_folder(fresh_figures, published_file.parent / "figures")
        os.replace(fresh, published_file)
        return Published(path=published_file, bytes=published_file.stat().st_size, rows=rows)
    except (duckdb.Error, OSError) as exc:
        first_line = str(exc).splitlines()[0]
        raise PublishError(
            f"the copy could not be written ({first_line})",
            where=str(published_file),
            remedy="see 'icb doctor' for space and locks; the last published file is unchanged",
        ) from exc
    finally:
        _remove(fresh)
        _remove(_journal(fresh))
        _remove(fresh_figures)


def _beside(path: Path, suffix: str) -> Path:
    """A name for unfinished work in the same folder, with the process that is at it."""
    return path.with_name(f".{path.name}.{os.getpid()}.{suffix}")


def _sweep(folder: Path) -> None:
    """Remove what killed processes left unfinished."""
    for leftover in folder.iterdir():
        found = _UNFINISHED.fullmatch(leftover.name)
        if found and (int(found["pid"]) == os.getpid() or not psutil.pid_exists(int(found["pid"]))):
            _remove(leftover)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _swap_folder(fresh: Path, target: Path) -> None:
    old = _beside(target, "old")
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(fresh, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    _remove(old)


def _copy(build_file: Path, fresh: Path) -> dict[str, int]:
    con = duckdb.connect()
    try:
        con.execute(f"attach '{_quoted(build_file)}' as build (read_only)")
        con.execute(f"attach '{_quoted(fresh)}' as fresh (storage_version '{STORAGE_VERSION}')")
        con.execute("use fresh")
        for schema in PUBLIC_SCHEMAS:
            con.execute(f"create schema fresh.{schema}")
        rows: dict[str, int] = {}
        for schema, table, ddl in _public(con, "duckdb_tables()", "table_name"):
            con.execute(ddl)
            con.execute(f'insert into fresh.{schema}."{table}" select * from build.{schema}."{table}"')
            counted = con.execute(f'select count(*) from fresh.{schema}."{table}"').fetchone()
            rows[f"{schema}.{table}"] = int(counted[0]) if counted else 0
        _copy_views(con)
        _copy_macros(con)
        _copy_comments(con)
        # closing would checkpoint too, but says nothing when that fails: the rows would be in the journal alone
        con.execute("checkpoint fresh")
        return rows
    finally:
        con.close()


def _public(con: duckdb.DuckDBPyConnection, function: str, name: str) -> list[tuple[str, str, str]]:
    return con.execute(
        f"select schema_name, {name}, sql from {function} where database_name = 'build' "
        "and list_contains($schemas, schema_name) order by schema_name, " + name,
        {"schemas": list(PUBLIC_SCHEMAS)},
    ).fetchall()


def _copy_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views, after those that they read."""
    waiting = [ddl for _schema, _view, ddl in _public(con, "duckdb_views()", "view_name")]
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
        con.execute(f"create macro fresh.{schema}.{name}({', '.join(parameters)}) as table {definition}")


def _copy_comments(con: duckdb.DuckDBPyConnection) -> None:
    for kind in ("table", "view"):
        for schema, name, comment in con.execute(
            f"select schema_name, {kind}_name, comment from duckdb_{kind}s() "
            "where database_name = 'build' and comment is not null and list_contains($schemas, schema_name)",
            {"schemas": list(PUBLIC_SCHEMAS)},
        ).fetchall():
            text = comment.replace("'", "''")
            con.execute(f"comment on {kind} fresh.{schema}.\"{name}\" is '{text}'")
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
        con.execute("select count(*) from marts.gene_status('TP53')").fetchone()


def _journal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")
